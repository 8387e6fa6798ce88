/*
 * type.h - the types that a column or a cast may have: a closed table of
 * pg_catalog's base types, and names of other schemas as they are written.
 */
#ifndef POLICY_TYPE_H
#define POLICY_TYPE_H

#include <stdbool.h>
#include <stdio.h>

struct node;
struct refusal;
struct type;

struct type_word {
	const char *name;    /* pg_type.typname */
	const char *keyword; /* how SQL spells it, or NULL: pg_catalog.name */
	const char *suffix;  /* after the modifiers: " with time zone" */
	int modifiers;	     /* how many it can have */
	bool settings;	     /* its text depends on the session's settings */
};

/* A pg_catalog type by typname, by SQL spelling ("integer") or by alias; NULL
 * when the table doesn't have it. */
const struct type_word *type_find(const char *name);
/* By index, NULL after the last: for did-you-mean. */
const struct type_word *type_word(int index);

/*
 * Reads a TypeName. Refused: serial, pseudo- and unknown types of pg_catalog
 * (F10), names without a schema that pg_catalog doesn't have (F04), SETOF,
 * %TYPE, array bounds, and modifiers that aren't plain numbers.
 */
bool
type_parse(struct type *ret_type, struct node *node, struct refusal *refusal);
/* The same, and types that a column may have had but none gets: "char", an
 * interval limited to fields. */
bool type_parse_old(struct type *ret_type, struct node *node,
		    struct refusal *refusal);
/* "year to month" for the mask that the parser has for it; NULL for none. */
const char *type_fields(int mask);
/*
 * The same from a text as format_type() gives it: "character varying(20)",
 * "app.mood[]". False when it is anything but one such type; an unknown type is
 * then better than a wrong one.
 */
bool type_read(struct type *ret_type, const char *text);
/* Writes keyword types as keywords, others qualified: pg_catalog.text. */
void type_write(FILE *out, const struct type *type);
bool type_same(const struct type *left, const struct type *right);
void type_release(struct type *type);

#endif
