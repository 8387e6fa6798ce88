#include "pgmend.h"

#include <time.h>

#include "policy/digest.h"
#include "policy/insert.h"
#include "policy/policy.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/catalog.h"
#include "supervisor/catalog_absent.h"
#include "supervisor/configuration.h"
#include "supervisor/document.h"
#include "supervisor/history.h"
#include "supervisor/fingerprint.h"
#include "supervisor/incident.h"
#include "supervisor/loader.h"
#include "supervisor/rate.h"
#include "supervisor/recover.h"
#include "supervisor/run.h"
#include "supervisor/turn.h"

/* An incident can't be trusted to say what it may touch: the pipeline's
 * configuration does. The audit's own tables are nobody's target: the login
 * may write to them, and a key in "replayed" would suppress a record. */
static int
check_binding(const struct run *run, const char *schema, struct error *err)
{
	if (strcmp(schema, run->schema) == 0)
		return fail_as(err, EXIT_REFUSED, "F07",
			       "'%s' is a schema of pgmend itself", schema);
	if (run->pipeline == NULL ||
	    pipeline_has_table(run->pipeline, schema, run->insert->table))
		return 0;
	return fail_as(err, EXIT_REFUSED, "table_not_in_pipeline",
		       "the pipeline '%s' may not write to '%s.%s'",
		       run->pipeline->name, schema, run->insert->table);
}

/* One drift is one fingerprint: no message text and no values, so that a
 * thousand incidents of it are one. */
static void
set_fingerprint(struct run *run)
{
	auto_free char *wanted =
		fingerprint_columns(&run->replay, run->catalog);
	auto_free char *schema = quote_name(run->catalog->schema);
	auto_free char *table = quote_name(run->catalog->table);
	auto_free char *text = xprintf(
		"pgmend-drift-v1\n%s\n%s\n%s.%s\n%s",
		run->catalog->facts.of[FACT_DB_NAME].text,
		run->triage.drift == NULL ? triage_class_name(run->triage.class)
					  : run->triage.drift,
		schema, table, wanted);
	struct digest digest = digest_of(text, strlen(text));

	digest_hex(run->result.fingerprint, &digest);
}

/* What an answer is about: the drift, and the very values that an enum or a
 * list of partitions lacks. */
static void
set_asked(struct run *run)
{
	auto_free char *values = unknown_values(&run->replay, run->catalog);
	auto_free char *text =
		xprintf("%s\n%s", run->result.fingerprint, values);
	struct digest digest = digest_of(text, strlen(text));

	digest_hex(run->asked, &digest);
}

/* Runs that a crash left open, of our own login; what can't be told yet is left
 * to the next one. */
int
recover_others(struct run *run, struct error *err)
{
	auto_document struct document *runs = document_array();
	struct recovery recovery = {
		.database = run->records,
		.audit = run->audit,
		.schema = run->schema,
		.is_for_recent = true,
		.runs = runs,
	};

	return recover_runs(&recovery, err);
}

/* Where a table that isn't there would be, and whose. */
static int
read_absent(struct run *run, const struct table_name *name, struct error *err)
{
	const struct pipeline *pipeline = run->pipeline;
	auto_document struct document *siblings = document_array();
	auto_free char *text = NULL;
	struct absent_reader reader = {.role = run->loader->role};

	for (int i = 0; pipeline != NULL && i < pipeline->table_count; i++)
		document_text(siblings, NULL, pipeline->tables[i]);
	text = document_print(siblings);
	reader.siblings = text;
	if (catalog_read_absent(&run->catalog, run->records, name, &reader,
				err) < 0)
		return -1;
	return check_binding(run, run->catalog->schema, err);
}

/* A missing table can be made where the incident says that it is just that, and
 * the statement says which columns it has. */
static int
read_table(struct run *run, const struct table_name *name, struct error *err)
{
	auto_free char *found = NULL;
	unsigned oid;

	if (catalog_resolve(&oid, &found, run->records, name, err) == 0)
		return check_binding(run, found, err) < 0
			       ? -1
			       : catalog_read(&run->catalog, run->records, oid,
					      run->loader->role, err);
	return same_text(err->code, "no_such_table") &&
			       same_text(run->triage.drift, "missing_table") &&
			       run->insert->column_count > 0
		       ? read_absent(run, name, err)
		       : -1;
}

int
find_target(struct run *run, struct error *err)
{
	struct insert *insert = run->insert;
	struct table_name name = {
		.schema = insert->schema != NULL ? insert->schema
						 : run->incident->schema,
		.table = insert->table,
	};
	int64_t start = jail_now_us();

	if (loader_read(&run->loader, run->records, run->pipeline, err) < 0)
		return -1;
	name.search_path = run->loader->schemas;
	/* Another run may make the table while its place is looked for. */
	if (read_table(run, &name, err) < 0 &&
	    (!same_text(err->code, "facts_changed") ||
	     read_table(run, &name, err) < 0))
		return -1;
	if (insert->schema == NULL)
		insert->schema = xstrdup(run->catalog->schema);
	if (replay_bind(&run->replay, run->incident, insert, run->loader,
			run->catalog, err) < 0)
		return -1;
	set_fingerprint(run);
	set_asked(run);
	run->result.timings_us[TIMING_FACTS] = jail_now_us() - start;
	return 0;
}

int
run_begin(struct run *run, struct error *err)
{
	const struct incident *incident = run->incident;
	const struct audit_run begin = {
		.run_id = run->result.run_id,
		.incident_id = incident->id,
		.incident_hash = incident->hash,
		.source_kind = incident->source_kind,
		.source_name = incident->source_name,
		.occurred_at = incident->occurred_at,
		.fingerprint = run->result.fingerprint[0] == '\0'
				       ? NULL
				       : run->result.fingerprint,
		.policy_files = policy_files_hash(run->policy),
		.policy_meaning = policy_meaning_hash(run->policy),
		.pipeline = run->options->pipeline,
		.mode = run->options->is_dry_run ? "dry-run" : "heal",
	};

	if (run->is_begun)
		return 0;
	run->is_begun = true;
	return audit_begin(run->audit, &begin, err);
}

int
run_record(struct run *run, int kind, struct document *body, struct error *err)
{
	auto_document struct document *owned = body;
	auto_free char *text = document_print(owned);
	int64_t start = jail_now_us();
	int status = audit_append(run->audit, "supervisor",
				  (enum audit_kind)kind, text, err);

	run->result.timings_us[TIMING_AUDIT] += jail_now_us() - start;
	return status;
}

int
open_record(struct run *run, struct error *err)
{
	return run_begin(run, err);
}

/* What was read before another run had its turn may be out of date. */
int
take_turn(struct run *run, struct error *err)
{
	struct catalog *again;

	if (turn_take(&run->has_waited, run->records, run->result.fingerprint,
		      run->deadline - wire_now_ms(), err) < 0)
		return -1;
	if (!run->has_waited)
		return 0;
	if (catalog_read_again(&again, run->records, run->catalog,
			       run->loader->role, err) < 0)
		return -1;
	catalog_free(run->catalog);
	run->catalog = again;
	return 0;
}

static void
set_clock(struct facts *facts, const struct policy *policy)
{
	int64_t seconds = time(NULL);

	facts->clock_known =
		policy_clock(policy, seconds, &facts->clock_minutes);
	facts->today = (int)(seconds / (24 * 60 * 60));
}

struct turn_records
run_records(const struct run *run)
{
	return (struct turn_records){
		.incident = run->incident,
		.table = run->table_name,
		.is_constant = run->insert->parameter_count == 0,
		.schema = run->schema,
		.run_id = run->result.run_id,
	};
}

/* Every record of the incident, with what makes it be written once. */
static void
list_records(struct run *run)
{
	auto_free char *schema = quote_name(run->catalog->schema);
	auto_free char *table = quote_name(run->catalog->table);
	struct turn_records records;
	int count = replay_count(&run->replay);

	run->table_name = xprintf("%s.%s", schema, table);
	records = run_records(run);
	run->records_list = xcalloc((size_t)count, sizeof(*run->records_list));
	run->records_count = count;
	for (int i = 0; i < count; i++) {
		run->records_list[i] = replay_record(&run->replay, i);
		turn_identify(&run->records_list[i], &records);
	}
}

static void
set_grounds(struct run *run)
{
	struct facts *facts = &run->grounds.facts;

	run->grounds = (struct grounds){
		.policy = run->policy,
		.catalog = run->catalog,
		.hazards = &run->hazards,
		.replay = &run->replay,
	};
	replay_facts(facts, &run->replay, run->catalog);
	facts_set_text(facts, FACT_INCIDENT_SQLSTATE, run->incident->sqlstate);
	if (run->pipeline != NULL)
		facts_set_text(facts, FACT_INCIDENT_PIPELINE,
			       run->pipeline->name);
	set_clock(facts, run->policy);
}

/* What the audit remembers: as facts, from here on. */
static int
set_history(struct run *run, struct error *err)
{
	const struct record_list records = {run->records_list,
					    run->records_count};
	const struct history history = {
		.database = run->records,
		.schema = run->schema,
		.run_id = run->result.run_id,
		.fingerprint = run->result.fingerprint,
		.replay = &run->replay,
		.catalog = run->catalog,
	};

	if (history_facts(&run->grounds.facts, &history, &records, err) < 0)
		return -1;
	return rate_facts(run, err);
}

int
read_facts(struct run *run, struct error *err)
{
	int64_t start = jail_now_us();

	if (run->catalog->facts.of[FACT_DB_IN_RECOVERY].number != 0)
		return fail_as(err, EXIT_REFUSED, "F13",
			       "the server is in recovery: name the primary");
	if (hazards_read(&run->hazards, run->records, run->catalog, run->loader,
			 err) < 0)
		return -1;
	set_grounds(run);
	run->result.timings_us[TIMING_FACTS] += jail_now_us() - start;
	return 0;
}

int
check_repeat(struct run *run, struct error *err)
{
	struct turn_records records;
	struct repeat repeat;

	list_records(run);
	records = run_records(run);
	if (turn_repeat(&repeat, run->records, &records, run->records_list,
			run->records_count, err) < 0)
		return -1;
	if (repeat.other > 0)
		return fail_as(err, EXIT_BAD_INCIDENT, "id_reused",
			       "the id was used before with another payload "
			       "or table");
	if (set_history(run, err) < 0)
		return -1;
	if (repeat.same > 0 && (repeat.fresh > 0 || run->stream != NULL)) {
		run->is_resumed = true;
		return recall_plan_of(&run->plan, run, repeat.run_id, err);
	}
	if (repeat.fresh == 0)
		result_end(&run->result, OUTCOME_ALREADY_HEALED, EXIT_HEALED,
			   "already_replayed",
			   "this incident was healed and replayed before; "
			   "nothing was written");
	return 0;
}
