/* Definitions: tables, columns, types, names and windows by one name. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"

static const char *const kind_names[LIST_KINDS] = {
	[LIST_TABLES] = "tables",   [LIST_COLUMNS] = "columns",
	[LIST_TYPES] = "types",	    [LIST_NAMES] = "names",
	[LIST_WINDOW] = "a window",
};

static const char *const day_names[] = {
	"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL,
};

static struct list *
list_of_name(struct parser *parser, const char *name)
{
	struct scope *scope = parser->scope;

	for (int i = 0; i < scope->list_count; i++)
		if (strcmp(scope->lists[i].name, name) == 0)
			return &scope->lists[i];
	return NULL;
}

static void
refuse_unknown(struct parser *parser, const struct lexeme *reference)
{
	const struct scope *scope = parser->scope;
	const char **names =
		arena_take(parser->arena,
			   ((size_t)scope->list_count + 1) * sizeof(char *));
	const char *nearest;

	for (int i = 0; i < scope->list_count; i++)
		names[i] = scope->lists[i].name;
	diagnose(parser->diagnostics, "E122", reference->place,
		 "'@%s' is not defined", reference->text);
	nearest = diagnose_nearest(reference->text, names);
	if (nearest != NULL)
		diagnose_hint(parser->diagnostics, "did you mean '@%s'?",
			      nearest);
}

/* An empty list of a kind that suits. */
static struct list *
trusted_list(struct parser *parser, const struct lexeme *reference,
	     unsigned kinds)
{
	struct list *list = arena_take(parser->arena, sizeof(*list));

	*list = (struct list){.name = reference->text,
			      .place = reference->place,
			      .kind = (enum list_kind)__builtin_ctz(kinds)};
	return list;
}

struct list *
find_list(struct parser *parser, const struct lexeme *reference, unsigned kinds,
	  const char *needed)
{
	struct list *list = list_of_name(parser, reference->text);

	if (list == NULL && parser->is_alone)
		return trusted_list(parser, reference, kinds);
	if (list == NULL) {
		refuse_unknown(parser, reference);
		return NULL;
	}
	list->used = true;
	if ((kinds & 1U << list->kind) != 0)
		return list;
	diagnose(parser->diagnostics, "E123", reference->place,
		 "'@%s' is %s%s, but %s is needed here", list->name,
		 list->kind == LIST_WINDOW ? "" : "a list of ",
		 kind_names[list->kind], needed);
	return NULL;
}

/* --- Windows -------------------------------------------------------------- */

static int
day_of(const char *text, size_t size)
{
	for (int i = 0; day_names[i] != NULL; i++)
		if (strlen(day_names[i]) == size &&
		    memcmp(day_names[i], text, size) == 0)
			return i;
	return -1;
}

/* "mon", or "mon-fri", which is one word to the lexer. */
static bool
parse_days(struct parser *parser, int *ret_first, int *ret_last)
{
	const struct lexeme *word = peek(parser);
	const char *hyphen = strchr(word->text, '-');
	size_t size = hyphen == NULL ? strlen(word->text)
				     : (size_t)(hyphen - word->text);

	if (word->kind != LEXEME_WORD)
		return unexpected(parser, "a day, such as mon or mon-fri");
	*ret_first = day_of(word->text, size);
	*ret_last = hyphen == NULL ? *ret_first
				   : day_of(hyphen + 1, strlen(hyphen + 1));
	if (*ret_first < 0 || *ret_last < 0) {
		diagnose(parser->diagnostics, "E124", word->place,
			 "'%s' is not a day or a range of days", word->text);
		return diagnose_hint(parser->diagnostics,
				     "days are mon tue wed thu fri sat sun");
	}
	next(parser);
	return true;
}

static bool
parse_time(struct parser *parser, int *ret_minutes)
{
	if (peek(parser)->kind != LEXEME_TIME)
		return unexpected(parser, "a time, such as 09:00");
	*ret_minutes = (int)next(parser)->number;
	return true;
}

static void
add_span(struct parser *parser, struct window *window, int first, int last,
	 struct span times)
{
	times.first_day = first;
	times.last_day = last;
	arena_append(parser->arena, window->of, window->count, times);
}

static bool
parse_span(struct parser *parser, struct list *list)
{
	struct span times = {0};
	int first = 0, last = 0;
	const struct lexeme *start;

	if (!parse_days(parser, &first, &last))
		return false;
	start = peek(parser);
	if (!parse_time(parser, &times.start) || !expect_symbol(parser, "-") ||
	    !parse_time(parser, &times.end))
		return false;
	if (times.end <= times.start)
		return diagnose(parser->diagnostics, "E124",
				place_to(start->place, previous(parser)),
				"a window ends after it starts; write two "
				"spans to pass midnight");
	if (first <= last) {
		add_span(parser, &list->window, first, last, times);
	} else {
		add_span(parser, &list->window, first, 6, times);
		add_span(parser, &list->window, 0, last, times);
	}
	return true;
}

/* --- Items ---------------------------------------------------------------- */

static bool
parse_item_pattern(struct parser *parser, struct list *list)
{
	int parts = list->kind == LIST_COLUMNS ? 3 : 2;
	struct place place = peek(parser)->place;
	struct pattern pattern;

	if (!parse_pattern(parser, &pattern))
		return false;
	if (pattern.count != parts)
		return diagnose(
			parser->diagnostics, "E133",
			place_to(place, previous(parser)),
			"a list of %s takes %s here", kind_names[list->kind],
			parts == 3 ? "schema.table.column" : "schema.table");
	arena_append(parser->arena, list->patterns.of, list->patterns.count,
		     pattern);
	return true;
}

static bool
parse_item_type(struct parser *parser, struct list *list)
{
	struct type_pattern type;

	if (!parse_type(parser, &type))
		return false;
	arena_append(parser->arena, list->types.of, list->types.count, type);
	return true;
}

static bool
parse_item_name(struct parser *parser, struct list *list)
{
	struct value value = {0};

	if (peek(parser)->kind != LEXEME_STRING)
		return unexpected(parser, "a name in quotes");
	value.text = next(parser)->text;
	arena_append(parser->arena, list->names, list->name_count, value);
	return true;
}

static bool (*const item_readers[LIST_KINDS])(struct parser *,
					      struct list *) = {
	[LIST_TABLES] = parse_item_pattern, [LIST_COLUMNS] = parse_item_pattern,
	[LIST_TYPES] = parse_item_type,	    [LIST_NAMES] = parse_item_name,
	[LIST_WINDOW] = parse_span,
};

/* A list is known by its name even when it is wrong, so that its uses don't
 * speak of the same mistake again. */
static void
keep_list(struct parser *parser, const struct list *list)
{
	struct scope *scope = parser->scope;

	arena_append(parser->arena, scope->lists, scope->list_count, *list);
}

bool
parse_definition(struct parser *parser, enum list_kind kind)
{
	struct list list = {.kind = kind};
	const struct lexeme *reference;
	const struct list *other;
	bool parsed;

	next(parser);
	reference = peek(parser);
	if (reference->kind != LEXEME_REF)
		return unexpected(parser, "a name such as @raw");
	list.name = next(parser)->text;
	list.place = reference->place;
	other = list_of_name(parser, list.name);
	if (other != NULL)
		return diagnose(parser->diagnostics, "E121", list.place,
				"'@%s' is already defined on line %d",
				list.name, other->place.line);
	parsed = expect_symbol(parser, "=");
	while (parsed) {
		parsed = item_readers[kind](parser, &list);
		if (!parsed || !accept_symbol(parser, ","))
			break;
	}
	keep_list(parser, &list);
	return parsed && expect_line_end(parser);
}
