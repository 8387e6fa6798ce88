/*
 * What fmt and export write, by chance: thousands of sets, each with comments,
 * blank lines and odd spaces thrown in. fmt keeps the meaning and has nothing
 * to do the second time; an export, loaded again, means the same.
 */
#include "tests/policy/policies.h"
#include "tests/policy/random_policy.h"

#include "policy/diagnostic.h"
#include "policy/export.h"
#include "policy/format.h"

#define FORMAT_CASES 10000
#define EXPORT_CASES 10000

static const char *const layers[] = {"org", "team", "local"};

/* --- Files ---------------------------------------------------------------- */

/* Rewrites the file of a layer, "org.policy". */
static void
write_layer(struct folder *folder, const char *layer, const char *text)
{
	auto_free char *name = xprintf("%s.policy", layer);
	auto_free char *path = folder_path(folder, name);

	/* A new file costs less than one that is cut and filled again. */
	unlink(path);
	folder->count = 0;
	folder_write(folder, name, text);
}

static struct policy *
load_layer(const struct folder *folder, const char *layer)
{
	auto_free char *name = xprintf("%s.policy", layer);
	auto_free char *said = NULL;
	const char *code;
	struct policy *policy = folder_load(folder, name, &code, &said);

	if (policy == NULL)
		printf("# %s\n", said);
	return policy;
}

static void
remove_layers(struct folder *folder)
{
	folder->count = 0;
	for (size_t i = 0; i < array_size(layers); i++)
		snprintf(folder->names[folder->count++],
			 sizeof(folder->names[0]), "%s.policy", layers[i]);
	folder_remove(folder);
}

/* --- Sets by chance ------------------------------------------------------- */

static const char *const comments[] = {
	"# a comment",
	"#",
	"#\t tabs, \"quotes\" { and (",
	"# \xC3\xA9t\xC3\xA9  ",
};

/* Comments and blank lines where a line ends, and spaces where one stands. */
static void
disturb(FILE *out, unsigned *seed, const char *text)
{
	bool in_string = false, in_comment = false;

	for (; *text != '\0'; text++) {
		bool ends = *text == '\n';

		in_comment |= *text == '#' && !in_string;
		in_string ^= *text == '"' && !in_comment;
		if (ends && !in_comment && random_below(seed, 6) == 0)
			fprintf(out, "%*s%s", (int)random_below(seed, 9), "",
				random_of(seed, comments));
		if (ends && random_below(seed, 12) == 0)
			fputc('\r', out);
		fputc(*text, out);
		if (!in_string && !in_comment && *text == ' ' &&
		    random_below(seed, 5) == 0)
			fputs(random_below(seed, 4) == 0 ? "\t" : "   ", out);
		if (!ends)
			continue;
		in_comment = false;
		for (unsigned i = random_below(seed, 8); i > 5; i--)
			fprintf(out, "%*s\n", (int)random_below(seed, 3), "");
		if (random_below(seed, 9) == 0)
			fprintf(out, "%*s%s\n", (int)random_below(seed, 9), "",
				random_of(seed, comments));
	}
}

static char *
random_layer(unsigned *seed, const char *layer, const char *parent)
{
	auto_free char *plain = NULL;
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&plain, &size);

	random_policy_write(out, seed, layer, parent);
	fclose(out);
	out = xmemstream(&text, &size);
	disturb(out, seed, plain);
	fclose(out);
	return text;
}

/* --- fmt ------------------------------------------------------------------ */

static char *
format(const char *text)
{
	struct source source = {.path = "a.policy",
				.name = "a.policy",
				.text = text,
				.size = strlen(text)};
	struct error err = NO_ERROR;
	char *formatted = NULL;

	if (policy_format(&formatted, &source, stdout, false, &err) < 0)
		printf("# %s\n", err.text);
	return formatted;
}

/* How often a text holds a '#': no comment gets lost or doubled. */
static int
count_hashes(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += *text == '#';
	return count;
}

static bool
keeps_its_meaning(struct folder *folder, unsigned *seed)
{
	auto_free char *text = random_layer(seed, "org", NULL);
	auto_free char *once = format(text);
	auto_free char *twice = once == NULL ? NULL : format(once);
	auto_policy struct policy *before = NULL, *after = NULL;

	if (!same_text(once, twice) || once == NULL ||
	    count_hashes(text) != count_hashes(once))
		return false;
	write_layer(folder, "org", text);
	before = load_layer(folder, "org");
	write_layer(folder, "org", once);
	after = load_layer(folder, "org");
	return before != NULL && after != NULL &&
	       same_text(policy_meaning_hash(before),
			 policy_meaning_hash(after));
}

static void
format_keeps_the_meaning(void)
{
	struct folder folder = folder_make();
	int failures = 0;

	for (unsigned i = 0; i < FORMAT_CASES; i++) {
		unsigned seed = i;

		if (keeps_its_meaning(&folder, &seed))
			continue;
		failures++;
		printf("# seed %u\n", i);
	}
	remove_layers(&folder);
	test("fmt keeps the meaning and every comment, and is done at once",
	     failures == 0);
}

/* --- export --------------------------------------------------------------- */

/* One to three layers. Returns the lowest one's name. */
static const char *
write_set(struct folder *folder, unsigned *seed)
{
	unsigned count =
		1 + (random_below(seed, 10) > 5) + (random_below(seed, 10) > 8);

	for (unsigned i = 0; i < count; i++) {
		auto_free char *parent =
			i == 0 ? NULL : xprintf("%s.policy", layers[i - 1]);
		auto_free char *text = random_layer(seed, layers[i], parent);

		write_layer(folder, layers[i], text);
	}
	return layers[count - 1];
}

static bool
export_all(struct folder *folder, const struct policy *policy)
{
	for (int i = 0; i < policy_layer_count(policy); i++) {
		auto_free char *parent =
			i == 0 ? NULL : xprintf("%s.policy", layers[i - 1]);
		auto_free char *text = NULL;
		struct error err = NO_ERROR;

		if (policy_export_layer(&text, policy, i, parent, &err) < 0) {
			printf("# %s\n", err.text);
			return false;
		}
		write_layer(folder, layers[i], text);
	}
	return true;
}

static bool
export_means_the_same(struct folder *folder, unsigned *seed)
{
	const char *lowest = write_set(folder, seed);
	auto_policy struct policy *before = load_layer(folder, lowest);
	auto_policy struct policy *after = NULL;

	if (before == NULL || !export_all(folder, before))
		return false;
	after = load_layer(folder, lowest);
	return after != NULL && same_text(policy_meaning_hash(before),
					  policy_meaning_hash(after));
}

static void
exports_mean_the_same(void)
{
	struct folder folder = folder_make();
	int failures = 0;

	for (unsigned i = 0; i < EXPORT_CASES; i++) {
		unsigned seed = i;

		if (export_means_the_same(&folder, &seed))
			continue;
		failures++;
		printf("# seed %u\n", i);
	}
	remove_layers(&folder);
	test("an export, loaded again, means the same", failures == 0);
}

/* --- One of each ---------------------------------------------------------- */

static void
lays_out_as_the_house_does(void)
{
	auto_free char *text = format(
		"# head\n\n\npgmend-policy 1\nlayer team\nextends "
		"\"o.policy\"\n"
		"default deny\n\ntables @raw=raw_*.*,stg . *   # two\n"
		"columns   @keys = *.*.*_id\n"
		"types @ok = numeric ( <=38 , <=12 ),   # odd\n  bigint\n\n"
		"allow add_column on @raw as raw { # why\n\n type @ok\n"
		" when not(change.rewrite)or risk in(low,medium)\n\n\n"
		" when column.nullable }\n"
		"deny comment on @keys{reason \"x\"}\n");

	test_text("the layout of a small policy", text,
		  "# head\n\npgmend-policy 1\nlayer   team\n"
		  "extends \"o.policy\"\ndefault deny\n\n"
		  "tables  @raw  = raw_*.*, stg.* # two\n"
		  "columns @keys = *.*.*_id\n"
		  "types   @ok   = numeric(<=38,<=12),    # odd\n"
		  "                bigint\n\n"
		  "allow add_column on @raw as raw { # why\n"
		  "    type @ok\n"
		  "    when not (change.rewrite) or risk in (low, medium)\n\n"
		  "    when column.nullable\n"
		  "}\n"
		  "deny comment on @keys { reason \"x\" }\n");
}

static void
wraps_lists(void)
{
	auto_free char *text = format(
		"pgmend-policy 1\nnames @n = \"aaaaaaaaaaaaaaaaaaaaaaaaa\", "
		"\"bbbbbbbbbbbbbbbbbbbbbbbbb\", "
		"\"ccccccccccccccccccccccccccc\","
		" \"ddd\"\n"
		"deny add_column, widen_type, alter_type, drop_not_null, "
		"set_default, add_enum_value on *.*\n"
		"deny add_column,\n widen_type, alter_type, drop_not_null, "
		"set_default, add_enum_value on *.*\n"
		"deny comment,\n replay on *.*\n");

	test_text("lists go on below themselves, heads where they were broken",
		  text,
		  "pgmend-policy 1\n"
		  "names @n = \"aaaaaaaaaaaaaaaaaaaaaaaaa\", "
		  "\"bbbbbbbbbbbbbbbbbbbbbbbbb\",\n"
		  "           \"ccccccccccccccccccccccccccc\", \"ddd\"\n"
		  "deny add_column, widen_type, alter_type, drop_not_null, "
		  "set_default, add_enum_value on *.*\n"
		  "deny add_column, widen_type, alter_type, drop_not_null, "
		  "set_default,\n"
		  "     add_enum_value on *.*\n"
		  "deny comment, replay on *.*\n");
}

static void
refuses_what_is_wrong(void)
{
	static const struct {
		const char *name, *text;
	} wrong[] = {
		{"fmt refuses a file with a mistake",
		 "pgmend-policy 1\nalow comment on *.*\n"},
		{"fmt refuses a block that is open",
		 "pgmend-policy 1\ndeny comment on *.* {\n"},
		{"fmt refuses bytes that deceive",
		 "pgmend-policy 1\n# \xE2\x80\xAE\n"},
		{"fmt refuses another language", "# nothing\n"},
	};

	for (size_t i = 0; i < array_size(wrong); i++) {
		struct source source = {.path = "a.policy",
					.name = "a.policy",
					.text = wrong[i].text,
					.size = strlen(wrong[i].text)};
		auto_free char *text = NULL, *said = NULL;
		struct error err = NO_ERROR;
		size_t size;
		FILE *out = xmemstream(&said, &size);
		int status = policy_format(&text, &source, out, false, &err);

		fclose(out);
		test(wrong[i].name,
		     status < 0 && size > 0 &&
			     same_text(err.code, "policy_invalid"));
	}
}

int
main(void)
{
	lays_out_as_the_house_does();
	wraps_lists();
	refuses_what_is_wrong();
	format_keeps_the_meaning();
	exports_mean_the_same();
	return test_end();
}
