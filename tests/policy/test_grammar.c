/*
 * The grammar's edges: each limit at it and over it, and the forms of numbers
 * and names.
 */
#include "tests/policy/policies.h"

#define HEAD "pgmend-policy 1\nlayer org\ndefault deny\n"

static char *
error_of(const char *text)
{
	struct folder folder = folder_make();
	char *code;

	folder_write(&folder, "org.policy", text);
	code = folder_error(&folder, "org.policy");
	folder_remove(&folder);
	return code;
}

static void
expect(const char *name, const char *text, const char *code)
{
	auto_free char *found = error_of(text);

	test_text(name, found, code);
}

/* The same, of an org layer with these statements. */
static void
expect_rules(const char *name, const char *rules, const char *code)
{
	auto_free char *text = xprintf(HEAD "%s", rules);

	expect(name, text, code);
}

/* `count` times the text. */
static char *
repeat(const char *text, int count)
{
	char *all = NULL;
	size_t size;
	FILE *out = xmemstream(&all, &size);

	for (int i = 0; i < count; i++)
		fputs(text, out);
	fclose(out);
	return all;
}

/* --- Limits --------------------------------------------------------------- */

static void
limits_files(void)
{
	size_t room = POLICY_FILE_MAX - strlen(HEAD);
	auto_free char *lines = repeat("# 345678901234567890123456789012\n",
				       POLICY_FILE_MAX / 33 + 1);
	auto_free char *most = xprintf(HEAD "%.*s", (int)room, lines);
	auto_free char *more = xprintf("%s#", most);

	expect("takes a file of 256 KiB", most, "");
	expect("refuses one of a byte more", more, "policy_unreadable");
}

static void
limits_lines(void)
{
	auto_free char *fill = repeat("x", POLICY_LINE_MAX - 1);
	auto_free char *most = xprintf("#%s\n", fill);
	auto_free char *more = xprintf("#%sx\n", fill);
	auto_free char *last = xprintf("#%s", fill);
	auto_free char *more_at_end = xprintf("#%sx", fill);

	expect_rules("takes a line of 4,096 bytes", most, "");
	expect_rules("refuses one of a byte more", more, "E108");
	expect_rules("takes such a line at the end", last, "");
	expect_rules("refuses it where the file ends", more_at_end, "E108");
}

static void
limits_rules(void)
{
	auto_free char *most = repeat("deny comment on a.b\n", 2000);
	auto_free char *more = repeat("deny comment on a.b\n", 2001);

	expect_rules("takes 2,000 rules", most, "");
	expect_rules("refuses one more", more, "E144");
}

static void
limits_nesting(void)
{
	for (int depth = 16; depth <= 17; depth++) {
		auto_free char *open = repeat("(", depth);
		auto_free char *close = repeat(")", depth);
		auto_free char *rule = xprintf(
			"deny comment on a.b {\n when %schange.scan%s\n}\n",
			open, close);
		auto_free char *nots = repeat("not ", depth);
		auto_free char *denials = xprintf(
			"deny comment on a.b {\n when %schange.scan\n}\n",
			nots);

		expect_rules(depth == 16 ? "takes 16 parentheses"
					 : "refuses 17 of them",
			     rule, depth == 16 ? "" : "E105");
		expect_rules(depth == 16 ? "takes 16 times not"
					 : "refuses it 17 times",
			     denials, depth == 16 ? "" : "E105");
	}
}

/* --- Words ---------------------------------------------------------------- */

static void
reads_numbers(void)
{
	static const struct {
		const char *name, *number, *code;
	} numbers[] = {
		{"takes '_' between digits", "1_000_000", ""},
		{"refuses '_' at the end", "1_", "E105"},
		{"refuses '_' twice", "1__0", "E105"},
		{"refuses '_' before a unit", "1_GB", "E105"},
		{"takes the largest number", "9_223_372_036_854_775_807", ""},
		{"refuses one more", "9_223_372_036_854_775_808", "E105"},
		{"refuses a sign", "-1", "E103"},
		{"refuses a fraction", "1.5", "E103"},
	};

	for (size_t i = 0; i < array_size(numbers); i++) {
		auto_free char *rule = xprintf(
			"deny comment on a.b {\n when table.rows < %s\n}\n",
			numbers[i].number);

		expect_rules(numbers[i].name, rule, numbers[i].code);
	}
	expect_rules(
		"takes a large size",
		"deny comment on a.b {\n when table.size < 8_000_000TB\n}\n",
		"");
	expect_rules("refuses a size that overflows by its unit",
		     "deny comment on a.b {\n when table.size < "
		     "9_000_000_000TB\n}\n",
		     "E105");
}

static void
reads_names(void)
{
	static const struct {
		const char *name, *rules, *code;
	} names[] = {
		{"takes $ in a name", "deny comment on a$1.b$\n", ""},
		{"refuses $ at its start", "deny comment on $a.b\n", "E105"},
		{"refuses a hyphen in a pattern", "deny comment on a-b.c\n",
		 "E135"},
		{"takes it in quotes", "deny comment on \"a-b\".c\n", ""},
		{"takes it in a label", "deny comment on a.b as a-2-b\n", ""},
		{"refuses a star in a label", "deny comment on a.b as a*\n",
		 "E103"},
		{"refuses a list without a name", "tables @ = a.b\n", "E105"},
		{"refuses one that begins with a digit", "tables @1 = a.b\n",
		 "E105"},
		{"refuses a list before it is defined",
		 "deny comment on @a\ntables @a = a.b\n", "E122"},
		{"refuses a list twice",
		 "tables @a = a.b\ntables @a = a.c\ndeny comment on @a\n",
		 "E121"},
		{"refuses text outside ASCII", "deny comment on \xC3\xA9.b\n",
		 "E106"},
		{"takes it in quotes and comments",
		 "deny comment on \"\xC3\xA9\".b # \xC3\xA9\n", ""},
		{"sees the end of a string behind a backslash",
		 "deny comment on \"a\\\\\".b, \"\xC3\xA9\".c\n", ""},
		{"and text outside ASCII behind it",
		 "deny comment on \"a\\\\\".\xC3\xA9\n", "E106"},
		{"takes lines that end as elsewhere",
		 "deny comment on a.b\r\ndeny comment on a.c # x\r\n", ""},
		{"refuses a carriage return alone",
		 "deny comment on a.b\rdeny comment on a.c\n", "E106"},
		{"refuses it in a comment", "# a\rb\n", "E106"},
		{"refuses text that runs backwards in a comment",
		 "# \xE2\x80\xAE\n", "E106"},
		{"refuses text that isn't UTF-8", "# \xFF\n", "E106"},
		{"refuses a limit twice",
		 "allow comment on a.b {\n with batch_rows 1, batch_rows 2\n"
		 "}\n",
		 "E157"},
		{"refuses a floor that isn't there",
		 "test \"x\" {\n expect deny \"x\" by floor F99\n}\n", "E195"},
		{"takes a floor that is",
		 "test \"x\" {\n expect deny \"x\" by floor F02\n}\n", ""},
	};

	for (size_t i = 0; i < array_size(names); i++)
		expect_rules(names[i].name, names[i].rules, names[i].code);
}

/* One mistake, one diagnostic, wherever it stands. */
static void
says_each_mistake_once(void)
{
	static const struct {
		const char *name, *rules;
	} mistakes[] = {
		{"a wrong clause on the rule's line is said once",
		 "deny comment on a.b { wehn change.scan }\n"},
		{"a parenthesis that isn't closed is said once",
		 "deny comment on a.b {\n when (change.scan\n}\n"},
		{"one that isn't open, too",
		 "deny comment on a.b {\n when change.scan)\n}\n"},
		{"so is a text that isn't closed",
		 "deny comment on a.b {\n reason \"open\n}\n"},
		{"and a block", "deny comment on a.b {\n when change.scan\n"},
		{"and a misspelt statement",
		 "dney comment on a.b {\n x y\n}\n"},
	};

	for (size_t i = 0; i < array_size(mistakes); i++) {
		struct folder folder = folder_make();
		auto_policy struct policy *policy = NULL;
		auto_free char *text = xprintf(HEAD "%sdeny comment on a.c\n",
					       mistakes[i].rules);
		auto_free char *said = NULL;
		const char *code;
		int count = 0;

		folder_write(&folder, "org.policy", text);
		policy = folder_load(&folder, "org.policy", &code, &said);
		folder_remove(&folder);
		for (const char *at = said; (at = strstr(at, "error[")) != NULL;
		     at++)
			count++;
		test(mistakes[i].name, policy == NULL && count == 1);
	}
}

static void
refuses_nul(void)
{
	struct folder folder = folder_make();
	auto_policy struct policy *policy = NULL;
	auto_free char *path = folder_path(&folder, "org.policy");
	const char *code;
	FILE *file;

	folder_write(&folder, "org.policy", HEAD);
	file = fopen(path, "ae");
	if (file == NULL)
		abort();
	fwrite("# a\0b\n", 1, 6, file);
	fclose(file);
	policy = folder_load(&folder, "org.policy", &code, NULL);
	folder_remove(&folder);
	test_text("refuses NUL, in a comment as well", code, "policy_invalid");
}

int
main(void)
{
	limits_files();
	limits_lines();
	limits_rules();
	limits_nesting();
	reads_numbers();
	reads_names();
	says_each_mistake_once();
	refuses_nul();
	return test_end();
}
