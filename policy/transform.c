#include "pgmend.h"
#include "policy/transform.h"
#include "policy/vocabulary.h"

/* How it is done for some types; %v stands for the value, %t for the column's
 * type, %e for the type of its elements. */
struct form {
	const char *transform;
	const char *types; /* names in pg_catalog, each after a space */
	const char *expression;
};

/* A value that doesn't look as it should gets words in front that no type's
 * input takes, so that the server refuses it by name. */
#define UNLESS_LIKE(value, pattern, words)                                  \
	"pg_catalog.regexp_replace(" value ", '^(?!" pattern "$)', '" words \
	": ')"

#define ISO_8601                                                      \
	"[0-9]{4}-[0-9]{2}-[0-9]{2}"                                  \
	"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)? ?(Z|[+-]" \
	"[0-9]{2}(:?[0-9]{2})?)?)?"

#define EPOCH                                        \
	"CAST(EXTRACT(epoch FROM CAST(" UNLESS_LIKE( \
		"%v", ISO_8601,                      \
		"not ISO 8601") " AS timestamp with time zone)) AS numeric)"

/* By way of text, whose input takes no fraction for an integer. */
#define EXACTLY(number)                                                       \
	"CAST(CAST(pg_catalog.trim_scale(" number ") AS pg_catalog.text) AS " \
	"%t)"

#define SECONDS(number)                                                       \
	"CAST(pg_catalog.textcat(" UNLESS_LIKE(                               \
		"CAST(pg_catalog.trim_scale(" number ") AS pg_catalog.text)", \
		"-?[0-9]+([.][0-9]{1,6})?", "not an epoch") ", ' seconds')"   \
							    " AS interval)"

#define TIMESTAMPTZ(seconds)                  \
	"pg_catalog.timestamptz_pl_interval(" \
	"pg_catalog.to_timestamp(0), " seconds ")"
#define TIMESTAMP(seconds)                  \
	"pg_catalog.timestamp_pl_interval(" \
	"CAST('1970-01-01' AS timestamp), " seconds ")"

#define NUMBER "CAST(%v AS numeric)"
#define NUMBERS " int2 int4 int8 numeric float4 float8"
#define TEXTS " text varchar bpchar"
#define ANY_ARRAY " []"
#define ANY_SCALAR " *"

#define MILLIS "pg_catalog.numeric_mul(" NUMBER ", 0.001)"

static const struct transform transforms[] = {
	{.name = "epoch_seconds_from_iso8601", .reads_time = true},
	{.name = "epoch_millis_from_iso8601", .reads_time = true},
	{.name = "timestamp_from_epoch_seconds"},
	{.name = "timestamp_from_epoch_millis"},
	{.name = "text"},
	{.name = "json", .reads_json = true},
	{.name = "number_from_text"},
	{.name = "boolean_from_text"},
	{.name = "array_of_one"},
	{.name = "first_of_array", .is_lossy = true, .reads_json = true},
	{.name = "trim", .is_lossy = true},
	{.name = "omit", .is_lossy = true, .is_omission = true},
};

static const struct form forms[] = {
	{"epoch_seconds_from_iso8601", " int4 int8 numeric float8",
	 EXACTLY(EPOCH)},
	{"epoch_millis_from_iso8601", " int8 numeric float8",
	 EXACTLY("pg_catalog.numeric_mul(" EPOCH ", 1000.0)")},
	{"timestamp_from_epoch_seconds", " timestamptz",
	 TIMESTAMPTZ(SECONDS(NUMBER))},
	{"timestamp_from_epoch_seconds", " timestamp",
	 TIMESTAMP(SECONDS(NUMBER))},
	{"timestamp_from_epoch_millis", " timestamptz",
	 TIMESTAMPTZ(SECONDS(MILLIS))},
	{"timestamp_from_epoch_millis", " timestamp",
	 TIMESTAMP(SECONDS(MILLIS))},
	{"text", TEXTS, "%v"},
	{"json", " json jsonb", "CAST(%v AS %t)"},
	{"number_from_text", NUMBERS, EXACTLY(NUMBER)},
	{"boolean_from_text", " bool", "CAST(%v AS %t)"},
	{"array_of_one", ANY_ARRAY,
	 "CASE WHEN %v IS NULL THEN NULL ELSE ARRAY[CAST(%v AS %e)] END"},
	/* A value that is no array is the first of itself. */
	{"first_of_array", ANY_SCALAR,
	 "CAST(CASE WHEN pg_catalog.json_typeof(%v) OPERATOR(pg_catalog.=) "
	 "'array' THEN pg_catalog.json_array_element_text(%v, 0) ELSE "
	 "pg_catalog.json_extract_path_text(%v, VARIADIC '{}') END AS %t)"},
	{"trim", TEXTS, "pg_catalog.btrim(%v)"},
	{"omit", ANY_SCALAR ANY_ARRAY, ""},
};

const struct transform *
transform_at(int index)
{
	return (size_t)index < array_size(transforms) ? &transforms[index]
						      : NULL;
}

const struct transform *
transform_find(const char *name)
{
	for (size_t i = 0; i < array_size(transforms); i++)
		if (strcmp(transforms[i].name, name) == 0)
			return &transforms[i];
	return NULL;
}

/* The name of a pg_catalog type without quotes; "" for another schema's. */
static void
bare_name(char *ret_name, size_t size, const char *type)
{
	static const char schema[] = "pg_catalog.";
	size_t used = 0;

	ret_name[0] = '\0';
	if (strncmp(type, schema, sizeof(schema) - 1) != 0)
		return;
	for (type += sizeof(schema) - 1; *type != '\0'; type++)
		if (*type != '"' && used + 1 < size)
			ret_name[used++] = *type;
	ret_name[used] = '\0';
}

/* Is the word in the list, where each follows a space? */
static bool
has_word(const char *list, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += size)
		if (at[-1] == ' ' && (at[size] == ' ' || at[size] == '\0'))
			return true;
	return false;
}

/* The server calls the array of a type by an underscore and its name; those of
 * other schemas may be called anything, and are nobody's elements here. */
static bool
form_accepts(const struct form *form, const char *type)
{
	char name[80];

	bare_name(name, sizeof(name), type);
	if (name[0] == '_')
		return has_word(form->types, "[]");
	return has_word(form->types, "*") ||
	       (name[0] != '\0' && has_word(form->types, name));
}

static const struct form *
find_form(const struct transform *transform, const char *type)
{
	for (size_t i = 0; i < array_size(forms); i++)
		if (strcmp(forms[i].transform, transform->name) == 0 &&
		    form_accepts(&forms[i], type))
			return &forms[i];
	return NULL;
}

bool
transform_accepts(const struct transform *transform, const char *type)
{
	return find_form(transform, type) != NULL;
}

static void
write_element(FILE *out, const char *type)
{
	char name[80];

	bare_name(name, sizeof(name), type);
	fprintf(out, "pg_catalog.\"%s\"", name + 1);
}

void
transform_write(FILE *out, const struct transform *transform, const char *value,
		const char *type)
{
	const char *at = find_form(transform, type)->expression;

	for (; *at != '\0'; at++) {
		if (*at != '%')
			fputc(*at, out);
		else if (*++at == 'v')
			fputs(value, out);
		else if (*at == 't')
			fputs(type, out);
		else
			write_element(out, type);
	}
}

void
transform_facts(struct facts *facts, const struct transform *transform)
{
	facts_set_text(facts, FACT_MAPPING_TRANSFORM,
		       transform == NULL ? TRANSFORM_NONE : transform->name);
	facts_set_number(facts, FACT_MAPPING_LOSSY,
			 transform != NULL && transform->is_lossy);
}
