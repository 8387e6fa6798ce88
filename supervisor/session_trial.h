/*
 * session_trial.h - what the server says against an allowed plan, while the
 * planner can still do better.
 */
#ifndef SUPERVISOR_SESSION_TRIAL_H
#define SUPERVISOR_SESSION_TRIAL_H

struct error;
struct plan;
struct session;

/*
 * Tries the plan where that is worth it, and denies it (trial_failed) where the
 * write still fails. A model is told the SQLSTATE alone, which holds no record,
 * and so is a host; for the builtin planner there is a new brief. Nothing stays
 * locked, or changed, when it returns.
 */
int session_try(struct session *session, struct plan *plan, struct error *err);

#endif
