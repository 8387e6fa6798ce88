/* `policy show` and `policy export`: a set said again, for people and files. */
#include "pgmend.h"

#include <sys/stat.h>

#include "policy/export.h"
#include "policy/policy.h"
#include "supervisor/file_replace.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"

#define FILE_MODE 0644
#define FOLDER_MODE 0755

enum { SHOW_POLICY, SHOW_EFFECTIVE, SHOW_JSON, SHOW_TEXT, SHOW_OPTIONS };

static const struct option_row show_rows[SHOW_OPTIONS] = {
	[SHOW_POLICY] = {"policy", "FILE", "the lowest layer", 'p'},
	[SHOW_EFFECTIVE] = {"effective", NULL,
			    "the tightest settings of all layers as well", 0},
	[SHOW_JSON] = {"json", NULL, "one JSON object", 0},
	[SHOW_TEXT] = {"text", NULL, "policy text, which is the default", 0},
};

const struct option_table policy_show_table = {
	.usage = "policy show [--effective] -p FILE",
	.about = "Prints a set with includes and lists written out.",
	.rows = show_rows,
	.count = SHOW_OPTIONS,
};

enum { EXPORT_POLICY, EXPORT_TO, EXPORT_JSON, EXPORT_TEXT, EXPORT_OPTIONS };

static const struct option_row export_rows[EXPORT_OPTIONS] = {
	[EXPORT_POLICY] = {"policy", "FILE", "the lowest layer", 'p'},
	[EXPORT_TO] = {"to", "DIR",
		       "a file for each layer, with extends between them", 0},
	[EXPORT_JSON] = {"json", NULL, "one JSON object", 0},
	[EXPORT_TEXT] = {"text", NULL, "policy text, which is the default", 0},
};

const struct option_table policy_export_table = {
	.usage = "policy export [--to DIR | --json] -p FILE",
	.about = "Writes a set that means the same, without its includes.",
	.rows = export_rows,
	.count = EXPORT_OPTIONS,
};

/* --- Text ----------------------------------------------------------------- */

static int
export_layer(char **ret_text, const struct policy *policy, int layer,
	     struct error *err)
{
	auto_free char *parent =
		layer == 0 ? NULL
			   : xprintf("%s.policy",
				     policy_layer_name(policy, layer - 1));

	return policy_export_layer(ret_text, policy, layer, parent, err);
}

static int
write_layers(const struct policy *policy, struct error *err)
{
	for (int i = 0; i < policy_layer_count(policy); i++) {
		auto_free char *text = NULL;

		if (export_layer(&text, policy, i, err) < 0)
			return -1;
		printf("%s# %s.policy, from %s\n%s", i == 0 ? "" : "\n",
		       policy_layer_name(policy, i),
		       policy_layer_file(policy, i), text);
	}
	return 0;
}

/* As comments, so that what is printed stays a policy. */
static void
write_effective(const struct policy *policy)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	policy_export_settings(out, policy);
	fclose(out);
	printf("\n# The tightest settings of all layers%s\n",
	       size == 0 ? ": none is said." : ":");
	for (const char *line = text; *line != '\0';) {
		size_t length = strcspn(line, "\n") + 1;

		printf("# %.*s", (int)length, line);
		line += length;
	}
}

/* --- Files ---------------------------------------------------------------- */

static bool
is_same_folder(const char *left, const char *right)
{
	struct stat one, other;

	return stat(left, &one) == 0 && stat(right, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* Beside the set its files would take the place of those that they are made
 * from, with all comments and tests. */
static int
check_folder(const char *folder, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	auto_free char *own =
		slash == NULL ? xstrdup(".")
			      : xstrndup(path, (size_t)(slash + 1 - path));

	if (is_same_folder(folder, own))
		return fail_as(err, EXIT_USAGE, "usage",
			       "--to %s: the set's own folder; name another",
			       folder);
	return 0;
}

static int
write_files(const struct policy *policy, const char *folder, struct error *err)
{
	if (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST)
		return fail_as(err, EXIT_USAGE, "unwritable", "%s: %s", folder,
			       strerror(errno));
	for (int i = 0; i < policy_layer_count(policy); i++) {
		auto_free char *path = xprintf("%s/%s.policy", folder,
					       policy_layer_name(policy, i));
		auto_free char *text = NULL;

		if (export_layer(&text, policy, i, err) < 0 ||
		    file_replace(path, text, strlen(text), FILE_MODE, err) < 0)
			return -1;
		printf("%s\n", path);
	}
	return 0;
}

/* --- The verbs ------------------------------------------------------------ */

static int
load(struct policy **ret_policy, const char *path, struct error *err)
{
	if (path == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "-p FILE is missing; see --help");
	return policy_load(ret_policy, path, stderr, false, err);
}

int
policy_show(const struct options *options)
{
	bool as_json = options->values[SHOW_JSON] != NULL;
	auto_policy struct policy *policy = NULL;
	struct error err = NO_ERROR;

	if (load(&policy, options->values[SHOW_POLICY], &err) < 0)
		return policy_report(&err, as_json);
	if (as_json) {
		policy_export_json(stdout, policy);
		return 0;
	}
	if (write_layers(policy, &err) < 0)
		return policy_report(&err, as_json);
	if (options->values[SHOW_EFFECTIVE] != NULL)
		write_effective(policy);
	return 0;
}

int
policy_export(const struct options *options)
{
	bool as_json = options->values[EXPORT_JSON] != NULL;
	const char *folder = options->values[EXPORT_TO];
	auto_policy struct policy *policy = NULL;
	struct error err = NO_ERROR;
	int status = 0;

	if (as_json && folder != NULL) {
		fail_as(&err, EXIT_USAGE, "usage",
			"--to writes policy files, --json prints an object: "
			"choose one");
		return output_error(&err, as_json);
	}
	if (load(&policy, options->values[EXPORT_POLICY], &err) < 0 ||
	    (folder != NULL &&
	     check_folder(folder, options->values[EXPORT_POLICY], &err) < 0))
		return policy_report(&err, as_json);
	if (as_json)
		policy_export_json(stdout, policy);
	else if (folder != NULL)
		status = write_files(policy, folder, &err);
	else
		status = write_layers(policy, &err);
	return status == 0 ? 0 : policy_report(&err, as_json);
}
