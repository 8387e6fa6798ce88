/*
 * incident_members.c - the form of an incident: one table an object, and what
 * isn't in a table is refused.
 */
#include "pgmend.h"
#include "policy/digest.h"
#include "supervisor/incident.h"
#include "supervisor/moment.h"

#define STATEMENT_MAX (64 * 1024)
#define SQLSTATE_LENGTH 5
#define UNLIMITED INCIDENT_MAX /* the whole document's limit is enough */

/* One member: a text that is copied to `text_at` in struct incident, or
 * something that `read` takes. `path` is its name for people. */
struct member {
	const char *path;
	size_t text_at;
	size_t max;
	int (*read)(struct incident *incident, int node, struct error *err);
};

/* An object: its members, and its name for people. */
struct form {
	const char *path;
	const struct member *members;
	size_t count;
};

#define TEXT(member_path, field, most)                                     \
	{                                                                  \
		.path = (member_path),                                     \
		.text_at = offsetof(struct incident, field), .max = (most) \
	}

__attribute__((format(printf, 2, 3))) static int
refuse(struct error *err, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return fail_as(err, EXIT_BAD_INCIDENT, "bad_incident", "%s", text);
}

static int
want(const struct incident *incident, int node, enum json_type type,
     const char *path, struct error *err)
{
	if (json_is(incident->json, node, type))
		return 0;
	return refuse(err, "%s: %s wanted, not %s", path, json_type_name(type),
		      json_type_name(json_type(incident->json, node)));
}

/* The last part of a path: the name of the member itself. */
static const char *
member_name(const struct member *member)
{
	const char *point = strrchr(member->path, '.');

	return point == NULL ? member->path : point + 1;
}

static int
read_text(struct incident *incident, int node, const struct member *member,
	  struct error *err)
{
	char **field = (char **)(void *)((char *)incident + member->text_at);
	auto_free char *text = json_string(incident->json, node);

	if (want(incident, node, JSON_STRING, member->path, err) < 0)
		return -1;
	if (strlen(text) > member->max)
		return refuse(err, "%s: longer than %zu bytes", member->path,
			      member->max);
	*field = take(text);
	return 0;
}

static int
refuse_unknown(const char *path, const char *key, struct error *err)
{
	auto_free char *shown = NULL;
	size_t size;
	FILE *out = xmemstream(&shown, &size);

	json_write_string(out, key);
	fclose(out);
	return refuse(err, "%s: unknown member %.80s", path, shown);
}

static const struct member *
find_member(const struct form *form, const char *key)
{
	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(member_name(&form->members[i]), key) == 0)
			return &form->members[i];
	}
	return NULL;
}

static int
read_form(struct incident *incident, int object, const struct form *form,
	  struct error *err)
{
	const struct json *json = incident->json;
	int node = json_first(json, object);

	if (want(incident, object, JSON_OBJECT, form->path, err) < 0)
		return -1;
	for (; node != JSON_NONE; node = json_next(json, node)) {
		auto_free char *key = json_key(json, node);
		const struct member *member = find_member(form, key);
		int result;

		if (member == NULL)
			return refuse_unknown(form->path, key, err);
		result = member->read == NULL
				 ? read_text(incident, node, member, err)
				 : member->read(incident, node, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* --- Members that are no plain text --------------------------------------- */

static int
read_version(struct incident *incident, int node, struct error *err)
{
	long long version = 0;

	if (json_integer(incident->json, node, &version) && version == 1)
		return 0;
	return refuse(err, "pgmend_incident: 1 wanted, the only version known");
}

static int
read_source(struct incident *incident, int node, struct error *err)
{
	static const struct member members[] = {
		TEXT("source.kind", source_kind, UNLIMITED),
		TEXT("source.name", source_name, UNLIMITED),
		TEXT("source.run", source_run, UNLIMITED),
		TEXT("source.task", source_task, UNLIMITED),
		TEXT("source.url", source_url, UNLIMITED),
	};
	static const struct form form = {"source", members,
					 array_size(members)};

	return read_form(incident, node, &form, err);
}

static int
read_error(struct incident *incident, int node, struct error *err)
{
	static const struct member members[] = {
		TEXT("error.sqlstate", sqlstate, UNLIMITED),
		TEXT("error.message", message, INCIDENT_MESSAGE_MAX),
		TEXT("error.detail", detail, UNLIMITED),
		TEXT("error.hint", hint, UNLIMITED),
		TEXT("error.context", context, UNLIMITED),
		TEXT("error.schema", schema, UNLIMITED),
		TEXT("error.table", table, UNLIMITED),
		TEXT("error.column", column, UNLIMITED),
		TEXT("error.datatype", datatype, UNLIMITED),
		TEXT("error.constraint", constraint, UNLIMITED),
		TEXT("error.class", class, UNLIMITED),
		TEXT("error.stacktrace", stacktrace, UNLIMITED),
	};
	static const struct form form = {"error", members, array_size(members)};

	return read_form(incident, node, &form, err);
}

static int
read_params(struct incident *incident, int node, struct error *err)
{
	const struct json *json = incident->json;
	int child = json_first(json, node);

	if (want(incident, node, JSON_ARRAY, "statement.params", err) < 0)
		return -1;
	incident->params = xcalloc((size_t)json_count(json, node),
				   sizeof(*incident->params));
	for (; child != JSON_NONE; child = json_next(json, child)) {
		if (want(incident, child, JSON_STRING, "statement.params[]",
			 err) < 0)
			return -1;
		incident->params[incident->param_count++] =
			json_string(json, child);
	}
	return 0;
}

static int
read_statement(struct incident *incident, int node, struct error *err)
{
	static const struct member members[] = {
		TEXT("statement.sql", sql, STATEMENT_MAX),
		{.path = "statement.params", .read = read_params},
	};
	static const struct form form = {"statement", members,
					 array_size(members)};

	return read_form(incident, node, &form, err);
}

static int
add_payload(struct incident *incident, int node, const char *path,
	    struct error *err)
{
	if (want(incident, node, JSON_OBJECT, path, err) < 0)
		return -1;
	incident->payloads[incident->payload_count++] = node;
	return 0;
}

/* Which of several records would be the failed one? So one form or the
 * other. */
static int
make_payloads(struct incident *incident, int count, struct error *err)
{
	if (incident->payloads != NULL)
		return refuse(err, "payload and payloads: one of the two");
	incident->payloads =
		xcalloc((size_t)count, sizeof(*incident->payloads));
	return 0;
}

static int
read_payload(struct incident *incident, int node, struct error *err)
{
	if (make_payloads(incident, 1, err) < 0)
		return -1;
	return add_payload(incident, node, "payload", err);
}

static int
read_payloads(struct incident *incident, int node, struct error *err)
{
	const struct json *json = incident->json;
	int child = json_first(json, node);

	if (want(incident, node, JSON_ARRAY, "payloads", err) < 0 ||
	    make_payloads(incident, json_count(json, node), err) < 0)
		return -1;
	for (; child != JSON_NONE; child = json_next(json, child)) {
		if (add_payload(incident, child, "payloads[]", err) < 0)
			return -1;
	}
	return 0;
}

static int
read_rows(struct incident *incident, int node, struct error *err)
{
	auto_free char *word = json_string(incident->json, node);

	if (same_text(word, "keep"))
		incident->rows = ROWS_KEEP;
	else if (same_text(word, "prove"))
		incident->rows = ROWS_PROVE;
	else
		return refuse(err, "rows: \"keep\" or \"prove\" wanted");
	return 0;
}

static int
read_extra(struct incident *incident, int node, struct error *err)
{
	const struct json *json = incident->json;
	int child = json_first(json, node);

	if (want(incident, node, JSON_OBJECT, "x", err) < 0)
		return -1;
	for (; child != JSON_NONE; child = json_next(json, child)) {
		if (want(incident, child, JSON_STRING, "x", err) < 0)
			return -1;
	}
	incident->extra = node;
	return 0;
}

/* --- The whole ------------------------------------------------------------ */

static const struct member incident_members[] = {
	{.path = "pgmend_incident", .read = read_version},
	TEXT("id", id, INCIDENT_ID_MAX),
	{.path = "source", .read = read_source},
	TEXT("occurred_at", occurred_at, UNLIMITED),
	{.path = "error", .read = read_error},
	{.path = "statement", .read = read_statement},
	{.path = "payload", .read = read_payload},
	{.path = "payloads", .read = read_payloads},
	{.path = "rows", .read = read_rows},
	{.path = "x", .read = read_extra},
};
static const struct form incident_form = {"incident", incident_members,
					  array_size(incident_members)};

static bool
is_sqlstate(const char *text)
{
	return strlen(text) == SQLSTATE_LENGTH &&
	       strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
		       SQLSTATE_LENGTH;
}

static bool
is_missing(const char *text)
{
	return text == NULL || *text == '\0';
}

/* What no single member can tell. */
static int
check(const struct incident *incident, struct error *err)
{
	if (is_missing(incident->id))
		return refuse(err, "id: wanted, 1 to %d bytes",
			      INCIDENT_ID_MAX);
	if (is_missing(incident->source_kind))
		return refuse(err, "source.kind: wanted");
	if (incident->sqlstate == NULL && is_missing(incident->message))
		return refuse(err, "error: sqlstate or message wanted");
	if (incident->sqlstate != NULL && !is_sqlstate(incident->sqlstate))
		return refuse(err,
			      "error.sqlstate: five of 0-9 and A-Z wanted");
	if (incident->occurred_at != NULL &&
	    !moment_of(incident->occurred_at).is_rfc3339)
		return refuse(err, "occurred_at: RFC 3339 wanted, such as "
				   "2026-11-22T16:59:00Z");
	return 0;
}

int
incident_parse(struct incident **ret_incident, const char *text, size_t size,
	       struct error *err)
{
	auto_incident struct incident *incident = xcalloc(1, sizeof(*incident));
	struct digest digest;
	int version;

	if (size > INCIDENT_MAX)
		return refuse(err, "larger than %d bytes", INCIDENT_MAX);
	incident->text = xstrndup(text, size);
	incident->size = size;
	incident->extra = JSON_NONE;
	digest = digest_of(text, size);
	digest_hex(incident->hash, &digest);
	if (json_scan(&incident->json, incident->text, size, err) < 0)
		return refuse(err, "%s", err->text);
	/* Another version may have other members: that is said first. */
	version = json_member(incident->json, 0, "pgmend_incident");
	if (want(incident, 0, JSON_OBJECT, "incident", err) < 0 ||
	    read_version(incident, version, err) < 0 ||
	    read_form(incident, 0, &incident_form, err) < 0 ||
	    check(incident, err) < 0)
		return -1;
	*ret_incident = take(incident);
	return 0;
}
