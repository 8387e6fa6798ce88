/*
 * parser.h - from lexemes to rules. Private to policy/: policy_load() drives
 * it, each part of the grammar has a file of its own.
 *
 * One look-ahead, and one diagnostic a mistake: a function that returns false
 * has diagnosed, and its caller skips to the end of the line within a block,
 * else to the next statement. Any error refuses the whole set, so what was read
 * in spite of one is only read to find the next.
 */
#ifndef POLICY_PARSER_H
#define POLICY_PARSER_H

#include <stdbool.h>

#include "policy/diagnostic.h"
#include "policy/lexer.h"
#include "policy/rules.h"

enum list_kind {
	LIST_TABLES,
	LIST_COLUMNS,
	LIST_TYPES,
	LIST_NAMES,
	LIST_WINDOW,
	LIST_KINDS
};

struct list {
	enum list_kind kind;
	const char *name;
	struct place place;
	bool used;
	struct patterns patterns; /* of tables and columns */
	struct type_patterns types;
	struct value *names;
	int name_count;
	struct window window;
};

/* What a layer's files share while they are read. */
struct scope {
	struct layer *layer;
	struct list *lists;
	int list_count;
	bool has_version, has_layer, has_default, has_extends;
	bool has_too_many_rules;
	bool is_broken;	      /* some statement couldn't be read */
	struct place inherit; /* of `default inherit`; line 0: none */
	struct place extends; /* of its path */
	const char *parent;   /* path of the layer above, or NULL */
	const char *pin;      /* its sha256, or NULL */
	struct place
		*sections; /* where each began, by index; line 0: not yet */
};

struct loader; /* policy_load.c */

struct parser {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct loader *loader; /* reads what is included; NULL alone */
	struct scope *scope;
	const struct source *source;
	bool is_included;
	bool is_alone; /* other files are not read, nor missed */
	struct lexemes lexemes;
	int at;
};

/* Bidi controls, NUL, lone CR, bytes that aren't UTF-8, text outside ASCII
 * beyond strings and comments, lines that are too long. */
bool source_check(const struct source *source, struct diagnostics *diagnostics);

/* Reads a whole file into the scope. */
void parse_file(struct parser *parser);

/* scope_check.c: what a layer's own file must say, once it was read as such;
 * and the lists that nothing uses. */
void scope_check(const struct scope *scope, const struct source *source,
		 struct diagnostics *diagnostics);
void scope_warn_of_unused(const struct scope *scope,
			  struct diagnostics *diagnostics);

/* Reads an included file into the same scope (policy_load.c). */
bool loader_include(struct loader *loader, struct scope *scope,
		    const char *path, struct place place);

/* --- parser.c: looking and moving ----------------------------------------- */

const struct lexeme *peek(const struct parser *parser);
const struct lexeme *next(struct parser *parser);
bool is_symbol(const struct lexeme *lexeme, const char *symbol);
bool is_word(const struct lexeme *lexeme, const char *word);
/* Moves on when it stands there. */
bool accept_symbol(struct parser *parser, const char *symbol);
bool accept_word(struct parser *parser, const char *word);
/* Or diagnoses "expected 'x'". */
bool expect_symbol(struct parser *parser, const char *symbol);
bool expect_word(struct parser *parser, const char *word);
bool expect_line_end(struct parser *parser);
/* E103: "expected <what>, found 'x'"; silent where the lexer spoke. */
bool unexpected(struct parser *parser, const char *what);
/* From one place to the end of another, on the first one's line. */
struct place place_to(struct place from, const struct lexeme *last);
/* The place of the lexeme just passed. */
const struct lexeme *previous(const struct parser *parser);
/* Up to the end of the line or of its block, which is not passed; up to the
 * next statement. */
void skip_line(struct parser *parser);
void skip_statement(struct parser *parser);
/* True for a word in column 1 that begins a statement. */
bool begins_statement(const struct lexeme *lexeme);

/*
 * Reads "{ line ... }" where each line is read by `read`, with one diagnostic a
 * bad line. `opener` is the lexeme that began the statement.
 */
bool parse_block(struct parser *parser, const struct lexeme *opener,
		 bool (*read)(struct parser *, void *), void *context);

/* --- The parts of the grammar --------------------------------------------- */

/* parse_list.c: definitions; the list of a name, used up, or a diagnostic. */
bool parse_definition(struct parser *parser, enum list_kind kind);
struct list *find_list(struct parser *parser, const struct lexeme *reference,
		       unsigned kinds, const char *needed);
/* parse_pattern.c: subjects, and types. */
bool parse_pattern(struct parser *parser, struct pattern *ret_pattern);
bool parse_patterns(struct parser *parser, struct patterns *ret_patterns);
/* Or diagnoses E134 there: one of the operations, named and not meant by `any`,
 * is none that one of the patterns could match. */
bool patterns_can_match(struct parser *parser, unsigned operations,
			const struct patterns *patterns, struct place place);
bool parse_type(struct parser *parser, struct type_pattern *ret_type);
bool parse_types(struct parser *parser, struct type_patterns *ret_types);
/* parse_condition.c */
bool
parse_condition(struct parser *parser, const struct condition **ret_condition);
/* parse_value.c: a value that suits the fact. */
bool parse_value(struct parser *parser, enum fact fact, struct value *ret);
bool parse_fact(struct parser *parser, enum fact *ret_fact);
/* A count with a unit, as a number of bytes, milliseconds or percent. */
bool parse_quantity(struct parser *parser, const char *name,
		    enum fact_type type, int64_t *ret_number);
/* The same of a limit, within what the server can do. */
bool parse_limit(struct parser *parser, enum limit limit, int64_t *ret_number);
/* parse_rule.c */
bool parse_rule(struct parser *parser);
bool begins_clause(const struct lexeme *lexeme);
bool parse_operations(struct parser *parser, enum decision decision,
		      unsigned *ret_operations);
bool parse_decision(struct parser *parser, enum decision *ret_decision);
/* parse_section.c */
bool parse_section(struct parser *parser);
/* parse_test.c */
bool parse_assertion(struct parser *parser);
bool parse_test(struct parser *parser);

#endif
