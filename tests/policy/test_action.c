/* What is known of an action: its facts, what it will do, what undoes it, which
 * relation it is about, which texts it makes public. */
#include "tests/test.h"

#include "policy/statement.h"

static struct statement *
parse(const char *sql)
{
	struct statement *statement = NULL;
	struct refusal refusal = {.floor = NULL};

	if (!statement_parse(&statement, sql, strlen(sql), &refusal)) {
		printf("# %s: %s\n", sql, refusal.text);
		abort();
	}
	return statement;
}

/* Of the first action, where the column has that type. */
static struct facts
facts_of(const char *type, const char *sql)
{
	auto_statement struct statement *statement = parse(sql);
	struct facts facts = {.today = 0};

	if (type != NULL)
		facts_set_text(&facts, FACT_COLUMN_TYPE, type);
	statement_facts(&facts, statement, 0);
	statement_foretell(&facts, statement, 0);
	return facts;
}

static bool
is(const struct facts *facts, enum fact fact, int64_t number)
{
	return facts->of[fact].known && facts->of[fact].number == number;
}

/* --- What is foretold ----------------------------------------------------- */

#define UNKNOWN (-1)

/* The change of one column or table; -1 for what isn't known. */
static const struct {
	const char *name, *type, *sql;
	int rewrite, scan, lossy, lock;
} foretold[] = {
	{"a plain column", NULL, "ALTER TABLE app.t ADD c text", 0, 0, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"a volatile default", NULL,
	 "ALTER TABLE app.t ADD c uuid DEFAULT gen_random_uuid()", 1, 1, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"NOT NULL without a default", NULL,
	 "ALTER TABLE app.t ADD c text NOT NULL", 0, 1, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"a stable default", NULL,
	 "ALTER TABLE app.t ADD c timestamptz DEFAULT now() NOT NULL", 0, 0, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"an integer that grows", "integer",
	 "ALTER TABLE app.t ALTER c TYPE bigint", 1, 1, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"an integer that shrinks", "bigint",
	 "ALTER TABLE app.t ALTER c TYPE integer", 1, 1, 1,
	 LOCK_ACCESS_EXCLUSIVE},
	{"a text that grows", "character varying(20)",
	 "ALTER TABLE app.t ALTER c TYPE varchar(40)", 0, UNKNOWN, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"a text that shrinks", "text",
	 "ALTER TABLE app.t ALTER c TYPE varchar(40)", 1, 1, 1,
	 LOCK_ACCESS_EXCLUSIVE},
	{"an array that grows", "character varying(10)[]",
	 "ALTER TABLE app.t ALTER c TYPE varchar(20)[]", 1, 1, UNKNOWN,
	 LOCK_ACCESS_EXCLUSIVE},
	{"another scale", "numeric(10,2)",
	 "ALTER TABLE app.t ALTER c TYPE numeric(14,4)", 1, 1, UNKNOWN,
	 LOCK_ACCESS_EXCLUSIVE},
	{"a time zone, under UTC", "timestamp without time zone",
	 "ALTER TABLE app.t ALTER c TYPE timestamptz", 0, UNKNOWN, UNKNOWN,
	 LOCK_ACCESS_EXCLUSIVE},
	{"an old type that isn't known", NULL,
	 "ALTER TABLE app.t ALTER c TYPE bigint", UNKNOWN, UNKNOWN, UNKNOWN,
	 LOCK_ACCESS_EXCLUSIVE},
	{"DROP NOT NULL", "text", "ALTER TABLE app.t ALTER c DROP NOT NULL", 0,
	 0, 0, LOCK_ACCESS_EXCLUSIVE},
	{"SET DEFAULT", "text",
	 "ALTER TABLE app.t ALTER c SET DEFAULT clock_timestamp()", 0, 0, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"a check that isn't validated", NULL,
	 "ALTER TABLE app.t ADD CHECK (a > 0) NOT VALID", 0, 0, 0,
	 LOCK_ACCESS_EXCLUSIVE},
	{"a foreign key that isn't validated", NULL,
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u NOT VALID", 0,
	 0, 0, LOCK_SHARE_ROW_EXCLUSIVE},
	{"a foreign key beside a column", NULL,
	 "ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.u NOT VALID, "
	 "ADD "
	 "b int",
	 0, 0, 0, LOCK_ACCESS_EXCLUSIVE},
	{"a label", NULL, "ALTER TYPE app.e ADD VALUE 'x'", 0, 0, 0, LOCK_NONE},
	{"a partition by range", NULL,
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES FROM (1) TO (2)", 0,
	 UNKNOWN, 0, LOCK_ACCESS_EXCLUSIVE},
	{"a partition by hash", NULL,
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES WITH (MODULUS 2, "
	 "REMAINDER 1)",
	 0, 0, 0, LOCK_ACCESS_EXCLUSIVE},
	{"a table", NULL, "CREATE TABLE app.n (a int)", 0, 0, 0, LOCK_NONE},
	{"a comment", NULL, "COMMENT ON TABLE app.t IS 'x'", 0, 0, 0,
	 LOCK_SHARE_UPDATE_EXCLUSIVE},
};

static int
number_of(const struct facts *facts, enum fact fact)
{
	return facts->of[fact].known ? (int)facts->of[fact].number : UNKNOWN;
}

static void
foretells_what_a_change_does(void)
{
	for (size_t i = 0; i < array_size(foretold); i++) {
		struct facts facts =
			facts_of(foretold[i].type, foretold[i].sql);
		auto_free char *name =
			xprintf("foretells %s", foretold[i].name);
		auto_free char *got =
			xprintf("rewrite %d scan %d lossy %d lock %d",
				number_of(&facts, FACT_CHANGE_REWRITE),
				number_of(&facts, FACT_CHANGE_SCAN),
				number_of(&facts, FACT_CHANGE_LOSSY),
				number_of(&facts, FACT_CHANGE_LOCK));
		auto_free char *expected =
			xprintf("rewrite %d scan %d lossy %d lock %d",
				foretold[i].rewrite, foretold[i].scan,
				foretold[i].lossy, foretold[i].lock);

		test_text(name, got, expected);
	}
}

/* --- What the statement says ---------------------------------------------- */

static void
gives_the_facts_of_the_statement(void)
{
	struct facts strict =
		facts_of(NULL, "ALTER TABLE app.t ADD c text NOT NULL");
	struct facts text =
		facts_of(NULL, "ALTER TABLE app.t ADD c timestamptz "
			       "DEFAULT 'now'::timestamptz");
	struct facts loose =
		facts_of(NULL, "ALTER TABLE app.t ALTER c DROP NOT NULL");
	struct facts new_default = facts_of(
		NULL, "ALTER TABLE app.t ALTER c SET DEFAULT 5, ADD d int");
	struct facts check =
		facts_of(NULL, "ALTER TABLE app.t ADD CHECK (a > 0) NOT VALID");
	struct facts key =
		facts_of(NULL, "ALTER TABLE app.t ADD FOREIGN KEY (a) "
			       "REFERENCES app.u NOT VALID");
	struct facts type =
		facts_of(NULL, "ALTER TABLE app.t ALTER c TYPE text");

	test("a new column's",
	     is(&strict, FACT_COLUMN_NULLABLE, 0) &&
		     is(&strict, FACT_COLUMN_HAS_DEFAULT, 0) &&
		     is(&strict, FACT_DEFAULT_VOLATILITY, VOLATILITY_NONE));
	test("a time written as text depends on the session",
	     is(&text, FACT_DEFAULT_VOLATILITY, VOLATILITY_STABLE));
	test("a column that accepts null",
	     is(&loose, FACT_COLUMN_NULLABLE, 1) &&
		     !loose.of[FACT_DEFAULT_VOLATILITY].known);
	test("a new default",
	     is(&new_default, FACT_DEFAULT_VOLATILITY, VOLATILITY_CONSTANT) &&
		     is(&new_default, FACT_COLUMN_HAS_DEFAULT, 1) &&
		     is(&new_default, FACT_STMT_ACTIONS, 2) &&
		     !new_default.of[FACT_COLUMN_NULLABLE].known);
	test("the kind of a constraint",
	     is(&check, FACT_CONSTRAINT_KIND, 0) &&
		     is(&key, FACT_CONSTRAINT_KIND, 1));
	test("a type change says nothing of null or default",
	     !type.of[FACT_COLUMN_NULLABLE].known &&
		     !type.of[FACT_COLUMN_HAS_DEFAULT].known &&
		     type.of[FACT_COLUMN_NAME].known);
}

/* --- What undoes it ------------------------------------------------------- */

struct before {
	const char *type; /* NULL: not known, as all of it */
	bool not_null, has_default;
};

static const struct before plain = {.type = "character varying(20)",
				    .not_null = true};
static const struct before nothing = {.type = NULL};
static const struct before other = {.type = "app.\"Mood\"[]",
				    .has_default = true};

static const struct {
	const char *name, *sql;
	const struct before *before;
	const char *inverse;
} undone[] = {
	{"a new column is dropped", "ALTER TABLE app.t ADD c text", &nothing,
	 "ALTER TABLE app.t DROP COLUMN c"},
	{"one that may have been there is not",
	 "ALTER TABLE app.t ADD IF NOT EXISTS c text", &plain, NULL},
	{"a type goes back", "ALTER TABLE app.t ALTER c TYPE text", &plain,
	 "ALTER TABLE app.t ALTER COLUMN c TYPE character varying(20)"},
	{"an enum's array goes back", "ALTER TABLE app.t ALTER c TYPE text[]",
	 &other, "ALTER TABLE app.t ALTER COLUMN c TYPE app.\"Mood\"[]"},
	{"an unknown type doesn't", "ALTER TABLE app.t ALTER c TYPE text",
	 &nothing, NULL},
	{"nor one with another collation",
	 "ALTER TABLE app.t ALTER c TYPE text COLLATE \"C\"", &plain, NULL},
	{"NOT NULL comes back", "ALTER TABLE app.t ALTER c DROP NOT NULL",
	 &plain, "ALTER TABLE app.t ALTER COLUMN c SET NOT NULL"},
	{"where it was", "ALTER TABLE app.t ALTER c DROP NOT NULL", &other,
	 NULL},
	{"a first default is dropped",
	 "ALTER TABLE app.t ALTER c SET DEFAULT 1", &plain,
	 "ALTER TABLE app.t ALTER COLUMN c DROP DEFAULT"},
	{"a second isn't", "ALTER TABLE app.t ALTER c SET DEFAULT 1", &other,
	 NULL},
	{"a named constraint is dropped",
	 "ALTER TABLE app.t ADD CONSTRAINT k CHECK (a > 0) NOT VALID", &nothing,
	 "ALTER TABLE app.t DROP CONSTRAINT k"},
	{"one without a name isn't",
	 "ALTER TABLE app.t ADD CHECK (a > 0) NOT VALID", &nothing, NULL},
	{"a label stays", "ALTER TYPE app.e ADD VALUE 'x'", &nothing, NULL},
	{"a partition is dropped",
	 "CREATE TABLE app.q PARTITION OF app.p FOR VALUES IN (1)", &nothing,
	 "DROP TABLE app.q"},
	{"a table is dropped", "CREATE TABLE app.n (a int)", &nothing,
	 "DROP TABLE app.n"},
	{"one that may have been there stays",
	 "CREATE TABLE IF NOT EXISTS app.n (a int)", &nothing, NULL},
	{"an old comment isn't known", "COMMENT ON TABLE app.t IS 'x'",
	 &nothing, NULL},
};

static void
undoes_only_what_it_did(void)
{
	for (size_t i = 0; i < array_size(undone); i++) {
		auto_statement struct statement *statement =
			parse(undone[i].sql);
		const struct before *before = undone[i].before;
		struct facts facts = {.today = 0};
		auto_free char *inverse = NULL;

		if (before->type != NULL) {
			facts_set_text(&facts, FACT_COLUMN_TYPE, before->type);
			facts_set_number(&facts, FACT_COLUMN_NULLABLE,
					 !before->not_null);
			facts_set_number(&facts, FACT_COLUMN_HAS_DEFAULT,
					 before->has_default);
		}
		inverse = action_inverse_sql(&statement->actions[0], &facts);
		test_text(undone[i].name, inverse, undone[i].inverse);
	}
}

/* --- F13, F18, F08, F10 --------------------------------------------------- */

static bool
is_about(const char *sql, const char *schema, const char *table)
{
	auto_statement struct statement *statement = parse(sql);
	struct refusal refusal = {.floor = NULL};

	return statement_is_about(statement, schema, table, &refusal) ||
	       !same_text(refusal.floor, "F13");
}

static void
knows_what_it_is_about(void)
{
	static const char partition[] = "CREATE TABLE app.q PARTITION OF app.p "
					"FOR VALUES IN (1)";
	static const char label[] = "ALTER TYPE app.e ADD VALUE 'x'";

	test("its table",
	     is_about("ALTER TABLE app.t ALTER c TYPE text", "app", "t"));
	test("no other table",
	     !is_about("ALTER TABLE app.t ALTER c TYPE text", "app", "u") &&
		     !is_about("COMMENT ON COLUMN app.t.c IS 'x'", "app",
			       "c") &&
		     !is_about("COMMENT ON TABLE app.t IS 'x'", "hr", "t"));
	test("a partition is about its parent",
	     is_about(partition, "app", "p") &&
		     !is_about(partition, "app", "q"));
	test("a label is about its type, or a table of its schema",
	     is_about(label, "app", "e") && is_about(label, "app", "t") &&
		     !is_about(label, "hr", "e"));
	test("a new table is about itself",
	     is_about("CREATE TABLE app.n (a int)", "app", "n") &&
		     !is_about("CREATE TABLE app.n (a int)", "app", "t"));
}

static bool
contains(const char *sql, const char *text)
{
	auto_statement struct statement *statement = parse(sql);

	return statement_contains(statement, text, strlen(text));
}

static void
finds_payload_values(void)
{
	static const char mail[] = "alice@example.org";

	test("in a default", contains("ALTER TABLE app.t ADD c text DEFAULT 'x "
				      "alice@example.org y'",
				      mail));
	test("not another", !contains("ALTER TABLE app.t ADD c text DEFAULT 'x "
				      "alice@example.org y'",
				      "bob@example.org"));
	test("in a new default",
	     contains("ALTER TABLE app.t ALTER c SET DEFAULT "
		      "'alice@example.org'",
		      mail));
	test("in a comment",
	     contains("COMMENT ON TABLE app.t IS 'alice@example.org'", mail));
	test("in a check", contains("ALTER TABLE app.t ADD CHECK (c IN ('x', "
				    "'alice@example.org')) NOT VALID",
				    mail));
	test("in a constraint's name",
	     contains("ALTER TABLE app.t ADD CONSTRAINT \"alice@example.org\" "
		      "CHECK (c > 1) NOT VALID",
		      mail));
	test("in the columns of a new table",
	     contains("CREATE TABLE app.n (a int, b text DEFAULT "
		      "'alice@example.org')",
		      mail) &&
		     contains("CREATE TABLE app.n (secret int)", "secret"));
	test("not in what has its name already",
	     !contains("ALTER TABLE app.t ALTER secret TYPE text", "secret") &&
		     !contains("ALTER TABLE app.t ADD CHECK (secret > 1) NOT "
			       "VALID",
			       "secret"));
	test("nor in labels, bounds and the names of partitions",
	     !contains("ALTER TYPE app.e ADD VALUE 'paris'", "paris") &&
		     !contains(
			     "CREATE TABLE app.p_paris PARTITION OF app.p FOR "
			     "VALUES IN ('paris')",
			     "paris"));
}

static const char *
unsuited(const char *sql, enum fact fact, const char *text)
{
	auto_statement struct statement *statement = parse(sql);
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {.today = 0};

	facts.of[fact] =
		(struct fact_value){.known = true, .number = 1, .text = text};
	if (statement_suits(statement, &facts, &refusal))
		action_suits(&statement->actions[0], &facts, &refusal);
	return refusal.floor;
}

static void
refuses_what_facts_show(void)
{
	test_text("ONLY on a parent",
		  unsuited("ALTER TABLE ONLY app.t ALTER c TYPE text",
			   FACT_TABLE_PARTITIONED, NULL),
		  "F08");
	test_text("a standby",
		  unsuited("COMMENT ON TABLE app.t IS 'x'", FACT_DB_IN_RECOVERY,
			   NULL),
		  "F13");
	test_text("an old type of another schema",
		  unsuited("ALTER TABLE app.t ALTER c TYPE text",
			   FACT_COLUMN_TYPE, "evil.d"),
		  "F10");
	test_text("but not one of its own",
		  unsuited("ALTER TABLE app.t ALTER c TYPE text",
			   FACT_COLUMN_TYPE, "app.mood"),
		  NULL);
}

int
main(void)
{
	foretells_what_a_change_does();
	gives_the_facts_of_the_statement();
	undoes_only_what_it_did();
	knows_what_it_is_about();
	finds_payload_values();
	refuses_what_facts_show();
	return test_end();
}
