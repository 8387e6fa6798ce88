/*
 * diagnostic_format.h - how diagnostics are printed. A yes/no "as JSON" will do
 * for the first two.
 */
#ifndef POLICY_DIAGNOSTIC_FORMAT_H
#define POLICY_DIAGNOSTIC_FORMAT_H

#include <stdio.h>

enum diagnostic_format {
	DIAGNOSTIC_TEXT,
	DIAGNOSTIC_JSON, /* one object a line */
	DIAGNOSTIC_SARIF /* one result a line, for sarif_write() */
};

/* A whole SARIF 2.1.0 log of one run; `results` are lines, each of a result
 * (diagnostic_sarif.c). */
void sarif_write(FILE *out, const char *results);

#endif
