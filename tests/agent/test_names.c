/* Names that may mean the same column, and names in SQL. */
#include "agent/identifier.h"
#include "agent/resemble.h"
#include "tests/test.h"

static void
knows_resembling_names(void)
{
	static const struct {
		const char *left, *right;
		bool resemble;
	} pairs[] = {
		{"user_name", "userName", true},
		{"USER-NAME", "username", true},
		{"tag", "tags", true},
		{"due", "due_date", true},
		{"status", "order_status", true},
		{"colour", "color", true},
		{"amount", "amuont", false},
		{"price", "prize", true},
		{"note", "nota", true},
		{"foo", "fob", false},
		{"id", "customer_id", false},
		{"s", "", false},
		{"coupon", "created_at", false},
		{"discount", "quantity", false},
	};

	for (size_t i = 0; i < array_size(pairs); i++) {
		const char *left = pairs[i].left, *right = pairs[i].right;
		auto_free char *name = xprintf(
			"%s and %s %s", left, right,
			pairs[i].resemble ? "resemble each other" : "differ");

		test(name,
		     names_resemble(left, right) == pairs[i].resemble &&
			     names_resemble(right, left) == pairs[i].resemble);
	}
}

static void
knows_spellings(void)
{
	static const struct {
		const char *left, *right;
		bool same;
	} pairs[] = {
		{"user_name", "userName", true},
		{"USER-NAME", "user.name", true},
		{"order_status", "status", true},
		{"ordersStatus", "status", true},
		{"order_id", "id", false},
		{"notes", "note", false},
		{"customer_status", "status", false},
		{"user", "user_name", false},
	};

	for (size_t i = 0; i < array_size(pairs); i++) {
		const char *left = pairs[i].left, *right = pairs[i].right;
		auto_free char *name = xprintf("%s and %s %s", left, right,
					       pairs[i].same ? "are one name"
							     : "are two names");

		test(name, names_same(left, right, "orders") == pairs[i].same &&
				   names_same(right, left, "orders") ==
					   pairs[i].same);
	}
}

static char *
written(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	identifier_write(out, name);
	fclose(out);
	return text;
}

static void
quotes_names(void)
{
	static const struct {
		const char *name, *sql;
	} names[] = {
		{"coupon", "coupon"},	      {"_a1", "_a1"},
		{"userName", "\"userName\""}, {"1st", "\"1st\""},
		{"order", "\"order\""},	      {"if", "\"if\""},
		{"a b", "\"a b\""},	      {"a\"b", "\"a\"\"b\""},
		{"a-b", "\"a-b\""},	      {"\xc3\xa9", "\"\xc3\xa9\""},
	};
	char longest[65] = "";

	for (size_t i = 0; i < array_size(names); i++) {
		auto_free char *label = xprintf("writes %s", names[i].sql);
		auto_free char *got = written(names[i].name);

		test_text(label, got, names[i].sql);
	}
	memset(longest, 'a', 63);
	test("takes a name of 63 bytes", identifier_is_possible(longest));
	longest[63] = 'a';
	test("takes no name that would be cut",
	     !identifier_is_possible(longest));
	test("takes no empty name", !identifier_is_possible(""));
}

int
main(void)
{
	knows_resembling_names();
	knows_spellings();
	quotes_names();
	return test_end();
}
