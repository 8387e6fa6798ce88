/*
 * catalog.h - what the server's catalogue says about the incident's table and
 * everything that hangs on it: facts for the judge, a description for the
 * planner, and a snapshot in lines, so that a change can be compared with what
 * was planned.
 *
 * All queries rely on the pinned search_path (database.h): names are
 * qualified, and operators can only be pg_catalog's.
 */
#ifndef SUPERVISOR_CATALOG_H
#define SUPERVISOR_CATALOG_H

#include <stdbool.h>

#include "policy/statement.h"
#include "policy/vocabulary.h"

struct database;
struct error;

struct column {
	char *name;
	char *type;	      /* as format_type() writes it */
	char *qualified_type; /* schema.typname, quoted, without modifiers */
	unsigned type_oid;
	bool is_array, not_null, has_default, is_generated;
};

struct catalog {
	unsigned oid;
	char *schema, *table, *owner;
	char kind; /* pg_class.relkind: r or p */
	struct column *columns;
	int column_count;
	char **enums; /* enum types of the table's own schema and owner */
	int enum_count;
	int relation_count;	/* the table and all its partitions */
	bool loader_may_insert; /* the replaying role has INSERT on all of it */
	struct facts facts;	/* table.* and db.*; texts are owned */
	char **lines;		/* the snapshot, sorted */
	int line_count;
	char hash[65]; /* SHA-256 of the lines: the catalogue's state */
};

/* A table as a statement names it. */
struct table_name {
	const char *schema; /* NULL: looked up along the path */
	const char *table;
	const char *search_path; /* its schemas, an array literal */
};

/*
 * The one ordinary or partitioned table that the name means. EXIT_REFUSED:
 * ambiguous_target, no_such_table, not_a_table. The caller frees ret_schema.
 */
int
catalog_resolve(unsigned *ret_oid, char **ret_schema, struct database *database,
		const struct table_name *name, struct error *err);

/* EXIT_TEMPFAIL, code facts_changed, when the name means another table now. */
int catalog_check_name(struct database *database, const struct catalog *catalog,
		       struct error *err);

/* Reads all of the above. `role` is the one that replays, NULL for the
 * session's own. */
int catalog_read(struct catalog **ret_catalog, struct database *database,
		 unsigned oid, const char *role, struct error *err);
void catalog_free(struct catalog *catalog);
void catalog_cleanup(struct catalog **catalog);
#define auto_catalog __attribute__((cleanup(catalog_cleanup)))

/* NULL when the table has no such column. */
const struct column *
catalog_column(const struct catalog *catalog, const char *name);

/* True for an enum type that a new column may have (F10). */
bool catalog_has_enum(const struct catalog *catalog, const char *schema,
		      const char *name);

/*
 * All facts of one action: the table's, the statement's own, and what is
 * foretold.
 */
struct facts catalog_facts(const struct catalog *catalog,
			   const struct statement *statement, int action);

/* Lists for the planner: one text a row; the caller frees each and the array.
 */
int catalog_list_constraints(char ***ret_texts, int *ret_count,
			     struct database *database,
			     const struct catalog *catalog, struct error *err);
int catalog_list_dependents(char ***ret_texts, int *ret_count,
			    struct database *database,
			    const struct catalog *catalog, struct error *err);

/* What a change must have done: the two snapshots and the plan. */
struct comparison {
	const struct catalog *before, *after;
	struct statement *const *statements;
	int statement_count;
};

/*
 * Compares two snapshots with the plan, and accounts for every catalogue row
 * that this transaction wrote. EXIT_ROLLED_BACK, code catalogue_difference,
 * with the first line that wasn't planned.
 */
int catalog_verify(struct database *database,
		   const struct comparison *comparison, struct error *err);

#endif
