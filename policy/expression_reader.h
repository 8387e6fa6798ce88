/*
 * expression_reader.h - what the readers of expressions share: expression.c and
 * expression_check.c.
 */
#ifndef POLICY_EXPRESSION_READER_H
#define POLICY_EXPRESSION_READER_H

#include "policy/expression.h"

struct reader {
	enum expression_place place;
	struct refusal *refusal;
};

struct expression *
expression_new(enum expression_kind kind, const char *text, int number);

/* Reads the node as the next argument; false when it is refused. */
bool expression_add(const struct reader *reader, struct expression *expression,
		    struct node *node);
/* The same for each element of a list. */
bool
expression_add_all(const struct reader *reader, struct expression *expression,
		   struct node *node, const char *field);

/* Returns `expression`, or frees it and returns NULL. */
struct expression *expression_if(bool is_read, struct expression *expression);

/* expression_check.c: what only a CHECK may hold. */
struct expression *read_column(const struct reader *reader, struct node *node);
struct expression *
read_operator(const struct reader *reader, struct node *node);
struct expression *read_logic(const struct reader *reader, struct node *node);
struct expression *
read_null_test(const struct reader *reader, struct node *node);

#endif
