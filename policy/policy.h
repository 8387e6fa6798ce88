/*
 * policy.h - a policy set as loaded: layers of rules, lists and settings.
 *
 * Any mistake in any file refuses the whole set; each is one diagnostic with
 * file:line:col, the source line and a hint. Files are regular, owned by root
 * or by the caller, not writable by group or others, not reached by symlinks,
 * and parsed from the same buffer that was hashed.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "policy/diagnostic_format.h"

struct error;
struct manifest;
struct policy;

#define POLICY_FILE_MAX (256 * 1024)
#define POLICY_LINE_MAX 4096
#define POLICY_RULES_MAX 2000 /* of a layer */
#define POLICY_NESTING_MAX 16

/*
 * Loads the file and what it extends and includes. Diagnostics go to
 * `diagnostics` as text (or as one JSON object a line); the error then only
 * counts them. EXIT_USAGE with code policy_invalid, or policy_unreadable.
 */
int policy_load(struct policy **ret_policy, const char *path, FILE *diagnostics,
		bool as_json, struct error *err);

/* The same of a text that isn't stored, as an editor has it: as if it stood in
 * the file of that path. Without a text the file itself is read. */
struct policy_text {
	const char *path;
	const char *text; /* borrowed; or NULL */
	size_t size;
	/* NULL, or what must list every file with its hash: else the error is
	 * F14, before the file is parsed. */
	const struct manifest *manifest;
};

int policy_load_text(struct policy **ret_policy,
		     const struct policy_text *given, FILE *diagnostics,
		     enum diagnostic_format format, struct error *err);

void policy_free(struct policy *policy);
void policy_cleanup(struct policy **policy);
#define auto_policy __attribute__((cleanup(policy_cleanup)))

/*
 * Adds a further set as one more layer on top, which can only narrow: a
 * statement must be allowed by both. Takes `narrower`.
 */
void policy_narrow(struct policy *policy, struct policy *narrower);

/* Hex SHA-256 over the files, and over what they mean (definitions expanded,
 * rules sorted, comments and tests left out). Borrowed. */
const char *policy_files_hash(const struct policy *policy);
const char *policy_meaning_hash(const struct policy *policy);
/* What the first is over: sorted lines "sha256  relative-path". Borrowed. */
const char *policy_files(const struct policy *policy);

/* Effective settings: the tightest over all layers. */
struct policy_settings {
	int64_t lock_timeout_ms;
	int64_t statement_timeout_ms;
	int64_t idle_in_transaction_timeout_ms;
	int64_t replay_rows;
	int64_t batch_rows;
	int64_t max_attempts;
	unsigned
		sandbox_require; /* bits of enum jail_layer order: seccomp,
				  * namespaces, landlock, cgroup, attestation */
};

const struct policy_settings *policy_settings(const struct policy *policy);

/* The same, tightened by the `with` clauses of the rules that decided. */
struct verdict;
struct policy_settings
policy_settings_for(const struct policy *policy, const struct verdict *verdict);

/* Milliseconds that all runs of an hour together may wait for the locks of one
 * table; -1 where no layer says. */
int64_t policy_lock_wait_hour(const struct policy *policy);

/*
 * What windows see at a time in seconds since 1970: minutes since Monday 00:00
 * in the set's `timezone`. False when sets on top of each other read it
 * differently at that moment: then the clock is unknown to all of them.
 */
bool
policy_clock(const struct policy *policy, int64_t seconds, int *ret_minutes);

/* The layers, org first; of a single set. */
int policy_layer_count(const struct policy *policy);
const char *policy_layer_name(const struct policy *policy, int layer);
const char *policy_layer_file(const struct policy *policy, int layer);

/* Counts for `policy check`. */
struct policy_counts {
	int files, rules, lists, settings, tests, warnings;
};

struct policy_counts policy_counts(const struct policy *policy);

#endif
