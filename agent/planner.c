#include "agent/identifier.h"
#include "agent/infer.h"
#include "agent/planner.h"
#include "agent/resemble.h"
#include "pgmend.h"
#include "sandbox/json.h"

/* The brief, and the texts that grow with every column. */
struct draft {
	const struct json *json;
	int columns, wanted; /* nodes: the table's columns, the statement's */
	FILE *names, *actions, *types;
	int count; /* of columns to be added */
};

void
proposal_release(struct proposal *proposal)
{
	free(proposal->give_up);
	free(proposal->diagnosis);
	free(proposal->statement);
	for (int i = 0; i < proposal->mapping_count; i++) {
		free(proposal->mappings[i].field);
		free(proposal->mappings[i].column);
		free(proposal->mappings[i].transform);
	}
	free(proposal->mappings);
	free(proposal->reasoning);
	*proposal = (struct proposal){0};
}

static char *
member_text(const struct json *json, int object, const char *name)
{
	return json_string(json, json_member(json, object, name));
}

static bool
is_in_statement(const struct draft *draft, const char *column)
{
	const struct json *json = draft->json;

	for (int node = json_first(json, draft->wanted); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *name = member_text(json, node, "column");

		if (same_text(name, column))
			return true;
	}
	return false;
}

/* A column that the statement leaves out and that the name may mean; NULL when
 * there is none. The caller frees it. */
static char *
find_resembling(const struct draft *draft, const char *name)
{
	const struct json *json = draft->json;

	for (int node = json_first(json, draft->columns); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *column = member_text(json, node, "name");

		if (column != NULL && names_resemble(name, column) &&
		    !is_in_statement(draft, column))
			return take(column);
	}
	return NULL;
}

/* "integer, decimal": what was seen of a field, for the reasoning. */
static void
write_formats(FILE *out, const struct json *json, int shapes)
{
	const char *separator = "";

	for (int shape = json_first(json, shapes); shape != JSON_NONE;
	     shape = json_next(json, shape)) {
		auto_free char *format = member_text(json, shape, "format");
		auto_free char *element = member_text(json, shape, "element");

		fprintf(out, "%s%s", separator, format);
		if (element != NULL)
			fprintf(out, " of %s", element);
		separator = ", ";
	}
}

static void
add_column(struct draft *draft, const char *name, const char *type, int shapes)
{
	const char *comma = draft->count > 0 ? ", " : "";

	fprintf(draft->names, "%s%s", comma, name);
	fprintf(draft->actions, "%sADD COLUMN ", comma);
	identifier_write(draft->actions, name);
	fprintf(draft->actions, " %s", type);
	fprintf(draft->types, "%s%s %s (seen: ", draft->count > 0 ? "; " : "",
		name, type);
	write_formats(draft->types, draft->json, shapes);
	fputc(')', draft->types);
	draft->count++;
}

/* Takes one column of the statement into the draft. Returns NULL, or why the
 * planner must give up; the caller frees it. */
static char *
consider(struct draft *draft, int wanted)
{
	const struct json *json = draft->json;
	int shapes = json_member(json, wanted, "shapes");
	auto_free char *name = member_text(json, wanted, "column");
	auto_free char *resembling = NULL;
	const char *why_not = NULL;
	const char *type;

	if (json_is(json, json_member(json, wanted, "exists"), JSON_TRUE))
		return NULL;
	if (name == NULL || !identifier_is_possible(name))
		return xstrdup("a missing column has no possible name");
	resembling = find_resembling(draft, name);
	if (resembling != NULL)
		return xprintf("%s may be the column %s under another name",
			       name, resembling);
	type = infer_type(json, shapes, &why_not);
	if (type == NULL)
		return xprintf("%s %s, so its type can't be told", name,
			       why_not);
	add_column(draft, name, type, shapes);
	return NULL;
}

/* Considers every column; the same promise. */
static char *
consider_all(struct draft *draft)
{
	for (int node = json_first(draft->json, draft->wanted);
	     node != JSON_NONE; node = json_next(draft->json, node)) {
		char *why_not = consider(draft, node);

		if (why_not != NULL)
			return why_not;
	}
	if (draft->count == 0)
		return xstrdup("the table has every column of the statement");
	return NULL;
}

static char *
write_statement(const char *schema, const char *table, const char *actions)
{
	char *statement;
	size_t size;
	FILE *out = xmemstream(&statement, &size);

	fputs("ALTER TABLE ", out);
	identifier_write(out, schema);
	fputc('.', out);
	identifier_write(out, table);
	fprintf(out, " %s", actions);
	fclose(out);
	return statement;
}

static void
add_columns(struct proposal *ret_proposal, const struct json *json,
	    const char *schema, const char *table)
{
	auto_free char *names = NULL, *actions = NULL, *types = NULL;
	size_t size;
	struct draft draft = {
		.json = json,
		.columns = json_member(json, 0, "columns"),
		.wanted = json_member(json, 0, "wanted"),
		.names = xmemstream(&names, &size),
		.actions = xmemstream(&actions, &size),
		.types = xmemstream(&types, &size),
	};
	char *why_not = consider_all(&draft);

	fclose(draft.names);
	fclose(draft.actions);
	fclose(draft.types);
	if (why_not != NULL) {
		*ret_proposal = (struct proposal){.give_up = why_not};
		return;
	}
	*ret_proposal = (struct proposal){
		.diagnosis = xprintf("%s.%s lacks columns that the pipeline "
				     "now sends: %s",
				     schema, table, names),
		.statement = write_statement(schema, table, actions),
		.reasoning = xprintf("Each type is the widest that holds every "
				     "value seen: %s. The new columns are "
				     "nullable, so rows that are there stay "
				     "as they are.",
				     types),
	};
}

int
planner_propose(struct proposal *ret_proposal, const char *brief,
		struct error *err)
{
	auto_json struct json *json = NULL;
	auto_free char *class = NULL, *schema = NULL, *table = NULL;
	int target;

	if (json_scan(&json, brief, strlen(brief), err) < 0)
		return fail_in(err, "brief");
	target = json_member(json, 0, "target");
	class = member_text(json, 0, "class");
	schema = member_text(json, target, "schema");
	table = member_text(json, target, "table");
	if (class == NULL || schema == NULL || table == NULL)
		return fail(err, "brief: class, schema and table wanted");
	if (strcmp(class, "missing_column") == 0) {
		add_columns(ret_proposal, json, schema, table);
		return 0;
	}
	*ret_proposal = (struct proposal){
		.give_up = xprintf("the builtin planner adds missing columns "
				   "and leaves %s to others",
				   class),
	};
	return 0;
}
