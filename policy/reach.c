#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"
#include "policy/reach.h"
#include "policy/region.h"

struct search {
	const struct reach_question *question;
	struct ways *ways;
	struct claims claims;
	struct layer_range range;
	int asked;   /* the claim that the pattern covers the subject */
	int *scores; /* of each way: the fewer facts, the better */
};

/* --- The pattern ---------------------------------------------------------- */

/* Read by the language's own parser, as if it stood in a file. */
static int
read_pattern(struct pattern *ret_pattern, struct arena *arena, const char *text,
	     struct error *err)
{
	struct source source = {.path = "PATTERN",
				.name = "PATTERN",
				.text = text,
				.size = strlen(text)};
	struct diagnostics diagnostics = {.arena = arena};
	struct parser parser = {
		.arena = arena, .diagnostics = &diagnostics, .source = &source};
	bool is_pattern;

	parser.lexemes = lexer_read(&source, &diagnostics);
	is_pattern = diagnostics.errors == 0 &&
		     parse_pattern(&parser, ret_pattern) &&
		     expect_line_end(&parser);
	if (is_pattern)
		return 0;
	return fail_as(err, EXIT_USAGE, "usage", "%s",
		       diagnostics.count == 0 ? "not a pattern"
					      : diagnostics.of[0].message);
}

/* --- Ways ----------------------------------------------------------------- */

static void
add_decider(struct way *way, const struct decider *decider)
{
	for (int i = 0; i < way->decider_count; i++)
		if (way->deciders[i].line == decider->line &&
		    same_text(way->deciders[i].file, decider->file))
			return;
	if (way->decider_count < VERDICT_DECIDERS_MAX)
		way->deciders[way->decider_count++] = *decider;
}

/* A claim of the region whose rule is among those that decide. */
static const struct claim *
deciding_claim(const struct search *search, const struct region *region,
	       const struct judgement *judgement, int index)
{
	const struct claim *claim = &search->claims.of[region->claims[index]];
	const struct outcome *outcome;

	if (claim->rule == NULL)
		return NULL;
	outcome = &judgement->layers[claim->layer];
	if (outcome_strictness(outcome) !=
		    outcome_strictness(&judgement->total) ||
	    !outcome_is_by(outcome, claim->rule,
			   (enum truth)region->truths[index]))
		return NULL;
	return claim;
}

/* The claim's rule, and the first one of each other layer that says what the
 * whole comes to. */
static void
list_deciders(const struct search *search, const struct region *region,
	      const struct judgement *judgement, const struct claim *claim,
	      struct way *way)
{
	for (int i = search->range.first; i < search->range.end; i++) {
		const struct outcome *outcome = &judgement->layers[i];
		const struct rule *rule = claim->rule;

		if (outcome_strictness(outcome) !=
		    outcome_strictness(&judgement->total))
			continue;
		if (i != claim->layer)
			rule = region_decider(&search->claims, region, i,
					      outcome);
		if (rule == NULL)
			continue;
		add_decider(way,
			    &(struct decider){
				    .file = rule->file,
				    .line = rule->line,
				    .label = rule->label,
				    .layer = search->claims.layers[i]->name,
			    });
	}
}

static bool
same_deciders(const struct way *left, const struct way *right)
{
	for (int i = 0; i < left->decider_count; i++)
		if (left->deciders[i].line != right->deciders[i].line ||
		    !same_text(left->deciders[i].file, right->deciders[i].file))
			return false;
	return left->operation == right->operation &&
	       left->decider_count == right->decider_count;
}

static const char *
describe(const struct search *search, const struct region *region)
{
	auto_free char *subject = subject_text(region->subject);
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	region_write(out, &search->claims, region);
	fclose(out);
	return arena_print(search->ways->arena, "%s%s%s", subject,
			   size == 0 ? "" : ", ", text);
}

static int
find_way(struct search *search, const struct way *way)
{
	struct ways *ways = search->ways;
	int count = ways->count;

	for (int i = 0; i < count; i++)
		if (same_deciders(&ways->of[i], way))
			return i;
	arena_append(ways->arena, search->scores, count, INT32_MAX);
	arena_append(ways->arena, ways->of, ways->count, *way);
	return ways->count - 1;
}

static void
add_way(struct search *search, const struct region *region,
	const struct judgement *judgement, const struct claim *claim)
{
	struct way way = {.operation = region->operation,
			  .approvers = judgement->total.approvers};
	struct way *known;
	struct facts facts;
	int found, score;

	list_deciders(search, region, judgement, claim, &way);
	found = find_way(search, &way);
	known = &search->ways->of[found];
	if (way.approvers < known->approvers)
		known->approvers = way.approvers;
	region_facts(region, &facts);
	score = facts_known(&facts);
	if (score >= search->scores[found])
		return;
	search->scores[found] = score;
	known->example = describe(search, region);
}

/* Each rule that decides is a way of its own: whoever takes one out wants to
 * know of the others. */
static void
consider(const struct region *region, void *context)
{
	struct search *search = context;
	struct judgement judgement;

	if (region_truth(region, search->asked) != TRUTH_TRUE)
		return;
	judgement = judge_region(&search->claims, region, search->range);
	if (judgement.total.decision != search->question->decision)
		return;
	for (int i = 0; i < region->count; i++) {
		const struct claim *claim =
			deciding_claim(search, region, &judgement, i);

		if (claim != NULL)
			add_way(search, region, &judgement, claim);
	}
}

/* --- The whole ------------------------------------------------------------ */

static void
look(struct search *search, const struct policy *policy)
{
	search->range = claims_add_policy(&search->claims, policy);
	for (int i = 0; i < OPERATIONS; i++) {
		if ((search->question->operations & 1U << i) == 0)
			continue;
		if (regions_visit(&search->claims, (enum operation)i,
				  search->question->today, consider,
				  search) < 0)
			search->ways->undecided = true;
	}
}

int
ways_to(struct ways **ret_ways, const struct policy *policy,
	const struct reach_question *question, struct error *err)
{
	auto_ways struct ways *ways = xcalloc(1, sizeof(*ways));
	struct search search = {.question = question, .ways = ways};
	struct pattern pattern;
	struct patterns patterns = {.of = &pattern, .count = 1};

	ways->arena = arena_new();
	search.claims.arena = ways->arena;
	search.claims.spares_unknown = true;
	if (read_pattern(&pattern, ways->arena, question->pattern, err) < 0)
		return -1;
	claims_add_patterns(&search.claims, &patterns, POLARITY_WIDE);
	look(&search, policy);
	*ret_ways = take(ways);
	return 0;
}

void
ways_free(struct ways *ways)
{
	if (ways == NULL)
		return;
	arena_free(ways->arena);
	free(ways);
}

void
ways_cleanup(struct ways **ways)
{
	ways_free(*ways);
}
