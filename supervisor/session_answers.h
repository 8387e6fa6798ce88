/*
 * session_answers.h - what each request is answered with; the table in
 * session.c says who may make it, and when.
 */
#ifndef SUPERVISOR_SESSION_ANSWERS_H
#define SUPERVISOR_SESSION_ANSWERS_H

#include "sandbox/json.h"

struct document;
struct error;
struct session;

#define MCP_VERSION "2026-07-28"

/* JSON-RPC and MCP error codes. */
enum rpc_error {
	RPC_PARSE = -32700,
	RPC_INVALID = -32600,
	RPC_METHOD = -32601,
	RPC_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_VERSION = -32022,
};

/* One request as it came: borrowed from the frame. */
struct request {
	const struct json *json;
	int params;
	char *id;	/* raw text, echoed exactly; NULL where it can't be
			 * told, and in a notification */
	bool is_modern; /* of 2026-07-28, and served without a session */
	bool is_notification;
};

typedef int answer_request(struct session *session,
			   const struct request *request, struct error *err);

answer_request answer_discover, answer_tools_list, answer_tools_call,
	answer_resources_read, answer_model, answer_model_failed;
/* A host's alone (host_answers.c). */
answer_request answer_initialize, answer_ping, answer_cancelled;

int
session_send_error(struct session *session, const struct request *request,
		   enum rpc_error code, const char *message, struct error *err);

/* The peer did what it may not: an agent is ended, a host is told, unless it
 * sent a notification. `what` follows "the agent sent". */
int session_refuse(struct session *session, const struct request *request,
		   enum rpc_error code, const char *what, struct error *err);

/* Takes the result. */
int session_send_result(struct session *session, const struct request *request,
			struct document *result, struct error *err);

/*
 * What the model thought goes beside the chain, what it used into the result:
 * both on the agent's word, which decides nothing.
 */
int session_note_meta(struct session *session, const struct request *request,
		      struct error *err);

/* Takes the document. */
int session_send(struct session *session, struct document *document,
		 struct error *err);

#endif
