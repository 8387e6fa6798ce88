/*
 * run.h - one run: all that it holds, and its steps in order.
 *
 * A step returns -1 with an error, or 0; it ends the run early by setting
 * run->result.outcome. What a run owns is freed by run_free() alone.
 */
#ifndef SUPERVISOR_RUN_H
#define SUPERVISOR_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "pgmend.h"

#include "policy/policy_model.h"
#include "supervisor/hazard.h"
#include "supervisor/model.h"
#include "supervisor/plan.h"
#include "supervisor/prompt.h"
#include "supervisor/record.h"
#include "supervisor/replay.h"
#include "supervisor/result.h"
#include "supervisor/secret.h"
#include "supervisor/suspect.h"
#include "supervisor/triage.h"
#include "supervisor/uuid.h"

struct audit;
struct configuration;
struct courier;
struct database;
struct endpoint;
struct incident;
struct insert;
struct loader;
struct pipeline;
struct policy;
struct rejected;
struct stream;
struct watch;
struct worker;

/* The command line of `pgmend heal`; NULL: not given. */
struct heal_options {
	const char *pipeline, *policy, *db, *planner, *rows, *config, *incident;
	const char *policy_signers, *replay;
	bool is_dry_run, shows_prompt;
	int64_t timeout_ms; /* 0: not given */
};

struct run {
	const struct heal_options *options;
	int64_t started_us;
	int64_t deadline; /* on the clock of wire_now_ms() */
	struct configuration *configuration;
	const struct pipeline *pipeline; /* of the configuration, or NULL */
	const char *conninfo, *schema;	 /* borrowed: where, and audit schema */
	struct policy *policy;
	char *policy_signer; /* of the base set; NULL where nobody signed */
	struct incident *incident;
	struct insert *insert;
	struct worker *worker;
	struct worker *second; /* who asks Claude where builtin goes first */
	const char *planner; /* static: builtin, claude, builtin-then-claude */
	struct policy_model limits;
	struct prices *prices; /* these five only where Claude is asked */
	struct endpoint *endpoint;
	struct courier *courier;
	struct prompt prompt;
	struct model model;
	struct database *records; /* the audit connection: facts and appends */
	struct database *work;	  /* trial and change */
	const struct watch *work_watch; /* NULL, or what its waits look at */
	struct secret audit_key;	/* the audit borrows it */
	struct audit *audit;
	bool is_begun; /* the run stands in the audit */
	struct loader *loader;
	struct catalog *catalog;
	struct hazards hazards;
	struct replay replay;
	char *table_name;	     /* the target, quoted */
	struct record *records_list; /* the incident's, identified */
	int records_count;
	struct stream *stream;	      /* the replay file, or NULL */
	struct rejected *rejected;    /* with it */
	struct error rejections_lost; /* with a text: what went wrong */
	bool is_resumed; /* an earlier run wrote some of the records */
	bool has_waited; /* for another run of this drift */
	struct grounds grounds;
	struct trial trial;
	struct suspects suspects; /* of the trial */
	struct triage triage;
	struct verdict replay_verdict;
	struct plan *plan;
	bool keeps_rows;
	bool is_live;	   /* the change was committed */
	bool is_cancelled; /* nobody waits for it: nothing is tried again */
	char asked[65];	   /* hex: drift and unknown values; "" before the
			    * table is known */
	struct result result;
};

typedef int run_step(struct run *run, struct error *err);

/* steps_read.c: nothing is started yet */
run_step read_inputs, drop_root, read_statement;
/* steps_guard.c: worker, role and lock */
run_step spawn_worker, attest_worker, connect_records, check_role,
	lock_supervisor;
/* What a step returns whose worker can't be proven, and that comes before the
 * audit is opened: ends the workers, who could be anybody, then opens it, for
 * heal() to record why. */
int end_unproven(struct run *run);
/* steps_model.c: who plans, and what it takes to ask Claude */
run_step choose_planner, spawn_courier, start_courier;
bool asks_model(const struct run *run);
/* Two planners, each in a worker of its own: what the first is shown, which
 * asks nobody, can't come before the model by way of the second. */
bool has_two_planners(const struct run *run);
struct document;
struct session;
/* Makes the session one with Claude. */
void prepare_model(struct run *run, struct session *session,
		   const struct document *brief);
void note_model(struct run *run);
/* steps_target.c: what the incident is about */
run_step recover_others, find_target, open_record, take_turn, read_facts,
	check_repeat;
/* steps_trial.c: may it run, and what does it meet? */
run_step judge_statement, try_statement;
/* steps_repair.c: a proposal, judged */
run_step recall_decision, ask_planner;
/* steps_apply.c: what becomes of it */
run_step decide, apply;

/* Writes the incident's row and run.received; done once. */
int run_begin(struct run *run, struct error *err);
/* Appends one event of the supervisor's; takes the body. */
struct document;
int
run_record(struct run *run, int kind, struct document *body, struct error *err);

/* The incident's records, as the turn's functions take them. */
struct turn_records;
struct turn_records run_records(const struct run *run);

/* So many of the incident's records go into the transaction of the change. */
int run_witnesses(const struct run *run);
/* Adds rejections to the result and to the rejected file; they are gone then.
 */
int run_take_rejections(struct run *run, struct rejections *rejections,
			struct error *err);
/* The same for a batch that was committed, with what it wrote. A file that
 * can't be written is told later: run->rejections_lost. */
struct batch;
void run_take_batch(struct run *run, struct batch *batch);

/* A plan with the mappings that an earlier run of this incident, or of this
 * drift and statement, was healed with; not judged yet. NULL: there were none.
 */
int recall_plan_of(struct plan **ret_plan, struct run *run, const char *run_id,
		   struct error *err);
int recall_mapping(struct plan **ret_plan, struct run *run, struct error *err);
/* The plan that a run.finished holds, where it is allowed now: another record
 * bears witness, or a limit on changes has room again. NULL: it isn't. */
int recall_proposal(struct plan **ret_plan, struct run *run, const char *body,
		    struct error *err);

/* The run that healed this drift after this one began; "" where none did. */
int recall_healer(char ret_run_id[UUID_TEXT_SIZE], struct run *run,
		  struct error *err);

/* What an earlier answer must have been given to, to stand: this statement,
 * these keys, and the same word on the replay. 65 bytes; "" before there is a
 * statement. */
void run_question(char *ret_hash, const struct run *run);

void run_free(struct run *run);
/* Lets go of what the steps from read_statement on have made, so that they can
 * be taken again. */
void run_forget(struct run *run);

#endif
