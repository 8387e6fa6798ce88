/* W305: patterns that match no table of a database. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/keys.h"
#include "policy/lint_parts.h"
#include "policy/match.h"

/* What these create isn't there yet, or is no table. */
#define NOT_ABOUT_TABLES                                     \
	(1U << OP_CREATE_TABLE | 1U << OP_CREATE_PARTITION | \
	 1U << OP_ADD_ENUM_VALUE)

struct reading {
	struct policy *policy;
	struct diagnostics diagnostics;
	const struct lint_table *tables;
	int count;
	const char *read_at;
	struct keys seen; /* places: a list's pattern is named once */
};

/* Read as widely as any rule would read it. */
static bool
part_is_there(const struct pattern *pattern, int part, const char *name)
{
	struct glob glob =
		part_glob(&pattern->parts[part], false, POLARITY_WIDE);

	return glob_matches(&glob, name);
}

static bool
is_there(const struct reading *reading, const struct pattern *pattern)
{
	for (int i = 0; i < reading->count; i++)
		if (part_is_there(pattern, 0, reading->tables[i].schema) &&
		    part_is_there(pattern, 1, reading->tables[i].table))
			return true;
	return false;
}

static const char *
text_of(struct reading *reading, const struct pattern *pattern)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	pattern_write(out, pattern);
	fclose(out);
	return arena_print(reading->policy->arena, "%s", text);
}

/* The schemas, or the tables of those schemas that the pattern matches. */
static const char **
candidates(struct reading *reading, const struct pattern *pattern, int part)
{
	struct arena *arena = reading->policy->arena;
	const char **names = NULL;
	int count = 0;

	for (int i = 0; i < reading->count; i++) {
		const struct lint_table *table = &reading->tables[i];

		if (part == 0)
			arena_append(arena, names, count, table->schema);
		else if (part_is_there(pattern, 0, table->schema))
			arena_append(arena, names, count, table->table);
	}
	arena_append(arena, names, count, NULL);
	return names;
}

static void
suggest(struct reading *reading, const struct pattern *pattern)
{
	struct pattern better = *pattern;
	bool has_schema = *candidates(reading, pattern, 1) != NULL;
	int part = has_schema ? 1 : 0;
	const char *nearest = diagnose_nearest(
		pattern->parts[part].text, candidates(reading, pattern, part));

	if (nearest == NULL)
		return;
	better.parts[part].text = nearest;
	diagnose_hint(&reading->diagnostics, "did you mean '%s'?",
		      text_of(reading, &better));
}

static void
read_pattern(struct reading *reading, const struct pattern *pattern)
{
	const struct place *place = &pattern->place;
	struct {
		const struct source *source;
		int line, column;
	} key;
	int known = reading->seen.count;

	memset(&key, 0, sizeof(key));
	key.source = place->source;
	key.line = place->line;
	key.column = place->column;
	if (is_there(reading, pattern) ||
	    keys_add(&reading->seen, &key, sizeof(key)) < known)
		return;
	diagnose(&reading->diagnostics, "W305", *place,
		 "'%s' matches no table in the catalogue snapshot of %s",
		 text_of(reading, pattern), reading->read_at);
	suggest(reading, pattern);
}

static void
read_rule(struct reading *reading, const struct rule *rule)
{
	if ((rule->operations & ~NOT_ABOUT_TABLES) == 0)
		return;
	for (int i = 0; i < rule->subjects.count; i++)
		read_pattern(reading, &rule->subjects.of[i]);
	for (int i = 0; i < rule->excepts.count; i++)
		read_pattern(reading, &rule->excepts.of[i]);
}

int
policy_lint_tables(struct policy *policy, const struct lint_tables *tables,
		   FILE *out, enum diagnostic_format format)
{
	struct reading reading = {.policy = policy,
				  .diagnostics = {.arena = policy->arena},
				  .tables = tables->of,
				  .count = tables->count,
				  .read_at = tables->read_at};

	for (int i = 0; i < policy->layer_count; i++)
		for (int j = 0; j < policy->layers[i].rule_count; j++)
			read_rule(&reading, &policy->layers[i].rules[j]);
	keys_release(&reading.seen);
	diagnostics_print(&reading.diagnostics, out, format);
	return reading.diagnostics.warnings;
}
