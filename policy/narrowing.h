/*
 * narrowing.h - whether a layer's settings only narrow those of the layers
 * above it. At run time the tightest counts anyway; a setting that looks wider
 * than it is would deceive its readers. Private to policy/.
 */
#ifndef POLICY_NARROWING_H
#define POLICY_NARROWING_H

struct diagnostics;
struct policy;

/* E320 for each setting of the index-th layer that widens one above. */
void narrowing_check(struct policy *policy, int index,
		     struct diagnostics *diagnostics);

/* groups_check.c: E151 for each group of the layer's rules that approve.groups,
 * where it says something, doesn't name. */
void groups_check(const struct policy *policy, int layer,
		  struct diagnostics *diagnostics);

#endif
