/*
 * difference_parts.h - what the files difference*.c share. Private to them.
 */
#ifndef POLICY_DIFFERENCE_PARTS_H
#define POLICY_DIFFERENCE_PARTS_H

#include <stdio.h>

#include "policy/difference.h"
#include "policy/region.h"
#include "policy/rules.h"

/* --- difference.c --------------------------------------------------------- */

void differences_add(struct differences *differences, struct difference one);
/* "add_column, replay", or "any": a bit for each. */
const char *operations_text(struct arena *arena, unsigned operations);

/* Two sets, and what is found out about their rules. Arrays go by claim. */
struct group;  /* difference.c */
struct demand; /* difference_demand.c */

struct contrast {
	struct differences *differences;
	const struct policy *before, *after;
	struct claims claims;
	struct layer_range old, new;
	const char **texts;		  /* of each claim's rule */
	const struct rule **counterparts; /* of the same label, or NULL */
	bool *is_changed;		  /* no equal rule in the other set */
	struct group *groups;
	int group_count;
	struct demand *demands;
	int demand_count;
};

/* A world in the region, for people. */
const char *
difference_example(const struct contrast *contrast, const struct region *region,
		   const struct facts *facts);

/* --- difference_cause.c --------------------------------------------------- */

/* Which rules have an equal in the same layer of the other set, and which one
 * of the same label. */
void find_counterparts(struct contrast *contrast);
bool claim_is_new(const struct contrast *contrast, int claim);

/* One of the two sets, and what it says in a region. */
struct side {
	struct layer_range range;
	struct judgement judgement;
};

/* The first changed rule by which a layer of this side decides otherwise than
 * the same layer of the other side; -1: no rule made the difference. */
int
changed_decider(const struct contrast *contrast, const struct region *region,
		const struct side *side, const struct side *other);

/* The first changed rule of the milder side that surely matches and so lifts a
 * default denial, though others decide what it is lifted to; -1: none. */
int changed_grant(const struct contrast *contrast, const struct region *region,
		  const struct side *milder, const struct side *stricter);

/* --- difference_demand.c: limits and approvers of rules ------------------- */

/* Compares what both sets demand in a region that neither denies. */
void compare_demands(struct contrast *contrast, const struct region *region,
		     const struct side *before, const struct side *after);
/* As differences, once all regions were compared. */
void add_demands(struct contrast *contrast);

/* --- difference_texts.c: lists of texts, compared as sets ----------------- */

struct texts {
	struct arena *arena;
	const char **of;
	int count;
};

void texts_add(struct texts *texts, const char *text);
bool texts_have(const struct texts *texts, const char *text);
/* "+jsonb -text" after the word and a space; nothing when they are the same. */
void texts_write_change(FILE *out, const char *word, const struct texts *before,
			const struct texts *after);
/* What the writer writes, as a text in the arena. */
const char *text_in(struct arena *arena, void (*write)(FILE *, const void *),
		    const void *what);

/* --- difference_rule.c ---------------------------------------------------- */

/* All that the rule decides by, as one text: equal rules, equal texts. */
const char *rule_text(struct arena *arena, const struct rule *rule);
/* "raw_*.*" or "raw_*.*, stg.* and 3 more". */
const char *rule_subjects(struct arena *arena, const struct rule *rule);
/* "type text, when table.rows < 5": what it asks for. */
const char *rule_demands(struct arena *arena, const struct rule *rule);
/* "types +jsonb, when -column.nullable": from one to the other. */
const char *rule_change(struct arena *arena, const struct rule *before,
			const struct rule *after);

/* --- difference_setting.c, difference_disclosure.c ------------------------ */

/* What the set's settings come to; a rule's `with` may be tighter. */
int64_t policy_limit(const struct policy *policy, enum limit limit);
void differences_of_settings(struct differences *differences,
			     const struct policy *before,
			     const struct policy *after);
void differences_of_disclosure(struct differences *differences,
			       const struct policy *before,
			       const struct policy *after);

#endif
