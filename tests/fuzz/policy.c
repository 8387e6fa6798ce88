/*
 * A policy set that is accepted means the same when it is loaded again, laid
 * out, or exported, and judges; one that isn't says why, for people and for
 * programs.
 */
#include <fcntl.h>

#include "policy/diagnostic.h"
#include "policy/export.h"
#include "policy/format.h"
#include "policy/judge.h"
#include "policy/lint.h"
#include "policy/policy.h"
#include "policy/policy_disclosure.h"
#include "policy/policy_model.h"
#include "tests/fuzz/fuzz.h"

#define LINT_BYTES_MAX 1000

/* The set is read from the working folder: the parts between NULs. */
static const char *const names[] = {"team.policy", "org.policy", "base.policy"};

static void
write_file(const char *name, const char *text, size_t size)
{
	auto_close int fd =
		open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
}

static void
write_set(const char *bytes, size_t size)
{
	const char *rest = bytes, *part;
	size_t part_size;

	for (size_t i = 0; i < array_size(names); i++) {
		if (fuzz_part(&part, &part_size, &rest, &size, '\0'))
			write_file(names[i], part, part_size);
		else
			unlink(names[i]);
	}
}

/* What was said, and the policy if there is one. */
static struct policy *
load(char **ret_said, size_t *ret_size, bool as_json)
{
	struct error err = NO_ERROR;
	struct policy *policy = NULL;
	FILE *out = xmemstream(ret_said, ret_size);

	if (policy_load(&policy, names[0], out, as_json, &err) < 0)
		claim(err.reason == EXIT_USAGE && policy == NULL &&
		      *err.text != '\0');
	fclose(out);
	return policy;
}

static void
check_json(const char *said, size_t size)
{
	const char *rest = said, *line;
	size_t line_size;

	while (fuzz_part(&line, &line_size, &rest, &size, '\n'))
		claim(line_size == 0 || fuzz_is_json(line, line_size));
}

/* No column shows more than all of its layers want, whatever is asked. */
static void
check_disclosure(const struct policy *policy)
{
	static const char *const columns[] = {"id", "email", "\"", ""};

	for (size_t i = 0; i < array_size(columns); i++)
		claim(policy_disclosure(policy, "app", "orders", columns[i]) <
		      DISCLOSURES);
	claim(policy_detect_level(policy, "email") < DISCLOSURES);
	claim(policy_disclose_max_rows(policy) >= 0);
	claim(policy_model(policy).max_turns >= 0);
	if (policy_model_id(policy) != NULL)
		claim(policy_model_allows(policy, policy_model_id(policy)));
}

/* Every operation, with no fact known and with small numbers for all. A set
 * that is narrowed by itself decides as before. */
static void
check_judging(const struct policy *policy, const struct policy *narrowed)
{
	const struct type type = {.schema = (char[]){"pg_catalog"},
				  .name = (char[]){"text"}};
	struct facts facts = {.clock_known = true, .today = 20000};

	for (int operation = 0; operation < OPERATIONS; operation++) {
		struct subject subject = {.operation =
						  (enum operation)operation,
					  .schema = "app",
					  .table = "orders",
					  .column = "email",
					  .type = &type};
		struct verdict verdict = judge(policy, &subject, &facts);
		struct verdict same = judge(narrowed, &subject, &facts);
		struct policy_settings settings =
			policy_settings_for(policy, &verdict);

		claim(verdict.decision == same.decision);
		claim(verdict.decision < DECISIONS && *verdict.reason != '\0');
		claim(settings.batch_rows >= 0 && settings.replay_rows >= 0);
		claim(verdict.decision != DECISION_ESCALATE ||
		      verdict.approvers > 0);
		for (int fact = 0; fact < FACTS; fact++)
			if (fact_word((enum fact)fact)->type < TYPE_NAME)
				facts_set_number(&facts, (enum fact)fact, 1);
	}
}

/* Tries the rules out: short sets only, since it takes its time. */
static void
check_lint(struct policy *policy)
{
	auto_free char *said = NULL;
	size_t size;
	FILE *out = xmemstream(&said, &size);
	struct lint_result result = policy_lint(policy, 20000, out, true);

	fclose(out);
	claim(result.errors >= 0 &&
	      result.points <= (int64_t)LINT_POINTS_MAX * OPERATIONS);
	check_json(said, size);
}

/* --- As text -------------------------------------------------------------- */

/* A file laid out, which is done at once; NULL for one that isn't. */
static char *
lay_out(const char *name, const char *text, size_t size)
{
	auto_free char *terminated = xstrndup(text, size);
	auto_free char *again = NULL, *said = NULL;
	struct source source = {
		.path = name, .name = name, .text = terminated, .size = size};
	struct error err = NO_ERROR;
	char *laid_out = NULL;
	size_t said_size;
	FILE *out = xmemstream(&said, &said_size);

	if (policy_format(&laid_out, &source, out, true, &err) < 0) {
		claim(err.reason == EXIT_USAGE && laid_out == NULL);
	} else {
		source.text = laid_out;
		source.size = strlen(laid_out);
		claim(policy_format(&again, &source, out, true, &err) == 0);
		claim(same_text(again, laid_out));
	}
	fclose(out);
	check_json(said, said_size);
	return laid_out;
}

/* Every file of the set, as it is or laid out. */
static void
lay_out_set(const char *bytes, size_t size)
{
	const char *rest = bytes, *part;
	size_t part_size;

	for (size_t i = 0; i < array_size(names); i++) {
		auto_free char *text = NULL;

		if (!fuzz_part(&part, &part_size, &rest, &size, '\0'))
			return;
		text = lay_out(names[i], part, part_size);
		if (text != NULL)
			write_file(names[i], text, strlen(text));
	}
}

/* The layers as files; false where one would be too large. */
static bool
export_set(const struct policy *policy)
{
	int lowest = policy_layer_count(policy) - 1;

	for (int i = 0; i <= lowest; i++) {
		const char *parent = i == 0 ? NULL : names[lowest - i + 1];
		auto_free char *text = NULL;
		struct error err = NO_ERROR;

		if (policy_export_layer(&text, policy, i, parent, &err) < 0) {
			claim(err.reason == EXIT_USAGE);
			return false;
		}
		write_file(names[lowest - i], text, strlen(text));
	}
	return true;
}

static void
check_same_meaning(const struct policy *policy)
{
	auto_free char *said = NULL;
	size_t size;
	auto_policy struct policy *again = load(&said, &size, false);

	claim(again != NULL && same_text(policy_meaning_hash(policy),
					 policy_meaning_hash(again)));
}

static void
check_export(const struct policy *policy)
{
	auto_free char *json = NULL;
	size_t size;
	FILE *out = xmemstream(&json, &size);

	policy_export_json(out, policy);
	fclose(out);
	claim(fuzz_is_json(json, size));
	if (export_set(policy))
		check_same_meaning(policy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_policy struct policy *policy = NULL, *again = NULL;
	auto_policy struct policy *narrower = NULL;
	auto_free char *text = NULL, *json = NULL, *more = NULL;
	size_t text_size, json_size, more_size;

	write_set((const char *)data, size);
	policy = load(&text, &text_size, false);
	again = load(&json, &json_size, true);
	claim((policy == NULL) == (again == NULL));
	check_json(json, json_size);
	if (policy == NULL) {
		lay_out_set((const char *)data, size);
		return 0;
	}
	claim(same_text(policy_meaning_hash(policy),
			policy_meaning_hash(again)));
	claim(same_text(policy_files_hash(policy), policy_files_hash(again)));
	check_disclosure(policy);
	narrower = load(&more, &more_size, true);
	policy_narrow(again, take(narrower));
	lay_out_set((const char *)data, size);
	check_same_meaning(policy);
	check_export(policy);
	check_judging(policy, again);
	if (size < LINT_BYTES_MAX)
		check_lint(policy);
	return 0;
}
