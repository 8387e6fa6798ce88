#include "pgmend.h"
#include "policy/diagnostic.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/verbs.h"

static int
run_verb(const struct verb *verb, int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;

	if (options_read(&options, verb->table, argc, argv, &err) < 0)
		return output_error(&err, !verb->table->is_plain &&
						  output_is_json(false, false));
	if (!options->wants_help)
		return verb->run(options);
	options_write_help(stdout, verb->table);
	return 0;
}

static void
write_verbs(FILE *out, const struct verbs *verbs)
{
	fprintf(out, "usage: pgmend %s VERB [OPTION]...\n\n", verbs->command);
	for (int i = 0; i < verbs->count; i++)
		fprintf(out, "  %-8s %s\n", verbs->of[i].name,
			verbs->of[i].table->about);
}

static void
fail_unknown(const struct verbs *verbs, const char *name, struct error *err)
{
	const char *names[VERBS_MAX + 1] = {NULL};
	const char *nearest;

	for (int i = 0; i < verbs->count; i++)
		names[i] = verbs->of[i].name;
	nearest = diagnose_nearest(name, names);
	fail_as(err, EXIT_USAGE, "usage",
		"%s %s: unknown%s%s; see pgmend %s --help", verbs->command,
		name, nearest == NULL ? "" : ", did you mean ",
		nearest == NULL ? "" : nearest, verbs->command);
}

int
verbs_run(const struct verbs *verbs, int argc, char **argv)
{
	struct error err = NO_ERROR;

	if (argc < 2) {
		write_verbs(stderr, verbs);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		write_verbs(stdout, verbs);
		return 0;
	}
	for (int i = 0; i < verbs->count; i++)
		if (strcmp(verbs->of[i].name, argv[1]) == 0)
			return run_verb(&verbs->of[i], argc - 1, argv + 1);
	fail_unknown(verbs, argv[1], &err);
	return output_error(&err, output_is_json(false, false));
}
