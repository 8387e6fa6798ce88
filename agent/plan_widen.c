/* A type that is too narrow becomes the next one that loses nothing. */
#include "agent/identifier.h"
#include "agent/plan_class.h"
#include "agent/plan_draft.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"

#define BIT_LENGTH_STEP 8
#define VARCHAR_LENGTH_MAX 1000 /* a longer text needs no limit */
#define INT4_DIGITS 9		/* so many fit, whichever they are */
#define SLACK_DIGITS 2		/* one for rounding up, one for growth */

/* Lengths and precisions as people choose them. */
static const int lengths[] = {16, 32, 64, 100, 128, 255, 512, 1000};
static const int precisions[] = {10, 12, 15, 18, 20, 24, 30, 38};

static int
next_of(const int *steps, size_t count, int least)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i] >= least)
			return steps[i];
	return 0;
}

/* --- Does it overflow? ----------------------------------------------------
 * The trial's word decides where there was one; else only what is certain. */

static bool
is_blamed(const struct field *field, const char *const *states, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (same_text(field->sqlstate, states[i]))
			return true;
	return false;
}

static bool
text_overflows(const struct field *field)
{
	static const char *const states[] = {"22001", "22026"};

	return field->type.modifier_count > 0 &&
	       (is_blamed(field, states, array_size(states)) ||
		(field_is_untried(field) &&
		 (field->seen.formats & SEEN_DOCUMENT) == 0 &&
		 field->seen.length > field->type.modifiers[0]));
}

/* 1.5 in an integer column is a syntax error to the server. */
static bool
number_overflows(const struct field *field)
{
	static const char *const states[] = {"22003", "22P02"};
	unsigned formats = field->seen.formats;

	if (formats == 0 || (formats & ~(unsigned)SEEN_NUMBER) != 0)
		return false;
	if (is_blamed(field, states, array_size(states)))
		return true;
	return field_is_untried(field) && (formats & SEEN_DECIMAL) != 0 &&
	       strstr(field->type.name, "int") != NULL;
}

static bool
numeric_overflows(const struct field *field)
{
	static const char *const states[] = {"22003"};
	const struct column_type *type = &field->type;
	int scale = type->modifier_count > 1 ? type->modifiers[1] : 0;

	if (type->modifier_count == 0)
		return false;
	if (is_blamed(field, states, array_size(states)))
		return true;
	return field_is_untried(field) && field->seen.whole > 1 &&
	       field->seen.whole > type->modifiers[0] - scale;
}

static bool
float_overflows(const struct field *field)
{
	return same_text(field->sqlstate, "22003");
}

/* --- What is the next type? -----------------------------------------------
 * The caller frees it; NULL where none is sure. */

static char *
wider_varchar(const struct field *field)
{
	int least = field->seen.length > field->type.modifiers[0] * 2
			    ? field->seen.length
			    : field->type.modifiers[0] * 2;
	int length = next_of(lengths, array_size(lengths), least);

	return length == 0 || length > VARCHAR_LENGTH_MAX
		       ? xstrdup("text")
		       : xprintf("character varying(%d)", length);
}

static char *
wider_character(const struct field *field)
{
	return xprintf("character(%d)", field->seen.length);
}

static char *
wider_bits(const struct field *field)
{
	int steps =
		(field->seen.length + BIT_LENGTH_STEP - 1) / BIT_LENGTH_STEP;

	return xprintf("bit varying(%d)", steps * BIT_LENGTH_STEP);
}

static char *
wider_integer(const struct field *field)
{
	const struct seen *seen = &field->seen;

	if (seen->formats != SEEN_INTEGER || seen->is_beyond_int8)
		return xstrdup("numeric");
	return xstrdup(column_type_is(&field->type, "smallint") &&
				       seen->whole <= INT4_DIGITS
			       ? "integer"
			       : "bigint");
}

/* The scale stays: that rewrites nothing. A number beyond every precision, or
 * one with an exponent, is rather a slip than a new price: to give the limit up
 * for it is a person's to decide. */
static char *
wider_numeric(const struct field *field)
{
	const struct column_type *type = &field->type;
	int scale = type->modifier_count > 1 ? type->modifiers[1] : 0;
	int least = field->seen.whole + SLACK_DIGITS + scale;
	int precision;

	if (least <= type->modifiers[0])
		least = type->modifiers[0] + 1;
	precision = next_of(precisions, array_size(precisions), least);
	if (precision == 0 ||
	    (field->seen.formats & ~(SEEN_INTEGER | SEEN_DECIMAL)) != 0)
		return NULL;
	return xprintf("numeric(%d,%d)", precision, scale);
}

static char *
wider_real(const struct field *field)
{
	(void)field;
	return xstrdup("double precision");
}

static char *
wider_bigint(const struct field *field)
{
	(void)field;
	return xstrdup("numeric");
}

static const struct {
	const char *type;
	bool (*overflows)(const struct field *field);
	char *(*next)(const struct field *field);
} ladder[] = {
	{"character varying", text_overflows, wider_varchar},
	{"character", text_overflows, wider_character},
	{"bit varying", text_overflows, wider_bits},
	{"smallint", number_overflows, wider_integer},
	{"integer", number_overflows, wider_integer},
	{"bigint", number_overflows, wider_bigint},
	{"numeric", numeric_overflows, wider_numeric},
	{"real", float_overflows, wider_real},
};

/* --- The plan ------------------------------------------------------------- */

/* The names of the views on the table, for a person. */
static char *
view_names(const struct json *json)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);
	int views = json_member(json, 0, "views");

	for (int node = json_first(json, views); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *name = json_string(json, node);

		fprintf(out, "%s%s", ftell(out) > 0 ? ", " : "", name);
	}
	fclose(out);
	return text;
}

/* The server changes no type that a view shows, not even to a wider one. */
static void
advise_on_views(struct draft *draft, const struct field *field,
		const char *action)
{
	auto_free char *views = view_names(draft->json);

	draft_advise(draft,
		     "ALTER TABLE %s %s: views show this column, and must be "
		     "dropped before and made again after; the views on the "
		     "table are %s",
		     draft->target, action, views);
	draft_explain(draft,
		      "The server refuses to change the type of %s while a "
		      "view shows it.",
		      field->column);
}

static void
widen(struct draft *draft, struct field *field, const char *type)
{
	auto_free char *name = identifier_quote(field->column);
	auto_free char *action = xprintf("ALTER COLUMN %s TYPE %s", name, type);
	auto_free char *old = member_text(draft->json, field->known, "type");

	draft_diagnose(draft, "%s is %s, which doesn't hold what is sent now",
		       field->column, old);
	if (field->views > 0) {
		advise_on_views(draft, field, action);
	} else {
		draft_action(draft, "%s", action);
		draft_explain(draft,
			      "%s becomes %s, which holds every value seen "
			      "and every value of before.",
			      field->column, type);
	}
	draft->proposal->risk_level = "MEDIUM";
	field->is_mended = true;
}

/* Its last number was given; it isn't known here which column it feeds. */
static void
advise_on_sequence(struct draft *draft)
{
	draft_diagnose(draft, "a sequence of %s.%s is used up", draft->schema,
		       draft->table);
	draft_advise(draft,
		     "a sequence of %s is used up: ALTER SEQUENCE ... AS "
		     "bigint, and its column to bigint",
		     draft->target);
	draft_explain(draft, "A new number is refused by the sequence, not by "
			     "the column's type.");
}

void
plan_widen(struct draft *draft)
{
	if (same_text(draft->sqlstate, "2200H"))
		advise_on_sequence(draft);
	for (int i = 0; i < draft->field_count; i++) {
		struct field *field = &draft->fields[i];

		if (field->is_mended || field->is_generated ||
		    field->known == JSON_NONE)
			continue;
		for (size_t step = 0; step < array_size(ladder); step++) {
			auto_free char *type = NULL;

			if (!column_type_is(&field->type, ladder[step].type) ||
			    !ladder[step].overflows(field))
				continue;
			type = ladder[step].next(field);
			if (type != NULL)
				widen(draft, field, type);
			else
				draft_give_up(draft,
					      "no limit surely holds what %s "
					      "gets now",
					      field->column);
			break;
		}
	}
}
