/*
 * policy_replay_record.h - one recorded verdict, read from the audit's log and
 * judged again by another policy.
 */
#ifndef SUPERVISOR_POLICY_REPLAY_RECORD_H
#define SUPERVISOR_POLICY_REPLAY_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/judge.h"

struct error;
struct policy;

struct replay_record {
	char *run_id, *statement; /* the statements, or which replay; owned */
	bool is_complete; /* what was judged is on record, so `after` is told */
	struct verdict before; /* its floor and deciders: see below */
	char *before_by;       /* what decided then: "add-nullable", "floor
				* F01"; owned */
	struct verdict after;
};

/*
 * Reads one line of `pgmend audit log --json` and judges it again. Sets
 * *ret_found to false for events of other kinds. What the floor refused stays
 * refused, and a warning of the catalogue's stands: no policy decided those.
 */
int replay_record_read(struct replay_record *ret_record, bool *ret_found,
		       const struct policy *policy, const char *line,
		       size_t size, struct error *err);
void replay_record_release(struct replay_record *record);

/* Below 0: the policy is stricter than the one on record; above 0: wider. */
int replay_record_change(const struct replay_record *record);

#endif
