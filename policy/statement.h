/*
 * statement.h - one SQL statement as typed actions, or a floor code.
 *
 * A closed world: each field of each node of the parser's tree is understood
 * or the statement is refused. What is executed later is what is rendered from
 * the actions, never the text that came in.
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
	int fields; /* of an interval limited to some, as the parser has them;
		     * 0 for all. Only an old type may be */
	bool is_array;
};

struct expression; /* expression.h; a list of values or columns is one, too */

/* Of add_constraint; the kinds are the words of constraint.kind. */
enum constraint_kind { CONSTRAINT_CHECK, CONSTRAINT_FOREIGN_KEY };

struct constraint {
	enum constraint_kind kind;
	char *name;		    /* NULL: the server finds one */
	struct expression *check;   /* of a check */
	struct expression *columns; /* of a foreign key */
	char *schema, *table;	    /* what it refers to */
	struct expression *key;	    /* NULL: the primary key there */
};

enum bound_kind { BOUND_NONE, BOUND_RANGE, BOUND_LIST, BOUND_HASH };

/* Of create_partition; the kinds are the words of partition.strategy. */
struct bound {
	enum bound_kind kind;
	struct expression *from, *to; /* of a range */
	struct expression *in;	      /* of a list */
	int modulus, remainder;	      /* of a hash */
};

/* What an operation doesn't need is zero. */
struct action {
	enum operation operation; /* OP_ALTER_TYPE for any type change: which
				   * it is depends on the old type (judge.h) */
	char *schema, *table;	  /* of add_enum_value: the type */
	char *column;		  /* NULL where it acts on a table */
	struct type type;	  /* the new one */
	char *collation;	  /* in pg_catalog; NULL for the type's own */
	bool only; /* ALTER TABLE ONLY: fails when there are children */
	bool if_not_exists;
	bool not_null;
	struct expression *default_value; /* NULL when there is none */
	struct action *columns;		  /* of create_table, as if each were
					   * added */
	int column_count;
	char *parent; /* of create_partition, in the same schema */
	struct bound bound;
	struct constraint constraint;
	char *text;	/* a comment, NULL to remove it; a new label */
	char *neighbor; /* the label that a new one goes after; or NULL */
	bool is_before; /* not after its neighbor but before it */
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
/* The same from a tree that nobody has read yet. */
bool statement_read(struct statement **ret_statement, struct tree *tree,
		    struct refusal *refusal);
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

/* The relation that an action is about: a new partition's parent, else its own
 * table. An enum's is the type. Borrowed. */
const char *action_relation(const struct action *action);

/*
 * F13: true when every action is about this table, a partition of it, or an
 * enum type of its schema, which may be named itself. A proposal about another
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
/* The same for one action: an old type of another schema (F10). */
bool action_suits(const struct action *action, const struct facts *facts,
		  struct refusal *refusal);

/* One action alone as SQL; the caller frees. */
char *action_sql(const struct action *action);
/*
 * The SQL that undoes it, as advice for people: what came meanwhile goes with
 * it. NULL when none can, or `before` (the facts of the column before the
 * change) doesn't say what there was. The caller frees.
 */
char *
action_inverse_sql(const struct action *action, const struct facts *before);
/* "schema.table" or "schema.table.column", quoted where needed; caller frees.
 */
char *action_target(const struct action *action);

/*
 * True when a constant or a new name of the statement contains the text
 * (F18: it would be readable by every role). Enum labels, partition bounds and
 * the names that partitions get from them are what drift brings: excepted.
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
