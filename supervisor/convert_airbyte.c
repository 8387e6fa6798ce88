/*
 * convert_airbyte.c - the errors among a destination's messages: type TRACE,
 * trace.type ERROR. Records, states and logs are passed over.
 *
 * The protocol names no run and no attempt, so the message's hash is its id.
 */
#include "pgmend.h"
#include "supervisor/convert.h"
#include "supervisor/convert_message.h"
#include "supervisor/convert_statement.h"

#define MILLISECONDS_MAX 1e15 /* beyond any date that is written here */

/* Java writes its milliseconds as a floating-point number. */
static void
read_time(struct draft *draft, const struct json *json, int trace)
{
	int node = json_member(json, trace, "emitted_at");
	auto_free char *digits = json_raw_copy(json, node);
	double milliseconds = strtod(digits, NULL);
	auto_free char *moment = NULL;

	if (!json_is(json, node, JSON_NUMBER) || !(milliseconds > 0) ||
	    milliseconds > MILLISECONDS_MAX)
		return;
	moment = convert_moment((long long)milliseconds);
	draft_set(draft, DRAFT_OCCURRED_AT, moment);
}

static int
read_stream(struct draft *draft, const struct json *json, int error,
	    struct error *err)
{
	static const struct draft_member members[] = {{"name", DRAFT_TASK},
						      {NULL, DRAFT_TEXTS}};
	int stream = json_member(json, error, "stream_descriptor");
	auto_free char *namespace = convert_text(json, stream, "namespace");

	if (json_type(json, stream) == JSON_NULL)
		return 0;
	if (convert_want(json, stream, JSON_OBJECT, "stream_descriptor", err) <
	    0)
		return -1;
	draft_note(draft, "namespace", namespace);
	return draft_read(draft, members, json, stream, err);
}

/* `message` is for users and often says no more than that it failed. */
static int
read_error(struct draft *draft, const struct json *json, int error,
	   struct error *err)
{
	static const struct draft_member members[] = {
		{"stack_trace", DRAFT_STACKTRACE}, {NULL, DRAFT_TEXTS}};
	auto_free char *internal =
		convert_text(json, error, "internal_message");
	auto_free char *shown = convert_text(json, error, "message");
	auto_free char *failure = convert_text(json, error, "failure_type");
	const char *text = internal == NULL ? shown : internal;
	auto_free char *sql = NULL;

	if (text == NULL)
		return convert_want(json, json_member(json, error, "message"),
				    JSON_STRING, "trace.error.message", err);
	message_read(draft, text);
	draft_note(draft, "failure_type", failure);
	draft_note(draft, "message", internal == NULL ? NULL : shown);
	sql = message_statement(text);
	if (sql != NULL)
		convert_statement_lift(draft, sql);
	return draft_read(draft, members, json, error, err);
}

int
convert_airbyte(struct conversion *conversion, const char *text, size_t size,
		struct error *err)
{
	auto_draft struct draft draft = {0};
	auto_json struct json *json = NULL;
	auto_free char *type = NULL, *trace_type = NULL;
	auto_free char *id = NULL;
	int trace, error;

	if (convert_scan(&json, text, size, err) < 0 ||
	    convert_want(json, json_member(json, 0, "type"), JSON_STRING,
			 "type", err) < 0)
		return -1;
	trace = json_member(json, 0, "trace");
	type = convert_text(json, 0, "type");
	trace_type = convert_text(json, trace, "type");
	if (!same_text(type, "TRACE") || !same_text(trace_type, "ERROR"))
		return 0;
	error = json_member(json, trace, "error");
	if (convert_want(json, error, JSON_OBJECT, "trace.error", err) < 0 ||
	    read_error(&draft, json, error, err) < 0 ||
	    read_stream(&draft, json, error, err) < 0)
		return -1;
	id = convert_hash(text, size);
	draft_set(&draft, DRAFT_ID, id);
	read_time(&draft, json, trace);
	return convert_emit(conversion, &draft, err);
}
