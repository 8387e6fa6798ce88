/*
 * random_set.h - whole sets by chance, loaded as heal loads them, and worlds to
 * try them in.
 */
#ifndef TESTS_POLICY_RANDOM_SET_H
#define TESTS_POLICY_RANDOM_SET_H

#include "tests/policy/policies.h"
#include "tests/policy/random_policy.h"

static const char *const random_layers[] = {"org", "team", "local"};
static const char *const random_files[] = {"org.policy", "team.policy",
					   "local.policy"};

/* One to three layers, as a set. */
static inline struct policy *
random_set(unsigned *seed, int layers)
{
	struct folder folder = folder_make();
	struct policy *policy;
	const char *code;
	char *said = NULL;

	for (int i = 0; i < layers; i++) {
		auto_free char *text = NULL;
		size_t size;
		FILE *out = xmemstream(&text, &size);

		random_policy_write(out, seed, random_layers[i],
				    i == 0 ? NULL : random_files[i - 1]);
		fclose(out);
		folder_write(&folder, random_files[i], text);
	}
	policy = folder_load(&folder, random_files[layers - 1], &code, &said);
	if (policy == NULL) {
		printf("# %s\n", said);
		abort();
	}
	free(said);
	folder_remove(&folder);
	return policy;
}

struct world {
	struct subject subject;
	struct facts facts;
};

/* The name of the column is what the subject says it is. */
static inline struct world
random_world(unsigned *seed)
{
	struct world world = {.subject = random_subject(seed),
			      .facts = random_facts(seed)};
	struct fact_value *name = &world.facts.of[FACT_COLUMN_NAME];

	name->text = world.subject.column;
	name->known = name->known && name->text != NULL;
	return world;
}

#endif
