#include "pgmend.h"

#include "supervisor/audit.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/facts_document.h"
#include "supervisor/judged_document.h"
#include "supervisor/plan.h"
#include "supervisor/redact.h"
#include "supervisor/session.h"
#include "supervisor/tools.h"
#include "supervisor/triage.h"
#include "sandbox/wire.h"

#define TABLE_SCHEMA                                                           \
	"{\"type\":\"object\",\"additionalProperties\":false,"                 \
	"\"properties\":{\"schema\":{\"type\":\"string\"},"                    \
	"\"table\":{\"type\":\"string\"}},\"required\":[\"schema\",\"table\"]" \
	"}"

/* Every object is closed and every member required, as strict schemas must be;
 * an empty array says "none". */
#define MAPPING_SCHEMA                                         \
	"{\"type\":\"object\",\"additionalProperties\":false," \
	"\"properties\":{\"field\":{\"type\":\"string\"},"     \
	"\"column\":{\"type\":\"string\"},"                    \
	"\"transform\":{\"type\":[\"string\",\"null\"]}},"     \
	"\"required\":[\"field\",\"column\",\"transform\"]}"

#define PROPOSAL_SCHEMA                                                        \
	"{\"type\":\"object\",\"additionalProperties\":false,"                 \
	"\"properties\":{\"diagnosis\":{\"type\":\"string\"},"                 \
	"\"risk_level\":{\"type\":\"string\","                                 \
	"\"enum\":[\"LOW\",\"MEDIUM\",\"HIGH\"]},"                             \
	"\"statements\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}," \
	"\"mapping\":{\"type\":\"array\",\"items\":" MAPPING_SCHEMA "},"       \
	"\"advice\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"     \
	"\"reasoning\":{\"type\":\"string\"}},"                                \
	"\"required\":[\"diagnosis\",\"risk_level\",\"statements\","           \
	"\"mapping\",\"advice\",\"reasoning\"]}"

#define REASON_SCHEMA                                          \
	"{\"type\":\"object\",\"additionalProperties\":false," \
	"\"properties\":{\"reason\":{\"type\":\"string\"}},"   \
	"\"required\":[\"reason\"]}"

typedef int
answer_function(struct tool_answer *ret_answer, struct session *session,
		const struct tool_call *call, struct error *err);

static answer_function answer_describe_table, answer_list_constraints,
	answer_list_dependents, answer_propose_repair, answer_give_up;

static const struct {
	const char *name, *description, *schema;
	answer_function *answer;
} tools[TOOLS] = {
	[TOOL_DESCRIBE_TABLE] = {"describe_table",
				 "Columns of the incident's table: names, "
				 "types, nullable or not",
				 TABLE_SCHEMA, answer_describe_table},
	[TOOL_LIST_CONSTRAINTS] = {"list_constraints",
				   "Constraints of the incident's table, as "
				   "pg_get_constraintdef() writes them",
				   TABLE_SCHEMA, answer_list_constraints},
	[TOOL_LIST_DEPENDENTS] = {"list_dependents",
				  "What depends on the incident's table: "
				  "views, indexes, triggers, foreign keys",
				  TABLE_SCHEMA, answer_list_dependents},
	[TOOL_PROPOSE_REPAIR] = {"propose_repair",
				 "Hands over a repair. It is judged at once; "
				 "an accepted one ends the run, a refusal "
				 "comes back with a reason code",
				 PROPOSAL_SCHEMA, answer_propose_repair},
	[TOOL_GIVE_UP] = {"give_up",
			  "Ends the run without a repair; the reason goes to "
			  "a person",
			  REASON_SCHEMA, answer_give_up},
};

enum tool
tool_find(const char *name)
{
	for (int i = 0; i < TOOLS; i++)
		if (strcmp(tools[i].name, name) == 0)
			return (enum tool)i;
	return TOOLS;
}

struct document *
tools_document(void)
{
	struct document *list = document_array();

	for (int i = 0; i < TOOLS; i++) {
		struct document *tool = document_object();

		document_text(tool, "name", tools[i].name);
		document_text(tool, "description", tools[i].description);
		document_raw(tool, "inputSchema", tools[i].schema);
		document_add(list, NULL, tool);
	}
	return list;
}

struct document *
tools_for_model(void)
{
	struct document *list = document_array();

	for (int i = 0; i < TOOLS; i++) {
		struct document *tool = document_object();

		document_text(tool, "name", tools[i].name);
		document_text(tool, "description", tools[i].description);
		document_bool(tool, "strict", true);
		document_raw(tool, "input_schema", tools[i].schema);
		document_add(list, NULL, tool);
	}
	return list;
}

int
tool_answer(struct tool_answer *ret_answer, struct session *session,
	    const struct tool_call *call, struct error *err)
{
	return tools[call->tool].answer(ret_answer, session, call, err);
}

/* Refuses, with a code that a planner can act on. */
static void
refuse_call(struct tool_answer *ret_answer, const char *code,
	    const char *message)
{
	struct document *answer = document_object();

	document_text(answer, "verdict", "deny");
	document_text(answer, "reason_code", code);
	document_text(answer, "message", message);
	*ret_answer = (struct tool_answer){answer, true};
}

/* Only the incident's table can be looked at. */
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
	refuse_call(ret_answer, "F13", "not the incident's table");
	return false;
}

static int
answer_describe_table(struct tool_answer *ret_answer, struct session *session,
		      const struct tool_call *call, struct error *err)
{
	if (!is_target(ret_answer, session, call))
		return 0;
	ret_answer->document = document_object();
	document_add(ret_answer->document, "columns",
		     columns_document(session->grounds->catalog));
	return 0;
}

typedef int
list_function(char ***ret_texts, int *ret_count, struct database *database,
	      const struct catalog *catalog, struct error *err);

static int
answer_list(struct tool_answer *ret_answer, struct session *session,
	    const char *name, list_function *list, struct error *err)
{
	struct document *items;
	auto_free char **texts = NULL;
	int count = 0;

	if (list(&texts, &count, session->database, session->grounds->catalog,
		 err) < 0)
		return fail_in(err, "list %s", name);
	items = document_array();
	for (int i = 0; i < count; i++) {
		auto_free char *text = redact_sql(texts[i]);

		document_text(items, NULL, text);
		free(texts[i]);
	}
	ret_answer->document = document_object();
	document_add(ret_answer->document, name, items);
	return 0;
}

static int
answer_list_constraints(struct tool_answer *ret_answer, struct session *session,
			const struct tool_call *call, struct error *err)
{
	if (!is_target(ret_answer, session, call))
		return 0;
	return answer_list(ret_answer, session, "constraints",
			   catalog_list_constraints, err);
}

static int
answer_list_dependents(struct tool_answer *ret_answer, struct session *session,
		       const struct tool_call *call, struct error *err)
{
	if (!is_target(ret_answer, session, call))
		return 0;
	return answer_list(ret_answer, session, "dependents",
			   catalog_list_dependents, err);
}

/* The proposal as it came, on the agent's word. */
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
	return audit_append(session->audit, "agent", AUDIT_PROPOSAL_PARSED,
			    text, err);
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

/* A plan that changes nothing but the statement can be tried at once, as a
 * plain replay could: what the server says against it is worth knowing. Of its
 * words only the SQLSTATE is told, which holds no record. */
static int
try_mapping(const struct session *session, struct plan *plan, struct error *err)
{
	struct grounds grounds = plan_grounds(plan, session->grounds);
	struct trial trial = {0};

	if (plan->count > 0 || plan->mapping_count == 0 ||
	    plan->verdict.decision != DECISION_ALLOW)
		return 0;
	if (replay_try(&trial, &grounds, session->database, err) < 0)
		return fail_in(err, "try the mapping");
	if (!trial.works)
		plan_deny(plan, "trial_failed",
			  triage(trial.sqlstate, trial.context).meaning,
			  trial.sqlstate);
	trial_free(&trial);
	return 0;
}

static int
answer_propose_repair(struct tool_answer *ret_answer, struct session *session,
		      const struct tool_call *call, struct error *err)
{
	char mistake[256];
	auto_plan struct plan *plan = NULL;

	if (++session->proposals > WIRE_PROPOSALS_MAX)
		return fail_as(err, EXIT_REFUSED, "agent_violation",
			       "the agent made more than %d proposals",
			       WIRE_PROPOSALS_MAX);
	plan = plan_read(call->json, call->arguments, mistake);
	if (plan == NULL) {
		refuse_call(ret_answer, "proposal_form", mistake);
		return 0;
	}
	plan_judge(plan, session->grounds);
	if (record_proposal(session, plan, err) < 0 ||
	    try_mapping(session, plan, err) < 0 ||
	    record_verdict(session, plan, err) < 0)
		return -1;
	ret_answer->document = verdict_answer(plan);
	ret_answer->is_error = plan->verdict.decision == DECISION_DENY;
	if (!ret_answer->is_error)
		session->state = SESSION_ENDED;
	plan_free(session->plan);
	session->plan = take(plan);
	return 0;
}

static int
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
