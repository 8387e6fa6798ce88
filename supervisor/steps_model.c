#include "pgmend.h"

#include "policy/policy.h"
#include "policy/policy_model.h"
#include "sandbox/wire.h"
#include "supervisor/configuration.h"
#include "supervisor/courier.h"
#include "supervisor/endpoint.h"
#include "supervisor/model.h"
#include "supervisor/prices.h"
#include "supervisor/run.h"
#include "supervisor/session.h"
#include "supervisor/shared_file.h"
#include "supervisor/worker.h"

#define SEAL_TIMEOUT_MS 10000
/* Left to the agent, to say that the model didn't answer in time. */
#define LAST_WORD_MS 500

static const char builtin[] = "builtin";
static const char claude[] = "claude";
static const char builtin_first[] = "builtin-then-claude";

/* Whether a model may and can be asked; `ret_why` says what is in the way. */
static bool
can_ask(const struct run *run, const char **ret_why)
{
	if (run->limits.planner == PLANNER_BUILTIN_ONLY)
		*ret_why = "the policy says builtin-only";
	else if (policy_model_id(run->policy) == NULL)
		*ret_why = "the policy's layers agree on no model";
	else if (!endpoint_has_key(run->configuration))
		*ret_why = "no key is configured";
	else
		return true;
	return false;
}

/* The command line, the configuration, the policy: what is stricter wins. */
int
choose_planner(struct run *run, struct error *err)
{
	const char *wanted = run->options->planner != NULL
				     ? run->options->planner
				     : run->configuration->planner;
	const char *why;
	bool is_wanted = same_text(wanted, claude);
	bool can;

	run->limits = policy_model(run->policy);
	can = can_ask(run, &why);
	if (run->limits.planner == PLANNER_CLAUDE_ONLY)
		is_wanted = true;
	if (is_wanted && !can)
		return fail_as(err, EXIT_USAGE, "no_model",
			       "Claude can't be asked: %s", why);
	/* Who only wants to see the question needs no courier and no network.
	 */
	if (!can || run->options->shows_prompt ||
	    (same_text(wanted, builtin) && !is_wanted))
		run->planner = builtin;
	else if (run->limits.planner == PLANNER_BUILTIN_FIRST && !is_wanted)
		run->planner = builtin_first;
	else
		run->planner = claude;
	return 0;
}

bool
asks_model(const struct run *run)
{
	return run->planner != builtin;
}

bool
has_two_planners(const struct run *run)
{
	return run->planner == builtin_first;
}

/* Beside the agent, and only where Claude may be asked: loading its libraries
 * takes longer than anything else of the start. */
int
spawn_courier(struct run *run, struct error *err)
{
	auto_free char *path = NULL;

	if (!asks_model(run))
		return 0;
	path = run->configuration->prices != NULL
		       ? xstrdup(run->configuration->prices)
		       : shared_file("policies/prices.conf");
	if (prices_read(&run->prices, path, err) < 0 ||
	    endpoint_read(&run->endpoint, run->configuration, err) < 0)
		return -1;
	if (!policy_model_reaches(run->policy, run->endpoint->base_url))
		return fail_as(
			err, EXIT_USAGE, "endpoint_not_allowed",
			"the policy doesn't let a model be asked at '%s'",
			run->endpoint->base_url);
	if (courier_spawn(&run->courier, err) < 0)
		return end_unproven(run);
	return 0;
}

/* The key is read only once the courier is proven sealed, and is the courier's
 * alone from then on. */
int
start_courier(struct run *run, struct error *err)
{
	auto_secret struct secret key = {0};
	unsigned required = policy_settings(run->policy)->sandbox_require;

	if (!asks_model(run))
		return 0;
	if (courier_attest(run->courier, required,
			   wire_now_ms() + SEAL_TIMEOUT_MS, err) < 0)
		return -1;
	run->result.courier_layers = courier_jail(run->courier)->achieved;
	if (endpoint_resolve(run->endpoint, err) < 0 ||
	    endpoint_key(&key, run->configuration, run->endpoint, err) < 0)
		return -1;
	return courier_start(run->courier, run->endpoint, &key, err);
}

/* The gate's terms, for the session that is about to begin. */
void
prepare_model(struct run *run, struct session *session,
	      const struct document *brief)
{
	struct gate *gate = &run->model.gate;
	struct worker *asker =
		has_two_planners(run) ? run->second : run->worker;

	prompt_make(&run->prompt, policy_model_id(run->policy), &run->limits,
		    brief);
	run->prompt.deadline = run->deadline - LAST_WORD_MS;
	run->model = (struct model){
		.courier = run->courier,
		.audit = run->audit,
		.database = run->records,
		.schema = run->schema,
		.run_id = run->result.run_id,
		.fingerprint = run->result.fingerprint,
		.wire = worker_wire(asker),
		.limits = &run->limits,
		.deadline = run->prompt.deadline,
		.keeps_texts = run->limits.retain_prompts == RETAIN_FULL,
	};
	*gate = (struct gate){
		.prompt = &run->prompt,
		.limits = &run->limits,
		.prices = run->prices,
	};
	session->planner = claude;
	session->model = &run->model;
	session->prompt = &run->prompt;
	session->wire = run->model.wire;
	session->brief = brief;
}

/* Into the result: how often it was asked, and what that cost. The tokens are
 * the agent's word; the cost never exceeds what the gate knows for certain. */
void
note_model(struct run *run)
{
	struct result *result = &run->result;
	const struct model *model = &run->model;
	int64_t cost;

	if (model->courier == NULL)
		return;
	cost = prices_cost(run->prices, run->prompt.model, &model->usage);
	result->model = run->prompt.model;
	result->requests = model->gate.requests;
	result->refused_requests = model->gate.refused;
	result->usage = model->usage;
	result->cost_microusd = cost < model->gate.worst_microusd
					? cost
					: model->gate.worst_microusd;
}
