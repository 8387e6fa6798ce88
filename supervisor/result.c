#include "supervisor/result.h"

#include "policy/insert.h"
#include "sandbox/jail.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/plan.h"
#include "supervisor/text.h"

static const char *const outcome_names[OUTCOMES] = {
	[OUTCOME_NONE] = "none",
	[OUTCOME_HEALED] = "healed",
	[OUTCOME_ALREADY_HEALED] = "already_healed",
	[OUTCOME_COALESCED] = "coalesced",
	[OUTCOME_ESCALATED] = "escalated",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_NOT_DRIFT] = "not_drift",
	[OUTCOME_DRY_RUN] = "dry_run",
	[OUTCOME_TRANSIENT] = "transient",
	[OUTCOME_ROLLED_BACK] = "rolled_back",
	[OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_UNSAFE] = "unsafe",
	[OUTCOME_ERROR] = "error",
};

static const char *const timing_names[TIMINGS] = {
	[TIMING_TOTAL] = "total",	  [TIMING_SPAWN] = "spawn",
	[TIMING_ATTEST] = "attest",	  [TIMING_FACTS] = "facts",
	[TIMING_TRIAL] = "trial",	  [TIMING_MODEL] = "model",
	[TIMING_LOCK_WAIT] = "lock_wait", [TIMING_DDL] = "ddl",
	[TIMING_REPLAY] = "replay",	  [TIMING_PROOF] = "proof",
	[TIMING_COMMIT] = "commit",	  [TIMING_AUDIT] = "audit",
};

const char *
outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

enum outcome
outcome_of(enum exit_reason reason)
{
	switch (reason) {
	case EXIT_REFUSED:
		return OUTCOME_REFUSED;
	case EXIT_ROLLED_BACK:
		return OUTCOME_ROLLED_BACK;
	case EXIT_UNKNOWN:
		return OUTCOME_UNKNOWN;
	case EXIT_UNSAFE:
		return OUTCOME_UNSAFE;
	case EXIT_TEMPFAIL:
		return OUTCOME_TRANSIENT;
	case EXIT_UNRECORDED:
	case EXIT_PARTIAL:
		return OUTCOME_HEALED;
	default:
		return OUTCOME_ERROR;
	}
}

void
result_end(struct result *result, enum outcome outcome, enum exit_reason reason,
	   const char *code, const char *format, ...)
{
	va_list arguments;

	result->outcome = outcome;
	result->exit = reason;
	snprintf(result->reason_code, sizeof(result->reason_code), "%s", code);
	va_start(arguments, format);
	vsnprintf(result->message, sizeof(result->message), format, arguments);
	va_end(arguments);
}

void
result_fail(struct result *result, const struct error *err)
{
	result_end(result, outcome_of(err->reason), err->reason, err->code,
		   "%s", err->text);
}

static void
add_target(struct document *document, const struct result *result)
{
	struct document *target;
	auto_free char *table = NULL;

	if (result->catalog == NULL) {
		document_null(document, "target");
		return;
	}
	table = xprintf("%s.%s", result->catalog->schema,
			result->catalog->table);
	target = document_object();
	document_text(target, "database", result->database);
	document_text(target, "table", table);
	document_add(document, "target", target);
}

static void
add_policy(struct document *document, const struct result *result)
{
	struct document *policy =
		result->plan == NULL ? document_object()
				     : verdict_document(&result->plan->verdict);

	document_text(policy, "files", result->policy_files);
	document_text(policy, "meaning", result->policy_meaning);
	document_text(policy, "signer", result->policy_signer);
	document_add(document, "policy", policy);
}

static struct document *
layers_document(unsigned layers)
{
	struct document *list = document_array();

	for (int i = 0; i < JAIL_LAYERS; i++)
		if (layers & 1u << i)
			document_text(list, NULL,
				      jail_layer_name((enum jail_layer)i));
	return list;
}

static void
add_sandbox(struct document *document, const struct result *result)
{
	struct document *sandbox = document_object();

	document_bool(sandbox, "attested", result->attested);
	document_add(sandbox, "agent", layers_document(result->layers));
	document_add(sandbox, "courier",
		     layers_document(result->courier_layers));
	document_add(document, "sandbox", sandbox);
}

static void
add_model(struct document *document, const struct result *result)
{
	struct document *model = document_object();

	document_text(model, "planner", result->planner);
	document_text(model, "name", result->model);
	document_number(model, "requests", result->requests);
	document_number(model, "refused_requests", result->refused_requests);
	document_number(model, "input_tokens",
			result->usage.input + result->usage.cache_write +
				result->usage.cache_read);
	document_number(model, "output_tokens", result->usage.output);
	document_number(model, "cost_microusd", result->cost_microusd);
	document_add(document, "model", model);
}

static void
add_timings(struct document *document, const struct result *result)
{
	struct document *timings = document_object();

	for (int i = 0; i < TIMINGS; i++)
		document_number(timings, timing_names[i],
				(result->timings_us[i] + 500) / 1000);
	document_add(document, "timing_ms", timings);
}

static void
add_audit(struct document *document, const struct result *result)
{
	struct document *audit;

	if (result->chain_id == NULL) {
		document_null(document, "audit");
		return;
	}
	audit = document_object();
	document_text(audit, "chain_id", result->chain_id);
	document_number(audit, "seq", result->audit_seq);
	document_text(audit, "hash", result->audit_hash);
	document_add(document, "audit", audit);
}

/* Which records are missing, and why: by number and SQLSTATE. */
static struct document *
rejections_document(const struct rejections *rejections)
{
	struct document *list = document_array();

	for (int i = 0; i < rejections->count; i++) {
		const struct rejection *rejection = &rejections->of[i];
		struct document *one = document_object();

		document_number(one, "record", rejection->ordinal);
		document_text(one, "sqlstate",
			      rejection->sqlstate[0] == '\0'
				      ? NULL
				      : rejection->sqlstate);
		document_text(one, "reason_code", rejection->code);
		document_text(one, "reason", rejection->reason);
		document_add(list, NULL, one);
	}
	return list;
}

static void
add_replay(struct document *document, const struct result *result)
{
	struct document *replay = document_object();

	document_number(replay, "rows", result->replayed);
	document_number(replay, "rejected", result->rejected);
	if (result->repeated > 0)
		document_number(replay, "repeated", result->repeated);
	if (result->rejections.count > 0)
		document_add(replay, "rejections",
			     rejections_document(&result->rejections));
	document_add(document, "replay", replay);
}

/* What the pipeline should use from now on, and the fields that feed it. */
static void
add_statement(struct document *document, const struct result *result)
{
	const struct replay *replay = result->replay;
	auto_free char *sql = replay == NULL ? NULL : replay_statement(replay);
	struct document *params;

	document_text(document, "statement", sql);
	if (sql == NULL)
		return;
	params = document_array();
	for (int i = 0; i < replay->insert->parameter_count; i++)
		document_text(params, NULL, replay->keys[i]);
	document_add(document, "params", params);
}

struct document *
result_document(const struct result *result)
{
	struct document *document = document_object();

	document_number(document, "pgmend_result", 1);
	document_text(document, "run_id",
		      result->run_id[0] == '\0' ? NULL : result->run_id);
	document_text(document, "incident_id", result->incident_id);
	document_text(document, "outcome", outcome_name(result->outcome));
	document_number(document, "exit_code", result->exit);
	document_text(document, "reason_code", result->reason_code);
	document_text(document, "fingerprint",
		      result->fingerprint[0] == '\0' ? NULL
						     : result->fingerprint);
	add_target(document, result);
	if (result->plan == NULL)
		document_null(document, "plan");
	else
		document_add(document, "plan",
			     plan_document(result->plan, result->catalog));
	add_statement(document, result);
	add_replay(document, result);
	add_policy(document, result);
	add_sandbox(document, result);
	add_model(document, result);
	add_timings(document, result);
	add_audit(document, result);
	document_add(document, "alerts", document_array());
	document_text(document, "message", result->message);
	return document;
}

static void
write_plan(FILE *out, const struct result *result)
{
	const struct verdict *verdict = &result->plan->verdict;

	for (int i = 0; i < result->plan->count; i++) {
		fprintf(out, "  sql       ");
		text_write_escaped(out, result->plan->sql[i] != NULL
						? result->plan->sql[i]
						: result->plan->proposed[i]);
		fputc('\n', out);
	}
	for (int i = 0; i < result->plan->mapping_count; i++) {
		const struct mapping *mapping = &result->plan->mappings[i];

		fprintf(out, "  mapping   ");
		text_write_escaped(out, mapping->field);
		fprintf(out, " -> ");
		text_write_escaped(out, mapping->column);
		if (mapping->transform != NULL) {
			fprintf(out, " by ");
			text_write_escaped(out, mapping->transform);
		}
		fputc('\n', out);
	}
	fprintf(out, "  verdict   %s", decision_name(verdict->decision));
	for (int i = 0; i < verdict->decider_count; i++) {
		const struct decider *decider = &verdict->deciders[i];

		fprintf(out, "%s%s", i == 0 ? " by " : ", ", decider->label);
		if (decider->file != NULL)
			fprintf(out, " (%s:%d)", decider->file, decider->line);
	}
	if (verdict->floor != NULL)
		fprintf(out, " by floor %s", verdict->floor);
	fprintf(out, "\n  because   ");
	text_write_escaped(out, verdict->reason);
	fputc('\n', out);
}

void
result_write_text(FILE *out, const struct result *result)
{
	fprintf(out, "%s (exit %d, %s)\n  ", outcome_name(result->outcome),
		result->exit, result->reason_code);
	text_write_escaped(out, result->message);
	fputc('\n', out);
	if (result->catalog != NULL)
		fprintf(out, "  table     %s.%s\n", result->catalog->schema,
			result->catalog->table);
	if (result->plan != NULL)
		write_plan(out, result);
	fprintf(out, "  rows      %lld replayed, %lld rejected\n",
		(long long)result->replayed, (long long)result->rejected);
	fprintf(out, "  time      %.1f ms",
		result->timings_us[TIMING_TOTAL] / 1000.0);
	fprintf(out, ", cost $%.4f (planner %s%s%s)\n",
		(double)result->cost_microusd / 1e6,
		result->planner == NULL ? "not asked" : result->planner,
		result->model == NULL ? "" : ", ",
		result->model == NULL ? "" : result->model);
	if (result->chain_id != NULL)
		fprintf(out, "  audit     seq %lld, hash %.16s...\n",
			(long long)result->audit_seq, result->audit_hash);
	fprintf(out, "  run       %s\n", result->run_id);
}
