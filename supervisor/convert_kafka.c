/*
 * convert_kafka.c - records of Kafka Connect's dead letter queue, one JSON
 * object a line, as kcat -J or rpk print them: {"topic", "partition", "offset",
 * "headers", "payload" or "value"}. What failed where stands in the headers
 * (errors.deadletterqueue.context.headers.enable).
 *
 * The record on the topic is what the pipeline was given, so it is the payload.
 * The exception may quote another record's statement (they are written in
 * batches): its constants are never the record.
 */
#include "pgmend.h"
#include "supervisor/convert.h"
#include "supervisor/convert_message.h"
#include "supervisor/convert_statement.h"
#include "supervisor/incident.h"

#define PREFIX "__connect.errors."

enum header {
	HEADER_TOPIC,
	HEADER_PARTITION,
	HEADER_OFFSET,
	HEADER_CONNECTOR,
	HEADER_TASK,
	HEADER_CLASS,
	HEADER_MESSAGE,
	HEADER_STACKTRACE,
	HEADERS
};

static const char *const header_names[HEADERS] = {
	[HEADER_TOPIC] = PREFIX "topic",
	[HEADER_PARTITION] = PREFIX "partition",
	[HEADER_OFFSET] = PREFIX "offset",
	[HEADER_CONNECTOR] = PREFIX "connector.name",
	[HEADER_TASK] = PREFIX "task.id",
	[HEADER_CLASS] = PREFIX "exception.class.name",
	[HEADER_MESSAGE] = PREFIX "exception.message",
	[HEADER_STACKTRACE] = PREFIX "exception.stacktrace",
};

/* Owned; NULL: not there. */
struct headers {
	char *texts[HEADERS];
};

static void
headers_release(struct headers *headers)
{
	for (int i = 0; i < HEADERS; i++)
		free(headers->texts[i]);
}

#define auto_headers __attribute__((cleanup(headers_release)))

/* Takes the value. The last of several is the last attempt's. */
static void
set_header(struct headers *headers, const char *name, char *value)
{
	for (int i = 0; i < HEADERS; i++) {
		if (value == NULL || !same_text(header_names[i], name))
			continue;
		free(headers->texts[i]);
		headers->texts[i] = take(value);
	}
	free(value);
}

/* Names and values in turn (kcat), or objects of "key" and "value" (rpk). */
static int
read_headers(struct headers *headers, const struct json *json,
	     struct error *err)
{
	int list = json_member(json, 0, "headers");
	int node = json_first(json, list);

	if (convert_want(json, list, JSON_ARRAY, "headers", err) < 0)
		return -1;
	while (node != JSON_NONE) {
		bool is_pair = json_is(json, node, JSON_OBJECT);
		int value = is_pair ? json_member(json, node, "value")
				    : json_next(json, node);
		auto_free char *name = is_pair ? convert_text(json, node, "key")
					       : json_string(json, node);

		if (name == NULL)
			return convert_want(json, node, JSON_STRING,
					    "headers[]", err);
		set_header(headers, name, json_string(json, value));
		node = is_pair ? json_next(json, node) : json_next(json, value);
	}
	return 0;
}

/* The parts of the record's address, which is its identity. */
static int
read_id(struct draft *draft, const struct headers *headers, struct error *err)
{
	auto_free char *id = NULL;

	for (int i = HEADER_TOPIC; i <= HEADER_OFFSET; i++)
		if (headers->texts[i] == NULL)
			return convert_refuse(err, "header %s: missing",
					      header_names[i]);
	id = xprintf("%s/%s/%s", headers->texts[HEADER_TOPIC],
		     headers->texts[HEADER_PARTITION],
		     headers->texts[HEADER_OFFSET]);
	draft_set(draft, DRAFT_ID, id);
	return 0;
}

/* JsonConverter with schemas wraps the record: {"schema":...,"payload":...}. */
static int
unwrap(const struct json *json, int value)
{
	int payload = json_member(json, value, "payload");

	return json_count(json, value) == 2 && payload != JSON_NONE &&
			       json_member(json, value, "schema") != JSON_NONE
		       ? payload
		       : value;
}

/* The record, when it is a JSON object; a binary one stays where it is. */
static void
read_value(struct draft *draft, const struct json *json)
{
	static const char *const names[] = {"payload", "value"};
	auto_free char *text = NULL;
	auto_json struct json *value = NULL;
	struct error ignored;
	int node;

	for (size_t i = 0; i < array_size(names) && text == NULL; i++) {
		node = json_member(json, 0, names[i]);
		text = json_is(json, node, JSON_STRING)
			       ? json_string(json, node)
			       : json_raw_copy(json, node);
		if (*text == '\0')
			free(take(text));
	}
	if (text == NULL || json_scan(&value, text, strlen(text), &ignored) < 0)
		return;
	node = unwrap(value, 0);
	if (json_is(value, node, JSON_OBJECT))
		draft->payload = json_raw_copy(value, node);
}

/* True when the record has each key that the statement is bound to. */
static bool
has_keys(const char *record, const char *params)
{
	auto_json struct json *keys = NULL, *json = NULL;
	struct error ignored;
	int node;

	if (record == NULL || params == NULL || strlen(record) > INCIDENT_MAX ||
	    json_scan(&json, record, strlen(record), &ignored) < 0 ||
	    json_scan(&keys, params, strlen(params), &ignored) < 0)
		return false;
	node = json_first(keys, 0);
	for (; node != JSON_NONE; node = json_next(keys, node)) {
		auto_free char *key = json_string(keys, node);

		if (json_member(json, 0, key) == JSON_NONE)
			return false;
	}
	return true;
}

/* The quoted statement, its constants replaced by the record's members; not at
 * all when it has others. */
static void
read_statement(struct draft *draft, const char *message)
{
	auto_draft struct draft lifted = {0};
	auto_free char *sql = message_statement(message);

	if (sql == NULL)
		return;
	convert_statement_lift(&lifted, sql);
	if (!has_keys(draft->payload, lifted.params))
		return;
	draft_set(draft, DRAFT_SQL, lifted.texts[DRAFT_SQL]);
	draft->params = take(lifted.params);
}

/* When the record came to the queue, in milliseconds: kcat's "ts" or rpk's
 * "timestamp". */
static void
read_time(struct draft *draft, const struct json *json)
{
	long long milliseconds = 0;
	auto_free char *moment = NULL;

	if (!json_integer(json, json_member(json, 0, "ts"), &milliseconds))
		json_integer(json, json_member(json, 0, "timestamp"),
			     &milliseconds);
	moment = convert_moment(milliseconds);
	draft_set(draft, DRAFT_OCCURRED_AT, moment);
}

int
convert_kafka(struct conversion *conversion, const char *text, size_t size,
	      struct error *err)
{
	auto_draft struct draft draft = {0};
	auto_headers struct headers headers = {{NULL}};
	auto_json struct json *json = NULL;
	const char *message;

	if (convert_scan(&json, text, size, err) < 0 ||
	    read_headers(&headers, json, err) < 0 ||
	    read_id(&draft, &headers, err) < 0)
		return -1;
	message = headers.texts[HEADER_MESSAGE];
	if (message == NULL)
		return convert_refuse(err, "header %s: missing",
				      header_names[HEADER_MESSAGE]);
	draft_set(&draft, DRAFT_NAME, headers.texts[HEADER_CONNECTOR]);
	draft_set(&draft, DRAFT_TASK, headers.texts[HEADER_TASK]);
	draft_set(&draft, DRAFT_CLASS, headers.texts[HEADER_CLASS]);
	draft_set(&draft, DRAFT_STACKTRACE, headers.texts[HEADER_STACKTRACE]);
	message_read(&draft, message);
	read_time(&draft, json);
	read_value(&draft, json);
	read_statement(&draft, message);
	return convert_emit(conversion, &draft, err);
}
