#include <sys/stat.h>

#include "supervisor/configuration.h"
#include "tests/test.h"

/* Reads a configuration from a file of its own, with these permissions. */
static int
read_text(struct configuration **ret_configuration, const char *text,
	  mode_t mode, struct error *err)
{
	char path[] = "/tmp/test_configuration.XXXXXX";
	auto_close int fd = mkstemp(path);
	int result;

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
		abort();
	result = configuration_read(ret_configuration, path, err);
	unlink(path);
	return result;
}

static const char sample[] =
	"# what an operator fixes\n"
	"db = host=/run/postgresql dbname=app # by peer\n"
	"  policy=warehouse.policy  \r\n"
	"audit_schema = audit\n"
	"timeout = 2min\n"
	"api_key_file = /etc/pgmend/key#1\n"
	"planner = builtin\n"
	"base_url = https://gateway.example/team\n"
	"auth = sigv4 eu-west-1 bedrock-mantle\n"
	"header = anthropic-workspace-id: wrkspc_1\n"
	"header = x-team: a=b\n"
	"proxy = http://proxy.example:3128\n"
	"ca_path = certificates\n"
	"prices = prices.conf\n"
	"\n"
	"[pipeline orders-cdc]\n"
	"tables   = analytics.orders, analytics.order_items\n"
	"role     = orders_loader\n"
	"timezone = Europe/Berlin\n"
	"rows     = keep\n"
	"policy   = /srv/own.policy\n";

static void
reads_the_sample(void)
{
	auto_configuration struct configuration *read = NULL;
	struct error err = NO_ERROR;
	const struct pipeline *pipeline;

	if (read_text(&read, sample, 0600, &err) < 0) {
		test_text("reads the sample", err.text, NULL);
		return;
	}
	test_text("reads db without its comment", read->db,
		  "host=/run/postgresql dbname=app");
	test_text("resolves a relative path", read->policy,
		  "/tmp/warehouse.policy");
	test_text("keeps a number sign within a word", read->api_key_file,
		  "/etc/pgmend/key#1");
	test("reads a timeout", read->timeout_ms == 120000);
	test_text("leaves what isn't given NULL", read->ca_file, NULL);
	test_text("reads where a model is", read->base_url,
		  "https://gateway.example/team");
	test_text("reads how it is proven", read->auth,
		  "sigv4 eu-west-1 bedrock-mantle");
	test_text("reads a proxy", read->proxy, "http://proxy.example:3128");
	test_text("resolves a folder of certificates", read->ca_path,
		  "/tmp/certificates");
	test_text("resolves a table of prices", read->prices,
		  "/tmp/prices.conf");
	test("reads several headers",
	     read->header_count == 2 &&
		     same_text(read->headers[0],
			       "anthropic-workspace-id: wrkspc_1") &&
		     same_text(read->headers[1], "x-team: a=b"));
	pipeline = configuration_pipeline(read, "orders-cdc");
	test("finds a pipeline", pipeline != NULL);
	test("finds no other", configuration_pipeline(read, "orders") == NULL);
	test_text("reads a role", pipeline->role, "orders_loader");
	test_text("keeps an absolute path", pipeline->policy,
		  "/srv/own.policy");
	test("binds both tables",
	     pipeline_has_table(pipeline, "analytics", "orders") &&
		     pipeline_has_table(pipeline, "analytics", "order_items"));
	test("binds no other table",
	     !pipeline_has_table(pipeline, "analytics", "order") &&
		     !pipeline_has_table(pipeline, "public", "orders") &&
		     !pipeline_has_table(pipeline, "analytics", "Orders"));
	test("isn't fooled by a point in a name",
	     !pipeline_has_table(pipeline, "", "analytics.orders") &&
		     !pipeline_has_table(pipeline, "analytics.orders", ""));
}

static const struct {
	const char *name, *text, *complaint;
} refusals[] = {
	{"an unknown key", "\npolcy = a\n",
	 ":2: unknown key \"polcy\"; did you mean \"policy\"?"},
	{"an unknown key like no other", "colour = red\n",
	 ":1: unknown key \"colour\""},
	{"a pipeline's key at the top", "role = r\n", ":1: unknown key"},
	{"a top-level key in a pipeline", "[pipeline a]\ndb = x\n",
	 ":2: unknown key \"db\""},
	{"a key twice", "db = a\ndb = a\n", ":2: db is given twice"},
	{"a timeout twice", "timeout = 1\ntimeout = 1\n", "given twice"},
	{"tables twice", "[pipeline a]\ntables = a.b\ntables = a.c\n",
	 "given twice"},
	{"a pipeline twice",
	 "[pipeline a]\ntables = a.b\n[pipeline a]\ntables = a.b\n",
	 ":3: a second pipeline \"a\""},
	{"a pipeline without tables", "[pipeline a]\nrole = r\n",
	 "names no tables"},
	{"a pipeline without name", "[pipeline ]\n", "no name"},
	{"another section", "[table a]\n", "[pipeline NAME] wanted"},
	{"a section without end", "[pipeline a\n", "[pipeline NAME] wanted"},
	{"a line that is no setting", "planner\n", "key = value wanted"},
	{"a key without value", "planner =\n", "planner has no value"},
	{"an unknown planner", "planner = gpt\n",
	 "planner = gpt: one of auto claude builtin wanted"},
	{"several planners", "planner = auto claude\n", "one of"},
	{"unknown rows", "[pipeline a]\nrows = all\n", "keep prove"},
	{"a table without schema", "[pipeline a]\ntables = orders\n",
	 "schema.table wanted"},
	{"a table with a database", "[pipeline a]\ntables = a.b.c\n",
	 "schema.table wanted"},
	{"tables without comma", "[pipeline a]\ntables = a.b c.d\n",
	 "comma wanted"},
	{"an empty table", "[pipeline a]\ntables = a.b,\n",
	 "schema.table wanted"},
	{"an unknown unit", "timeout = 3days\n", "unknown unit"},
	{"a timeout of nothing", "timeout = 0\n", "a duration of nothing"},
	{"bytes that are no text", "db = \xff\n", "no UTF-8 text"},
};

static void
refuses(void)
{
	for (size_t i = 0; i < array_size(refusals); i++) {
		auto_configuration struct configuration *read = NULL;
		auto_free char *name = xprintf("refuses %s", refusals[i].name);
		struct error err = NO_ERROR;
		int result = read_text(&read, refusals[i].text, 0600, &err);

		test(name,
		     result < 0 && err.reason == EXIT_USAGE &&
			     strstr(err.text, refusals[i].complaint) != NULL);
	}
}

static void
trusts_only_safe_files(void)
{
	auto_configuration struct configuration *read = NULL;
	struct error err = NO_ERROR;

	test("refuses a file that the group may write to",
	     read_text(&read, "", 0660, &err) < 0 &&
		     strstr(err.text, "others may write") != NULL);
	test("refuses a file that everybody may write to",
	     read_text(&read, "", 0602, &err) < 0);
	test("accepts a file that everybody may read",
	     read_text(&read, "", 0644, &err) == 0);
	test("refuses a folder",
	     configuration_read(&read, "/tmp", &err) < 0 &&
		     strstr(err.text, "not a regular file") != NULL);
	test("refuses a file that isn't there",
	     configuration_read(&read, "/nonexistent/pgmend.conf", &err) < 0 &&
		     err.reason == EXIT_USAGE);
}

static void
does_without_the_default_file(void)
{
	auto_configuration struct configuration *read = NULL;
	struct error err = NO_ERROR;

	if (access(CONFIGURATION_DEFAULT, F_OK) == 0) {
		test_skip("does without the default file",
			  "a machine without " CONFIGURATION_DEFAULT);
		return;
	}
	test("does without the default file",
	     configuration_read(&read, NULL, &err) == 0 && read->path == NULL);
}

static int64_t
duration(const char *text)
{
	struct error err = NO_ERROR;
	int64_t milliseconds = -1;

	duration_parse(&milliseconds, text, &err);
	return milliseconds;
}

static void
reads_durations(void)
{
	test("a bare number is seconds", duration("90") == 90000);
	test("reads seconds", duration("90s") == 90000);
	test("reads milliseconds", duration("500ms") == 500);
	test("reads minutes", duration("2min") == 120000);
	test("reads hours", duration("1h") == 3600000);
	test("refuses a negative duration", duration("-1s") == -1);
	test("refuses a fraction", duration("1.5s") == -1);
	test("refuses a unit alone", duration("s") == -1);
	test("refuses an unknown unit", duration("1m") == -1);
	test("refuses a number without end",
	     duration("99999999999999999999") == -1);
}

int
main(void)
{
	reads_the_sample();
	refuses();
	trusts_only_safe_files();
	does_without_the_default_file();
	reads_durations();
	return test_end();
}
