#include "pgmend.h"
#include "policy/setting.h"

static const char *const sections[SECTIONS] = {
	[SECTION_LIMITS] = "limits",	 [SECTION_MODEL] = "model",
	[SECTION_DISCLOSE] = "disclose", [SECTION_APPROVE] = "approve",
	[SECTION_ALERT] = "alert",	 [SECTION_AUDIT] = "audit",
	[SECTION_SIGNING] = "signing",	 [SECTION_SANDBOX] = "sandbox",
};

static const char *const flags[] = {"no", "yes", NULL};
static const char *const thinking[] = {"off", "low", "medium", "high", NULL};
static const char *const prompts[] = {"none", "hash", "full", NULL};
static const char *const levels[] = {"none", "shape", "masked", "full", NULL};
static const char *const deny_only[] = {"deny", NULL};
static const char *const stop_only[] = {"stop", NULL};
static const char *const statements[] = {"hash", "full", NULL};
/* Ordered from the widest to the narrowest. */
static const char *const planners[] = {"builtin-first", "claude-only",
				       "builtin-only", NULL};
/* In the order of enum jail_layer. */
static const char *const jail[] = {"seccomp", "namespaces",  "landlock",
				   "cgroup",  "attestation", NULL};

#define QUANTITY(section_, name_, type_)                                       \
	{                                                                      \
		.section = (section_), .name = (name_), .form = FORM_QUANTITY, \
		.direction = MAY_LOWER, .type = (type_), .limit = LIMITS       \
	}
#define LIMIT(name_, type_, limit_)                            \
	{                                                      \
		.section = SECTION_LIMITS, .name = (name_),    \
		.form = FORM_QUANTITY, .direction = MAY_LOWER, \
		.type = (type_), .limit = (limit_)             \
	}
#define WORD(section_, name_, words_, direction_)                             \
	{                                                                     \
		.section = (section_), .name = (name_), .form = FORM_WORD,    \
		.direction = (direction_), .words = (words_), .limit = LIMITS \
	}
#define OTHER(section_, name_, form_, words_)                               \
	{                                                                   \
		.section = (section_), .name = (name_), .form = (form_),    \
		.direction = MAY_CHANGE, .words = (words_), .limit = LIMITS \
	}
#define DECIMAL(section_, name_)                                              \
	{                                                                     \
		.section = (section_), .name = (name_), .form = FORM_DECIMAL, \
		.direction = MAY_LOWER, .limit = LIMITS                       \
	}

static const struct setting_word settings[] = {
	LIMIT("lock_timeout", TYPE_DURATION, LIMIT_LOCK_TIMEOUT),
	LIMIT("statement_timeout", TYPE_DURATION, LIMIT_STATEMENT_TIMEOUT),
	LIMIT("idle_in_transaction_timeout", TYPE_DURATION,
	      LIMIT_IDLE_IN_TRANSACTION_TIMEOUT),
	LIMIT("replay_rows", TYPE_INT, LIMIT_REPLAY_ROWS),
	LIMIT("batch_rows", TYPE_INT, LIMIT_BATCH_ROWS),
	LIMIT("max_attempts", TYPE_INT, LIMIT_MAX_ATTEMPTS),
	QUANTITY(SECTION_LIMITS, "lock_wait_hour", TYPE_DURATION),
	OTHER(SECTION_LIMITS, "timezone", FORM_NAMES, NULL),

	OTHER(SECTION_MODEL, "ids", FORM_STRINGS, NULL),
	OTHER(SECTION_MODEL, "endpoints", FORM_STRINGS, NULL),
	DECIMAL(SECTION_MODEL, "max_cost_day"),
	QUANTITY(SECTION_MODEL, "max_calls_day", TYPE_INT),
	QUANTITY(SECTION_MODEL, "max_calls_fingerprint_day", TYPE_INT),
	QUANTITY(SECTION_MODEL, "max_turns", TYPE_INT),
	QUANTITY(SECTION_MODEL, "max_tokens", TYPE_INT),
	DECIMAL(SECTION_MODEL, "max_cost"),
	QUANTITY(SECTION_MODEL, "max_input_bytes", TYPE_BYTES),
	WORD(SECTION_MODEL, "thinking", thinking, MAY_LOWER),
	WORD(SECTION_MODEL, "retain_prompts", prompts, MAY_RAISE),
	WORD(SECTION_MODEL, "planner", planners, MAY_RAISE),

	WORD(SECTION_DISCLOSE, "default", levels, MAY_LOWER),
	OTHER(SECTION_DISCLOSE, "none", FORM_PATTERNS, NULL),
	OTHER(SECTION_DISCLOSE, "shape", FORM_PATTERNS, NULL),
	OTHER(SECTION_DISCLOSE, "masked", FORM_PATTERNS, NULL),
	OTHER(SECTION_DISCLOSE, "full", FORM_PATTERNS, NULL),
	OTHER(SECTION_DISCLOSE, "detect", FORM_DETECT, levels),
	QUANTITY(SECTION_DISCLOSE, "max_rows", TYPE_INT),

	OTHER(SECTION_APPROVE, "groups", FORM_NAMES, NULL),
	QUANTITY(SECTION_APPROVE, "timeout", TYPE_DURATION),
	WORD(SECTION_APPROVE, "on_timeout", deny_only, MAY_RAISE),
	WORD(SECTION_APPROVE, "separate_author", flags, MAY_RAISE),

	OTHER(SECTION_ALERT, "on", FORM_ALERT, NULL),

	OTHER(SECTION_AUDIT, "file", FORM_STRINGS, NULL),
	WORD(SECTION_AUDIT, "fsync", flags, MAY_RAISE),
	WORD(SECTION_AUDIT, "statement", statements, MAY_RAISE),
	WORD(SECTION_AUDIT, "on_failure", stop_only, MAY_RAISE),

	WORD(SECTION_SIGNING, "require", flags, MAY_RAISE),
	OTHER(SECTION_SIGNING, "signers", FORM_STRINGS, NULL),
	OTHER(SECTION_SIGNING, "namespace", FORM_STRINGS, NULL),

	OTHER(SECTION_SANDBOX, "require", FORM_WORDS, jail),
};

const char *const detect_kinds[] = {"email", "card", "iban", "phone",
				    "jwt",   "key",  NULL};

static const struct limit_word limits[LIMITS] = {
	[LIMIT_LOCK_TIMEOUT] = {"lock_timeout", TYPE_DURATION},
	[LIMIT_STATEMENT_TIMEOUT] = {"statement_timeout", TYPE_DURATION},
	[LIMIT_IDLE_IN_TRANSACTION_TIMEOUT] = {"idle_in_transaction_timeout",
					       TYPE_DURATION},
	[LIMIT_REPLAY_ROWS] = {"replay_rows", TYPE_INT},
	[LIMIT_BATCH_ROWS] = {"batch_rows", TYPE_INT},
	[LIMIT_MAX_ATTEMPTS] = {"max_attempts", TYPE_INT},
};

const char *
section_name(enum section section)
{
	return sections[section];
}

const struct setting_word *
setting_word(int index)
{
	return index < 0 || (size_t)index >= array_size(settings)
		       ? NULL
		       : &settings[index];
}

const struct limit_word *
limit_word(enum limit limit)
{
	return &limits[limit];
}
