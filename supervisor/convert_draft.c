#include <time.h>

#include "pgmend.h"
#include "policy/digest.h"
#include "sandbox/utf8.h"
#include "supervisor/convert_draft.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"

#define DETAIL_MAX 8192			 /* bytes of what only people read */
#define STACKTRACE_MAX 16384		 /* the top of a trace says it */
#define NOTE_MAX 8192			 /* one member of x */
#define CUT "..."			 /* behind what was cut */
#define MILLISECONDS_MAX 253402300799999 /* the end of 9999, since 1970 */
#define SHOWN_MAX 60			 /* bytes of a value, in an error */

/* Where each text goes. `object` NULL: into the incident itself. `max` 0: the
 * incident's reader has its own limit, and nothing may be cut. */
static const struct place {
	const char *object, *name;
	size_t max;
} places[DRAFT_TEXTS] = {
	[DRAFT_ID] = {NULL, "id", 0},
	[DRAFT_KIND] = {"source", "kind", 0},
	[DRAFT_NAME] = {"source", "name", 0},
	[DRAFT_RUN] = {"source", "run", 0},
	[DRAFT_TASK] = {"source", "task", 0},
	[DRAFT_URL] = {"source", "url", 0},
	[DRAFT_OCCURRED_AT] = {NULL, "occurred_at", 0},
	[DRAFT_ROWS] = {NULL, "rows", 0},
	[DRAFT_SQLSTATE] = {"error", "sqlstate", 0},
	[DRAFT_MESSAGE] = {"error", "message", INCIDENT_MESSAGE_MAX},
	[DRAFT_DETAIL] = {"error", "detail", DETAIL_MAX},
	[DRAFT_HINT] = {"error", "hint", DETAIL_MAX},
	[DRAFT_CONTEXT] = {"error", "context", DETAIL_MAX},
	[DRAFT_SCHEMA] = {"error", "schema", 0},
	[DRAFT_TABLE] = {"error", "table", 0},
	[DRAFT_COLUMN] = {"error", "column", 0},
	[DRAFT_DATATYPE] = {"error", "datatype", 0},
	[DRAFT_CONSTRAINT] = {"error", "constraint", 0},
	[DRAFT_CLASS] = {"error", "class", DETAIL_MAX},
	[DRAFT_STACKTRACE] = {"error", "stacktrace", STACKTRACE_MAX},
	[DRAFT_SQL] = {"statement", "sql", 0},
};

void
draft_release(struct draft *draft)
{
	for (int i = 0; i < DRAFT_TEXTS; i++)
		free(draft->texts[i]);
	free(draft->params);
	free(draft->payload);
	document_free(draft->extra);
	*draft = (struct draft){0};
}

void
draft_set_bytes(struct draft *draft, enum draft_text name, const char *bytes,
		size_t size)
{
	if (size == 0)
		return;
	free(draft->texts[name]);
	draft->texts[name] = xstrndup(bytes, size);
}

void
draft_set(struct draft *draft, enum draft_text name, const char *text)
{
	if (text != NULL)
		draft_set_bytes(draft, name, text, strlen(text));
}

/* The text, or its beginning, whole characters; the caller frees. */
static char *
cut(const char *text, size_t max)
{
	size_t size = strlen(text), kept = 0, length;

	if (size <= max)
		return xstrdup(text);
	do {
		length = utf8_decode(text + kept, size - kept, NULL);
		length = length == 0 ? 1 : length;
		kept += length;
	} while (kept + strlen(CUT) <= max);
	return xprintf("%.*s" CUT, (int)(kept - length), text);
}

void
draft_note(struct draft *draft, const char *name, const char *text)
{
	auto_free char *note = NULL;

	if (text == NULL || *text == '\0')
		return;
	if (draft->extra == NULL)
		draft->extra = document_object();
	note = cut(text, NOTE_MAX);
	document_text(draft->extra, name, note);
}

int
draft_read(struct draft *draft, const struct draft_member *members,
	   const struct json *json, int object, struct error *err)
{
	for (; members->name != NULL; members++) {
		int node = json_member(json, object, members->name);
		auto_free char *text = json_is(json, node, JSON_NUMBER)
					       ? json_raw_copy(json, node)
					       : json_string(json, node);

		if (text == NULL && json_type(json, node) != JSON_NULL)
			return convert_want(json, node, JSON_STRING,
					    members->name, err);
		draft_set(draft, members->text, text);
	}
	return 0;
}

/* --- Writing -------------------------------------------------------------- */

/* The texts of one object of the incident. */
static void
add_texts(struct document *document, const struct draft *draft,
	  const char *object)
{
	for (int i = 0; i < DRAFT_TEXTS; i++) {
		const struct place *place = &places[i];
		auto_free char *text = NULL;

		if (draft->texts[i] == NULL ||
		    !same_text(place->object, object))
			continue;
		text = place->max == 0 ? xstrdup(draft->texts[i])
				       : cut(draft->texts[i], place->max);
		document_text(document, place->name, text);
	}
}

static struct document *
object_of(const struct draft *draft, const char *object)
{
	struct document *document = document_object();

	add_texts(document, draft, object);
	return document;
}

static char *
print(const struct draft *draft)
{
	auto_document struct document *incident = document_object();

	document_number(incident, "pgmend_incident", 1);
	add_texts(incident, draft, NULL);
	document_add(incident, "source", object_of(draft, "source"));
	document_add(incident, "error", object_of(draft, "error"));
	if (draft->texts[DRAFT_SQL] != NULL) {
		struct document *statement = object_of(draft, "statement");

		if (draft->params != NULL)
			document_raw(statement, "params", draft->params);
		document_add(incident, "statement", statement);
	}
	if (draft->payload != NULL)
		document_raw(incident, "payload", draft->payload);
	if (draft->extra != NULL) {
		auto_free char *extra = document_print(draft->extra);

		document_raw(incident, "x", extra);
	}
	return document_print(incident);
}

int
draft_write(FILE *out, const struct draft *draft, struct error *err)
{
	auto_free char *line = print(draft);
	auto_incident struct incident *incident = NULL;

	if (incident_parse(&incident, line, strlen(line), err) < 0)
		return fail_in(err, "the incident that it would be");
	fprintf(out, "%s\n", line);
	return 0;
}

/* --- What every converter says -------------------------------------------- */

int
convert_refuse(struct error *err, const char *format, ...)
{
	char text[sizeof(err->text) / 2];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return fail_as(err, EXIT_BAD_INCIDENT, "bad_input", "%s", text);
}

int
convert_scan(struct json **ret_json, const char *text, size_t size,
	     struct error *err)
{
	auto_json struct json *json = NULL;

	if (json_scan(&json, text, size, err) < 0)
		return convert_refuse(err, "%.400s", err->text);
	if (convert_want(json, 0, JSON_OBJECT, "the record", err) < 0)
		return -1;
	*ret_json = take(json);
	return 0;
}

int
convert_want(const struct json *json, int node, enum json_type type,
	     const char *path, struct error *err)
{
	size_t size;
	const char *raw = json_raw(json, node, &size);

	if (json_is(json, node, type))
		return 0;
	if (node == JSON_NONE)
		return convert_refuse(err, "%s: missing, %s wanted", path,
				      json_type_name(type));
	return convert_refuse(err, "%s: %s wanted, not %.*s%s", path,
			      json_type_name(type),
			      (int)(size < SHOWN_MAX ? size : SHOWN_MAX), raw,
			      size < SHOWN_MAX ? "" : CUT);
}

char *
convert_text(const struct json *json, int object, const char *name)
{
	return json_string(json, json_member(json, object, name));
}

char *
convert_hash(const char *bytes, size_t size)
{
	struct digest digest = digest_of(bytes, size);
	char hex[DIGEST_HEX_SIZE];

	digest_hex(hex, &digest);
	return xprintf("sha256:%s", hex);
}

char *
convert_moment(long long milliseconds)
{
	char day[sizeof("9999-12-31T23:59:59")];
	time_t seconds = (time_t)(milliseconds / 1000);
	struct tm parts;

	if (milliseconds <= 0 || milliseconds > MILLISECONDS_MAX ||
	    gmtime_r(&seconds, &parts) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		return NULL;
	return xprintf("%s.%03lldZ", day, milliseconds % 1000);
}
