/*
 * widening.h - what a type change does, by the two types alone.
 *
 * Pure. Widening is the built-in table of the operation widen_type: pairs in
 * which every old value fits. Whether the server rewrites the table is another
 * matter: it does for integers, though nothing is lost.
 */
#ifndef POLICY_WIDENING_H
#define POLICY_WIDENING_H

#include <stdbool.h>

struct type;

/* True when the pair is in the table; never for arrays. */
bool widening_holds(const struct type *from, const struct type *to);

/* True unless the server is known to keep every row as it is, in a session
 * whose TimeZone is UTC, as pgmend pins it. */
bool widening_rewrites(const struct type *from, const struct type *to);

#endif
