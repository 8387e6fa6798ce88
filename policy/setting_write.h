/*
 * setting_write.h - a setting as a policy spells it, and what the layers'
 * settings come to. Private to policy/.
 */
#ifndef POLICY_SETTING_WRITE_H
#define POLICY_SETTING_WRITE_H

#include <stdio.h>

struct arena;
struct policy;
struct setting;

/* 3s, or "a", "b": what stands behind the name. */
void setting_write_values(FILE *out, const struct setting *setting);

struct settings {
	struct setting *of;
	int count;
};

/* The tightest of each setting over all layers, in the order of the table;
 * what adds up is one setting, but for lines that may stand again. */
struct settings
settings_effective(struct arena *arena, const struct policy *policy);

/* "limits {", the settings, "}": a section after the other. */
void settings_write(FILE *out, const struct settings *settings);

#endif
