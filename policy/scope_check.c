/* A layer as a whole: what is missing, and what is too much. */
#include "pgmend.h"
#include "policy/parser.h"

static struct place
start_of(const struct source *source)
{
	return (struct place){.source = source, .line = 1, .column = 1};
}

void
scope_check(const struct scope *scope, const struct source *source,
	    struct diagnostics *diagnostics)
{
	if (!scope->has_version)
		return;
	/* What is missing is perhaps what couldn't be read: one mistake. */
	if (!scope->has_layer && !scope->is_broken)
		diagnose(diagnostics, "E006", start_of(source),
			 "the file doesn't name its layer: org, team or local");
	if (!scope->has_default && !scope->is_broken)
		diagnose(diagnostics, "E006", start_of(source),
			 "the file doesn't say 'default deny' or 'default "
			 "inherit'");
	if (scope->layer->inherits && !scope->has_extends && !scope->is_broken)
		diagnose(diagnostics, "E004", scope->inherit,
			 "'default inherit' needs 'extends': there is no "
			 "parent decision to inherit");
}

void
scope_warn_of_unused(const struct scope *scope, struct diagnostics *diagnostics)
{
	for (int i = 0; i < scope->list_count; i++)
		if (!scope->lists[i].used)
			diagnose(diagnostics, "W201", scope->lists[i].place,
				 "'@%s' is defined but never used",
				 scope->lists[i].name);
}
