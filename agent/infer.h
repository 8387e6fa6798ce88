/*
 * infer.h - from the shapes of a field's values to the type of its column.
 *
 * Pure. Sure or silent: the widest type that holds every value without losing
 * a digit, or no answer where that needs a guess.
 */
#ifndef AGENT_INFER_H
#define AGENT_INFER_H

#include <stdbool.h>

struct json;

/*
 * `shapes` is a node: the array of shapes as the brief holds it. Returns a
 * type for SQL (static), or NULL and why not, as half a sentence (static).
 */
const char *
infer_type(const struct json *json, int shapes, const char **ret_why_not);

/*
 * True for the name of what is written in digits and is no number: a telephone
 * number, a postal code. Sent as texts, the next may begin with a zero or a
 * plus, so its column is text.
 */
bool infer_is_code(const char *name);

#endif
