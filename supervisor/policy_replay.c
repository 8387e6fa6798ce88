#include "pgmend.h"
#include "policy/policy.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_replay_record.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/question.h"
#include "supervisor/text.h"

#define LOG_MAX (64 << 20) /* bytes */
#define STATEMENT_COLUMN 56
#define RUN_COLUMN 13 /* of a UUIDv7: its time to the millisecond */

enum {
	REPLAY_POLICY,
	REPLAY_ACK_WIDER,
	REPLAY_JSON,
	REPLAY_TEXT,
	REPLAY_OPTIONS
};

static const struct option_row replay_rows[REPLAY_OPTIONS] = {
	[REPLAY_POLICY] = {"policy", "FILE", "the lowest layer", 'p'},
	[REPLAY_ACK_WIDER] = {"ack-wider", NULL, "a wider verdict is meant", 0},
	[REPLAY_JSON] = {"json", NULL, "one JSON object a verdict", 0},
	[REPLAY_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_replay_table = {
	.usage = "policy replay FILE|- -p POLICY [OPTION]...",
	.about = "Judges what 'pgmend audit log --json' recorded again, by "
		 "another policy.",
	.rows = replay_rows,
	.count = REPLAY_OPTIONS,
	.positional_max = 1,
};

struct replay_counts {
	int wider, narrower, same, skipped;
};

/* --- Text ----------------------------------------------------------------- */

/* Escaped, and cut to the width of its column. */
static void
write_cut(FILE *out, const char *text, int width)
{
	auto_free char *shown = NULL;
	size_t size;
	FILE *line = xmemstream(&shown, &size);

	text_write_escaped(line, text == NULL ? "" : text);
	fclose(line);
	if (size > (size_t)width)
		fprintf(out, "%.*s...  ", width - 3, shown);
	else
		fprintf(out, "%-*s  ", width, shown);
}

static void
write_verdict(FILE *out, const struct verdict *verdict)
{
	char text[24];

	snprintf(text, sizeof(text), "%s", decision_name(verdict->decision));
	if (verdict->decision == DECISION_ESCALATE)
		snprintf(text, sizeof(text), "%s %d",
			 decision_name(verdict->decision), verdict->approvers);
	fprintf(out, "%-10s  ", text);
}

static void
write_deciders(FILE *out, const struct replay_record *record)
{
	const struct verdict *after = &record->after;

	if (strncmp(record->before_by, "floor ", 6) == 0)
		fputs(record->before_by, out);
	for (int i = 0; i < after->decider_count; i++) {
		const struct decider *decider = &after->deciders[i];

		fputs(i == 0 ? "" : ", ", out);
		if (decider->file != NULL)
			fprintf(out, "%s:%d ", decider->file, decider->line);
		if (decider->label != NULL)
			fputs(decider->label, out);
	}
	fputc('\n', out);
}

static const char *
change_name(const struct replay_record *record)
{
	int change = replay_record_change(record);

	return change > 0 ? "WIDER" : change < 0 ? "narrower" : "";
}

static void
write_row(const struct replay_record *record)
{
	write_cut(stdout, record->run_id, RUN_COLUMN + 3);
	write_cut(stdout, record->statement, STATEMENT_COLUMN);
	write_verdict(stdout, &record->before);
	if (!record->is_complete) {
		puts("not judged again: its facts are not on record");
		return;
	}
	write_verdict(stdout, &record->after);
	printf("%-8s  ", change_name(record));
	write_deciders(stdout, record);
}

/* --- JSON ----------------------------------------------------------------- */

static void
print_object(struct document *object)
{
	auto_free char *text = document_print(object);

	puts(text);
	document_free(object);
}

static struct document *
deciders_of(const struct verdict *verdict)
{
	struct document *array = document_array();

	for (int i = 0; i < verdict->decider_count; i++) {
		const struct decider *decider = &verdict->deciders[i];
		struct document *one = document_object();

		document_text(one, "file", decider->file);
		document_number(one, "line", decider->line);
		document_text(one, "label", decider->label);
		document_add(array, NULL, one);
	}
	return array;
}

static void
print_record(const struct replay_record *record)
{
	struct document *object = document_object();
	int change = replay_record_change(record);

	document_text(object, "run_id", record->run_id);
	document_text(object, "statement", record->statement);
	document_text(object, "before", decision_name(record->before.decision));
	document_text(object, "before_by", record->before_by);
	if (record->is_complete) {
		document_text(object, "after",
			      decision_name(record->after.decision));
		document_number(object, "approvers", record->after.approvers);
		document_add(object, "decided_by", deciders_of(&record->after));
		document_text(object, "change",
			      change > 0   ? "wider"
			      : change < 0 ? "narrower"
					   : "same");
	} else {
		document_text(object, "after", NULL);
	}
	print_object(object);
}

static void
print_counts(const struct replay_counts *counts, bool as_json)
{
	struct document *object;

	if (!as_json) {
		printf("%d wider, %d narrower, %d the same", counts->wider,
		       counts->narrower, counts->same);
		if (counts->skipped > 0)
			printf(", %d not judged again", counts->skipped);
		putchar('\n');
		return;
	}
	object = document_object();
	document_number(object, "wider", counts->wider);
	document_number(object, "narrower", counts->narrower);
	document_number(object, "same", counts->same);
	document_number(object, "not_judged", counts->skipped);
	print_object(object);
}

/* --- The verb ------------------------------------------------------------- */

static void
count_record(struct replay_counts *counts, const struct replay_record *record)
{
	int change = replay_record_change(record);

	if (!record->is_complete)
		counts->skipped++;
	else if (change > 0)
		counts->wider++;
	else if (change < 0)
		counts->narrower++;
	else
		counts->same++;
}

static int
replay_lines(struct replay_counts *counts, const struct policy *policy,
	     const char *text, bool as_json, struct error *err)
{
	for (int number = 1; *text != '\0'; number++) {
		size_t size = strcspn(text, "\n");
		struct replay_record record = {.run_id = NULL};
		bool found = false;

		if (size > 0 && replay_record_read(&record, &found, policy,
						   text, size, err) < 0)
			return fail_in(err, "line %d", number);
		if (found) {
			count_record(counts, &record);
			if (as_json)
				print_record(&record);
			else
				write_row(&record);
		}
		replay_record_release(&record);
		text += size + (text[size] == '\n');
	}
	return 0;
}

static int
replay_log(struct replay_counts *counts, const struct options *options,
	   bool as_json, struct error *err)
{
	auto_policy struct policy *policy = NULL;
	auto_free char *text = NULL;
	size_t size;

	if (options->positional_count == 0 ||
	    options->values[REPLAY_POLICY] == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy replay needs FILE and -p POLICY; see "
			       "--help");
	if (policy_load(&policy, options->values[REPLAY_POLICY], stderr, false,
			err) < 0)
		return -1;
	if (question_read_file(&text, &size, options->positionals[0], LOG_MAX,
			       err) < 0 ||
	    replay_lines(counts, policy, text, as_json, err) < 0)
		return fail_in(err, "%s", options->positionals[0]);
	if (counts->wider + counts->narrower + counts->same + counts->skipped ==
	    0)
		return fail_as(err, EXIT_USAGE, "audit_form",
			       "%s: no verdict is on record here",
			       options->positionals[0]);
	return 0;
}

int
policy_replay(const struct options *options)
{
	bool as_json = output_is_json(options->values[REPLAY_JSON] != NULL,
				      options->values[REPLAY_TEXT] != NULL);
	struct replay_counts counts = {.wider = 0};
	struct error err = NO_ERROR;

	if (replay_log(&counts, options, as_json, &err) < 0)
		return policy_report(&err, as_json);
	print_counts(&counts, as_json);
	if (counts.wider > 0 && options->values[REPLAY_ACK_WIDER] == NULL)
		return POLICY_FINDINGS;
	return 0;
}
