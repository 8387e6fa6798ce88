#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/plan.h"

/* A text member, capped; NULL when it is missing or something else. */
static char *
read_text(const struct json *json, int arguments, const char *name)
{
	char *text = json_string(json, json_member(json, arguments, name));

	if (text != NULL && strlen(text) > PLAN_TEXT_MAX)
		text[PLAN_TEXT_MAX] = '\0';
	return text;
}

/* Strings of an array member; false when it is something else or too long. */
static bool
read_texts(char **texts, int *ret_count, int most, const struct json *json,
	   int array)
{
	*ret_count = 0;
	if (array == JSON_NONE)
		return true;
	if (!json_is(json, array, JSON_ARRAY) || json_count(json, array) > most)
		return false;
	for (int node = json_first(json, array); node != JSON_NONE;
	     node = json_next(json, node)) {
		texts[*ret_count] = json_string(json, node);
		if (texts[*ret_count] == NULL)
			return false;
		++*ret_count;
	}
	return true;
}

static const char *const risk_levels[] = {"LOW", "MEDIUM", "HIGH"};

static bool
is_risk_level(const char *text)
{
	for (size_t i = 0; i < array_size(risk_levels); i++)
		if (same_text(text, risk_levels[i]))
			return true;
	return false;
}

/* Members that propose_repair knows; any other refuses the whole. */
static bool
has_unknown_member(const struct json *json, int arguments)
{
	static const char *const known[] = {
		"diagnosis", "risk_level", "statements",
		"mapping",   "advice",	   "reasoning",
	};

	for (int node = json_first(json, arguments); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *key = json_key(json, node);
		bool found = false;

		for (size_t i = 0; i < array_size(known); i++)
			found = found || same_text(key, known[i]);
		if (!found)
			return true;
	}
	return false;
}

struct plan *
plan_read(const struct json *json, int arguments, char *ret_mistake)
{
	auto_plan struct plan *plan = xcalloc(1, sizeof(*plan));
	int mapping = json_member(json, arguments, "mapping");
	const char *mistake = NULL;

	plan->diagnosis = read_text(json, arguments, "diagnosis");
	plan->reasoning = read_text(json, arguments, "reasoning");
	plan->risk_level = read_text(json, arguments, "risk_level");
	if (!json_is(json, arguments, JSON_OBJECT) ||
	    has_unknown_member(json, arguments))
		mistake = "arguments have an unknown member";
	else if (!is_risk_level(plan->risk_level))
		mistake = "risk_level must be LOW, MEDIUM or HIGH";
	else if (!read_texts(plan->proposed, &plan->count, PLAN_STATEMENTS_MAX,
			     json, json_member(json, arguments, "statements")))
		mistake = "statements must be an array of at most 16 strings";
	else if (!read_texts(plan->advice, &plan->advice_count,
			     PLAN_STATEMENTS_MAX, json,
			     json_member(json, arguments, "advice")))
		mistake = "advice must be an array of at most 16 strings";
	else
		mistake = plan_read_mappings(plan, json, mapping);
	if (mistake == NULL && plan->count == 0 && plan->advice_count == 0 &&
	    plan->mapping_count == 0)
		mistake = "a proposal needs statements, a mapping or advice";
	if (mistake == NULL)
		return take(plan);
	snprintf(ret_mistake, 256, "%s", mistake);
	return NULL;
}

struct plan *
plan_of_replay(void)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	plan->diagnosis = xstrdup("the write works as it is");
	return plan;
}

void
plan_advise(struct plan *plan, const char *advice)
{
	if (plan->advice_count < PLAN_STATEMENTS_MAX)
		plan->advice[plan->advice_count++] = xstrdup(advice);
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	for (int i = 0; i < PLAN_STATEMENTS_MAX; i++) {
		statement_free(plan->statements[i]);
		free(plan->sql[i]);
		free(plan->proposed[i]);
		free(plan->advice[i]);
	}
	for (int i = 0; i < plan->mapping_count; i++) {
		free(plan->mappings[i].field);
		free(plan->mappings[i].column);
		free(plan->mappings[i].transform);
	}
	replay_free(&plan->mapped);
	free(plan->diagnosis);
	free(plan->reasoning);
	free(plan->risk_level);
	free(plan);
}

void
plan_cleanup(struct plan **plan)
{
	plan_free(*plan);
}
