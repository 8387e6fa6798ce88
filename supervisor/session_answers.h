/*
 * session_answers.h - what each request of the agent is answered with; the
 * table in session.c says when it may be made.
 */
#ifndef SUPERVISOR_SESSION_ANSWERS_H
#define SUPERVISOR_SESSION_ANSWERS_H

#include "sandbox/json.h"

struct error;
struct session;

#define MCP_VERSION "2026-07-28"

/* JSON-RPC and MCP error codes. */
enum rpc_error { RPC_PARAMS = -32602, RPC_VERSION = -32022 };

/* One request as it came: borrowed from the frame. */
struct request {
	const struct json *json;
	int params;
	char *id; /* raw text, echoed exactly */
};

typedef int answer_request(struct session *session,
			   const struct request *request, struct error *err);

answer_request answer_discover, answer_tools_list, answer_tools_call,
	answer_resources_read, answer_model, answer_model_failed;

int
session_send_error(struct session *session, const struct request *request,
		   enum rpc_error code, const char *message, struct error *err);

/*
 * What the model thought goes beside the chain, what it used into the result:
 * both on the agent's word, which decides nothing.
 */
int session_note_meta(struct session *session, const struct request *request,
		      struct error *err);

/* Takes the document. */
struct document;
int session_send(struct session *session, struct document *document,
		 struct error *err);

#endif
