#include "pgmend.h"
#include "policy/diagnostic.h"
#include "policy/format.h"
#include "policy/policy.h"
#include "supervisor/file_replace.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/question.h"
#include "supervisor/text_diff.h"

#define FILE_MODE 0644
#define FILES_MAX 64

enum { FORMAT_DIFF, FORMAT_WRITE, FORMAT_JSON, FORMAT_TEXT, FORMAT_OPTIONS };

static const struct option_row format_rows[FORMAT_OPTIONS] = {
	[FORMAT_DIFF] = {"diff", NULL, "show what would change; then exit 1",
			 'd'},
	[FORMAT_WRITE] = {"write", NULL, "rewrite the files", 'w'},
	[FORMAT_JSON] = {"json", NULL, "mistakes as one JSON object each", 0},
	[FORMAT_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_fmt_table = {
	.usage = "policy fmt [-d|-w] FILE... | -",
	.about = "Lays policies out; keeps order, comments and meaning.",
	.rows = format_rows,
	.count = FORMAT_OPTIONS,
	.positional_max = FILES_MAX,
};

static int
read_text(char **ret_text, struct source *source, struct error *err)
{
	/* One byte more than is taken, so that policy_format() refuses it. */
	if (question_read_file(ret_text, &source->size, source->path,
			       POLICY_FILE_MAX + 1, err) == 0)
		return 0;
	fail_in(err, "%s", source->path);
	err->code = "policy_unreadable";
	return -1;
}

/* The status: what was found, or that nothing was. */
static int
format_one(const struct options *options, const char *path, struct error *err)
{
	bool writes = options->values[FORMAT_WRITE] != NULL;
	struct source source = {.path = path, .name = path};
	auto_free char *text = NULL, *formatted = NULL;

	if (read_text(&text, &source, err) < 0)
		return -1;
	source.text = text;
	if (policy_format(&formatted, &source, stdout,
			  options->values[FORMAT_JSON] != NULL, err) < 0) {
		if (same_text(err->code, "policy_invalid"))
			err->reason = (enum exit_reason)POLICY_FINDINGS;
		return -1;
	}
	if (options->values[FORMAT_DIFF] != NULL)
		return text_diff_write(stdout, path, text, formatted)
			       ? POLICY_FINDINGS
			       : 0;
	if (!writes)
		fputs(formatted, stdout);
	else if (strcmp(text, formatted) != 0)
		return file_replace(path, formatted, strlen(formatted),
				    FILE_MODE, err);
	return 0;
}

static int
check_options(const struct options *options, struct error *err)
{
	if (options->positional_count == 0)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy fmt needs a FILE; see --help");
	if (options->values[FORMAT_WRITE] == NULL)
		return 0;
	if (options->values[FORMAT_DIFF] != NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "-d shows and -w writes: choose one");
	for (int i = 0; i < options->positional_count; i++)
		if (strcmp(options->positionals[i], "-") == 0)
			return fail_as(err, EXIT_USAGE, "usage",
				       "standard input can't be rewritten");
	return 0;
}

/* Policy text is the data here, so what is said of it is text too unless JSON
 * is asked for. */
int
policy_fmt(const struct options *options)
{
	bool as_json = options->values[FORMAT_JSON] != NULL;
	struct error err = NO_ERROR;
	int worst = 0;

	if (check_options(options, &err) < 0)
		return output_error(&err, as_json);
	for (int i = 0; i < options->positional_count; i++) {
		int one = format_one(options, options->positionals[i], &err);

		if (one < 0)
			one = policy_report(&err, as_json);
		worst = one > worst ? one : worst;
	}
	return worst;
}
