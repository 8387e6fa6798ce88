/*
 * privacy.h - whether a column holds personal data (the fact column.pii): what
 * the disclosure policy keeps from a model, or a detector finds in the payload.
 * What a mapping sends to the column counts like what the statement sends.
 */
#ifndef SUPERVISOR_PRIVACY_H
#define SUPERVISOR_PRIVACY_H

struct facts;
struct grounds;
struct plan;

/* Leaves the fact unknown where there is no column, or no payload to look at
 * and the policy alone doesn't say so. */
void privacy_facts(struct facts *facts, const struct plan *plan,
		   const struct grounds *grounds, const char *column);

#endif
