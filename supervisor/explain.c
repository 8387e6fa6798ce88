#include "pgmend.h"
#include "policy/insert.h"
#include "policy/name.h"
#include "policy/transform.h"
#include "supervisor/explain.h"

static void
refuse_all(struct answer *answer, const struct refusal *refusal)
{
	answer->total = verdict_of_refusal(refusal);
}

/* Counts one judged action; the facts of the strictest one are kept. */
static void
add_action(struct answer *answer, const struct facts *facts)
{
	enum decision before = answer->total.decision;

	verdict_combine(&answer->total,
			&answer->actions[answer->count].verdict);
	if (answer->count++ == 0 || answer->total.decision > before)
		answer->facts = *facts;
}

static void
add_subject(struct answer *answer, const struct policy *policy,
	    const struct subject *subject, const struct facts *facts)
{
	struct answer_action *action = &answer->actions[answer->count];

	action->operation = subject->operation;
	action->target =
		name_target(subject->schema, subject->table, subject->column);
	action->verdict = judge(policy, subject, facts);
	add_action(answer, facts);
}

/* --- A statement ---------------------------------------------------------- */

static bool
suits_catalog(const struct question *question,
	      const struct statement *statement, struct refusal *refusal)
{
	return question->check == NULL ||
	       question->check(statement, refusal, question->context);
}

/* What is known of one action, but for what it says itself. */
static struct facts
facts_of(const struct answer *answer, const struct question *question,
	 int index)
{
	struct facts facts = {.today = 0};

	question->collect(&facts, answer->statement, index, question->context);
	return facts;
}

static bool
actions_suit(const struct answer *answer, const struct question *question,
	     struct refusal *refusal)
{
	const struct statement *statement = answer->statement;

	for (int i = 0; i < statement->count; i++) {
		struct facts facts = facts_of(answer, question, i);

		if (!action_suits(&statement->actions[i], &facts, refusal))
			return false;
	}
	return true;
}

static bool
floor_is_clear(struct answer *answer, const struct question *question,
	       struct refusal *refusal)
{
	auto_free char *rendered = NULL;
	struct facts facts;

	if (!statement_parse(&answer->statement, question->sql, question->size,
			     refusal))
		return false;
	facts = facts_of(answer, question, 0);
	return (question->table == NULL ||
		statement_is_about(answer->statement, question->schema,
				   question->table, refusal)) &&
	       statement_suits(answer->statement, &facts, refusal) &&
	       actions_suit(answer, question, refusal) &&
	       suits_catalog(question, answer->statement, refusal) &&
	       statement_render(&rendered, answer->statement, refusal);
}

static void
explain_statement(struct answer *answer, const struct policy *policy,
		  const struct question *question)
{
	struct refusal refusal = {.floor = NULL};

	if (!floor_is_clear(answer, question, &refusal)) {
		refuse_all(answer, &refusal);
		return;
	}
	for (int i = 0; i < answer->statement->count; i++) {
		const struct action *action = &answer->statement->actions[i];
		struct answer_action *judged = &answer->actions[i];
		struct facts facts = facts_of(answer, question, i);

		statement_facts(&facts, answer->statement, i);
		judged->target = action_target(action);
		judged->sql = action_sql(action);
		if (question->describe != NULL)
			judged->effects = question->describe(
				answer->statement, i, question->context);
		judged->verdict = judge_action(&judged->operation, policy,
					       action, &facts);
		add_action(answer, &facts);
	}
}

/* --- A replay ------------------------------------------------------------- */

/* The INSERT's own facts, and that it goes where it is said to go. */
static bool
read_replay(struct answer *answer, const struct question *question,
	    struct facts *facts, struct refusal *refusal)
{
	auto_insert struct insert *insert = NULL;

	if (question->sql == NULL)
		return true;
	if (!insert_parse(&insert, question->sql, question->size, refusal))
		return false;
	if (strcmp(insert->table, question->table) != 0 ||
	    (insert->schema != NULL &&
	     strcmp(insert->schema, question->schema) != 0))
		return refuse(refusal, "F13",
			      "the replay writes to another table");
	insert_resolve(insert, question->schema);
	insert_facts(facts, insert);
	return insert_render(&answer->actions[0].sql, insert, refusal);
}

static void
explain_replay(struct answer *answer, const struct policy *policy,
	       const struct question *question)
{
	struct subject subject = {.operation = OP_REPLAY,
				  .schema = question->schema,
				  .table = question->table};
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {.today = 0};

	question->collect(&facts, NULL, -1, question->context);
	if (!name_schema_is_acceptable(question->schema, &refusal) ||
	    !suits_catalog(question, NULL, &refusal) ||
	    !read_replay(answer, question, &facts, &refusal)) {
		refuse_all(answer, &refusal);
		return;
	}
	add_subject(answer, policy, &subject, &facts);
}

/* --- A mapping ------------------------------------------------------------ */

static bool
read_transform(struct facts *facts, const char *name, struct refusal *refusal)
{
	const struct transform *transform = NULL;

	if (name != NULL && strcmp(name, TRANSFORM_NONE) != 0) {
		transform = transform_find(name);
		if (transform == NULL)
			return refuse(refusal, "F01",
				      "there is no transform \"%.63s\"", name);
	}
	transform_facts(facts, transform);
	return true;
}

static void
explain_mapping(struct answer *answer, const struct policy *policy,
		const struct question *question)
{
	struct subject subject = {.operation = OP_REPLAY_MAPPING,
				  .schema = question->schema,
				  .table = question->table,
				  .column = question->column};
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {.today = 0};

	question->collect(&facts, NULL, -1, question->context);
	if (!name_schema_is_acceptable(question->schema, &refusal) ||
	    !read_transform(&facts, question->transform, &refusal)) {
		refuse_all(answer, &refusal);
		return;
	}
	add_subject(answer, policy, &subject, &facts);
}

/* --- The whole ------------------------------------------------------------ */

void
explain(struct answer *ret_answer, const struct policy *policy,
	const struct question *question)
{
	*ret_answer = (struct answer){.total = verdict_start()};
	switch (question->kind) {
	case QUESTION_STATEMENT:
		explain_statement(ret_answer, policy, question);
		break;
	case QUESTION_REPLAY:
		explain_replay(ret_answer, policy, question);
		break;
	case QUESTION_MAPPING:
		explain_mapping(ret_answer, policy, question);
		break;
	}
	if (question->warn != NULL && ret_answer->total.floor == NULL)
		question->warn(&ret_answer->total, ret_answer->statement,
			       question->context);
}

void
answer_release(struct answer *answer)
{
	for (int i = 0; i < STATEMENT_ACTIONS_MAX; i++) {
		free(answer->actions[i].target);
		free(answer->actions[i].sql);
		free(answer->actions[i].effects);
	}
	statement_free(answer->statement);
	*answer = (struct answer){.count = 0};
}
