#include "pgmend.h"
#include "policy/arena.h"
#include "policy/compose.h"
#include "policy/diagnostic.h"
#include "policy/narrowing.h"
#include "policy/rules.h"
#include "policy/setting.h"
#include "policy/zone.h"

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

/* The lowest layer that names a zone: one that may, because no window above
 * depends on another. */
static void
settle_zone(struct policy *policy, struct diagnostics *diagnostics)
{
	int row = setting_find(SECTION_LIMITS, "timezone");
	const struct setting *settled = NULL;
	struct error err = NO_ERROR;

	for (int i = 0; i < policy->layer_count; i++)
		for (int j = 0; j < policy->layers[i].setting_count; j++)
			if (policy->layers[i].settings[j].row == row)
				settled = &policy->layers[i].settings[j];
	if (zone_read(&policy->zone, policy->arena,
		      settled == NULL ? "UTC" : settled->values[0].text,
		      &err) == 0)
		return;
	diagnose(diagnostics, "E331", settled->place, "%s", err.text);
	diagnose_hint(diagnostics, "a name such as \"Europe/Berlin\" or UTC");
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

		narrowing_check(policy, i, diagnostics);
		groups_check(policy, i, diagnostics);
		for (int j = 0; j < layer->setting_count; j++)
			take_setting(&effective, &layer->settings[j]);
	}
	for (int i = 0; i < LIMITS; i++)
		if (effective.limits[i] < 0)
			effective.limits[i] = default_limits[i];
	set_limits(&policy->settings, effective.limits);
	settle_zone(policy, diagnostics);
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

/* --- The clock ------------------------------------------------------------ */

#define MINUTES_A_WEEK (7 * 24 * 60)
#define MONDAY (3 * 24 * 60) /* 1970 began on a Thursday */

static bool
has_windows(const struct policy *set)
{
	for (int i = 0; i < set->layer_count; i++)
		if (set->layers[i].has_windows)
			return true;
	return false;
}

bool
policy_clock(const struct policy *policy, int64_t seconds, int *ret_minutes)
{
	const struct policy *first = NULL;
	int offset = 0;

	for (const struct policy *set = policy; set != NULL;
	     set = set->narrower) {
		int other = zone_offset(set->zone, seconds);

		if (!has_windows(set))
			continue;
		if (first != NULL && other != offset)
			return false;
		first = set;
		offset = other;
	}
	*ret_minutes =
		(int)(((seconds + offset) / 60 + MONDAY) % MINUTES_A_WEEK);
	return true;
}

/* --- Asking a set --------------------------------------------------------- */

const char *
policy_files_hash(const struct policy *policy)
{
	return policy->files_hash;
}

const char *
policy_files(const struct policy *policy)
{
	return policy->files;
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

int
policy_layer_count(const struct policy *policy)
{
	return policy->layer_count;
}

const char *
policy_layer_name(const struct policy *policy, int layer)
{
	return policy->layers[layer].name;
}

const char *
policy_layer_file(const struct policy *policy, int layer)
{
	return policy->layers[layer].file;
}

struct policy_counts
policy_counts(const struct policy *policy)
{
	return policy->counts;
}
