/*
 * catalog_absent.h - the catalogue of a table that isn't there yet: no columns,
 * no rows, nothing that hangs on it; but a schema, an owner whose it would be,
 * and what that owner lets others do with the tables that he makes there.
 */
#ifndef SUPERVISOR_CATALOG_ABSENT_H
#define SUPERVISOR_CATALOG_ABSENT_H

#include <stdbool.h>

struct catalog;
struct database;
struct error;
struct refusal;
struct statement;
struct table_name;

struct absence {
	bool may_create; /* the login may become the owner, and the owner may
			  * make a table in the schema */
	char *grants;	 /* the statements without which the replaying role
			  * could not write to it; NULL: it can */
	char *twin;	 /* a relation whose name differs only in case */
	char *siblings;	 /* the pipeline's tables, a JSON array */
};

/* Who is to write to it. Borrowed. */
struct absent_reader {
	const char *role;     /* the one that replays; NULL: the login's */
	const char *siblings; /* the pipeline's tables, a JSON array of
			       * "schema.table" */
};

/*
 * The table that the name would mean. An unqualified one belongs into the first
 * schema of the path in which it can be made. EXIT_REFUSED: no_such_table when
 * the schema isn't there either, ambiguous_target without such a schema,
 * not_a_table when something else has the name. EXIT_TEMPFAIL, facts_changed,
 * when the table is there now.
 */
int catalog_read_absent(struct catalog **ret_catalog, struct database *database,
			const struct table_name *name,
			const struct absent_reader *reader, struct error *err);

/* The same table as it is now; one that wasn't there may be. */
int catalog_read_again(struct catalog **ret_catalog, struct database *database,
		       const struct catalog *known, const char *role,
		       struct error *err);

/* What can be done to such a table: it can be made, under a name that nothing
 * else is mistaken for (F11, F13). True where it is there. */
bool absence_suits(const struct statement *statement,
		   const struct catalog *catalog, struct refusal *refusal);

void absence_free(struct absence *absence);

#endif
