#include "pgmend.h"
#include "policy/type.h"
#include "supervisor/explain.h"
#include "supervisor/explain_reasons.h"

static void
find_old_type(struct told *told)
{
	const struct fact_value *old = &told->facts.of[FACT_COLUMN_TYPE];
	enum operation operation = told->subject.operation;

	if ((operation == OP_WIDEN_TYPE || operation == OP_ALTER_TYPE) &&
	    old->known && type_read(&told->from, old->text))
		told->subject.from = &told->from;
}

static void
find_subject(struct told *told, const struct answer *answer, int action,
	     const struct question *question)
{
	if (answer->statement != NULL) {
		told->subject =
			subject_of_action(&answer->statement->actions[action]);
		question->collect(&told->facts, answer->statement, action,
				  question->context);
		statement_facts(&told->facts, answer->statement, action);
	} else {
		/* A replay or a mapping: the one action that decided. */
		told->subject.schema = question->schema;
		told->subject.table = question->table;
		told->subject.column = question->column;
		told->facts = answer->facts;
	}
	told->subject.operation = answer->actions[action].operation;
	find_old_type(told);
}

void
answer_tell(struct told *ret_told, const struct answer *answer, int action,
	    const struct question *question, const struct policy *policy)
{
	*ret_told = (struct told){.reasons = NULL};
	find_subject(ret_told, answer, action, question);
	ret_told->reasons =
		reasons_of(policy, &ret_told->subject, &ret_told->facts);
}

void
told_release(struct told *told)
{
	reasons_free(told->reasons);
	type_release(&told->from);
	told->from = (struct type){.schema = NULL};
	told->reasons = NULL;
}

struct obstacles
told_why_not(struct told *told, const struct policy *policy,
	     enum decision wanted)
{
	return reasons_why_not(told->reasons, policy, &told->subject,
			       &told->facts, wanted);
}
