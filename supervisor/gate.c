#include "pgmend.h"

#include "policy/policy_model.h"
#include "supervisor/gate.h"
#include "supervisor/prompt.h"

/* Attempts at one turn count as requests: retries cost, too. */
#define REQUESTS_PER_TURN 3

/* The body must begin with the fixed request's text, its last brace apart, and
 * go on with the conversation. */
static bool
is_prompt_and_messages(const struct gate *gate, const struct json *json,
		       int body)
{
	const char *fixed = gate->prompt->request;
	size_t fixed_size = strlen(fixed) - 1, size;
	const char *text = json_raw(json, body, &size);
	static const char next[] = ",\"messages\":";
	int messages = json_member(json, body, "messages");

	return json_is(json, body, JSON_OBJECT) && size > fixed_size &&
	       memcmp(text, fixed, fixed_size) == 0 &&
	       size - fixed_size > sizeof(next) &&
	       memcmp(text + fixed_size, next, sizeof(next) - 1) == 0 &&
	       json_is(json, messages, JSON_ARRAY) &&
	       json_next(json, messages) == JSON_NONE;
}

/* What this request can cost at most; -1 when nobody knows the price. */
static int64_t
worst_cost(const struct gate *gate, size_t size)
{
	struct usage usage = {
		.cache_write = (int64_t)size,
		.output = gate->prompt->max_tokens,
	};

	return prices_cost(gate->prices, gate->prompt->model, &usage);
}

static const char *
refusal_of(const struct gate *gate, const struct json *json, int body,
	   int64_t cost)
{
	const struct policy_model *limits = gate->limits;
	size_t size;

	json_raw(json, body, &size);
	if (!is_prompt_and_messages(gate, json, body))
		return "model_body";
	if ((int64_t)size > limits->max_input_bytes)
		return "model_size";
	if (gate->requests >= limits->max_turns * REQUESTS_PER_TURN)
		return "model_requests";
	if (cost < 0)
		return "model_price";
	if (gate->worst_microusd + cost > limits->max_cost)
		return "model_cost";
	if (gate->spent_today_microusd + gate->worst_microusd + cost >
	    limits->max_cost_day)
		return "model_cost_day";
	if (gate->calls_today + gate->requests >= limits->max_calls_day)
		return "model_calls_day";
	if (gate->calls_fingerprint_today + gate->requests >=
	    limits->max_calls_fingerprint_day)
		return "model_calls_fingerprint_day";
	return NULL;
}

bool
gate_admits(struct gate *gate, const struct json *json, int body,
	    const char **ret_reason)
{
	size_t size;
	int64_t cost;

	json_raw(json, body, &size);
	cost = worst_cost(gate, size);
	*ret_reason = refusal_of(gate, json, body, cost);
	if (*ret_reason != NULL) {
		gate->refused++;
		return false;
	}
	gate->requests++;
	gate->worst_microusd += cost;
	return true;
}
