/*
 * compose.h - what the layers of a set come to together: its settings and the
 * hash of its meaning. Private to policy/.
 */
#ifndef POLICY_COMPOSE_H
#define POLICY_COMPOSE_H

struct diagnostics;
struct policy;

/* The tightest settings over all layers; a lower layer that widens one is
 * E320. */
void compose_settings(struct policy *policy, struct diagnostics *diagnostics);

/* Hashes what the set means: definitions expanded, rules sorted, without
 * comments, positions and tests. */
void compose_meaning(struct policy *policy);

#endif
