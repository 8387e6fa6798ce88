/* Loading a set: whose files it trusts, and what its hashes say. */
#include "tests/policy/policies.h"

#define HEAD "pgmend-policy 1\nlayer org\ndefault deny\n"

static const char *
code_of(const struct folder *folder, const char *name)
{
	auto_policy struct policy *policy = NULL;
	const char *code;

	policy = folder_load(folder, name, &code, NULL);
	return code;
}

static void
trusts_only_files_that_nobody_else_can_write(void)
{
	struct folder folder = folder_make();
	auto_free char *path = folder_path(&folder, "org.policy");
	auto_free char *link = folder_path(&folder, "link.policy");

	folder_write(&folder, "org.policy", HEAD);
	test_text("loads a file of ours", code_of(&folder, "org.policy"), NULL);
	chmod(path, 0664);
	test_text("refuses a file that the group can write",
		  code_of(&folder, "org.policy"), "policy_invalid");
	chmod(path, 0646);
	test_text("refuses a file that others can write",
		  code_of(&folder, "org.policy"), "policy_invalid");
	chmod(path, 0644);
	if (geteuid() == 0) {
		if (chown(path, 12345, 12345) == 0)
			test_text("refuses a file of someone else",
				  code_of(&folder, "org.policy"),
				  "policy_invalid");
		if (chown(path, 0, 0) != 0)
			abort();
	} else {
		test_skip("refuses a file of someone else", "root");
	}
	if (symlink("org.policy", link) < 0)
		abort();
	test_text("refuses a symlink", code_of(&folder, "link.policy"),
		  "policy_unreadable");
	unlink(link);
	test_text("refuses a folder", code_of(&folder, "."),
		  "policy_unreadable");
	test_text("refuses what isn't there", code_of(&folder, "no.policy"),
		  "policy_unreadable");
	folder_remove(&folder);
}

static void
stays_within_the_root(void)
{
	struct folder folder = folder_make();

	folder_write(&folder, "up.policy",
		     HEAD "include \"../secret.policy\"\n");
	folder_write(&folder, "away.policy", HEAD "include \"/etc/passwd\"\n");
	folder_write(&folder, "empty.policy", "");
	test_text("an include doesn't leave by ..",
		  code_of(&folder, "up.policy"), "policy_invalid");
	test_text("nor by an absolute path", code_of(&folder, "away.policy"),
		  "policy_unreadable");
	test_text("an empty file is no policy",
		  code_of(&folder, "empty.policy"), "policy_invalid");
	folder_remove(&folder);
}

static void
hashes_files_and_meaning(void)
{
	struct folder folder = folder_make();
	const char *code;

	folder_write(&folder, "a.policy",
		     HEAD "tables @t = app.*, hr.*\n"
			  "allow comment on @t as a1\n"
			  "deny comment on hr.x as d1\n");
	folder_write(&folder, "b.policy",
		     HEAD
		     "# the same, said otherwise\n"
		     "deny comment on hr.x as d1\n\n"
		     "allow comment on app.*, hr.* as a1\n"
		     "test \"x\" {\n    expect deny \"x\" by default\n}\n");
	folder_write(&folder, "c.policy",
		     HEAD "allow comment on app.*, hr.* as a1\n");

	auto_policy struct policy *a =
		folder_load(&folder, "a.policy", &code, NULL);
	auto_policy struct policy *b =
		folder_load(&folder, "b.policy", &code, NULL);
	auto_policy struct policy *c =
		folder_load(&folder, "c.policy", &code, NULL);

	test("the same rules mean the same",
	     a != NULL && b != NULL &&
		     strcmp(policy_meaning_hash(a), policy_meaning_hash(b)) ==
			     0);
	test("though the files differ",
	     a != NULL && b != NULL &&
		     strcmp(policy_files_hash(a), policy_files_hash(b)) != 0);
	test("other rules mean something else",
	     a != NULL && c != NULL &&
		     strcmp(policy_meaning_hash(a), policy_meaning_hash(c)) !=
			     0);
	folder_remove(&folder);
}

static void
composes_settings(void)
{
	struct folder folder = folder_make();
	auto_policy struct policy *plain = policy_of("");
	auto_policy struct policy *set = NULL;
	const struct policy_settings *settings;
	const char *code;

	folder_write(&folder, "org.policy",
		     HEAD "limits {\n    lock_timeout 2s\n    replay_rows "
			  "1_000\n}\nsandbox {\n    require seccomp\n}\n");
	folder_write(&folder, "team.policy",
		     "pgmend-policy 1\nlayer team\nextends \"org.policy\"\n"
		     "default inherit\nlimits {\n    lock_timeout 500ms\n}\n"
		     "sandbox {\n    require cgroup\n}\n");
	set = folder_load(&folder, "team.policy", &code, NULL);
	test("a set that says nothing has limits",
	     policy_settings(plain)->lock_timeout_ms == 3000 &&
		     policy_settings(plain)->sandbox_require == 0x17);
	test_text("a layer may narrow", code, NULL);
	if (set != NULL) {
		settings = policy_settings(set);
		test("the tightest limit counts",
		     settings->lock_timeout_ms == 500 &&
			     settings->replay_rows == 1000);
		test("layers add what the jail must have",
		     settings->sandbox_require == 0x9);
		test("the set has two files",
		     policy_counts(set).files == 2 &&
			     policy_counts(set).settings == 5);
	}
	folder_remove(&folder);
}

int
main(void)
{
	trusts_only_files_that_nobody_else_can_write();
	stays_within_the_root();
	hashes_files_and_meaning();
	composes_settings();
	return test_end();
}
