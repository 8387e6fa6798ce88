/*
 * catalog_query.h - the catalogue's queries, less the parts that there is
 * nothing for.
 *
 * Each relation that a query names costs the server's planner more than reading
 * it by an index does, most of all on a new connection. Most tables have no
 * trigger, no view and no partition, and pg_depend knows: what hangs on a table
 * could not be dropped with it otherwise. Only the queries of one reading are
 * shortened so: whoever looks again for what came meanwhile (hazard.h) asks for
 * everything.
 *
 * A part of a query is between lines of its own:
 *
 *	-- if pg_trigger
 *	(kept when a trigger hangs on the table)
 *	-- unless pg_trigger
 *	(kept when none does)
 *	-- end
 *
 * Pure.
 */
#ifndef SUPERVISOR_CATALOG_QUERY_H
#define SUPERVISOR_CATALOG_QUERY_H

/*
 * The query for a server of this version (server_version.h). `kinds`: words,
 * with a space before and after each, as tree.sql gives them; NULL: whatever
 * there may be. The caller frees it.
 */
char *catalog_query(const char *sql, int version, const char *kinds);

#endif
