/*
 * resemble.h - whether two names may well mean the same column.
 *
 * Pure. Rather too often yes than too seldom: a renamed key that is taken for
 * a new one leaves the old column empty, and nobody notices.
 */
#ifndef AGENT_RESEMBLE_H
#define AGENT_RESEMBLE_H

#include <stdbool.h>

/*
 * True when the names are equal but for case, '_', '-' and a plural s, when
 * one begins or ends with the other, or when one letter tells them apart.
 */
bool names_resemble(const char *left, const char *right);

/*
 * True when the names differ in their spelling alone: case, '_', '-', '.' and
 * blanks; or in the table's own name in front of one of them, so that
 * "orderStatus" is the column status of orders. A plural isn't the same.
 */
bool names_same(const char *left, const char *right, const char *table);

#endif
