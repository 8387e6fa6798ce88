/*
 * endpoint_environment.h - what the tests of the endpoint share: the variables
 * that it reads, and files that it may find.
 */
#ifndef TESTS_SUPERVISOR_ENDPOINT_ENVIRONMENT_H
#define TESTS_SUPERVISOR_ENDPOINT_ENVIRONMENT_H

#include <sys/stat.h>

#include "tests/test.h"

#define BASE "ANTHROPIC_BASE_URL"

static const char *const variables[] = {
	BASE,
	"ANTHROPIC_API_KEY",
	"ANTHROPIC_AUTH_TOKEN",
	"ANTHROPIC_CUSTOM_HEADERS",
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"CREDENTIALS_DIRECTORY",
	"PGMEND_API_KEY_FILE",
	"PGMEND_CA_FILE",
};

static inline void
clean_environment(void)
{
	for (size_t i = 0; i < array_size(variables); i++)
		unsetenv(variables[i]);
}

static inline void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		abort();
	fputs(text, file);
	fclose(file);
	chmod(path, mode);
}

#endif
