#include "pgmend.h"

#include "policy/digest.h"
#include "supervisor/catalog_query.h"
#include "supervisor/catalog_snapshot.h"
#include "supervisor/database.h"

#include "snapshot_sql.h"

int
property_compare(const struct property *left, const struct property *right)
{
	int order = strcmp(left->object, right->object);

	return order != 0 ? order : strcmp(left->name, right->name);
}

static int
compare_names(const void *left, const void *right)
{
	return property_compare(left, right);
}

/* A member may have been granted a role by several. */
static int
compare_all(const void *left, const void *right)
{
	int order = property_compare(left, right);

	return order != 0 ? order
			  : strcmp(((const struct property *)left)->value,
				   ((const struct property *)right)->value);
}

/* Roles and their members are in the snapshot, so that a grant in the middle of
 * a heal shows; but a new role elsewhere makes no other table of this one. */
static bool
is_about_table(const struct property *property)
{
	return strncmp(property->object, "role ", strlen("role ")) != 0 &&
	       strcmp(property->object, "keyword") != 0;
}

void
snapshot_hash(char ret_hash[65], const struct snapshot *snapshot)
{
	auto_free char *text = NULL;
	struct digest digest;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	for (int i = 0; i < snapshot->count; i++) {
		const struct property *property = &snapshot->properties[i];

		if (is_about_table(property))
			fprintf(stream, "%s\t%s\t%s\n", property->object,
				property->name, property->value);
	}
	fclose(stream);
	digest = digest_of(text, size);
	digest_hex(ret_hash, &digest);
}

/* What has no value is no property. */
static void
take_properties(struct snapshot *snapshot, const struct rows *rows)
{
	snapshot->properties = xcalloc((size_t)rows_count(rows),
				       sizeof(*snapshot->properties));
	for (int i = 0; i < rows_count(rows); i++) {
		const char *value = rows_text(rows, i, 2);

		if (value != NULL && *value != '\0')
			snapshot->properties[snapshot->count++] =
				(struct property){
					.object =
						xstrdup(rows_text(rows, i, 0)),
					.name = xstrdup(rows_text(rows, i, 1)),
					.value = xstrdup(value),
				};
	}
}

/* Sorted here: the server's order depends on its collation. */
int
snapshot_read_kinds(struct snapshot *ret_snapshot, struct database *database,
		    const char *tree, const char *kinds, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = catalog_query(
		snapshot_sql, database_server_version(database), kinds);
	struct snapshot snapshot = {.count = 0};

	if (database_run(database, sql, 1, &tree, &rows, err) < 0)
		return -1;
	take_properties(&snapshot, rows);
	qsort(snapshot.properties, (size_t)snapshot.count,
	      sizeof(*snapshot.properties), compare_all);
	*ret_snapshot = snapshot;
	return 0;
}

int
snapshot_read(struct snapshot *ret_snapshot, struct database *database,
	      const char *tree, struct error *err)
{
	return snapshot_read_kinds(ret_snapshot, database, tree, NULL, err);
}

void
snapshot_free(struct snapshot *snapshot)
{
	for (int i = 0; i < snapshot->count; i++) {
		free(snapshot->properties[i].object);
		free(snapshot->properties[i].name);
		free(snapshot->properties[i].value);
	}
	free(snapshot->properties);
	*snapshot = (struct snapshot){.count = 0};
}

const char *
snapshot_value(const struct snapshot *snapshot, const char *object,
	       const char *name)
{
	const struct property wanted = {.object = (char *)object,
					.name = (char *)name};
	const struct property *found =
		snapshot->count == 0 ? NULL
				     : bsearch(&wanted, snapshot->properties,
					       (size_t)snapshot->count,
					       sizeof(wanted), compare_names);

	return found == NULL ? NULL : found->value;
}

int
snapshot_find(const struct snapshot *snapshot, const char *object)
{
	for (int i = 0; i < snapshot->count; i = snapshot_next(snapshot, i))
		if (strcmp(snapshot->properties[i].object, object) == 0)
			return i;
	return -1;
}

int
snapshot_next(const struct snapshot *snapshot, int index)
{
	const char *object = snapshot->properties[index].object;

	while (++index < snapshot->count)
		if (strcmp(snapshot->properties[index].object, object) != 0)
			break;
	return index;
}

static bool
is_plain(const struct snapshot *snapshot, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

	return *name != '\0' && !(*name >= '0' && *name <= '9') &&
	       name[strspn(name, letters)] == '\0' &&
	       snapshot_value(snapshot, "keyword", name) == NULL;
}

char *
snapshot_quote(const struct snapshot *snapshot, const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *stream;

	if (is_plain(snapshot, name))
		return xstrdup(name);
	stream = xmemstream(&text, &size);
	fputc('"', stream);
	for (; *name != '\0'; name++) {
		if (*name == '"')
			fputc('"', stream);
		fputc(*name, stream);
	}
	fputc('"', stream);
	fclose(stream);
	return text;
}

char *
snapshot_relation(const struct snapshot *snapshot, const char *schema,
		  const char *table)
{
	auto_free char *first = snapshot_quote(snapshot, schema);
	auto_free char *second = snapshot_quote(snapshot, table);

	return xprintf("%s.%s", first, second);
}
