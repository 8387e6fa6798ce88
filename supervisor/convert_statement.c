#include "pgmend.h"
#include "policy/insert.h"
#include "supervisor/convert_draft.h"
#include "supervisor/convert_statement.h"
#include "supervisor/document.h"

void
values_release(struct values *values)
{
	for (int i = 0; i < values->count; i++)
		free(values->texts[i]);
	free(values->texts);
	*values = (struct values){0};
}

void
values_add(struct values *values, char *text)
{
	values->texts = xreallocarray(values->texts, (size_t)values->count + 1,
				      sizeof(*values->texts));
	values->texts[values->count++] = text;
}

static struct insert *
parse(const char *sql)
{
	struct insert *insert = NULL;
	struct refusal refusal = {.floor = NULL};

	insert_parse(&insert, sql, strlen(sql), &refusal);
	return insert;
}

/* The payload keys of $1, $2, ...: the column that each is the value of, in
 * further rows with the row's number, or NULL. */
static void
name_keys(char **keys, int count, const struct insert *insert)
{
	for (int row = 0; insert != NULL && row < insert->row_count; row++) {
		for (int i = 0; i < insert->column_count; i++) {
			int number = insert_parameter(insert, row, i);
			const char *column = insert->columns[i];

			if (number == 0 || number > count ||
			    keys[number - 1] != NULL)
				continue;
			keys[number - 1] =
				row == 0 ? xstrdup(column)
					 : xprintf("%s:%d", column, row + 1);
		}
	}
}

/* The keys of a parsed statement; count of NULLs when it can't be parsed. */
static void
read_keys(struct values *ret_keys, const char *sql, int count)
{
	auto_insert struct insert *insert = parse(sql);

	*ret_keys = (struct values){
		.texts = xcalloc((size_t)count, sizeof(char *)),
		.count = count,
	};
	name_keys(ret_keys->texts, count, insert);
}

void
convert_statement_bind(struct draft *draft, const char *sql,
		       const struct values *values)
{
	auto_values struct values keys = {0};
	auto_document struct document *params = document_array();
	auto_document struct document *payload = document_object();

	draft_set(draft, DRAFT_SQL, sql);
	if (values->count == 0)
		return;
	read_keys(&keys, sql, values->count);
	for (int i = 0; i < values->count; i++) {
		/* A value of no column: named after its placeholder. */
		if (keys.texts[i] == NULL)
			keys.texts[i] = xprintf("$%d", i + 1);
		document_text(params, NULL, keys.texts[i]);
		document_raw(payload, keys.texts[i], values->texts[i]);
	}
	free(draft->params);
	free(draft->payload);
	draft->params = document_print(params);
	draft->payload = document_print(payload);
}

/* --- Placeholders of drivers ---------------------------------------------- */

/* Python's %s (%b and %t ask for a transfer format) becomes $n, and %% a
 * percent sign, inside constants too: that is what the driver does. */
static char *
number_placeholders(const char *sql, int *ret_count)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	*ret_count = 0;
	for (; *sql != '\0'; sql++) {
		bool is_percent = *sql == '%';

		if (is_percent && sql[1] == '%')
			fputc(*sql++, out);
		else if (is_percent && sql[1] != '\0' &&
			 strchr("sbt", sql[1]) != NULL) {
			fprintf(out, "$%d", ++*ret_count);
			sql++;
		} else
			fputc(*sql, out);
	}
	fclose(out);
	return text;
}

/* Values by position: for %s where there are some, else for $n. */
static int
read_values(struct draft *draft, const char *sql, const struct json *json,
	    int params, struct error *err)
{
	auto_values struct values values = {0};
	int placeholders;
	auto_free char *numbered = number_placeholders(sql, &placeholders);
	int node = json_first(json, params);

	if (json_count(json, params) > STATEMENT_VALUES_MAX)
		return convert_refuse(err, "params: %d values, at most %d",
				      json_count(json, params),
				      STATEMENT_VALUES_MAX);
	for (; node != JSON_NONE; node = json_next(json, node))
		values_add(&values, json_raw_copy(json, node));
	if (placeholders > 0 && placeholders != values.count)
		return convert_refuse(err,
				      "query: %d placeholders, but params has "
				      "%d values",
				      placeholders, values.count);
	convert_statement_bind(draft, placeholders > 0 ? numbered : sql,
			       &values);
	return 0;
}

int
convert_statement_read(struct draft *draft, const char *sql,
		       const struct json *json, int object, struct error *err)
{
	int params = json_member(json, object, "params");
	int payload = json_member(json, object, "payload");
	int record = payload;

	if (json_type(json, payload) != JSON_NULL &&
	    convert_want(json, payload, JSON_OBJECT, "payload", err) < 0)
		return -1;
	if (sql != NULL && json_is(json, params, JSON_ARRAY))
		return read_values(draft, sql, json, params, err);
	if (json_type(json, params) != JSON_NULL) {
		if (convert_want(json, params, JSON_OBJECT, "params", err) < 0)
			return -1;
		record = json_is(json, payload, JSON_OBJECT) ? payload : params;
	}
	if (json_is(json, record, JSON_OBJECT))
		draft->payload = json_raw_copy(json, record);
	if (sql != NULL && draft->payload == NULL)
		convert_statement_lift(draft, sql);
	else
		draft_set(draft, DRAFT_SQL, sql);
	return 0;
}

/* --- Statements of constants ---------------------------------------------- */

/* Each parameter is the whole value of a column: then what was lifted is what
 * the parser means, too. */
static bool
is_whole(const char *sql, int count)
{
	auto_values struct values keys = {0};

	read_keys(&keys, sql, count);
	for (int i = 0; i < count; i++)
		if (keys.texts[i] == NULL)
			return false;
	return true;
}

void
convert_statement_lift(struct draft *draft, const char *sql)
{
	auto_values struct values values = {0};
	auto_free char *lifted = NULL;

	draft_set(draft, DRAFT_SQL, sql);
	if (convert_statement_constants(&lifted, &values, sql) &&
	    is_whole(lifted, values.count))
		convert_statement_bind(draft, lifted, &values);
}
