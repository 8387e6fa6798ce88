#include "pgmend.h"
#include "policy/policy_model.h"
#include "policy/rules.h"
#include "policy/setting.h"

/* Numbers of the section: where they go, and what they are when no layer says
 * anything. Modest, since whoever wants more can write it down. */
static const struct {
	const char *name;
	size_t at;
	int64_t unsaid;
} numbers[] = {
	{"max_turns", offsetof(struct policy_model, max_turns), 6},
	{"max_tokens", offsetof(struct policy_model, max_tokens), 4096},
	{"max_cost", offsetof(struct policy_model, max_cost), 50 * 1000},
	{"max_cost_day", offsetof(struct policy_model, max_cost_day),
	 5 * 1000 * 1000},
	{"max_calls_day", offsetof(struct policy_model, max_calls_day), 500},
	{"max_calls_fingerprint_day",
	 offsetof(struct policy_model, max_calls_fingerprint_day), 20},
	{"max_input_bytes", offsetof(struct policy_model, max_input_bytes),
	 256 * 1024},
};

static const struct setting *
find_setting(const struct layer *layer, const char *name)
{
	for (int i = 0; i < layer->setting_count; i++) {
		const struct setting_word *word =
			setting_word(layer->settings[i].row);

		if (word->section == SECTION_MODEL &&
		    strcmp(word->name, name) == 0)
			return &layer->settings[i];
	}
	return NULL;
}

/* --- One number of all layers --------------------------------------------- */

/* What `join` makes of the values of one setting, from the base set's first
 * layer to the last set's last; -1 when no layer has it. */
static int64_t
fold(const struct policy *policy, const char *name,
     int64_t (*join)(int64_t so_far, int64_t number))
{
	int64_t result = -1;

	for (const struct policy *set = policy; set != NULL;
	     set = set->narrower) {
		for (int i = 0; i < set->layer_count; i++) {
			const struct setting *setting =
				find_setting(&set->layers[i], name);
			int64_t number;

			if (setting == NULL)
				continue;
			number = setting->values[0].number;
			result = result < 0 ? number : join(result, number);
		}
	}
	return result;
}

static int64_t
lower(int64_t so_far, int64_t number)
{
	return number < so_far ? number : so_far;
}

static int64_t
higher(int64_t so_far, int64_t number)
{
	return number > so_far ? number : so_far;
}

/* More evidence is stricter, unless a layer above promised privacy. */
static int64_t
retention(int64_t so_far, int64_t number)
{
	return so_far == RETAIN_NONE ? so_far : higher(so_far, number);
}

static int64_t
or_else(int64_t number, int64_t unsaid)
{
	return number < 0 ? unsaid : number;
}

struct policy_model
policy_model(const struct policy *policy)
{
	struct policy_model model = {.max_turns = 0};

	for (size_t i = 0; i < array_size(numbers); i++) {
		int64_t *number =
			(int64_t *)(void *)((char *)&model + numbers[i].at);

		*number = or_else(fold(policy, numbers[i].name, lower),
				  numbers[i].unsaid);
	}
	model.thinking = (enum model_thinking)or_else(
		fold(policy, "thinking", lower), THINKING_OFF);
	model.retain_prompts = (enum model_retention)or_else(
		fold(policy, "retain_prompts", retention), RETAIN_HASH);
	/* The words of the table begin behind PLANNER_UNSAID. */
	model.planner =
		(enum model_planner)(fold(policy, "planner", higher) + 1);
	return model;
}

/* --- Lists ---------------------------------------------------------------- */

static bool
is_same(const char *left, const char *right)
{
	return strcmp(left, right) == 0;
}

/* The same address, with or without a '/' behind it. */
static bool
is_same_url(const char *left, const char *right)
{
	size_t size = strlen(left), other = strlen(right);

	while (size > 0 && left[size - 1] == '/')
		size--;
	while (other > 0 && right[other - 1] == '/')
		other--;
	return size == other && memcmp(left, right, size) == 0;
}

static bool
has_text(const struct setting *setting, const char *text,
	 bool (*equal)(const char *, const char *))
{
	for (int i = 0; i < setting->value_count; i++)
		if (equal(setting->values[i].text, text))
			return true;
	return false;
}

/* True when every layer that has the list names the text. */
static bool
is_in_all(const struct policy *policy, const char *name, const char *text,
	  bool (*equal)(const char *, const char *))
{
	for (const struct policy *set = policy; set != NULL;
	     set = set->narrower) {
		for (int i = 0; i < set->layer_count; i++) {
			const struct setting *list =
				find_setting(&set->layers[i], name);

			if (list != NULL && !has_text(list, text, equal))
				return false;
		}
	}
	return true;
}

/* The list of the lowest layer that has one, or NULL. */
static const struct setting *
lowest_list(const struct policy *policy, const char *name)
{
	const struct setting *lowest = NULL;

	for (const struct policy *set = policy; set != NULL;
	     set = set->narrower) {
		for (int i = 0; i < set->layer_count; i++) {
			const struct setting *list =
				find_setting(&set->layers[i], name);

			lowest = list != NULL ? list : lowest;
		}
	}
	return lowest;
}

const char *
policy_model_id(const struct policy *policy)
{
	const struct setting *ids = lowest_list(policy, "ids");

	if (ids == NULL)
		return MODEL_DEFAULT;
	for (int i = 0; i < ids->value_count; i++)
		if (is_in_all(policy, "ids", ids->values[i].text, is_same))
			return ids->values[i].text;
	return NULL;
}

bool
policy_model_allows(const struct policy *policy, const char *id)
{
	if (lowest_list(policy, "ids") == NULL)
		return is_same(id, MODEL_DEFAULT);
	return is_in_all(policy, "ids", id, is_same);
}

bool
policy_model_reaches(const struct policy *policy, const char *base_url)
{
	return is_in_all(policy, "endpoints", base_url, is_same_url);
}
