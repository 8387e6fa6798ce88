/*
 * gate.h - what a request body from the agent must be before it is carried.
 *
 * The agent is assumed hostile. A body passes when it is exactly the prompt's
 * fixed members, byte for byte and in order, and then the conversation; within
 * size, number, worst-case cost and time. Caps rest on what was sent, never on
 * what the agent says came back: a token is at least one byte, and a reply is
 * at most max_tokens.
 */
#ifndef SUPERVISOR_GATE_H
#define SUPERVISOR_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/json.h"
#include "supervisor/prices.h"

struct policy_model;
struct prompt;

struct gate {
	const struct prompt *prompt; /* borrowed, as all of these */
	const struct policy_model *limits;
	const struct prices *prices;
	int64_t spent_today_microusd; /* by other runs: worst cases */
	int64_t calls_today;
	int64_t calls_fingerprint_today; /* of them, about the same drift */

	int requests;		/* carried */
	int refused;		/* at the gate */
	int64_t worst_microusd; /* of what was carried */
};

/* Counts the request and returns true, or returns false with a stable word:
 * model_body, model_size, model_requests, model_cost, model_price,
 * model_cost_day, model_calls_day, model_calls_fingerprint_day. */
bool gate_admits(struct gate *gate, const struct json *json, int body,
		 const char **ret_reason);

#endif
