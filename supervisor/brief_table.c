/* What the planner is told of the table: its columns, its partitions and its
 * views, as the snapshot of the catalogue has them. */
#include "pgmend.h"

#include "policy/name.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/redact.h"

#define LABELS_MAX 64 /* of an enum; more say nothing new */
#define SIBLINGS_MAX 256

/* A name as the detectors leave it. */
static void
add_name(struct document *document, const char *member, const char *name)
{
	auto_free char *told = redact_name(name);

	document_text(document, member, told);
}

/* What begins with the words is cut to what follows them; else NULL. */
static const char *
after(const char *text, const char *words)
{
	size_t size = strlen(words);

	return strncmp(text, words, size) == 0 ? text + size : NULL;
}

/* "schema.table", as the snapshot writes it; the caller frees it. */
static char *
table_of(const struct catalog *catalog)
{
	return snapshot_relation(&catalog->snapshot, catalog->schema,
				 catalog->table);
}

/* --- Enums ---------------------------------------------------------------- */

/* The enum that the column has, as an object of the snapshot; -1 without. */
static int
find_enum(const struct catalog *catalog, const struct column *column)
{
	auto_free char *object = NULL;

	if (column->qualified_type == NULL || catalog->enum_count == 0)
		return -1;
	object = xprintf("enum %s", column->qualified_type);
	return snapshot_find(&catalog->snapshot, object);
}

bool
column_is_enum(const struct catalog *catalog, const char *name)
{
	const struct column *column = catalog_column(catalog, name);

	return column != NULL && find_enum(catalog, column) >= 0;
}

bool
column_lacks_label(const struct catalog *catalog, const char *name,
		   const char *value)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	const struct column *column = catalog_column(catalog, name);
	int start = column == NULL ? -1 : find_enum(catalog, column);

	if (start < 0)
		return false;
	for (int i = start; i < snapshot_next(snapshot, start); i++)
		if (same_text(after(snapshot->properties[i].name, "label "),
			      value))
			return false;
	return true;
}

static void
add_enum(struct document *one, const struct catalog *catalog,
	 const struct column *column)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	int start = find_enum(catalog, column);
	struct document *labels;
	int count = 0;

	if (start < 0)
		return;
	labels = document_array();
	for (int i = start;
	     i < snapshot_next(snapshot, start) && count < LABELS_MAX; i++) {
		const char *label =
			after(snapshot->properties[i].name, "label ");

		if (label == NULL)
			continue;
		add_name(labels, NULL, label);
		count++;
	}
	document_text(one, "enum", column->qualified_type);
	document_add(one, "labels", labels);
}

/* --- Columns -------------------------------------------------------------- */

static bool
is_identity(const struct catalog *catalog, const char *name)
{
	auto_free char *table = table_of(catalog);
	auto_free char *column = snapshot_quote(&catalog->snapshot, name);
	auto_free char *object = xprintf("column %s.%s", table, column);

	return snapshot_value(&catalog->snapshot, object, "identity") != NULL;
}

struct document *
columns_document(const struct catalog *catalog)
{
	struct document *columns = document_array();

	for (int i = 0; i < catalog->column_count; i++) {
		const struct column *column = &catalog->columns[i];
		struct document *one = document_object();

		add_name(one, "name", column->name);
		add_name(one, "type", column->type);
		document_bool(one, "nullable", !column->not_null);
		if (column->has_default)
			document_bool(one, "has_default", true);
		if (column->is_generated)
			document_bool(one, "generated", true);
		if (is_identity(catalog, column->name))
			document_bool(one, "identity", true);
		if (column->in_key)
			document_bool(one, "in_key", true);
		if (column->views > 0)
			document_number(one, "views", column->views);
		add_enum(one, catalog, column);
		document_add(columns, NULL, one);
	}
	return columns;
}

/* --- Partitions ----------------------------------------------------------- */

/* "RANGE (placed_at)": what the server says the key is; NULL without one. */
static const char *
key_of(const struct catalog *catalog)
{
	auto_free char *table = table_of(catalog);
	auto_free char *object = xprintf("relation %s", table);

	return snapshot_value(&catalog->snapshot, object, "key");
}

const char *
partition_key(const struct catalog *catalog)
{
	const char *key = key_of(catalog);
	const char *open = key == NULL ? NULL : strstr(key, " (");

	for (int i = 0; open != NULL && i < catalog->column_count; i++) {
		const char *name = catalog->columns[i].name;
		auto_free char *quoted =
			snapshot_quote(&catalog->snapshot, name);
		auto_free char *whole = xprintf(" (%s)", quoted);

		if (strcmp(open, whole) == 0)
			return name;
	}
	return NULL;
}

/* As the server writes it in a bound; the caller frees it. */
static char *
quote_value(const char *value)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	name_write_constant(out, value);
	fclose(out);
	return text;
}

/* Does "FOR VALUES IN ('eu', 'us')" or "... IN (1, 2)" name the value? */
static bool
bound_names(const char *bound, const char *value)
{
	auto_free char *quoted = quote_value(value);
	const char *forms[] = {quoted, value};

	for (size_t i = 0; i < array_size(forms); i++) {
		auto_free char *first = xprintf("(%s,", forms[i]);
		auto_free char *only = xprintf("(%s)", forms[i]);
		auto_free char *inner = xprintf(", %s,", forms[i]);
		auto_free char *last = xprintf(", %s)", forms[i]);

		if (strstr(bound, first) != NULL ||
		    strstr(bound, only) != NULL ||
		    strstr(bound, inner) != NULL || strstr(bound, last) != NULL)
			return true;
	}
	return false;
}

bool
column_lacks_partition(const struct catalog *catalog, const char *name,
		       const char *value)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	auto_free char *quoted = snapshot_quote(snapshot, name);
	auto_free char *list = xprintf("LIST (%s)", quoted);
	bool is_key = false;

	for (int i = 0; i < snapshot->count; i++) {
		const struct property *property = &snapshot->properties[i];

		if (strcmp(property->name, "key") == 0 &&
		    strcmp(property->value, list) == 0)
			is_key = true;
		if (strcmp(property->name, "bound") == 0 &&
		    bound_names(property->value, value))
			return false;
	}
	return is_key;
}

/* The name alone of a relation of this schema, without its quotes; NULL when it
 * is elsewhere, or holds a quote itself. The caller frees it. */
static char *
plain_name(const struct catalog *catalog, const char *relation)
{
	auto_free char *schema =
		snapshot_quote(&catalog->snapshot, catalog->schema);
	auto_free char *start = xprintf("%s.", schema);
	const char *name = after(relation, start);
	size_t size = name == NULL ? 0 : strlen(name);

	if (size > 2 && name[0] == '"' && name[size - 1] == '"') {
		name++;
		size -= 2;
	}
	if (size == 0 || memchr(name, '"', size) != NULL)
		return NULL;
	return xprintf("%.*s", (int)size, name);
}

static void
add_sibling(struct document *siblings, const struct catalog *catalog,
	    const char *relation)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	auto_free char *object = xprintf("relation %s", relation);
	auto_free char *name = plain_name(catalog, relation);
	const char *bound = snapshot_value(snapshot, object, "bound");
	struct document *one;

	if (bound == NULL || same_text(bound, "DEFAULT"))
		return;
	one = document_object();
	add_name(one, "name", name == NULL ? relation : name);
	document_text(one, "bound", bound);
	if (same_text(snapshot_value(snapshot, object, "kind"), "p"))
		document_bool(one, "partitioned", true);
	document_add(siblings, NULL, one);
}

/* The table's own partitions, not theirs. */
static struct document *
siblings_document(const struct catalog *catalog)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	auto_free char *table = table_of(catalog);
	auto_free char *parent = xprintf("of %s", table);
	struct document *siblings = document_array();
	int count = 0;

	for (int i = 0; i < snapshot->count && count < SIBLINGS_MAX; i++) {
		const struct property *property = &snapshot->properties[i];
		const char *relation = after(property->object, "child ");

		if (relation == NULL || strcmp(property->name, parent) != 0)
			continue;
		add_sibling(siblings, catalog, relation);
		count++;
	}
	return siblings;
}

struct document *
partitions_document(const struct catalog *catalog)
{
	static const struct {
		const char *word, *name;
	} strategies[] = {
		{"RANGE", "range"}, {"LIST", "list"}, {"HASH", "hash"}};
	const char *key = key_of(catalog);
	const char *column = partition_key(catalog);
	struct document *document;

	if (key == NULL)
		return NULL;
	document = document_object();
	for (size_t i = 0; i < array_size(strategies); i++)
		if (after(key, strategies[i].word) != NULL)
			document_text(document, "strategy", strategies[i].name);
	document_text(document, "key", column);
	document_text(document, "type",
		      column == NULL ? NULL
				     : catalog_column(catalog, column)->type);
	document_bool(document, "has_default", catalog->has_default_partition);
	document_add(document, "siblings", siblings_document(catalog));
	return document;
}

/* --- Views and triggers
 * ---------------------------------------------------------------- */

struct document *
views_document(const struct catalog *catalog)
{
	const struct snapshot *snapshot = &catalog->snapshot;
	struct document *views = NULL;

	for (int i = 0; i < snapshot->count; i = snapshot_next(snapshot, i)) {
		const char *view =
			after(snapshot->properties[i].object, "view ");

		if (view == NULL)
			continue;
		if (views == NULL)
			views = document_array();
		add_name(views, NULL, view);
	}
	return views;
}

bool
table_has_triggers(const struct catalog *catalog)
{
	const struct snapshot *snapshot = &catalog->snapshot;

	for (int i = 0; i < snapshot->count; i = snapshot_next(snapshot, i))
		if (after(snapshot->properties[i].object, "trigger ") != NULL)
			return true;
	return false;
}
