#include "pgmend.h"
#include "policy/arena.h"
#include "policy/keys.h"
#include "policy/region_parts.h"

/* Steps of work for one operation: some seconds. */
#define STEPS_MAX INT64_C(1000000000)

bool
survey_spend(struct survey *survey, int64_t points, int steps)
{
	survey->points += points;
	survey->steps += points * (1 + steps);
	return survey->points <= REGION_POINTS_MAX &&
	       survey->steps <= STEPS_MAX;
}

const struct claim *
survey_claim(const struct survey *survey, int index)
{
	return &survey->claims->of[survey->about[index]];
}

enum truth
region_truth(const struct region *region, int claim)
{
	for (int i = 0; i < region->count; i++)
		if (region->claims[i] == claim)
			return (enum truth)region->truths[i];
	return TRUTH_FALSE;
}

/* --- Cells ---------------------------------------------------------------- */

/* Kinds of subjects, new and old types, that no claim tells apart are one
 * cell. */
struct division {
	struct survey *survey;
	struct kinds kinds;
	struct type_kinds types, froms;
	struct axis *axes;
	struct keys seen;
	uint64_t *key;
	int *live;
	uint8_t *truths;
	region_visit *visit;
	void *context;
};

/* Those of the types that claims tell apart which cover the subject. */
static int
distinct_types(struct division *division, const struct kind *kind,
	       const struct type_kinds *all, const struct type_kind **ret)
{
	auto_keys struct keys seen = NO_KEYS;
	size_t words = division->survey->words;
	int count = 0;

	for (int i = 0; i < all->count; i++) {
		int known = seen.count;

		for (size_t j = 0; j < words; j++)
			division->key[j] =
				all->of[i].suited[j] & kind->covered[j];
		/* What isn't known is unlike anything else. */
		division->key[words] = all->of[i].type == NULL;
		if (keys_add(&seen, division->key,
			     (words + 1) * sizeof(*division->key)) == known)
			ret[count++] = &all->of[i];
	}
	return count;
}

static enum truth
static_truth(const struct claim *claim, int index, const struct type_kind *type,
	     const struct type_kind *from, enum operation operation)
{
	bool changes = operation == OP_WIDEN_TYPE || operation == OP_ALTER_TYPE;

	if (!bits_test(type->suited, index) || !bits_test(from->suited, index))
		return TRUTH_FALSE;
	return claim->froms != NULL && from->type == NULL && changes
		       ? TRUTH_UNKNOWN
		       : TRUTH_TRUE;
}

/* The claims that may hold, and whether names and conditions on column.name
 * make this cell a new one. */
static int
list_live(struct division *division, const struct kind *kind,
	  const struct type_kind *type, const struct type_kind *from)
{
	const struct survey *survey = division->survey;
	int count = 0;

	for (int i = bits_next(kind->covered, survey->count, 0);
	     i < survey->count;
	     i = bits_next(kind->covered, survey->count, i + 1)) {
		enum truth truth = static_truth(survey_claim(survey, i), i,
						type, from, survey->operation);

		if (truth == TRUTH_FALSE)
			continue;
		division->live[count] = i;
		division->truths[count++] = (uint8_t)truth;
	}
	return count;
}

static bool
is_new(struct division *division, const struct kind *kind, int count)
{
	size_t words = division->kinds.unit_words;
	int known = division->seen.count;

	/* Two bits a claim, for one that holds and one that may; then the
	 * conditions on names, which follow the claims' bits. */
	memset(division->key, 0, 2 * words * sizeof(*division->key));
	for (int i = division->survey->count; i < (int)words * 64; i++)
		if (bits_test(kind->covered, i))
			bits_set(division->key, i);
	for (int i = 0; i < count; i++) {
		bits_set(division->key, division->live[i]);
		if (division->truths[i] == TRUTH_TRUE)
			bits_set(division->key + words, division->live[i]);
	}
	return keys_add(&division->seen, division->key,
			2 * words * sizeof(*division->key)) == known;
}

static bool
visit_cell(struct division *division, const struct kind *kind,
	   const struct type_kind *type, const struct type_kind *from)
{
	struct subject subject = kind->subject;
	struct cell cell = {.subject = &subject,
			    .live = division->live,
			    .truths = division->truths};

	division->survey->steps += 1 + division->survey->count;
	if (!survey_spend(division->survey, 0, 0))
		return false;
	cell.count = list_live(division, kind, type, from);
	if (!is_new(division, kind, cell.count))
		return true;
	subject.type = type->type;
	subject.from = from->type;
	return cell_visit(division->survey, division->axes, &cell,
			  division->visit, division->context);
}

static bool
visit_kind(struct division *division, const struct kind *kind)
{
	auto_free const struct type_kind **types =
		xcalloc((size_t)division->types.count, sizeof(*types));
	auto_free const struct type_kind **froms =
		xcalloc((size_t)division->froms.count, sizeof(*froms));
	int type_count =
		distinct_types(division, kind, &division->types, types);
	int from_count =
		distinct_types(division, kind, &division->froms, froms);

	for (int i = 0; i < type_count; i++)
		for (int j = 0; j < from_count; j++)
			if (!visit_cell(division, kind, types[i], froms[j]))
				return false;
	return true;
}

/* --- The whole ------------------------------------------------------------ */

static bool
divide(struct division *division)
{
	struct survey *survey = division->survey;
	size_t words;

	division->kinds = region_kinds(survey);
	division->types = region_types(survey, false);
	division->froms = region_types(survey, true);
	division->axes = region_axes(survey);
	if (!division->kinds.is_complete || !division->types.is_complete ||
	    !division->froms.is_complete || division->axes == NULL)
		return false;
	words = division->kinds.unit_words;
	division->key = xcalloc(2 * words + 1, sizeof(*division->key));
	division->live = xcalloc((size_t)survey->count, sizeof(int));
	division->truths = xcalloc((size_t)survey->count, 1);
	for (int i = 0; i < division->kinds.count; i++)
		if (!visit_kind(division, &division->kinds.of[i]))
			return false;
	return true;
}

int64_t
regions_visit(struct claims *claims, enum operation operation, int today,
	      region_visit *visit, void *context)
{
	auto_free int *about = xcalloc((size_t)claims->count, sizeof(*about));
	struct survey survey = {.arena = arena_new(),
				.claims = claims,
				.operation = operation,
				.today = today,
				.about = about};
	struct division division = {
		.survey = &survey, .visit = visit, .context = context};
	bool is_decided;

	for (int i = 0; i < claims->count; i++)
		if (claim_is_about(&claims->of[i], operation))
			about[survey.count++] = i;
	survey.words = bits_words(survey.count);
	is_decided = divide(&division);
	keys_release(&division.seen);
	free(division.key);
	free(division.live);
	free(division.truths);
	arena_free(survey.arena);
	return is_decided ? survey.points : -1;
}
