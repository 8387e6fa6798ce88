#include "pgmend.h"

#include "policy/insert.h"
#include "sandbox/json.h"
#include "supervisor/brief_field.h"
#include "supervisor/brief_shapes.h"
#include "supervisor/catalog.h"
#include "supervisor/disclose.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/redact.h"
#include "supervisor/replay.h"

static enum disclosure
stricter(const struct field *field, const char *name)
{
	const struct grounds *grounds = field->grounds;
	enum disclosure level =
		policy_disclosure(grounds->policy, grounds->catalog->schema,
				  grounds->catalog->table, name);

	return level < field->level ? level : field->level;
}

static int
rows_of(const struct field *field)
{
	return field->column < 0 ? 1
				 : field->grounds->replay->insert->row_count;
}

static const char *
key_of(const struct field *field, int row)
{
	return field->column < 0 ? field->key
				 : replay_row_key(field->grounds->replay, row,
						  field->column);
}

struct field
field_of_column(const struct grounds *grounds, int column)
{
	struct field field = {
		.grounds = grounds,
		.key = replay_key(grounds->replay, column),
		.column = column,
		.level = DISCLOSE_FULL,
	};

	field.level =
		stricter(&field, grounds->replay->insert->columns[column]);
	for (int row = 0; row < rows_of(&field); row++)
		if (key_of(&field, row) != NULL)
			field.level = stricter(&field, key_of(&field, row));
	return field;
}

struct field
field_of_key(const struct grounds *grounds, const char *key)
{
	struct field field = {
		.grounds = grounds,
		.key = key,
		.column = -1,
		.level = DISCLOSE_FULL,
	};

	field.level = stricter(&field, key);
	return field;
}

int
field_count(const struct field *field)
{
	return field->grounds->replay->incident->payload_count * rows_of(field);
}

bool
field_value(int *ret_node, enum disclosure *ret_level,
	    const struct field *field, int index)
{
	const struct incident *incident = field->grounds->replay->incident;
	const char *key = key_of(field, index % rows_of(field));
	int record = index / rows_of(field);

	if (key == NULL)
		return false;
	*ret_node =
		json_member(incident->json, incident->payloads[record], key);
	*ret_level = disclose_level(field->grounds->policy, field->level,
				    incident->json, *ret_node);
	return true;
}

/* The shapes of one field over all records. A record without it is one with
 * null. */
static struct document *
shapes_document(const struct field *field)
{
	const struct json *json = field->grounds->replay->incident->json;
	struct document *list = document_array();
	struct shapes shapes = {.count = 0};

	for (int i = 0; i < field_count(field); i++) {
		enum disclosure level;
		struct shape shape;
		int node;

		if (!field_value(&node, &level, field, i) ||
		    level == DISCLOSE_NONE)
			continue;
		shape = shape_of(json, node);
		shapes_add(&shapes, &shape);
	}
	for (int i = 0; i < shapes.count; i++)
		document_add(list, NULL, shape_document(&shapes.of[i]));
	return list;
}

/* Masked or whole values of the first records; none where only shapes may be
 * told. */
static struct document *
values_document(const struct field *field)
{
	const struct json *json = field->grounds->replay->incident->json;
	int64_t most = policy_disclose_max_rows(field->grounds->policy);
	struct document *values = document_array();

	if (field->level <= DISCLOSE_SHAPE)
		return values;
	for (int i = 0; i < field_count(field) && i < most; i++) {
		enum disclosure level;
		int node;

		if (field_value(&node, &level, field, i))
			document_add(values, NULL,
				     disclose_value(json, node, level));
	}
	return values;
}

void
field_add(struct document *document, const struct field *field)
{
	bool is_there = field->key != NULL;
	auto_free char *told = redact_name(field->key);

	document_text(document, "field", told);
	document_text(document, "disclosure", disclosure_name(field->level));
	document_add(document, "shapes",
		     is_there ? shapes_document(field) : document_array());
	document_add(document, "values",
		     is_there ? values_document(field) : document_array());
}
