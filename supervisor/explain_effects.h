/*
 * explain_effects.h - what a change would do, for a person: what it locks,
 * rewrites and reads through, what depends on it, who has rights there, and how
 * it is undone.
 */
#ifndef SUPERVISOR_EXPLAIN_EFFECTS_H
#define SUPERVISOR_EXPLAIN_EFFECTS_H

#include "supervisor/catalog.h"

/* What there is around a table. */
struct surroundings {
	struct column_texts hanging, rights; /* as catalog.h lists them */
};

/*
 * Indented lines that end with a line feed, text of others escaped; the caller
 * frees.
 */
char *effects_text(const struct statement *statement, int action,
		   const struct catalog *catalog,
		   const struct surroundings *surroundings);

#endif
