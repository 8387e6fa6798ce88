#include "pgmend.h"
#include "supervisor/configuration.h"
#include "supervisor/endpoint.h"

/* Every variable that holds a key: each is wiped, whichever is used. */
enum variable {
	VARIABLE_KEY,
	VARIABLE_TOKEN,
	VARIABLE_AWS_ACCESS,
	VARIABLE_AWS_SECRET,
	VARIABLE_AWS_TOKEN,
	VARIABLES
};

static const char *const variables[VARIABLES] = {
	[VARIABLE_KEY] = "ANTHROPIC_API_KEY",
	[VARIABLE_TOKEN] = "ANTHROPIC_AUTH_TOKEN",
	[VARIABLE_AWS_ACCESS] = "AWS_ACCESS_KEY_ID",
	[VARIABLE_AWS_SECRET] = "AWS_SECRET_ACCESS_KEY",
	[VARIABLE_AWS_TOKEN] = "AWS_SESSION_TOKEN",
};

static bool
is_set(enum variable variable)
{
	const char *value = getenv(variables[variable]);

	return value != NULL && *value != '\0';
}

/* --- What is there -------------------------------------------------------- */

static const char *
key_file(const struct configuration *configuration)
{
	const char *file = getenv("PGMEND_API_KEY_FILE");

	return file != NULL && *file != '\0' ? file
					     : configuration->api_key_file;
}

bool
endpoint_has_stored_key(const struct configuration *configuration)
{
	return secret_is_stored(ENDPOINT_KEY_NAME, key_file(configuration));
}

static bool
is_aws(const char *auth)
{
	return auth != NULL && (strncmp(auth, "sigv4", 5) == 0 ||
				strncmp(auth, "aws:", 4) == 0);
}

bool
endpoint_has_key(const struct configuration *configuration)
{
	if (endpoint_has_stored_key(configuration))
		return true;
	if (is_aws(configuration->auth))
		return is_set(VARIABLE_AWS_ACCESS) &&
		       is_set(VARIABLE_AWS_SECRET);
	return is_set(VARIABLE_KEY) || is_set(VARIABLE_TOKEN);
}

bool
endpoint_has_only_token(const struct configuration *configuration)
{
	return !endpoint_has_stored_key(configuration) &&
	       !is_set(VARIABLE_KEY) && is_set(VARIABLE_TOKEN);
}

/* --- What is used --------------------------------------------------------- */

struct found {
	struct secret of[VARIABLES];
};

static void
found_wipe(struct found *found)
{
	for (int i = 0; i < VARIABLES; i++)
		secret_wipe(&found->of[i]);
}
#define auto_found __attribute__((cleanup(found_wipe)))

/* Takes all out of the environment, also behind one that is too long. */
static int
take_variables(struct found *found, struct error *err)
{
	int status = 0;

	for (int i = 0; i < VARIABLES; i++)
		if (secret_take_variable(&found->of[i], variables[i], err) < 0)
			status = -1;
	return status;
}

static void
move(struct secret *ret_key, struct secret *secret)
{
	*ret_key = *secret;
	*secret = (struct secret){0};
}

/* "ACCESS:SECRET[:TOKEN]" in the one buffer that will be wiped. */
static int
join_aws(struct secret *ret_key, const struct found *found, struct error *err)
{
	const struct secret *access = &found->of[VARIABLE_AWS_ACCESS];
	const struct secret *secret = &found->of[VARIABLE_AWS_SECRET];
	const struct secret *token = &found->of[VARIABLE_AWS_TOKEN];
	auto_secret struct secret key = {0};

	if (access->bytes == NULL || secret->bytes == NULL)
		return 0;
	key.size = access->size + 1 + secret->size +
		   (token->bytes == NULL ? 0 : 1 + token->size);
	if (key.size > SECRET_MAX)
		return fail_as(err, EXIT_USAGE, "bad_secret",
			       "the AWS key and its token are too long");
	key.bytes = secret_buffer();
	snprintf(key.bytes, SECRET_MAX + 1, "%s:%s%s%s", access->bytes,
		 secret->bytes, token->bytes == NULL ? "" : ":",
		 token->bytes == NULL ? "" : token->bytes);
	move(ret_key, &key);
	return 0;
}

static int
choose_variable(struct secret *ret_key, const struct endpoint *endpoint,
		struct found *found, struct error *err)
{
	struct secret *key = &found->of[VARIABLE_KEY];
	struct secret *token = &found->of[VARIABLE_TOKEN];

	if (is_aws(endpoint->auth))
		return join_aws(ret_key, found, err);
	if (key->bytes != NULL && token->bytes != NULL)
		fprintf(stderr,
			"pgmend: both ANTHROPIC_API_KEY and "
			"ANTHROPIC_AUTH_TOKEN are set: the key is used\n");
	move(ret_key, key->bytes != NULL ? key : token);
	return 0;
}

/* A line's end in a key would be a header of the key's author. */
static int
check_key(const struct secret *key, const struct endpoint *endpoint,
	  struct error *err)
{
	if (key->bytes == NULL)
		return fail_as(err, EXIT_USAGE, "no_key",
			       "no key for the model's API is configured");
	for (size_t i = 0; i < key->size; i++)
		if (key->bytes[i] <= ' ' || key->bytes[i] > '~')
			return fail_as(err, EXIT_USAGE, "bad_secret",
				       "the key for the model's API holds what "
				       "no key holds");
	if (is_aws(endpoint->auth) && strchr(key->bytes, ':') == NULL)
		return fail_as(err, EXIT_USAGE, "bad_secret",
			       "an AWS key is stored as ACCESS:SECRET or "
			       "ACCESS:SECRET:TOKEN");
	return 0;
}

int
endpoint_key(struct secret *ret_key, const struct configuration *configuration,
	     const struct endpoint *endpoint, struct error *err)
{
	auto_found struct found found = {0};
	auto_secret struct secret key = {0};

	if (take_variables(&found, err) < 0 ||
	    secret_read(&key, ENDPOINT_KEY_NAME, key_file(configuration), err) <
		    0)
		return -1;
	if (key.bytes == NULL &&
	    choose_variable(&key, endpoint, &found, err) < 0)
		return -1;
	if (check_key(&key, endpoint, err) < 0)
		return -1;
	move(ret_key, &key);
	return 0;
}
