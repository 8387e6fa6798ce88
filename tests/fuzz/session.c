/*
 * A hostile agent against the real dispatch: every answer is one line of JSON,
 * what a proposal becomes is about the incident's table, and every end is
 * either the agent's right or a refusal. Database, audit and courier are
 * scripted.
 */
#include "policy/policy_model.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/courier.h"
#include "supervisor/document.h"
#include "supervisor/hazard.h"
#include "supervisor/model.h"
#include "supervisor/model_day.h"
#include "supervisor/plan.h"
#include "supervisor/prompt.h"
#include "supervisor/session.h"
#include "tests/fuzz/no_host.h"
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
	memset(ret_hash, '0', 64);
	ret_hash[64] = '\0';
	return 0;
}

static int
list_one(char ***ret_texts, int *ret_count)
{
	*ret_texts = xcalloc(1, sizeof(char *));
	(*ret_texts)[0] = xstrdup("CHECK ((note <> 'secret'::text))");
	*ret_count = 1;
	return 0;
}

int
catalog_list_constraints(char ***ret_texts, int *ret_count,
			 struct database *database,
			 const struct catalog *catalog, struct error *err)
{
	return list_one(ret_texts, ret_count);
}

int
catalog_list_dependents(char ***ret_texts, int *ret_count,
			struct database *database,
			const struct catalog *catalog, struct error *err)
{
	return list_one(ret_texts, ret_count);
}

int
model_day_open(struct model *model, struct error *err)
{
	return 0;
}

int
model_day_close(struct model *model, struct error *err)
{
	return 0;
}

int
courier_carry(struct courier_answer *ret_answer, struct courier *courier,
	      const struct courier_request *request, struct error *err)
{
	claim(fuzz_is_json(request->body, request->size));
	if (request->chunk(request->context, "ZXZlbnQK", err) < 0)
		return -1;
	*ret_answer = (struct courier_answer){
		.status = 200, .headers = xstrdup("{}"), .bytes = 6};
	return 0;
}

void
courier_answer_free(struct courier_answer *answer)
{
	free(answer->headers);
	*answer = (struct courier_answer){0};
}

/* --- The incident --------------------------------------------------------- */

static const struct hazards hazards = {{NULL}};

static struct prices *
the_prices(void)
{
	static struct prices *prices;
	struct error err = NO_ERROR;
	static const char table[] = "m 1 5 1.25 0.1\n";
	auto_close int fd = fuzz_file(table, strlen(table));
	auto_free char *path = fuzz_path(fd);

	if (prices == NULL)
		claim(prices_read(&prices, path, &err) == 0);
	return prices;
}

/* --- What must hold ------------------------------------------------------- */

static void
check_output(int fd)
{
	size_t size, line_size;
	auto_free char *text = fuzz_written(fd, &size);
	const char *rest = text, *line;

	while (fuzz_part(&line, &line_size, &rest, &size, '\n'))
		claim((line_size == 0 && rest == NULL) ||
		      fuzz_is_json(line, line_size));
}

/* Only what was understood in full may be executed, and only on this table. */
static void
check_plan(const struct plan *plan)
{
	struct refusal refusal = {.floor = NULL};

	claim(plan->count <= PLAN_STATEMENTS_MAX);
	if (plan->verdict.decision == DECISION_DENY)
		return;
	for (int i = 0; i < plan->count; i++) {
		claim(plan->statements[i] != NULL && plan->sql[i] != NULL);
		claim(statement_is_about(plan->statements[i], "app", "orders",
					 &refusal));
		for (int j = 0; j < plan->statements[i]->count; j++)
			claim(!plan->statements[i]->actions[j].not_null ||
			      plan->verdict.decision != DECISION_ALLOW);
	}
}

static void
check_end(const struct session *session, int result, const struct error *err)
{
	claim(session->proposals <= WIRE_PROPOSALS_MAX + 1);
	claim(session->requests <= WIRE_REQUESTS_MAX + 1);
	if (result < 0)
		claim(err->reason == EXIT_REFUSED);
	else
		claim(session->gave_up != NULL ||
		      session->plan->verdict.decision != DECISION_DENY);
	if (session->plan != NULL)
		check_plan(session->plan);
}

/* The frames of an agent, one a line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_close int in = fuzz_file(data, size);
	auto_close int out = fuzz_file("", 0);
	auto_document struct document *brief = document_object();
	struct policy_model limits = policy_model(fuzz_policy());
	struct prompt prompt = {.model = (char[]){"m"},
				.request = (char[]){"{\"model\":\"m\"}"},
				.first = (char[]){"heal"},
				.max_tokens = 16,
				.max_turns = 4,
				.deadline = WIRE_NO_DEADLINE};
	struct grounds grounds = {.policy = fuzz_policy(),
				  .catalog = &orders,
				  .hazards = &hazards};
	struct wire wire;
	struct model model = {.wire = &wire,
			      .limits = &limits,
			      .gate = {.prompt = &prompt,
				       .limits = &limits,
				       .prices = the_prices()},
			      .deadline = WIRE_NO_DEADLINE};
	struct session session = {.wire = &wire,
				  .grounds = &grounds,
				  .brief = brief,
				  .planner = "claude",
				  .model = &model,
				  .prompt = &prompt,
				  .deadline = WIRE_NO_DEADLINE};
	struct error err = NO_ERROR;
	int result;

	wire_init(&wire, in, out);
	result = session_run(&session, &err);
	check_end(&session, result, &err);
	check_output(out);
	session_free(&session);
	wire_free(&wire);
	return 0;
}
