/*
 * catalog_snapshot.h - the catalogue's state around one table as a sorted list
 * of properties, so that two of them can be compared one by one, and what a
 * change must do can be said beforehand (catalog_expect.h).
 *
 * An object's name begins with its kind: "column app.orders.note". What has no
 * value isn't listed: no default, no comment, no grant.
 */
#ifndef SUPERVISOR_CATALOG_SNAPSHOT_H
#define SUPERVISOR_CATALOG_SNAPSHOT_H

struct database;
struct error;

struct property {
	char *object, *name, *value;
};

struct snapshot {
	struct property *properties; /* by object and name, each once */
	int count;
};

/* `tree`: the relations, as struct catalog has them. */
int snapshot_read(struct snapshot *ret_snapshot, struct database *database,
		  const char *tree, struct error *err);
/* The same without looking for what there is nothing of (catalog_query.h). */
int
snapshot_read_kinds(struct snapshot *ret_snapshot, struct database *database,
		    const char *tree, const char *kinds, struct error *err);
void snapshot_free(struct snapshot *snapshot);
/* SHA-256 of all but roles and keywords, in hex: the catalogue's state. */
void snapshot_hash(char ret_hash[65], const struct snapshot *snapshot);

/* Their order; names decide, not values. */
int property_compare(const struct property *left, const struct property *right);

/* The value, or NULL: there is no such object, or it has no such property. */
const char *snapshot_value(const struct snapshot *snapshot, const char *object,
			   const char *name);
/* The index of an object's first property, or -1. */
int snapshot_find(const struct snapshot *snapshot, const char *object);
/* The next object's, from the index of a property; `count` after the last. */
int snapshot_next(const struct snapshot *snapshot, int index);

/* As the snapshot writes names, which is as quote_ident() does on that server;
 * the caller frees. */
char *snapshot_quote(const struct snapshot *snapshot, const char *name);
/* "schema.table", quoted so; the caller frees. */
char *snapshot_relation(const struct snapshot *snapshot, const char *schema,
			const char *table);

#endif
