/*
 * A hostile MCP host against the real dispatch: whatever the lines are, every
 * answer is one line of JSON by the protocol, there are no more of them than
 * messages, and what is taken as a proposal is about the incident's table. The
 * run behind it is scripted.
 */
#include "supervisor/audit.h"
#include "supervisor/hazard.h"
#include "supervisor/host.h"
#include "supervisor/plan.h"
#include "supervisor/run.h"
#include "supervisor/tools.h"
#include "tests/fuzz/orders.h"
#include "tests/fuzz/small_policy.h"

/* --- In the place of what isn't fuzzed ------------------------------------ */

int
audit_append(struct audit *audit, const char *actor, enum audit_kind kind,
	     const char *body, struct error *err)
{
	claim(fuzz_is_json(body, strlen(body)));
	return 0;
}

int
audit_artifact(struct audit *audit, const char *kind, const char *text,
	       size_t size, char *ret_hash, struct error *err)
{
	return 0;
}

int
host_reconnect(struct host *host, struct error *err)
{
	return 0;
}

int
host_catalog(struct catalog **ret_catalog, struct tool_answer *ret_answer,
	     struct host *host, const struct tool_call *call, struct error *err)
{
	claim(json_is(call->json, call->arguments, JSON_OBJECT));
	host_tell_progress(host, "looking");
	return fail_as(err, EXIT_REFUSED, "no_such_table", "'secret' isn't");
}

int
host_propose(struct tool_answer *ret_answer, struct session *session,
	     const struct tool_call *call, struct error *err)
{
	return session_propose(ret_answer, session, call, err);
}

static int
answer_nothing(struct tool_answer *ret_answer)
{
	tool_refuse(ret_answer, "no_incident", "there is none");
	return 0;
}

int
answer_explain_statement(struct tool_answer *ret_answer,
			 struct session *session, const struct tool_call *call,
			 struct error *err)
{
	return answer_nothing(ret_answer);
}

int
answer_check_incident(struct tool_answer *ret_answer, struct session *session,
		      const struct tool_call *call, struct error *err)
{
	return answer_nothing(ret_answer);
}

int
answer_list_runs(struct tool_answer *ret_answer, struct session *session,
		 const struct tool_call *call, struct error *err)
{
	return answer_nothing(ret_answer);
}

static const struct hazards hazards = {{NULL}};

/* --- What must hold ------------------------------------------------------- */

/* Exactly one of result, error and method; an id that is no null. */
static void
check_message(const char *line, size_t size)
{
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;
	bool is_result, is_error, is_notification;
	int id;

	claim(json_scan(&json, line, size, &err) == 0);
	id = json_member(json, 0, "id");
	is_result = json_member(json, 0, "result") != JSON_NONE;
	is_error = json_member(json, 0, "error") != JSON_NONE;
	is_notification = json_member(json, 0, "method") != JSON_NONE;
	claim(is_result + is_error + is_notification == 1);
	claim(id == JSON_NONE || json_is(json, id, JSON_STRING) ||
	      json_is(json, id, JSON_NUMBER));
	claim(id != JSON_NONE || !is_result);
	claim(id == JSON_NONE || !is_notification);
}

static int
count_lines(const uint8_t *data, size_t size)
{
	int count = 0;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\n';
	return count;
}

/* One answer a line, and a progress at most before it. */
static void
check_output(int fd, int lines)
{
	size_t size, line_size;
	auto_free char *text = fuzz_written(fd, &size);
	const char *rest = text, *line;
	int count = 0;

	while (fuzz_part(&line, &line_size, &rest, &size, '\n')) {
		if (line_size == 0 && rest == NULL)
			break;
		check_message(line, line_size);
		count++;
	}
	claim(count <= 2 * lines);
}

static void
check_plan(const struct plan *plan)
{
	struct refusal refusal = {.floor = NULL};

	if (plan == NULL || plan->verdict.decision == DECISION_DENY)
		return;
	for (int i = 0; i < plan->count; i++)
		claim(statement_is_about(plan->statements[i], "app", "orders",
					 &refusal));
}

/* What a host writes until it closes its end. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_close int in = fuzz_file(data, size);
	auto_close int out = fuzz_file("", 0);
	struct grounds grounds = {.policy = fuzz_policy(),
				  .catalog = &orders,
				  .hazards = &hazards};
	struct run run = {.is_begun = false};
	struct session session = {.grounds = &grounds, .planner = "host"};
	struct host host = {.in = in, .out = out, .signals = -1};
	struct error err = NO_ERROR;

	host_open(&host, &session, &run);
	claim(host_serve(&host, &err) == 0);
	claim(!host_is_busy(&host) && host.line_count == 0);
	check_output(out, count_lines(data, size));
	check_plan(session.plan);
	session_free(&session);
	host_close(&host);
	return 0;
}
