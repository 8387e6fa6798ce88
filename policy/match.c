#include "pgmend.h"
#include "policy/match.h"

/* --- Subjects ------------------------------------------------------------- */

bool
match_glob(const char *glob, const char *text)
{
	return glob_matches(&(struct glob){glob, GLOB_VALUE}, text);
}

struct glob
part_glob(const struct pattern_part *part, bool is_column,
	  enum polarity polarity)
{
	struct glob glob = {.text = part->text, .reading = GLOB_WIDE};

	if (part->quoted)
		glob.reading = GLOB_EXACT;
	else if (polarity == POLARITY_NARROW)
		glob.reading = is_column ? GLOB_COLUMN : GLOB_NARROW;
	return glob;
}

static bool
part_matches(const struct pattern_part *part, const char *text, bool is_column,
	     enum polarity polarity)
{
	struct glob glob = part_glob(part, is_column, polarity);

	return glob_matches(&glob, text);
}

static bool
pattern_matches(const struct pattern *pattern, const struct subject *subject,
		enum polarity polarity)
{
	if (!part_matches(&pattern->parts[0], subject->schema, false,
			  polarity) ||
	    !part_matches(&pattern->parts[1], subject->table, false, polarity))
		return false;
	if (pattern->count == 2)
		return true;
	return subject->column != NULL &&
	       part_matches(&pattern->parts[2], subject->column, true,
			    polarity);
}

bool
match_subject(const struct patterns *patterns, const struct subject *subject,
	      enum polarity polarity)
{
	for (int i = 0; i < patterns->count; i++)
		if (pattern_matches(&patterns->of[i], subject, polarity))
			return true;
	return false;
}

/* --- Types ---------------------------------------------------------------- */

/* "numeric" is numeric without modifiers; numeric(*) is any numeric, and so is
 * "num*": a pattern that denies *char* must not miss varchar(20). */
static bool
modifiers_match(const struct type_pattern *pattern, const struct type *type)
{
	if (pattern->modifier_count == 1 && pattern->modifiers[0].any)
		return true;
	if (pattern->modifier_count == 0 && strchr(pattern->name, '*') != NULL)
		return true;
	if (type->fields != 0)
		return false;
	if (pattern->modifier_count != type->modifier_count) {
		/* numeric(10) has scale 0. */
		bool has_scale = pattern->modifier_count == 2 &&
				 type->modifier_count == 1;

		if (!has_scale)
			return false;
	}
	for (int i = 0; i < pattern->modifier_count; i++) {
		const struct pattern_modifier *modifier =
			&pattern->modifiers[i];
		int value = i < type->modifier_count ? type->modifiers[i] : 0;

		if (!modifier->any && value != modifier->value &&
		    !(modifier->at_most && value <= modifier->value))
			return false;
	}
	return true;
}

static bool
type_matches(const struct type_pattern *pattern, const struct type *type)
{
	return pattern->is_array == type->is_array &&
	       match_glob(pattern->schema, type->schema) &&
	       match_glob(pattern->name, type->name) &&
	       modifiers_match(pattern, type);
}

bool
match_type(const struct type_patterns *patterns, const struct type *type)
{
	for (int i = 0; i < patterns->count; i++)
		if (type_matches(&patterns->of[i], type))
			return true;
	return false;
}

/* --- Conditions ----------------------------------------------------------- */

static enum truth
truth_of(bool claim)
{
	return claim ? TRUTH_TRUE : TRUTH_FALSE;
}

static bool
compare(int order, enum comparison comparison)
{
	switch (comparison) {
	case COMPARE_EQUAL:
		return order == 0;
	case COMPARE_UNEQUAL:
		return order != 0;
	case COMPARE_LESS:
		return order < 0;
	case COMPARE_AT_MOST:
		return order <= 0;
	case COMPARE_GREATER:
		return order > 0;
	case COMPARE_AT_LEAST:
		return order >= 0;
	case COMPARISONS:
		break;
	}
	abort();
}

static int
order_of(const struct fact_value *fact, const struct value *value)
{
	if (value->text != NULL)
		return strcmp(fact->text == NULL ? "" : fact->text,
			      value->text);
	return (fact->number > value->number) - (fact->number < value->number);
}

/* The set's names are joined by newlines; the glob meets each of them in a
 * buffer, since names have at most 63 bytes. Longer ones match by refusing to
 * be told apart: they can't be names. */
static bool
set_has(const char *names, const char *glob)
{
	char name[256];

	while (*names != '\0') {
		size_t size = strcspn(names, "\n");

		snprintf(name, sizeof(name), "%.*s", (int)size, names);
		if (size < sizeof(name) && match_glob(glob, name))
			return true;
		names += size + (names[size] == '\n');
	}
	return false;
}

static bool
is_one_of(const struct condition *condition, const struct fact_value *fact)
{
	for (int i = 0; i < condition->value_count; i++)
		if (order_of(fact, &condition->values[i]) == 0)
			return true;
	return false;
}

static enum truth
match_atom(const struct condition *condition, const struct facts *facts,
	   uint64_t *used, uint64_t *unknown)
{
	const struct fact_value *fact = &facts->of[condition->fact];
	const char *text = fact->text == NULL ? "" : fact->text;
	uint64_t bit = UINT64_C(1) << condition->fact;

	if (!fact->known) {
		*unknown |= bit;
		return TRUTH_UNKNOWN;
	}
	*used |= bit;
	switch (condition->kind) {
	case CONDITION_TRUE:
		return truth_of(fact->number != 0);
	case CONDITION_COMPARE:
		return truth_of(compare(order_of(fact, condition->values),
					condition->comparison));
	case CONDITION_LIKE:
		return truth_of(match_glob(condition->values[0].text, text));
	case CONDITION_IN:
		return truth_of(is_one_of(condition, fact));
	case CONDITION_HAS:
		return truth_of(set_has(text, condition->values[0].text));
	default:
		abort();
	}
}

static enum truth
match_window(const struct window *window, const struct facts *facts)
{
	int day = facts->clock_minutes / (24 * 60);
	int minute = facts->clock_minutes % (24 * 60);

	if (!facts->clock_known)
		return TRUTH_UNKNOWN;
	for (int i = 0; i < window->count; i++) {
		const struct span *span = &window->of[i];

		if (day >= span->first_day && day <= span->last_day &&
		    minute >= span->start && minute < span->end)
			return TRUTH_TRUE;
	}
	return TRUTH_FALSE;
}

/* Both sides are always asked, so that what was unknown is told in full. */
static enum truth
match_pair(const struct condition *condition, const struct facts *facts,
	   uint64_t *used, uint64_t *unknown)
{
	enum truth left =
		match_condition(condition->left, facts, used, unknown);
	enum truth right =
		match_condition(condition->right, facts, used, unknown);

	if (condition->kind == CONDITION_AND)
		return left < right ? left : right;
	return left > right ? left : right;
}

enum truth
match_condition(const struct condition *condition, const struct facts *facts,
		uint64_t *used, uint64_t *unknown)
{
	switch (condition->kind) {
	case CONDITION_AND:
	case CONDITION_OR:
		return match_pair(condition, facts, used, unknown);
	case CONDITION_NOT:
		return TRUTH_TRUE -
		       match_condition(condition->left, facts, used, unknown);
	case CONDITION_WINDOW:
		return match_window(condition->window, facts);
	default:
		return match_atom(condition, facts, used, unknown);
	}
}
