/*
 * export.h - a policy set said again: what was included and what lists stand
 * for is written out, layer by layer.
 *
 * What comes out means the same: loaded again, it has the same meaning hash.
 */
#ifndef POLICY_EXPORT_H
#define POLICY_EXPORT_H

#include <stdio.h>

struct error;
struct policy;

/*
 * One layer as a policy file of its own, that extends `parent` unless that is
 * NULL. The caller frees it. Fails where it would be larger than a policy file
 * may be.
 */
int policy_export_layer(char **ret_text, const struct policy *policy, int layer,
			const char *parent, struct error *err);

/* The tightest settings of all layers, as sections of a policy. */
void policy_export_settings(FILE *out, const struct policy *policy);

/* The whole set as one JSON object and a line end: hashes, layers, rules,
 * windows, settings and assertions, and the tightest settings. */
void policy_export_json(FILE *out, const struct policy *policy);

#endif
