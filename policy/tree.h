/*
 * tree.h - SQL as PostgreSQL's own parser reads it, in a neutral form; the only
 * user of libpg_query.
 *
 * The protobuf tree is copied by its descriptors into nodes that hold exactly
 * the fields that are set (locations and lengths left out). Reading a field
 * marks it as understood, asking for a node's type marks the node;
 * tree_unread() finds what nobody understood. So "every field is understood or
 * the statement is refused" needs no list.
 *
 * Text is checked before it is parsed: at most so many bytes, valid UTF-8, no
 * NUL, no byte order mark, no U& escapes, no backslash inside a constant.
 * Parsing runs on a stack of its own (64 MB), since deep expressions overflow
 * the parser's; a tree deeper than TREE_DEPTH_MAX is refused.
 */
#ifndef POLICY_TREE_H
#define POLICY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TREE_SQL_MAX 8192 /* bytes; F12 above it */
#define TREE_DEPTH_MAX 200

struct tree;
struct node;

/* A floor hit: the code and one sentence that quotes what was refused. */
struct refusal {
	const char *floor; /* "F01" ...; NULL while nothing was refused */
	char text[256];
};

/* Fills the refusal, control characters shown as '?', and returns false. */
__attribute__((format(printf, 3, 4))) bool
refuse(struct refusal *refusal, const char *floor, const char *format, ...);

/*
 * Returns false and fills `refusal` when the text can't be understood, or isn't
 * exactly one statement. `max` is in bytes.
 */
bool tree_parse_within(struct tree **ret_tree, const char *sql, size_t size,
		       size_t max, struct refusal *refusal);
/* The same with TREE_SQL_MAX. */
bool tree_parse(struct tree **ret_tree, const char *sql, size_t size,
		struct refusal *refusal);
void tree_free(struct tree *tree);
void tree_cleanup(struct tree **tree);
#define auto_tree __attribute__((cleanup(tree_cleanup)))

/* The one statement; never NULL. */
struct node *tree_statement(struct tree *tree);

/*
 * A node's type as the parser names it ("AlterTableStmt"); "" for NULL. Every
 * accessor accepts NULL and treats it as a node without fields.
 */
const char *node_type(struct node *node);
bool node_is(struct node *node, const char *type);

/*
 * A field's value, marked as read; what isn't set is NULL, 0, false or "". An
 * enum's value is its word: "AT_AddColumn". Asking for a field that the type
 * doesn't have is a mistake of ours and ends the process.
 */
struct node *node_child(struct node *node, const char *field);
int node_count(struct node *node, const char *field);
struct node *node_item(struct node *node, const char *field, int index);
const char *node_text(struct node *node, const char *field);
const char *node_word(struct node *node, const char *field);
int64_t node_number(struct node *node, const char *field);
bool node_flag(struct node *node, const char *field);

/* False, with the refusal that fits the place, when a node or a field of the
 * tree was never looked at. */
bool tree_understood(const struct tree *tree, struct refusal *refusal);

/* What the parser's scanner sees; spans of the text. */
enum token_kind {
	TOKEN_NAME,
	TOKEN_KEYWORD,
	TOKEN_STRING,
	TOKEN_ESCAPED, /* U&'' and U&"" */
	TOKEN_PARAMETER,
	TOKEN_COMMENT,
	TOKEN_OTHER /* numbers, operators, punctuation */
};

struct token {
	enum token_kind kind;
	size_t start, end;
};

/* The caller frees the array. The text is checked as by tree_parse_within. */
bool tree_scan(struct token **ret_tokens, int *ret_count, const char *sql,
	       size_t size, size_t max, struct refusal *refusal);

/* True when the parser gives the word a meaning of its own. */
bool tree_is_keyword(const char *word);

/* Every word of an enum of the parser, for tests: "AlterTableType", ...; NULL
 * after the last. */
const char *tree_alter_word(int index);

/* Name and version of the library, as "pgmend --version" prints it. */
void tree_write_version(FILE *out);

#endif
