#include "pgmend.h"

#include <time.h>

#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/export_rule.h"
#include "policy/setting.h"

#define SECONDS_A_DAY (24 * 60 * 60)
#define MINUTES_A_DAY (24 * 60)

/* --- Parts ---------------------------------------------------------------- */

void
operations_write(FILE *out, unsigned operations, enum decision decision)
{
	const char *joint = "";

	if (operations == (1U << OPERATIONS) - 1 &&
	    decision != DECISION_ALLOW) {
		fputs("any", out);
		return;
	}
	for (int i = 0; i < OPERATIONS; i++) {
		if ((operations & 1U << i) == 0)
			continue;
		fprintf(out, "%s%s", joint, operation_name((enum operation)i));
		joint = ", ";
	}
}

void
patterns_write(FILE *out, const struct patterns *patterns)
{
	for (int i = 0; i < patterns->count; i++) {
		fputs(i == 0 ? "" : ", ", out);
		pattern_write(out, &patterns->of[i]);
	}
}

void
type_patterns_write(FILE *out, const struct type_patterns *types)
{
	for (int i = 0; i < types->count; i++) {
		fputs(i == 0 ? "" : ", ", out);
		type_pattern_write(out, &types->of[i]);
	}
}

void
date_write(FILE *out, int days)
{
	time_t seconds = (time_t)days * SECONDS_A_DAY;
	struct tm date;

	gmtime_r(&seconds, &date);
	fprintf(out, "%04d-%02d-%02d", date.tm_year + 1900, date.tm_mon + 1,
		date.tm_mday);
}

/* --- Windows -------------------------------------------------------------- */

static void
collect_windows(struct arena *arena, struct windows *windows,
		const struct condition *condition)
{
	if (condition == NULL)
		return;
	collect_windows(arena, windows, condition->left);
	collect_windows(arena, windows, condition->right);
	if (condition->kind != CONDITION_WINDOW)
		return;
	for (int i = 0; i < windows->count; i++)
		if (strcmp(windows->of[i]->name, condition->window->name) == 0)
			return;
	arena_append(arena, windows->of, windows->count, condition->window);
}

struct windows
windows_of(struct arena *arena, const struct layer *layer)
{
	struct windows windows = {.count = 0};

	for (int i = 0; i < layer->rule_count; i++)
		for (int j = 0; j < layer->rules[i].condition_count; j++)
			collect_windows(arena, &windows,
					layer->rules[i].conditions[j]);
	for (int i = 0; i < layer->assertion_count; i++)
		collect_windows(arena, &windows,
				layer->assertions[i].condition);
	return windows;
}

/* --- Rules ---------------------------------------------------------------- */

static void
write_limits(FILE *out, const struct rule *rule)
{
	const char *joint = "with ";

	for (int i = 0; i < LIMITS; i++) {
		const struct limit_word *word = limit_word((enum limit)i);

		if (rule->limits[i] == RULE_LIMIT_NONE)
			continue;
		fprintf(out, "%s%s ", joint, word->name);
		quantity_write(out, word->type, rule->limits[i]);
		joint = ", ";
	}
	if (*joint == ',')
		fputc('\n', out);
}

static void
write_approvers(FILE *out, const struct rule *rule)
{
	if (rule->decision != DECISION_ESCALATE)
		return;
	if (rule->approvers == 1 && rule->group_count == 0)
		return;
	fprintf(out, "approvers %d", rule->approvers);
	for (int i = 0; i < rule->group_count; i++)
		fprintf(out, "%s%s", i == 0 ? " from " : ", ", rule->groups[i]);
	fputc('\n', out);
}

static void
write_clauses(FILE *out, const struct rule *rule)
{
	if (rule->has_types) {
		fputs("type ", out);
		type_patterns_write(out, &rule->types);
		fputc('\n', out);
	}
	if (rule->has_froms) {
		fputs("from ", out);
		type_patterns_write(out, &rule->froms);
		fputc('\n', out);
	}
	for (int i = 0; i < rule->condition_count; i++) {
		fputs("when ", out);
		condition_write(out, rule->conditions[i]);
		fputc('\n', out);
	}
	write_approvers(out, rule);
	if (rule->expires != 0) {
		fputs("expires ", out);
		date_write(out, rule->expires);
		fputc('\n', out);
	}
	write_limits(out, rule);
	if (rule->reason != NULL) {
		fputs("reason ", out);
		string_write(out, rule->reason);
		fputc('\n', out);
	}
}

void
rule_write(FILE *out, const struct rule *rule)
{
	auto_free char *clauses = NULL;
	size_t size;
	FILE *block = xmemstream(&clauses, &size);

	write_clauses(block, rule);
	fclose(block);
	fprintf(out, "%s ", decision_name(rule->decision));
	operations_write(out, rule->operations, rule->decision);
	fputs(" on ", out);
	patterns_write(out, &rule->subjects);
	if (rule->excepts.count > 0) {
		fputs(" except ", out);
		patterns_write(out, &rule->excepts);
	}
	if (rule->label != NULL)
		fprintf(out, " as %s", rule->label);
	if (size > 0)
		fprintf(out, " {\n%s}", clauses);
	fputc('\n', out);
}

/* --- Assertions and tests ------------------------------------------------- */

void
assertion_write(FILE *out, const struct assertion *assertion)
{
	fprintf(out, "assert never %s ", decision_name(assertion->decision));
	operations_write(out, assertion->operations, DECISION_DENY);
	fputs(" on ", out);
	patterns_write(out, &assertion->subjects);
	if (assertion->condition != NULL) {
		fputs(" when ", out);
		condition_write(out, assertion->condition);
	}
	fputc('\n', out);
}

static void
write_given(FILE *out, const struct given *given)
{
	fprintf(out, "given %s = ", fact_word(given->fact)->name);
	value_write(out, given->fact, &given->value);
	fputc('\n', out);
}

static void
write_expectation(FILE *out, const struct expectation *expectation)
{
	fprintf(out, "expect %s", decision_name(expectation->decision));
	if (expectation->approvers > 0)
		fprintf(out, " %d", expectation->approvers);
	fputs(expectation->replay    ? " replay "
	      : expectation->mapping ? " mapping "
				     : " ",
	      out);
	string_write(out, expectation->sql);
	if (expectation->by != NULL)
		fprintf(out, " by %s", expectation->by);
	fputc('\n', out);
}

void
policy_test_write(FILE *out, const struct policy_test *test)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu",
					   "fri", "sat", "sun"};
	int minute = test->clock_minutes % MINUTES_A_DAY;

	fputs("test ", out);
	string_write(out, test->name);
	fputs(" {\n", out);
	for (int i = 0; i < test->given_count; i++)
		write_given(out, &test->givens[i]);
	if (test->clock_known)
		fprintf(out, "given clock = %s %02d:%02d\n",
			days[test->clock_minutes / MINUTES_A_DAY], minute / 60,
			minute % 60);
	if (test->today != 0) {
		fputs("given today = ", out);
		date_write(out, test->today);
		fputc('\n', out);
	}
	for (int i = 0; i < test->expectation_count; i++)
		write_expectation(out, &test->expectations[i]);
	fputs("}\n", out);
}
