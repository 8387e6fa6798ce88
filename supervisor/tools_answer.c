/* What an agent may call; but for give_up a host, too. */
#include "pgmend.h"

#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/facts_document.h"
#include "supervisor/host.h"
#include "supervisor/judged_document.h"
#include "supervisor/plan.h"
#include "supervisor/redact.h"
#include "supervisor/run.h"
#include "supervisor/session_trial.h"
#include "supervisor/tools.h"

/* --- Looking at a table --------------------------------------------------- */

/* An agent can look at the incident's table only. */
static bool
is_target(struct tool_answer *ret_answer, const struct session *session,
	  const struct tool_call *call)
{
	const struct catalog *catalog = session->grounds->catalog;
	const struct json *json = call->json;
	auto_free char *schema =
		json_string(json, json_member(json, call->arguments, "schema"));
	auto_free char *table =
		json_string(json, json_member(json, call->arguments, "table"));

	if (same_text(schema, catalog->schema) &&
	    same_text(table, catalog->table))
		return true;
	tool_refuse(ret_answer, "F13", "not the incident's table");
	return false;
}

/* The table that the call names; `catalog` NULL, and an answer, where it may
 * not be looked at. */
struct view {
	const struct catalog *catalog;
	struct database *database;
	struct catalog *owned; /* a host's; an agent's is the run's */
};

static void
view_release(struct view *view)
{
	catalog_free(view->owned);
}
#define auto_view __attribute__((cleanup(view_release)))

static int
view_table(struct view *view, struct tool_answer *ret_answer,
	   struct session *session, const struct tool_call *call,
	   struct error *err)
{
	struct host *host = session->host;

	if (host != NULL) {
		if (host_catalog(&view->owned, ret_answer, host, call, err) < 0)
			return -1;
		view->catalog = view->owned;
		view->database = host->run->records;
	} else if (is_target(ret_answer, session, call)) {
		view->catalog = session->grounds->catalog;
		view->database = session->database;
	}
	return 0;
}

int
answer_describe_table(struct tool_answer *ret_answer, struct session *session,
		      const struct tool_call *call, struct error *err)
{
	auto_view struct view view = {.catalog = NULL};
	struct document *document;

	if (view_table(&view, ret_answer, session, call, err) < 0)
		return -1;
	if (view.catalog == NULL)
		return 0;
	document = document_object();
	if (session->host != NULL) {
		document_text(document, "schema", view.catalog->schema);
		document_text(document, "table", view.catalog->table);
	}
	document_add(document, "columns", columns_document(view.catalog));
	ret_answer->document = document;
	return 0;
}

typedef int
list_function(char ***ret_texts, int *ret_count, struct database *database,
	      const struct catalog *catalog, struct error *err);

/* What one function lists about the table, without constants. */
struct listing {
	const char *name;
	list_function *list;
};

static int
answer_list(struct tool_answer *ret_answer, struct session *session,
	    const struct tool_call *call, const struct listing *listing,
	    struct error *err)
{
	auto_view struct view view = {.catalog = NULL};
	struct document *items;
	auto_free char **texts = NULL;
	int count = 0;

	if (view_table(&view, ret_answer, session, call, err) < 0)
		return -1;
	if (view.catalog == NULL)
		return 0;
	if (listing->list(&texts, &count, view.database, view.catalog, err) < 0)
		return fail_in(err, "list %s", listing->name);
	items = document_array();
	for (int i = 0; i < count; i++) {
		auto_free char *text = redact_sql(texts[i]);

		document_text(items, NULL, text);
		free(texts[i]);
	}
	ret_answer->document = document_object();
	document_add(ret_answer->document, listing->name, items);
	return 0;
}

int
answer_list_constraints(struct tool_answer *ret_answer, struct session *session,
			const struct tool_call *call, struct error *err)
{
	static const struct listing constraints = {"constraints",
						   catalog_list_constraints};

	return answer_list(ret_answer, session, call, &constraints, err);
}

int
answer_list_dependents(struct tool_answer *ret_answer, struct session *session,
		       const struct tool_call *call, struct error *err)
{
	static const struct listing dependents = {"dependents",
						  catalog_list_dependents};

	return answer_list(ret_answer, session, call, &dependents, err);
}

/* --- Proposing ------------------------------------------------------------ */

/* The proposal as it came, on the peer's word. */
static int
record_proposal(struct session *session, const struct plan *plan,
		struct error *err)
{
	auto_document struct document *body = document_object();
	struct document *statements = document_array();
	auto_free char *text = NULL;

	document_text(body, "planner", session->planner);
	document_text(body, "diagnosis", plan->diagnosis);
	document_text(body, "risk_level", plan->risk_level);
	for (int i = 0; i < plan->count; i++)
		document_text(statements, NULL, plan->proposed[i]);
	document_add(body, "statements", statements);
	document_add(body, "mapping", plan_mappings_document(plan));
	document_text(body, "reasoning", plan->reasoning);
	text = document_print(body);
	return audit_append(session->audit, peer_name(session_peer(session)),
			    AUDIT_PROPOSAL_PARSED, text, err);
}

static int
record_verdict(struct session *session, const struct plan *plan,
	       struct error *err)
{
	auto_document struct document *body = document_object();
	auto_free char *text = NULL;

	document_add(body, "plan",
		     plan_document(plan, session->grounds->catalog));
	document_add(body, "verdict", verdict_document(&plan->verdict));
	document_text(body, "reason_code", plan->reason_code);
	document_text(body, "message", plan->verdict.reason);
	document_add(body, "facts",
		     facts_document_of(&session->grounds->catalog->facts));
	document_add(body, "judged", judged_document(plan, session->grounds));
	text = document_print(body);
	return audit_append(session->audit, "supervisor", AUDIT_POLICY_VERDICT,
			    text, err);
}

static struct document *
verdict_answer(const struct plan *plan)
{
	struct document *answer = document_object();

	document_text(answer, "verdict", decision_name(plan->verdict.decision));
	document_text(answer, "reason_code", plan->reason_code);
	document_text(answer, "message", plan->verdict.reason);
	return answer;
}

int
session_propose(struct tool_answer *ret_answer, struct session *session,
		const struct tool_call *call, struct error *err)
{
	char mistake[256];
	auto_plan struct plan *plan =
		plan_read(call->json, call->arguments, mistake);

	if (plan == NULL) {
		if (session->host == NULL)
			tool_refuse(ret_answer, "proposal_form", mistake);
		else
			tool_fail(ret_answer, "arguments", mistake);
		return 0;
	}
	plan_judge(plan, session->grounds);
	if (record_proposal(session, plan, err) < 0 ||
	    session_try(session, plan, err) < 0 ||
	    record_verdict(session, plan, err) < 0)
		return -1;
	ret_answer->document = verdict_answer(plan);
	ret_answer->is_error = plan->verdict.decision == DECISION_DENY;
	plan_free(session->plan);
	session->plan = take(plan);
	return 0;
}

/* What is taken ends an agent's run; a host's run goes on with it. */
int
answer_propose_repair(struct tool_answer *ret_answer, struct session *session,
		      const struct tool_call *call, struct error *err)
{
	if (session->host != NULL)
		return host_propose(ret_answer, session, call, err);
	if (++session->proposals > WIRE_PROPOSALS_MAX)
		return fail_as(err, EXIT_REFUSED, "agent_violation",
			       "the agent made more than %d proposals",
			       WIRE_PROPOSALS_MAX);
	if (session_propose(ret_answer, session, call, err) < 0)
		return -1;
	if (!ret_answer->is_error)
		session->state = SESSION_ENDED;
	return 0;
}

int
answer_give_up(struct tool_answer *ret_answer, struct session *session,
	       const struct tool_call *call, struct error *err)
{
	session->gave_up = json_string(
		call->json, json_member(call->json, call->arguments, "reason"));
	if (session->gave_up == NULL)
		session->gave_up = xstrdup("no reason was given");
	session->state = SESSION_ENDED;
	ret_answer->document = document_object();
	return 0;
}
