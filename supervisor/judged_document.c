#include <time.h>

#include "pgmend.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/document.h"
#include "supervisor/facts_document.h"
#include "supervisor/judged_document.h"
#include "supervisor/plan.h"

#define SECONDS_A_DAY (24 * 60 * 60)

/* What the catalogue doesn't know, the incident may. */
static struct document *
facts_of(struct facts facts, const struct facts *given)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu",
					   "fri", "sat", "sun"};
	time_t midnight = (time_t)given->today * SECONDS_A_DAY;
	int minutes = given->clock_minutes;
	struct document *document;
	struct tm date;
	char text[32];

	for (int i = 0; i < FACTS; i++)
		if (!facts.of[i].known && given->of[i].known)
			facts.of[i] = given->of[i];
	document = facts_document_of(&facts);
	if (given->clock_known) {
		snprintf(text, sizeof(text), "%s %02d:%02d",
			 days[minutes / (24 * 60) % 7], minutes / 60 % 24,
			 minutes % 60);
		document_text(document, "clock", text);
	}
	if (given->today != 0 && gmtime_r(&midnight, &date) != NULL) {
		strftime(text, sizeof(text), "%Y-%m-%d", &date);
		document_text(document, "today", text);
	}
	return document;
}

static struct document *
action_judged(const struct statement *statement, int index,
	      const struct grounds *grounds)
{
	const struct action *action = &statement->actions[index];
	struct document *object = document_object();
	auto_free char *target = action_target(action);
	auto_free char *sql = action_sql(action);

	document_text(object, "op", operation_name(action->operation));
	document_text(object, "target", target);
	document_text(object, "sql", sql);
	document_add(object, "facts",
		     facts_of(catalog_facts(grounds->catalog, statement, index),
			      &grounds->facts));
	return object;
}

static struct document *
replay_judged(const struct grounds *grounds)
{
	struct document *object = document_object();
	auto_free char *target = name_target(grounds->catalog->schema,
					     grounds->catalog->table, NULL);

	document_text(object, "op", operation_name(OP_REPLAY));
	document_text(object, "target", target);
	document_text(object, "sql", NULL);
	document_add(object, "facts",
		     facts_of(grounds->catalog->facts, &grounds->facts));
	return object;
}

struct document *
judged_document(const struct plan *plan, const struct grounds *grounds)
{
	struct document *array = document_array();

	for (int s = 0; s < plan->count; s++)
		for (int a = 0; plan->statements[s] != NULL &&
				a < plan->statements[s]->count;
		     a++)
			document_add(
				array, NULL,
				action_judged(plan->statements[s], a, grounds));
	if (grounds->replay != NULL)
		document_add(array, NULL, replay_judged(grounds));
	return array;
}
