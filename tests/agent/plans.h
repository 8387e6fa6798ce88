/*
 * plans.h - what is planned for a brief, as one line.
 */
#ifndef TESTS_AGENT_PLANS_H
#define TESTS_AGENT_PLANS_H

#include "agent/planner.h"
#include "tests/test.h"

static inline const char *
separator(FILE *out)
{
	return ftell(out) > 0 ? "; " : "";
}

/* "gives up: why", or statements, mappings and advice; the caller frees it. */
static inline char *
plan_told(const struct proposal *proposal)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	if (proposal->give_up != NULL)
		fprintf(out, "gives up: %s", proposal->give_up);
	for (int i = 0; i < proposal->statement_count; i++)
		fprintf(out, "%s%s", separator(out), proposal->statements[i]);
	for (int i = 0; i < proposal->mapping_count; i++) {
		const struct proposal_mapping *mapping = &proposal->mappings[i];

		fprintf(out, "%smap %s to %s", separator(out), mapping->field,
			mapping->column);
		if (mapping->transform != NULL)
			fprintf(out, " by %s", mapping->transform);
	}
	for (int i = 0; i < proposal->advice_count; i++)
		fprintf(out, "%sadvises: %s", separator(out),
			proposal->advice[i]);
	fclose(out);
	return text;
}

/* The plan for the table a.t, of a brief with these members; the caller frees
 * it. */
__attribute__((format(printf, 2, 3))) static inline char *
plan_of(const char *class, const char *format, ...)
{
	struct proposal proposal = {0};
	struct error err = NO_ERROR;
	auto_free char *members = NULL, *brief = NULL;
	va_list arguments;
	char *line;

	va_start(arguments, format);
	if (vasprintf(&members, format, arguments) < 0)
		abort();
	va_end(arguments);
	brief = xprintf("{\"class\":\"%s\",\"target\":{\"schema\":\"a\","
			"\"table\":\"t\"},%s}",
			class, members);
	if (planner_propose(&proposal, brief, &err) < 0)
		return xstrdup(err.text);
	line = plan_told(&proposal);
	proposal_release(&proposal);
	return line;
}

#endif
