#include <time.h>

#include "pgmend.h"
#include "policy/difference.h"
#include "policy/policy.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/text.h"

#define SECONDS_A_DAY (24 * 60 * 60)

enum { DIFF_ACK_WIDER, DIFF_JSON, DIFF_TEXT, DIFF_OPTIONS };

static const struct option_row diff_rows[DIFF_OPTIONS] = {
	[DIFF_ACK_WIDER] = {"ack-wider", NULL, "a wider policy is no failure",
			    0},
	[DIFF_JSON] = {"json", NULL, "one JSON object a difference", 0},
	[DIFF_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_diff_table = {
	.usage = "policy diff [OPTION]... OLD NEW",
	.about = "Says what a new policy decides otherwise than an old one.",
	.rows = diff_rows,
	.count = DIFF_OPTIONS,
	.positional_max = 2,
};

/* --- For people ----------------------------------------------------------- */

/* Where it says so in the new set. */
static char *
place_of(const struct difference *one)
{
	if (one->file == NULL)
		return xstrdup("");
	if (one->line == 0)
		return xprintf("default of %s", one->file);
	return xprintf("%s:%d%s%s", one->file, one->line,
		       one->label == NULL ? "" : " ",
		       one->label == NULL ? "" : one->label);
}

static char *
head_of(const struct difference *one)
{
	return xprintf("%s%s%s", one->what, *one->change == '\0' ? "" : "  ",
		       one->change);
}

/* As wide as the widest head that isn't beyond reason. */
static int
width_of(const struct differences *differences)
{
	int width = 0;

	for (int i = 0; i < differences->count; i++) {
		auto_free char *head = head_of(&differences->of[i]);
		int size = (int)strlen(head);

		width = size > width && size <= 60 ? size : width;
	}
	return width;
}

static void
write_line(const struct difference *one, int width)
{
	auto_free char *head = head_of(one);
	auto_free char *place = place_of(one);
	auto_free char *line = xprintf(
		"%s  %-*s  %s -> %s  %s", one->widens ? "WIDER   " : "narrower",
		width, head, one->before, one->after, place);
	size_t size = strlen(line);

	while (size > 0 && line[size - 1] == ' ')
		line[--size] = '\0';
	text_write_escaped(stdout, line);
	putchar('\n');
	if (one->example == NULL)
		return;
	printf("          for example ");
	text_write_escaped(stdout, one->example);
	putchar('\n');
}

static void
write_end(const struct differences *differences, bool ack_wider)
{
	int narrower = differences->count - differences->wider;

	if (differences->count == 0 && !differences->undecided)
		printf("both decide the same\n");
	if (differences->undecided)
		printf("not decided: too many worlds to try them all\n");
	if (differences->count == 0)
		return;
	printf("%d wider, %d narrower%s\n", differences->wider, narrower,
	       differences->wider > 0 && !ack_wider
		       ? ": exit 1 unless --ack-wider"
		       : "");
}

/* --- For machines --------------------------------------------------------- */

static void
write_object(const struct difference *one)
{
	auto_document struct document *object = document_object();
	auto_free char *text = NULL;

	document_text(object, "direction", one->widens ? "wider" : "narrower");
	document_text(object, "what", one->what);
	document_text(object, "change", one->change);
	document_text(object, "before", one->before);
	document_text(object, "after", one->after);
	document_text(object, "example", one->example);
	document_text(object, "file", one->file);
	if (one->line > 0)
		document_number(object, "line", one->line);
	else
		document_null(object, "line");
	document_text(object, "label", one->label);
	text = document_print(object);
	printf("%s\n", text);
}

/* --- The verb ------------------------------------------------------------- */

static int
load_both(struct policy **ret_before, struct policy **ret_after,
	  const struct options *options, struct error *err)
{
	if (options->positional_count != 2)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy diff needs OLD and NEW; see --help");
	if (policy_load(ret_before, options->positionals[0], stderr, false,
			err) < 0)
		return -1;
	return policy_load(ret_after, options->positionals[1], stderr, false,
			   err);
}

int
policy_diff(const struct options *options)
{
	auto_policy struct policy *before = NULL, *after = NULL;
	auto_differences struct differences *differences = NULL;
	bool as_json = output_is_json(options->values[DIFF_JSON] != NULL,
				      options->values[DIFF_TEXT] != NULL);
	bool ack_wider = options->values[DIFF_ACK_WIDER] != NULL;
	struct error err = NO_ERROR;
	int width;

	if (load_both(&before, &after, options, &err) < 0)
		return policy_report(&err, as_json);
	differences = differences_of(before, after,
				     (int)(time(NULL) / SECONDS_A_DAY));
	width = width_of(differences);
	for (int i = 0; i < differences->count; i++)
		if (as_json)
			write_object(&differences->of[i]);
		else
			write_line(&differences->of[i], width);
	if (!as_json)
		write_end(differences, ack_wider);
	if (differences->wider > 0 && !ack_wider)
		return POLICY_FINDINGS;
	return differences->undecided ? POLICY_UNDECIDED : 0;
}
