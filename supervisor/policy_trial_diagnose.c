/* What `policy check` says of a set's tests. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/diagnostic.h"
#include "supervisor/policy_trial.h"

static void
diagnose_failure(struct diagnostics *diagnostics,
		 const struct trial_result *result)
{
	diagnose(diagnostics, "E195", result->trial.place,
		 "test '%s' fails: expected %s, got %s", result->trial.test,
		 result->expected, result->got);
	if (result->nearest != NULL)
		diagnose_hint(diagnostics, "%s", result->nearest);
}

static void
diagnose_unreached(struct diagnostics *diagnostics,
		   const struct trial_rule *rule)
{
	struct place place = rule->place;

	place.width = 0;
	if (rule->label == NULL)
		diagnose(diagnostics, "W240", place,
			 "no test reaches this rule");
	else
		diagnose(diagnostics, "W240", place,
			 "no test reaches rule '%s'", rule->label);
}

struct trial_counts
policy_trial_diagnose(const struct trial_run *run, FILE *out,
		      enum diagnostic_format format)
{
	struct diagnostics diagnostics = {.arena = arena_new()};
	struct trial_counts counts;

	for (int i = 0; i < run->count; i++)
		if (!run->results[i].holds)
			diagnose_failure(&diagnostics, &run->results[i]);
	for (int i = 0; run->count > 0 && i < run->rule_count; i++)
		if (!run->rules[i].is_reached)
			diagnose_unreached(&diagnostics, &run->rules[i].rule);
	if (run->count == 0 && run->rule_count > 0) {
		struct place last = run->rules[run->rule_count - 1].rule.place;

		last.width = 0;
		diagnose(&diagnostics, "W241", last,
			 "this policy set has no tests");
	}
	diagnostics_print(&diagnostics, out, format);
	counts =
		(struct trial_counts){diagnostics.errors, diagnostics.warnings};
	arena_free(diagnostics.arena);
	return counts;
}
