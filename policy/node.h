/*
 * node.h - what a tree is made of: private to tree.c, which fills it from the
 * parser, and node.c, which answers for it.
 */
#ifndef POLICY_NODE_H
#define POLICY_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_UNSET,
	FIELD_NUMBER, /* and yes or no */
	FIELD_WORD,   /* of an enum */
	FIELD_TEXT,
	FIELD_NODE,
	FIELD_LIST
};

struct field {
	const char *name; /* static */
	enum field_kind kind;
	bool read;
	int64_t number;
	const char *word; /* static */
	char *text;
	struct node **nodes; /* the node, or the list's; NULL within a list for
			      * an element that the parser left empty */
	int count;
};

/* All fields of the type, set or not: a name that isn't here doesn't exist. */
struct node {
	const char *type; /* static */
	bool seen;
	int count;
	struct field fields[];
};

struct tree {
	struct node *statement;
	struct node **nodes; /* all of them, so that no walk needs recursion */
	size_t count;
};

#endif
