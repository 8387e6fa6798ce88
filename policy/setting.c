#include "pgmend.h"
#include "policy/setting.h"

static const char *const sections[SECTIONS] = {
	[SECTION_LIMITS] = "limits",	 [SECTION_MODEL] = "model",
	[SECTION_DISCLOSE] = "disclose", [SECTION_APPROVE] = "approve",
	[SECTION_ALERT] = "alert",	 [SECTION_AUDIT] = "audit",
	[SECTION_SIGNING] = "signing",	 [SECTION_SANDBOX] = "sandbox",
	[SECTION_MCP] = "mcp",
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
/* In the order of policy_mcp.c. */
static const char *const fates[] = {"store", "apply", NULL};
/* In the order of enum jail_layer. */
static const char *const jail[] = {"seccomp", "namespaces",  "landlock",
				   "cgroup",  "attestation", NULL};

#define ROW(section_, name_, form_, direction_, meaning_)        \
	.section = (section_), .name = (name_), .form = (form_), \
	.direction = (direction_), .limit = LIMITS, .meaning = (meaning_)
#define QUANTITY(section, name, type_, meaning)                        \
	{                                                              \
		ROW(section, name, FORM_QUANTITY, MAY_LOWER, meaning), \
			.type = (type_)                                \
	}
#define LIMIT(name_, type_, limit_, meaning_)                             \
	{                                                                 \
		.section = SECTION_LIMITS, .name = (name_),               \
		.form = FORM_QUANTITY, .direction = MAY_LOWER,            \
		.type = (type_), .limit = (limit_), .meaning = (meaning_) \
	}
#define WORD(section, name, words_, direction, meaning)            \
	{                                                          \
		ROW(section, name, FORM_WORD, direction, meaning), \
			.words = (words_)                          \
	}
#define LIST(section, name, form, direction, meaning)        \
	{                                                    \
		ROW(section, name, form, direction, meaning) \
	}

static const struct setting_word settings[] = {
	LIMIT("lock_timeout", TYPE_DURATION, LIMIT_LOCK_TIMEOUT,
	      "wait for the table's lock"),
	LIMIT("statement_timeout", TYPE_DURATION, LIMIT_STATEMENT_TIMEOUT,
	      "for one statement"),
	LIMIT("idle_in_transaction_timeout", TYPE_DURATION,
	      LIMIT_IDLE_IN_TRANSACTION_TIMEOUT,
	      "after which the server ends a silent transaction"),
	LIMIT("replay_rows", TYPE_INT, LIMIT_REPLAY_ROWS,
	      "rows replayed by one run"),
	LIMIT("batch_rows", TYPE_INT, LIMIT_BATCH_ROWS,
	      "rows of one transaction"),
	LIMIT("max_attempts", TYPE_INT, LIMIT_MAX_ATTEMPTS,
	      "tries to get the table's lock"),
	QUANTITY(SECTION_LIMITS, "lock_wait_hour", TYPE_DURATION,
		 "waiting for locks of one table, by all runs of an hour"),
	LIST(SECTION_LIMITS, "timezone", FORM_ZONE, MAY_SETTLE,
	     "that windows are read in; UTC where no layer says"),

	LIST(SECTION_MODEL, "ids", FORM_STRINGS, MAY_OMIT,
	     "models that may be asked, the best first"),
	LIST(SECTION_MODEL, "endpoints", FORM_STRINGS, MAY_OMIT,
	     "where they may be reached"),
	{ROW(SECTION_MODEL, "max_cost_day", FORM_DECIMAL, MAY_LOWER,
	     "dollars in a day")},
	QUANTITY(SECTION_MODEL, "max_calls_day", TYPE_INT, "requests in a day"),
	QUANTITY(SECTION_MODEL, "max_calls_fingerprint_day", TYPE_INT,
		 "requests for one drift in a day"),
	QUANTITY(SECTION_MODEL, "max_turns", TYPE_INT, "requests of one run"),
	QUANTITY(SECTION_MODEL, "max_tokens", TYPE_INT, "of one answer"),
	{ROW(SECTION_MODEL, "max_cost", FORM_DECIMAL, MAY_LOWER,
	     "dollars of one run")},
	QUANTITY(SECTION_MODEL, "max_input_bytes", TYPE_BYTES,
		 "of one request"),
	WORD(SECTION_MODEL, "thinking", thinking, MAY_LOWER,
	     "how long a model may think"),
	WORD(SECTION_MODEL, "retain_prompts", prompts, MAY_RAISE_SOME,
	     "what the audit keeps of the conversation"),
	WORD(SECTION_MODEL, "planner", planners, MAY_END,
	     "who proposes the repair"),

	WORD(SECTION_DISCLOSE, "default", levels, MAY_LOWER,
	     "what a model sees of a value that no list names"),
	LIST(SECTION_DISCLOSE, "none", FORM_PATTERNS, MAY_ADD,
	     "columns of which a model sees only whether there is a value"),
	LIST(SECTION_DISCLOSE, "shape", FORM_PATTERNS, MAY_HIDE,
	     "columns of which it sees type, format and length"),
	LIST(SECTION_DISCLOSE, "masked", FORM_PATTERNS, MAY_HIDE,
	     "columns of which it sees stars for letters and digits"),
	LIST(SECTION_DISCLOSE, "full", FORM_PATTERNS, MAY_HIDE,
	     "columns of which it sees the value"),
	{ROW(SECTION_DISCLOSE, "detect", FORM_DETECT, MAY_LOWER,
	     "kinds of data, and the level that they fall to"),
	 .words = levels},
	QUANTITY(SECTION_DISCLOSE, "max_rows", TYPE_INT,
		 "records of which values may be shown"),

	LIST(SECTION_APPROVE, "groups", FORM_NAMES, MAY_OMIT,
	     "who may approve"),
	QUANTITY(SECTION_APPROVE, "timeout", TYPE_DURATION,
		 "for an approval, after which the plan is void"),
	WORD(SECTION_APPROVE, "on_timeout", deny_only, MAY_RAISE,
	     "what becomes of it then"),
	WORD(SECTION_APPROVE, "separate_author", flags, MAY_RAISE,
	     "nobody approves what they asked for"),

	LIST(SECTION_ALERT, "on", FORM_ALERT, MAY_ADD,
	     "outcomes, and the channels that hear of them"),

	LIST(SECTION_AUDIT, "file", FORM_STRINGS, MAY_ADD,
	     "a second place for the audit's records"),
	WORD(SECTION_AUDIT, "fsync", flags, MAY_RAISE,
	     "that file is forced to the disk"),
	WORD(SECTION_AUDIT, "statement", statements, MAY_RAISE,
	     "what it keeps of the statements"),
	WORD(SECTION_AUDIT, "on_failure", stop_only, MAY_RAISE,
	     "when a record can't be written"),

	WORD(SECTION_SIGNING, "require", flags, MAY_RAISE,
	     "the set is refused unless it is signed"),
	LIST(SECTION_SIGNING, "signers", FORM_STRINGS, MAY_OMIT,
	     "who of the known signers may have signed it"),
	LIST(SECTION_SIGNING, "namespace", FORM_STRINGS, MAY_OMIT,
	     "that the signature is for"),

	{ROW(SECTION_SANDBOX, "require", FORM_WORDS, MAY_ADD,
	     "layers of the jail that must be there"),
	 .words = jail},

	{ROW(SECTION_MCP, "propose", FORM_WORD, MAY_LOWER,
	     "what becomes of an MCP host's proposal that is allowed"),
	 .words = fates, .starts_low = true},
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

int
setting_find(enum section section, const char *name)
{
	for (size_t i = 0; i < array_size(settings); i++)
		if (settings[i].section == section &&
		    strcmp(settings[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *
direction_name(enum setting_direction direction)
{
	static const char *const names[DIRECTIONS] = {
		[MAY_LOWER] = "lower it",
		[MAY_RAISE] = "raise it",
		[MAY_RAISE_SOME] = "raise it, and not from none",
		[MAY_END] = "set it to the last word",
		[MAY_OMIT] = "name some of its entries",
		[MAY_ADD] = "add to it",
		[MAY_HIDE] = "name what is shown above",
		[MAY_SETTLE] = "set it where no window above depends on it",
	};

	return names[direction];
}

const struct limit_word *
limit_word(enum limit limit)
{
	return &limits[limit];
}
