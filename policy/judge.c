#include "pgmend.h"
#include "policy/decide.h"
#include "policy/match.h"
#include "policy/rules.h"

static const char *const decisions[DECISIONS] = {
	[DECISION_ALLOW] = "allow",
	[DECISION_ESCALATE] = "escalate",
	[DECISION_DENY] = "deny",
};

const char *
decision_name(enum decision decision)
{
	return decisions[decision];
}

struct subject
subject_of_action(const struct action *action)
{
	bool has_type = action->type.name != NULL;

	return (struct subject){.operation = action->operation,
				.schema = action->schema,
				.table = action->table,
				.column = action->column,
				.type = has_type ? &action->type : NULL};
}

struct verdict
verdict_start(void)
{
	struct verdict verdict = {.decision = DECISION_ALLOW};

	for (int i = 0; i < LIMITS; i++)
		verdict.limits[i] = RULE_LIMIT_NONE;
	return verdict;
}

struct verdict
verdict_of_refusal(const struct refusal *refusal)
{
	struct verdict verdict = verdict_start();

	verdict.decision = DECISION_DENY;
	verdict.floor = refusal->floor;
	snprintf(verdict.reason, sizeof(verdict.reason), "%s: %.240s",
		 refusal->floor, refusal->text);
	return verdict;
}

/* --- Combining ------------------------------------------------------------ */

static bool
same_decider(const struct decider *left, const struct decider *right)
{
	return left->line == right->line &&
	       same_text(left->file, right->file) &&
	       same_text(left->label, right->label) &&
	       same_text(left->layer, right->layer);
}

static void
add_decider(struct verdict *verdict, const struct decider *decider)
{
	for (int i = 0; i < verdict->decider_count; i++)
		if (same_decider(&verdict->deciders[i], decider))
			return;
	if (verdict->decider_count < VERDICT_DECIDERS_MAX)
		verdict->deciders[verdict->decider_count++] = *decider;
}

static void
tighten(int64_t *limit, int64_t other)
{
	if (other != RULE_LIMIT_NONE &&
	    (*limit == RULE_LIMIT_NONE || other < *limit))
		*limit = other;
}

/* Orders verdicts: allow < escalate 1 < escalate 2 < deny < floor. */
static int
strictness(const struct verdict *verdict)
{
	if (verdict->floor != NULL)
		return 4;
	if (verdict->decision == DECISION_DENY)
		return 3;
	return verdict->decision == DECISION_ESCALATE ? verdict->approvers : 0;
}

void
verdict_combine(struct verdict *total, const struct verdict *one)
{
	uint64_t used = total->used | one->used;
	uint64_t unknown = total->unknown | one->unknown;
	int64_t limits[LIMITS];
	bool is_first = total->decider_count == 0 && total->floor == NULL;

	for (int i = 0; i < LIMITS; i++) {
		limits[i] = total->limits[i];
		tighten(&limits[i], one->limits[i]);
	}
	if (is_first || strictness(one) > strictness(total))
		*total = *one;
	else if (strictness(one) == strictness(total))
		for (int i = 0; i < one->decider_count; i++)
			add_decider(total, &one->deciders[i]);
	total->used = used;
	total->unknown = unknown;
	memcpy(total->limits, limits, sizeof(limits));
}

/* --- One rule ------------------------------------------------------------- */

/* What is asked, and what the answers needed. */
struct question {
	const struct subject *subject;
	const struct facts *facts;
	uint64_t used, unknown;
};

static enum truth
least(enum truth left, enum truth right)
{
	return left < right ? left : right;
}

static enum truth
types_match(bool has_types, const struct type_patterns *patterns,
	    const struct type *type, enum truth without)
{
	if (!has_types)
		return TRUTH_TRUE;
	if (type == NULL)
		return without;
	return match_type(patterns, type) ? TRUTH_TRUE : TRUTH_FALSE;
}

/* A type change has an old type, even where it couldn't be read. */
static enum truth
from_without_type(enum operation operation)
{
	bool changes = operation == OP_WIDEN_TYPE || operation == OP_ALTER_TYPE;

	return changes ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

enum truth
rule_in_time(int expires, const struct facts *facts)
{
	if (expires == 0)
		return TRUTH_TRUE;
	if (facts->today == 0)
		return TRUTH_UNKNOWN;
	return facts->today < expires ? TRUTH_TRUE : TRUTH_FALSE;
}

/* `except` weakens a rule, so it reads its patterns the other way round. */
static bool
covers(const struct rule *rule, const struct subject *subject)
{
	bool widens = rule->decision == DECISION_ALLOW;

	return (rule->operations & 1U << subject->operation) != 0 &&
	       match_subject(&rule->subjects, subject,
			     widens ? POLARITY_NARROW : POLARITY_WIDE) &&
	       !match_subject(&rule->excepts, subject,
			      widens ? POLARITY_WIDE : POLARITY_NARROW);
}

static enum truth
rule_matches(const struct rule *rule, struct question *question)
{
	const struct subject *subject = question->subject;
	enum truth truth;

	if (!covers(rule, subject))
		return TRUTH_FALSE;
	truth = types_match(rule->has_types, &rule->types, subject->type,
			    TRUTH_FALSE);
	truth = least(truth,
		      types_match(rule->has_froms, &rule->froms, subject->from,
				  from_without_type(subject->operation)));
	truth = least(truth, rule_in_time(rule->expires, question->facts));
	if (truth == TRUTH_FALSE)
		return TRUTH_FALSE;
	for (int i = 0; i < rule->condition_count; i++)
		truth = least(truth,
			      match_condition(rule->conditions[i],
					      question->facts, &question->used,
					      &question->unknown));
	return truth;
}

enum truth
rule_truth(const struct rule *rule, const struct subject *subject,
	   const struct facts *facts)
{
	struct question question = {.subject = subject, .facts = facts};

	return rule_matches(rule, &question);
}

/* --- One layer ------------------------------------------------------------ */

static struct decider
decider_of(const struct rule *rule, const struct layer *layer)
{
	return (struct decider){.file = rule->file,
				.line = rule->line,
				.label = rule->label,
				.layer = layer->name,
				.reason = rule->reason};
}

static void
take_rule(struct verdict *verdict, const struct rule *rule,
	  const struct layer *layer)
{
	struct decider decider = decider_of(rule, layer);

	add_decider(verdict, &decider);
	if (rule->approvers > verdict->approvers)
		verdict->approvers = rule->approvers;
	for (int i = 0; i < LIMITS; i++)
		tighten(&verdict->limits[i], rule->limits[i]);
}

/* How true each of a layer's rules about the operation is. */
struct answers {
	const struct rule_index *rules;
	uint8_t truths[POLICY_RULES_MAX];
};

static struct matches
match_layer(const struct layer *layer, struct question *question,
	    struct answers *answers)
{
	struct matches matches = {.approvers = 0};

	answers->rules = &layer->about[question->subject->operation];
	for (int i = 0; i < answers->rules->count; i++) {
		const struct rule *rule = &layer->rules[answers->rules->of[i]];
		enum truth truth = rule_matches(rule, question);

		answers->truths[i] = (uint8_t)truth;
		matches_add(&matches, rule, truth);
	}
	return matches;
}

/* The rules of the decision that was reached. */
static void
take_rules(struct verdict *verdict, const struct layer *layer,
	   const struct outcome *outcome, const struct answers *answers)
{
	for (int i = 0; i < answers->rules->count; i++) {
		const struct rule *rule = &layer->rules[answers->rules->of[i]];

		if (outcome_is_by(outcome, rule,
				  (enum truth)answers->truths[i]))
			take_rule(verdict, rule, layer);
	}
}

static void
take_default(struct verdict *verdict, const struct layer *layer)
{
	struct decider decider = {.label = "default", .layer = layer->name};

	add_decider(verdict, &decider);
}

/* False when the layer has no opinion. */
static bool
judge_layer(struct verdict *verdict, const struct layer *layer,
	    struct question *question)
{
	struct answers answers;
	struct matches matches = match_layer(layer, question, &answers);
	struct outcome outcome = layer_decide(layer, &matches);

	if (!outcome.has_opinion)
		return false;
	*verdict = verdict_start();
	verdict->decision = outcome.decision;
	if (outcome.by_default)
		take_default(verdict, layer);
	else
		take_rules(verdict, layer, &outcome, &answers);
	return true;
}

/* --- The whole ------------------------------------------------------------ */

static void
explain(struct verdict *verdict, const struct subject *subject)
{
	const struct decider *first = &verdict->deciders[0];
	char where[160] = "no rule";

	if (verdict->decider_count > 0 && first->file != NULL)
		snprintf(where, sizeof(where), "%.60s (%.60s:%d)",
			 first->label == NULL ? "a rule" : first->label,
			 first->file, first->line);
	if (first->reason != NULL)
		snprintf(verdict->reason, sizeof(verdict->reason), "%s: %s",
			 where, first->reason);
	else if (verdict->decision == DECISION_ESCALATE)
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "%s asks for %d approval%s of %s", where,
			 verdict->approvers, verdict->approvers == 1 ? "" : "s",
			 operation_name(subject->operation));
	else
		snprintf(verdict->reason, sizeof(verdict->reason), "%s %s %s",
			 where,
			 verdict->decision == DECISION_DENY &&
					 first->file != NULL
				 ? "denies"
				 : "allows",
			 operation_name(subject->operation));
}

struct verdict
judge(const struct policy *policy, const struct subject *subject,
      const struct facts *facts)
{
	struct question question = {.subject = subject, .facts = facts};
	struct verdict total = verdict_start();
	bool has_opinion = false;

	for (; policy != NULL; policy = policy->narrower) {
		for (int i = 0; i < policy->layer_count; i++) {
			struct verdict one;

			if (!judge_layer(&one, &policy->layers[i], &question))
				continue;
			verdict_combine(&total, &one);
			has_opinion = true;
		}
	}
	/* The lowest layer can't inherit, so someone decided; if not, nobody
	 * allowed it. */
	if (!has_opinion)
		total.decision = DECISION_DENY;
	total.used = question.used;
	total.unknown = question.unknown;
	explain(&total, subject);
	return total;
}

void
verdict_escalate(struct verdict *total, const char *label, const char *sentence)
{
	struct verdict one = verdict_start();

	if (sentence == NULL)
		return;
	one.decision = DECISION_ESCALATE;
	one.approvers = 1;
	one.deciders[0] = (struct decider){.label = label};
	one.decider_count = 1;
	snprintf(one.reason, sizeof(one.reason), "%s", sentence);
	verdict_combine(total, &one);
}
