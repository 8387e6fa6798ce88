/*
 * random_policy.h - policies, subjects and facts by chance, from a seed.
 *
 * Every policy loads without an error (warnings are likely). Names, numbers and
 * patterns are few and near to each other, so that rules meet: a policy whose
 * rules never overlap tests nothing.
 */
#ifndef TESTS_POLICY_RANDOM_POLICY_H
#define TESTS_POLICY_RANDOM_POLICY_H

#include <stdio.h>

#include "pgmend.h"

#include "policy/judge.h"

/* Below `below`, and the next seed. */
static inline unsigned
random_below(unsigned *seed, unsigned below)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (*seed >> 8) % below;
}

#define random_of(seed, array) \
	((array)[random_below((seed), (unsigned)array_size(array))])

/* --- Words ---------------------------------------------------------------- */

static const char *const random_patterns[3][8] = {
	{"app", "a*", "*p", "*", "*", "\"App\"", "\"a b\"", "raw_*"},
	{"orders", "o*", "*s", "*", "*", "\"Orders\"", "*r*d*", "o_s"},
	{"id", "*_id", "*", "i*", "*", "\"Id\"", "*i*d*", "user_id"},
};

static const char *const random_names[3][8] = {
	{"app", "ap", "App", "a b", "raw_app", "APP", "raw_p", "q"},
	{"orders", "Orders", "os", "o s", "o_s", "order", "ORDERS", "q"},
	{"id", "Id", "user_id", "USER_ID", "i d", "iid", "name", "q"},
};

static const char *const random_types[] = {
	"text",		"bigint",	  "varchar(<=40)", "varchar(*)",
	"varchar(20)",	"numeric(<=9,2)", "numeric",	   "int*",
	"*.*",		"*.*[]",	  "app.*",	   "app.mood",
	"varchar(9)[]", "timestamptz(*)",
};

static const char *const random_atoms[] = {
	"table.rows < 5",
	"table.rows >= 5",
	"table.rows > 5",
	"table.rows = 3",
	"table.rows in (3, 4)",
	"table.size <= 5kB",
	"change.rewrite",
	"column.nullable",
	"change.lock >= share",
	"risk in (low, medium)",
	"table.owner = \"app\"",
	"table.owner != \"dba\"",
	"table.owner like \"a*\"",
	"table.owner in @people",
	"table.publications has \"p*\"",
	"in @business",
	"model.confidence >= 80%",
};

static const char *const random_operations[] = {
	"add_column", "add_column", "add_column",     "widen_type",
	"replay",     "alter_type", "drop_not_null",  "create_partition",
	"replay",     "comment",    "replay_mapping",
};

/* --- Parts of a rule ------------------------------------------------------ */

/* True for an operation on whole tables: no column pattern suits it. */
static inline bool
random_is_about_tables(const char *operation)
{
	return strcmp(operation, "replay") == 0 ||
	       strcmp(operation, "create_partition") == 0;
}

/* Returns whether columns may be named. */
static inline bool
random_write_operations(FILE *out, unsigned *seed, bool is_allow)
{
	const char *first = random_of(seed, random_operations);
	const char *second = random_of(seed, random_operations);

	if (!is_allow && random_below(seed, 5) == 0) {
		fputs("any", out);
		return true;
	}
	fputs(first, out);
	if (random_below(seed, 3) != 0 || strcmp(first, second) == 0)
		return !random_is_about_tables(first);
	fprintf(out, ", %s", second);
	return !random_is_about_tables(first) &&
	       !random_is_about_tables(second);
}

static inline void
random_write_subject(FILE *out, unsigned *seed, bool has_columns)
{
	if (random_below(seed, 8) == 0)
		fputs("@shops", out);
	else if (has_columns && random_below(seed, 8) == 0)
		fputs("@keys", out);
	else if (has_columns && random_below(seed, 3) == 0)
		fprintf(out, "%s.%s.%s", random_of(seed, random_patterns[0]),
			random_of(seed, random_patterns[1]),
			random_of(seed, random_patterns[2]));
	else
		fprintf(out, "%s.%s", random_of(seed, random_patterns[0]),
			random_of(seed, random_patterns[1]));
}

static inline void
random_write_subjects(FILE *out, unsigned *seed, bool has_columns)
{
	random_write_subject(out, seed, has_columns);
	if (random_below(seed, 4) != 0)
		return;
	fputs(random_below(seed, 2) == 0 ? ", " : ",\n    ", out);
	random_write_subject(out, seed, has_columns);
}

static inline void
random_write_condition(FILE *out, unsigned *seed, int depth)
{
	const char *joint = random_below(seed, 2) == 0 ? "and" : "or";
	unsigned shape = depth > 1 ? 0 : random_below(seed, 6);

	if (shape == 5)
		fputs("not ", out);
	if (shape == 4 || shape == 5)
		fputc('(', out);
	if (shape < 3) {
		if (random_below(seed, 4) == 0)
			fputs("not ", out);
		fputs(random_of(seed, random_atoms), out);
	} else {
		random_write_condition(out, seed, depth + 1);
		fprintf(out, " %s ", joint);
		random_write_condition(out, seed, depth + 1);
	}
	if (shape == 4 || shape == 5)
		fputc(')', out);
}

static inline void
random_write_types(FILE *out, unsigned *seed, const char *clause)
{
	fprintf(out, "    %s %s", clause, random_of(seed, random_types));
	if (random_below(seed, 2) == 0)
		fprintf(out, ", %s", random_of(seed, random_types));
	if (random_below(seed, 4) == 0)
		fputs(", @plain", out);
	fputc('\n', out);
}

/* The clauses that only one kind of rule has. */
static inline void
random_write_own_clause(FILE *out, unsigned *seed, enum decision decision)
{
	static const char *const approvers[] = {"1", "2", "2 from dba",
						"1 from dba, analytics"};
	static const char *const dates[] = {"2026-11-22", "2027-01-31"};

	if (random_below(seed, 3) != 0)
		return;
	if (decision == DECISION_ESCALATE)
		fprintf(out, "    approvers %s\n", random_of(seed, approvers));
	if (decision == DECISION_ALLOW)
		fprintf(out, "    expires %s\n", random_of(seed, dates));
}

static inline void
random_write_block(FILE *out, unsigned *seed, enum decision decision)
{
	fputs(" {\n", out);
	if (random_below(seed, 3) == 0)
		random_write_types(out, seed, "type");
	if (random_below(seed, 5) == 0)
		random_write_types(out, seed, "from");
	for (unsigned i = random_below(seed, 3); i > 0; i--) {
		fputs("    when ", out);
		random_write_condition(out, seed, 0);
		fputc('\n', out);
	}
	random_write_own_clause(out, seed, decision);
	if (random_below(seed, 6) == 0)
		fputs("    with lock_timeout 1s, batch_rows 1_0   # less\n",
		      out);
	if (random_below(seed, 6) == 0)
		fputs("    reason \"of chance, \xC3\xA9\"\n", out);
	fputs("}\n", out);
}

static inline void
random_write_rule(FILE *out, unsigned *seed, int number)
{
	static const enum decision decisions[] = {
		DECISION_ALLOW, DECISION_ALLOW, DECISION_ESCALATE,
		DECISION_DENY};
	enum decision decision = random_of(seed, decisions);
	bool has_columns;

	fprintf(out, "%s ", decision_name(decision));
	has_columns =
		random_write_operations(out, seed, decision == DECISION_ALLOW);
	fputs(" on ", out);
	random_write_subjects(out, seed, has_columns);
	if (random_below(seed, 5) == 0) {
		fputs(" except ", out);
		random_write_subjects(out, seed, has_columns);
	}
	if (random_below(seed, 8) != 0)
		fprintf(out, " as rule-%d", number);
	if (random_below(seed, 3) == 0)
		fputc('\n', out);
	else
		random_write_block(out, seed, decision);
}

/* --- A layer -------------------------------------------------------------- */

static inline void
random_write_lists(FILE *out)
{
	fputs("# lists\n"
	      "tables  @shops = a*.orders, raw_*.*   # two\n"
	      "columns @keys = *.*.*_id, *.*.id\n"
	      "types @plain = text, bigint, numeric(<=38,<=12)\n"
	      "names @people = \"app\", \"dba\"\n"
	      "window @business = mon-fri 09:00-17:00, sat 10:00-12:00\n\n",
	      out);
}

/* A lower layer may only narrow, so each has values of its own. */
static inline void
random_write_sections(FILE *out, const char *layer)
{
	bool is_org = strcmp(layer, "org") == 0;

	fprintf(out,
		"limits {\n    lock_timeout %s\n    batch_rows %s\n}\n"
		"disclose {\n    default %s\n    masked *.*.*mail*\n"
		"    detect email, iban none\n    max_rows 3\n}\n"
		"model {\n    max_cost %s   # dollars\n}\n",
		is_org			     ? "3s"
		: strcmp(layer, "team") == 0 ? "2s"
					     : "1s",
		is_org ? "1_000" : "500", is_org ? "masked" : "shape",
		is_org ? "2.50" : "0.5");
}

static inline void
random_write_checks(FILE *out, unsigned *seed)
{
	fputs("assert never allow alter_type on *.* when ", out);
	random_write_condition(out, seed, 1);
	fputs("\ntest \"by chance\" {\n    given table.rows = 4, "
	      "change.rewrite = no\n"
	      "    expect deny \"DROP TABLE app.orders\" by floor F01\n}\n",
	      out);
}

/* Writes one layer (org, team or local) that extends the named file, or
 * nothing. One to eight rules. */
static inline void
random_policy_write(FILE *out, unsigned *seed, const char *layer,
		    const char *parent_or_null)
{
	int rules = 1 + (int)random_below(seed, 8);
	bool inherits = parent_or_null != NULL && random_below(seed, 2) == 0;

	fprintf(out, "# by chance\npgmend-policy 1\nlayer %s\n", layer);
	if (parent_or_null != NULL)
		fprintf(out, "extends \"%s\"\n", parent_or_null);
	fprintf(out, "default %s\n\n", inherits ? "inherit" : "deny");
	random_write_lists(out);
	for (int i = 0; i < rules; i++)
		random_write_rule(out, seed, i + 1);
	if (random_below(seed, 3) == 0)
		random_write_sections(out, layer);
	if (random_below(seed, 4) == 0)
		random_write_checks(out, seed);
}

/* --- Worlds --------------------------------------------------------------- */

/* Names of types aren't const. */
#define RANDOM_TYPE(schema_, name_, count_, is_array_, ...)             \
	{                                                               \
		.schema = (char[]){schema_}, .name = (char[]){name_},   \
		.modifiers = {__VA_ARGS__}, .modifier_count = (count_), \
		.is_array = (is_array_)                                 \
	}

static const struct type random_new_types[] = {
	RANDOM_TYPE("pg_catalog", "text", 0, false, 0),
	RANDOM_TYPE("pg_catalog", "int4", 0, false, 0),
	RANDOM_TYPE("pg_catalog", "int8", 0, false, 0),
	RANDOM_TYPE("pg_catalog", "varchar", 0, false, 0),
	RANDOM_TYPE("pg_catalog", "varchar", 1, false, 20),
	RANDOM_TYPE("pg_catalog", "varchar", 1, false, 40),
	RANDOM_TYPE("pg_catalog", "varchar", 1, false, 41),
	RANDOM_TYPE("pg_catalog", "varchar", 1, true, 9),
	RANDOM_TYPE("pg_catalog", "numeric", 0, false, 0),
	RANDOM_TYPE("pg_catalog", "numeric", 1, false, 9),
	RANDOM_TYPE("pg_catalog", "numeric", 2, false, 9, 2),
	RANDOM_TYPE("pg_catalog", "numeric", 2, false, 10, 2),
	RANDOM_TYPE("pg_catalog", "timestamptz", 1, false, 3),
	RANDOM_TYPE("app", "mood", 0, false, 0),
	RANDOM_TYPE("hr", "mood", 0, true, 0),
};

/* Texts are static. */
static inline struct subject
random_subject(unsigned *seed)
{
	struct subject subject = {
		.schema = random_of(seed, random_names[0]),
		.table = random_of(seed, random_names[1]),
		.column = random_of(seed, random_names[2]),
		.type = &random_of(seed, random_new_types),
		.from = &random_of(seed, random_new_types),
	};
	bool changes_type;

	subject.operation = (enum operation)operation_find(
		random_of(seed, random_operations));
	changes_type = subject.operation == OP_WIDEN_TYPE ||
		       subject.operation == OP_ALTER_TYPE;
	if (subject.operation != OP_ADD_COLUMN && !changes_type)
		subject.type = NULL;
	if (!changes_type || random_below(seed, 4) == 0)
		subject.from = NULL;
	if (random_is_about_tables(operation_name(subject.operation)) ||
	    (subject.operation == OP_COMMENT && random_below(seed, 2) == 0))
		subject.column = NULL;
	return subject;
}

static inline struct fact_value
random_fact(unsigned *seed, enum fact fact)
{
	static const char *const owners[] = {"app", "dba", "apps", "q"};
	static const char *const publications[] = {"", "p1", "q\np2", "q"};
	static const int64_t numbers[] = {0,	2,    3,    4,	 5,  6,
					  4999, 5120, 5121, 120, 79, 80};
	struct fact_value value = {.known = random_below(seed, 5) != 0};
	const struct fact_word *word = fact_word(fact);

	if (word->type == TYPE_BOOL)
		value.number = random_below(seed, 2);
	else if (word->type == TYPE_NAME)
		value.text = random_of(seed, owners);
	else if (word->type == TYPE_SET)
		value.text = random_of(seed, publications);
	else if (word->type == TYPE_ENUM)
		value.number = random_below(seed, 3);
	else
		value.number = random_of(seed, numbers);
	if (fact == FACT_CHANGE_LOCK)
		value.number = random_below(seed, 9);
	return value;
}

/* About one fact in five is unknown, and so are clock and date at times. */
static inline struct facts
random_facts(unsigned *seed)
{
	static const int today[] = {0, 20778, 20779, 20900};
	struct facts facts = {.clock_known = random_below(seed, 5) != 0};

	for (int i = 0; i < FACTS; i++)
		facts.of[i] = random_fact(seed, (enum fact)i);
	facts.clock_minutes = (int)random_below(seed, 7 * 24 * 60);
	facts.today = random_of(seed, today);
	return facts;
}

#endif
