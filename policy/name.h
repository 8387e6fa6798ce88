/*
 * name.h - names in SQL: which new ones are acceptable, which schemas may be a
 * target, and how a name is written so that it can't be read otherwise.
 */
#ifndef POLICY_NAME_H
#define POLICY_NAME_H

#include <stdbool.h>
#include <stdio.h>

struct node;
struct refusal;

#define NAME_MAX_BYTES 63 /* the server cuts longer ones silently */

/*
 * F11: a new name is at most 63 bytes; letters of one script (precomposed),
 * digits and ASCII punctuation; no control, bidi or zero-width characters, no
 * quotes, backslash or semicolon, no space at either end; not a system
 * column's name.
 */
bool name_is_acceptable(const char *name, struct refusal *refusal);
/* The same for an enum's new label, which may be called like a system column.
 */
bool name_label_is_acceptable(const char *name, struct refusal *refusal);

/* F06, F07: not a system or temporary schema, nor pgmend's own. */
bool name_schema_is_acceptable(const char *schema, struct refusal *refusal);

/* Quoted unless it is plain lower case and no keyword of the parser. */
void name_write(FILE *out, const char *name);
/* schema.table, and .column unless that is NULL. */
void name_write_target(FILE *out, const char *schema, const char *table,
		       const char *column);
/* The same as a text; the caller frees it. */
char *name_target(const char *schema, const char *table, const char *column);
/* 'text' with its quotes doubled; backslashes were refused before. */
void name_write_constant(FILE *out, const char *text);

/* The text of a String node of a list; "" when it is something else. */
const char *name_of_item(struct node *node, const char *field, int index);

#endif
