/* Who may call which tool, and with what. */
#include "supervisor/document.h"
#include "supervisor/tools.h"
#include "tests/test.h"

/* The names of a list of tools, in its order; the caller frees. */
static char *
names_of(struct document *list)
{
	auto_document struct document *owned = list;
	auto_free char *text = document_print(owned);
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;
	char *names = NULL;
	size_t size;
	FILE *out = xmemstream(&names, &size);

	if (json_scan(&json, text, strlen(text), &err) < 0)
		abort();
	for (int node = json_first(json, 0); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *name =
			json_string(json, json_member(json, node, "name"));

		fprintf(out, "%s ", name);
	}
	fclose(out);
	return names;
}

static void
each_peer_has_its_tools(void)
{
	static const char of_agent[] = "describe_table list_constraints "
				       "list_dependents propose_repair "
				       "give_up ";
	auto_free char *agent = names_of(tools_document(PEER_AGENT));
	auto_free char *model = names_of(tools_for_model());
	auto_free char *host = names_of(tools_document(PEER_HOST));

	test_text("an agent looks, proposes and gives up", agent, of_agent);
	test_text("its model is told the same", model, of_agent);
	test_text("a host explains, checks and lists, too", host,
		  "describe_table list_constraints list_dependents "
		  "explain_statement check_incident propose_repair "
		  "list_runs ");
	test("a host can't end a run by giving up",
	     tool_find(PEER_HOST, "give_up") == TOOLS);
	test("an agent can't read the audit",
	     tool_find(PEER_AGENT, "list_runs") == TOOLS);
	test("nobody calls what isn't there",
	     tool_find(PEER_HOST, "execute") == TOOLS &&
		     tool_find(PEER_HOST, "") == TOOLS);
}

#define GOOD                                                            \
	"\"diagnosis\":\"d\",\"risk_level\":\"LOW\",\"statements\":[]," \
	"\"advice\":[],\"reasoning\":\"r\""

static const struct {
	const char *claim;
	enum tool tool;
	const char *arguments, *mistake; /* NULL: it is taken */
} calls[] = {
	{"a table is named", TOOL_DESCRIBE_TABLE,
	 "{\"schema\":\"a\",\"table\":\"b\"}", NULL},
	{"by both of its names", TOOL_DESCRIBE_TABLE, "{\"schema\":\"a\"}",
	 "table is missing"},
	{"which are texts", TOOL_DESCRIBE_TABLE,
	 "{\"schema\":\"a\",\"table\":null}",
	 "table is of another type than the tool takes"},
	{"and by nothing else", TOOL_DESCRIBE_TABLE,
	 "{\"schema\":\"a\",\"table\":\"b\",\"c\":1}",
	 "arguments has an unknown member"},
	{"a limit may be left out", TOOL_LIST_RUNS, "{}", NULL},
	{"a limit has a least", TOOL_LIST_RUNS, "{\"limit\":0}",
	 "limit is too small"},
	{"and a most", TOOL_LIST_RUNS, "{\"limit\":101}", "limit is too large"},
	{"both are taken", TOOL_LIST_RUNS, "{\"limit\":100}", NULL},
	{"a limit is whole", TOOL_LIST_RUNS, "{\"limit\":1.5}",
	 "limit is of another type than the tool takes"},
	{"a proposal has all of its members", TOOL_PROPOSE_REPAIR, "{" GOOD "}",
	 "mapping is missing"},
	{"a mapping may have no transform", TOOL_PROPOSE_REPAIR,
	 "{" GOOD ",\"mapping\":[{\"field\":\"a\",\"column\":\"b\","
	 "\"transform\":null}]}",
	 NULL},
	{"but says so", TOOL_PROPOSE_REPAIR,
	 "{" GOOD ",\"mapping\":[{\"field\":\"a\",\"column\":\"b\"}]}",
	 "transform is missing"},
	{"each item is looked at", TOOL_PROPOSE_REPAIR,
	 "{" GOOD ",\"mapping\":[7]}",
	 "mapping is of another type than the tool takes"},
	{"a risk is one of three words", TOOL_PROPOSE_REPAIR,
	 "{\"risk_level\":\"NONE\"}",
	 "risk_level is none of the words that the tool takes"},
};

static void
arguments_are_what_the_schema_says(void)
{
	for (size_t i = 0; i < array_size(calls); i++) {
		const char *text = calls[i].arguments;
		auto_json struct json *json = NULL;
		struct error err = NO_ERROR;
		struct tool_call call = {.tool = calls[i].tool};
		char mistake[256];

		if (json_scan(&json, text, strlen(text), &err) < 0)
			abort();
		call.json = json;
		test_text(calls[i].claim,
			  tool_takes(&call, mistake) ? NULL : mistake,
			  calls[i].mistake);
	}
}

static void
no_arguments_are_empty_ones(void)
{
	struct tool_call call = {.tool = TOOL_CHECK_INCIDENT,
				 .arguments = JSON_NONE};
	char mistake[256];

	test("a tool without arguments is called without",
	     tool_takes(&call, mistake));
	call.tool = TOOL_EXPLAIN_STATEMENT;
	test("another isn't", !tool_takes(&call, mistake));
}

int
main(void)
{
	each_peer_has_its_tools();
	arguments_are_what_the_schema_says();
	no_arguments_are_empty_ones();
	return test_end();
}
