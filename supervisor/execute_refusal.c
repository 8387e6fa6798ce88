/* What it means that the server refused a change that policy allowed. */
#include "pgmend.h"

#include "policy/statement.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/execute_phase.h"

#define ON(operation) (1u << (operation))

/* Labels have no table whose lock would keep others away: was none of them
 * there when this transaction looked? */
static bool
are_labels_new(const struct comparison *comparison)
{
	const struct snapshot *before = &comparison->before->snapshot;

	for (int s = 0; s < comparison->statement_count; s++) {
		const struct action *action =
			&comparison->statements[s]->actions[0];
		auto_free char *target = snapshot_relation(
			before, action->schema, action->table);
		auto_free char *object = xprintf("enum %s", target);
		auto_free char *label = xprintf("label %s", action->text);

		if (snapshot_value(before, object, label) != NULL)
			return false;
	}
	return true;
}

/* Nor has a table that isn't there: it wasn't when this transaction looked, and
 * only one statement makes it. */
static bool
is_table_new(const struct comparison *comparison)
{
	return comparison->before->absence != NULL &&
	       comparison->statement_count == 1;
}

/*
 * "server_refuses": only a person can sort out what is in the way, a view that
 * depends on the column, a right that the owner lacks. With a condition: else
 * somebody else was faster. Nothing was changed either way.
 */
static const struct {
	const char *sqlstate;
	unsigned operations;
	bool (*is_outrun)(const struct comparison *comparison);
} refusals[] = {
	{"0A000", ~0u, NULL},
	{"42501", ~0u, NULL},
	{"42809", ~0u, NULL},
	{"42P16", ~0u, NULL},
	{"2BP01", ~0u, NULL},
	{"42710", ON(OP_ADD_ENUM_VALUE), are_labels_new},
	/* The type of each row has the table's name, too. */
	{"42710", ON(OP_CREATE_TABLE), NULL},
	{"42P07", ON(OP_CREATE_TABLE), is_table_new},
	{"23505", ON(OP_CREATE_TABLE), is_table_new},
	{"3F000", ON(OP_CREATE_TABLE), is_table_new},
};

int
name_refusal(const struct comparison *comparison, struct database *work,
	     struct error *err)
{
	const char *state = database_diagnostic(work)->sqlstate;
	enum operation operation =
		comparison->statements[0]->actions[0].operation;

	for (size_t i = 0; i < array_size(refusals); i++) {
		if (strcmp(state, refusals[i].sqlstate) != 0 ||
		    (refusals[i].operations & ON(operation)) == 0)
			continue;
		if (refusals[i].is_outrun == NULL) {
			err->reason = EXIT_ESCALATED;
			err->code = "server_refuses";
		} else if (refusals[i].is_outrun(comparison)) {
			err->reason = EXIT_TEMPFAIL;
			err->code = "facts_changed";
		}
	}
	return fail_in(err, "execute the plan");
}
