#include "pgmend.h"
#include "policy/policy.h"
#include "sandbox/json.h"
#include "supervisor/explain.h"
#include "supervisor/facts_document.h"
#include "supervisor/policy_replay_record.h"
#include "supervisor/question.h"

static int
refuse_form(struct error *err)
{
	return fail_as(err, EXIT_USAGE, "audit_form",
		       "this isn't what 'pgmend audit log --json' writes");
}

/* NULL where there is no such text. */
static char *
text_of(const struct json *json, int object, const char *name)
{
	return json_string(json, json_member(json, object, name));
}

/* --- What was decided then ------------------------------------------------ */

/* The deciders by name, "floor F01", and whether one was no policy's: the
 * catalogue's warnings have a label and no file. */
static char *
read_deciders(const struct json *json, int verdict, char **ret_warning)
{
	auto_free char *floor = text_of(json, verdict, "floor");
	int deciders = json_member(json, verdict, "decided_by");
	char *text = NULL;
	size_t size;
	FILE *out;

	if (floor != NULL)
		return xprintf("floor %s", floor);
	out = xmemstream(&text, &size);
	for (int node = json_first(json, deciders); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *label = text_of(json, node, "label");
		auto_free char *file = text_of(json, node, "file");

		fprintf(out, "%s%s", ftell(out) == 0 ? "" : ", ",
			label == NULL ? "a rule" : label);
		if (file != NULL || label == NULL ||
		    strcmp(label, "default") == 0 || *ret_warning != NULL)
			continue;
		*ret_warning = take(label);
	}
	fclose(out);
	return text;
}

static int
read_before(struct replay_record *record, const struct json *json, int verdict,
	    char **ret_warning, struct error *err)
{
	auto_free char *decision = text_of(json, verdict, "verdict");
	long long approvers = 0;

	record->before.decision = DECISIONS;
	for (int i = 0; decision != NULL && i < DECISIONS; i++)
		if (strcmp(decision_name((enum decision)i), decision) == 0)
			record->before.decision = (enum decision)i;
	if (record->before.decision == DECISIONS)
		return refuse_form(err);
	json_integer(json, json_member(json, verdict, "approvers"), &approvers);
	record->before.approvers = approvers > 1 ? 2 : 1;
	record->before_by = read_deciders(json, verdict, ret_warning);
	return 0;
}

/* --- Judging again -------------------------------------------------------- */

/* A statement is no command line: "-" is not standard input here. */
static int
read_question(struct question *question, struct question_texts *texts,
	      const char *sql, const char *target, struct error *err)
{
	struct question_words words = {.replay = target};

	if (sql == NULL)
		return question_read(question, texts, &words, err);
	question->kind = QUESTION_STATEMENT;
	question->sql = sql;
	question->size = strlen(sql);
	return 0;
}

static void
ask_again(struct verdict *total, const struct policy *policy,
	  struct question *question, const struct facts *facts)
{
	struct answer answer = {.count = 0};

	question->collect = question_collect_given;
	question->context = facts;
	explain(&answer, policy, question);
	verdict_combine(total, &answer.total);
	answer_release(&answer);
}

static int
read_facts(struct facts_document *facts, const struct json *json, int judged,
	   struct error *err)
{
	int node = json_member(json, judged, "facts");
	auto_free char *text = json_raw_copy(json, node);

	if (!json_is(json, node, JSON_OBJECT))
		return refuse_form(err);
	return facts_document_read(facts, text, strlen(text), err);
}

/* One action, or the replay. */
static int
judge_again(struct replay_record *record, FILE *statement,
	    const struct policy *policy, const struct json *json, int judged,
	    struct error *err)
{
	auto_free char *target = text_of(json, judged, "target");
	auto_free char *sql = text_of(json, judged, "sql");
	struct facts_document facts = {.facts = {.today = 0}};
	struct question_texts texts = {.sql = NULL};
	struct question question = {.sql = NULL};
	int status = -1;

	if (target == NULL)
		return refuse_form(err);
	if (read_question(&question, &texts, sql, target, err) == 0 &&
	    read_facts(&facts, json, judged, err) == 0) {
		ask_again(&record->after, policy, &question, &facts.facts);
		status = 0;
	}
	question_texts_release(&texts);
	facts_document_release(&facts);
	if (sql != NULL)
		fprintf(statement, "%s%s", ftell(statement) == 0 ? "" : "; ",
			sql);
	else if (ftell(statement) == 0)
		fprintf(statement, "replay %s", target);
	return status;
}

static int
judge_all(struct replay_record *record, const struct policy *policy,
	  const struct json *json, int judged, struct error *err)
{
	int status = 0;
	size_t size;
	FILE *statement = xmemstream(&record->statement, &size);

	record->after = verdict_start();
	for (int node = json_first(json, judged);
	     node != JSON_NONE && status == 0; node = json_next(json, node))
		status =
			judge_again(record, statement, policy, json, node, err);
	fclose(statement);
	return status;
}

/* A floor hit is on record as a denial with its code; the code's own text is
 * static there, and not needed here. */
static void
keep_what_stands(struct replay_record *record, const char *warning)
{
	if (strncmp(record->before_by, "floor ", 6) == 0) {
		record->after = record->before;
		record->is_complete = true;
	} else if (warning != NULL) {
		verdict_escalate(&record->after, "the catalogue",
				 "a warning of the catalogue's");
	}
}

static int
read_verdict(struct replay_record *record, const struct policy *policy,
	     const struct json *json, struct error *err)
{
	int body = json_member(json, 0, "body");
	int judged = json_member(json, body, "judged");
	auto_free char *warning = NULL;

	record->run_id = text_of(json, 0, "run_id");
	if (record->run_id == NULL ||
	    read_before(record, json, json_member(json, body, "verdict"),
			&warning, err) < 0)
		return record->run_id == NULL ? refuse_form(err) : -1;
	record->is_complete = json_count(json, judged) > 0;
	if (judge_all(record, policy, json, judged, err) < 0)
		return -1;
	keep_what_stands(record, warning);
	return 0;
}

/* --- The whole ------------------------------------------------------------ */

int
replay_record_read(struct replay_record *ret_record, bool *ret_found,
		   const struct policy *policy, const char *line, size_t size,
		   struct error *err)
{
	auto_json struct json *json = NULL;
	auto_free char *kind = NULL;
	struct replay_record record = {.run_id = NULL};

	*ret_found = false;
	if (json_scan(&json, line, size, err) < 0) {
		err->reason = EXIT_USAGE;
		err->code = "audit_form";
		return -1;
	}
	kind = text_of(json, 0, "kind");
	if (kind == NULL)
		return refuse_form(err);
	if (strcmp(kind, "policy.verdict") != 0)
		return 0;
	if (read_verdict(&record, policy, json, err) < 0) {
		replay_record_release(&record);
		return -1;
	}
	*ret_record = record;
	*ret_found = true;
	return 0;
}

void
replay_record_release(struct replay_record *record)
{
	free(record->run_id);
	free(record->statement);
	free(record->before_by);
	*record = (struct replay_record){.run_id = NULL};
}

static int
strictness(const struct verdict *verdict)
{
	if (verdict->decision == DECISION_ESCALATE)
		return verdict->approvers;
	return verdict->decision == DECISION_DENY ? 3 : 0;
}

int
replay_record_change(const struct replay_record *record)
{
	return strictness(&record->before) - strictness(&record->after);
}
