#include "supervisor/incident.h"
#include "tests/test.h"

/* The least incident, open for more members. */
#define LEAST                                     \
	"\"pgmend_incident\":1,\"id\":\"a/0/1\"," \
	"\"source\":{\"kind\":\"app\"}"
#define ERROR "\"error\":{\"sqlstate\":\"42703\"}"
#define GOOD LEAST "," ERROR

static const struct {
	const char *name, *text;
	const char *complaint; /* NULL: accepted; else part of the error */
} incidents[] = {
	{"accepts the least incident", "{" GOOD "}", NULL},
	{"accepts a message instead of a SQLSTATE",
	 "{" LEAST ",\"error\":{\"message\":\"m\"}}", NULL},
	{"accepts every text of the error",
	 "{" LEAST ",\"error\":{\"sqlstate\":\"XX000\",\"message\":\"\","
	 "\"detail\":\"\",\"hint\":\"\",\"context\":\"\",\"schema\":\"\","
	 "\"table\":\"\",\"column\":\"\",\"datatype\":\"\","
	 "\"constraint\":\"\",\"class\":\"\",\"stacktrace\":\"\"}}",
	 NULL},
	{"accepts every text of the source",
	 "{\"pgmend_incident\":1,\"id\":\"i\",\"source\":{\"kind\":\"k\","
	 "\"name\":\"n\",\"run\":\"r\",\"task\":\"t\",\"url\":\"u\"}," ERROR
	 "}",
	 NULL},
	{"accepts a payload", "{" GOOD ",\"payload\":{\"a\":[{}]}}", NULL},
	{"accepts several payloads", "{" GOOD ",\"payloads\":[{},{}]}", NULL},
	{"accepts x", "{" GOOD ",\"x\":{\"team\":\"a\"}}", NULL},
	{"accepts a time with a fraction and an offset",
	 "{" GOOD ",\"occurred_at\":\"2024-02-29T23:59:60.5+05:30\"}", NULL},

	{"refuses what is no JSON", "{", "not acceptable JSON"},
	{"refuses an array", "[]", "incident: object wanted, not array"},
	{"refuses a missing version", "{}", "pgmend_incident"},
	{"refuses another version before its members",
	 "{\"new\":1,\"pgmend_incident\":2}", "pgmend_incident: 1 wanted"},
	{"refuses the version as text", "{\"pgmend_incident\":\"1\"}",
	 "pgmend_incident"},
	{"refuses the version as decimal", "{\"pgmend_incident\":1.0}",
	 "pgmend_incident"},
	{"refuses a missing id",
	 "{\"pgmend_incident\":1,\"source\":{\"kind\":\"k\"}," ERROR "}",
	 "id: wanted"},
	{"refuses an empty id",
	 "{\"pgmend_incident\":1,\"id\":\"\",\"source\":{\"kind\":\"k\"}," ERROR
	 "}",
	 "id: wanted"},
	{"refuses an id that is a number", "{\"pgmend_incident\":1,\"id\":1}",
	 "id: string wanted, not number"},
	{"refuses a missing source",
	 "{\"pgmend_incident\":1,\"id\":\"i\"," ERROR "}", "source.kind"},
	{"refuses a source without kind",
	 "{\"pgmend_incident\":1,\"id\":\"i\",\"source\":{}," ERROR "}",
	 "source.kind"},
	{"refuses a source that is a text",
	 "{\"pgmend_incident\":1,\"id\":\"i\",\"source\":\"app\"," ERROR "}",
	 "source: object wanted"},
	{"refuses a missing error", "{" LEAST "}", "sqlstate or message"},
	{"refuses an error that says nothing", "{" LEAST ",\"error\":{}}",
	 "sqlstate or message"},
	{"refuses an empty message alone",
	 "{" LEAST ",\"error\":{\"message\":\"\"}}", "sqlstate or message"},
	{"refuses a null message", "{" LEAST ",\"error\":{\"message\":null}}",
	 "error.message: string wanted, not null"},
	{"refuses a SQLSTATE of four characters",
	 "{" LEAST ",\"error\":{\"sqlstate\":\"4270\"}}", "error.sqlstate"},
	{"refuses a SQLSTATE of six characters",
	 "{" LEAST ",\"error\":{\"sqlstate\":\"427030\"}}", "error.sqlstate"},
	{"refuses a SQLSTATE in small letters",
	 "{" LEAST ",\"error\":{\"sqlstate\":\"42p01\"}}", "error.sqlstate"},
	{"refuses a SQLSTATE as number",
	 "{" LEAST ",\"error\":{\"sqlstate\":42703}}", "error.sqlstate"},
	{"refuses an unknown member", "{" GOOD ",\"y\\u001b[m\":1}",
	 "incident: unknown member \"y\\u001b[m\""},
	{"refuses an unknown member of the error",
	 "{" LEAST ",\"error\":{\"sqlstate\":\"42703\",\"code\":1}}",
	 "error: unknown member \"code\""},
	{"refuses an unknown member of the statement",
	 "{" LEAST ",\"error\":{\"sqlstate\":\"42703\"},\"statement\":"
	 "{\"text\":\"\"}}",
	 "statement: unknown member \"text\""},
	{"refuses a member twice", "{" GOOD ",\"id\":\"b\"}", "twice"},
	{"refuses an impossible day",
	 "{" GOOD ",\"occurred_at\":\"2023-02-29T00:00:00Z\"}", "occurred_at"},
	{"refuses a time without zone",
	 "{" GOOD ",\"occurred_at\":\"2023-02-28T00:00:00\"}", "occurred_at"},
	{"refuses a time without seconds",
	 "{" GOOD ",\"occurred_at\":\"2023-02-28T00:00Z\"}", "occurred_at"},
	{"refuses a time that is a number", "{" GOOD ",\"occurred_at\":1}",
	 "occurred_at: string wanted"},
	{"refuses a payload that is an array", "{" GOOD ",\"payload\":[]}",
	 "payload: object wanted"},
	{"refuses payloads that are an object", "{" GOOD ",\"payloads\":{}}",
	 "payloads: array wanted"},
	{"refuses payloads that hold a number",
	 "{" GOOD ",\"payloads\":[{},1]}", "payloads[]: object wanted"},
	{"refuses payload beside payloads",
	 "{" GOOD ",\"payload\":{},\"payloads\":[{}]}", "one of the two"},
	{"refuses payloads beside payload",
	 "{" GOOD ",\"payloads\":[],\"payload\":{}}", "one of the two"},
	{"refuses params that are an object",
	 "{" GOOD ",\"statement\":{\"sql\":\"\",\"params\":{}}}",
	 "statement.params: array wanted"},
	{"refuses params that hold a number",
	 "{" GOOD ",\"statement\":{\"sql\":\"\",\"params\":[1]}}",
	 "statement.params[]: string wanted"},
	{"refuses unknown rows", "{" GOOD ",\"rows\":\"drop\"}", "rows:"},
	{"refuses x that is a text", "{" GOOD ",\"x\":\"a\"}",
	 "x: object wanted"},
	{"refuses x that holds a number", "{" GOOD ",\"x\":{\"a\":1}}",
	 "x: string wanted"},
};

static void
accepts_and_refuses(void)
{
	for (size_t i = 0; i < array_size(incidents); i++) {
		auto_incident struct incident *incident = NULL;
		struct error err = NO_ERROR;
		const char *complaint = incidents[i].complaint;
		int result = incident_parse(&incident, incidents[i].text,
					    strlen(incidents[i].text), &err);

		if (complaint == NULL) {
			test(incidents[i].name, result == 0);
			continue;
		}
		test(incidents[i].name,
		     result < 0 && err.reason == EXIT_BAD_INCIDENT &&
			     strstr(err.text, complaint) != NULL);
	}
}

/* An incident whose `path`-th text has this many letters; see the formats. */
static bool
accepts_length(const char *before, size_t letters, const char *after)
{
	auto_incident struct incident *incident = NULL;
	auto_free char *text = NULL;
	struct error err = NO_ERROR;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fputs(before, out);
	for (size_t i = 0; i < letters; i++)
		fputc('a', out);
	fputs(after, out);
	fclose(out);
	return incident_parse(&incident, text, size, &err) == 0;
}

static void
limits_lengths(void)
{
	static const struct {
		const char *name, *before, *after;
		size_t max;
	} limits[] = {
		{"id", "{\"pgmend_incident\":1,\"id\":\"",
		 "\",\"source\":{\"kind\":\"k\"}," ERROR "}", 256},
		{"error.message", "{" LEAST ",\"error\":{\"message\":\"",
		 "\"}}", 8192},
		{"statement.sql", "{" GOOD ",\"statement\":{\"sql\":\"", "\"}}",
		 64 * 1024},
		{"the whole", "{" GOOD ",\"x\":{\"a\":\"", "\"}}",
		 INCIDENT_MAX - strlen("{" GOOD ",\"x\":{\"a\":\"\"}}")},
	};

	for (size_t i = 0; i < array_size(limits); i++) {
		auto_free char *full =
			xprintf("accepts %s at its limit", limits[i].name);
		auto_free char *over =
			xprintf("refuses %s beyond its limit", limits[i].name);

		test(full, accepts_length(limits[i].before, limits[i].max,
					  limits[i].after));
		test(over, !accepts_length(limits[i].before, limits[i].max + 1,
					   limits[i].after));
	}
}

static void
keeps_what_it_read(void)
{
	static const char text[] =
		"{" GOOD ",\"statement\":{\"sql\":\"INSERT ...\","
		"\"params\":[\"id\",\"na\\u006de\"]},\"payloads\":"
		"[{\"n\" : 12345678901234567890.10},{\"n\":12345678901234567890"
		".10}],\"rows\":\"prove\",\"x\":{}}";
	auto_incident struct incident *incident = NULL;
	struct error err = NO_ERROR;
	char first[65], second[65];

	if (incident_parse(&incident, text, sizeof(text) - 1, &err) < 0) {
		test_text("reads the sample", err.text, NULL);
		return;
	}
	test_text("reads id", incident->id, "a/0/1");
	test_text("reads source.kind", incident->source_kind, "app");
	test_text("reads error.sqlstate", incident->sqlstate, "42703");
	test("leaves what isn't given NULL", incident->message == NULL);
	test_text("reads statement.sql", incident->sql, "INSERT ...");
	test("counts params", incident->param_count == 2);
	test_text("decodes params", incident->params[1], "name");
	test("counts payloads", incident->payload_count == 2);
	test("reads rows", incident->rows == ROWS_PROVE);
	test("finds x", incident->extra != JSON_NONE);
	incident_payload_hash(first, incident, incident->payloads[0]);
	incident_payload_hash(second, incident, incident->payloads[1]);
	test("hashes equal payloads alike, whatever their white space",
	     strcmp(first, second) == 0);
	test_text("hashes the exact bytes without white space", first,
		  "1f2586e9fbeb7c873c5d8932ce03bd76"
		  "2685e7304735b38d5a4d111ebf5f6808");
}

static enum incident_rows
rows_of(const char *kind, const char *more)
{
	auto_incident struct incident *incident = NULL;
	auto_free char *text =
		xprintf("{\"pgmend_incident\":1,\"id\":\"i\",\"source\":"
			"{\"kind\":\"%s\"}," ERROR "%s}",
			kind, more);
	struct error err = NO_ERROR;

	if (incident_parse(&incident, text, strlen(text), &err) < 0)
		return ROWS_UNSET;
	return incident_rows_default(incident);
}

static void
knows_whose_row_it_is(void)
{
	test("proves for airflow", rows_of("airflow", "") == ROWS_PROVE);
	test("proves for dagster", rows_of("dagster", "") == ROWS_PROVE);
	test("proves for dbt", rows_of("dbt", "") == ROWS_PROVE);
	test("proves for copy", rows_of("copy", "") == ROWS_PROVE);
	test("keeps for kafka-connect",
	     rows_of("kafka-connect", "") == ROWS_KEEP);
	test("keeps where the incident says so",
	     rows_of("dbt", ",\"rows\":\"keep\"") == ROWS_KEEP);
}

static void
reads_files(void)
{
	char path[] = "/tmp/test_incident.XXXXXX";
	auto_incident struct incident *incident = NULL;
	auto_close int fd = mkstemp(path);
	struct error err = NO_ERROR;

	test("refuses a file that isn't there",
	     incident_read(&incident, "/nonexistent/i.json", &err) < 0 &&
		     err.reason == EXIT_BAD_INCIDENT);
	test("refuses an empty file",
	     incident_read(&incident, path, &err) < 0 &&
		     err.reason == EXIT_BAD_INCIDENT &&
		     strncmp(err.text, path, strlen(path)) == 0);
	if (write(fd, "{" GOOD "}\n", sizeof("{" GOOD "}\n") - 1) > 0)
		test("reads a file",
		     incident_read(&incident, path, &err) == 0 &&
			     same_text(incident->id, "a/0/1"));
	test("refuses a file without end",
	     incident_read(&incident, "/dev/zero", &err) < 0 &&
		     strstr(err.text, "larger than") != NULL);
	unlink(path);
}

int
main(void)
{
	accepts_and_refuses();
	limits_lengths();
	keeps_what_it_read();
	knows_whose_row_it_is();
	reads_files();
	return test_end();
}
