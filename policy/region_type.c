/* Kinds of types: the base types of the closed table, with modifiers around
 * every limit that a pattern names, and the enums of other schemas. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/keys.h"
#include "policy/match.h"
#include "policy/region_parts.h"
#include "policy/type.h"

/* Types to try against all patterns. */
#define TRIALS_MAX 50000000

struct numbers {
	int *of;
	int count;
};

struct trial {
	struct survey *survey;
	bool old;
	struct numbers limits[PATTERN_MODIFIERS_MAX];
	struct glob *schemas, *names;
	int schema_count, name_count;
	struct keys seen;
	uint64_t *suited;
	struct type_kinds kinds;
	int64_t cost;
};

static const struct type_patterns *
patterns_of(const struct trial *trial, int index)
{
	const struct claim *claim = survey_claim(trial->survey, index);

	return trial->old ? claim->froms : claim->types;
}

/* --- What the patterns speak of ------------------------------------------- */

static void
add_number(struct trial *trial, struct numbers *numbers, int number)
{
	if (number < 0)
		return;
	for (int i = 0; i < numbers->count; i++)
		if (numbers->of[i] == number)
			return;
	arena_append(trial->survey->arena, numbers->of, numbers->count, number);
}

static void
add_glob(struct trial *trial, struct glob **globs, int *count, const char *text)
{
	struct glob glob = {.text = text, .reading = GLOB_VALUE};

	for (int i = 0; i < *count; i++)
		if (strcmp((*globs)[i].text, text) == 0)
			return;
	arena_append(trial->survey->arena, *globs, *count, glob);
}

static void
add_pattern(struct trial *trial, const struct type_pattern *pattern)
{
	for (int i = 0; i < pattern->modifier_count; i++) {
		int value = pattern->modifiers[i].value;

		if (pattern->modifiers[i].any)
			continue;
		add_number(trial, &trial->limits[i], value - 1);
		add_number(trial, &trial->limits[i], value);
		if (value < INT32_MAX)
			add_number(trial, &trial->limits[i], value + 1);
	}
	add_glob(trial, &trial->schemas, &trial->schema_count, pattern->schema);
	add_glob(trial, &trial->names, &trial->name_count, pattern->name);
}

static void
collect(struct trial *trial)
{
	for (int i = 0; i < PATTERN_MODIFIERS_MAX; i++)
		add_number(trial, &trial->limits[i], 1);
	add_number(trial, &trial->limits[1], 0);
	for (int i = 0; i < trial->survey->count; i++) {
		const struct type_patterns *patterns = patterns_of(trial, i);

		for (int j = 0; patterns != NULL && j < patterns->count; j++)
			add_pattern(trial, &patterns->of[j]);
	}
}

/* --- Trying types --------------------------------------------------------- */

static void
keep_kind(struct trial *trial, const struct type *type)
{
	struct arena *arena = trial->survey->arena;
	size_t bytes = trial->survey->words * sizeof(uint64_t);
	struct type_kind kind = {.type = NULL};
	uint64_t *suited = arena_take(arena, bytes);
	struct type *kept;

	memcpy(suited, trial->suited, bytes);
	kind.suited = suited;
	if (type != NULL) {
		kept = arena_take(arena, sizeof(*kept));
		*kept = *type;
		kind.type = kept;
	}
	arena_append(arena, trial->kinds.of, trial->kinds.count, kind);
}

/* Keeps the type when no other is alike to all claims. */
static void
try_type(struct trial *trial, const struct type *type)
{
	struct survey *survey = trial->survey;
	size_t bytes = survey->words * sizeof(uint64_t);
	int known = trial->seen.count;

	memset(trial->suited, 0, bytes);
	for (int i = 0; i < survey->count; i++) {
		const struct type_patterns *patterns = patterns_of(trial, i);

		if (patterns == NULL || match_type(patterns, type))
			bits_set(trial->suited, i);
		if (patterns != NULL)
			trial->cost += patterns->count;
	}
	if (trial->cost <= TRIALS_MAX &&
	    keys_add(&trial->seen, trial->suited, bytes) == known)
		keep_kind(trial, type);
}

static void
try_both(struct trial *trial, struct type type)
{
	try_type(trial, &type);
	type.is_array = true;
	try_type(trial, &type);
}

/* A base type, with each number of modifiers that it can have. */
static void
try_base(struct trial *trial, const struct type_word *word)
{
	struct arena *arena = trial->survey->arena;
	struct type type = {.schema = arena_print(arena, "pg_catalog"),
			    .name = arena_print(arena, "%s", word->name)};

	try_both(trial, type);
	for (int i = 0; word->modifiers > 0 && i < trial->limits[0].count;
	     i++) {
		if (trial->limits[0].of[i] == 0)
			continue;
		type.modifiers[0] = trial->limits[0].of[i];
		type.modifier_count = 1;
		try_both(trial, type);
		type.modifier_count = 2;
		for (int j = 0;
		     word->modifiers > 1 && j < trial->limits[1].count; j++) {
			type.modifiers[1] = trial->limits[1].of[j];
			try_both(trial, type);
		}
	}
}

/* The floor accepts no type of another schema whose name begins with pg_: one
 * more glob tells those words. */
static void
try_enums(struct trial *trial)
{
	struct arena *arena = trial->survey->arena;
	int system = trial->schema_count;
	struct glob_words schemas, names;

	arena_append(arena, trial->schemas, trial->schema_count,
		     ((struct glob){"pg_*", GLOB_WIDE}));
	schemas = glob_walk(arena,
			    &(struct glob_set){.of = trial->schemas,
					       .count = trial->schema_count},
			    "app");
	names = glob_walk(arena,
			  &(struct glob_set){.of = trial->names,
					     .count = trial->name_count},
			  "mood");
	trial->kinds.is_complete = schemas.is_complete && names.is_complete;
	for (int i = 0; i < schemas.count; i++) {
		struct type type = {.schema = NULL};

		if (bits_test(schemas.of[i].matches, system))
			continue;
		type.schema = arena_print(arena, "%s", schemas.of[i].text);
		for (int j = 0; j < names.count; j++) {
			type.name = arena_print(arena, "%s", names.of[j].text);
			try_both(trial, type);
		}
	}
}

static bool
is_asked(const struct trial *trial)
{
	for (int i = 0; i < trial->survey->count; i++)
		if (patterns_of(trial, i) != NULL)
			return true;
	return false;
}

/* Text first: it is the type of whatever doesn't matter. */
static void
try_types(struct trial *trial)
{
	try_base(trial, type_find("text"));
	if (!is_asked(trial))
		return;
	collect(trial);
	for (int i = 0; type_word(i) != NULL; i++)
		try_base(trial, type_word(i));
	try_enums(trial);
}

/* --- The whole ------------------------------------------------------------ */

/* No type at all: nothing is known of the old type of a change, and other
 * statements have none, so that a rule which names one doesn't match. */
static void
add_absent(struct trial *trial, bool is_unknown)
{
	for (int i = 0; i < trial->survey->count; i++)
		if (patterns_of(trial, i) == NULL || is_unknown)
			bits_set(trial->suited, i);
	keep_kind(trial, NULL);
}

struct type_kinds
region_types(struct survey *survey, bool old)
{
	struct trial trial = {.survey = survey, .old = old};
	bool changes = survey->operation == OP_WIDEN_TYPE ||
		       survey->operation == OP_ALTER_TYPE;
	bool has_type = changes || (!old && survey->operation == OP_ADD_COLUMN);

	trial.kinds.is_complete = true;
	trial.suited = arena_take(survey->arena,
				  (survey->words + 1) * sizeof(uint64_t));
	if (!has_type || old)
		add_absent(&trial, changes);
	if (has_type && !(old && !is_asked(&trial)))
		try_types(&trial);
	keys_release(&trial.seen);
	trial.kinds.is_complete &= trial.cost <= TRIALS_MAX;
	return trial.kinds;
}
