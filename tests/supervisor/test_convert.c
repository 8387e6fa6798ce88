#include "supervisor/convert_draft.h"
#include "supervisor/convert_message.h"
#include "supervisor/convert_statement.h"
#include "tests/test.h"

#define INTO "INSERT INTO app.t (a, b) VALUES "

/* Statements with constants. */
static const struct {
	const char *name, *sql;
	const char *lifted;  /* NULL: it stays as it is */
	const char *payload; /* as JSON */
} statements[] = {
	{"lifts strings and numbers", INTO "(1, 'x')", INTO "($1, $2)",
	 "{\"a\":1,\"b\":\"x\"}"},
	{"lifts null and booleans", INTO "(NULL, True)", INTO "($1, $2)",
	 "{\"a\":null,\"b\":true}"},
	{"keeps every digit", INTO "(-12345678901234567890.10, 0)",
	 INTO "($1, $2)", "{\"a\":-12345678901234567890.10,\"b\":0}"},
	{"undoubles quotes", INTO "(1, 'it''s '' ''')", INTO "($1, $2)",
	 "{\"a\":1,\"b\":\"it's ' '\"}"},
	{"lifts what is cast", INTO "(('1'::int8), 'x'::text)",
	 INTO "(($1::int8), $2::text)", "{\"a\":\"1\",\"b\":\"x\"}"},
	{"lifts each row", INTO "(1, 'x'), (2, 'y')", INTO "($1, $2), ($3, $4)",
	 "{\"a\":1,\"b\":\"x\",\"a:2\":2,\"b:2\":\"y\"}"},
	{"leaves functions alone", INTO "(1, lower('X'))",
	 INTO "($1, lower('X'))", "{\"a\":1}"},
	{"leaves defaults alone", INTO "(DEFAULT, 'x')", INTO "(DEFAULT, $1)",
	 "{\"b\":\"x\"}"},
	{"leaves typed constants alone", INTO "(1, date '2026-01-01')",
	 INTO "($1, date '2026-01-01')", "{\"a\":1}"},
	{"leaves numbers alone that JSON writes in another way",
	 INTO "(1e3, 007), (1, 2)", INTO "(1e3, 007), ($1, $2)",
	 "{\"a:2\":1,\"b:2\":2}"},
	{"takes quoted text for no syntax", INTO "(1, '), (--$1/*')",
	 INTO "($1, $2)", "{\"a\":1,\"b\":\"), (--$1/*\"}"},
	{"takes a quoted name for no keyword",
	 "INSERT INTO app.t (\"values\", b) VALUES (1, 2)",
	 "INSERT INTO app.t (\"values\", b) VALUES ($1, $2)",
	 "{\"values\":1,\"b\":2}"},
	{"leaves what follows the values alone",
	 INTO "(1, 2) ON CONFLICT (a) DO UPDATE SET b = 3",
	 INTO "($1, $2) ON CONFLICT (a) DO UPDATE SET b = 3",
	 "{\"a\":1,\"b\":2}"},

	{"lifts no part of an expression", INTO "('a' || 'b', 1 + 2)", NULL,
	 NULL},
	{"lifts nothing beside a parameter", INTO "($1, 2)", NULL, NULL},
	{"lifts nothing beside a comment", INTO "(1, /* ( */ 2)", NULL, NULL},
	{"lifts nothing behind a line's comment", INTO "(1, -- (\n 2)", NULL,
	 NULL},
	{"lifts no backslash", INTO "(1, 'a\\')", NULL, NULL},
	{"lifts nothing without an end", INTO "(1, 'x)", NULL, NULL},
	{"lifts nothing out of balance", INTO "(1, 2))", NULL, NULL},
	{"lifts nothing without columns", "INSERT INTO app.t VALUES (1, 2)",
	 NULL, NULL},
	{"lifts nothing of a query",
	 "INSERT INTO app.t (a) SELECT x FROM (VALUES (1)) v (x)", NULL, NULL},
	{"lifts nothing of another statement",
	 "UPDATE app.t SET a = 1 WHERE b IN (VALUES (2))", NULL, NULL},
	{"lifts nothing of two statements", INTO "(1, 2); " INTO "(3, 4)", NULL,
	 NULL},
	{"lifts nothing of no SQL", "values (1", NULL, NULL},
};

static void
test_statements(void)
{
	for (size_t i = 0; i < array_size(statements); i++) {
		auto_draft struct draft draft = {0};
		const char *expected = statements[i].lifted == NULL
					       ? statements[i].sql
					       : statements[i].lifted;

		convert_statement_lift(&draft, statements[i].sql);
		test_text(statements[i].name, draft.texts[DRAFT_SQL], expected);
		test_text("  with the record", draft.payload,
			  statements[i].payload);
	}
}

/* What drivers say. */
static const struct {
	const char *name, *text;
	const char *sqlstate, *message, *detail, *context;
} messages[] = {
	{"reads psycopg2's class",
	 "psycopg2.errors.UndefinedColumn: column \"c\"\nLINE 1: x\n", "42703",
	 "column \"c\"", NULL, NULL},
	{"reads SQLAlchemy's parentheses",
	 "(psycopg.errors.NotNullViolation) null value\n"
	 "DETAIL:  Failing row contains (1).\n\n[SQL: x]",
	 "23502", "null value", "Failing row contains (1).", NULL},
	{"reads Java's text",
	 "org.postgresql.util.PSQLException: ERROR: too long\n"
	 "  Detail: d\n  Where: unnamed portal\n",
	 NULL, "too long", "d", "unnamed portal"},
	{"reads the cause within a batch",
	 "java.sql.BatchUpdateException: Batch entry 0 INSERT was aborted: "
	 "ERROR: too long  Call getNextException",
	 NULL, "too long  Call getNextException", NULL, NULL},
	{"knows no SQLSTATE for an unknown class",
	 "psycopg2.errors.SomethingNew: new", NULL, "new", NULL, NULL},
	{"takes the first line of anything else", "\n one \n two", NULL, "one ",
	 NULL, NULL},
	{"reads a message that stands alone", "ERROR: too long", NULL,
	 "too long", NULL, NULL},
	{"takes a value for no beginning", "invalid input: \"ERROR: x\"", NULL,
	 "invalid input: \"ERROR: x\"", NULL, NULL},
	{"takes nothing of nothing", "", NULL, NULL, NULL, NULL},
};

static void
test_messages(void)
{
	for (size_t i = 0; i < array_size(messages); i++) {
		auto_draft struct draft draft = {0};

		message_read(&draft, messages[i].text);
		test_text(messages[i].name, draft.texts[DRAFT_MESSAGE],
			  messages[i].message);
		test_text("  its SQLSTATE", draft.texts[DRAFT_SQLSTATE],
			  messages[i].sqlstate);
		test_text("  its detail", draft.texts[DRAFT_DETAIL],
			  messages[i].detail);
		test_text("  its context", draft.texts[DRAFT_CONTEXT],
			  messages[i].context);
	}
}

static const struct {
	const char *name, *text, *statement;
} quotes[] = {
	{"finds the statement of a batch",
	 "Batch entry 0 INSERT x was aborted: ERROR: y", "INSERT x"},
	{"finds the statement of SQLAlchemy",
	 "e\n[SQL: INSERT x]\n[parameters: (1,)]\n(Background on this error",
	 "INSERT x"},
	{"finds it where parameters are hidden",
	 "e\n[SQL: INSERT x]\n(Background on this error at: u)", "INSERT x"},
	{"takes no statement that a value may have ended",
	 "Batch entry 0 INSERT ' was aborted: ' was aborted: ERROR: y", NULL},
	{"takes no other entry of a batch",
	 "Batch entry 10 INSERT x was aborted: ERROR: y", NULL},
	{"finds none where there is none", "ERROR: y", NULL},
};

static void
test_quotes(void)
{
	for (size_t i = 0; i < array_size(quotes); i++) {
		auto_free char *found = message_statement(quotes[i].text);

		test_text(quotes[i].name, found, quotes[i].statement);
	}
}

static void
test_moments(void)
{
	static const struct {
		const char *name;
		long long milliseconds;
		const char *moment;
	} moments[] = {
		{"writes milliseconds as a moment", 1795660315097,
		 "2026-11-26T02:31:55.097Z"},
		{"writes the last moment", 253402300799999,
		 "9999-12-31T23:59:59.999Z"},
		{"writes no moment behind it", 253402300800000, NULL},
		{"writes none before 1970", -1, NULL},
		{"writes none for a missing one", 0, NULL},
	};

	for (size_t i = 0; i < array_size(moments); i++) {
		auto_free char *moment =
			convert_moment(moments[i].milliseconds);

		test_text(moments[i].name, moment, moments[i].moment);
	}
}

int
main(void)
{
	test_statements();
	test_messages();
	test_quotes();
	test_moments();
	return test_end();
}
