#include "supervisor/redact.h"
#include "tests/test.h"

static const char payload[] =
	"{\"note\":\"Ada Lovelace\",\"deep\":[{\"k\":\"Baker Street\"}],"
	"\"quote\":\"a\\\"b secret\",\"n\":12.5,\"t\":\"or\"}";

static const struct {
	const char *message, *told;
} messages[] = {
	{"column \"coupon\" of relation \"orders\" does not exist",
	 "column \"coupon\" of relation \"orders\" does not exist"},
	{"invalid input syntax for type integer: \"hello\"",
	 "invalid input syntax for type integer: \"?\""},
	{"invalid input value for enum mood: \"ecstatic\"",
	 "invalid input value for enum mood: \"?\""},
	{"value too long for type character varying(10)",
	 "value too long for type character varying(?)"},
	{"date/time field value out of range: \"2026-13-01\"",
	 "date/time field value out of range: \"?\""},
	{"null value in column \"coupon\" violates not-null constraint",
	 "null value in column \"coupon\" violates not-null constraint"},
	{"Key (email)=(x) already exists.", "Key (?)=(?) already exists."},
	{"smallint out of range at 2026-11-26 10:00:01.5, 99999 of int4",
	 "smallint out of range at ? ?, ? of int4"},
	{"la valeur \xc2\xab secret \xc2\xbb est trop longue",
	 "la valeur \xc2\xab?\xc2\xbb est trop longue"},
	{"Wert \xc2\xbbsecret\xc2\xab und \xe2\x80\x9esecret\xe2\x80\x9c",
	 "Wert \xc2\xbb?\xc2\xab und \xe2\x80\x9e?\xe2\x80\x9c"},
	{"can't do that, doesn't matter", "can't do that, doesn't matter"},
	{"opened 'and never closed", "opened '?"},
	{"the customer Ada Lovelace of Baker Street", "the customer ? of ?"},
	{"bad value \"a\"b secret\" there", "bad value \"?\" there"},
	{"order of things", "order of things"},
	{"first line\nDETAIL: Failing row contains (1, Ada).", "first line"},
	{"write to ada@example.com", REDACT_WITHHELD},
	{"", ""},
	{NULL, NULL},
};

static void
redacts_messages(void)
{
	static const char *const names[] = {"orders", "coupon", NULL};
	static const int payloads[] = {0};
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;
	struct redaction redaction = {
		.names = names,
		.name_count = 3,
		.payloads = payloads,
		.payload_count = 1,
	};

	if (json_scan(&json, payload, strlen(payload), &err) < 0)
		abort();
	redaction.json = json;
	for (size_t i = 0; i < array_size(messages); i++) {
		auto_free char *told =
			redact_message(messages[i].message, &redaction);
		auto_free char *name = xprintf("redacts message %zu", i);

		test_text(name, told, messages[i].told);
	}
}

static const struct {
	const char *sql, *told;
} statements[] = {
	{"INSERT INTO app.orders (id, note) VALUES ($1, $2)",
	 "INSERT INTO app.orders (id, note) VALUES ($1, $2)"},
	{"INSERT INTO t VALUES (1, -2.5, .5, 1e-5, 0x1F, 1_000, 'it''s')",
	 "INSERT INTO t VALUES (?, -?, ?, ?, ?, ?, ?)"},
	{"INSERT INTO t (a1) VALUES (:name, %(name)s, %s)",
	 "INSERT INTO t (a1) VALUES (:name, %(name)s, %s)"},
	{"VALUES ($$secret$$, $tag$ a $$ secret $tag$)", "VALUES (?, ?)"},
	{"VALUES ($1$a$the secret$a$)", "VALUES ($1?)"},
	{"VALUES (1$$the secret$$ , 2)", "VALUES (?? , ?)"},
	{"VALUES ($$secret", "VALUES (?"},
	{"VALUES (E'it\\'s secret', 2)", "VALUES (E?"},
	{"VALUES ('a\\', secret, ')", "VALUES (?"},
	{"VALUES ('secret", "VALUES (?"},
	{"VALUES (B'01', N'secret')", "VALUES (B?, N?)"},
	{"a -- secret 'x\nb", "a \nb"},
	{"a /* secret /* deep */ 'x */ b", "a   b"},
	{"a /* secret", "a  "},
	{"\"Odd \"\"name\"\" 1\" + 1", "\"Odd \"\"name\"\" 1\" + ?"},
	{"\"ada@example.com\" = 1", "\"" REDACT_WITHHELD "\" = ?"},
	{"\"open", "?"},
	{"CHECK ((price > 10) AND (kind = 'secret'::text))",
	 "CHECK ((price > ?) AND (kind = ?::text))"},
	{"a$b = 1", "a$b = ?"},
	{"", ""},
	{NULL, NULL},
};

static void
redacts_statements(void)
{
	for (size_t i = 0; i < array_size(statements); i++) {
		auto_free char *told = redact_sql(statements[i].sql);
		auto_free char *name = xprintf("redacts statement %zu", i);

		test_text(name, told, statements[i].told);
	}
}

static void
bounds_what_is_told(void)
{
	static const struct redaction redaction = {.name_count = 0};
	auto_free char *text = xcalloc(1, 20001);
	auto_free char *message = NULL, *sql = NULL;

	memset(text, 'x', 20000);
	message = redact_message(text, &redaction);
	sql = redact_sql(text);
	test("tells so much of a message",
	     strlen(message) == REDACT_MESSAGE_MAX);
	test("tells so much of a statement", strlen(sql) == REDACT_SQL_MAX);
}

static void
redacts_names(void)
{
	auto_free char *plain = redact_name("e-mail address");
	auto_free char *number = redact_name("phone +49 30 1234567");
	auto_free char *none = redact_name(NULL);

	test_text("a name stays", plain, "e-mail address");
	test_text("a name that is personal doesn't", number, REDACT_WITHHELD);
	test_text("no name is none", none, NULL);
}

int
main(void)
{
	redacts_messages();
	redacts_statements();
	bounds_what_is_told();
	redacts_names();
	return test_end();
}
