#include <time.h>

#include "pgmend.h"
#include "policy/policy.h"
#include "policy/reach.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/text.h"

#define SECONDS_A_DAY (24 * 60 * 60)

enum { WHO_CAN_POLICY, WHO_CAN_JSON, WHO_CAN_TEXT, WHO_CAN_OPTIONS };

static const struct option_row who_can_rows[WHO_CAN_OPTIONS] = {
	[WHO_CAN_POLICY] = {"policy", "FILE", "the policy to ask", 'p'},
	[WHO_CAN_JSON] = {"json", NULL, "one JSON object a way", 0},
	[WHO_CAN_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_who_can_table = {
	.usage = "policy who-can -p FILE allow|escalate OPERATION[,...] on "
		 "PATTERN",
	.about = "Says which rules bring a decision about, and when.",
	.rows = who_can_rows,
	.count = WHO_CAN_OPTIONS,
	.positional_max = 4,
};

/* --- The question --------------------------------------------------------- */

static int
read_operations(unsigned *ret_operations, const char *text, struct error *err)
{
	auto_free char *copy = xstrdup(text);
	char *rest = copy, *name;

	*ret_operations = 0;
	if (strcmp(text, "any") == 0)
		*ret_operations = (1U << OPERATIONS) - 1;
	while (*ret_operations != (1U << OPERATIONS) - 1 &&
	       (name = strsep(&rest, ",")) != NULL) {
		int operation = operation_find(name);

		if (operation < 0)
			return fail_as(err, EXIT_USAGE, "usage",
				       "unknown operation '%s'; see pgmend "
				       "policy ops",
				       name);
		*ret_operations |= 1U << operation;
	}
	return 0;
}

static int
read_question(struct reach_question *question, const struct options *options,
	      struct error *err)
{
	const char **words = options->positionals;

	if (options->positional_count != 4 || strcmp(words[2], "on") != 0 ||
	    options->values[WHO_CAN_POLICY] == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy who-can needs -p FILE, and a question "
			       "such as: allow add_column on 'app.*'");
	if (strcmp(words[0], "allow") == 0)
		question->decision = DECISION_ALLOW;
	else if (strcmp(words[0], "escalate") == 0)
		question->decision = DECISION_ESCALATE;
	else
		return fail_as(err, EXIT_USAGE, "usage",
			       "who can %s? Ask for allow or escalate",
			       words[0]);
	question->pattern = words[3];
	question->today = (int)(time(NULL) / SECONDS_A_DAY);
	return read_operations(&question->operations, words[1], err);
}

/* --- The answer ----------------------------------------------------------- */

static void
write_way(const struct way *way)
{
	printf("%s by ", operation_name(way->operation));
	for (int i = 0; i < way->decider_count; i++) {
		const struct decider *decider = &way->deciders[i];

		printf("%s%s:%d", i == 0 ? "" : ", ", decider->file,
		       decider->line);
		if (decider->label != NULL)
			printf(" %s", decider->label);
	}
	printf("\n  for example ");
	text_write_escaped(stdout, way->example);
	putchar('\n');
}

static void
write_object(const struct way *way)
{
	auto_document struct document *object = document_object();
	struct document *rules = document_array();
	auto_free char *text = NULL;

	document_text(object, "operation", operation_name(way->operation));
	for (int i = 0; i < way->decider_count; i++) {
		const struct decider *decider = &way->deciders[i];
		struct document *rule = document_object();

		document_text(rule, "file", decider->file);
		document_number(rule, "line", decider->line);
		document_text(rule, "label", decider->label);
		document_text(rule, "layer", decider->layer);
		document_add(rules, NULL, rule);
	}
	document_add(object, "rules", rules);
	document_number(object, "approvers", way->approvers);
	document_text(object, "example", way->example);
	text = document_print(object);
	printf("%s\n", text);
}

static int
answer(const struct ways *ways, const struct options *options, bool as_json)
{
	const char **words = options->positionals;

	for (int i = 0; i < ways->count; i++)
		if (as_json)
			write_object(&ways->of[i]);
		else
			write_way(&ways->of[i]);
	/* A list that may lack someone must not pass for the whole. */
	if (ways->undecided) {
		fprintf(stderr, "pgmend: not decided: too many worlds to try "
				"them all\n");
		return POLICY_UNDECIDED;
	}
	if (ways->count > 0)
		return 0;
	if (!as_json) {
		printf("nobody can %s %s on ", words[0], words[1]);
		text_write_escaped(stdout, words[3]);
		putchar('\n');
	}
	return POLICY_FINDINGS;
}

int
policy_who_can(const struct options *options)
{
	auto_policy struct policy *policy = NULL;
	auto_ways struct ways *ways = NULL;
	struct reach_question question = {.pattern = NULL};
	bool as_json = output_is_json(options->values[WHO_CAN_JSON] != NULL,
				      options->values[WHO_CAN_TEXT] != NULL);
	struct error err = NO_ERROR;

	if (read_question(&question, options, &err) < 0 ||
	    policy_load(&policy, options->values[WHO_CAN_POLICY], stderr, false,
			&err) < 0 ||
	    ways_to(&ways, policy, &question, &err) < 0)
		return policy_report(&err, as_json);
	return answer(ways, options, as_json);
}
