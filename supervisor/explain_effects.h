/*
 * explain_effects.h - what a change would do, for a person: what it locks,
 * rewrites and reads through, what depends on it, and how it is undone.
 */
#ifndef SUPERVISOR_EXPLAIN_EFFECTS_H
#define SUPERVISOR_EXPLAIN_EFFECTS_H

struct catalog;
struct statement;

/* What hangs on the table, as catalog_list_blockers() gives it. */
struct dependents {
	char **texts;
	int count;
};

/*
 * Indented lines that end with a line feed, text of others escaped; the caller
 * frees.
 */
char *effects_text(const struct statement *statement, int action,
		   const struct catalog *catalog,
		   const struct dependents *dependents);

#endif
