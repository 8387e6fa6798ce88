/* The replayed INSERT as SQL, with parameters. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/insert.h"
#include "policy/insert_write.h"
#include "policy/name.h"
#include "policy/transform.h"

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

void
insert_write_target(FILE *out, const struct insert *insert, const bool *omitted)
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

void
insert_write_conflict(FILE *out, const struct insert *insert)
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
write_values(FILE *out, const struct insert *insert,
	     const struct parameter_text *parameters)
{
	fputs(" VALUES ", out);
	for (int i = 0; i < insert->row_count * insert->width; i++) {
		if (i % insert->width == 0)
			fputs(i == 0 ? "(" : ", (", out);
		else
			fputs(", ", out);
		expression_write(out, insert->values[i], parameters);
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

bool
insert_is_qualified(const struct insert *insert, struct refusal *refusal)
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

	if (!insert_is_qualified(insert, refusal))
		return false;
	out = xmemstream(&text, &size);
	insert_write_target(out, insert, NULL);
	write_values(out, insert, NULL);
	insert_write_conflict(out, insert);
	fclose(out);
	if (!insert_parse(&again, text, size, refusal))
		return false;
	if (!same_insert(insert, again))
		return refuse(refusal, "F02", "the rendering reads otherwise");
	*ret_sql = take(text);
	return true;
}

char *
insert_render_column(const struct insert *insert, int column)
{
	int count = insert->parameter_count;
	auto_free const char **texts = xcalloc((size_t)count, sizeof(*texts));
	struct parameter_text parameters = {.texts = texts, .count = count};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < count; i++)
		texts[i] = "$1";
	fputs("INSERT INTO ", out);
	name_write_target(out, insert->schema, insert->table, NULL);
	fputs(" (", out);
	name_write(out, insert->columns[column]);
	fputs(") VALUES (", out);
	expression_write(out, insert->values[column], &parameters);
	fputc(')', out);
	fclose(out);
	return text;
}

/* --- Mapped --------------------------------------------------------------- */

/* What stands for $n: the transform of what a driver sends for it. */
static char *
mapped_text(const struct mapped_parameter *parameter, int number)
{
	const struct transform *transform = parameter->transform;
	auto_free char *value = NULL;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (transform == NULL)
		return xprintf("$%d", number);
	value = xprintf("CAST($%d AS pg_catalog.%s)", number,
			transform->reads_json ? "json" : "text");
	out = xmemstream(&text, &size);
	transform_write(out, transform, value, parameter->type);
	fclose(out);
	return text;
}

char *
insert_render_mapped(const struct insert *insert,
		     const struct mapped_parameter *parameters)
{
	int count = insert->parameter_count;
	auto_free char **texts = xcalloc((size_t)count, sizeof(*texts));
	struct parameter_text written = {.texts = (const char *const *)texts,
					 .count = count};
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < count; i++)
		texts[i] = mapped_text(&parameters[i], i + 1);
	insert_write_target(out, insert, NULL);
	write_values(out, insert, &written);
	insert_write_conflict(out, insert);
	fclose(out);
	for (int i = 0; i < count; i++)
		free(texts[i]);
	return text;
}
