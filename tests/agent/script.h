/*
 * script.h - a supervisor whose answers are written before they are asked for,
 * since the client numbers its requests from 1; and what the client asked.
 */
#ifndef TESTS_AGENT_SCRIPT_H
#define TESTS_AGENT_SCRIPT_H

#include <fcntl.h>

#include "agent/claude.h"
#include "agent/mcp.h"
#include "sandbox/json.h"
#include "sandbox/post.h"
#include "sandbox/wire.h"
#include "tests/test.h"

#define SCRIPT_PIPE (1 << 20)

struct script {
	FILE *out;
	char *answers;
	size_t size;
	int id;

	int result;  /* of claude_plan() */
	char *heard; /* every frame that the client sent */
	char *asked; /* "read model propose_repair ...", in order */
	struct error err;
};

static inline void
script_begin(struct script *script)
{
	*script = (struct script){.err = NO_ERROR};
	script->out = xmemstream(&script->answers, &script->size);
}

/* The next answer: members of its result. */
static inline void
script_answer(struct script *script, const char *members)
{
	fprintf(script->out,
		"{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"resultType\":"
		"\"complete\",%s}}\n",
		++script->id, members);
}

/* The next answer: an error of JSON-RPC. */
static inline void
script_refuse(struct script *script, const char *message)
{
	fprintf(script->out,
		"{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":-32602,"
		"\"message\":\"%s\"}}\n",
		++script->id, message);
}

/* One notification with bytes of the model's answer. */
static inline void
script_bytes(struct script *script, const char *bytes, size_t size)
{
	auto_free char *encoded = post_encode(bytes, size);

	fprintf(script->out,
		"{\"jsonrpc\":\"2.0\",\"method\":\"pgmend/model_chunk\","
		"\"params\":{\"bytes\":\"%s\"}}\n",
		encoded);
}

/* The end of a model's answer. The hint keeps a retry from taking long. */
static inline void
script_end(struct script *script, int status, const char *failure)
{
	auto_free char *word =
		failure == NULL ? xstrdup("null") : xprintf("\"%s\"", failure);
	auto_free char *members =
		xprintf("\"status\":%d,\"headers\":{\"retry-after-ms\":\"1\","
			"\"request-id\":\"req_1\"},\"failure\":%s",
			status, word);

	script_answer(script, members);
}

static inline void
script_reply(struct script *script, const char *bytes)
{
	script_bytes(script, bytes, strlen(bytes));
	script_end(script, 200, NULL);
}

/* What a tool answers. */
static inline void
script_tool(struct script *script, bool is_error, const char *text)
{
	char *members;
	size_t size;
	FILE *out = xmemstream(&members, &size);

	fputs("\"content\":[{\"type\":\"text\",\"text\":", out);
	json_write_string(out, text);
	fprintf(out, "}],\"isError\":%s", is_error ? "true" : "false");
	fclose(out);
	script_answer(script, members);
	free(members);
}

#define SCRIPT_FIXED                                                       \
	"{\"model\":\"m\",\"max_tokens\":4096,\"stream\":true,\"tools\":[" \
	"{\"name\":\"describe_table\"},{\"name\":\"propose_repair\"},"     \
	"{\"name\":\"give_up\"}]}"

/* What pgmend://model holds: at most `turns`, three attempts each. */
static inline void
script_prompt(struct script *script, int turns)
{
	auto_free char *prompt =
		xprintf("{\"request\":" SCRIPT_FIXED ",\"first\":\"heal\","
			"\"max_turns\":%d,\"attempts\":3,\"turn_timeout_ms\":"
			"5000,\"remaining_ms\":60000}",
			turns);
	char *members;
	size_t size;
	FILE *out = xmemstream(&members, &size);

	fputs("\"contents\":[{\"uri\":\"pgmend://model\",\"text\":", out);
	json_write_string(out, prompt);
	fputs("}]", out);
	fclose(out);
	script_answer(script, members);
	free(members);
}

/* --- What was asked ------------------------------------------------------- */

/* The frame with this number, from 0; the caller frees it. */
static inline char *
script_frame(const struct script *script, int number)
{
	const char *at = script->heard;

	while (number-- > 0)
		at = strchr(at, '\n') + 1;
	return xstrndup(at, strcspn(at, "\n"));
}

/* The raw text at a path such as "params|body"; the caller frees it. */
static inline char *
script_member(const struct script *script, int number, const char *path)
{
	auto_free char *frame = script_frame(script, number);
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;
	int node = 0;

	if (json_scan(&json, frame, strlen(frame), &err) < 0)
		return NULL;
	while (*path != '\0') {
		size_t length = strcspn(path, "|");
		auto_free char *name = xstrndup(path, length);

		node = json_member(json, node, name);
		path += length + (path[length] == '|');
	}
	return json_raw_copy(json, node);
}

/* "METHOD", or "TOOL", with ":REASON" where there is one. */
static inline void
script_write_asked(FILE *out, const char *frame, size_t size)
{
	auto_json struct json *json = NULL;
	auto_free char *method = NULL, *name = NULL, *reason = NULL;
	struct error err = NO_ERROR;
	int params;

	if (json_scan(&json, frame, size, &err) < 0)
		abort();
	params = json_member(json, 0, "params");
	method = json_string(json, json_member(json, 0, "method"));
	name = json_string(json, json_member(json, params, "name"));
	reason = json_string(json, json_member(json, params, "reason"));
	fputs(name != NULL ? name : strchr(method, '/') + 1, out);
	if (reason != NULL)
		fprintf(out, ":%s", reason);
}

static inline void
script_summarize(struct script *script)
{
	size_t size;
	FILE *out = xmemstream(&script->asked, &size);

	for (const char *at = script->heard; *at != '\0';
	     at += strcspn(at, "\n") + 1) {
		if (at != script->heard)
			fputc(' ', out);
		script_write_asked(out, at, strcspn(at, "\n"));
	}
	fclose(out);
}

/* Lets the client run to its end against the script. */
static inline void
script_run(struct script *script)
{
	int down[2], up[2];
	struct wire wire;
	struct mcp mcp = {.wire = &wire};

	fclose(script->out);
	if (pipe(down) < 0 || pipe(up) < 0 ||
	    fcntl(down[1], F_SETPIPE_SZ, SCRIPT_PIPE) < 0 ||
	    fcntl(up[1], F_SETPIPE_SZ, SCRIPT_PIPE) < 0 ||
	    write(down[1], script->answers, script->size) !=
		    (ssize_t)script->size)
		abort();
	close(down[1]);
	wire_init(&wire, down[0], up[1]);
	script->result = claude_plan(&mcp, &script->err);
	wire_free(&wire);
	close(down[0]);
	close(up[1]);
	script->heard = xcalloc(1, SCRIPT_PIPE + 1);
	if (read(up[0], script->heard, SCRIPT_PIPE) < 0)
		abort();
	close(up[0]);
	script_summarize(script);
}

static inline void
script_free(struct script *script)
{
	free(script->answers);
	free(script->heard);
	free(script->asked);
}

#endif
