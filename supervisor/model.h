/*
 * model.h - one question to Claude, carried for the agent: through the gate,
 * by the courier, hashed into the audit in both directions, and back as opaque
 * bytes.
 */
#ifndef SUPERVISOR_MODEL_H
#define SUPERVISOR_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/json.h"
#include "supervisor/gate.h"

struct audit;
struct courier;
struct database;
struct error;
struct wire;

struct model {
	struct courier *courier; /* borrowed, as all down to the limits */
	struct audit *audit;
	struct database *database; /* the audit's */
	const char *schema, *run_id, *fingerprint;
	struct wire *wire; /* the agent's */
	const struct policy_model *limits;
	struct gate gate;
	int64_t deadline;
	bool keeps_texts; /* bodies and answers go to artifacts */
	/* What the agent says that it used: for people, never for a cap. */
	struct usage usage;
};

/* What the agent's request is answered with. */
struct model_answer {
	const char *refusal; /* the gate's word, or NULL when it was carried */
	int status;
	char *headers; /* owned: JSON object */
	char failure[24];
};

/*
 * Carries the body that is this node of the frame; the chunks have been sent to
 * the agent when it returns. What other runs asked today is counted, and this
 * request recorded, under one lock: together they stay within the day's limits.
 * Fails when the courier or the agent broke the
 * protocol, or the audit can't be written.
 */
int model_ask(struct model_answer *ret_answer, struct model *model,
	      const struct json *json, int body, struct error *err);
void model_answer_free(struct model_answer *answer);

/* Takes the agent's word on the tokens that were used; anything odd is left
 * out. `usage` is a node, or JSON_NONE. */
void model_note_usage(struct model *model, const struct json *json, int usage);

#endif
