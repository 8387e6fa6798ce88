#include "pgmend.h"
#include "policy/arena.h"
#include "policy/compose.h"
#include "policy/diagnostic.h"
#include "policy/rules.h"
#include "policy/setting.h"

/* When no layer says anything. A lock is waited for briefly, since everyone
 * else queues behind the one who waits. */
static const int64_t default_limits[LIMITS] = {
	[LIMIT_LOCK_TIMEOUT] = 3000,
	[LIMIT_STATEMENT_TIMEOUT] = 60 * 1000,
	[LIMIT_IDLE_IN_TRANSACTION_TIMEOUT] = 60 * 1000,
	[LIMIT_REPLAY_ROWS] = 1000 * 1000,
	[LIMIT_BATCH_ROWS] = 1000,
	[LIMIT_MAX_ATTEMPTS] = 5,
};

/* Bits in the order of enum jail_layer: all but cgroup. */
#define SANDBOX_DEFAULT ((1U << 0) | (1U << 1) | (1U << 2) | (1U << 4))

/* --- Widening ------------------------------------------------------------- */

/* The setting of the same row in the nearest layer above, or NULL. */
static const struct setting *
setting_above(const struct policy *policy, int layer, int row)
{
	while (layer-- > 0) {
		const struct layer *above = &policy->layers[layer];

		for (int i = 0; i < above->setting_count; i++)
			if (above->settings[i].row == row)
				return &above->settings[i];
	}
	return NULL;
}

static bool
widens(const struct setting_word *word, const struct setting *lower,
       const struct setting *upper)
{
	int64_t low = lower->values[0].number, high = upper->values[0].number;

	switch (word->form) {
	case FORM_QUANTITY:
	case FORM_DECIMAL:
	case FORM_WORD:
		if (word->direction == MAY_LOWER)
			return low > high;
		return word->direction == MAY_RAISE && low < high;
	default:
		return false;
	}
}

static bool
has_text(const struct setting *setting, const char *text)
{
	for (int i = 0; i < setting->value_count; i++)
		if (same_text(setting->values[i].text, text))
			return true;
	return false;
}

/* model.ids and model.endpoints: a lower layer names some of the upper's. */
static bool
leaves_the_set(const struct setting_word *word, const struct setting *lower,
	       const struct setting *upper)
{
	if (word->section != SECTION_MODEL || word->form != FORM_STRINGS)
		return false;
	for (int i = 0; i < lower->value_count; i++)
		if (!has_text(upper, lower->values[i].text))
			return true;
	return false;
}

/* The text of the setting's value, as it stands in its line. */
static const char *
written(struct arena *arena, const struct setting *setting)
{
	const struct place *place = &setting->place;
	const char *line = place->source->text;

	for (int i = 1; i < place->line; i++)
		line = strchr(line, '\n') + 1;
	return arena_copy(arena, line + place->column - 1,
			  (size_t)place->width);
}

static void
refuse_widening(struct policy *policy, const struct layer *layer,
		const struct setting *lower, const struct setting *upper,
		struct diagnostics *diagnostics)
{
	const struct setting_word *word = setting_word(lower->row);
	const char *above = written(policy->arena, upper);
	const char *value = above + strlen(word->name);
	struct place place = lower->place;

	place.width = (int)strlen(word->name);
	diagnose(diagnostics, "E320", place, "'%s' widens %s:%d, which sets %s",
		 written(policy->arena, lower), upper->place.source->name,
		 upper->place.line, value + strspn(value, " \t"));
	diagnose_hint(diagnostics, "a %s layer may only %s it", layer->name,
		      word->direction == MAY_LOWER   ? "lower"
		      : word->direction == MAY_RAISE ? "raise"
						     : "narrow");
}

static void
check_layer(struct policy *policy, int index, struct diagnostics *diagnostics)
{
	const struct layer *layer = &policy->layers[index];

	for (int i = 0; i < layer->setting_count; i++) {
		const struct setting *lower = &layer->settings[i];
		const struct setting_word *word = setting_word(lower->row);
		const struct setting *upper =
			setting_above(policy, index, lower->row);

		if (upper != NULL && (widens(word, lower, upper) ||
				      leaves_the_set(word, lower, upper)))
			refuse_widening(policy, layer, lower, upper,
					diagnostics);
	}
}

/* --- Effective settings --------------------------------------------------- */

struct effective {
	int64_t limits[LIMITS]; /* -1: no layer says */
	unsigned sandbox;
	bool has_sandbox;
};

static void
take_setting(struct effective *effective, const struct setting *setting)
{
	const struct setting_word *word = setting_word(setting->row);
	int64_t number = setting->values[0].number;

	if (word->limit != LIMITS) {
		int64_t *limit = &effective->limits[word->limit];

		*limit = *limit < 0 || number < *limit ? number : *limit;
	}
	if (word->form != FORM_WORDS)
		return;
	/* Layers add what is required; the first one says from what. */
	effective->has_sandbox = true;
	for (int i = 0; i < setting->value_count; i++)
		effective->sandbox |= 1U << setting->values[i].number;
}

static void
set_limits(struct policy_settings *settings, const int64_t *limits)
{
	settings->lock_timeout_ms = limits[LIMIT_LOCK_TIMEOUT];
	settings->statement_timeout_ms = limits[LIMIT_STATEMENT_TIMEOUT];
	settings->idle_in_transaction_timeout_ms =
		limits[LIMIT_IDLE_IN_TRANSACTION_TIMEOUT];
	settings->replay_rows = limits[LIMIT_REPLAY_ROWS];
	settings->batch_rows = limits[LIMIT_BATCH_ROWS];
	settings->max_attempts = limits[LIMIT_MAX_ATTEMPTS];
}

void
compose_settings(struct policy *policy, struct diagnostics *diagnostics)
{
	struct effective effective = {.sandbox = 0};

	for (int i = 0; i < LIMITS; i++)
		effective.limits[i] = -1;
	for (int i = 0; i < policy->layer_count; i++) {
		const struct layer *layer = &policy->layers[i];

		check_layer(policy, i, diagnostics);
		for (int j = 0; j < layer->setting_count; j++)
			take_setting(&effective, &layer->settings[j]);
	}
	for (int i = 0; i < LIMITS; i++)
		if (effective.limits[i] < 0)
			effective.limits[i] = default_limits[i];
	set_limits(&policy->settings, effective.limits);
	policy->settings.sandbox_require =
		effective.has_sandbox ? effective.sandbox : SANDBOX_DEFAULT;
}

/* --- Several sets --------------------------------------------------------- */

static int64_t
smaller(int64_t left, int64_t right)
{
	return left < right ? left : right;
}

static void
narrow_settings(struct policy_settings *settings,
		const struct policy_settings *other)
{
	settings->lock_timeout_ms =
		smaller(settings->lock_timeout_ms, other->lock_timeout_ms);
	settings->statement_timeout_ms = smaller(settings->statement_timeout_ms,
						 other->statement_timeout_ms);
	settings->idle_in_transaction_timeout_ms =
		smaller(settings->idle_in_transaction_timeout_ms,
			other->idle_in_transaction_timeout_ms);
	settings->replay_rows =
		smaller(settings->replay_rows, other->replay_rows);
	settings->batch_rows = smaller(settings->batch_rows, other->batch_rows);
	settings->max_attempts =
		smaller(settings->max_attempts, other->max_attempts);
	settings->sandbox_require |= other->sandbox_require;
}

/* SHA-256 over both, the wider one first. */
static void
join_hashes(char *hash, const char *other)
{
	char both[2 * DIGEST_HEX_SIZE];
	struct digest digest;

	snprintf(both, sizeof(both), "%s\n%s", hash, other);
	digest = digest_of(both, strlen(both));
	digest_hex(hash, &digest);
}

void
policy_narrow(struct policy *policy, struct policy *narrower)
{
	struct policy *last = policy;

	narrow_settings(&policy->settings, &narrower->settings);
	join_hashes(policy->files_hash, narrower->files_hash);
	join_hashes(policy->meaning_hash, narrower->meaning_hash);
	policy->counts.files += narrower->counts.files;
	policy->counts.rules += narrower->counts.rules;
	policy->counts.lists += narrower->counts.lists;
	policy->counts.settings += narrower->counts.settings;
	policy->counts.tests += narrower->counts.tests;
	policy->counts.warnings += narrower->counts.warnings;
	while (last->narrower != NULL)
		last = last->narrower;
	last->narrower = narrower;
}

/* --- Asking a set --------------------------------------------------------- */

const char *
policy_files_hash(const struct policy *policy)
{
	return policy->files_hash;
}

const char *
policy_meaning_hash(const struct policy *policy)
{
	return policy->meaning_hash;
}

const struct policy_settings *
policy_settings(const struct policy *policy)
{
	return &policy->settings;
}

struct policy_settings
policy_settings_for(const struct policy *policy, const struct verdict *verdict)
{
	struct policy_settings settings = policy->settings;
	struct policy_settings tighter = settings;
	int64_t limits[LIMITS];

	for (int i = 0; i < LIMITS; i++)
		limits[i] =
			verdict->limits[i] < 0 ? INT64_MAX : verdict->limits[i];
	set_limits(&tighter, limits);
	narrow_settings(&settings, &tighter);
	return settings;
}

struct policy_counts
policy_counts(const struct policy *policy)
{
	return policy->counts;
}
