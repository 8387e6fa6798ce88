#include <fcntl.h>
#include <sys/stat.h>

#include "supervisor/secret.h"
#include "tests/test.h"

/* Writes a file of that mode into the folder; the caller frees its path. */
static char *
write_file(const char *folder, const char *name, const char *text, mode_t mode)
{
	char *path = xprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	if (file == NULL)
		abort();
	fputs(text, file);
	fclose(file);
	chmod(path, mode);
	return path;
}

static bool
is_refused(const char *path, const char *why)
{
	auto_secret struct secret secret = {0};
	struct error err = NO_ERROR;

	return secret_read(&secret, "key", path, &err) < 0 &&
	       err.reason == EXIT_UNSAFE && strstr(err.text, why) != NULL;
}

static void
test_files(const char *folder)
{
	auto_free char *good = write_file(folder, "good", "abc \n", 0600);
	auto_free char *open = write_file(folder, "open", "abc", 0640);
	auto_free char *empty = write_file(folder, "empty", "\n", 0600);
	auto_free char *link = xprintf("%s/link", folder);
	auto_free char *missing = xprintf("%s/missing", folder);
	auto_secret struct secret secret = {0};
	struct error err = NO_ERROR;

	test("a secret is read from its file",
	     secret_read(&secret, "key", good, &err) == 0 && secret.size == 3);
	test_text("white space at its end is left out", secret.bytes, "abc");
	test("a file that the group may read is refused",
	     is_refused(open, "its group"));
	test("an empty secret is refused", is_refused(empty, "empty"));
	test("a symbolic link is refused",
	     symlink(good, link) == 0 && is_refused(link, "link"));
	test("a folder is refused", is_refused(folder, "ordinary file"));
	test("a file that is named must be there",
	     is_refused(missing, "No such file"));
}

static void
test_credentials(const char *folder)
{
	auto_free char *given = write_file(folder, "key", "systemd's", 0440);
	auto_free char *other = write_file(folder, "other", "ours", 0600);
	auto_secret struct secret secret = {0}, none = {0};
	struct error err = NO_ERROR;

	test("a credential is there", access(given, R_OK) == 0);
	test("a secret that isn't configured is none",
	     secret_read(&none, "key", NULL, &err) == 0 && none.bytes == NULL);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	secret_read(&secret, "key", other, &err);
	test_text("the service's credential comes first", secret.bytes,
		  "systemd's");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void
test_variables(void)
{
	auto_secret struct secret secret = {0}, none = {0};
	auto_free char *long_value = xcalloc(1, SECRET_MAX + 2);
	struct error err = NO_ERROR;
	const char *place;

	memset(long_value, 'x', SECRET_MAX + 1);
	setenv("PGMEND_TEST_SECRET", "abc", 1);
	place = getenv("PGMEND_TEST_SECRET");
	test("a variable is a secret",
	     secret_take_variable(&secret, "PGMEND_TEST_SECRET", &err) == 0 &&
		     secret.size == 3 && same_text(secret.bytes, "abc"));
	test("it is wiped and unset",
	     *place == '\0' && getenv("PGMEND_TEST_SECRET") == NULL);
	test("an unset variable is none",
	     secret_take_variable(&none, "PGMEND_TEST_SECRET", &err) == 0 &&
		     none.bytes == NULL);
	setenv("PGMEND_TEST_SECRET", long_value, 1);
	test("one that is too long is refused, and gone",
	     secret_take_variable(&none, "PGMEND_TEST_SECRET", &err) < 0 &&
		     err.reason == EXIT_USAGE &&
		     getenv("PGMEND_TEST_SECRET") == NULL);
	test("a file that is named counts as stored",
	     secret_is_stored("key", "/nowhere") &&
		     !secret_is_stored("key", NULL));
}

int
main(void)
{
	char folder[] = "/tmp/pgmend-secret-XXXXXX";
	static const char *const names[] = {"good", "open", "empty",
					    "link", "key",  "other"};

	if (mkdtemp(folder) == NULL)
		return 1;
	test_files(folder);
	test_credentials(folder);
	test_variables();
	for (size_t i = 0; i < array_size(names); i++) {
		auto_free char *path = xprintf("%s/%s", folder, names[i]);

		unlink(path);
	}
	rmdir(folder);
	return test_end();
}
