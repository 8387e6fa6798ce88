/* Assertions, and the world in which one doesn't hold. */
#include "pgmend.h"
#include "policy/lint_parts.h"

static void
explain(struct linter *linter, const struct assertion *assertion,
	const struct region *region, const struct judgement *judgement)
{
	const struct rule *rule =
		region_decider(&linter->claims, region, judgement->strictest,
			       &judgement->total);
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	region_write(out, &linter->claims, region);
	fclose(out);
	diagnose_hint(
		&linter->diagnostics, "counter-example %s; decided by %s (%s)",
		size == 0 ? "with no fact known" : text,
		rule == NULL || rule->label == NULL ? "a rule" : rule->label,
		rule == NULL ? "no rule"
			     : lint_where(linter, rule,
					  assertion->place.source->name));
}

static void
report(struct linter *linter, const struct assertion *assertion,
       const struct region *region, const struct judgement *judgement)
{
	auto_free char *subject = subject_text(region->subject);

	diagnose(&linter->diagnostics, "E310", assertion->place,
		 "assertion does not hold: %s on %s reaches %s",
		 operation_name(region->operation), subject,
		 decision_name(judgement->total.decision));
	explain(linter, assertion, region, judgement);
}

void
lint_assertions_learn(struct linter *linter, const struct region *region,
		      const struct judgement *judgement)
{
	for (int i = 0; i < region->count; i++) {
		int number = region->claims[i];
		const struct assertion *assertion =
			linter->claims.of[number].assertion;
		struct fate *fate = &linter->fates[number];

		if (assertion == NULL || fate->is_broken ||
		    region->truths[i] != TRUTH_TRUE ||
		    judgement->total.decision > assertion->decision)
			continue;
		fate->is_broken = true;
		report(linter, assertion, region, judgement);
	}
}
