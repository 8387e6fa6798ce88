/*
 * statement.h - one SQL statement as typed actions, or a floor code.
 *
 * A closed world: each field of each node of the parser's tree is understood
 * or the statement is refused. What is executed later is what render.h makes
 * of the actions, never the text that came in.
 */
#ifndef POLICY_STATEMENT_H
#define POLICY_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/tree.h"
#include "policy/vocabulary.h"

#define STATEMENT_ACTIONS_MAX 16
#define TYPE_MODIFIERS_MAX 2

/* A type as written: schema is "pg_catalog" for keywords and base types. */
struct type {
	char *schema;
	char *name; /* pg_type.typname: int4, not integer */
	int modifiers[TYPE_MODIFIERS_MAX];
	int modifier_count;
	bool is_array;
};

struct expression; /* expression.h */

struct action {
	enum operation operation;
	char *schema, *table;
	char *column; /* NULL where the operation acts on a table */
	struct type type;
	char *collation; /* in pg_catalog; NULL for the type's own */
	bool only;	 /* ALTER TABLE ONLY: fails when there are children */
	bool if_not_exists;
	bool not_null;
	struct expression *default_value; /* NULL when there is none */
};

struct statement {
	struct action actions[STATEMENT_ACTIONS_MAX];
	int count;
};

/*
 * Understands a proposed DDL statement. False with a floor code when it is not
 * understood in full, or the floor refuses it.
 */
bool statement_parse(struct statement **ret_statement, const char *sql,
		     size_t size, struct refusal *refusal);
void statement_free(struct statement *statement);
void statement_cleanup(struct statement **statement);
#define auto_statement __attribute__((cleanup(statement_cleanup)))

/*
 * The statement rendered from its actions, every name qualified, parsed again
 * and compared with what was understood. False with a refusal when the two
 * differ. The caller frees the text.
 */
bool statement_render(char **ret_sql, const struct statement *statement,
		      struct refusal *refusal);

/* A type as SQL, and a name as quote_ident() writes it; the caller frees. */
char *type_sql(const struct type *type);
char *quote_name(const char *name);

/*
 * F13: true when every action is about this table. A proposal about another
 * relation than the incident's is refused.
 */
bool statement_is_about(const struct statement *statement, const char *schema,
			const char *table, struct refusal *refusal);

/*
 * What the floor can only see with facts: ONLY on a table that is known to be
 * partitioned (F08), a server in recovery (F13).
 */
bool statement_suits(const struct statement *statement,
		     const struct facts *facts, struct refusal *refusal);

/* One action alone as SQL, and the SQL that undoes it (NULL when none can).
 * The caller frees. */
char *action_sql(const struct action *action);
char *action_inverse_sql(const struct action *action);
/* "schema.table" or "schema.table.column", quoted where needed; caller frees.
 */
char *action_target(const struct action *action);

/*
 * True when a constant or a new name of the statement contains the text
 * (F18: it would be readable by every role).
 */
bool statement_contains(const struct statement *statement, const char *text,
			size_t size);

/* Sets the facts that the statement itself gives (source S) for one action. */
void statement_facts(struct facts *facts, const struct statement *statement,
		     int action);

/* Derives change.* (source D) of one action from the rules of drift.md; what
 * isn't sure stays unknown. */
void statement_foretell(struct facts *facts, const struct statement *statement,
			int action);

#endif
