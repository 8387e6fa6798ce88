/* Rules: decision, operations, subjects, and a block of clauses. */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/parser.h"
#include "policy/setting.h"

/* What a rule is being made of, and which clauses it had. */
struct draft {
	struct rule rule;
	bool has_approvers, has_expires, has_reason, has_limits;
};

static const char *const table_operations[] = {
	"create_table",	  "create_partition", "add_constraint",
	"add_enum_value", "replay",	      NULL,
};

static bool
acts_on_tables(enum operation operation)
{
	for (int i = 0; table_operations[i] != NULL; i++)
		if (strcmp(table_operations[i], operation_name(operation)) == 0)
			return true;
	return false;
}

/* The first of the operations that acts on whole tables; `ret_all` says that
 * each of them does. NULL: none, or `any` stands for all of them. */
static const char *
first_on_tables(unsigned operations, bool *ret_all)
{
	const char *first = NULL;

	*ret_all = true;
	for (int i = 0; i < OPERATIONS; i++) {
		bool on_tables = acts_on_tables((enum operation)i);

		if ((operations & 1U << i) == 0)
			continue;
		*ret_all &= on_tables;
		if (on_tables && first == NULL)
			first = operation_name((enum operation)i);
	}
	return operations == (1U << OPERATIONS) - 1 ? NULL : first;
}

/* Beside operations on columns, a pattern of a table speaks for those on
 * tables; where there is none, whoever names one of them means more than the
 * rule covers. */
bool
patterns_can_match(struct parser *parser, unsigned operations,
		   const struct patterns *patterns, struct place place)
{
	bool all_on_tables;
	const char *operation = first_on_tables(operations, &all_on_tables);
	int of_columns = 0;

	for (int i = 0; i < patterns->count; i++)
		of_columns += patterns->of[i].count == 3;
	if (operation == NULL || of_columns == 0 ||
	    (of_columns < patterns->count && !all_on_tables))
		return true;
	return diagnose(parser->diagnostics, "E134", place,
			"'%s' acts on a whole table; a column pattern can "
			"never match it",
			operation);
}

/* An exception for columns is fine beside operations on columns. */
static bool
excepts_can_match(struct parser *parser, const struct rule *rule,
		  struct place place)
{
	bool all_on_tables;

	return first_on_tables(rule->operations, &all_on_tables) == NULL ||
	       !all_on_tables ||
	       patterns_can_match(parser, rule->operations, &rule->excepts,
				  place);
}

/* --- Clauses -------------------------------------------------------------- */

static bool
clause_once(struct parser *parser, bool *has, const struct lexeme *word)
{
	if (*has)
		return diagnose(parser->diagnostics, "E155", word->place,
				"clause '%s' stands twice in this rule",
				word->text);
	*has = true;
	return true;
}

static bool
read_types(struct parser *parser, struct draft *draft,
	   const struct lexeme *word)
{
	draft->rule.types_line = word->place.line;
	return clause_once(parser, &draft->rule.has_types, word) &&
	       parse_types(parser, &draft->rule.types);
}

static bool
read_from(struct parser *parser, struct draft *draft, const struct lexeme *word)
{
	draft->rule.froms_line = word->place.line;
	return clause_once(parser, &draft->rule.has_froms, word) &&
	       parse_types(parser, &draft->rule.froms);
}

static bool
read_when(struct parser *parser, struct draft *draft, const struct lexeme *word)
{
	const struct condition *condition;

	(void)word;
	if (!parse_condition(parser, &condition))
		return false;
	arena_append(parser->arena, draft->rule.conditions,
		     draft->rule.condition_count, condition);
	return true;
}

static bool
read_groups(struct parser *parser, struct rule *rule)
{
	do {
		if (peek(parser)->kind != LEXEME_WORD)
			return unexpected(parser, "the name of a group");
		arena_append(parser->arena, rule->groups, rule->group_count,
			     next(parser)->text);
	} while (accept_symbol(parser, ","));
	return true;
}

static bool
read_approvers(struct parser *parser, struct draft *draft,
	       const struct lexeme *word)
{
	const struct lexeme *number = peek(parser);

	if (draft->rule.decision != DECISION_ESCALATE)
		return diagnose(parser->diagnostics, "E150", word->place,
				"'approvers' is only valid in an escalate "
				"rule");
	if (!clause_once(parser, &draft->has_approvers, word))
		return false;
	draft->rule.groups_place = word->place;
	if (number->kind != LEXEME_NUMBER || *number->unit != '\0' ||
	    number->number < 1 || number->number > 2)
		return unexpected(parser, "1 or 2");
	draft->rule.approvers = (int)next(parser)->number;
	return !accept_word(parser, "from") ||
	       read_groups(parser, &draft->rule);
}

static bool
read_expires(struct parser *parser, struct draft *draft,
	     const struct lexeme *word)
{
	if (draft->rule.decision != DECISION_ALLOW)
		return diagnose(parser->diagnostics, "E153", word->place,
				"'expires' is only valid in an allow rule: an "
				"expiring %s would widen the policy by itself",
				decision_name(draft->rule.decision));
	if (!clause_once(parser, &draft->has_expires, word))
		return false;
	if (peek(parser)->kind != LEXEME_DATE)
		return unexpected(parser, "a date such as 2027-01-31");
	draft->rule.expires_line = word->place.line;
	draft->rule.expires_place = word->place;
	draft->rule.expires = (int)next(parser)->number;
	return true;
}

static bool
read_limit(struct parser *parser, struct draft *draft)
{
	const struct lexeme *name = peek(parser);
	const char *words[LIMITS + 1] = {NULL};

	if (name->kind != LEXEME_WORD)
		return unexpected(parser, "the name of a limit");
	for (int i = 0; i < LIMITS; i++) {
		const struct limit_word *word = limit_word((enum limit)i);

		words[i] = word->name;
		if (!is_word(name, word->name))
			continue;
		if (draft->rule.limits[i] != RULE_LIMIT_NONE)
			return diagnose(parser->diagnostics, "E157",
					name->place,
					"limit '%s' stands twice in this "
					"clause",
					name->text);
		next(parser);
		return parse_limit(parser, (enum limit)i,
				   &draft->rule.limits[i]);
	}
	diagnose(parser->diagnostics, "E156", name->place, "unknown limit '%s'",
		 name->text);
	return diagnose_similar(parser->diagnostics, name->text, words);
}

static bool
read_with(struct parser *parser, struct draft *draft, const struct lexeme *word)
{
	if (!clause_once(parser, &draft->has_limits, word))
		return false;
	do {
		if (!read_limit(parser, draft))
			return false;
	} while (accept_symbol(parser, ","));
	return true;
}

static bool
read_reason(struct parser *parser, struct draft *draft,
	    const struct lexeme *word)
{
	if (!clause_once(parser, &draft->has_reason, word))
		return false;
	if (peek(parser)->kind != LEXEME_STRING)
		return unexpected(parser, "a reason in quotes");
	draft->rule.reason = next(parser)->text;
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct parser *, struct draft *, const struct lexeme *);
} clauses[] = {
	{"type", read_types},	   {"from", read_from},
	{"when", read_when},	   {"approvers", read_approvers},
	{"expires", read_expires}, {"with", read_with},
	{"reason", read_reason},
};

bool
begins_clause(const struct lexeme *lexeme)
{
	for (size_t i = 0; i < array_size(clauses); i++)
		if (is_word(lexeme, clauses[i].word))
			return true;
	return false;
}

static bool
read_clause(struct parser *parser, void *context)
{
	const char *words[array_size(clauses) + 1] = {NULL};
	const struct lexeme *word = peek(parser);

	if (word->kind != LEXEME_WORD)
		return unexpected(parser, "a clause");
	next(parser);
	for (size_t i = 0; i < array_size(clauses); i++) {
		words[i] = clauses[i].word;
		if (is_word(word, words[i]))
			return clauses[i].read(parser, context, word);
	}
	diagnose(parser->diagnostics, "E154", word->place,
		 "unknown clause '%s'", word->text);
	return diagnose_similar(parser->diagnostics, word->text, words);
}

/* --- The rule ------------------------------------------------------------- */

static bool
parse_label(struct parser *parser, struct rule *rule)
{
	const struct layer *layer = parser->scope->layer;
	const struct lexeme *label = peek(parser);

	if (label->kind != LEXEME_WORD || strpbrk(label->text, "*$") != NULL)
		return unexpected(parser, "a label");
	/* A test could not tell such a rule from what it names. */
	if (is_word(label, "default") || is_word(label, "floor"))
		return diagnose(parser->diagnostics, "E143", label->place,
				"'%s' can't be a label: tests and verdicts "
				"mean something else by it",
				label->text);
	next(parser);
	for (int i = 0; i < layer->rule_count; i++)
		if (same_text(layer->rules[i].label, label->text)) {
			diagnose(parser->diagnostics, "E143", label->place,
				 "label '%s' is already used on line %d",
				 label->text, layer->rules[i].line);
			break;
		}
	rule->label = label->text;
	return true;
}

static bool
parse_head(struct parser *parser, struct rule *rule, struct place place)
{
	if (!parse_decision(parser, &rule->decision) ||
	    !parse_operations(parser, rule->decision, &rule->operations) ||
	    !expect_word(parser, "on") ||
	    !parse_patterns(parser, &rule->subjects) ||
	    !patterns_can_match(parser, rule->operations, &rule->subjects,
				place))
		return false;
	if (accept_word(parser, "except") &&
	    (!parse_patterns(parser, &rule->excepts) ||
	     !excepts_can_match(parser, rule, place)))
		return false;
	return !accept_word(parser, "as") || parse_label(parser, rule);
}

static void
keep_rule(struct parser *parser, const struct draft *draft)
{
	struct layer *layer = parser->scope->layer;
	struct rule rule = draft->rule;

	if (rule.decision == DECISION_ESCALATE && rule.approvers == 0)
		rule.approvers = 1;
	arena_append(parser->arena, layer->rules, layer->rule_count, rule);
}

/* Said once: it is one mistake, however many rules there are. */
static bool
refuse_more(struct parser *parser, const struct lexeme *word)
{
	if (!parser->scope->has_too_many_rules)
		diagnose(parser->diagnostics, "E144", word->place,
			 "a layer has at most %d rules", POLICY_RULES_MAX);
	parser->scope->has_too_many_rules = true;
	return false;
}

bool
parse_rule(struct parser *parser)
{
	const struct lexeme *word = peek(parser);
	struct draft draft = {.rule = {.file = parser->source->name,
				       .line = word->place.line,
				       .place = word->place}};
	bool parsed = true;

	for (int i = 0; i < LIMITS; i++)
		draft.rule.limits[i] = RULE_LIMIT_NONE;
	if (parser->scope->layer->rule_count >= POLICY_RULES_MAX)
		return refuse_more(parser, next(parser));
	if (!parse_head(parser, &draft.rule, word->place))
		return false;
	if (is_symbol(peek(parser), "{"))
		parsed = parse_block(parser, word, read_clause, &draft);
	else
		parsed = expect_line_end(parser);
	keep_rule(parser, &draft);
	return parsed;
}
