#include "pgmend.h"
#include "supervisor/command_policy.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/verbs.h"

int
policy_report(struct error *err, bool as_json)
{
	if (same_text(err->code, "policy_unreadable") ||
	    same_text(err->code, "F14"))
		err->reason = (enum exit_reason)POLICY_UNREADABLE;
	return output_error(err, as_json);
}

static const struct verb policy_verbs[] = {
	{"check", &policy_check_table, policy_check},
	{"test", &policy_test_table, policy_test},
	{"replay", &policy_replay_table, policy_replay},
	{"explain", &policy_explain_table, policy_explain},
	{"diff", &policy_diff_table, policy_diff},
	{"who-can", &policy_who_can_table, policy_who_can},
	{"facts", &policy_facts_table, policy_facts},
	{"ops", &policy_ops_table, policy_ops},
	{"floor", &policy_floor_table, policy_floor},
	{"settings", &policy_settings_table, policy_list_settings},
	{"fmt", &policy_fmt_table, policy_fmt},
	{"show", &policy_show_table, policy_show},
	{"export", &policy_export_table, policy_export},
	{"hash", &policy_hash_table, policy_hash},
	{"sign", &policy_sign_table, policy_sign},
	{"verify", &policy_verify_table, policy_verify},
};

_Static_assert(array_size(policy_verbs) <= VERBS_MAX, "all have a place");

int
command_policy(int argc, char **argv)
{
	static const struct verbs verbs = {
		.command = "policy",
		.of = policy_verbs,
		.count = array_size(policy_verbs),
	};

	return verbs_run(&verbs, argc, argv);
}
