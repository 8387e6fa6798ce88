#include "pgmend.h"
#include "policy/policy.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_paths.h"
#include "supervisor/policy_trial.h"
#include "supervisor/policy_trial_report.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/text.h"

enum { TEST_COVERAGE, TEST_MIN_COVERAGE, TEST_JSON, TEST_TEXT, TEST_OPTIONS };

static const struct option_row test_rows[TEST_OPTIONS] = {
	[TEST_COVERAGE] = {"coverage", NULL, "which rules no test reaches", 0},
	[TEST_MIN_COVERAGE] = {"min-coverage", "PERCENT",
			       "fail when fewer rules are reached", 0},
	[TEST_JSON] = {"json", NULL, "one JSON object an expectation", 0},
	[TEST_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_test_table = {
	.usage = "policy test [OPTION]... FILE|DIR...",
	.about = "Runs the tests of policies; of a folder, those of each "
		 "*.policy in it.",
	.rows = test_rows,
	.count = TEST_OPTIONS,
	.positional_max = 64,
};

/* --- Running -------------------------------------------------------------- */

/* False when the set can't be loaded; *ret_status then says how badly. */
static bool
load_set(struct trial_set *ret_set, const char *path, bool as_json,
	 int *ret_status)
{
	struct error err = NO_ERROR;

	*ret_set = (struct trial_set){.path = path};
	if (policy_load(&ret_set->policy, path, as_json ? stdout : stderr,
			as_json, &err) < 0) {
		bool is_unreadable = same_text(err.code, "policy_unreadable");

		policy_report(&err, as_json);
		*ret_status =
			is_unreadable ? POLICY_UNREADABLE : POLICY_FINDINGS;
		return false;
	}
	ret_set->run = policy_trial(ret_set->policy);
	return true;
}

static int
run_sets(const struct policy_paths *paths, const struct trial_demand *demand)
{
	struct trial_sets sets = {.count = 0};
	int worst = 0;

	sets.of = xcalloc((size_t)paths->count, sizeof(*sets.of));
	for (int i = 0; i < paths->count; i++) {
		int status = 0;

		if (load_set(&sets.of[sets.count], paths->of[i],
			     demand->as_json, &status))
			sets.count++;
		worst = status > worst ? status : worst;
	}
	if (sets.count > 0 && !trial_report_write(stdout, &sets, demand) &&
	    worst == 0)
		worst = POLICY_FINDINGS;
	for (int i = 0; i < sets.count; i++) {
		policy_trial_free(sets.of[i].run);
		policy_free(sets.of[i].policy);
	}
	free(sets.of);
	return worst;
}

/* --- The verb ------------------------------------------------------------- */

static int
read_demand(struct trial_demand *demand, const struct options *options,
	    struct error *err)
{
	const char *least = options->values[TEST_MIN_COVERAGE];
	char *end = NULL;

	demand->as_json = options->values[TEST_JSON] != NULL;
	demand->coverage =
		options->values[TEST_COVERAGE] != NULL || least != NULL;
	if (least == NULL)
		return 0;
	demand->min_coverage = (int)strtol(least, &end, 10);
	if (end == least || (*end != '\0' && strcmp(end, "%") != 0) ||
	    demand->min_coverage < 0 || demand->min_coverage > 100)
		return fail_as(err, EXIT_USAGE, "usage",
			       "--min-coverage takes 0 to 100, not %s", least);
	return 0;
}

static int
read_arguments(struct policy_paths *paths, struct trial_demand *demand,
	       const struct options *options, struct error *err)
{
	if (options->positional_count == 0)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy test needs a FILE or a DIR; see --help");
	for (int i = 0; i < options->positional_count; i++)
		if (policy_paths_add(paths, options->positionals[i], err) < 0)
			return -1;
	return read_demand(demand, options, err);
}

int
policy_test(const struct options *options)
{
	struct trial_demand demand = {.as_json = false};
	struct policy_paths paths = {.count = 0};
	struct error err = NO_ERROR;
	int status;

	if (read_arguments(&paths, &demand, options, &err) < 0)
		status = policy_report(&err, demand.as_json);
	else
		status = run_sets(&paths, &demand);
	policy_paths_release(&paths);
	return status;
}
