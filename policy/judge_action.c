#include "pgmend.h"
#include "policy/judge.h"
#include "policy/type.h"
#include "policy/widening.h"

static bool
is_stricter(const struct verdict *left, const struct verdict *right)
{
	if (left->decision != right->decision)
		return left->decision > right->decision;
	return left->decision == DECISION_ESCALATE &&
	       left->approvers > right->approvers;
}

/* Which of the two a rule means depends on what isn't known. */
static struct verdict
judge_both(enum operation *ret_operation, const struct policy *policy,
	   struct subject *subject, const struct facts *facts)
{
	struct verdict wide, other;

	subject->operation = OP_WIDEN_TYPE;
	wide = judge(policy, subject, facts);
	subject->operation = OP_ALTER_TYPE;
	other = judge(policy, subject, facts);
	*ret_operation =
		is_stricter(&wide, &other) ? OP_WIDEN_TYPE : OP_ALTER_TYPE;
	verdict_combine(&other, &wide);
	return other;
}

/* A new collation is no widening: it may sort and compare otherwise. */
static enum operation
classify(const struct action *action, const struct type *from)
{
	return action->collation == NULL && widening_holds(from, &action->type)
		       ? OP_WIDEN_TYPE
		       : OP_ALTER_TYPE;
}

static struct verdict
judge_type_change(enum operation *ret_operation, const struct policy *policy,
		  const struct action *action, const struct facts *facts)
{
	const struct fact_value *old = &facts->of[FACT_COLUMN_TYPE];
	struct subject subject = subject_of_action(action);
	struct type from = {.schema = NULL};
	struct verdict verdict;

	if (!old->known || !type_read(&from, old->text))
		return judge_both(ret_operation, policy, &subject, facts);
	subject.from = &from;
	subject.operation = classify(action, &from);
	*ret_operation = subject.operation;
	verdict = judge(policy, &subject, facts);
	type_release(&from);
	return verdict;
}

struct verdict
judge_action(enum operation *ret_operation, const struct policy *policy,
	     const struct action *action, const struct facts *facts)
{
	struct subject subject = subject_of_action(action);

	if (action->operation == OP_ALTER_TYPE)
		return judge_type_change(ret_operation, policy, action, facts);
	*ret_operation = action->operation;
	return judge(policy, &subject, facts);
}
