/*
 * An incident that is accepted is accepted without its white space, too, and
 * its payloads keep their hashes.
 */
#include "sandbox/wire.h"
#include "supervisor/incident.h"
#include "tests/fuzz/fuzz.h"

static void
check_same(const struct incident *left, const struct incident *right)
{
	claim(same_text(left->id, right->id));
	claim(same_text(left->source_kind, right->source_kind));
	claim(same_text(left->sqlstate, right->sqlstate));
	claim(same_text(left->message, right->message));
	claim(same_text(left->sql, right->sql));
	claim(left->param_count == right->param_count);
	claim(left->payload_count == right->payload_count);
	claim(incident_rows_default(left) == incident_rows_default(right));
	for (int i = 0; i < left->param_count; i++)
		claim(same_text(left->params[i], right->params[i]));
	for (int i = 0; i < left->payload_count; i++) {
		char left_hash[65], right_hash[65];

		claim(json_is(left->json, left->payloads[i], JSON_OBJECT));
		incident_payload_hash(left_hash, left, left->payloads[i]);
		incident_payload_hash(right_hash, right, right->payloads[i]);
		claim(same_text(left_hash, right_hash));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_incident struct incident *incident = NULL, *again = NULL;
	auto_free char *line = NULL;
	struct error err = NO_ERROR;
	size_t line_size;
	FILE *out;

	if (incident_parse(&incident, (const char *)data, size, &err) < 0) {
		claim(err.reason == EXIT_BAD_INCIDENT && *err.text != '\0');
		return 0;
	}
	claim(incident->sqlstate != NULL || incident->message != NULL);
	out = xmemstream(&line, &line_size);
	json_write_compact(out, incident->text, incident->size);
	fclose(out);
	claim(incident_parse(&again, line, line_size, &err) == 0);
	check_same(incident, again);
	return 0;
}
