/*
 * small_policy.h - a small policy set for targets that need one: loaded once,
 * from the working folder.
 */
#ifndef TESTS_FUZZ_SMALL_POLICY_H
#define TESTS_FUZZ_SMALL_POLICY_H

#include "policy/policy.h"
#include "tests/fuzz/fuzz.h"

static inline const struct policy *
fuzz_policy(void)
{
	static const char rules[] =
		"pgmend-policy 1\n"
		"layer org\n"
		"default deny\n"
		"allow add_column on app.* as add { when column.nullable }\n"
		"escalate add_column on app.orders.secret as ask\n";
	static struct policy *policy;
	struct error err = NO_ERROR;
	FILE *file;

	if (policy != NULL)
		return policy;
	umask(022);
	file = fopen("fuzz.policy", "we");
	if (file == NULL)
		abort();
	fputs(rules, file);
	fclose(file);
	claim(policy_load(&policy, "fuzz.policy", stderr, false, &err) == 0);
	return policy;
}

#endif
