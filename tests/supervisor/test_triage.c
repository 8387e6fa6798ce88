/*
 * The classes of SQLSTATEs: what a planner may be asked about, what waits, and
 * what no schema change mends.
 */
#include "supervisor/incident.h"
#include "supervisor/triage.h"
#include "tests/test.h"

static bool
is_class(const char *sqlstate, enum triage_class class)
{
	return triage(sqlstate, NULL).class == class;
}

static enum triage_class
claim(const char *sqlstate, const char *message)
{
	struct incident incident = {
		.sqlstate = (char *)sqlstate,
		.message = (char *)message,
	};

	return triage_claim(&incident).class;
}

int
main(void)
{
	static const char *const drift[] = {"42703", "42P01", "22001", "22003",
					    "22P02", "42804", "22007", "23502",
					    "23514", "428C9", "42P10"};
	static const char *const transient[] = {
		"40001", "40P01", "55P03", "57014", "57P01",
		"57P03", "53300", "08006", "25006", ""};
	static const char *const data[] = {"23505", "23503", "23P01", "22012",
					   "22021", "P0001", "42501", "42P18",
					   "42846", "42704"};

	for (size_t i = 0; i < array_size(drift); i++)
		test(drift[i], is_class(drift[i], TRIAGE_DRIFT));
	for (size_t i = 0; i < array_size(transient); i++)
		test("transient state",
		     is_class(transient[i], TRIAGE_TRANSIENT));
	for (size_t i = 0; i < array_size(data); i++)
		test(data[i], is_class(data[i], TRIAGE_DATA));

	test("no sqlstate is a lost connection",
	     is_class(NULL, TRIAGE_TRANSIENT));
	test("an unheard-of state is unknown",
	     is_class("ZZ999", TRIAGE_UNKNOWN));
	test("an error after an error is never the cause",
	     is_class("25P02", TRIAGE_UNKNOWN));
	test("a missing column names its drift",
	     same_text(triage("42703", NULL).drift, "missing_column"));
	test("what a function raised is not the table's drift",
	     triage("42703", "PL/pgSQL function f() line 1 at RAISE").class ==
		     TRIAGE_DATA);
	test("a parameter's context is no function",
	     triage("22P02", "unnamed portal parameter $1 = 'x'").class ==
		     TRIAGE_DRIFT);

	test("no SQLSTATE from a source that passes none on is unknown",
	     claim(NULL, "column \"x\" does not exist") == TRIAGE_UNKNOWN);
	test("no SQLSTATE and a connection that broke is transient",
	     claim(NULL, "server closed the connection unexpectedly") ==
		     TRIAGE_TRANSIENT);
	test("a SQLSTATE says more than words",
	     claim("42703", "terminating connection") == TRIAGE_DRIFT);
	return test_end();
}
