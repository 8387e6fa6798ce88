/* The replayed INSERT as SQL: with parameters, and reading from records. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/insert.h"
#include "policy/name.h"

/* What is rendered names everything in full, so it may grow. */
#define RENDERED_SQL_MAX (16 * INSERT_SQL_MAX)

void
insert_resolve(struct insert *insert, const char *schema)
{
	free(insert->schema);
	insert->schema = xstrdup(schema);
}

void
insert_name_columns(struct insert *insert, const char *const *columns)
{
	for (int i = 0; i < insert->column_count; i++)
		free(insert->columns[i]);
	insert->columns = xreallocarray(insert->columns, (size_t)insert->width,
					sizeof(char *));
	insert->column_count = insert->width;
	for (int i = 0; i < insert->width; i++)
		insert->columns[i] = xstrdup(columns[i]);
}

/* --- Parts that both forms share ------------------------------------------ */

/* `omitted[i]` leaves column i out; NULL keeps all. */
static void
write_target(FILE *out, const struct insert *insert, const bool *omitted)
{
	const char *separator = " (";

	fputs("INSERT INTO ", out);
	name_write_target(out, insert->schema, insert->table, NULL);
	for (int i = 0; i < insert->column_count; i++) {
		if (omitted != NULL && omitted[i])
			continue;
		fputs(separator, out);
		name_write(out, insert->columns[i]);
		separator = ", ";
	}
	if (insert->column_count > 0)
		fputc(')', out);
}

static void
write_arbiter(FILE *out, const struct insert *insert)
{
	if (insert->conflict_constraint != NULL) {
		fputs(" ON CONSTRAINT ", out);
		name_write(out, insert->conflict_constraint);
	}
	for (int i = 0; i < insert->conflict_column_count; i++) {
		fputs(i == 0 ? " (" : ", ", out);
		name_write(out, insert->conflict_columns[i]);
	}
	if (insert->conflict_column_count > 0)
		fputc(')', out);
}

static void
write_conflict(FILE *out, const struct insert *insert)
{
	if (insert->conflict == CONFLICT_NONE)
		return;
	fputs(" ON CONFLICT", out);
	write_arbiter(out, insert);
	if (insert->conflict == CONFLICT_NOTHING) {
		fputs(" DO NOTHING", out);
		return;
	}
	fputs(" DO UPDATE SET ", out);
	for (int i = 0; i < insert->update_count; i++) {
		if (i > 0)
			fputs(", ", out);
		name_write(out, insert->update_columns[i]);
		fputs(" = ", out);
		expression_write(out, insert->update_values[i], NULL);
	}
}

static void
write_values(FILE *out, const struct insert *insert)
{
	fputs(" VALUES ", out);
	for (int i = 0; i < insert->row_count * insert->width; i++) {
		if (i % insert->width == 0)
			fputs(i == 0 ? "(" : ", (", out);
		else
			fputs(", ", out);
		expression_write(out, insert->values[i], NULL);
		if (i % insert->width == insert->width - 1)
			fputc(')', out);
	}
}

/* --- With parameters ------------------------------------------------------ */

static bool
same_names(char *const *left, char *const *right, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(left[i], right[i]) != 0)
			return false;
	return true;
}

static bool
same_values(struct expression *const *left, struct expression *const *right,
	    int count)
{
	for (int i = 0; i < count; i++)
		if (!expression_same(left[i], right[i]))
			return false;
	return true;
}

static bool
same_insert(const struct insert *left, const struct insert *right)
{
	return same_text(left->schema, right->schema) &&
	       same_text(left->table, right->table) &&
	       left->column_count == right->column_count &&
	       left->width == right->width &&
	       left->row_count == right->row_count &&
	       left->conflict == right->conflict &&
	       left->conflict_column_count == right->conflict_column_count &&
	       left->update_count == right->update_count &&
	       left->parameter_count == right->parameter_count &&
	       same_text(left->conflict_constraint,
			 right->conflict_constraint) &&
	       same_names(left->columns, right->columns, left->column_count) &&
	       same_names(left->conflict_columns, right->conflict_columns,
			  left->conflict_column_count) &&
	       same_names(left->update_columns, right->update_columns,
			  left->update_count) &&
	       same_values(left->values, right->values,
			   left->row_count * left->width) &&
	       same_values(left->update_values, right->update_values,
			   left->update_count);
}

static bool
is_qualified(const struct insert *insert, struct refusal *refusal)
{
	return insert->schema != NULL ||
	       refuse(refusal, "F04",
		      "the table \"%.63s\" isn't schema-qualified",
		      insert->table);
}

bool
insert_render(char **ret_sql, const struct insert *insert,
	      struct refusal *refusal)
{
	auto_insert struct insert *again = NULL;
	auto_free char *text = NULL;
	size_t size;
	FILE *out;

	if (!is_qualified(insert, refusal))
		return false;
	out = xmemstream(&text, &size);
	write_target(out, insert, NULL);
	write_values(out, insert);
	write_conflict(out, insert);
	fclose(out);
	if (!insert_parse(&again, text, size, refusal))
		return false;
	if (!same_insert(insert, again))
		return refuse(refusal, "F02", "the rendering reads otherwise");
	*ret_sql = take(text);
	return true;
}

/* --- Reading from records ------------------------------------------------- */

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
			    (fields[i].is_array || fields[j].is_array) &&
			    strcmp(fields[i].type, fields[j].type) != 0)
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
		fprintf(out, " %s",
			fields[i].is_array ? fields[i].type
					   : "pg_catalog.text");
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

/* CAST(r."key" AS type) for each parameter. */
static char **
parameter_casts(const struct record_field *fields, int count)
{
	char **casts = xcalloc((size_t)count, sizeof(char *));

	for (int i = 0; i < count; i++) {
		size_t size;
		FILE *out = xmemstream(&casts[i], &size);

		fputs("CAST(r.", out);
		name_write(out, fields[i].key);
		fprintf(out, " AS %s)", fields[i].type);
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

	write_target(out, insert, omitted);
	for (int row = 0; row < insert->row_count; row++) {
		fputs(row == 0 ? " " : " UNION ALL ", out);
		write_select(out, insert, row, omitted, column_types,
			     &parameters);
		write_record_set(out, fields, insert->parameter_count);
	}
	write_conflict(out, insert);
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
	if (!is_qualified(insert, refusal) ||
	    !find_omitted(omitted, insert, refusal) ||
	    !fields_are_nameable(fields, insert->parameter_count, refusal))
		return false;
	text = write_records(insert, omitted, fields, column_types);
	if (!tree_parse_within(&tree, text, strlen(text), RENDERED_SQL_MAX,
			       refusal))
		return false;
	if (!node_is(tree_statement(tree), "InsertStmt"))
		return refuse(refusal, "F02", "the rendering reads otherwise");
	*ret_sql = take(text);
	return true;
}
