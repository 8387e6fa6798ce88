#include "agent/mcp.h"
#include "agent/planner.h"
#include "sandbox/json.h"
#include "sandbox/wire.h"
#include "tests/test.h"

/* A server whose answers are written before they are asked for, since the
 * client numbers its requests from 1. */
struct server {
	int answers, questions; /* our ends of the two pipes */
	struct wire wire;	/* the client's */
	struct mcp mcp;
	struct error err;
};

static void
server_open(struct server *server, const char *answers)
{
	int down[2], up[2];

	if (pipe(down) < 0 || pipe(up) < 0)
		abort();
	if (write(down[1], answers, strlen(answers)) < 0)
		abort();
	*server = (struct server){
		.answers = down[1], .questions = up[0], .err = NO_ERROR};
	close(take_fd(server->answers));
	wire_init(&server->wire, down[0], up[1]);
	server->mcp.wire = &server->wire;
}

static void
server_close(struct server *server)
{
	close(server->wire.in);
	if (server->wire.out >= 0)
		close(server->wire.out);
	close(server->questions);
	wire_free(&server->wire);
}

/* What the client has asked; the caller frees it. */
static char *
server_heard(struct server *server)
{
	char *text = xcalloc(1, 65536);

	close(take_fd(server->wire.out));
	if (read(server->questions, text, 65535) < 0)
		abort();
	return text;
}

#define META                                                      \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":" \
	"\"2026-07-28\",\"io.modelcontextprotocol/"               \
	"clientCapabilities\":{},\"io.modelcontextprotocol/"      \
	"clientInfo\":{\"name\":\"pgmend-agent\",\"version\":"    \
	"\"" PGMEND_VERSION "\"}}"
#define ANSWER(members) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{" members "}}\n"
#define COMPLETE "\"resultType\":\"complete\""

static void
discovers(void)
{
	struct server server;
	auto_free char *heard = NULL;

	server_open(&server,
		    ANSWER(COMPLETE ",\"supportedVersions\":[\"2025-11-25\","
				    "\"2026-07-28\"]"));
	test("accepts a server of our revision",
	     mcp_discover(&server.mcp, &server.err) == 0);
	heard = server_heard(&server);
	test_text("asks with _meta", heard,
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/"
		  "discover\",\"params\":{" META "}}\n");
	server_close(&server);
}

/* Answers to server/discover that are none. */
static void
refuses_answers(void)
{
	static const struct {
		const char *name, *answer;
	} refusals[] = {
		{"another revision",
		 ANSWER(COMPLETE ",\"supportedVersions\":[\"2025-11-25\"]")},
		{"no revision", ANSWER(COMPLETE)},
		{"an incomplete result",
		 ANSWER("\"resultType\":\"input_required\","
			"\"supportedVersions\":[\"2026-07-28\"]")},
		{"a result without type",
		 ANSWER("\"supportedVersions\":[\"2026-07-28\"]")},
		{"an answer to another question",
		 "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{" COMPLETE "}}\n"},
		{"an id that is a text",
		 "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{" COMPLETE
		 "}}\n"},
		{"another protocol", "{\"id\":1,\"result\":{" COMPLETE "}}\n"},
		{"an error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{"
			     "\"code\":-32601,\"message\":\"no\"}}\n"},
		{"what is no JSON", "hello\n"},
		{"half an answer", "{\"jsonrpc\""},
	};

	for (size_t i = 0; i < array_size(refusals); i++) {
		auto_free char *name = xprintf("refuses %s", refusals[i].name);
		struct server server;

		server_open(&server, refusals[i].answer);
		test(name, mcp_discover(&server.mcp, &server.err) < 0 &&
				   !server.mcp.is_closed);
		server_close(&server);
	}
}

static void
ends_at_the_end_of_file(void)
{
	struct server server;

	server_open(&server, "");
	test("takes the end of file for the end",
	     mcp_discover(&server.mcp, &server.err) < 0 &&
		     server.mcp.is_closed);
	server_close(&server);
}

static void
reads_the_brief(void)
{
	auto_free char *brief = NULL;
	struct server server;

	server_open(&server,
		    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n"
		    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{" COMPLETE
		    ",\"contents\":[{\"uri\":\"pgmend://incident\",\"text\":"
		    "\"{\\\"class\\\":1}\"}]}}\n");
	test("skips notifications",
	     mcp_read_brief(&server.mcp, &brief, &server.err) == 0);
	test_text("reads the brief", brief, "{\"class\":1}");
	server_close(&server);
}

static void
proposes(void)
{
	char *statement = (char *)"ALTER TABLE a.b ADD COLUMN \"\xc3\xa9\"";
	struct proposal proposal = {
		.risk_level = "LOW",
		.diagnosis = (char *)"d",
		.statements = &statement,
		.statement_count = 1,
		.reasoning = (char *)"r",
	};
	auto_free char *heard = NULL, *denial = NULL;
	struct server server;

	server_open(&server,
		    ANSWER(COMPLETE ",\"structuredContent\":{\"verdict\":"
				    "\"allow\"},\"isError\":false"));
	test("hears that a proposal was taken",
	     mcp_propose(&server.mcp, &proposal, &denial, &server.err) == 0 &&
		     denial == NULL);
	heard = server_heard(&server);
	test_text("says what interfaces promise", heard,
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
		  "\"params\":{\"name\":\"propose_repair\",\"arguments\":{"
		  "\"diagnosis\":\"d\",\"risk_level\":\"LOW\",\"statements\":["
		  "\"ALTER TABLE a.b ADD COLUMN \\\"\xc3\xa9\\\"\"],"
		  "\"mapping\":[],\"advice\":[],\"reasoning\":\"r\"}," META
		  "}}\n");
	server_close(&server);

	server_open(&server,
		    ANSWER(COMPLETE ",\"structuredContent\":{\"verdict\":"
				    "\"deny\",\"reason_code\":\"F04\","
				    "\"message\":\"m\"},\"isError\":true"));
	test("hears that a proposal was denied",
	     mcp_propose(&server.mcp, &proposal, &denial, &server.err) == 0);
	test_text("hears why", denial, "the proposal was denied: m");
	server_close(&server);
}

static void
gives_up(void)
{
	auto_free char *heard = NULL;
	struct server server;

	server_open(&server, ANSWER(COMPLETE ",\"content\":[]"));
	test("gives up",
	     mcp_give_up(&server.mcp, "a \"reason\"", &server.err) == 0);
	heard = server_heard(&server);
	test_text("says why", heard,
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
		  "\"params\":{\"name\":\"give_up\",\"arguments\":{\"reason\":"
		  "\"a \\\"reason\\\"\"}," META "}}\n");
	server_close(&server);
}

int
main(void)
{
	discovers();
	refuses_answers();
	ends_at_the_end_of_file();
	reads_the_brief();
	proposes();
	gives_up();
	return test_end();
}
