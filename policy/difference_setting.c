/* Settings, by what they come to over all layers of a set. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/difference_parts.h"
#include "policy/setting.h"

#define MILLIONTHS 1000000
#define NOT_SET (-1)

/* True where a smaller number is the narrower one. */
static bool
narrows_downwards(const struct setting_word *word)
{
	return word->direction == MAY_LOWER;
}

static const struct setting *
setting_of(const struct layer *layer, int row)
{
	for (int i = 0; i < layer->setting_count; i++)
		if (layer->settings[i].row == row)
			return &layer->settings[i];
	return NULL;
}

/* Where the new set says it last: for people. */
static void
add(struct differences *differences, const struct policy *after, int row,
    struct difference one)
{
	const struct setting_word *word = setting_word(row);

	one.what = arena_print(differences->arena, "%s.%s",
			       section_name(word->section), word->name);
	for (int i = 0; i < after->layer_count; i++) {
		const struct setting *setting =
			setting_of(&after->layers[i], row);

		if (setting == NULL)
			continue;
		one.file = setting->place.source->name;
		one.line = setting->place.line;
	}
	differences_add(differences, one);
}

/* --- One value ------------------------------------------------------------ */

int64_t
policy_limit(const struct policy *policy, enum limit limit)
{
	const struct policy_settings *settings = &policy->settings;
	const int64_t limits[LIMITS] = {
		[LIMIT_LOCK_TIMEOUT] = settings->lock_timeout_ms,
		[LIMIT_STATEMENT_TIMEOUT] = settings->statement_timeout_ms,
		[LIMIT_IDLE_IN_TRANSACTION_TIMEOUT] =
			settings->idle_in_transaction_timeout_ms,
		[LIMIT_REPLAY_ROWS] = settings->replay_rows,
		[LIMIT_BATCH_ROWS] = settings->batch_rows,
		[LIMIT_MAX_ATTEMPTS] = settings->max_attempts,
	};

	return limits[limit];
}

/* The tightest of all layers. */
static int64_t
value_of(const struct policy *policy, int row)
{
	const struct setting_word *word = setting_word(row);
	int64_t value = NOT_SET;

	if (word->limit != LIMITS)
		return policy_limit(policy, word->limit);
	for (int i = 0; i < policy->layer_count; i++) {
		const struct setting *setting =
			setting_of(&policy->layers[i], row);
		int64_t one =
			setting == NULL ? NOT_SET : setting->values[0].number;

		if (one == NOT_SET)
			continue;
		if (value == NOT_SET ||
		    (narrows_downwards(word) ? one < value : one > value))
			value = one;
	}
	return value == NOT_SET && word->starts_low ? 0 : value;
}

struct written {
	const struct setting_word *word;
	int64_t value;
};

static void
write_value(FILE *out, const void *what)
{
	const struct written *written = what;
	const struct setting_word *word = written->word;
	int64_t value = written->value;

	if (value == NOT_SET)
		fputs("not set", out);
	else if (word->form == FORM_WORD)
		fputs(word->words[value], out);
	else if (word->form == FORM_DECIMAL)
		fprintf(out, "%lld.%02lld", (long long)(value / MILLIONTHS),
			(long long)(value % MILLIONTHS / 10000));
	else
		quantity_write(out, word->type, value);
}

/* What isn't set narrows nothing. */
static bool
widens(const struct setting_word *word, int64_t before, int64_t after)
{
	if (before == NOT_SET || after == NOT_SET)
		return after == NOT_SET;
	return narrows_downwards(word) ? after > before : after < before;
}

static void
compare_value(struct differences *differences, const struct policy *before,
	      const struct policy *after, int row)
{
	const struct setting_word *word = setting_word(row);
	struct written old = {word, value_of(before, row)};
	struct written new = {word, value_of(after, row)};
	struct difference one = {.change = ""};

	if (old.value == new.value)
		return;
	one.widens = widens(word, old.value, new.value);
	one.before = text_in(differences->arena, write_value, &old);
	one.after = text_in(differences->arena, write_value, &new);
	add(differences, after, row, one);
}

/* --- Lists ---------------------------------------------------------------- */

static struct texts
entries_of(struct arena *arena, const struct setting *setting)
{
	const struct setting_word *word = setting_word(setting->row);
	struct texts texts = {.arena = arena};

	for (int i = 0; i < setting->value_count; i++)
		texts_add(&texts,
			  word->form == FORM_WORDS
				  ? word->words[setting->values[i].number]
				  : setting->values[i].text);
	return texts;
}

/* Of lists that layers add to, all entries; of others those that every layer
 * names which has a list. */
static struct texts
list_of(struct arena *arena, const struct policy *policy, int row,
	bool *ret_is_set)
{
	bool adds = setting_word(row)->direction == MAY_ADD;
	struct texts all = {.arena = arena};

	*ret_is_set = false;
	for (int i = 0; i < policy->layer_count; i++) {
		const struct setting *setting =
			setting_of(&policy->layers[i], row);
		struct texts one, both = {.arena = arena};

		if (setting == NULL)
			continue;
		one = entries_of(arena, setting);
		for (int j = 0; j < all.count; j++)
			if (adds || texts_have(&one, all.of[j]))
				texts_add(&both, all.of[j]);
		for (int j = 0; j < one.count; j++)
			if (adds || !*ret_is_set)
				texts_add(&both, one.of[j]);
		all = both;
		*ret_is_set = true;
	}
	return all;
}

static const char *
join(struct arena *arena, const struct texts *texts, bool is_set)
{
	const char *text = is_set ? "none" : "not set";

	for (int i = 0; i < texts->count; i++)
		text = i == 0 ? texts->of[0]
			      : arena_print(arena, "%s, %s", text,
					    texts->of[i]);
	return text;
}

static bool
lacks_some(const struct texts *texts, const struct texts *of)
{
	for (int i = 0; i < of->count; i++)
		if (!texts_have(texts, of->of[i]))
			return true;
	return false;
}

/* A list of what is allowed widens by what it gains, one of what is required by
 * what it loses. One that isn't set allows all, and requires nothing. */
static void
compare_list(struct differences *differences, const struct policy *before,
	     const struct policy *after, int row)
{
	struct arena *arena = differences->arena;
	bool adds = setting_word(row)->direction == MAY_ADD;
	bool was_set, is_set;
	struct texts old = list_of(arena, before, row, &was_set);
	struct texts new = list_of(arena, after, row, &is_set);
	bool gains = lacks_some(&old, &new), loses = lacks_some(&new, &old);
	struct difference one = {.change = ""};

	if (was_set == is_set && !gains && !loses)
		return;
	if (was_set != is_set)
		one.widens = adds ? loses : was_set;
	else
		one.widens = adds ? loses : gains;
	one.before = join(arena, &old, was_set);
	one.after = join(arena, &new, is_set);
	add(differences, after, row, one);
}

/* --- All of them ---------------------------------------------------------- */

/* The layers of the jail have a default. */
static void
compare_sandbox(struct differences *differences, const struct policy *before,
		const struct policy *after, int row)
{
	const char *const *words = setting_word(row)->words;
	unsigned old = before->settings.sandbox_require;
	unsigned new = after->settings.sandbox_require;

	for (int i = 0; words[i] != NULL; i++) {
		bool was = (old & 1U << i) != 0, is = (new & 1U << i) != 0;
		struct difference one = {.change = words[i],
					 .widens = was,
					 .before = was ? "required" : "not",
					 .after = is ? "required" : "not"};

		if (was != is)
			add(differences, after, row, one);
	}
}

static void
compare_setting(struct differences *differences, const struct policy *before,
		const struct policy *after, int row)
{
	const struct setting_word *word = setting_word(row);

	switch (word->form) {
	case FORM_QUANTITY:
	case FORM_DECIMAL:
	case FORM_WORD:
		compare_value(differences, before, after, row);
		break;
	case FORM_WORDS:
		compare_sandbox(differences, before, after, row);
		break;
	case FORM_STRINGS:
	case FORM_NAMES:
	case FORM_ZONE:
	case FORM_ALERT:
		compare_list(differences, before, after, row);
		break;
	case FORM_PATTERNS:
	case FORM_DETECT:
	case SETTING_FORMS:
		/* By what becomes of a column: difference_disclosure.c. */
		break;
	}
}

void
differences_of_settings(struct differences *differences,
			const struct policy *before, const struct policy *after)
{
	for (int i = 0; setting_word(i) != NULL; i++)
		compare_setting(differences, before, after, i);
}
