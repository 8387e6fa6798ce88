#include "pgmend.h"
#include "policy/policy.h"
#include "supervisor/explain.h"
#include "supervisor/explain_reasons.h"
#include "supervisor/policy_trial.h"
#include "supervisor/question.h"

/* --- Asking --------------------------------------------------------------- */

/* What one expectation is made of while it is asked. */
struct attempt {
	struct policy *policy; /* the set, up to the test's layer */
	struct facts facts;
	struct question_texts texts;
	struct question question;
	struct answer answer;
};

static void
attempt_release(struct attempt *attempt)
{
	answer_release(&attempt->answer);
	question_texts_release(&attempt->texts);
	trial_facts_release(&attempt->facts);
	free(attempt->policy);
}

/* A statement is no command line: "-" is not standard input here. */
static int
read_trial(struct attempt *attempt, const struct trial *trial,
	   struct error *err)
{
	struct question_words words = {.sql = NULL};

	if (trial->kind == TRIAL_STATEMENT) {
		attempt->question.sql = trial->text;
		attempt->question.size = strlen(trial->text);
		return 0;
	}
	if (trial->kind == TRIAL_REPLAY)
		words.replay = trial->text;
	else
		words.mapping = trial->text;
	return question_read(&attempt->question, &attempt->texts, &words, err);
}

static int
ask(struct attempt *attempt, const struct trial *trial, struct error *err)
{
	if (read_trial(attempt, trial, err) < 0)
		return -1;
	attempt->question.collect = question_collect_given;
	attempt->question.context = &attempt->facts;
	explain(&attempt->answer, attempt->policy, &attempt->question);
	return 0;
}

/* --- Telling -------------------------------------------------------------- */

static char *
text_of_expectation(const struct trial *trial)
{
	char number[16] = "";

	if (trial->approvers > 0)
		snprintf(number, sizeof(number), " %d", trial->approvers);
	return xprintf("%s%s%s%s", decision_name(trial->decision), number,
		       trial->by == NULL ? "" : " by ",
		       trial->by == NULL ? "" : trial->by);
}

static char *
text_of_verdict(const struct verdict *verdict)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (verdict->floor != NULL)
		return xprintf("deny by floor %s", verdict->reason);
	out = xmemstream(&text, &size);
	fputs(decision_name(verdict->decision), out);
	if (verdict->decision == DECISION_ESCALATE)
		fprintf(out, " %d", verdict->approvers);
	for (int i = 0; i < verdict->decider_count; i++) {
		const struct decider *decider = &verdict->deciders[i];

		fputs(i == 0 ? " by " : ", ", out);
		if (decider->label != NULL)
			fputs(decider->label, out);
		else
			fprintf(out, "%s:%d", decider->file, decider->line);
		if (decider->file == NULL)
			fprintf(out, " (%s layer)", decider->layer);
	}
	fclose(out);
	return text;
}

/* True for a label, which is what a rule can be named by. */
static bool
names_rule(const struct trial *trial)
{
	return trial->by != NULL && strcmp(trial->by, "default") != 0 &&
	       strncmp(trial->by, "floor ", 6) != 0;
}

static const struct reason_rule *
find_named(const struct reasons *reasons, const char *label)
{
	for (int i = 0; i < reasons->layer_count; i++) {
		const struct reason_layer *layer = &reasons->layers[i];

		for (int j = 0; j < layer->rule_count; j++)
			if (same_text(layer->rules[j].label, label))
				return &layer->rules[j];
	}
	return NULL;
}

static const struct reason_rule *
find_nearest(const struct reasons *reasons, enum decision decision)
{
	const struct reason_rule *nearest = NULL;

	for (int i = 0; i < reasons->layer_count; i++) {
		const struct reason_rule *found =
			reasons_nearest(&reasons->layers[i], decision);

		if (found != NULL &&
		    (nearest == NULL || found->failing < nearest->failing))
			nearest = found;
	}
	return nearest;
}

static char *
text_of_missing(const struct reasons *reasons, const char *label,
		enum operation operation)
{
	const char *labels[64] = {NULL};
	const char *similar;
	size_t count = 0;

	for (int i = 0; i < reasons->layer_count; i++) {
		const struct reason_layer *layer = &reasons->layers[i];

		for (int j = 0; j < layer->rule_count; j++)
			if (layer->rules[j].label != NULL &&
			    count < array_size(labels) - 1)
				labels[count++] = layer->rules[j].label;
	}
	similar = diagnose_nearest(label, labels);
	return xprintf("no rule '%s' is about %s%s%s%s", label,
		       operation_name(operation),
		       similar == NULL ? "" : "; did you mean '",
		       similar == NULL ? "" : similar,
		       similar == NULL ? "" : "'?");
}

static char *
text_of_nearest(const struct reason_rule *rule)
{
	auto_free char *name =
		rule->label == NULL ? xprintf("%s:%d", rule->file, rule->line)
				    : xprintf("%s (%s:%d)", rule->label,
					      rule->file, rule->line);

	for (int i = 0; i < rule->clause_count; i++) {
		const struct reason_clause *clause = &rule->clauses[i];
		bool is_test = clause->kind == CLAUSE_WHEN;

		if (strcmp(clause->truth, "true") != 0)
			return xprintf("%s: %s%s%s", name, clause->text,
				       is_test ? " is " : "",
				       is_test ? clause->truth : "");
	}
	return xprintf("%s: it %s", name,
		       rule->decides ? "decides" : "matches, and is overruled");
}

/* Where a milder verdict was expected: what is in the way of it. */
static char *
text_of_obstacle(struct told *told, const struct policy *policy,
		 enum decision wanted)
{
	struct obstacles found = told_why_not(told, policy, wanted);
	const struct obstacle *first = found.of;

	if (found.count == 0 || first->file == NULL)
		return NULL;
	return xprintf("%s (%s:%d) is in the way: %s%s",
		       first->label == NULL ? "a rule" : first->label,
		       first->file, first->line,
		       first->fact < 0 ? "" : "it needs ", first->text);
}

/* The rule that should have decided, and what kept it from doing so: the one
 * that is named, else the nearest of the decision. */
static char *
tell_action(struct told *told, const struct policy *policy,
	    const struct trial *trial)
{
	const struct reason_rule *rule =
		names_rule(trial)
			? find_named(told->reasons, trial->by)
			: find_nearest(told->reasons, trial->decision);

	if (rule != NULL)
		return text_of_nearest(rule);
	if (names_rule(trial))
		return text_of_missing(told->reasons, trial->by,
				       told->subject.operation);
	return text_of_obstacle(told, policy, trial->decision);
}

static char *
tell_nearest(const struct attempt *attempt, const struct trial *trial)
{
	const struct answer *answer = &attempt->answer;

	for (int i = 0; i < answer->count; i++) {
		auto_told struct told told = {.reasons = NULL};

		if (answer->actions[i].verdict.decision !=
		    answer->total.decision)
			continue;
		answer_tell(&told, answer, i, &attempt->question,
			    attempt->policy);
		return tell_action(&told, attempt->policy, trial);
	}
	return NULL;
}

/* --- The run -------------------------------------------------------------- */

static void
mark_reached(struct trial_run *run, const struct verdict *verdict)
{
	for (int i = 0; i < run->rule_count; i++) {
		struct trial_reach *reach = &run->rules[i];

		if (reach->is_reached || !trial_reaches(&reach->rule, verdict))
			continue;
		reach->is_reached = true;
		run->reached++;
	}
}

static struct trial_result
try_one(struct trial_run *run, const struct policy *policy, int index,
	const struct trial *trial)
{
	struct attempt attempt = {.policy = trial_policy(policy, index)};
	struct trial_result result = {.trial = *trial,
				      .expected = text_of_expectation(trial)};
	struct error err = NO_ERROR;

	trial_facts(policy, index, &attempt.facts);
	if (ask(&attempt, trial, &err) < 0) {
		result.got = xprintf("no answer: %s", err.text);
	} else {
		const struct verdict *verdict = &attempt.answer.total;

		result.holds = trial_holds(trial, verdict);
		result.got = text_of_verdict(verdict);
		if (!result.holds && verdict->floor == NULL)
			result.nearest = tell_nearest(&attempt, trial);
		mark_reached(run, verdict);
	}
	run->failed += !result.holds;
	attempt_release(&attempt);
	return result;
}

static void
list_rules(struct trial_run *run, const struct policy *policy)
{
	struct trial_rule rule;

	for (int i = 0; trial_rule_at(policy, i, &rule); i++) {
		if (!rule.has_effect)
			continue;
		run->rules =
			xreallocarray(run->rules, (size_t)run->rule_count + 1,
				      sizeof(*run->rules));
		run->rules[run->rule_count++] =
			(struct trial_reach){.rule = rule};
	}
}

struct trial_run *
policy_trial(const struct policy *policy)
{
	struct trial_run *run = xcalloc(1, sizeof(*run));
	struct trial trial;

	run->tests = trial_tests(policy);
	list_rules(run, policy);
	for (int i = 0; trial_at(policy, i, &trial); i++) {
		run->results = xreallocarray(run->results, (size_t)i + 1,
					     sizeof(*run->results));
		run->results[i] = try_one(run, policy, i, &trial);
		run->count++;
	}
	return run;
}

void
policy_trial_free(struct trial_run *run)
{
	if (run == NULL)
		return;
	for (int i = 0; i < run->count; i++) {
		free(run->results[i].expected);
		free(run->results[i].got);
		free(run->results[i].nearest);
	}
	free(run->results);
	free(run->rules);
	free(run);
}

void
policy_trial_cleanup(struct trial_run **run)
{
	policy_trial_free(*run);
}
