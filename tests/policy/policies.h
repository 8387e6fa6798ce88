/*
 * policies.h - policy texts of a test as files in a folder of its own, loaded
 * as heal loads them.
 */
#ifndef TESTS_POLICY_POLICIES_H
#define TESTS_POLICY_POLICIES_H

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/test.h"

#include "policy/judge.h"
#include "policy/policy.h"

struct folder {
	char path[64];
	char names[8][32];
	int count;
};

static inline struct folder
folder_make(void)
{
	struct folder folder = {.path = "/tmp/pgmend-policy-XXXXXX"};

	if (mkdtemp(folder.path) == NULL)
		abort();
	return folder;
}

static inline char *
folder_path(const struct folder *folder, const char *name)
{
	return xprintf("%s/%s", folder->path, name);
}

static inline void
folder_write(struct folder *folder, const char *name, const char *text)
{
	auto_free char *path = folder_path(folder, name);
	FILE *file = fopen(path, "we");

	if (file == NULL)
		abort();
	fputs(text, file);
	fclose(file);
	chmod(path, 0644);
	snprintf(folder->names[folder->count++], sizeof(folder->names[0]), "%s",
		 name);
}

static inline void
folder_remove(struct folder *folder)
{
	for (int i = 0; i < folder->count; i++) {
		auto_free char *path = folder_path(folder, folder->names[i]);

		unlink(path);
	}
	rmdir(folder->path);
}

/* NULL when it can't be loaded; the error's code is then in *ret_code. */
static inline struct policy *
folder_load(const struct folder *folder, const char *name,
	    const char **ret_code, char **ret_diagnostics)
{
	auto_free char *path = folder_path(folder, name);
	struct error err = NO_ERROR;
	struct policy *policy = NULL;
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	*ret_code = NULL;
	if (policy_load(&policy, path, out, false, &err) < 0)
		*ret_code = err.code;
	fclose(out);
	if (ret_diagnostics != NULL)
		*ret_diagnostics = text;
	else
		free(text);
	return policy;
}

/* Code of the first error that was said, "E105"; else of the failure to read
 * the file, or "" when it is fine. */
static inline char *
folder_error(const struct folder *folder, const char *name)
{
	auto_policy struct policy *policy = NULL;
	char *said = NULL, *found, *result;
	const char *code;

	policy = folder_load(folder, name, &code, &said);
	found = memmem(said, strlen(said), "error[", strlen("error["));
	if (found != NULL)
		result = xprintf("%.4s", found + strlen("error["));
	else
		result = xstrdup(code == NULL ? "" : code);
	free(said);
	return result;
}

/* One file with the head of an org layer, loaded. */
static inline struct policy *
policy_of(const char *rules)
{
	struct folder folder = folder_make();
	auto_free char *text =
		xprintf("pgmend-policy 1\nlayer org\ndefault deny\n%s", rules);
	struct policy *policy;
	const char *code;
	char *diagnostics = NULL;

	folder_write(&folder, "org.policy", text);
	policy = folder_load(&folder, "org.policy", &code, &diagnostics);
	if (policy == NULL)
		printf("# %s\n", diagnostics);
	free(diagnostics);
	folder_remove(&folder);
	return policy;
}

/* What these rules say; without facts, of which nothing is known. */
static inline struct verdict
judge_text(const char *rules, const struct subject *subject,
	   const struct facts *facts)
{
	auto_policy struct policy *policy = policy_of(rules);
	struct facts none = {.today = 0};

	if (policy == NULL)
		return verdict_start();
	return judge(policy, subject, facts == NULL ? &none : facts);
}

#endif
