/*
 * lint_parts.h - what the files lint*.c share. Private to them.
 */
#ifndef POLICY_LINT_PARTS_H
#define POLICY_LINT_PARTS_H

#include "policy/claim.h"
#include "policy/lint.h"
#include "policy/region.h"

/* What becomes of a rule, or of an assertion, over all regions. */
struct fate {
	unsigned matched; /* operations for which it surely does, somewhere */
	bool decides;	  /* what its own layer says */
	bool counts;	  /* and no layer above says something stricter */
	bool is_tried;	  /* false: one of its operations has too many worlds */
	bool is_broken;	  /* an assertion: an example was given */

	/* Who decides where it doesn't, within its layer and above. */
	struct instead {
		bool is_known;
		const struct rule *rule; /* NULL: the layer's default */
		int layer;
	} beside, above;

	/* A rule of a layer above that decides by a fact that this one asks
	 * for as well. */
	const struct rule *overruled_by;

	/* Rules that are true wherever this one matters, as bits by claim; NULL
	 * as long as it matters nowhere. */
	uint64_t *covering;

	/* What only the model's own word separates its decision from. */
	bool is_alone;
};

struct linter {
	struct policy *policy;
	struct diagnostics diagnostics;
	struct lint_result result;
	int given_up; /* operations with too many worlds */
	int today;
	struct claims claims;
	struct layer_range range;
	struct fate *fates;	    /* by claim */
	size_t words;		    /* of a bit for each claim */
	uint64_t *surely, *perhaps; /* claims that hold in this region */
};

/* "'raw-columns'", or "on line 12" where the rule has no label. */
const char *lint_label(struct linter *linter, const struct rule *rule);
/* "line 12", or "org.policy:12" for someone in another file. */
const char *
lint_where(struct linter *linter, const struct rule *from, const char *file);
/* The facts that the rule's conditions ask for, as bits (region.h). */
uint64_t lint_axes(const struct rule *rule);
bool rule_has_run_out(const struct linter *linter, const struct rule *rule);

/* lint_fate.c */
void lint_fate_learn(struct linter *linter, const struct region *region,
		     const struct judgement *judgement);
void lint_fates(struct linter *linter);
/* lint_assert.c */
void lint_assertions_learn(struct linter *linter, const struct region *region,
			   const struct judgement *judgement);
/* lint_model.c */
void lint_model_learn(struct linter *linter, const struct region *region,
		      const struct judgement *judgement);
void lint_model(struct linter *linter);
/* lint_words.c, lint_disclosure.c */
void lint_words(struct linter *linter);
void lint_disclosure(struct linter *linter);

#endif
