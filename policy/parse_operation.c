/* Decisions and operations: the first words of a rule or an assertion. */
#include "pgmend.h"
#include "policy/parser.h"

/* Words that people try, and that no rule can allow. */
static const char *const floor_operations[] = {
	"drop_table",
	"drop_column",
	"drop_schema",
	"drop_constraint",
	"drop_default",
	"drop",
	"truncate",
	"grant",
	"revoke",
	"rename",
	"rename_column",
	"rename_table",
	"owner",
	"set_schema",
	"insert",
	"update",
	"delete",
	"merge",
	"copy",
	"create_function",
	"create_trigger",
	"create_rule",
	"create_view",
	"create_extension",
	"create_role",
	"create_policy",
	"create_index",
	"create_schema",
	"disable_trigger",
	"disable_rls",
	"set_not_null",
	"attach_partition",
	"detach_partition",
	"vacuum",
	"do",
	NULL,
};

bool
parse_decision(struct parser *parser, enum decision *ret_decision)
{
	for (int i = 0; i < DECISIONS; i++) {
		if (!accept_word(parser, decision_name((enum decision)i)))
			continue;
		*ret_decision = (enum decision)i;
		return true;
	}
	return unexpected(parser, "allow, escalate or deny");
}

/* --- Operations ----------------------------------------------------------- */

static bool
unknown_operation(struct parser *parser, const struct lexeme *lexeme)
{
	const char *words[OPERATIONS + 1] = {NULL};

	for (int i = 0; floor_operations[i] != NULL; i++) {
		if (!is_word(lexeme, floor_operations[i]))
			continue;
		diagnose(parser->diagnostics, "E142", lexeme->place,
			 "'%s' is refused by the built-in safety floor and "
			 "cannot appear in a rule",
			 lexeme->text);
		return diagnose_hint(parser->diagnostics,
				     "see 'pgmend policy floor'; remove this "
				     "rule");
	}
	for (int i = 0; i < OPERATIONS; i++)
		words[i] = operation_name((enum operation)i);
	diagnose(parser->diagnostics, "E141", lexeme->place,
		 "unknown operation '%s'", lexeme->text);
	return diagnose_similar(parser->diagnostics, lexeme->text, words);
}

static bool
parse_operation(struct parser *parser, unsigned *operations)
{
	const struct lexeme *lexeme = peek(parser);
	int operation;

	if (lexeme->kind != LEXEME_WORD)
		return unexpected(parser, "an operation");
	operation = operation_find(lexeme->text);
	if (operation < 0)
		return unknown_operation(parser, lexeme);
	*operations |= 1U << operation;
	next(parser);
	return true;
}

bool
parse_operations(struct parser *parser, enum decision decision,
		 unsigned *ret_operations)
{
	if (is_word(peek(parser), "any") && decision == DECISION_ALLOW) {
		diagnose(parser->diagnostics, "E140", peek(parser)->place,
			 "'allow any' is not accepted: list the operations to "
			 "allow");
		return diagnose_hint(parser->diagnostics,
				     "later versions may add operations; an "
				     "open-ended allow would grow silently");
	}
	if (accept_word(parser, "any")) {
		*ret_operations = (1U << OPERATIONS) - 1;
		return true;
	}
	do {
		if (!parse_operation(parser, ret_operations))
			return false;
	} while (accept_symbol(parser, ","));
	return true;
}
