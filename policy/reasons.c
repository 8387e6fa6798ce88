#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/match.h"
#include "policy/reasons.h"

static const char *const truths[] = {
	[TRUTH_FALSE] = "false",
	[TRUTH_UNKNOWN] = "unknown",
	[TRUTH_TRUE] = "true",
};

/* What is explained, and where to. */
struct telling {
	struct arena *arena;
	const struct subject *subject;
	const struct facts *facts;
};

/* --- Texts ---------------------------------------------------------------- */

static const char *
text_of_patterns(struct arena *arena, const struct patterns *patterns)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < patterns->count; i++) {
		fputs(i == 0 ? "" : ", ", out);
		pattern_write(out, &patterns->of[i]);
	}
	fclose(out);
	return arena_copy(arena, text, size);
}

static const char *
text_of_types(struct arena *arena, const struct type_patterns *types)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < types->count; i++) {
		fputs(i == 0 ? "" : ", ", out);
		type_pattern_write(out, &types->of[i]);
	}
	fclose(out);
	return arena_copy(arena, text, size);
}

static const char *
text_of_type(struct arena *arena, const struct type *type)
{
	struct type_pattern exact;
	struct type_patterns one = {.of = &exact, .count = 1};

	if (type == NULL)
		return "unknown";
	exact = (struct type_pattern){.schema = type->schema,
				      .name = type->name,
				      .modifier_count = type->modifier_count,
				      .is_array = type->is_array};
	for (int i = 0; i < type->modifier_count; i++)
		exact.modifiers[i].value = type->modifiers[i];
	return text_of_types(arena, &one);
}

static const char *
text_of_condition(struct arena *arena, const struct condition *condition)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	condition_write(out, condition);
	fclose(out);
	return arena_copy(arena, text, size);
}

/* "orders", or "order_id" where the pattern is about a column. */
static const char *
text_of_subject(struct arena *arena, const struct subject *subject)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	fprintf(out, "%s.%s", subject->schema, subject->table);
	if (subject->column != NULL)
		fprintf(out, ".%s", subject->column);
	fclose(out);
	return arena_copy(arena, text, size);
}

/* --- Clauses -------------------------------------------------------------- */

static void
add_clause(struct telling *telling, struct reason_rule *rule,
	   struct reason_clause clause)
{
	rule->failing += clause.truth != truths[TRUTH_TRUE];
	arena_append(telling->arena, rule->clauses, rule->clause_count, clause);
}

/* The patterns that cover the subject, one by one. */
static struct patterns
covering(struct telling *telling, const struct patterns *patterns,
	 enum polarity polarity)
{
	struct patterns found = {.of = NULL};

	for (int i = 0; i < patterns->count; i++) {
		struct patterns one = {.of = &patterns->of[i], .count = 1};

		if (match_subject(&one, telling->subject, polarity))
			arena_append(telling->arena, found.of, found.count,
				     patterns->of[i]);
	}
	return found;
}

static void
tell_subjects(struct telling *telling, struct reason_rule *told,
	      const struct rule *rule)
{
	bool widens = rule->decision == DECISION_ALLOW;
	const char *name = text_of_subject(telling->arena, telling->subject);
	struct patterns on = covering(telling, &rule->subjects,
				      widens ? POLARITY_NARROW : POLARITY_WIDE);
	struct patterns except =
		covering(telling, &rule->excepts,
			 widens ? POLARITY_WIDE : POLARITY_NARROW);
	struct reason_clause clause = {.kind = CLAUSE_SUBJECT,
				       .line = rule->line};

	clause.truth = truths[on.count > 0 ? TRUTH_TRUE : TRUTH_FALSE];
	clause.text = arena_print(
		telling->arena, "%s %s %s",
		text_of_patterns(telling->arena,
				 on.count > 0 ? &on : &rule->subjects),
		on.count > 0 ? "covers" : "doesn't cover", name);
	add_clause(telling, told, clause);
	if (except.count == 0)
		return;
	clause.kind = CLAUSE_EXCEPT;
	clause.truth = truths[TRUTH_FALSE];
	clause.text =
		arena_print(telling->arena, "except %s covers %s",
			    text_of_patterns(telling->arena, &except), name);
	add_clause(telling, told, clause);
}

/* A type change has an old type, even where it couldn't be read. */
static enum truth
without_from(enum operation operation)
{
	bool changes = operation == OP_WIDEN_TYPE || operation == OP_ALTER_TYPE;

	return changes ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static void
tell_type(struct telling *telling, struct reason_rule *told,
	  const struct type_patterns *patterns, const struct type *type,
	  struct reason_clause clause)
{
	enum truth truth = clause.kind == CLAUSE_FROM
				   ? without_from(telling->subject->operation)
				   : TRUTH_FALSE;

	if (type != NULL)
		truth = match_type(patterns, type) ? TRUTH_TRUE : TRUTH_FALSE;
	clause.truth = truths[truth];
	clause.text = arena_print(telling->arena, "%s %s %s %s",
				  clause.kind == CLAUSE_FROM ? "from" : "type",
				  text_of_type(telling->arena, type),
				  truth == TRUTH_FALSE ? "is not in" : "in",
				  text_of_types(telling->arena, patterns));
	add_clause(telling, told, clause);
}

static void
tell_expiry(struct telling *telling, struct reason_rule *told,
	    const struct rule *rule)
{
	int today = telling->facts->today;
	enum truth truth = today < rule->expires ? TRUTH_TRUE : TRUTH_FALSE;

	if (today == 0)
		truth = TRUTH_UNKNOWN;
	add_clause(telling, told,
		   (struct reason_clause){.kind = CLAUSE_EXPIRES,
					  .text = truth == TRUTH_FALSE
							  ? "it has expired"
							  : "it hasn't expired",
					  .truth = truths[truth],
					  .line = rule->expires_line});
}

static int
line_of(const struct condition *condition)
{
	return condition->left == NULL ? condition->line
				       : line_of(condition->left);
}

static void
tell_condition(struct telling *telling, struct reason_rule *told,
	       const struct condition *condition)
{
	uint64_t used = 0, unknown = 0;
	enum truth truth;

	if (condition->kind == CONDITION_AND) {
		tell_condition(telling, told, condition->left);
		tell_condition(telling, told, condition->right);
		return;
	}
	truth = match_condition(condition, telling->facts, &used, &unknown);
	add_clause(telling, told,
		   (struct reason_clause){
			   .kind = CLAUSE_WHEN,
			   .text = text_of_condition(telling->arena, condition),
			   .truth = truths[truth],
			   .line = line_of(condition),
			   .facts = used | unknown});
}

/* --- Rules and layers ----------------------------------------------------- */

static bool
is_decider(const struct verdict *verdict, const struct rule *rule)
{
	for (int i = 0; i < verdict->decider_count; i++)
		if (verdict->deciders[i].line == rule->line &&
		    same_text(verdict->deciders[i].file, rule->file))
			return true;
	return false;
}

static struct reason_rule
tell_rule(struct telling *telling, const struct rule *rule,
	  const struct verdict *verdict)
{
	const struct subject *subject = telling->subject;
	struct reason_rule told = {
		.file = rule->file,
		.label = rule->label,
		.reason = rule->reason,
		.line = rule->line,
		.decision = rule->decision,
		.truth = truths[rule_truth(rule, subject, telling->facts)],
		.decides = is_decider(verdict, rule),
		.rule = rule,
	};

	tell_subjects(telling, &told, rule);
	if (rule->has_types)
		tell_type(telling, &told, &rule->types, subject->type,
			  (struct reason_clause){.kind = CLAUSE_TYPE,
						 .line = rule->types_line});
	if (rule->has_froms)
		tell_type(telling, &told, &rule->froms, subject->from,
			  (struct reason_clause){.kind = CLAUSE_FROM,
						 .line = rule->froms_line,
						 .facts = UINT64_C(1)
							  << FACT_COLUMN_TYPE});
	if (rule->expires != 0)
		tell_expiry(telling, &told, rule);
	for (int i = 0; i < rule->condition_count; i++)
		tell_condition(telling, &told, rule->conditions[i]);
	return told;
}

/* A layer alone is a policy of one layer; without deciders it has no opinion.
 */
static struct reason_layer
tell_layer(struct telling *telling, const struct policy *policy,
	   struct layer *layer)
{
	struct policy alone = *policy;
	struct reason_layer told = {
		.name = layer->name,
		.file = layer->file,
	};

	alone.layers = layer;
	alone.layer_count = 1;
	alone.narrower = NULL;
	told.verdict = judge(&alone, telling->subject, telling->facts);
	told.has_opinion = told.verdict.decider_count > 0;
	for (int i = 0; i < layer->rule_count; i++) {
		const struct rule *rule = &layer->rules[i];

		if ((rule->operations & 1U << telling->subject->operation) == 0)
			continue;
		arena_append(telling->arena, told.rules, told.rule_count,
			     tell_rule(telling, rule, &told.verdict));
	}
	return told;
}

struct reasons *
reasons_of(const struct policy *policy, const struct subject *subject,
	   const struct facts *facts)
{
	struct reasons *reasons = xcalloc(1, sizeof(*reasons));
	struct telling telling = {
		.arena = arena_new(), .subject = subject, .facts = facts};

	reasons->arena = telling.arena;
	for (; policy != NULL; policy = policy->narrower)
		for (int i = 0; i < policy->layer_count; i++)
			arena_append(telling.arena, reasons->layers,
				     reasons->layer_count,
				     tell_layer(&telling, policy,
						&policy->layers[i]));
	return reasons;
}

void
reasons_free(struct reasons *reasons)
{
	if (reasons == NULL)
		return;
	arena_free(reasons->arena);
	free(reasons);
}

void
reasons_cleanup(struct reasons **reasons)
{
	reasons_free(*reasons);
}

const struct reason_rule *
reasons_nearest(const struct reason_layer *layer, enum decision decision)
{
	const struct reason_rule *nearest = NULL;

	for (int i = 0; i < layer->rule_count; i++) {
		const struct reason_rule *rule = &layer->rules[i];

		if (rule->truth == truths[TRUTH_TRUE] || rule->decides ||
		    (decision != DECISIONS && rule->decision != decision))
			continue;
		if (nearest == NULL || rule->failing < nearest->failing)
			nearest = rule;
	}
	return nearest;
}
