/*
 * convert_pglog.c - the failed writes in the server's own log.
 *
 * Nothing here depends on the log's language: a failure is known by its
 * SQLSTATE, a write by its statement's first word, and the parameters by their
 * form, which stand at the end of the context with
 * log_parameter_max_length_on_error (and not at all for errors found while
 * parsing, when nothing was bound yet).
 */
#include "pgmend.h"
#include "supervisor/convert.h"
#include "supervisor/convert_pglog.h"
#include "supervisor/convert_statement.h"

/* Lists of parameters that are tried: a function's context may quote some. */
#define LISTS_MAX 64

static const struct {
	const char *name;
	enum pglog_field field;
} json_members[] = {
	{"timestamp", PGLOG_TIMESTAMP}, {"user", PGLOG_USER},
	{"dbname", PGLOG_DATABASE},	{"state_code", PGLOG_SQLSTATE},
	{"message", PGLOG_MESSAGE},	{"detail", PGLOG_DETAIL},
	{"hint", PGLOG_HINT},		{"context", PGLOG_CONTEXT},
	{"statement", PGLOG_STATEMENT}, {"application_name", PGLOG_APPLICATION},
};

static const struct {
	enum pglog_field field;
	enum draft_text text;
} texts[] = {
	{PGLOG_SQLSTATE, DRAFT_SQLSTATE}, {PGLOG_MESSAGE, DRAFT_MESSAGE},
	{PGLOG_DETAIL, DRAFT_DETAIL},	  {PGLOG_HINT, DRAFT_HINT},
	{PGLOG_CONTEXT, DRAFT_CONTEXT},	  {PGLOG_APPLICATION, DRAFT_NAME},
};

static void
pglog_release(struct pglog *pglog)
{
	for (int i = 0; i < PGLOG_FIELDS; i++)
		free(pglog->fields[i]);
}

#define auto_pglog __attribute__((cleanup(pglog_release)))

static int
read_json(struct pglog *pglog, const char *text, size_t size, struct error *err)
{
	auto_json struct json *json = NULL;

	if (convert_scan(&json, text, size, err) < 0 ||
	    convert_want(json, json_member(json, 0, "error_severity"),
			 JSON_STRING, "error_severity", err) < 0)
		return -1;
	for (size_t i = 0; i < array_size(json_members); i++) {
		int node = json_member(json, 0, json_members[i].name);

		if (node == JSON_NONE)
			continue;
		if (convert_want(json, node, JSON_STRING, json_members[i].name,
				 err) < 0)
			return -1;
		pglog->fields[json_members[i].field] = json_string(json, node);
	}
	return 0;
}

/* Success, warning or no data: classes 00, 01 and 02. */
static bool
is_failure(const char *sqlstate)
{
	return sqlstate != NULL && strlen(sqlstate) == 5 &&
	       !(sqlstate[0] == '0' && sqlstate[1] <= '2');
}

/* Behind white space, parentheses and comments. */
static const char *
first_word(const char *sql)
{
	for (;;) {
		const char *end = NULL;

		sql += strspn(sql, " \t\r\n(");
		if (strncmp(sql, "--", 2) == 0)
			end = strchr(sql, '\n');
		else if (strncmp(sql, "/*", 2) == 0)
			end = strstr(sql + 2, "*/");
		if (end == NULL)
			return sql;
		sql = *end == '\n' ? end : end + 2;
	}
}

static bool
is_write(const char *statement)
{
	static const char *const words[] = {"insert", "copy", "merge"};

	if (statement == NULL)
		return false;
	statement = first_word(statement);
	for (size_t i = 0; i < array_size(words); i++) {
		size_t length = strlen(words[i]);

		if (strncasecmp(statement, words[i], length) == 0 &&
		    strchr(" \t\r\n", statement[length]) != NULL)
			return true;
	}
	return false;
}

/* --- Parameters ----------------------------------------------------------- */

/* One value as the server writes it; 0: there is none. */
static size_t
read_value(const char *text, char **ret_value)
{
	if (strncmp(text, "NULL", 4) != 0)
		return convert_statement_string(text, ret_value);
	*ret_value = xstrdup("null");
	return 4;
}

/* $1 = '...', $2 = NULL, and so on, to the end of the text. */
static bool
read_list(struct values *values, const char *at)
{
	for (int n = 1; n <= STATEMENT_VALUES_MAX; n++) {
		auto_free char *label = xprintf("$%d = ", n);
		char *value = NULL;
		size_t length;

		if (strncmp(at, label, strlen(label)) != 0)
			return false;
		at += strlen(label);
		length = read_value(at, &value);
		if (length == 0)
			return false;
		values_add(values, value);
		at += length;
		if (*at == '\0')
			return true;
		if (strncmp(at, ", ", 2) != 0)
			return false;
		at += 2;
	}
	return false;
}

/*
 * The list stands behind a colon, whatever the language says before it. A value
 * can't pretend to be one: a quote inside a value is doubled, so a list that
 * begins there has an odd number of them and doesn't end with the text.
 */
static bool
read_parameters(struct values *values, const char *context)
{
	const char *at = context == NULL ? NULL : strstr(context, ": $1 = ");

	for (int i = 0; at != NULL && i < LISTS_MAX; i++) {
		if (read_list(values, at + 2))
			return true;
		values_release(values);
		at = strstr(at + 2, ": $1 = ");
	}
	return false;
}

/* A long value is cut, and then ends with three points; so may one that
 * wasn't. */
static bool
may_be_cut(const struct values *values)
{
	static const char end[] = "...\"";

	for (int i = 0; i < values->count; i++) {
		size_t length = strlen(values->texts[i]);

		if (length >= strlen(end) &&
		    same_text(values->texts[i] + length - strlen(end), end))
			return true;
	}
	return false;
}

static void
read_statement(struct draft *draft, const struct pglog *pglog)
{
	const char *sql = pglog->fields[PGLOG_STATEMENT];
	auto_values struct values values = {0};

	if (!read_parameters(&values, pglog->fields[PGLOG_CONTEXT])) {
		convert_statement_lift(draft, sql);
	} else if (may_be_cut(&values)) {
		draft_set(draft, DRAFT_SQL, sql);
		draft_note(draft, "payload",
			   "left out: a parameter may have been cut by "
			   "log_parameter_max_length_on_error");
	} else {
		convert_statement_bind(draft, sql, &values);
	}
}

/* Any other zone's abbreviation means different things to different people. */
static void
read_time(struct draft *draft, const char *timestamp)
{
	const char *zone = timestamp == NULL ? NULL : strrchr(timestamp, ' ');
	auto_free char *moment =
		same_text(zone, " UTC") || same_text(zone, " GMT")
			? xprintf("%.*sZ", (int)(zone - timestamp), timestamp)
			: xstrdup(timestamp);

	draft_set(draft, DRAFT_OCCURRED_AT, moment);
}

int
convert_pglog(struct conversion *conversion, const char *text, size_t size,
	      struct error *err)
{
	auto_draft struct draft draft = {0};
	auto_pglog struct pglog pglog = {{NULL}};
	auto_free char *id = convert_hash(text, size);
	int result = *text == '{' ? read_json(&pglog, text, size, err)
				  : pglog_read_csv(&pglog, text, err);

	if (result < 0)
		return -1;
	if (!is_failure(pglog.fields[PGLOG_SQLSTATE]) ||
	    !is_write(pglog.fields[PGLOG_STATEMENT]))
		return 0;
	draft_set(&draft, DRAFT_ID, id);
	for (size_t i = 0; i < array_size(texts); i++)
		draft_set(&draft, texts[i].text, pglog.fields[texts[i].field]);
	read_time(&draft, pglog.fields[PGLOG_TIMESTAMP]);
	draft_note(&draft, "user", pglog.fields[PGLOG_USER]);
	draft_note(&draft, "database", pglog.fields[PGLOG_DATABASE]);
	read_statement(&draft, &pglog);
	return convert_emit(conversion, &draft, err);
}
