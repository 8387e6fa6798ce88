/*
 * file_replace.h - writes a file so that everyone sees the old one or the new
 * one, never a part of it.
 */
#ifndef SUPERVISOR_FILE_REPLACE_H
#define SUPERVISOR_FILE_REPLACE_H

#include <stddef.h>

struct error;

/* A file that is there keeps its mode and owner; a new one has `mode`, whatever
 * the umask. What is there must be a regular file, and no link to one.
 * EXIT_USAGE, code unwritable. */
int file_replace(const char *path, const void *bytes, size_t size,
		 unsigned mode, struct error *err);

#endif
