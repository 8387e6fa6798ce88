/*
 * resolve.h - a COMMIT whose reply was lost: find out, never guess.
 *
 * On another connection: end the old backend, take the transaction's advisory
 * lock (having it proves that the old transaction has ended; asking for its
 * status alone said "in progress" while a synchronous standby was waited for,
 * and it then committed), then look for the marker row.
 */
#ifndef SUPERVISOR_RESOLVE_H
#define SUPERVISOR_RESOLVE_H

struct error;
struct run;

/*
 * The transaction whose marker has this step. 0: it was committed. -1 with
 * EXIT_ROLLED_BACK: it was not. -1 with EXIT_UNKNOWN: neither could be told in
 * time.
 */
int resolve_commit(struct run *run, int step, struct error *err);

#endif
