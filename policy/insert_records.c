/* The replayed INSERT as SQL, reading from arrays of the records' values. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/insert.h"
#include "policy/insert_write.h"
#include "policy/name.h"
#include "policy/transform.h"

/* What is rendered names everything in full, so it may grow. */
#define RENDERED_SQL_MAX (16 * INSERT_SQL_MAX)

/* Columns whose every value is DEFAULT; one that only sometimes is can't be
 * written as a SELECT. */
static bool
find_omitted(bool *omitted, const struct insert *insert,
	     struct refusal *refusal)
{
	int left = insert->width;

	for (int column = 0; column < insert->width; column++) {
		int defaults = 0;

		for (int row = 0; row < insert->row_count; row++)
			defaults += insert_is_default(insert, row, column);
		if (defaults != 0 && defaults != insert->row_count)
			return refuse(refusal, "F05",
				      "DEFAULT in some rows of a column only");
		omitted[column] = defaults != 0;
		left -= defaults != 0;
	}
	if (left < insert->width && insert->column_count == 0)
		return refuse(refusal, "F05",
			      "DEFAULT without a list of columns");
	return left > 0 || refuse(refusal, "F05", "every value is DEFAULT");
}

/* Text is what a parameter would have been. From it no JSON array would be
 * read, nor what a transform looks into; and an explicit cast to a domain over
 * varchar(5) would cut what is longer. */
enum reading
record_field_reading(const struct record_field *field)
{
	if (field->transform != NULL)
		return field->transform->reads_json ? READING_JSON
						    : READING_TEXT;
	return field->by_input ? READING_INPUT : READING_TEXT;
}

/* The first field of the same key. */
static int
first_of_key(const struct record_field *fields, int index)
{
	int first = 0;

	while (strcmp(fields[first].key, fields[index].key) != 0)
		first++;
	return first;
}

bool
record_field_is_first(const struct record_field *fields, int index)
{
	return first_of_key(fields, index) == index;
}

/* Where a record's columns are looked into one by one, a column can't be named
 * otherwise than its key. */
static bool
keys_are_readable(const struct record_field *fields, int count,
		  struct refusal *refusal)
{
	for (int i = 0; i < count; i++) {
		size_t size = strlen(fields[i].key);
		int first = first_of_key(fields, i);

		if (size == 0 || size > NAME_MAX_BYTES)
			return refuse(refusal, "F11",
				      "a key of %zu bytes can't be read from a "
				      "record: 1 to %d are possible",
				      size, NAME_MAX_BYTES);
		if (record_field_reading(&fields[first]) !=
		    record_field_reading(&fields[i]))
			return refuse(refusal, "F05",
				      "one key is read as two types");
	}
	return true;
}

/* An untyped constant would become text in a SELECT, and UNION ALL wants one
 * type in all rows. */
static void
write_selected(FILE *out, const struct expression *value, const char *cast_to,
	       const struct parameter_text *parameters)
{
	fputs(cast_to != NULL ? "CAST(" : "", out);
	expression_write(out, value, parameters);
	if (cast_to != NULL)
		fprintf(out, " AS %s)", cast_to);
}

static void
write_select(FILE *out, const struct insert *insert, int row,
	     const bool *omitted, const char *const *column_types,
	     const struct parameter_text *parameters)
{
	const char *separator = "SELECT ";

	for (int i = 0; i < insert->width; i++) {
		const struct expression *value =
			insert->values[row * insert->width + i];
		bool needs_type = insert->row_count > 1 ||
				  value->kind == EXPRESSION_STRING ||
				  value->kind == EXPRESSION_NULL;

		if (omitted[i])
			continue;
		fputs(separator, out);
		write_selected(out, value, needs_type ? column_types[i] : NULL,
			       parameters);
		separator = ", ";
	}
}

/* What a field's value is to SQL. */
static char *
value_text(const struct record_field *field, int number)
{
	switch (record_field_reading(field)) {
	case READING_INPUT:
		return xprintf("(SELECT a.v FROM pg_catalog.json_to_record("
			       "CAST(r.v%d AS pg_catalog.json)) AS a(v %s))",
			       number, field->type);
	case READING_JSON:
		return xprintf("CAST(r.v%d AS pg_catalog.json)", number);
	default:
		return xprintf("r.v%d", number);
	}
}

/* CAST(r.v1 AS type), or its transform. */
static void
write_parameter(FILE *out, const struct record_field *fields, int index)
{
	const struct record_field *field = &fields[index];
	auto_free char *value =
		value_text(field, first_of_key(fields, index) + 1);

	if (field->transform != NULL)
		transform_write(out, field->transform, value, field->type);
	else
		fprintf(out, "CAST(%s AS %s)", value, field->type);
}

/* (SELECT unnest($1::text[]), unnest($2::text[])) AS r(v1, v3): set functions
 * side by side, which the server steps through together. */
static void
write_values_read(FILE *out, const struct record_field *fields, int count)
{
	const char *separator = "(SELECT ";
	int parameter = 0;

	for (int i = 0; i < count; i++) {
		if (!record_field_is_first(fields, i))
			continue;
		fprintf(out,
			"%spg_catalog.unnest(CAST($%d AS pg_catalog.text[]))",
			separator, ++parameter);
		separator = ", ";
	}
	separator = ") AS r(";
	for (int i = 0; i < count; i++) {
		if (!record_field_is_first(fields, i))
			continue;
		fprintf(out, "%sv%d", separator, i + 1);
		separator = ", ";
	}
	fputc(')', out);
}

/* WITH p(p1, ...) AS (SELECT CAST(r.v1 AS type), ... FROM ... OFFSET 0): all
 * parameters are read, once for all rows, before the statement does anything
 * with one, as when a driver binds them. Of two faults the same one is named;
 * OFFSET 0 keeps the planner from making one SELECT of the two. */
static void
write_parameters_read(FILE *out, const struct record_field *fields, int count)
{
	fputs(" WITH p(", out);
	for (int i = 0; i < count; i++)
		fprintf(out, "%sp%d", i == 0 ? "" : ", ", i + 1);
	fputs(") AS (SELECT ", out);
	for (int i = 0; i < count; i++) {
		fputs(i == 0 ? "" : ", ", out);
		write_parameter(out, fields, i);
	}
	fputs(" FROM ", out);
	write_values_read(out, fields, count);
	fputs(" OFFSET 0)", out);
}

static char *
write_records(const struct insert *insert, const bool *omitted,
	      const struct record_field *fields,
	      const char *const *column_types)
{
	int count = insert->parameter_count;
	auto_free char **names = xcalloc((size_t)count, sizeof(*names));
	struct parameter_text parameters = {.texts = (const char *const *)names,
					    .count = count};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < count; i++)
		names[i] = xprintf("p.p%d", i + 1);
	insert_write_target(out, insert, omitted);
	write_parameters_read(out, fields, count);
	for (int row = 0; row < insert->row_count; row++) {
		fputs(row == 0 ? " " : " UNION ALL ", out);
		write_select(out, insert, row, omitted, column_types,
			     &parameters);
		fputs(" FROM p", out);
	}
	insert_write_conflict(out, insert);
	fclose(out);
	for (int i = 0; i < count; i++)
		free(names[i]);
	return text;
}

static bool
updates_have_parameters(const struct insert *insert)
{
	for (int i = 0; i < insert->update_count; i++)
		if (expression_has(insert->update_values[i],
				   EXPRESSION_PARAMETER))
			return true;
	return false;
}

/* One INSERT into the same columns of the same table, one value for each. */
static bool
reads_as_target(struct node *node, const struct insert *insert,
		const bool *omitted)
{
	struct node *relation = node_child(node, "relation");
	struct node *select = node_child(node, "select_stmt");
	int column = 0, width = 0;

	if (!node_is(node, "InsertStmt") || !node_is(relation, "RangeVar") ||
	    !node_is(select, "SelectStmt") ||
	    !same_text(node_text(relation, "schemaname"), insert->schema) ||
	    !same_text(node_text(relation, "relname"), insert->table))
		return false;
	for (int i = 0; i < insert->width; i++) {
		struct node *target;

		width += !omitted[i];
		if (omitted[i] || insert->column_count == 0)
			continue;
		target = node_item(node, "cols", column++);
		if (!node_is(target, "ResTarget") ||
		    !same_text(node_text(target, "name"), insert->columns[i]))
			return false;
	}
	while (node_is(node_child(select, "larg"), "SelectStmt"))
		select = node_child(select, "larg");
	return node_count(node, "cols") == column &&
	       node_count(select, "target_list") == width;
}

bool
insert_render_records(char **ret_sql, const struct insert *insert,
		      const struct record_field *fields,
		      const char *const *column_types, struct refusal *refusal)
{
	auto_free bool *omitted = xcalloc((size_t)insert->width, sizeof(bool));
	auto_tree struct tree *tree = NULL;
	auto_free char *text = NULL;

	if (insert->parameter_count == 0)
		return insert_render(ret_sql, insert, refusal);
	if (updates_have_parameters(insert))
		return refuse(refusal, "F05",
			      "a parameter within DO UPDATE can't be read from "
			      "a record: use EXCLUDED");
	if (!insert_is_qualified(insert, refusal) ||
	    !find_omitted(omitted, insert, refusal) ||
	    !keys_are_readable(fields, insert->parameter_count, refusal))
		return false;
	text = write_records(insert, omitted, fields, column_types);
	if (!tree_parse_within(&tree, text, strlen(text), RENDERED_SQL_MAX,
			       refusal))
		return false;
	if (!reads_as_target(tree_statement(tree), insert, omitted))
		return refuse(refusal, "F02", "the rendering reads otherwise");
	*ret_sql = take(text);
	return true;
}
