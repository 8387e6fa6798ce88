#include "pgmend.h"
#include "policy/floor.h"
#include "policy/setting.h"
#include "policy/vocabulary.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"

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

const struct option_table policy_settings_table = {
	.usage = "policy settings",
	.about = "Prints the settings, and [what a lower layer may only do].",
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

static const char *const fact_types[FACT_TYPES] = {
	[TYPE_BOOL] = "bool",	    [TYPE_INT] = "int",
	[TYPE_BYTES] = "bytes",	    [TYPE_DURATION] = "duration",
	[TYPE_PERCENT] = "percent", [TYPE_NAME] = "name",
	[TYPE_SET] = "set",	    [TYPE_ENUM] = "enum",
};

static void
print_fact(const struct fact_word *word, bool as_json)
{
	const char source[] = {word->source, '\0'};
	struct document *object;

	if (!as_json) {
		printf("%-26s %-9s %s  %s", word->name, fact_types[word->type],
		       source, word->meaning);
		for (int i = 0; word->words != NULL && word->words[i]; i++)
			printf("%s%s", i == 0 ? ": " : " < ", word->words[i]);
		printf("\n");
		return;
	}
	object = document_object();
	document_text(object, "name", word->name);
	document_text(object, "type", fact_types[word->type]);
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

/* --- Settings ------------------------------------------------------------- */

/* What is written behind the name: its type, or that of its entries. */
static const char *
value_kind(const struct setting_word *word)
{
	static const char *const forms[SETTING_FORMS] = {
		[FORM_DECIMAL] = "dollars",
		[FORM_WORD] = "word",
		[FORM_WORDS] = "words",
		[FORM_STRINGS] = "texts",
		[FORM_NAMES] = "names",
		[FORM_ZONE] = "time zone",
		[FORM_PATTERNS] = "patterns",
		[FORM_DETECT] = "kinds level",
		[FORM_ALERT] = "outcomes to texts",
	};

	return word->form == FORM_QUANTITY ? fact_types[word->type]
					   : forms[word->form];
}

static void
add_words(struct document *object, const char *name, const char *const *words)
{
	struct document *array;

	if (words == NULL)
		return;
	array = document_array();
	for (; *words != NULL; words++)
		document_text(array, NULL, *words);
	document_add(object, name, array);
}

static void
print_setting(const struct setting_word *word, bool as_json)
{
	auto_free char *name =
		xprintf("%s.%s", section_name(word->section), word->name);
	bool detects = word->form == FORM_DETECT;
	struct document *object;

	if (!as_json) {
		printf("%-34s %-17s %s", name, value_kind(word), word->meaning);
		for (int i = 0; word->words != NULL && word->words[i]; i++)
			printf("%s%s", i == 0 ? ": " : ", ", word->words[i]);
		printf(" [%s]\n", direction_name(word->direction));
		return;
	}
	object = document_object();
	document_text(object, "section", section_name(word->section));
	document_text(object, "name", word->name);
	document_text(object, "type", value_kind(word));
	document_text(object, "meaning", word->meaning);
	document_text(object, "narrows", direction_name(word->direction));
	add_words(object, "values", word->words);
	add_words(object, "kinds", detects ? detect_kinds : NULL);
	print_object(object);
}

int
policy_list_settings(const struct options *options)
{
	for (int i = 0; setting_word(i) != NULL; i++)
		print_setting(setting_word(i), words_as_json(options));
	return 0;
}
