#include "pgmend.h"
#include "policy/name.h"
#include "policy/statement.h"
#include "policy/tree.h"
#include "policy/type.h"

/* What INTERVAL without fields carries before its precision. */
#define INTERVAL_FULL_RANGE 0x7FFF

#define WITH_ZONE " with time zone"
#define WITHOUT_ZONE " without time zone"

static const struct type_word words[] = {
	{.name = "bool", .keyword = "boolean"},
	{.name = "int2", .keyword = "smallint"},
	{.name = "int4", .keyword = "integer"},
	{.name = "int8", .keyword = "bigint"},
	{.name = "float4", .keyword = "real"},
	{.name = "float8", .keyword = "double precision"},
	{.name = "numeric", .keyword = "numeric", .modifiers = 2},
	{.name = "money", .settings = true},
	{.name = "text"},
	{.name = "varchar", .keyword = "character varying", .modifiers = 1},
	{.name = "bpchar", .modifiers = 1},
	{.name = "name"},
	{.name = "bytea"},
	{.name = "bit", .keyword = "bit", .modifiers = 1},
	{.name = "varbit", .keyword = "bit varying", .modifiers = 1},
	{.name = "date", .settings = true},
	{.name = "time",
	 .keyword = "time",
	 .suffix = WITHOUT_ZONE,
	 .modifiers = 1,
	 .settings = true},
	{.name = "timetz",
	 .keyword = "time",
	 .suffix = WITH_ZONE,
	 .modifiers = 1,
	 .settings = true},
	{.name = "timestamp",
	 .keyword = "timestamp",
	 .suffix = WITHOUT_ZONE,
	 .modifiers = 1,
	 .settings = true},
	{.name = "timestamptz",
	 .keyword = "timestamp",
	 .suffix = WITH_ZONE,
	 .modifiers = 1,
	 .settings = true},
	{.name = "interval",
	 .keyword = "interval",
	 .modifiers = 1,
	 .settings = true},
	{.name = "uuid"},
	{.name = "json"},
	{.name = "jsonb"},
	{.name = "xml", .settings = true},
	{.name = "inet"},
	{.name = "cidr"},
	{.name = "macaddr"},
	{.name = "macaddr8"},
	{.name = "oid"},
	{.name = "point"},
	{.name = "line"},
	{.name = "lseg"},
	{.name = "box"},
	{.name = "path"},
	{.name = "polygon"},
	{.name = "circle"},
	{.name = "tsvector"},
	{.name = "tsquery", .settings = true},
	{.name = "int4range"},
	{.name = "int8range"},
	{.name = "numrange"},
	{.name = "tsrange", .settings = true},
	{.name = "tstzrange", .settings = true},
	{.name = "daterange", .settings = true},
	{.name = "int4multirange"},
	{.name = "int8multirange"},
	{.name = "nummultirange"},
	{.name = "tsmultirange", .settings = true},
	{.name = "tstzmultirange", .settings = true},
	{.name = "datemultirange", .settings = true},
};

/* What a column may have been, and none becomes. */
static const struct type_word old_words[] = {
	{.name = "char", .keyword = "\"char\""},
};

/* Other spellings, as policies and people write them. */
static const struct {
	const char *alias, *name;
} aliases[] = {
	{"int", "int4"},
	{"decimal", "numeric"},
	{"dec", "numeric"},
	{"float", "float8"},
	{"char", "bpchar"},
	{"character", "bpchar"},
	{"boolean", "bool"},
	{"smallint", "int2"},
	{"integer", "int4"},
	{"bigint", "int8"},
	{"real", "float4"},
	{"double precision", "float8"},
	{"character varying", "varchar"},
	{"bit varying", "varbit"},
	{"timestamp with time zone", "timestamptz"},
	{"timestamp without time zone", "timestamp"},
	{"time with time zone", "timetz"},
	{"time without time zone", "time"},
};

/* What looks like a type and is more, or less. */
static const char *const not_types[] = {
	"serial",	    "serial2",	 "serial4",  "serial8",
	"smallserial",	    "bigserial", "any",	     "anyelement",
	"anyarray",	    "anyenum",	 "anyrange", "anynonarray",
	"anycompatible",    "record",	 "void",     "trigger",
	"cstring",	    "internal",	 "unknown",  "event_trigger",
	"language_handler",
};

const struct type_word *
type_word(int index)
{
	return index < 0 || (size_t)index >= array_size(words) ? NULL
							       : &words[index];
}

const struct type_word *
type_find(const char *name)
{
	for (size_t i = 0; i < array_size(aliases); i++)
		if (strcmp(aliases[i].alias, name) == 0)
			name = aliases[i].name;
	for (size_t i = 0; i < array_size(words); i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	return NULL;
}

static const struct type_word *
find_old(const char *name)
{
	for (size_t i = 0; i < array_size(old_words); i++)
		if (strcmp(old_words[i].name, name) == 0)
			return &old_words[i];
	return NULL;
}

/* By typname alone: an unqualified "char" in quotes is another type. */
static const struct type_word *
find_typname(const char *name)
{
	for (size_t i = 0; i < array_size(words); i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	return find_old(name);
}

static bool
is_no_type(const char *name)
{
	for (size_t i = 0; i < array_size(not_types); i++)
		if (strcmp(not_types[i], name) == 0)
			return true;
	return false;
}

static bool
parse_name(struct type *type, struct node *node, struct refusal *refusal)
{
	int count = node_count(node, "names");
	const char *schema = count == 2 ? name_of_item(node, "names", 0) : "";
	const char *name = name_of_item(node, "names", count - 1);
	bool is_ours = count == 1 || strcmp(schema, "pg_catalog") == 0;

	if (count < 1 || count > 2 || *name == '\0')
		return refuse(refusal, "F06",
			      "a type of another database is not accepted");
	if (is_ours && find_typname(name) == NULL) {
		if (count == 2 || is_no_type(name))
			return refuse(refusal, "F10",
				      "the type \"%.63s\" is not accepted",
				      name);
		return refuse(refusal, "F04",
			      "the type \"%.63s\" isn't schema-qualified",
			      name);
	}
	if (!is_ours && strncasecmp(schema, "pg_", 3) == 0)
		return refuse(refusal, "F10",
			      "a type of the schema \"%.63s\" is not accepted",
			      schema);
	type->schema = xstrdup(is_ours ? "pg_catalog" : schema);
	type->name = xstrdup(name);
	return true;
}

static bool
parse_modifier(int *ret_modifier, struct node *node, struct refusal *refusal)
{
	struct node *number = NULL;

	if (node_is(node, "AConst") && !node_flag(node, "isnull"))
		number = node_child(node, "ival");
	if (!node_is(number, "Integer"))
		return refuse(refusal, "F10",
			      "a type modifier that isn't a number is not "
			      "accepted");
	*ret_modifier = (int)node_number(number, "ival");
	return true;
}

static bool
parse_fields(struct type *type, struct node *node, struct refusal *refusal)
{
	int mask;

	if (!parse_modifier(&mask, node, refusal))
		return false;
	if (mask != INTERVAL_FULL_RANGE && type_fields(mask) == NULL)
		return refuse(refusal, "F10", "an interval has no such fields");
	type->fields = mask == INTERVAL_FULL_RANGE ? 0 : mask;
	return true;
}

static bool
parse_modifiers(struct type *type, struct node *node, struct refusal *refusal)
{
	bool is_ours = strcmp(type->schema, "pg_catalog") == 0;
	bool is_interval = is_ours && strcmp(type->name, "interval") == 0;
	int count = node_count(node, "typmods");
	int first = is_interval && count > 0 ? 1 : 0;
	int max = is_ours ? find_typname(type->name)->modifiers : 0;

	if (first == 1 &&
	    !parse_fields(type, node_item(node, "typmods", 0), refusal))
		return false;
	if (count - first > max)
		return refuse(refusal, "F10",
			      "\"%.63s\" takes no more than %d modifiers",
			      type->name, max);
	for (int i = first; i < count; i++)
		if (!parse_modifier(&type->modifiers[i - first],
				    node_item(node, "typmods", i), refusal))
			return false;
	type->modifier_count = count - first;
	return true;
}

static bool
parse_array(struct type *type, struct node *node, struct refusal *refusal)
{
	int count = node_count(node, "array_bounds");
	struct node *bound = node_item(node, "array_bounds", 0);

	type->is_array = count > 0;
	if (count > 1 || (count == 1 && (!node_is(bound, "Integer") ||
					 node_number(bound, "ival") != -1)))
		return refuse(refusal, "F10",
			      "array bounds mean nothing to the server: write "
			      "one []");
	return true;
}

bool
type_parse_old(struct type *ret_type, struct node *node,
	       struct refusal *refusal)
{
	struct type type = {.schema = NULL};

	if (!node_is(node, "TypeName") || node_number(node, "typemod") != -1)
		return refuse(refusal, "F10", "there is no type here");
	if (node_flag(node, "setof") || node_flag(node, "pct_type"))
		return refuse(refusal, "F10",
			      "SETOF and %%TYPE are not accepted");
	if (!parse_name(&type, node, refusal) ||
	    !parse_modifiers(&type, node, refusal) ||
	    !parse_array(&type, node, refusal)) {
		type_release(&type);
		return false;
	}
	*ret_type = type;
	return true;
}

static bool
refuse_new(struct type *type, struct refusal *refusal)
{
	if (type->fields != 0)
		refuse(refusal, "F10",
		       "an interval limited to fields is not accepted");
	else
		refuse(refusal, "F10", "the type \"%.63s\" is not accepted",
		       type->name);
	type_release(type);
	return false;
}

bool
type_parse(struct type *ret_type, struct node *node, struct refusal *refusal)
{
	struct type type = {.schema = NULL};

	if (!type_parse_old(&type, node, refusal))
		return false;
	if (type.fields != 0 || (strcmp(type.schema, "pg_catalog") == 0 &&
				 find_old(type.name) != NULL))
		return refuse_new(&type, refusal);
	*ret_type = type;
	return true;
}

static void
write_modifiers(FILE *out, const struct type *type)
{
	for (int i = 0; i < type->modifier_count; i++)
		fprintf(out, "%s%d", i == 0 ? "(" : ", ", type->modifiers[i]);
	if (type->modifier_count > 0)
		fputc(')', out);
}

void
type_write(FILE *out, const struct type *type)
{
	const struct type_word *word = NULL;

	if (strcmp(type->schema, "pg_catalog") == 0)
		word = find_typname(type->name);
	if (word == NULL)
		name_write_target(out, type->schema, type->name, NULL);
	else if (word->keyword == NULL)
		fprintf(out, "pg_catalog.%s", word->name);
	else
		fputs(word->keyword, out);
	if (type->fields != 0)
		fprintf(out, " %s", type_fields(type->fields));
	write_modifiers(out, type);
	if (word != NULL && word->suffix != NULL)
		fputs(word->suffix, out);
	if (type->is_array)
		fputs("[]", out);
}

bool
type_same(const struct type *left, const struct type *right)
{
	if (!same_text(left->schema, right->schema) ||
	    !same_text(left->name, right->name) ||
	    left->is_array != right->is_array ||
	    left->fields != right->fields ||
	    left->modifier_count != right->modifier_count)
		return false;
	for (int i = 0; i < left->modifier_count; i++)
		if (left->modifiers[i] != right->modifiers[i])
			return false;
	return true;
}

void
type_release(struct type *type)
{
	free(type->schema);
	free(type->name);
	*type = (struct type){.schema = NULL};
}
