#include "pgmend.h"
#include "supervisor/document.h"
#include "supervisor/policy_trial.h"
#include "supervisor/policy_trial_report.h"
#include "supervisor/text.h"

/* Of one file, or of all of them. */
struct tally {
	const char *path;
	int ok, failed;
	int rules, reached;
};

struct tallies {
	struct tally *of;
	int count;
	struct tally total;
	int empty; /* sets that test nothing */
};

static bool
same_place(const struct place *left, const struct place *right)
{
	return left->line == right->line &&
	       same_text(left->source->path, right->source->path);
}

/* --- Counting once -------------------------------------------------------- */

/* Also true of what another set counted before with the same outcome. */
static bool
was_counted(const struct trial_sets *sets, int set,
	    const struct trial_result *result)
{
	for (int s = 0; s < set; s++) {
		const struct trial_run *run = sets->of[s].run;

		for (int i = 0; i < run->count; i++)
			if (run->results[i].holds == result->holds &&
			    same_place(&run->results[i].trial.place,
				       &result->trial.place))
				return true;
	}
	return false;
}

static bool
was_listed(const struct trial_sets *sets, int set, const struct place *place)
{
	for (int s = 0; s < set; s++) {
		const struct trial_run *run = sets->of[s].run;

		for (int i = 0; i < run->rule_count; i++)
			if (same_place(&run->rules[i].rule.place, place))
				return true;
	}
	return false;
}

static bool
is_reached(const struct trial_sets *sets, const struct place *place)
{
	for (int s = 0; s < sets->count; s++) {
		const struct trial_run *run = sets->of[s].run;

		for (int i = 0; i < run->rule_count; i++)
			if (run->rules[i].is_reached &&
			    same_place(&run->rules[i].rule.place, place))
				return true;
	}
	return false;
}

static struct tally *
tally_of(struct tallies *tallies, const char *path)
{
	for (int i = 0; i < tallies->count; i++)
		if (strcmp(tallies->of[i].path, path) == 0)
			return &tallies->of[i];
	tallies->of = xreallocarray(tallies->of, (size_t)tallies->count + 1,
				    sizeof(*tallies->of));
	tallies->of[tallies->count] = (struct tally){.path = path};
	return &tallies->of[tallies->count++];
}

static void
count_set(struct tallies *tallies, const struct trial_sets *sets, int set)
{
	const struct trial_run *run = sets->of[set].run;

	tallies->empty += run->count == 0 || run->rule_count == 0;
	for (int i = 0; i < run->count; i++) {
		const struct trial_result *result = &run->results[i];
		struct tally *tally;

		if (was_counted(sets, set, result))
			continue;
		tally = tally_of(tallies, result->trial.place.source->path);
		tally->ok += result->holds;
		tally->failed += !result->holds;
		tallies->total.ok += result->holds;
		tallies->total.failed += !result->holds;
	}
	for (int i = 0; i < run->rule_count; i++) {
		const struct place *place = &run->rules[i].rule.place;
		bool reached = is_reached(sets, place);

		if (was_listed(sets, set, place))
			continue;
		tally_of(tallies, place->source->path)->rules++;
		tally_of(tallies, place->source->path)->reached += reached;
		tallies->total.rules++;
		tallies->total.reached += reached;
	}
}

/* --- Text ----------------------------------------------------------------- */

static void
write_line(FILE *out, const char *name, const char *text)
{
	fprintf(out, "    %-8s ", name);
	text_write_escaped(out, text);
	fputc('\n', out);
}

static const char *const kinds[] = {
	[TRIAL_STATEMENT] = "",
	[TRIAL_REPLAY] = "replay ",
	[TRIAL_MAPPING] = "mapping ",
};

static void
write_failures(FILE *out, const struct trial_sets *sets)
{
	for (int s = 0; s < sets->count; s++) {
		const struct trial_run *run = sets->of[s].run;

		for (int i = 0; i < run->count; i++) {
			const struct trial_result *result = &run->results[i];
			const struct trial *trial = &result->trial;

			if (result->holds || was_counted(sets, s, result))
				continue;
			fprintf(out, "%s:%d: FAIL \"",
				trial->place.source->path, trial->place.line);
			text_write_escaped(out, trial->test);
			fprintf(out, "\"\n    %s", kinds[trial->kind]);
			text_write_escaped(out, trial->text);
			fputc('\n', out);
			write_line(out, "expected", result->expected);
			write_line(out, "got", result->got);
			if (result->nearest != NULL)
				write_line(out, "nearest", result->nearest);
		}
	}
}

static void
write_not_reached(FILE *out, const struct trial_sets *sets, const char *path)
{
	const char *separator = "    not reached: ";

	for (int s = 0; s < sets->count; s++) {
		const struct trial_run *run = sets->of[s].run;

		for (int i = 0; i < run->rule_count; i++) {
			const struct trial_rule *rule = &run->rules[i].rule;

			if (strcmp(rule->place.source->path, path) != 0 ||
			    is_reached(sets, &rule->place) ||
			    was_listed(sets, s, &rule->place))
				continue;
			fprintf(out, "%s%s%s:%d", separator,
				rule->label == NULL ? "" : rule->label,
				rule->label == NULL ? "" : " ",
				rule->place.line);
			separator = ", ";
		}
	}
}

static void
write_file(FILE *out, const struct trial_sets *sets, const struct tally *tally,
	   const struct trial_demand *demand)
{
	fprintf(out, "%-32s %4d ok", tally->path, tally->ok);
	if (tally->failed > 0)
		fprintf(out, ", %d failed", tally->failed);
	if (demand->coverage)
		write_not_reached(out, sets, tally->path);
	fputc('\n', out);
}

static void
write_text(FILE *out, const struct trial_sets *sets,
	   const struct tallies *tallies, const struct trial_demand *demand)
{
	const struct tally *total = &tallies->total;

	write_failures(out, sets);
	for (int i = 0; i < tallies->count; i++)
		write_file(out, sets, &tallies->of[i], demand);
	for (int s = 0; s < sets->count; s++)
		if (sets->of[s].run->count == 0 ||
		    sets->of[s].run->rule_count == 0)
			fprintf(out, "%s: FAIL: there %s\n", sets->of[s].path,
				sets->of[s].run->count == 0 ? "are no tests"
							    : "is no rule");
	fprintf(out, "%d expectations, %d ok, %d failed",
		total->ok + total->failed, total->ok, total->failed);
	if (demand->coverage)
		fprintf(out, "; %d of %d rules reached", total->reached,
			total->rules);
	if (demand->min_coverage > 0)
		fprintf(out, ", %d %% demanded", demand->min_coverage);
	fputc('\n', out);
}

/* --- JSON ----------------------------------------------------------------- */

static void
print_object(FILE *out, struct document *object)
{
	auto_free char *text = document_print(object);

	fprintf(out, "%s\n", text);
	document_free(object);
}

static void
write_result(FILE *out, const struct trial_result *result)
{
	struct document *object = document_object();

	document_text(object, "file", result->trial.place.source->path);
	document_number(object, "line", result->trial.place.line);
	document_text(object, "test", result->trial.test);
	document_text(object, "statement", result->trial.text);
	document_bool(object, "ok", result->holds);
	document_text(object, "expected", result->expected);
	document_text(object, "got", result->got);
	document_text(object, "nearest", result->nearest);
	print_object(out, object);
}

static struct document *
not_reached_of(const struct trial_sets *sets)
{
	struct document *array = document_array();

	for (int s = 0; s < sets->count; s++) {
		const struct trial_run *run = sets->of[s].run;

		for (int i = 0; i < run->rule_count; i++) {
			const struct trial_rule *rule = &run->rules[i].rule;
			struct document *one;

			if (is_reached(sets, &rule->place) ||
			    was_listed(sets, s, &rule->place))
				continue;
			one = document_object();
			document_text(one, "file", rule->place.source->path);
			document_number(one, "line", rule->place.line);
			document_text(one, "label", rule->label);
			document_add(array, NULL, one);
		}
	}
	return array;
}

static void
write_json(FILE *out, const struct trial_sets *sets,
	   const struct tallies *tallies)
{
	const struct tally *total = &tallies->total;
	struct document *object = document_object();

	for (int s = 0; s < sets->count; s++)
		for (int i = 0; i < sets->of[s].run->count; i++)
			if (!was_counted(sets, s, &sets->of[s].run->results[i]))
				write_result(out, &sets->of[s].run->results[i]);
	document_number(object, "expectations", total->ok + total->failed);
	document_number(object, "ok", total->ok);
	document_number(object, "failed", total->failed);
	document_number(object, "rules", total->rules);
	document_number(object, "reached", total->reached);
	document_number(object, "sets_without_tests", tallies->empty);
	document_add(object, "not_reached", not_reached_of(sets));
	print_object(out, object);
}

/* --- The whole ------------------------------------------------------------ */

bool
trial_report_write(FILE *out, const struct trial_sets *sets,
		   const struct trial_demand *demand)
{
	struct tallies tallies = {.count = 0};
	const struct tally *total = &tallies.total;

	for (int i = 0; i < sets->count; i++)
		count_set(&tallies, sets, i);
	if (demand->as_json)
		write_json(out, sets, &tallies);
	else
		write_text(out, sets, &tallies, demand);
	free(tallies.of);
	return tallies.empty == 0 && total->failed == 0 &&
	       total->reached * 100 >= demand->min_coverage * total->rules;
}
