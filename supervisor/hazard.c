#include "pgmend.h"

#include "policy/judge.h"
#include "supervisor/catalog.h"
#include "supervisor/database.h"
#include "supervisor/hazard.h"
#include "supervisor/loader.h"
#include "supervisor/server_version.h"

#include "hazards_sql.h"

/* The first column of hazards.sql. */
static const char *const names[HAZARDS] = {
	[HAZARD_CODE] = "code",		[HAZARD_UPDATE] = "update",
	[HAZARD_OPERATOR] = "operator", [HAZARD_CHANGE] = "change",
	[HAZARD_EVENT] = "event",	[HAZARD_ROW] = "row",
	[HAZARD_KEY] = "key",		[HAZARD_FOREIGN] = "foreign",
};

#define ON(operation) (1u << (operation))

/*
 * Which changes each of them concerns. A type change, a default and a check
 * run what the column's type, checks and indexes call, at once or when the next
 * row is written; a new partition takes over all of the parent's code.
 */
static const struct {
	enum hazard hazard;
	unsigned operations;
	const char *label;
} concerns[] = {
	{HAZARD_CODE,
	 ON(OP_ALTER_TYPE) | ON(OP_SET_DEFAULT) | ON(OP_ADD_CONSTRAINT) |
		 ON(OP_CREATE_PARTITION),
	 "F19"},
	{HAZARD_CHANGE,
	 ON(OP_ADD_COLUMN) | ON(OP_ALTER_TYPE) | ON(OP_DROP_NOT_NULL) |
		 ON(OP_SET_DEFAULT) | ON(OP_ADD_CONSTRAINT) |
		 ON(OP_CREATE_PARTITION),
	 "F19"},
	{HAZARD_EVENT, ~0u, "F19"},
	{HAZARD_KEY, ON(OP_ALTER_TYPE), "F19"},
	{HAZARD_ROW, ON(OP_ADD_COLUMN) | ON(OP_ALTER_TYPE),
	 "whole-row-trigger"},
};

void
hazards_warn(struct verdict *total, const struct hazards *hazards,
	     const struct statement *statement)
{
	unsigned operations = 0;

	for (int i = 0; i < statement->count; i++)
		operations |= ON(statement->actions[i].operation);
	for (size_t i = 0; i < array_size(concerns); i++)
		if ((concerns[i].operations & operations) != 0)
			verdict_escalate(
				total, concerns[i].label,
				hazards->sentences[concerns[i].hazard]);
}

/* The first sentence of each kind is kept. */
static int
keep(struct hazards *hazards, const char *name, const char *sentence,
     struct error *err)
{
	for (int i = 0; i < HAZARDS; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		if (hazards->sentences[i] == NULL)
			hazards->sentences[i] = xstrdup(sentence);
		return 0;
	}
	return fail(err, "unknown hazard '%s'", name);
}

int
hazards_read(struct hazards *ret_hazards, struct database *database,
	     const struct catalog *catalog, const struct loader *loader,
	     struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = server_version_query(
		hazards_sql, database_server_version(database));
	struct hazards hazards = {0};
	const char *parameters[] = {catalog->tree, loader->schemas};

	if (database_run(database, sql, 2, parameters, &rows, err) < 0)
		return fail_in(err, "look for code on the way");
	for (int i = 0; i < rows_count(rows); i++) {
		if (keep(&hazards, rows_text(rows, i, 0), rows_text(rows, i, 1),
			 err) == 0)
			continue;
		hazards_free(&hazards);
		return -1;
	}
	*ret_hazards = hazards;
	return 0;
}

bool
hazards_same(const struct hazards *left, const struct hazards *right)
{
	for (int i = 0; i < HAZARDS; i++)
		if (!same_text(left->sentences[i], right->sentences[i]))
			return false;
	return true;
}

void
hazards_free(struct hazards *hazards)
{
	for (int i = 0; i < HAZARDS; i++)
		free(hazards->sentences[i]);
	*hazards = (struct hazards){0};
}
