#include "pgmend.h"
#include "policy/floor.h"
#include "policy/vocabulary.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_words.h"

enum { WORDS_JSON, WORDS_TEXT, WORDS_OPTIONS };

static const struct option_row words_rows[WORDS_OPTIONS] = {
	[WORDS_JSON] = {"json", NULL, "one JSON object a line", 0},
	[WORDS_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_facts_table = {
	.usage = "policy facts",
	.about = "Prints the facts that a rule can ask for.",
	.rows = words_rows,
	.count = WORDS_OPTIONS,
};

const struct option_table policy_ops_table = {
	.usage = "policy ops",
	.about = "Prints the operations that a rule can be about.",
	.rows = words_rows,
	.count = WORDS_OPTIONS,
};

const struct option_table policy_floor_table = {
	.usage = "policy floor",
	.about = "Prints what no policy can allow.",
	.rows = words_rows,
	.count = WORDS_OPTIONS,
};

static bool
words_as_json(const struct options *options)
{
	return output_is_json(options->values[WORDS_JSON] != NULL,
			      options->values[WORDS_TEXT] != NULL);
}

static void
print_object(struct document *object)
{
	auto_free char *text = document_print(object);

	printf("%s\n", text);
	document_free(object);
}

static void
print_fact(const struct fact_word *word, bool as_json)
{
	static const char *const types[FACT_TYPES] = {
		[TYPE_BOOL] = "bool",	    [TYPE_INT] = "int",
		[TYPE_BYTES] = "bytes",	    [TYPE_DURATION] = "duration",
		[TYPE_PERCENT] = "percent", [TYPE_NAME] = "name",
		[TYPE_SET] = "set",	    [TYPE_ENUM] = "enum",
	};
	const char source[] = {word->source, '\0'};
	struct document *object;

	if (!as_json) {
		printf("%-26s %-9s %s  %s", word->name, types[word->type],
		       source, word->meaning);
		for (int i = 0; word->words != NULL && word->words[i]; i++)
			printf("%s%s", i == 0 ? ": " : " < ", word->words[i]);
		printf("\n");
		return;
	}
	object = document_object();
	document_text(object, "name", word->name);
	document_text(object, "type", types[word->type]);
	document_text(object, "source", source);
	document_text(object, "meaning", word->meaning);
	if (word->words != NULL) {
		struct document *words = document_array();

		for (int i = 0; word->words[i] != NULL; i++)
			document_text(words, NULL, word->words[i]);
		document_add(object, "values", words);
	}
	print_object(object);
}

int
policy_facts(const struct options *options)
{
	for (int i = 0; i < FACTS; i++)
		print_fact(fact_word((enum fact)i), words_as_json(options));
	return 0;
}

/* A word and what it means. */
static void
print_pair(const char *name, const char *key, const char *meaning, bool as_json)
{
	struct document *object;

	if (!as_json) {
		printf("%-18s %s\n", name, meaning);
		return;
	}
	object = document_object();
	document_text(object, "name", name);
	document_text(object, key, meaning);
	print_object(object);
}

int
policy_ops(const struct options *options)
{
	for (int i = 0; i < OPERATIONS; i++)
		print_pair(operation_name((enum operation)i), "statement",
			   operation_statement((enum operation)i),
			   words_as_json(options));
	return 0;
}

int
policy_floor(const struct options *options)
{
	for (int i = 0; floor_row(i) != NULL; i++)
		print_pair(floor_row(i)->code, "refuses", floor_row(i)->refuses,
			   words_as_json(options));
	return 0;
}
