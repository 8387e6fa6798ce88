/*
 * claim.h - what can be true of a world, in which some operation is about to be
 * done to some table: that a rule matches, that an assertion speaks of it, that
 * a pattern covers it. Private to policy/.
 *
 * The linter asks which claims can be true together; everything else that it
 * says follows from that.
 */
#ifndef POLICY_CLAIM_H
#define POLICY_CLAIM_H

#include "policy/decide.h"

/* Layers of all sets together: each set has an org, a team and a local one. */
#define CLAIM_LAYERS_MAX 12

struct claim {
	const struct rule *rule;	   /* what is claimed to match, */
	const struct assertion *assertion; /* or to hold; or a pattern alone */
	int layer; /* number of the rule's or the assertion's own */
	unsigned operations;
	const struct patterns *subjects, *excepts;
	enum polarity polarity; /* of the subjects; excepts are read the other
				 * way */
	const struct type_patterns *types, *froms; /* NULL: every type */
	const struct condition *const *conditions;
	int condition_count;
	int expires;
};

/* Words that were found for some globs: most operations have the same. */
struct walked {
	const char *globs;
	struct glob_words words;
};

struct claims {
	struct arena *arena; /* borrowed */
	struct claim *of;
	int count;
	const struct layer *layers[CLAIM_LAYERS_MAX];
	int layer_count;
	struct walked *walked;
	int walked_count;

	/* Leaves out worlds in which a condition is unknown whose facts nobody
	 * else asks for: whatever a layer says there, and by which rules, it
	 * says as well where the condition holds, or where it doesn't. For
	 * whoever looks at one set alone; half the work for each such rule. */
	bool spares_unknown;
};

/* The layers of one policy set among all: from the first up to the second. */
struct layer_range {
	int first, end;
};

/* All rules and assertions of a set and of what narrows it. */
struct layer_range
claims_add_policy(struct claims *claims, const struct policy *policy);
void claims_add_patterns(struct claims *claims, const struct patterns *patterns,
			 enum polarity polarity);

/* glob_walk(), once for the same globs. */
struct glob_words claims_walk(struct claims *claims,
			      const struct glob_set *globs, const char *usual);

bool claim_is_about(const struct claim *claim, enum operation operation);

struct region;

/* What each layer says in a region, and what they come to together. */
struct judgement {
	struct outcome layers[CLAIM_LAYERS_MAX];
	struct outcome total;
	int strictest; /* the first layer that says so */
};

struct judgement
judge_region(const struct claims *claims, const struct region *region,
	     struct layer_range range);

/* The first rule that brought about what the layer says; NULL: its default. */
const struct rule *
region_decider(const struct claims *claims, const struct region *region,
	       int layer, const struct outcome *outcome);

#endif
