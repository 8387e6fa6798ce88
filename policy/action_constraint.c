/* ADD CONSTRAINT ... NOT VALID: a check, or a foreign key within the schema. */
#include "pgmend.h"
#include "policy/action.h"
#include "policy/expression.h"
#include "policy/name.h"
#include "policy/statement.h"

static bool
read_check(struct action *action, struct node *node, struct refusal *refusal)
{
	action->constraint.kind = CONSTRAINT_CHECK;
	action->constraint.check = expression_parse(
		node_child(node, "raw_expr"), PLACE_CHECK, refusal);
	return action->constraint.check != NULL;
}

/* The server's own words for what nobody wrote: MATCH SIMPLE, NO ACTION.
 * A cascade would let another table's DELETE take rows of this one. */
static bool
is_plain(struct node *node, struct refusal *refusal)
{
	if (strcmp(node_text(node, "fk_matchtype"), "s") == 0 &&
	    strcmp(node_text(node, "fk_upd_action"), "a") == 0 &&
	    strcmp(node_text(node, "fk_del_action"), "a") == 0)
		return true;
	return refuse(refusal, "F08",
		      "a foreign key with MATCH, ON UPDATE or ON DELETE is not "
		      "accepted");
}

static bool
read_reference(struct action *action, struct node *node,
	       struct refusal *refusal)
{
	struct action other = {.schema = NULL};
	bool is_read = action_read_relation(&other, node_child(node, "pktable"),
					    refusal);

	if (is_read && other.only)
		is_read = refuse(refusal, "F08", "ONLY is not accepted here");
	action->constraint.schema = take(other.schema);
	action->constraint.table = take(other.table);
	action_release(&other);
	return is_read;
}

static bool
read_foreign_key(struct action *action, struct node *node,
		 struct refusal *refusal)
{
	struct constraint *constraint = &action->constraint;

	constraint->kind = CONSTRAINT_FOREIGN_KEY;
	if (!is_plain(node, refusal) || !read_reference(action, node, refusal))
		return false;
	constraint->columns = expression_parse_names(node, "fk_attrs", refusal);
	if (constraint->columns == NULL)
		return false;
	if (node_count(node, "pk_attrs") == 0)
		return true;
	constraint->key = expression_parse_names(node, "pk_attrs", refusal);
	return constraint->key != NULL;
}

bool
constraint_read(struct action *action, struct node *node,
		struct refusal *refusal)
{
	struct node *constraint = node_child(node, "def");
	const char *kind, *name;

	if (!node_is(constraint, "Constraint"))
		return refuse(refusal, "F01", "there is no constraint here");
	kind = node_word(constraint, "contype");
	name = node_text(constraint, "conname");
	/* An index can't wait for validation, so keys are refused here, too. */
	if (!node_flag(constraint, "skip_validation"))
		return refuse(refusal, "F09",
			      "ADD CONSTRAINT without NOT VALID is not "
			      "accepted");
	if (*name != '\0') {
		action->constraint.name = xstrdup(name);
		if (!name_is_acceptable(name, refusal))
			return false;
	}
	if (strcmp(kind, "CONSTR_CHECK") == 0)
		return read_check(action, constraint, refusal);
	if (strcmp(kind, "CONSTR_FOREIGN") == 0)
		return read_foreign_key(action, constraint, refusal);
	return refuse(refusal, "F09",
		      "a constraint of the kind %s is not "
		      "accepted",
		      kind);
}

static void
write_list(FILE *out, const struct expression *list)
{
	fputs(" (", out);
	expression_write(out, list, NULL);
	fputc(')', out);
}

void
constraint_write(FILE *out, const struct action *action)
{
	const struct constraint *constraint = &action->constraint;

	fputs("ADD ", out);
	if (constraint->name != NULL) {
		fputs("CONSTRAINT ", out);
		name_write(out, constraint->name);
		fputc(' ', out);
	}
	if (constraint->kind == CONSTRAINT_CHECK) {
		fputs("CHECK", out);
		write_list(out, constraint->check);
	} else {
		fputs("FOREIGN KEY", out);
		write_list(out, constraint->columns);
		fputs(" REFERENCES ", out);
		name_write_target(out, constraint->schema, constraint->table,
				  NULL);
		if (constraint->key != NULL)
			write_list(out, constraint->key);
	}
	fputs(" NOT VALID", out);
}

bool
constraint_undo(FILE *out, const struct action *action,
		const struct facts *before)
{
	(void)before;
	if (action->constraint.name == NULL)
		return false;
	fputs("DROP CONSTRAINT ", out);
	name_write(out, action->constraint.name);
	return true;
}
