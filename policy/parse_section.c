/* Sections: settings of a closed table. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/parser.h"
#include "policy/setting.h"

#define MILLIONTHS 1000000

struct section_draft {
	enum section section;
	struct place place;
	uint64_t seen; /* bit per row of the table */
};

static void
add_number(struct parser *parser, struct setting *setting, int64_t number)
{
	struct value value = {.number = number};

	arena_append(parser->arena, setting->values, setting->value_count,
		     value);
}

static void
add_text(struct parser *parser, struct setting *setting, const char *text)
{
	struct value value = {.text = text};

	arena_append(parser->arena, setting->values, setting->value_count,
		     value);
}

/* --- One reader for each form --------------------------------------------- */

static bool
read_quantity(struct parser *parser, const struct setting_word *word,
	      struct setting *setting)
{
	int64_t number;

	if (word->limit != LIMITS
		    ? !parse_limit(parser, word->limit, &number)
		    : !parse_quantity(parser, word->name, word->type, &number))
		return false;
	add_number(parser, setting, number);
	return true;
}

/* "5" or "5.25": up to six decimals, kept as millionths. */
static bool
read_decimal(struct parser *parser, const struct setting_word *word,
	     struct setting *setting)
{
	const struct lexeme *lexeme = peek(parser);
	int64_t number = 0, scale = MILLIONTHS;
	const char *point = strchr(lexeme->text, '.');

	(void)word;
	if ((lexeme->kind != LEXEME_DECIMAL &&
	     (lexeme->kind != LEXEME_NUMBER || *lexeme->unit != '\0')) ||
	    strlen(lexeme->text) > 15 || (point != NULL && strlen(point) > 7))
		return unexpected(parser, "an amount such as 0.50");
	for (const char *c = lexeme->text; *c != '\0'; c++) {
		if (*c < '0' || *c > '9')
			continue;
		number = number * 10 + (*c - '0');
		scale = point != NULL && c > point ? scale / 10 : scale;
	}
	next(parser);
	add_number(parser, setting, number * scale);
	return true;
}

static bool
read_word(struct parser *parser, const struct setting_word *word,
	  struct setting *setting)
{
	const struct lexeme *lexeme = peek(parser);

	if (lexeme->kind != LEXEME_WORD)
		return unexpected(parser, "a word");
	for (int i = 0; word->words[i] != NULL; i++) {
		if (!is_word(lexeme, word->words[i]))
			continue;
		add_number(parser, setting, i);
		next(parser);
		return true;
	}
	diagnose(parser->diagnostics, "E184", lexeme->place,
		 "'%s' is not a value of '%s'", lexeme->text, word->name);
	return diagnose_similar(parser->diagnostics, lexeme->text, word->words);
}

static bool
read_words(struct parser *parser, const struct setting_word *word,
	   struct setting *setting)
{
	do {
		if (!read_word(parser, word, setting))
			return false;
	} while (accept_symbol(parser, ","));
	return true;
}

static bool
read_texts(struct parser *parser, const struct setting_word *word,
	   struct setting *setting)
{
	enum lexeme_kind kind =
		word->form == FORM_STRINGS ? LEXEME_STRING : LEXEME_WORD;

	do {
		if (peek(parser)->kind != kind)
			return unexpected(parser, kind == LEXEME_STRING
							  ? "a text in quotes"
							  : "a name");
		add_text(parser, setting, next(parser)->text);
	} while (accept_symbol(parser, ","));
	return true;
}

/* UTC, or "Europe/Berlin": a slash is no part of a name. */
static bool
read_zone(struct parser *parser, const struct setting_word *word,
	  struct setting *setting)
{
	const struct lexeme *lexeme = peek(parser);

	(void)word;
	if (lexeme->kind != LEXEME_WORD && lexeme->kind != LEXEME_STRING)
		return unexpected(parser, "a time zone");
	add_text(parser, setting, next(parser)->text);
	return true;
}

/* The pattern as text, in which a quoted part is told from a glob. */
static const char *
pattern_text(struct parser *parser, const struct pattern *pattern)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	pattern_write(out, pattern);
	fclose(out);
	return arena_copy(parser->arena, text, size);
}

static bool
read_patterns(struct parser *parser, const struct setting_word *word,
	      struct setting *setting)
{
	(void)word;
	if (!parse_patterns(parser, &setting->patterns))
		return false;
	for (int i = 0; i < setting->patterns.count; i++)
		add_text(parser, setting,
			 pattern_text(parser, &setting->patterns.of[i]));
	return true;
}

/* One of detect_kinds: a slip would let through what was to be found. */
static bool
read_kind(struct parser *parser, struct setting *setting)
{
	const struct lexeme *lexeme = peek(parser);

	if (lexeme->kind != LEXEME_WORD)
		return unexpected(parser, "a kind of data");
	for (int i = 0; detect_kinds[i] != NULL; i++) {
		if (!is_word(lexeme, detect_kinds[i]))
			continue;
		add_text(parser, setting, next(parser)->text);
		return true;
	}
	diagnose(parser->diagnostics, "E184", lexeme->place,
		 "'%s' is not a kind of data that is detected", lexeme->text);
	return diagnose_similar(parser->diagnostics, lexeme->text,
				detect_kinds);
}

/* "detect email, iban masked": kinds, then the level they fall to. */
static bool
read_detect(struct parser *parser, const struct setting_word *word,
	    struct setting *setting)
{
	do {
		if (!read_kind(parser, setting))
			return false;
	} while (accept_symbol(parser, ","));
	return read_word(parser, word, setting);
}

/* "on escalate, deny to "ops"": outcomes, then channels, which are marked. */
static bool
read_alert(struct parser *parser, const struct setting_word *word,
	   struct setting *setting)
{
	static const struct setting_word channels = {.form = FORM_STRINGS};
	int outcomes;

	(void)word;
	do {
		if (peek(parser)->kind != LEXEME_WORD)
			return unexpected(parser, "an outcome");
		add_text(parser, setting, next(parser)->text);
	} while (accept_symbol(parser, ","));
	outcomes = setting->value_count;
	if (!expect_word(parser, "to") ||
	    !read_texts(parser, &channels, setting))
		return false;
	for (int i = outcomes; i < setting->value_count; i++)
		setting->values[i].number = ALERT_CHANNEL;
	return true;
}

static bool (*const form_readers[])(struct parser *,
				    const struct setting_word *,
				    struct setting *) = {
	[FORM_QUANTITY] = read_quantity, [FORM_DECIMAL] = read_decimal,
	[FORM_WORD] = read_word,	 [FORM_WORDS] = read_words,
	[FORM_STRINGS] = read_texts,	 [FORM_NAMES] = read_texts,
	[FORM_ZONE] = read_zone,	 [FORM_PATTERNS] = read_patterns,
	[FORM_DETECT] = read_detect,	 [FORM_ALERT] = read_alert,
};

/* --- Lines ---------------------------------------------------------------- */

static bool
unknown_setting(struct parser *parser, const struct lexeme *name,
		enum section section)
{
	const char *words[64] = {NULL};
	int count = 0;

	for (int i = 0; setting_word(i) != NULL && count < 63; i++)
		if (setting_word(i)->section == section)
			words[count++] = setting_word(i)->name;
	diagnose(parser->diagnostics, "E181", name->place,
		 "unknown setting '%s' in section '%s'", name->text,
		 section_name(section));
	return diagnose_similar(parser->diagnostics, name->text, words);
}

/* A list may grow by several lines; a value stands once. */
static bool
may_repeat(const struct setting_word *word)
{
	return word->form == FORM_ALERT || word->form == FORM_DETECT;
}

static bool
read_setting(struct parser *parser, void *context)
{
	struct section_draft *draft = context;
	const struct lexeme *name = peek(parser);
	struct layer *layer = parser->scope->layer;
	struct setting setting = {.place = name->place};
	const struct setting_word *word;

	if (name->kind != LEXEME_WORD)
		return unexpected(parser, "a setting");
	setting.row = setting_find(draft->section, name->text);
	if (setting.row < 0)
		return unknown_setting(parser, name, draft->section);
	word = setting_word(setting.row);
	if ((draft->seen & UINT64_C(1) << setting.row) != 0 &&
	    !may_repeat(word))
		return diagnose(parser->diagnostics, "E182", name->place,
				"'%s' is set twice in section '%s'", name->text,
				section_name(draft->section));
	draft->seen |= UINT64_C(1) << setting.row;
	next(parser);
	if (!form_readers[word->form](parser, word, &setting))
		return false;
	setting.place = place_to(name->place, previous(parser));
	setting.section = draft->place;
	arena_append(parser->arena, layer->settings, layer->setting_count,
		     setting);
	return true;
}

bool
parse_section(struct parser *parser)
{
	const struct lexeme *word = next(parser);
	struct section_draft draft = {.section = 0};
	struct place *began;

	while (!is_word(word, section_name(draft.section)))
		draft.section++;
	began = &parser->scope->sections[draft.section];
	if (began->line != 0)
		return diagnose(parser->diagnostics, "E180", word->place,
				"section '%s' appears twice (first on line "
				"%d)",
				word->text, began->line);
	*began = word->place;
	draft.place = word->place;
	return parse_block(parser, word, read_setting, &draft);
}
