#include "pgmend.h"

#include "sandbox/json.h"
#include "supervisor/incident.h"
#include "supervisor/replay_first.h"
#include "supervisor/stream.h"

static bool
is_record(const struct line *line)
{
	struct error ignored = NO_ERROR;
	auto_json struct json *json = NULL;

	return line->mistake == NULL &&
	       json_scan(&json, line->text, line->size, &ignored) == 0 &&
	       json_is(json, 0, JSON_OBJECT);
}

/* A line without a text when there is none. */
static int
find_record(struct line *ret_line, struct stream *stream, struct error *err)
{
	do {
		if (stream_next(ret_line, stream, err) < 0)
			return -1;
	} while (ret_line->text != NULL && !is_record(ret_line));
	return stream_rewind(stream, err);
}

int
replay_take_first(struct incident **incident, struct stream *stream,
		  struct error *err)
{
	const char *text = (*incident)->text;
	int end = (int)(strrchr(text, '}') - text);
	auto_incident struct incident *whole = NULL;
	auto_free char *composed = NULL;
	struct line line;

	if (find_record(&line, stream, err) < 0)
		return -1;
	if (line.text == NULL)
		return 0;
	composed = xprintf("%.*s,\"payload\":%.*s}", end, text, (int)line.size,
			   line.text);
	if (incident_parse(&whole, composed, strlen(composed), err) < 0)
		return fail_in(err, "the incident with the file's first record "
				    "as its payload");
	incident_free(*incident);
	*incident = take(whole);
	return 0;
}
