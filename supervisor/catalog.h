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
#include "supervisor/catalog_snapshot.h"

struct absence;
struct database;
struct error;
struct holdings;

struct column {
	char *name;
	char *type;	      /* as format_type() writes it */
	char *qualified_type; /* schema.typname, quoted, without modifiers */
	unsigned time_oid;    /* of the date or time in it, or 0 */
	bool is_array, not_null, has_default, is_generated;
	bool is_indexed, in_key; /* on the table or any partition */
	bool is_checked;     /* a change of its type validates something again,
			      * though it rewrites nothing */
	char *collation;     /* NULL for its type's own */
	int views;	     /* that depend on it, at any distance */
	char *planted_casts; /* "\nschema.type\n...": where casts lead that the
			      * server didn't bring */
};

struct catalog {
	unsigned oid;		 /* 0 for what isn't there yet */
	struct absence *absence; /* NULL: the table is there; else it would be
				  * as catalog_absent.h says */
	char *schema, *table, *owner;
	char kind; /* pg_class.relkind: r or p */
	struct column *columns;
	int column_count;
	char **enums; /* enum types of the table's own schema and owner */
	int enum_count;
	char *tree; /* oids of the table and all its partitions: an array
		     * literal, the table's first */
	int relation_count;
	bool has_default_partition;
	bool loader_may_insert; /* the replaying role has INSERT on all of it */
	struct facts facts;	/* table.* and db.*; texts are owned */
	struct snapshot snapshot;
	char hash[65]; /* of the snapshot: the catalogue's state */
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

/* The oid of the table that has the catalogue's name now; 0: there is none. */
int catalog_look_up(unsigned *ret_oid, struct database *database,
		    const struct catalog *catalog, struct error *err);
/* EXIT_TEMPFAIL, code facts_changed, when the name means another table now, or
 * one at all where there was none. */
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

/* The facts of a column as it is (source C); none when it isn't there. */
void catalog_column_facts(struct facts *facts, const struct catalog *catalog,
			  const char *name);
/* The fact `risk`, from the others (catalog_risk.c). */
void catalog_set_risk(struct facts *facts, const struct action *action);
/*
 * All facts of one action: the table's, the column's, the statement's own, and
 * what is foretold.
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
/* What makes the server refuse a change: views, rules, policies, triggers and
 * functions. */
int catalog_list_blockers(char ***ret_texts, int *ret_count,
			  struct database *database,
			  const struct catalog *catalog, struct error *err);

/* For a person, by the column that each is about; NULL for the whole table. */
struct column_text {
	char *text, *column;
};

struct column_texts {
	struct column_text *items;
	int count;
};

/* What depends on a column, of whatever kind, and on the table itself as
 * catalog_list_blockers() has it. */
int
catalog_list_hanging(struct column_texts *ret_texts, struct database *database,
		     const struct catalog *catalog, struct error *err);
/* Who else than the owner may do what: "loader insert, select". */
int
catalog_list_rights(struct column_texts *ret_texts, struct database *database,
		    const struct catalog *catalog, struct error *err);
void column_texts_free(struct column_texts *texts);

/* What a change must have done: both snapshots, what belonged to the table
 * (catalog_holdings.h), and the plan. */
struct comparison {
	const struct catalog *before, *after;
	const struct holdings *held_before, *held_after;
	struct statement *const *statements;
	int statement_count;
	/* Another connection, which sees the catalogue without this
	 * transaction's changes. */
	struct database *witness;
};

/*
 * Proves that the catalogue is as planned, property by property, and that this
 * transaction wrote to no other row of it (catalog_written.c).
 * EXIT_ROLLED_BACK, code catalogue_difference, with the first difference.
 */
int catalog_verify(struct database *database,
		   const struct comparison *comparison, struct error *err);

/* What a plan may do to the table's files, and the strongest lock that it needs
 * on the table and its partitions, by its facts before the change. */
struct promise {
	bool may_rewrite, may_scan;
	enum table_lock lock; /* at least SHARE UPDATE EXCLUSIVE, which keeps
			       * others from changing the table meanwhile */
};

/* From `before` and the statements alone. */
struct promise catalog_promise(const struct comparison *comparison);

/* EXIT_ROLLED_BACK, code rewrite_not_foretold or lock_not_foretold. */
int
catalog_check_promise(struct database *database,
		      const struct comparison *comparison, struct error *err);

/* True when what the action changes isn't as it was at `judged`, or is there
 * already: somebody else was faster. */
bool
catalog_is_overtaken(const struct catalog *judged, const struct catalog *now,
		     const struct action *action);

/* A static sentence when a statement does what can't be proven so; NULL when
 * all of it can. */
const char *catalog_unproven(const struct statement *statement,
			     const struct catalog *catalog);

#endif
