/*
 * text_diff.h - how one text becomes another, line by line, as diff -u shows
 * it and patch takes it.
 */
#ifndef SUPERVISOR_TEXT_DIFF_H
#define SUPERVISOR_TEXT_DIFF_H

#include <stdbool.h>
#include <stdio.h>

/* Writes nothing, and returns false, where the texts are the same. Lines come
 * out as they are: escape what may steer a terminal before. */
bool text_diff_write(FILE *out, const char *path, const char *before,
		     const char *after);

#endif
