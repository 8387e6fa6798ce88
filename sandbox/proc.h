/*
 * proc.h - the text files of /proc: read whole, and looked up by line.
 */
#ifndef SANDBOX_PROC_H
#define SANDBOX_PROC_H

#include <stddef.h>

struct error;

#define PROC_VALUE_MAX 256

/* Reads at most size - 1 bytes; `folder` is a descriptor or AT_FDCWD. */
int proc_read(char *ret_text, size_t size, int folder, const char *name,
	      struct error *err);

/* The rest of the line that starts so; empty when there is no such line. */
void
proc_line(char ret_value[PROC_VALUE_MAX], const char *text, const char *start);

/* The value of "name:\tvalue", as in /proc/PID/status. */
void
proc_status(char ret_value[PROC_VALUE_MAX], const char *text, const char *name);

#endif
