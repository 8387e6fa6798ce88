/* Manifests: what is one, and what a set that is loaded by one may hold. */
#include "tests/policy/policies.h"

#include "policy/manifest.h"
#include "policy/policy_signing.h"

#define HEAD "pgmend-policy 1\nlayer org\ndefault deny\n"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* --- Lines ---------------------------------------------------------------- */

static bool
parses(const char *text, size_t size)
{
	auto_manifest struct manifest *manifest = NULL;
	struct error err = NO_ERROR;

	return manifest_parse(&manifest, text, size, &err) == 0;
}

static void
reads_nothing_but_its_lines(void)
{
	static const struct {
		const char *name, *text;
	} bad[] = {
		{"refuses a manifest without lines", ""},
		{"refuses an empty line", "\n"},
		{"refuses a line that isn't ended", HASH "  a.policy"},
		{"refuses a line without a name", HASH "  \n"},
		{"refuses one space", HASH " a.policy\n"},
		{"refuses a hash in capitals",
		 "0123456789ABCDEF0123456789abcdef0123456789abcdef"
		 "0123456789abcdef  a.policy\n"},
		{"refuses a short hash", "0123  a.policy\n"},
		{"refuses a name twice",
		 HASH "  a.policy\n" HASH "  a.policy\n"},
		{"refuses what follows", HASH "  a.policy\nmore\n"},
	};
	static const char good[] = HASH "  a.policy\n" HASH "  b/c d.policy\n";

	test("reads a manifest", parses(good, strlen(good)));
	test("refuses NUL in a name",
	     !parses(HASH "  a\0b\n", strlen(HASH) + 6));
	for (size_t i = 0; i < array_size(bad); i++)
		test(bad[i].name, !parses(bad[i].text, strlen(bad[i].text)));
}

/* --- Sets ----------------------------------------------------------------- */

static const char *
load_by(const struct folder *folder, const struct manifest *manifest)
{
	auto_free char *path = folder_path(folder, "org.policy");
	auto_policy struct policy *policy = NULL;
	struct policy_text given = {.path = path, .manifest = manifest};
	struct error err = NO_ERROR;

	if (policy_load_text(&policy, &given, stdout, DIAGNOSTIC_TEXT, &err) ==
	    0)
		return NULL;
	return err.code;
}

static void
vouches_for_bytes(void)
{
	struct folder folder = folder_make();
	auto_manifest struct manifest *manifest = NULL, *less = NULL;
	struct error err = NO_ERROR;

	folder_write(&folder, "org.policy", HEAD "include \"more.policy\"\n");
	folder_write(&folder, "more.policy", "pgmend-policy 1\n");
	folder_write(&folder, "notes.txt", "no policy");
	if (manifest_of_folder(&manifest, folder.path, &err) < 0)
		printf("# %s\n", err.text);
	test("lists the policies of a folder, and nothing else",
	     manifest != NULL && manifest_count(manifest) == 2);
	test_text("loads a set whose files are listed",
		  load_by(&folder, manifest), NULL);
	/* A mistake in it would be told, had it been parsed. */
	folder_write(&folder, "more.policy", "pgmend-policy 2\n");
	test_text("refuses a file that changed, unparsed",
		  load_by(&folder, manifest), "F14");
	folder_write(&folder, "more.policy", "pgmend-policy 1\n");
	manifest_parse(&less, manifest_text(manifest),
		       strcspn(manifest_text(manifest), "\n") + 1, &err);
	test_text("refuses a file that isn't listed", load_by(&folder, less),
		  "F14");
	folder_remove(&folder);
}

static void
lists_only_what_is_trusted(void)
{
	struct folder folder = folder_make();
	auto_manifest struct manifest *manifest = NULL;
	auto_free char *path = folder_path(&folder, "org.policy");
	struct error err = NO_ERROR;

	test("a folder without policies has no manifest",
	     manifest_of_folder(&manifest, folder.path, &err) < 0);
	folder_write(&folder, "org.policy", HEAD);
	chmod(path, 0666);
	test("a file that others can write isn't signed",
	     manifest_of_folder(&manifest, folder.path, &err) < 0);
	folder_remove(&folder);
}

/* --- What a set asks of its signature ------------------------------------- */

static bool
is_content(const char *signing, const char *signer)
{
	auto_free char *rules = xprintf("signing {\n%s\n}\n", signing);
	auto_policy struct policy *policy = policy_of(rules);
	struct error err = NO_ERROR;

	return policy_check_signer(policy, signer, &err) == 0;
}

static void
asks_for_signers(void)
{
	test("a set may ask for nothing", is_content("require no", NULL));
	test("a set that wants a signature has one",
	     !is_content("require yes", NULL) &&
		     is_content("require yes", "a"));
	test("by one of its own signers",
	     is_content("signers \"b\", \"a\"", "a") &&
		     !is_content("signers \"b\"", "a"));
	test("in the one namespace",
	     is_content("namespace \"pgmend-policy\"", "a") &&
		     !is_content("namespace \"git\"", "a"));
}

int
main(void)
{
	reads_nothing_but_its_lines();
	vouches_for_bytes();
	lists_only_what_is_trusted();
	asks_for_signers();
	return test_end();
}
