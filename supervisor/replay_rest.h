/*
 * replay_rest.h - the records that are not witnesses: the incident's other
 * payloads, then the lines of the replay file.
 *
 * In transactions of several batches, each record with its key: a run that was
 * interrupted anywhere is gone on with by the same command, and a COMMIT whose
 * reply was lost by the next attempt, which finds the keys. Each transaction
 * first proves that what was judged is still so.
 */
#ifndef SUPERVISOR_REPLAY_REST_H
#define SUPERVISOR_REPLAY_REST_H

struct error;
struct run;

/*
 * Begins with the incident's record `first`. On failure what was committed
 * stays: EXIT_PARTIAL.
 */
int replay_rest(struct run *run, int first, struct error *err);

#endif
