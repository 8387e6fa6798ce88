/*
 * Kinds of subjects. Each part of a name has its own words (glob_walk.c); a
 * schema and a table are alike to another pair when they leave the same
 * patterns possible, and only then columns are tried with them.
 */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/keys.h"
#include "policy/region_parts.h"
#include "policy/region_shape.h"

/* Names that no rule means, for the part that doesn't matter. */
static const char *const usual[3] = {"q", "q", "zq"};

/* Words of bits that combining schemas with tables may cost. */
#define PAIRS_MAX 50000000

bool
operation_has_column(enum operation operation)
{
	static const bool has_column[OPERATIONS] = {
		[OP_ADD_COLUMN] = true,	    [OP_WIDEN_TYPE] = true,
		[OP_ALTER_TYPE] = true,	    [OP_DROP_NOT_NULL] = true,
		[OP_SET_DEFAULT] = true,    [OP_COMMENT] = true,
		[OP_REPLAY_MAPPING] = true,
	};

	return has_column[operation];
}

/* A shape of one unit: a claim, or a condition on column.name. */
struct entry {
	int choices[3]; /* by part; -1: whatever there is */
	bool needs_column;
	int unit;
	bool is_except;
};

/* The globs of one part of all entries, and their choices. */
struct part {
	struct glob *globs;
	int *choices;
	int glob_count, choice_count;
	struct keys known; /* choices, as texts */
	struct glob_words words;
	uint64_t **possible; /* entries, by word */
};

struct draft {
	struct survey *survey;
	struct entry *entries;
	int count;
	int unit_count; /* claims, then conditions on column.name */
	struct part parts[3];
	uint64_t *columnless; /* entries that need no column */
	size_t words;	      /* of a bit for each entry */
};

/* --- Patterns ------------------------------------------------------------- */

static int
add_choice(struct draft *draft, int number, const struct choice *choice)
{
	struct arena *arena = draft->survey->arena;
	struct part *part = &draft->parts[number];
	const char *key = choice_text(arena, choice);
	int known = part->known.count;
	int found = keys_add(&part->known, key, strlen(key));

	for (int i = 0; found == known && i < choice->count; i++) {
		int count = part->glob_count;

		arena_append(arena, part->choices, count, found);
		arena_append(arena, part->globs, part->glob_count,
			     choice->of[i]);
	}
	return found;
}

static void
add_shape(struct draft *draft, const struct shape *shape, int unit,
	  bool is_except)
{
	struct entry entry = {.needs_column = shape->needs_column,
			      .unit = unit,
			      .is_except = is_except};

	for (int i = 0; i < 3; i++)
		entry.choices[i] =
			shape->parts[i].count == 0
				? -1
				: add_choice(draft, i, &shape->parts[i]);
	arena_append(draft->survey->arena, draft->entries, draft->count, entry);
}

static void
add_patterns(struct draft *draft, const struct patterns *patterns, int unit,
	     bool is_except, enum polarity polarity)
{
	struct shapes shapes =
		shapes_of(draft->survey->arena, patterns, polarity);

	for (int i = 0; i < shapes.count; i++)
		add_shape(draft, &shapes.of[i], unit, is_except);
}

static void
add_claim(struct draft *draft, const struct claim *claim, int unit)
{
	enum polarity other = claim->polarity == POLARITY_NARROW
				      ? POLARITY_WIDE
				      : POLARITY_NARROW;

	add_patterns(draft, claim->subjects, unit, false, claim->polarity);
	if (claim->excepts != NULL)
		add_patterns(draft, claim->excepts, unit, true, other);
}

/* The fact column.name is the subject's own column: what is asked of it is
 * decided along with the patterns. */
static void
add_name(struct draft *draft, const char *text, enum glob_reading reading)
{
	struct glob glob = {.text = text, .reading = reading};
	struct shape shape = {.parts = {[2] = {.of = &glob, .count = 1}},
			      .needs_column = true};

	add_shape(draft, &shape, draft->unit_count++, false);
}

static void
add_names(struct draft *draft, const struct condition *condition)
{
	bool is_like = condition != NULL && condition->kind == CONDITION_LIKE;

	if (condition == NULL)
		return;
	add_names(draft, condition->left);
	add_names(draft, condition->right);
	if (condition->kind < CONDITION_COMPARE ||
	    condition->kind == CONDITION_WINDOW ||
	    condition->fact != FACT_COLUMN_NAME)
		return;
	for (int i = 0; i < condition->value_count; i++)
		add_name(draft, condition->values[i].text,
			 is_like ? GLOB_VALUE : GLOB_EXACT);
}

static void
collect(struct draft *draft)
{
	const struct survey *survey = draft->survey;

	draft->unit_count = survey->count;
	for (int i = 0; i < survey->count; i++)
		add_claim(draft, survey_claim(survey, i), i);
	for (int i = 0; i < survey->count; i++) {
		const struct claim *claim = survey_claim(survey, i);

		for (int j = 0; j < claim->condition_count; j++)
			add_names(draft, claim->conditions[j]);
	}
}

/* --- Words of each part --------------------------------------------------- */

/* The entries that the word leaves possible. */
static uint64_t *
possible_with(struct draft *draft, int part, const struct glob_word *word)
{
	uint64_t *bits = arena_take(draft->survey->arena,
				    (draft->words + 1) * sizeof(*bits));

	for (int i = 0; i < draft->count; i++) {
		int choice = draft->entries[i].choices[part];

		if (choice < 0 || bits_test(word->matches, choice))
			bits_set(bits, i);
	}
	return bits;
}

static bool
walk_part(struct draft *draft, int number)
{
	struct part *part = &draft->parts[number];
	struct glob_set globs = {.of = part->globs,
				 .choices = part->choices,
				 .count = part->glob_count};

	part->words = claims_walk(draft->survey->claims, &globs, usual[number]);
	if (!part->words.is_complete)
		return false;
	part->possible =
		arena_take(draft->survey->arena,
			   (size_t)part->words.count * sizeof(uint64_t *));
	for (int i = 0; i < part->words.count; i++)
		part->possible[i] =
			possible_with(draft, number, &part->words.of[i]);
	return true;
}

static bool
walk_parts(struct draft *draft)
{
	int parts = operation_has_column(draft->survey->operation) ? 3 : 2;

	draft->words = bits_words(draft->count);
	for (int i = 0; i < parts; i++)
		if (!walk_part(draft, i))
			return false;
	draft->columnless = arena_take(draft->survey->arena,
				       (draft->words + 1) * sizeof(uint64_t));
	for (int i = 0; i < draft->count; i++)
		if (!draft->entries[i].needs_column)
			bits_set(draft->columnless, i);
	return true;
}

/* --- Their combinations --------------------------------------------------- */

/* A schema and a table, by their words; each pair leaves other entries
 * possible. */
struct pair {
	int schema, table;
	const uint64_t *possible;
};

struct pairs {
	struct pair *of;
	int count;
};

static void
meet(uint64_t *ret_bits, const uint64_t *left, const uint64_t *right,
     size_t words)
{
	for (size_t i = 0; i < words; i++)
		ret_bits[i] = left[i] & right[i];
}

static uint64_t *
keep_bits(struct arena *arena, const uint64_t *bits, size_t words)
{
	uint64_t *kept = arena_take(arena, (words + 1) * sizeof(*bits));

	memcpy(kept, bits, words * sizeof(*bits));
	return kept;
}

static struct pairs
pair_up(struct draft *draft, uint64_t *scratch)
{
	struct arena *arena = draft->survey->arena;
	auto_keys struct keys seen = NO_KEYS;
	struct pairs pairs = {.count = 0};

	for (int i = 0; i < draft->parts[0].words.count; i++)
		for (int j = 0; j < draft->parts[1].words.count; j++) {
			struct pair pair = {.schema = i, .table = j};
			int known = seen.count;

			meet(scratch, draft->parts[0].possible[i],
			     draft->parts[1].possible[j], draft->words);
			if (keys_add(&seen, scratch,
				     draft->words * sizeof(*scratch)) < known)
				continue;
			pair.possible = keep_bits(arena, scratch, draft->words);
			arena_append(arena, pairs.of, pairs.count, pair);
		}
	return pairs;
}

/* Which units the possible entries cover: by a pattern, and by no exception. */
static void
cover(const struct draft *draft, uint64_t *ret_units, const uint64_t *entries)
{
	memset(ret_units, 0, bits_words(draft->unit_count) * sizeof(*entries));
	for (int i = 0; i < draft->count; i++)
		if (!draft->entries[i].is_except && bits_test(entries, i))
			bits_set(ret_units, draft->entries[i].unit);
	for (int i = 0; i < draft->count; i++)
		if (draft->entries[i].is_except && bits_test(entries, i))
			ret_units[draft->entries[i].unit / 64] &=
				~(UINT64_C(1) << draft->entries[i].unit % 64);
}

/* What was found, and room to find more. */
struct finding {
	struct kinds kinds;
	struct keys entries, units; /* seen before */
	uint64_t *possible, *covered;
};

static void
find_kind(struct draft *draft, struct finding *finding, const struct pair *pair,
	  const char *column)
{
	struct survey *survey = draft->survey;
	size_t words = bits_words(draft->unit_count);
	int known = finding->entries.count;
	struct kind kind = {
		.subject = {.operation = survey->operation, .column = column}};

	if (keys_add(&finding->entries, finding->possible,
		     draft->words * sizeof(uint64_t)) < known)
		return;
	cover(draft, finding->covered, finding->possible);
	known = finding->units.count;
	if (keys_add(&finding->units, finding->covered,
		     words * sizeof(uint64_t)) < known)
		return;
	kind.subject.schema = draft->parts[0].words.of[pair->schema].text;
	kind.subject.table = draft->parts[1].words.of[pair->table].text;
	kind.covered = keep_bits(survey->arena, finding->covered, words);
	arena_append(survey->arena, finding->kinds.of, finding->kinds.count,
		     kind);
}

static void
find_columns(struct draft *draft, struct finding *finding,
	     const struct pair *pair)
{
	enum operation operation = draft->survey->operation;

	for (int i = 0;
	     operation_has_column(operation) && i < draft->parts[2].words.count;
	     i++) {
		meet(finding->possible, pair->possible,
		     draft->parts[2].possible[i], draft->words);
		find_kind(draft, finding, pair,
			  draft->parts[2].words.of[i].text);
	}
	if (operation_has_column(operation) && operation != OP_COMMENT)
		return;
	meet(finding->possible, pair->possible, draft->columnless,
	     draft->words);
	find_kind(draft, finding, pair, NULL);
}

static bool
is_affordable(const struct draft *draft)
{
	int64_t pairs = (int64_t)draft->parts[0].words.count *
			draft->parts[1].words.count;

	return pairs * (int64_t)(draft->words + 1) <= PAIRS_MAX;
}

static struct kinds
combine(struct draft *draft)
{
	struct arena *arena = draft->survey->arena;
	struct finding finding = {.kinds = {.is_complete = true}};
	struct pairs pairs;

	finding.kinds.unit_words = bits_words(draft->unit_count);
	finding.possible =
		arena_take(arena, (draft->words + 1) * sizeof(uint64_t));
	finding.covered = arena_take(arena, (finding.kinds.unit_words + 1) *
						    sizeof(uint64_t));
	pairs = pair_up(draft, finding.possible);
	for (int i = 0; i < pairs.count; i++)
		find_columns(draft, &finding, &pairs.of[i]);
	keys_release(&finding.entries);
	keys_release(&finding.units);
	return finding.kinds;
}

struct kinds
region_kinds(struct survey *survey)
{
	struct draft draft = {.survey = survey};
	struct kinds kinds = {.is_complete = false};

	collect(&draft);
	if (walk_parts(&draft) && is_affordable(&draft))
		kinds = combine(&draft);
	for (int part = 0; part < 3; part++)
		keys_release(&draft.parts[part].known);
	return kinds;
}
