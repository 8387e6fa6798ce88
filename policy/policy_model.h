/*
 * policy_model.h - whether, where and how far a model may be asked, by the
 * policy set: section model, the tightest of all layers.
 */
#ifndef POLICY_POLICY_MODEL_H
#define POLICY_POLICY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

struct policy;

enum model_thinking {
	THINKING_OFF,
	THINKING_LOW,
	THINKING_MEDIUM,
	THINKING_HIGH
};

enum model_retention { RETAIN_NONE, RETAIN_HASH, RETAIN_FULL };

enum model_planner {
	PLANNER_UNSAID, /* no layer says: as the command line has it */
	PLANNER_BUILTIN_FIRST,
	PLANNER_CLAUDE_ONLY,
	PLANNER_BUILTIN_ONLY
};

struct policy_model {
	int64_t max_turns;  /* requests of one run */
	int64_t max_tokens; /* of one answer */
	int64_t max_cost;   /* microdollars of one run */
	int64_t max_cost_day, max_calls_day, max_calls_fingerprint_day;
	int64_t max_input_bytes; /* of one request's body */
	enum model_thinking thinking;
	enum model_retention retain_prompts;
	enum model_planner planner;
};

struct policy_model policy_model(const struct policy *policy);

/* What is asked where no layer names a model. */
#define MODEL_DEFAULT "claude-haiku-5-5"

/* The first of the lowest layer's ids that every layer names. NULL: the layers
 * agree on none, and no model may be asked. Borrowed. */
const char *policy_model_id(const struct policy *policy);
bool policy_model_allows(const struct policy *policy, const char *id);

/* Whether the layers let a model be asked there; without `endpoints` in any of
 * them, wherever the configuration says. A '/' at the end doesn't matter. */
bool policy_model_reaches(const struct policy *policy, const char *base_url);

#endif
