/*
 * policy_verbs.h - the verbs of `pgmend policy`, each with its command line;
 * command_policy.c holds their table.
 *
 * A verb writes its findings to standard output and returns the exit status.
 * None needs a model or a jail, none contacts the network, and none a database
 * but with --db.
 */
#ifndef SUPERVISOR_POLICY_VERBS_H
#define SUPERVISOR_POLICY_VERBS_H

#include <stdbool.h>

struct error;
struct option_table;
struct options;

/* Exit statuses of the policy verbs; EXIT_USAGE is 2 as elsewhere. */
enum policy_status {
	POLICY_FINDINGS = 1,   /* findings, failed tests, a wider region */
	POLICY_UNREADABLE = 3, /* could not be read or verified */
	POLICY_UNDECIDED = 4   /* too many worlds to try them all */
};

/* Reports the error with the policy verbs' own statuses. */
int policy_report(struct error *err, bool as_json);

extern const struct option_table policy_check_table;
extern const struct option_table policy_test_table;
extern const struct option_table policy_replay_table;
extern const struct option_table policy_explain_table;
extern const struct option_table policy_diff_table;
extern const struct option_table policy_who_can_table;
extern const struct option_table policy_facts_table;
extern const struct option_table policy_ops_table;
extern const struct option_table policy_floor_table;
extern const struct option_table policy_settings_table;
extern const struct option_table policy_fmt_table;
extern const struct option_table policy_show_table;
extern const struct option_table policy_export_table;
extern const struct option_table policy_hash_table;
extern const struct option_table policy_sign_table;
extern const struct option_table policy_verify_table;

int policy_check(const struct options *options);
int policy_test(const struct options *options);
int policy_replay(const struct options *options);
int policy_explain(const struct options *options);
int policy_diff(const struct options *options);
int policy_who_can(const struct options *options);
/* The closed words of the language, from the tables that its parser uses. */
int policy_facts(const struct options *options);
int policy_ops(const struct options *options);
int policy_floor(const struct options *options);
int policy_list_settings(const struct options *options);
/* The language as text. */
int policy_fmt(const struct options *options);
int policy_show(const struct options *options);
int policy_export(const struct options *options);
/* policy_sign.c: who answers for a folder of policies. */
int policy_hash(const struct options *options);
int policy_sign(const struct options *options);
int policy_verify(const struct options *options);

#endif
