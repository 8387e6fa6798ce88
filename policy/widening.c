#include "pgmend.h"
#include "policy/statement.h"
#include "policy/type.h"
#include "policy/widening.h"

/* How the modifiers of a pair must compare. */
enum rule {
	RULE_NONE,	/* the new type has none, and the old one may */
	RULE_LENGTH,	/* the new length is none, or not less */
	RULE_NUMERIC,	/* none, or the same scale and no less precision */
	RULE_PRECISION, /* no less precision; none is the most */
};

#define TIME_PRECISION_MAX 6

static const struct {
	const char *from, *to;
	enum rule rule;
	bool rewrites;
} pairs[] = {
	{"int2", "int4", RULE_NONE, true},
	{"int2", "int8", RULE_NONE, true},
	{"int4", "int8", RULE_NONE, true},
	{"int2", "numeric", RULE_NONE, true},
	{"int4", "numeric", RULE_NONE, true},
	{"int8", "numeric", RULE_NONE, true},
	{"float4", "float8", RULE_NONE, true},
	{"varchar", "varchar", RULE_LENGTH, false},
	{"varchar", "text", RULE_NONE, false},
	{"text", "varchar", RULE_NONE, false},
	{"numeric", "numeric", RULE_NUMERIC, false},
	{"varbit", "varbit", RULE_LENGTH, false},
	{"timestamp", "timestamp", RULE_PRECISION, false},
	{"timestamptz", "timestamptz", RULE_PRECISION, false},
	{"time", "time", RULE_PRECISION, false},
	{"timetz", "timetz", RULE_PRECISION, false},
	{"interval", "interval", RULE_PRECISION, false},
	{"cidr", "inet", RULE_NONE, false},
};

/* No widening, but no rewrite either: the bytes mean the same. Between the
 * timestamps only while TimeZone is UTC. */
static const struct {
	const char *from, *to;
} same_bytes[] = {
	{"timestamp", "timestamptz"},
	{"timestamptz", "timestamp"},
	{"int4", "oid"},
	{"oid", "int4"},
	{"xml", "text"},
};

static int
precision_of(const struct type *type)
{
	return type->modifier_count == 0 ? TIME_PRECISION_MAX
					 : type->modifiers[0];
}

static int
scale_of(const struct type *type)
{
	return type->modifier_count < 2 ? 0 : type->modifiers[1];
}

static bool
rule_holds(enum rule rule, const struct type *from, const struct type *to)
{
	bool is_free = to->modifier_count == 0;

	switch (rule) {
	case RULE_NONE:
		return is_free;
	case RULE_LENGTH:
		return is_free || (from->modifier_count > 0 &&
				   to->modifiers[0] >= from->modifiers[0]);
	case RULE_NUMERIC:
		return is_free || (from->modifier_count > 0 &&
				   to->modifiers[0] >= from->modifiers[0] &&
				   scale_of(to) == scale_of(from));
	case RULE_PRECISION:
		return precision_of(to) >= precision_of(from);
	}
	return false;
}

/* The row of the table that holds; -1 for none. */
static int
find_pair(const struct type *from, const struct type *to)
{
	if (from->is_array || to->is_array ||
	    strcmp(from->schema, "pg_catalog") != 0 ||
	    strcmp(to->schema, "pg_catalog") != 0)
		return -1;
	for (size_t i = 0; i < array_size(pairs); i++)
		if (strcmp(pairs[i].from, from->name) == 0 &&
		    strcmp(pairs[i].to, to->name) == 0 &&
		    rule_holds(pairs[i].rule, from, to))
			return (int)i;
	return -1;
}

bool
widening_holds(const struct type *from, const struct type *to)
{
	return find_pair(from, to) >= 0;
}

static bool
has_same_bytes(const struct type *from, const struct type *to)
{
	if (from->is_array || to->is_array ||
	    precision_of(to) < TIME_PRECISION_MAX)
		return false;
	for (size_t i = 0; i < array_size(same_bytes); i++)
		if (strcmp(same_bytes[i].from, from->name) == 0 &&
		    strcmp(same_bytes[i].to, to->name) == 0)
			return true;
	return false;
}

bool
widening_rewrites(const struct type *from, const struct type *to)
{
	int pair = find_pair(from, to);

	if (pair >= 0)
		return pairs[pair].rewrites;
	if (type_same(from, to))
		return false;
	return strcmp(from->schema, "pg_catalog") != 0 ||
	       strcmp(to->schema, "pg_catalog") != 0 ||
	       !has_same_bytes(from, to);
}
