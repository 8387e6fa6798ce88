/* A statement whose fields go to other columns, or through a transform. */
#include "pgmend.h"
#include "policy/expression.h"
#include "policy/insert.h"
#include "policy/transform.h"

/* A statement under change, and what feeds its parameters: first those that it
 * had, then one more for each mapping. */
struct draft {
	struct insert *insert;
	struct mapped_parameter *parameters;
	int count;
};

void
mapped_parameters_free(struct mapped_parameter *parameters, int count)
{
	for (int i = 0; parameters != NULL && i < count; i++) {
		free(parameters[i].key);
		free(parameters[i].type);
	}
	free(parameters);
}

static void
draft_release(struct draft *draft)
{
	insert_free(draft->insert);
	mapped_parameters_free(draft->parameters, draft->count);
}
#define auto_draft __attribute__((cleanup(draft_release)))

int
insert_find_column(const struct insert *insert, const char *name)
{
	for (int i = 0; i < insert->column_count; i++)
		if (strcmp(insert->columns[i], name) == 0)
			return i;
	return -1;
}

int
insert_column_of(const struct insert *insert, char *const *keys,
		 const char *field)
{
	int found = -1;

	for (int i = 0; i < insert->width; i++) {
		int number = insert_parameter(insert, 0, i);

		if (number == 0 || strcmp(keys[number - 1], field) != 0)
			continue;
		if (found >= 0)
			return -2;
		found = i;
	}
	return found;
}

/* --- Changes of the draft ------------------------------------------------- */

static struct expression *
new_parameter(int number)
{
	struct expression *parameter = xcalloc(1, sizeof(*parameter));

	parameter->kind = EXPRESSION_PARAMETER;
	parameter->number = number;
	return parameter;
}

static void
rename_excluded(struct expression *value, const char *from, const char *to)
{
	for (int i = 0; i < value->count; i++)
		rename_excluded(value->arguments[i], from, to);
	if (value->kind != EXPRESSION_EXCLUDED || !same_text(value->text, from))
		return;
	free(value->text);
	value->text = xstrdup(to);
}

static void
rename_in(char **names, int count, const char *from, const char *to)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], from) != 0)
			continue;
		free(names[i]);
		names[i] = xstrdup(to);
	}
}

/* The column's name wherever the statement has it. */
static void
rename_column(struct insert *insert, int at, const char *to)
{
	auto_free char *from = xstrdup(insert->columns[at]);

	rename_in(insert->columns, insert->column_count, from, to);
	rename_in(insert->conflict_columns, insert->conflict_column_count, from,
		  to);
	rename_in(insert->update_columns, insert->update_count, from, to);
	for (int i = 0; i < insert->update_count; i++)
		rename_excluded(insert->update_values[i], from, to);
}

static bool
reads_excluded(const struct expression *value, const char *column)
{
	if (value->kind == EXPRESSION_EXCLUDED &&
	    same_text(value->text, column))
		return true;
	for (int i = 0; i < value->count; i++)
		if (reads_excluded(value->arguments[i], column))
			return true;
	return false;
}

static bool
conflict_needs(const struct insert *insert, const char *column)
{
	for (int i = 0; i < insert->conflict_column_count; i++)
		if (strcmp(insert->conflict_columns[i], column) == 0)
			return true;
	for (int i = 0; i < insert->update_count; i++)
		if (reads_excluded(insert->update_values[i], column))
			return true;
	return false;
}

static bool
remove_column(struct insert *insert, int at, struct refusal *refusal)
{
	if (conflict_needs(insert, insert->columns[at]))
		return refuse(refusal, "F05",
			      "ON CONFLICT needs the column \"%.63s\"",
			      insert->columns[at]);
	if (insert->width == 1)
		return refuse(refusal, "F05", "no column would be left");
	free(insert->columns[at]);
	expression_free(insert->values[at]);
	insert->column_count--;
	insert->width--;
	for (int i = at; i < insert->width; i++) {
		insert->columns[i] = insert->columns[i + 1];
		insert->values[i] = insert->values[i + 1];
	}
	return true;
}

static int
add_column(struct insert *insert, const char *name)
{
	size_t width = (size_t)insert->width + 1;

	insert->columns =
		xreallocarray(insert->columns, width, sizeof(*insert->columns));
	insert->values =
		xreallocarray(insert->values, width, sizeof(*insert->values));
	insert->columns[insert->width] = xstrdup(name);
	insert->values[insert->width] = NULL;
	insert->column_count++;
	return insert->width++;
}

/* --- One mapping ---------------------------------------------------------- */

static bool
leave_out(struct draft *draft, const struct field_mapping *mapping,
	  struct refusal *refusal)
{
	int at = insert_find_column(draft->insert, mapping->column);

	if (at < 0)
		return refuse(refusal, "F05",
			      "the statement has no column \"%.63s\" to leave "
			      "out",
			      mapping->column);
	return remove_column(draft->insert, at, refusal);
}

/* Where the field shall go; -1 with the refusal when that isn't clear. */
static int
find_place(struct insert *insert, const struct field_mapping *mapping, int from,
	   struct refusal *refusal)
{
	int at = insert_find_column(insert, mapping->column);

	if (from == -2) {
		refuse(refusal, "F05", "\"%.63s\" feeds several columns",
		       mapping->field);
		return -1;
	}
	if (at < 0 && from < 0)
		return add_column(insert, mapping->column);
	if (at < 0) {
		rename_column(insert, from, mapping->column);
		return from;
	}
	if (from < 0 || from == at)
		return at;
	if (!remove_column(insert, from, refusal))
		return -1;
	return at > from ? at - 1 : at;
}

static bool
apply_mapping(struct draft *draft, const struct field_mapping *mapping,
	      char *const *keys, struct refusal *refusal)
{
	struct insert *insert = draft->insert;
	struct mapped_parameter *parameter = &draft->parameters[draft->count];
	int from = insert_column_of(insert, keys, mapping->field);
	int at;

	if (mapping->transform != NULL && mapping->transform->is_omission)
		return leave_out(draft, mapping, refusal);
	at = find_place(insert, mapping, from, refusal);
	if (at < 0)
		return false;
	parameter->key = xstrdup(mapping->field);
	parameter->transform = mapping->transform;
	parameter->type = xstrdup(mapping->type);
	expression_free(insert->values[at]);
	insert->values[at] = new_parameter(++draft->count);
	return true;
}

/* --- Numbers in order ----------------------------------------------------- */

/* New numbers for the parameters of an expression, as they come. */
static void
renumber(struct expression *value, int *numbers, int *last)
{
	if (value->kind == EXPRESSION_PARAMETER) {
		if (numbers[value->number] == 0)
			numbers[value->number] = ++*last;
		value->number = numbers[value->number];
	}
	for (int i = 0; i < value->count; i++)
		renumber(value->arguments[i], numbers, last);
}

/* $1, $2, ... from left to right; what nothing takes any more is dropped. */
static void
renumber_all(struct draft *draft)
{
	struct insert *insert = draft->insert;
	auto_free int *numbers =
		xcalloc((size_t)draft->count + 1, sizeof(*numbers));
	struct mapped_parameter *parameters =
		xcalloc((size_t)draft->count, sizeof(*parameters));
	int last = 0;

	for (int i = 0; i < insert->width; i++)
		renumber(insert->values[i], numbers, &last);
	for (int i = 0; i < insert->update_count; i++)
		renumber(insert->update_values[i], numbers, &last);
	for (int i = 0; i < draft->count; i++) {
		struct mapped_parameter *parameter = &draft->parameters[i];

		if (numbers[i + 1] == 0)
			continue;
		parameters[numbers[i + 1] - 1] = *parameter;
		*parameter = (struct mapped_parameter){.key = NULL};
	}
	mapped_parameters_free(draft->parameters, draft->count);
	draft->parameters = parameters;
	draft->count = last;
	insert->parameter_count = last;
}

/* --- The whole ------------------------------------------------------------ */

/* A copy by way of text: what it was understood as, and no more. */
static bool
begin_draft(struct draft *draft, const struct insert *insert, char *const *keys,
	    int mappings, struct refusal *refusal)
{
	auto_free char *text = NULL;
	int count = insert->parameter_count;

	if (insert->row_count != 1)
		return refuse(refusal, "F05",
			      "fields are mapped in one row of VALUES, not in "
			      "%d",
			      insert->row_count);
	if (!insert_render(&text, insert, refusal) ||
	    !insert_parse(&draft->insert, text, strlen(text), refusal))
		return false;
	draft->insert->returning = insert->returning;
	draft->parameters = xcalloc((size_t)count + (size_t)mappings,
				    sizeof(*draft->parameters));
	draft->count = count;
	for (int i = 0; i < count; i++)
		draft->parameters[i].key = xstrdup(keys[i]);
	return true;
}

bool
insert_map(struct mapped_insert *ret_mapped, const struct insert *insert,
	   char *const *keys, const struct field_mapping *mappings, int count,
	   struct refusal *refusal)
{
	auto_draft struct draft draft = {.insert = NULL};
	auto_free char **all = xcalloc(
		(size_t)insert->parameter_count + (size_t)count, sizeof(*all));

	if (!begin_draft(&draft, insert, keys, count, refusal))
		return false;
	for (int i = 0; i < count; i++) {
		for (int p = 0; p < draft.count; p++)
			all[p] = draft.parameters[p].key;
		if (!apply_mapping(&draft, &mappings[i], all, refusal))
			return false;
	}
	renumber_all(&draft);
	ret_mapped->insert = take(draft.insert);
	ret_mapped->parameters = take(draft.parameters);
	draft.count = 0;
	return true;
}
