/* What single records show of a drift, for a statement of several rows. */
#include "policy/insert.h"
#include "supervisor/catalog.h"
#include "supervisor/fingerprint.h"
#include "supervisor/incident.h"
#include "supervisor/replay.h"
#include "tests/test.h"

#define ROWS 12

static const char text[] =
	"{\"pgmend_incident\":1,\"id\":\"1\",\"source\":{\"kind\":\"app\"},"
	"\"error\":{\"sqlstate\":\"23514\",\"message\":\"no partition\"},"
	"\"statement\":{\"sql\":\"INSERT INTO app.orders (region) VALUES "
	"(:a), (:b), (:c), (:d), (:e), (:f), (:g), (:h), (:i), (:j), (:k), "
	"(:l)\"},\"payloads\":[{\"a\":\"A\",\"b\":\"B\",\"c\":\"C\","
	"\"d\":\"D\",\"e\":\"E\",\"f\":\"F\",\"g\":\"G\",\"h\":\"H\","
	"\"i\":\"I\",\"j\":\"J\",\"k\":\"K\",\"l\":\"L\"},"
	"{\"a\":\"A\",\"b\":\"A\"}]}";

/* Of its partitions none is there. */
static struct property properties[] = {
	{(char[]){"relation app.orders"}, (char[]){"key"},
	 (char[]){"LIST (region)"}},
};

static const struct catalog catalog = {
	.schema = (char[]){"app"},
	.table = (char[]){"orders"},
	.snapshot = {.properties = properties, .count = 1},
};

static int
lines_in(const char *lines)
{
	int count = 0;

	for (; *lines != '\0'; lines++)
		count += *lines == '\n';
	return count;
}

static void
test_rows(void)
{
	auto_incident struct incident *incident = NULL;
	auto_insert struct insert *insert = NULL;
	struct refusal refusal = {.floor = NULL};
	struct error err = NO_ERROR;
	auto_free char *all = NULL, *first = NULL, *second = NULL;
	struct replay replay;

	if (incident_parse(&incident, text, strlen(text), &err) < 0 ||
	    !insert_parse(&insert, incident->sql, strlen(incident->sql),
			  &refusal)) {
		test("the incident is understood", false);
		return;
	}
	replay = (struct replay){.incident = incident,
				 .insert = insert,
				 .keys = insert->parameter_names};
	first = record_marks(&replay, &catalog, 0);
	second = record_marks(&replay, &catalog, 1);
	all = unknown_values(&replay, &catalog);
	test("every row's value is a mark of the record",
	     lines_in(first) == ROWS && strstr(first, "=L\n") != NULL);
	test("one that two rows have is one mark", lines_in(second) == 1);
	test("of all records each value is told once", same_text(all, first));
}

int
main(void)
{
	test_rows();
	return test_end();
}
