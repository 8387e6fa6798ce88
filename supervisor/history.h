/*
 * history.h - what the audit remembers of a drift and of its table, as facts
 * for the judge.
 *
 * One record is no drift: a single omitted key mustn't drop a NOT NULL for
 * ever. So every record that met a drift is noted once, by its hash, and
 * `incident.witnesses` counts them. The same record under ten incidents is one
 * witness, and of a drift that single records show (a label, a missing field)
 * only those are witnesses that show it.
 */
#ifndef SUPERVISOR_HISTORY_H
#define SUPERVISOR_HISTORY_H

#include "policy/vocabulary.h"

struct catalog;
struct database;
struct error;
struct record_list;
struct replay;

/* No rule asks for more witnesses; counting stops here. */
#define HISTORY_WITNESSES_MAX 10000

struct history {
	struct database *database; /* borrowed, as all of these */
	const char *schema;	   /* of the audit */
	const char *run_id;
	const char *fingerprint; /* hex */
	const struct replay *replay;
	const struct catalog *catalog;
};

/*
 * Notes the records, then sets incident.witnesses (these and all before, the
 * distinct ones; of several labels, those of the one that fewest have) and
 * table.age, in milliseconds since the first record that was noted for the
 * table.
 */
int history_facts(struct facts *facts, const struct history *history,
		  const struct record_list *records, struct error *err);

#endif
