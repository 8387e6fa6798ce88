#include "agent/identifier.h"
#include "agent/plan_draft.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"

#define ACTIONS_MAX 16 /* of one statement; the judge takes no more */

/* vasprintf() that ends the process without memory. */
__attribute__((format(printf, 1, 0))) static char *
format_text(const char *format, va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		abort();
	return text;
}

void
draft_begin(struct draft *draft, const struct json *json,
	    struct proposal *proposal)
{
	int target = json_member(json, 0, "target");
	int wanted = json_member(json, 0, "wanted");
	int count = json_count(json, wanted);

	*draft = (struct draft){
		.json = json,
		.proposal = proposal,
		.schema = member_text(json, target, "schema"),
		.table = member_text(json, target, "table"),
		.sqlstate = member_text(json, 0, "sqlstate"),
		.fields = xcalloc((size_t)(count < 0 ? 0 : count),
				  sizeof(struct field)),
	};
	draft->target = identifier_qualify(draft->schema, draft->table);
	draft->action_stream = xmemstream(&draft->actions, &draft->sizes[0]);
	draft->diagnosis_stream =
		xmemstream(&draft->diagnosis, &draft->sizes[1]);
	draft->reasoning_stream =
		xmemstream(&draft->reasoning, &draft->sizes[2]);
	for (int node = json_first(json, wanted); node != JSON_NONE;
	     node = json_next(json, node))
		draft->fields[draft->field_count++] = field_read(json, node);
}

static void
add_text(char ***texts, int *count, char *text)
{
	*texts = xreallocarray(*texts, (size_t)*count + 1, sizeof(char *));
	(*texts)[(*count)++] = text;
}

/* What can't be executed as a whole is told as a whole. */
static void
tell_statements(struct proposal *proposal)
{
	for (int i = 0; i < proposal->statement_count; i++)
		add_text(&proposal->advice, &proposal->advice_count,
			 proposal->statements[i]);
	proposal->statement_count = 0;
}

/* Changes of the table come before what else there is. */
static void
put_first(struct proposal *proposal, char *statement)
{
	add_text(&proposal->statements, &proposal->statement_count, statement);
	for (int i = proposal->statement_count - 1; i > 0; i--) {
		proposal->statements[i] = proposal->statements[i - 1];
		proposal->statements[i - 1] = statement;
	}
}

/* The actions so far become one ALTER TABLE. */
static void
end_actions(struct draft *draft)
{
	fclose(draft->action_stream);
	if (draft->action_count > 0)
		put_first(draft->proposal,
			  xprintf("ALTER TABLE %s %s", draft->target,
				  draft->actions));
	free(take(draft->actions));
	draft->action_count = 0;
}

void
draft_end(struct draft *draft)
{
	struct proposal *proposal = draft->proposal;

	end_actions(draft);
	fclose(draft->diagnosis_stream);
	fclose(draft->reasoning_stream);
	if (proposal->advice_count > 0) {
		tell_statements(proposal);
		proposal_forget_mappings(proposal);
	}
	proposal->diagnosis = take(draft->diagnosis);
	proposal->reasoning = take(draft->reasoning);
	for (int i = 0; i < draft->field_count; i++)
		field_release(&draft->fields[i]);
	free(draft->fields);
	free(draft->schema);
	free(draft->table);
	free(draft->target);
	free(draft->sqlstate);
}

__attribute__((format(printf, 3, 0))) static void
add_part(FILE *stream, const char *separator, const char *format,
	 va_list arguments)
{
	fputs(separator, stream);
	vfprintf(stream, format, arguments);
}

void
draft_action(struct draft *draft, const char *format, ...)
{
	va_list arguments;

	if (draft->action_count == ACTIONS_MAX) {
		end_actions(draft);
		draft->action_stream =
			xmemstream(&draft->actions, &draft->sizes[0]);
	}
	va_start(arguments, format);
	add_part(draft->action_stream, draft->action_count++ > 0 ? ", " : "",
		 format, arguments);
	va_end(arguments);
}

void
draft_diagnose(struct draft *draft, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_part(draft->diagnosis_stream,
		 draft->diagnosis_count++ > 0 ? "; " : "", format, arguments);
	va_end(arguments);
}

void
draft_explain(struct draft *draft, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_part(draft->reasoning_stream,
		 ftell(draft->reasoning_stream) > 0 ? " " : "", format,
		 arguments);
	va_end(arguments);
}

void
draft_statement(struct draft *draft, char *statement)
{
	add_text(&draft->proposal->statements,
		 &draft->proposal->statement_count, statement);
}

void
draft_map(struct draft *draft, const char *field, const char *column,
	  const char *transform)
{
	struct proposal *proposal = draft->proposal;
	int count = proposal->mapping_count;

	proposal->mappings =
		xreallocarray(proposal->mappings, (size_t)count + 1,
			      sizeof(*proposal->mappings));
	proposal->mappings[count] = (struct proposal_mapping){
		.field = xstrdup(field),
		.column = xstrdup(column),
		.transform = transform == NULL ? NULL : xstrdup(transform),
	};
	proposal->mapping_count++;
}

void
draft_advise(struct draft *draft, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(&draft->proposal->advice, &draft->proposal->advice_count,
		 format_text(format, arguments));
	va_end(arguments);
}

void
draft_give_up(struct draft *draft, const char *format, ...)
{
	va_list arguments;

	if (draft->proposal->give_up != NULL)
		return;
	va_start(arguments, format);
	draft->proposal->give_up = format_text(format, arguments);
	va_end(arguments);
}

bool
draft_has_plan(const struct draft *draft)
{
	const struct proposal *proposal = draft->proposal;

	return draft->action_count + proposal->statement_count +
		       proposal->mapping_count + proposal->advice_count >
	       0;
}

bool
draft_maps_to(const struct draft *draft, const char *column)
{
	for (int i = 0; i < draft->proposal->mapping_count; i++)
		if (same_text(draft->proposal->mappings[i].column, column))
			return true;
	return false;
}

const struct field *
draft_field(const struct draft *draft, const char *column)
{
	for (int i = 0; i < draft->field_count; i++)
		if (same_text(draft->fields[i].column, column))
			return &draft->fields[i];
	return NULL;
}
