/*
 * rate.h - how many changes there were in the last hour and day, and the one
 * place where a run takes its own.
 *
 * A change is one plan that alters the schema, however many statements it has.
 * Counted are changes that were applied, those that are about to be, and those
 * that wait for people; a change that was rolled back is given back. Counting,
 * judging and reserving happen under one lock, so that no two runs both see
 * the last free place.
 */
#ifndef SUPERVISOR_RATE_H
#define SUPERVISOR_RATE_H

struct error;
struct run;

/* The facts rate.* as they are now, into the run's grounds; this run's own
 * change isn't counted. rate.pipeline_day stays unknown without a pipeline. */
int rate_facts(struct run *run, struct error *err);

/*
 * Judges the run's plan once more with the facts as they are under the lock,
 * and reserves its change unless it is denied. The verdict is the plan's own
 * afterwards. EXIT_TEMPFAIL, code lock_budget: the runs of the last hour waited
 * for the table's lock as long as policy lets them.
 */
int rate_reserve(struct run *run, struct error *err);

#endif
