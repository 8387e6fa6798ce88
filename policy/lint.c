#include "pgmend.h"
#include "policy/arena.h"
#include "policy/lint.h"
#include "policy/match.h"
#include "policy/region.h"

#define SOON_DAYS 14 /* an allowance that ends sooner is worth a word */

struct linter {
	struct policy *policy;
	struct diagnostics diagnostics;
	struct lint_result result;
};

/* What became of one rule over all points. */
struct fate {
	bool matches, decides;
	const struct decider *instead; /* in the arena, or NULL */
};

/* --- Rules that never matter ---------------------------------------------- */

static bool
is_among(const struct verdict *verdict, const struct rule *rule)
{
	for (int i = 0; i < verdict->decider_count; i++)
		if (verdict->deciders[i].line == rule->line &&
		    same_text(verdict->deciders[i].file, rule->file))
			return true;
	return verdict->decider_count == VERDICT_DECIDERS_MAX;
}

static void
try_rule(struct linter *linter, const struct rule *rule, struct fate *fate,
	 const struct verdict *verdict, const struct subject *subject,
	 const struct facts *facts)
{
	struct decider *instead;

	if (rule_truth(rule, subject, facts) != TRUTH_TRUE)
		return;
	fate->matches = true;
	if (is_among(verdict, rule)) {
		fate->decides = true;
	} else if (fate->instead == NULL) {
		instead = arena_take(linter->policy->arena, sizeof(*instead));
		*instead = verdict->deciders[0];
		fate->instead = instead;
	}
}

static void
try_layer(struct linter *linter, const struct regions *regions,
	  struct layer *layer, struct fate *fates)
{
	struct policy alone = {.layers = layer, .layer_count = 1};
	int64_t count = regions_count(regions);

	for (int64_t point = 0; point < count; point++) {
		struct subject subject;
		struct facts facts;
		struct verdict verdict;

		regions_point(regions, point, &subject, &facts);
		verdict = judge(&alone, &subject, &facts);
		for (int i = 0; i < layer->rule_count; i++)
			if (!fates[i].decides)
				try_rule(linter, &layer->rules[i], &fates[i],
					 &verdict, &subject, &facts);
	}
	linter->result.points += count;
}

static const char *
label_of(const struct linter *linter, const struct rule *rule)
{
	return rule->label != NULL ? rule->label
				   : arena_print(linter->policy->arena,
						 "line %d", rule->line);
}

static void
report_fate(struct linter *linter, const struct rule *rule,
	    const struct fate *fate)
{
	struct diagnostics *diagnostics = &linter->diagnostics;
	const char *label = label_of(linter, rule);

	if (!fate->matches)
		diagnose(diagnostics, "W301", rule->place,
			 "rule '%s' can never match", label);
	if (!fate->matches || fate->decides)
		return;
	diagnose(diagnostics, "W302", rule->place,
		 "rule '%s' is shadowed: whenever it matches, a more "
		 "restrictive rule decides",
		 label);
	if (fate->instead != NULL && fate->instead->label != NULL)
		diagnose_hint(diagnostics, "decided by %s (line %d)",
			      fate->instead->label, fate->instead->line);
}

/* --- Assertions ----------------------------------------------------------- */

static void
write_value(FILE *out, const struct fact_word *word,
	    const struct fact_value *value)
{
	if (!value->known)
		fputs("unknown", out);
	else if (word->type == TYPE_BOOL)
		fputs(value->number != 0 ? "yes" : "no", out);
	else if (word->type == TYPE_ENUM)
		fputs(word->words[value->number], out);
	else if (value->text != NULL)
		fprintf(out, "\"%s\"", value->text);
	else
		fprintf(out, "%lld", (long long)value->number);
}

/* The facts of the counter-example that are known, and who decided. */
static void
explain_example(struct linter *linter, const struct regions *regions,
		const struct facts *facts, const struct verdict *verdict)
{
	auto_free char *text = NULL;
	const char *separator = "";
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < regions->axis_count; i++) {
		const struct axis *axis = &regions->axes[i];

		if (axis->kind != AXIS_FACT || !facts->of[axis->fact].known)
			continue;
		fprintf(out, "%s%s = ", separator, fact_word(axis->fact)->name);
		write_value(out, fact_word(axis->fact), &facts->of[axis->fact]);
		separator = ", ";
	}
	fclose(out);
	diagnose_hint(&linter->diagnostics,
		      "counter-example %s; decided by %s (line %d)",
		      size == 0 ? "with no fact known" : text,
		      verdict->deciders[0].label == NULL
			      ? "a rule"
			      : verdict->deciders[0].label,
		      verdict->deciders[0].line);
}

/* True when this point breaks the assertion. */
static bool
breaks(const struct assertion *assertion, const struct subject *subject,
       const struct facts *facts, const struct verdict *verdict)
{
	uint64_t used = 0, unknown = 0;

	return match_subject(&assertion->subjects, subject, POLARITY_WIDE) &&
	       verdict->decision <= assertion->decision &&
	       (assertion->condition == NULL ||
		match_condition(assertion->condition, facts, &used, &unknown) ==
			TRUTH_TRUE);
}

static void
try_assertion(struct linter *linter, const struct regions *regions,
	      const struct assertion *assertion)
{
	int64_t count = regions_count(regions);

	for (int64_t point = 0; point < count; point++) {
		struct subject subject;
		struct facts facts;
		struct verdict verdict;

		regions_point(regions, point, &subject, &facts);
		verdict = judge(linter->policy, &subject, &facts);
		if (!breaks(assertion, &subject, &facts, &verdict))
			continue;
		diagnose(&linter->diagnostics, "E310", assertion->place,
			 "assertion does not hold: %s on %s.%s.%s reaches %s",
			 operation_name(subject.operation), subject.schema,
			 subject.table, subject.column,
			 decision_name(verdict.decision));
		explain_example(linter, regions, &facts, &verdict);
		return;
	}
}

/* --- By the words alone --------------------------------------------------- */

static bool
is_everything(const struct rule *rule)
{
	for (int i = 0; i < rule->subjects.count; i++) {
		const struct pattern *pattern = &rule->subjects.of[i];

		if (pattern->count == 2 && !pattern->parts[0].quoted &&
		    !pattern->parts[1].quoted &&
		    strcmp(pattern->parts[0].text, "*") == 0 &&
		    strcmp(pattern->parts[1].text, "*") == 0)
			return true;
	}
	return false;
}

static void
read_expiry(struct linter *linter, const struct rule *rule, int today)
{
	struct diagnostics *diagnostics = &linter->diagnostics;
	int left = rule->expires - today;

	if (rule->expires == 0 || left > SOON_DAYS)
		return;
	if (left <= 0)
		diagnose(diagnostics, "W231", rule->place,
			 "rule '%s' has expired and is inert",
			 label_of(linter, rule));
	else
		diagnose(diagnostics, "W230", rule->place,
			 "rule '%s' expires in %d day%s",
			 label_of(linter, rule), left, left == 1 ? "" : "s");
}

static void
read_rule(struct linter *linter, const struct layer *layer,
	  const struct rule *rule, int today)
{
	struct diagnostics *diagnostics = &linter->diagnostics;
	bool is_unconditional = rule->condition_count == 0 &&
				rule->excepts.count == 0 && !rule->has_types &&
				!rule->has_froms;

	read_expiry(linter, rule, today);
	if (layer->inherits && rule->decision == DECISION_ALLOW)
		diagnose(diagnostics, "W307", rule->place,
			 "'allow' has no effect in a layer with 'default "
			 "inherit'");
	if (rule->decision == DECISION_ESCALATE && is_unconditional &&
	    rule->operations == (1U << OPERATIONS) - 1 && is_everything(rule))
		diagnose(diagnostics, "W221", rule->place,
			 "unconditional 'escalate any on *.*': every change "
			 "will page a person");
}

/* --- The whole ------------------------------------------------------------ */

static void
try_operation(struct linter *linter, enum operation operation,
	      struct fate **fates)
{
	struct policy *policy = linter->policy;
	struct regions regions = regions_of(policy->arena, policy, operation);

	if (regions_count(&regions) > LINT_POINTS_MAX) {
		linter->result.undecided = true;
		return;
	}
	for (int i = 0; i < policy->layer_count; i++) {
		struct layer *layer = &policy->layers[i];

		try_layer(linter, &regions, layer, fates[i]);
		for (int j = 0; j < layer->assertion_count; j++)
			if ((layer->assertions[j].operations &
			     1U << operation) != 0)
				try_assertion(linter, &regions,
					      &layer->assertions[j]);
	}
}

static void
report(struct linter *linter, struct fate *const *fates, int today)
{
	for (int i = 0; i < linter->policy->layer_count; i++) {
		const struct layer *layer = &linter->policy->layers[i];

		for (int j = 0; j < layer->rule_count; j++) {
			read_rule(linter, layer, &layer->rules[j], today);
			if (!linter->result.undecided && !layer->inherits)
				report_fate(linter, &layer->rules[j],
					    &fates[i][j]);
		}
	}
}

struct lint_result
policy_lint(struct policy *policy, int today, FILE *out, bool as_json)
{
	struct linter linter = {.policy = policy,
				.diagnostics = {.arena = policy->arena}};
	struct fate **fates = arena_take(
		policy->arena, (size_t)policy->layer_count * sizeof(*fates));

	for (int i = 0; i < policy->layer_count; i++)
		fates[i] = arena_take(policy->arena,
				      ((size_t)policy->layers[i].rule_count +
				       1) * sizeof(**fates));
	for (int i = 0; i < OPERATIONS; i++)
		try_operation(&linter, (enum operation)i, fates);
	report(&linter, fates, today);
	diagnostics_print(&linter.diagnostics, out, as_json);
	linter.result.errors = linter.diagnostics.errors;
	linter.result.warnings = linter.diagnostics.warnings;
	return linter.result;
}
