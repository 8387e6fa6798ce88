#include "pgmend.h"
#include "policy/diagnostic.h"
#include "supervisor/command_policy.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"

int
policy_report(struct error *err, bool as_json)
{
	if (same_text(err->code, "policy_unreadable") ||
	    same_text(err->code, "F14"))
		err->reason = (enum exit_reason)POLICY_UNREADABLE;
	return output_error(err, as_json);
}

static const struct verb {
	const char *name;
	const struct option_table *table;
	int (*run)(const struct options *options);
} verbs[] = {
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

static int
run_verb(const struct verb *verb, int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;

	if (options_read(&options, verb->table, argc, argv, &err) < 0)
		return output_error(&err, output_is_json(false, false));
	if (options->wants_help) {
		options_write_help(stdout, verb->table);
		return 0;
	}
	return verb->run(options);
}

static void
write_verbs(FILE *out)
{
	fprintf(out, "usage: pgmend policy VERB [OPTION]...\n\n");
	for (size_t i = 0; i < array_size(verbs); i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name,
			verbs[i].table->about);
}

static void
fail_unknown(const char *name, struct error *err)
{
	const char *names[array_size(verbs) + 1] = {NULL};
	const char *nearest;

	for (size_t i = 0; i < array_size(verbs); i++)
		names[i] = verbs[i].name;
	nearest = diagnose_nearest(name, names);
	fail_as(err, EXIT_USAGE, "usage",
		"policy %s: unknown%s%s; see pgmend policy --help", name,
		nearest == NULL ? "" : ", did you mean ",
		nearest == NULL ? "" : nearest);
}

int
command_policy(int argc, char **argv)
{
	struct error err = NO_ERROR;

	if (argc < 2) {
		write_verbs(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		write_verbs(stdout);
		return 0;
	}
	for (size_t i = 0; i < array_size(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return run_verb(&verbs[i], argc - 1, argv + 1);
	fail_unknown(argv[1], &err);
	return output_error(&err, output_is_json(false, false));
}
