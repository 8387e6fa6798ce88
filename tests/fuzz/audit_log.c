/*
 * An event of the chain, whatever stands in it, is one line that can't steer a
 * terminal, and one JSON object for programs.
 */
#include "sandbox/wire.h"
#include "supervisor/audit_log.h"
#include "supervisor/database.h"
#include "supervisor/database_rows.h"
#include "tests/fuzz/fuzz.h"

/* In the place of the client: it answers with one event. */
struct database {
	const char *body, *actor, *kind;
};

int
database_run(struct database *database, const char *sql, int count,
	     const char *const *parameters, struct rows **ret_rows,
	     struct error *err)
{
	const char *const columns[] = {"2026-11-26T00:00:00.000000Z",
				       "17",
				       "0198c7a0-0000-7000-8000-000000000000",
				       "3",
				       database->actor,
				       database->kind,
				       database->body,
				       "00ff00ff00ff00ff",
				       NULL};

	*ret_rows = rows_new(1, (int)array_size(columns));
	for (size_t i = 0; i < array_size(columns); i++)
		if (columns[i] != NULL)
			rows_set(*ret_rows, 0, (int)i, columns[i]);
	return 0;
}

static char *
written(struct database *database, bool as_json, size_t *ret_size)
{
	struct audit_log log = {
		.schema = "pgmend", .last = "1", .as_json = as_json};
	struct error err = NO_ERROR;
	char *text = NULL;
	FILE *out = xmemstream(&text, ret_size);

	claim(audit_log_write(out, database, &log, &err) == 0);
	fclose(out);
	claim(*ret_size > 0 && text[*ret_size - 1] == '\n');
	text[--*ret_size] = '\0';
	return text;
}

/* The input is the body; after a zero byte comes the actor, then the kind. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *body = xstrndup((const char *)data, size);
	size_t at = strlen(body) + 1;
	const char *actor = at < size ? body + at : "agent";
	size_t next = at + strlen(actor) + 1;
	struct database database = {
		.body = body,
		.actor = actor,
		.kind = next < size ? body + next : "run.received",
	};
	size_t words_size, json_size;
	auto_free char *words = written(&database, false, &words_size);
	auto_free char *json = written(&database, true, &json_size);

	claim(wire_is_text(words, words_size));
	for (size_t i = 0; i < words_size; i++)
		claim((unsigned char)words[i] >= ' ' && words[i] != 0x7f);
	claim(memchr(json, '\n', json_size) == NULL);
	claim(fuzz_is_json(json, json_size));
	return 0;
}
