#include "pgmend.h"
#include "policy/policy.h"
#include "supervisor/explain.h"
#include "supervisor/explain_database.h"
#include "supervisor/explain_write.h"
#include "supervisor/facts_document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/question.h"

#define STDIN_MAX (1 << 20) /* bytes; whatever is judged is far smaller */

enum {
	EXPLAIN_POLICY,
	EXPLAIN_FACTS,
	EXPLAIN_DB,
	EXPLAIN_TARGET,
	EXPLAIN_REPLAY,
	EXPLAIN_MAPPING,
	EXPLAIN_WHY_NOT,
	EXPLAIN_JSON,
	EXPLAIN_TEXT,
	EXPLAIN_OPTIONS
};

static const struct option_row explain_rows[EXPLAIN_OPTIONS] = {
	[EXPLAIN_POLICY] = {"policy", "FILE", "the lowest layer", 'p'},
	[EXPLAIN_FACTS] = {"facts", "FILE", "facts as JSON", 0},
	[EXPLAIN_DB] = {"db", "CONNINFO", "facts from the catalogue", 0},
	[EXPLAIN_TARGET] = {"target", "SCHEMA.TABLE", "the incident's table",
			    0},
	[EXPLAIN_REPLAY] = {"replay", "SCHEMA.TABLE",
			    "judge a replay into that table", 0},
	[EXPLAIN_MAPPING] = {"mapping", "S.T.COLUMN[:TRANSFORM]",
			     "judge one mapping", 0},
	[EXPLAIN_WHY_NOT] = {"why-not", "DECISION",
			     "what is in the way of allow or escalate", 0},
	[EXPLAIN_JSON] = {"json", NULL, "one JSON object", 0},
	[EXPLAIN_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_explain_table = {
	.usage = "policy explain -p FILE [OPTION]... [--] SQL | -",
	.about = "Judges one statement and says why; exit 0 once it is judged.",
	.rows = explain_rows,
	.count = EXPLAIN_OPTIONS,
	.positional_max = 1,
};

/* What explain holds while it works. */
struct explanation {
	struct policy *policy;
	struct facts_document facts;
	struct explain_database *database; /* with --db */
	struct question_texts texts;
	struct question question;
};

static void
explanation_release(struct explanation *explanation)
{
	policy_free(explanation->policy);
	facts_document_release(&explanation->facts);
	explain_database_free(explanation->database);
	question_texts_release(&explanation->texts);
}

/* Where the facts come from: a file, or nowhere, and then all are unknown. */
static int
collect_facts(struct explanation *explanation, const struct options *options,
	      struct error *err)
{
	const char *path = options->values[EXPLAIN_FACTS];
	auto_free char *text = NULL;
	size_t size;

	if (options->values[EXPLAIN_DB] != NULL && path != NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "facts come from --facts or from --db, not "
			       "from both");
	if (options->values[EXPLAIN_DB] != NULL)
		return explain_database_open(&explanation->database,
					     &explanation->question,
					     options->values[EXPLAIN_DB], err);
	explanation->question.collect = question_collect_given;
	explanation->question.context = &explanation->facts.facts;
	if (path == NULL)
		return 0;
	if (question_read_file(&text, &size, path, STDIN_MAX, err) < 0 ||
	    facts_document_read(&explanation->facts, text, size, err) < 0)
		return fail_in(err, "%s", path);
	return 0;
}

static int
read_question(struct explanation *explanation, const struct options *options,
	      struct error *err)
{
	const struct question_words words = {
		.sql = options->positional_count > 0 ? options->positionals[0]
						     : NULL,
		.target = options->values[EXPLAIN_TARGET],
		.replay = options->values[EXPLAIN_REPLAY],
		.mapping = options->values[EXPLAIN_MAPPING],
	};

	return question_read(&explanation->question, &explanation->texts,
			     &words, err);
}

/* DECISIONS when it isn't asked for. */
static int
read_wanted(enum decision *ret_wanted, const char *text, struct error *err)
{
	*ret_wanted = DECISIONS;
	if (text == NULL)
		return 0;
	for (int i = 0; i < DECISION_DENY; i++)
		if (strcmp(decision_name((enum decision)i), text) == 0)
			*ret_wanted = (enum decision)i;
	if (*ret_wanted == DECISIONS)
		return fail_as(err, EXIT_USAGE, "usage",
			       "--why-not takes allow or escalate, not %s",
			       text);
	return 0;
}

static void
write_answer(const struct explained *explained, enum decision wanted,
	     bool as_json)
{
	if (as_json)
		explained_write_json(stdout, explained, wanted);
	else if (wanted == DECISIONS)
		explained_write_text(stdout, explained);
	else
		explained_write_why_not(stdout, explained, wanted);
}

static int
answer_question(const struct options *options, bool as_json, struct error *err)
{
	struct explanation explanation = {.policy = NULL};
	struct answer answer = {.count = 0};
	const char *path = options->values[EXPLAIN_POLICY];
	enum decision wanted;
	int status = -1;

	if (path == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy explain needs -p FILE; see --help");
	if (read_wanted(&wanted, options->values[EXPLAIN_WHY_NOT], err) == 0 &&
	    read_question(&explanation, options, err) == 0 &&
	    collect_facts(&explanation, options, err) == 0 &&
	    policy_load(&explanation.policy, path, stderr, false, err) == 0) {
		explain(&answer, explanation.policy, &explanation.question);
		write_answer(
			&(struct explained){.answer = &answer,
					    .question = &explanation.question,
					    .policy = explanation.policy},
			wanted, as_json);
		status = 0;
	}
	answer_release(&answer);
	explanation_release(&explanation);
	return status;
}

int
policy_explain(const struct options *options)
{
	bool as_json = output_is_json(options->values[EXPLAIN_JSON] != NULL,
				      options->values[EXPLAIN_TEXT] != NULL);
	struct error err = NO_ERROR;

	if (answer_question(options, as_json, &err) == 0)
		return 0;
	return policy_report(&err, as_json);
}
