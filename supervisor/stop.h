/*
 * stop.h - SIGTERM, SIGINT and SIGHUP: a run that is told to stop tells how it
 * ended.
 *
 * Until it holds on, nothing is changed and nothing is on its way: the signal
 * ends it at once, with exit 75 (the same incident may be tried again) and a
 * result that says so; the next run closes its record. From then on the signal
 * is only noted: what was not committed is rolled back, what was is recorded,
 * records that are left are left to the same command. Signals that were ignored
 * when pgmend started stay so (nohup).
 */
#ifndef SUPERVISOR_STOP_H
#define SUPERVISOR_STOP_H

#include <stdbool.h>

struct error;

/* Once, before the run begins. */
void stop_listen(bool as_json);

/* From the decision on a signal doesn't end the run any more; an escalation is
 * stored and told, too. */
void stop_hold(void);

/* For a service that waits for more: the same, and a descriptor that can be
 * read once a signal is there. The caller closes it. */
int stop_hold_to_read(int *ret_signals, struct error *err);

bool stop_is_wanted(void);

/* -1 with EXIT_TEMPFAIL, "stopped", when it is. */
int stop_check(struct error *err);

#endif
