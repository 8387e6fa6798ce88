#include "pgmend.h"
#include "policy/quantity.h"
#include "sandbox/json.h"
#include "supervisor/document.h"
#include "supervisor/facts_document.h"
#include "supervisor/text.h"

static const char *const day_names[] = {"mon", "tue", "wed", "thu",
					"fri", "sat", "sun"};

static int
refuse_value(const char *name, const char *needed, struct error *err)
{
	return fail_as(err, EXIT_USAGE, "bad_facts", "fact %s needs %s", name,
		       needed);
}

/* --- Values by type ------------------------------------------------------- */

static int
read_bool(struct facts *facts, enum fact fact, const struct json *json,
	  int node, struct error *err)
{
	if (!json_is(json, node, JSON_TRUE) && !json_is(json, node, JSON_FALSE))
		return refuse_value(fact_word(fact)->name, "true or false",
				    err);
	facts_set_number(facts, fact, json_is(json, node, JSON_TRUE));
	return 0;
}

static int
read_quantity(struct facts *facts, enum fact fact, const struct json *json,
	      int node, struct error *err)
{
	const struct fact_word *word = fact_word(fact);
	auto_free char *text = json_string(json, node);
	long long plain = -1;
	int64_t number;

	if (text == NULL && json_integer(json, node, &plain) && plain >= 0)
		facts_set_number(facts, fact, plain);
	else if (text != NULL && quantity_parse(text, word->type, &number))
		facts_set_number(facts, fact, number);
	else
		return refuse_value(word->name,
				    "a whole number, or one with a unit that "
				    "fits, such as \"5GB\" or \"30s\"",
				    err);
	return 0;
}

static int
read_enum(struct facts *facts, enum fact fact, const struct json *json,
	  int node, struct error *err)
{
	const struct fact_word *word = fact_word(fact);
	auto_free char *text = json_string(json, node);

	for (int i = 0; text != NULL && word->words[i] != NULL; i++) {
		if (strcmp(word->words[i], text) != 0)
			continue;
		facts_set_number(facts, fact, i);
		return 0;
	}
	return refuse_value(word->name,
			    "one of its words; see 'pgmend policy "
			    "facts'",
			    err);
}

static int
read_name(struct facts_document *document, enum fact fact,
	  const struct json *json, int node, struct error *err)
{
	char *text = json_string(json, node);

	if (text == NULL)
		return refuse_value(fact_word(fact)->name, "a text", err);
	document->texts[fact] = text;
	facts_set_text(&document->facts, fact, text);
	return 0;
}

/* Names are joined by line feeds, so none may hold one. */
static int
read_set(struct facts_document *document, enum fact fact,
	 const struct json *json, int node, struct error *err)
{
	size_t size;
	FILE *out;

	if (!json_is(json, node, JSON_ARRAY))
		return refuse_value(fact_word(fact)->name, "an array of names",
				    err);
	out = xmemstream(&document->texts[fact], &size);
	for (int item = json_first(json, node); item != JSON_NONE;
	     item = json_next(json, item)) {
		auto_free char *name = json_string(json, item);

		if (name == NULL || strchr(name, '\n') != NULL) {
			fclose(out);
			return refuse_value(fact_word(fact)->name,
					    "an array of names", err);
		}
		fprintf(out, "%s%s", ftell(out) == 0 ? "" : "\n", name);
	}
	fclose(out);
	facts_set_text(&document->facts, fact, document->texts[fact]);
	return 0;
}

static int
read_fact(struct facts_document *document, enum fact fact,
	  const struct json *json, int node, struct error *err)
{
	if (json_is(json, node, JSON_NULL))
		return 0;
	switch (fact_word(fact)->type) {
	case TYPE_BOOL:
		return read_bool(&document->facts, fact, json, node, err);
	case TYPE_ENUM:
		return read_enum(&document->facts, fact, json, node, err);
	case TYPE_NAME:
		return read_name(document, fact, json, node, err);
	case TYPE_SET:
		return read_set(document, fact, json, node, err);
	default:
		return read_quantity(&document->facts, fact, json, node, err);
	}
}

/* --- The clock ------------------------------------------------------------ */

static int
two_digits(const char *text)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	return (text[0] - '0') * 10 + (text[1] - '0');
}

/* "fri 16:59" */
static int
read_clock(struct facts *facts, const char *text, struct error *err)
{
	int hour, minute;

	if (text == NULL || strlen(text) != 9 || text[3] != ' ' ||
	    text[6] != ':')
		return refuse_value("clock", "a day and a time, \"fri 16:59\"",
				    err);
	hour = two_digits(text + 4);
	minute = two_digits(text + 7);
	for (size_t day = 0; day < array_size(day_names); day++) {
		if (strncmp(text, day_names[day], 3) != 0 || hour < 0 ||
		    hour > 23 || minute < 0 || minute > 59)
			continue;
		facts->clock_known = true;
		facts->clock_minutes = ((int)day * 24 + hour) * 60 + minute;
		return 0;
	}
	return refuse_value("clock", "a day and a time, \"fri 16:59\"", err);
}

static int
read_today(struct facts *facts, const char *text, struct error *err)
{
	if (text == NULL || !date_parse(&facts->today, text))
		return refuse_value("today", "a date, \"2026-11-22\"", err);
	return 0;
}

/* --- The whole ------------------------------------------------------------ */

static int
refuse_name(const char *name, struct error *err)
{
	const char *words[FACTS];
	const char *nearest;

	for (int i = 0; i < FACTS; i++)
		words[i] = fact_word((enum fact)i)->name;
	nearest = text_nearest(name, words, FACTS, sizeof(words[0]));
	if (nearest == NULL)
		return fail_as(err, EXIT_USAGE, "bad_facts",
			       "there is no fact %.60s", name);
	return fail_as(err, EXIT_USAGE, "bad_facts",
		       "there is no fact %.60s; did you mean %s?", name,
		       nearest);
}

static int
read_member(struct facts_document *document, const struct json *json, int node,
	    struct error *err)
{
	auto_free char *name = json_key(json, node);
	auto_free char *text = json_string(json, node);
	int fact = fact_find(name);

	if (strcmp(name, "clock") == 0)
		return read_clock(&document->facts, text, err);
	if (strcmp(name, "today") == 0)
		return read_today(&document->facts, text, err);
	if (fact < 0)
		return refuse_name(name, err);
	return read_fact(document, (enum fact)fact, json, node, err);
}

/* A rewrite reads every row. */
static void
imply_scan(struct facts *facts)
{
	const struct fact_value *rewrite = &facts->of[FACT_CHANGE_REWRITE];

	if (rewrite->known && rewrite->number != 0 &&
	    !facts->of[FACT_CHANGE_SCAN].known)
		facts_set_number(facts, FACT_CHANGE_SCAN, true);
}

int
facts_document_read(struct facts_document *ret_document, const char *text,
		    size_t size, struct error *err)
{
	auto_json struct json *json = NULL;
	struct facts_document document = {.facts = {.today = 0}};
	int status = 0;

	if (json_scan(&json, text, size, err) < 0) {
		err->reason = EXIT_USAGE;
		err->code = "bad_facts";
		return -1;
	}
	if (!json_is(json, 0, JSON_OBJECT))
		return fail_as(err, EXIT_USAGE, "bad_facts",
			       "facts are one JSON object");
	for (int node = json_first(json, 0); node != JSON_NONE && status == 0;
	     node = json_next(json, node))
		status = read_member(&document, json, node, err);
	imply_scan(&document.facts);
	if (status < 0)
		facts_document_release(&document);
	else
		*ret_document = document;
	return status;
}

void
facts_document_release(struct facts_document *document)
{
	for (int i = 0; i < FACTS; i++)
		free(document->texts[i]);
	*document = (struct facts_document){.facts = {.today = 0}};
}

/* --- Writing -------------------------------------------------------------- */

static struct document *
set_as_array(const char *names)
{
	struct document *array = document_array();

	while (*names != '\0') {
		size_t size = strcspn(names, "\n");
		auto_free char *name = xstrndup(names, size);

		document_text(array, NULL, name);
		names += size + (names[size] == '\n');
	}
	return array;
}

static void
add_fact(struct document *object, const struct fact_word *word,
	 const struct fact_value *value)
{
	switch (word->type) {
	case TYPE_BOOL:
		document_bool(object, word->name, value->number != 0);
		break;
	case TYPE_ENUM:
		document_text(object, word->name, word->words[value->number]);
		break;
	case TYPE_NAME:
		document_text(object, word->name, value->text);
		break;
	case TYPE_SET:
		document_add(object, word->name, set_as_array(value->text));
		break;
	default:
		document_number(object, word->name, value->number);
	}
}

struct document *
facts_document_of(const struct facts *facts)
{
	struct document *object = document_object();

	for (int i = 0; i < FACTS; i++)
		if (facts->of[i].known)
			add_fact(object, fact_word((enum fact)i),
				 &facts->of[i]);
	return object;
}
