/* What a reviewer should see, by the words of a rule alone. */
#include "pgmend.h"
#include "policy/condition_write.h"
#include "policy/export_rule.h"
#include "policy/lint_parts.h"

#define SOON_DAYS 14 /* an allowance that ends sooner is worth a word */

static bool
is_star(const struct pattern_part *part)
{
	return !part->quoted && strcmp(part->text, "*") == 0;
}

static bool
is_everything(const struct rule *rule)
{
	for (int i = 0; i < rule->subjects.count; i++) {
		const struct pattern *pattern = &rule->subjects.of[i];

		if (pattern->count == 2 && is_star(&pattern->parts[0]) &&
		    is_star(&pattern->parts[1]))
			return true;
	}
	return false;
}

static void
read_expiry(struct linter *linter, const struct rule *rule)
{
	int left = rule->expires - linter->today;
	auto_free char *date = NULL;
	size_t size;
	FILE *out;

	if (rule->expires == 0 || left > SOON_DAYS)
		return;
	out = xmemstream(&date, &size);
	date_write(out, rule->expires);
	fclose(out);
	if (left <= 0)
		diagnose(&linter->diagnostics, "W231", rule->expires_place,
			 "rule %s expired on %s and is inert",
			 lint_label(linter, rule), date);
	else
		diagnose(&linter->diagnostics, "W230", rule->expires_place,
			 "rule %s expires in %d day%s (%s)",
			 lint_label(linter, rule), left, left == 1 ? "" : "s",
			 date);
}

static void
read_condition(struct linter *linter, const struct condition *condition)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out;

	if (condition == NULL)
		return;
	if (condition->left != NULL) {
		read_condition(linter, condition->left);
		read_condition(linter, condition->right);
		return;
	}
	if (!atom_is_vacuous(condition, linter->policy->arena))
		return;
	out = xmemstream(&text, &size);
	condition_write(out, condition);
	fclose(out);
	diagnose(&linter->diagnostics, "W304", condition->place,
		 "'%s' is always true", text);
}

static void
read_breadth(struct linter *linter, const struct claim *claim)
{
	const struct rule *rule = claim->rule;
	struct diagnostics *diagnostics = &linter->diagnostics;
	bool is_unconditional = rule->condition_count == 0 &&
				rule->excepts.count == 0 && !rule->has_types &&
				!rule->has_froms;

	if (linter->claims.layers[claim->layer]->inherits &&
	    rule->decision == DECISION_ALLOW)
		diagnose(diagnostics, "W307", rule->place,
			 "'allow' has no effect in a layer with 'default "
			 "inherit'");
	if (rule->decision == DECISION_ESCALATE && is_unconditional &&
	    rule->operations == (1U << OPERATIONS) - 1 && is_everything(rule))
		diagnose(diagnostics, "W221", rule->place,
			 "unconditional 'escalate any on *.*': every change "
			 "will page a person");
}

/* A rule without effect needs no type. */
static void
read_types(struct linter *linter, int number)
{
	const struct rule *rule = linter->claims.of[number].rule;

	if (rule->decision != DECISION_ALLOW || rule->has_types ||
	    (rule->operations & 1U << OP_ADD_COLUMN) == 0 ||
	    !linter->fates[number].counts)
		return;
	diagnose(&linter->diagnostics, "W210", rule->place,
		 "rule %s allows add_column with every type, including domains "
		 "and extension types",
		 lint_label(linter, rule));
	diagnose_hint(&linter->diagnostics, "add a 'type' line");
}

void
lint_words(struct linter *linter)
{
	for (int i = 0; i < linter->claims.count; i++) {
		const struct claim *claim = &linter->claims.of[i];

		for (int j = 0; j < claim->condition_count; j++)
			read_condition(linter, claim->conditions[j]);
		if (claim->rule == NULL)
			continue;
		read_expiry(linter, claim->rule);
		read_breadth(linter, claim);
		read_types(linter, i);
	}
}
