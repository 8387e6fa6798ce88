/* What a partition holds: FROM and TO, IN, or WITH; constants only. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/statement.h"

static bool
read_range(struct bound *bound, struct node *node, struct refusal *refusal)
{
	bound->kind = BOUND_RANGE;
	bound->from = expression_parse_list(node, "lowerdatums", refusal);
	bound->to = expression_parse_list(node, "upperdatums", refusal);
	return bound->from != NULL && bound->to != NULL;
}

static bool
read_list(struct bound *bound, struct node *node, struct refusal *refusal)
{
	bound->kind = BOUND_LIST;
	bound->in = expression_parse_list(node, "listdatums", refusal);
	return bound->in != NULL;
}

static bool
read_hash(struct bound *bound, struct node *node, struct refusal *refusal)
{
	bound->kind = BOUND_HASH;
	bound->modulus = (int)node_number(node, "modulus");
	bound->remainder = (int)node_number(node, "remainder");
	return (bound->modulus > 0 && bound->remainder >= 0) ||
	       refuse(refusal, "F05",
		      "a modulus is positive, a remainder not "
		      "negative");
}

static const struct {
	const char *strategy;
	bool (*read)(struct bound *, struct node *, struct refusal *);
} strategies[] = {
	{"r", read_range},
	{"l", read_list},
	{"h", read_hash},
};

bool
bound_read(struct action *action, struct node *node, struct refusal *refusal)
{
	const char *strategy;

	if (!node_is(node, "PartitionBoundSpec"))
		return refuse(refusal, "F01", "there is no bound here");
	/* It would swallow all drift to come. */
	if (node_flag(node, "is_default"))
		return refuse(refusal, "F05",
			      "a DEFAULT partition is not accepted");
	strategy = node_text(node, "strategy");
	for (size_t i = 0; i < array_size(strategies); i++)
		if (strcmp(strategies[i].strategy, strategy) == 0)
			return strategies[i].read(&action->bound, node,
						  refusal);
	return refuse(refusal, "F05", "the bound is of no known kind");
}

static void
write_values(FILE *out, const char *word, const struct expression *values)
{
	fprintf(out, "%s (", word);
	expression_write(out, values, NULL);
	fputc(')', out);
}

void
bound_write(FILE *out, const struct action *action)
{
	const struct bound *bound = &action->bound;

	switch (bound->kind) {
	case BOUND_RANGE:
		write_values(out, "FROM", bound->from);
		write_values(out, " TO", bound->to);
		break;
	case BOUND_LIST:
		write_values(out, "IN", bound->in);
		break;
	case BOUND_HASH:
		fprintf(out, "WITH (MODULUS %d, REMAINDER %d)", bound->modulus,
			bound->remainder);
		break;
	case BOUND_NONE:
		abort();
	}
}
