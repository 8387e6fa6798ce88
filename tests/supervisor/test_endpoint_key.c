#include "supervisor/configuration.h"
#include "supervisor/endpoint.h"
#include "tests/supervisor/endpoint_environment.h"

/* --- Keys ----------------------------------------------------------------- */

static const char *
key_of(const struct configuration *configuration, const char *auth)
{
	static char text[256];
	auto_secret struct secret key = {0};
	struct endpoint endpoint = {.auth = xstrdup(auth)};
	struct error err = NO_ERROR;

	if (endpoint_key(&key, configuration, &endpoint, &err) < 0)
		snprintf(text, sizeof(text), "%s", err.code);
	else
		snprintf(text, sizeof(text), "%s", key.bytes);
	free(endpoint.auth);
	return text;
}

static void
reads_keys(const char *folder)
{
	auto_free char *path = xprintf("%s/api-key", folder);
	struct configuration configuration = {.api_key_file = path};
	struct configuration none = {.path = NULL};
	const char *place;

	test("no key, no model", !endpoint_has_key(&none));
	test_text("says that there is no key", key_of(&none, "x-api-key"),
		  "no_key");
	setenv("ANTHROPIC_API_KEY", "secret-of-the-environment", 1);
	setenv("ANTHROPIC_AUTH_TOKEN", "other", 1);
	place = getenv("ANTHROPIC_API_KEY");
	test("a variable is a key", endpoint_has_key(&none));
	test_text("the key wins over the token", key_of(&none, "x-api-key"),
		  "secret-of-the-environment");
	test("the variable is wiped where it stood", *place == '\0');
	test("and unset, as the other one",
	     getenv("ANTHROPIC_API_KEY") == NULL &&
		     getenv("ANTHROPIC_AUTH_TOKEN") == NULL);

	write_file(path, "stored\n", 0600);
	setenv("ANTHROPIC_API_KEY", "variable", 1);
	test_text("a stored key wins over a variable",
		  key_of(&configuration, "x-api-key"), "stored");
	test("which is wiped all the same",
	     getenv("ANTHROPIC_API_KEY") == NULL);
	setenv("PGMEND_API_KEY_FILE", "/nowhere", 1);
	test_text("the environment's file comes first",
		  key_of(&configuration, "x-api-key"), "secret_unsafe");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	test_text("a credential before any file",
		  key_of(&configuration, "x-api-key"), "stored");
	clean_environment();
	write_file(path, "two words\n", 0600);
	test_text("refuses what can't stand in a header",
		  key_of(&configuration, "x-api-key"), "bad_secret");
	unlink(path);
}

static void
reads_aws_keys(const char *folder)
{
	auto_free char *path = xprintf("%s/aws", folder);
	char sigv4[] = "sigv4 a b";
	struct configuration configuration = {.auth = sigv4};
	struct configuration stored = {.auth = sigv4, .api_key_file = path};

	setenv("ANTHROPIC_API_KEY", "k", 1);
	test("another route's key is no key",
	     !endpoint_has_key(&configuration));
	setenv("AWS_ACCESS_KEY_ID", "ACCESS", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
	test("two variables are one", endpoint_has_key(&configuration));
	test_text("joins them", key_of(&configuration, "aws:amz:a:b"),
		  "ACCESS:SECRET");
	test("and wipes them", getenv("AWS_SECRET_ACCESS_KEY") == NULL);
	setenv("AWS_ACCESS_KEY_ID", "ACCESS", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
	setenv("AWS_SESSION_TOKEN", "TOKEN", 1);
	test_text("with a token", key_of(&configuration, "aws:amz:a:b"),
		  "ACCESS:SECRET:TOKEN");
	write_file(path, "nothing-of-aws", 0600);
	test_text("refuses a stored key of another form",
		  key_of(&stored, "aws:amz:a:b"), "bad_secret");
	unlink(path);
	clean_environment();
}

/* Who sets the environment doesn't have a stored key sent to himself. */
static void
keeps_a_stored_key_at_home(const char *folder)
{
	auto_free char *path = xprintf("%s/stored", folder);
	char base_url[] = "https://gateway.example/";
	struct configuration configuration = {.api_key_file = path,
					      .base_url = base_url};
	auto_endpoint struct endpoint *same = NULL;
	struct endpoint *other = NULL;
	struct error err = NO_ERROR;

	write_file(path, "stored\n", 0600);
	setenv(BASE, "https://evil.example", 1);
	test("a stored key goes nowhere else",
	     endpoint_read(&other, &configuration, &err) < 0 &&
		     err.reason == EXIT_USAGE &&
		     same_text(err.code, "endpoint_differs"));
	setenv(BASE, "https://Gateway.example:443", 1);
	test("the same address in another form is the same",
	     endpoint_read(&same, &configuration, &err) == 0);
	configuration.api_key_file = NULL;
	setenv(BASE, "https://evil.example", 1);
	setenv("PGMEND_API_KEY_FILE", path, 1);
	test("a key in a file of the caller's is stored, too",
	     endpoint_read(&other, &configuration, &err) < 0);
	unlink(path);
	clean_environment();
}

int
main(void)
{
	char folder[] = "/tmp/pgmend-key-XXXXXX";

	if (mkdtemp(folder) == NULL)
		abort();
	clean_environment();
	reads_keys(folder);
	reads_aws_keys(folder);
	keeps_a_stored_key_at_home(folder);
	rmdir(folder);
	return test_end();
}
