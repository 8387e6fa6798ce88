/*
 * What a planner is told of an incident: one line of JSON and, where the policy
 * discloses shapes, nothing of any value.
 */
#include "policy/insert.h"
#include "supervisor/brief.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/replay.h"
#include "tests/fuzz/orders.h"
#include "tests/fuzz/small_policy.h"

/* What the seeds hold in the place of secrets. */
#define SECRET "zzsecret"

static bool
is_secret(const char *text)
{
	return text != NULL && strstr(text, SECRET) != NULL;
}

/* Names are told, and redact.c sees to statements and messages. */
static bool
names_secret(const struct incident *incident)
{
	bool is_named =
		is_secret(incident->sql) || is_secret(incident->message);

	for (int i = 0; i < incident->param_count; i++)
		is_named = is_named || is_secret(incident->params[i]);
	for (int node = 0; node < incident->json->count; node++) {
		auto_free char *key = json_key(incident->json, node);

		is_named = is_named || is_secret(key);
	}
	return is_named;
}

static void
check_brief(const struct grounds *grounds)
{
	const struct incident *incident = grounds->replay->incident;
	auto_document struct document *brief = brief_document(
		grounds, "missing_column", "42703", incident->message);
	auto_free char *line = document_print(brief);

	claim(strchr(line, '\n') == NULL);
	claim(fuzz_is_json(line, strlen(line)));
	claim(!is_secret(line) || names_secret(incident));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_incident struct incident *incident = NULL;
	auto_insert struct insert *insert = NULL;
	struct replay replay = {0};
	struct grounds grounds = {
		.policy = fuzz_policy(), .catalog = &orders, .replay = &replay};
	struct refusal refusal = {.floor = NULL};
	struct error err = NO_ERROR;

	if (incident_parse(&incident, (const char *)data, size, &err) < 0 ||
	    incident->sql == NULL ||
	    !insert_parse(&insert, incident->sql, strlen(incident->sql),
			  &refusal))
		return 0;
	if (replay_bind(&replay, incident, insert, NULL, &orders, &err) < 0) {
		claim(err.reason == EXIT_BAD_INCIDENT ||
		      err.reason == EXIT_REFUSED);
		return 0;
	}
	claim(replay_count(&replay) > 0);
	check_brief(&grounds);
	replay_free(&replay);
	return 0;
}
