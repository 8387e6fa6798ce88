#include "pgmend.h"
#include "policy/arena.h"
#include "policy/difference_parts.h"
#include "policy/region.h"

/* Regions that one rule made another decision of. */
struct group {
	int cause; /* a claim; -1: none of the rules, but a layer or default */
	int before, after; /* strictness */
	unsigned operations;
	int score; /* of the example: the fewer facts, the better */
	const char *example;
	int layer;		    /* that decides in the new set */
	const struct rule *decider; /* NULL: its default */
	const char *subject;	    /* of the example */
};

static struct arena *
arena_of(const struct contrast *contrast)
{
	return contrast->differences->arena;
}

static struct group *
group_of(struct contrast *contrast, int cause, int before, int after)
{
	struct group group = {.cause = cause,
			      .before = before,
			      .after = after,
			      .score = INT32_MAX};

	for (int i = 0; i < contrast->group_count; i++) {
		struct group *one = &contrast->groups[i];

		if (one->cause == cause && one->before == before &&
		    one->after == after)
			return one;
	}
	arena_append(arena_of(contrast), contrast->groups,
		     contrast->group_count, group);
	return &contrast->groups[contrast->group_count - 1];
}

/* --- An example ----------------------------------------------------------- */

static int
severity(const struct verdict *verdict)
{
	return verdict->decision == DECISION_DENY    ? 3
	       : verdict->decision == DECISION_ALLOW ? 0
						     : verdict->approvers;
}

static bool
still_differs(const struct contrast *contrast, const struct group *group,
	      const struct subject *subject, const struct facts *facts)
{
	const struct rule *cause =
		group->cause < 0 ? NULL
				 : contrast->claims.of[group->cause].rule;
	struct verdict before = judge(contrast->before, subject, facts);
	struct verdict after = judge(contrast->after, subject, facts);

	return severity(&before) == group->before &&
	       severity(&after) == group->after &&
	       (cause == NULL ||
		rule_truth(cause, subject, facts) == TRUTH_TRUE);
}

/* Forgets every fact without which the difference stays. */
static void
forget(const struct contrast *contrast, const struct group *group,
       const struct subject *subject, struct facts *facts)
{
	for (int i = 0; i < FACTS; i++) {
		struct facts less = *facts;

		if (!facts->of[i].known)
			continue;
		less.of[i].known = false;
		if (still_differs(contrast, group, subject, &less))
			*facts = less;
	}
}

const char *
difference_example(const struct contrast *contrast, const struct region *region,
		   const struct facts *facts)
{
	auto_free char *text = NULL;
	auto_free char *subject = subject_text(region->subject);
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs(subject, out);
	types_write(out, &contrast->claims, region, ", ");
	facts_write(out, facts, ", ");
	fclose(out);
	return arena_copy(arena_of(contrast), text, size);
}

/* Keeps the region as the example when it needs fewer facts; one in which the
 * cause surely matches is better than any other. */
static void
show_region(struct contrast *contrast, struct group *group,
	    const struct region *region, const struct judgement *judgement)
{
	bool is_sure = group->cause < 0 ||
		       region_truth(region, group->cause) == TRUTH_TRUE;
	struct facts facts;
	int score;

	region_facts(region, &facts);
	score = facts_known(&facts) + (is_sure ? 0 : 2 * FACTS);
	if (score >= group->score)
		return;
	group->score = score;
	if (is_sure)
		forget(contrast, group, region->subject, &facts);
	group->example = difference_example(contrast, region, &facts);
	group->layer = judgement->strictest;
	group->decider =
		region_decider(&contrast->claims, region, judgement->strictest,
			       &judgement->total);
}

/* What restricts made the difference, by coming or going; else what grants;
 * else what merely lifts the default. */
static int
cause_of(const struct contrast *contrast, const struct region *region,
	 const struct side *stricter, const struct side *milder)
{
	int cause = changed_decider(contrast, region, stricter, milder);

	if (cause < 0)
		cause = changed_decider(contrast, region, milder, stricter);
	return cause >= 0 ? cause
			  : changed_grant(contrast, region, milder, stricter);
}

static void
compare_region(const struct region *region, void *context)
{
	struct contrast *contrast = context;
	struct side old = {.range = contrast->old};
	struct side new = {.range = contrast->new};
	int before, after, cause;
	struct group *group;

	old.judgement = judge_region(&contrast->claims, region, old.range);
	new.judgement = judge_region(&contrast->claims, region, new.range);
	before = outcome_strictness(&old.judgement.total);
	after = outcome_strictness(&new.judgement.total);
	compare_demands(contrast, region, &old, &new);
	if (before == after)
		return;
	cause = cause_of(contrast, region, after < before ? &old : &new,
			 after < before ? &new : &old);
	group = group_of(contrast, cause, before, after);
	group->operations |= 1U << region->operation;
	show_region(contrast, group, region, &new.judgement);
}

/* --- As differences ------------------------------------------------------- */

static const char *
decision_text(int strictness)
{
	static const char *const texts[] = {"allow", "escalate 1", "escalate 2",
					    "deny"};

	return texts[strictness < 0 ? 3 : strictness];
}

const char *
operations_text(struct arena *arena, unsigned operations)
{
	const char *text = "";

	if (operations == (1U << OPERATIONS) - 1)
		return "any";
	for (int i = 0; i < OPERATIONS; i++)
		if ((operations & 1U << i) != 0)
			text = arena_print(arena, "%s%s%s", text,
					   *text == '\0' ? "" : ", ",
					   operation_name((enum operation)i));
	return text;
}

/* A rule that is there now and wasn't before, one that changed, or one that is
 * gone. */
static const char *
change_of(const struct contrast *contrast, int cause)
{
	struct arena *arena = arena_of(contrast);
	const struct rule *rule = contrast->claims.of[cause].rule;
	const struct rule *other = contrast->counterparts[cause];

	if (claim_is_new(contrast, cause))
		return other == NULL ? rule_demands(arena, rule)
				     : rule_change(arena, other, rule);
	if (other != NULL)
		return rule_change(arena, rule, other);
	return arena_print(arena, "without %s (%s:%d)",
			   rule->label == NULL ? "the rule" : rule->label,
			   rule->file, rule->line);
}

static void
add_group(struct contrast *contrast, const struct group *group)
{
	struct arena *arena = arena_of(contrast);
	const struct claims *claims = &contrast->claims;
	const struct rule *rule =
		group->cause < 0 ? NULL : claims->of[group->cause].rule;
	const struct rule *decider = group->decider;
	struct difference one = {
		.widens = group->after < group->before,
		.before = decision_text(group->before),
		.after = decision_text(group->after),
		.change = rule == NULL ? "by layers or defaults"
				       : change_of(contrast, group->cause),
		.example = group->example,
	};

	one.what = arena_print(
		arena, "%s on %s", operations_text(arena, group->operations),
		rule == NULL ? "*.*" : rule_subjects(arena, rule));
	if (decider != NULL) {
		one.file = decider->file;
		one.line = decider->line;
		one.label = decider->label;
	} else if (group->layer >= 0) {
		one.file = claims->layers[group->layer]->file;
	}
	differences_add(contrast->differences, one);
}

void
differences_add(struct differences *differences, struct difference one)
{
	arena_append(differences->arena, differences->of, differences->count,
		     one);
	differences->wider += one.widens;
}

/* The widening ones first, else in the order in which they were found. */
static void
sort_wider_first(struct differences *differences)
{
	struct difference *sorted =
		arena_take(differences->arena,
			   ((size_t)differences->count + 1) * sizeof(*sorted));
	int count = 0;

	for (int widens = 1; widens >= 0; widens--)
		for (int i = 0; i < differences->count; i++)
			if (differences->of[i].widens == widens)
				sorted[count++] = differences->of[i];
	differences->of = sorted;
}

struct differences *
differences_of(const struct policy *before, const struct policy *after,
	       int today)
{
	struct differences *differences = xcalloc(1, sizeof(*differences));
	struct contrast contrast = {
		.differences = differences, .before = before, .after = after};

	differences->arena = arena_new();
	contrast.claims.arena = differences->arena;
	contrast.old = claims_add_policy(&contrast.claims, before);
	contrast.new = claims_add_policy(&contrast.claims, after);
	find_counterparts(&contrast);
	for (int i = 0; i < OPERATIONS; i++)
		if (regions_visit(&contrast.claims, (enum operation)i, today,
				  compare_region, &contrast) < 0)
			differences->undecided = true;
	for (int i = 0; i < contrast.group_count; i++)
		add_group(&contrast, &contrast.groups[i]);
	add_demands(&contrast);
	differences_of_settings(differences, before, after);
	differences_of_disclosure(differences, before, after);
	sort_wider_first(differences);
	return differences;
}

void
differences_free(struct differences *differences)
{
	if (differences == NULL)
		return;
	arena_free(differences->arena);
	free(differences);
}

void
differences_cleanup(struct differences **differences)
{
	differences_free(*differences);
}
