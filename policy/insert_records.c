/* The replayed INSERT as SQL, reading from a record set. */
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

/* Text is what a parameter would have been; an array would not be read from
 * it, nor what a transform looks into. */
static const char *
declared_type(const struct record_field *field)
{
	if (field->transform != NULL)
		return field->transform->reads_json ? "pg_catalog.json"
						    : "pg_catalog.text";
	return field->is_array ? field->type : "pg_catalog.text";
}

/* A column of the record set can't be named otherwise than its key. */
static bool
fields_are_nameable(const struct record_field *fields, int count,
		    struct refusal *refusal)
{
	for (int i = 0; i < count; i++) {
		size_t size = strlen(fields[i].key);

		if (size == 0 || size > NAME_MAX_BYTES)
			return refuse(refusal, "F11",
				      "a key of %zu bytes can't be read from a "
				      "record: 1 to %d are possible",
				      size, NAME_MAX_BYTES);
		for (int j = 0; j < i; j++)
			if (strcmp(fields[i].key, fields[j].key) == 0 &&
			    strcmp(declared_type(&fields[i]),
				   declared_type(&fields[j])) != 0)
				return refuse(refusal, "F05",
					      "one key is read as two types");
	}
	return true;
}

static bool
is_repeated(const struct record_field *fields, int index)
{
	for (int i = 0; i < index; i++)
		if (strcmp(fields[i].key, fields[index].key) == 0)
			return true;
	return false;
}

/* FROM json_to_recordset($1::json) AS r("userName" text, amount text) */
static void
write_record_set(FILE *out, const struct record_field *fields, int count)
{
	const char *separator = "";

	fputs(" FROM pg_catalog.json_to_recordset(CAST($1 AS pg_catalog.json))"
	      " AS r(",
	      out);
	for (int i = 0; i < count; i++) {
		if (is_repeated(fields, i))
			continue;
		fputs(separator, out);
		name_write(out, fields[i].key);
		fprintf(out, " %s", declared_type(&fields[i]));
		separator = ", ";
	}
	fputc(')', out);
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

/* CAST(r."key" AS type) for each parameter, or its transform. */
static char **
parameter_casts(const struct record_field *fields, int count)
{
	char **casts = xcalloc((size_t)count, sizeof(char *));

	for (int i = 0; i < count; i++) {
		size_t size;
		FILE *out = xmemstream(&casts[i], &size);
		auto_free char *name = quote_name(fields[i].key);
		auto_free char *value = xprintf("r.%s", name);

		if (fields[i].transform != NULL)
			transform_write(out, fields[i].transform, value,
					fields[i].type);
		else
			fprintf(out, "CAST(%s AS %s)", value, fields[i].type);
		fclose(out);
	}
	return casts;
}

static char *
write_records(const struct insert *insert, const bool *omitted,
	      const struct record_field *fields,
	      const char *const *column_types)
{
	char **casts = parameter_casts(fields, insert->parameter_count);
	struct parameter_text parameters = {.texts = (const char *const *)casts,
					    .count = insert->parameter_count};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	insert_write_target(out, insert, omitted);
	for (int row = 0; row < insert->row_count; row++) {
		fputs(row == 0 ? " " : " UNION ALL ", out);
		write_select(out, insert, row, omitted, column_types,
			     &parameters);
		write_record_set(out, fields, insert->parameter_count);
	}
	insert_write_conflict(out, insert);
	fclose(out);
	for (int i = 0; i < insert->parameter_count; i++)
		free(casts[i]);
	free(casts);
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
	    !fields_are_nameable(fields, insert->parameter_count, refusal))
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
