/* What a planner is told of an incident, under several policies. */
#include "policy/insert.h"
#include "sandbox/json.h"
#include "supervisor/brief.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/replay.h"
#include "tests/policy/policies.h"

#define SQL                                                 \
	"INSERT INTO app.orders (id, note, coupon) VALUES " \
	"(:id, :note, :coupon) -- for Ada"
#define MESSAGE                                                             \
	"column \\\"coupon\\\" of relation \\\"orders\\\" does not exist: " \
	"Ada Lovelace"

static const char text[] =
	"{\"pgmend_incident\":1,\"id\":\"1\",\"source\":{\"kind\":\"app\"},"
	"\"error\":{\"sqlstate\":\"42703\",\"message\":\"" MESSAGE "\","
	"\"detail\":\"Failing row of Ada\"},"
	"\"statement\":{\"sql\":\"" SQL "\"},\"payloads\":["
	"{\"id\":1,\"note\":\"Ada Lovelace\",\"coupon\":\"SPRING-5\","
	"\"userName\":\"ada\",\"ada@example.com\":true},"
	"{\"id\":2,\"note\":null,\"coupon\":\"ada@example.com\"},"
	"{\"id\":3,\"note\":\"x\",\"coupon\":\"SUMMER-55\"}]}";

static struct column columns[] = {
	{.name = (char[]){"id"}, .type = (char[]){"integer"}},
	{.name = (char[]){"note"}, .type = (char[]){"text"}},
};

static struct catalog catalog = {
	.schema = (char[]){"app"},
	.table = (char[]){"orders"},
	.columns = columns,
	.column_count = 2,
};

/* The brief as one line; the caller frees it. */
static char *
brief_under(const char *rules)
{
	auto_policy struct policy *policy = policy_of(rules);
	auto_incident struct incident *incident = NULL;
	auto_insert struct insert *insert = NULL;
	auto_document struct document *brief = NULL;
	struct replay replay = {0};
	struct refusal refusal = {0};
	struct error err = NO_ERROR;
	struct grounds grounds = {
		.policy = policy, .catalog = &catalog, .replay = &replay};
	char *line;

	if (policy == NULL ||
	    incident_parse(&incident, text, strlen(text), &err) < 0 ||
	    !insert_parse(&insert, incident->sql, strlen(incident->sql),
			  &refusal) ||
	    replay_bind(&replay, incident, insert, NULL, &catalog, &err) < 0) {
		printf("# %s %s\n", err.text, refusal.text);
		abort();
	}
	brief = brief_document(&grounds, "missing_column", "42703",
			       incident->message);
	line = document_print(brief);
	replay_free(&replay);
	return line;
}

/* A member of the brief, as JSON; the caller frees it. */
static char *
member_of(const char *line, const char *name)
{
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	if (json_scan(&json, line, strlen(line), &err) < 0)
		abort();
	return json_raw_copy(json, json_member(json, 0, name));
}

static bool
holds(const char *line, const char *part)
{
	return strstr(line, part) != NULL;
}

static void
tells_shapes_and_no_values(void)
{
	auto_free char *line = brief_under("");
	auto_free char *message = member_of(line, "message");
	auto_free char *statement = member_of(line, "statement");
	auto_free char *others = member_of(line, "other_fields");

	test_text("the message without what was in the data", message,
		  "\"column \\\"coupon\\\" of relation \\\"orders\\\" does not "
		  "exist: ?\"");
	test_text("the statement without comments", statement,
		  "\"INSERT INTO app.orders (id, note, coupon) VALUES (:id, "
		  ":note, :coupon) \"");
	test("no value of any record",
	     !holds(line, "Ada") && !holds(line, "SPRING") &&
		     !holds(line, "\"ada\"") && !holds(line, "example.com"));
	test("nothing of the detail", !holds(line, "Failing"));
	test("shapes of a field that the table lacks",
	     holds(line, "{\"column\":\"coupon\",\"exists\":false,\"field\":"
			 "\"coupon\",\"disclosure\":\"shape\",\"shapes\":["
			 "{\"type\":\"string\",\"format\":\"text\","
			 "\"length\":8}"));
	test("a field that the statement doesn't take",
	     holds(others, "{\"field\":\"userName\""));
	test("a name that is personal is withheld",
	     holds(others, "{\"field\":\"[withheld]\""));
	test("no field twice", !holds(others, "\"coupon\""));
	test("how many records there are", holds(line, "\"records\":3"));
}

static void
tells_what_the_policy_says(void)
{
	auto_free char *full = brief_under("disclose {\n full app.orders\n"
					   " max_rows 2\n}\n");
	auto_free char *masked =
		brief_under("disclose {\n masked app.orders.coupon\n}\n");
	auto_free char *none = brief_under("disclose {\n default none\n}\n");
	auto_free char *key = brief_under("disclose {\n full app.orders\n"
					  " none app.orders.username\n}\n");

	test("values where they may be told",
	     holds(full, "\"value\":\"SPRING-5\""));
	test("of the first records alone", !holds(full, "SUMMER"));
	test("none in which a detector fires", !holds(full, "ada@example.com"));
	test("the message's value all the same", !holds(full, "exist: Ada"));
	test("masked values", holds(masked, "\"masked\":\"******-*\"") &&
				      !holds(masked, "SPRING"));
	test("of this column alone", !holds(masked, "************"));
	test("no shape where none may be told",
	     holds(none, "\"disclosure\":\"none\",\"shapes\":[],"
			 "\"values\":[]") &&
		     !holds(none, "\"length\""));
	test("the names all the same", holds(none, "\"column\":\"coupon\""));
	test("a field under its own name, however it is written",
	     !holds(key, "\"value\":\"ada\""));
}

int
main(void)
{
	tells_shapes_and_no_values();
	tells_what_the_policy_says();
	return test_end();
}
