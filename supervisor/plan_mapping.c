/* The mappings of a plan: read, understood, and judged column by column. */
#include "pgmend.h"

#include "policy/insert.h"
#include "policy/policy.h"
#include "policy/transform.h"
#include "supervisor/catalog.h"
#include "supervisor/incident.h"
#include "supervisor/plan.h"
#include "supervisor/privacy.h"

/* --- Read ----------------------------------------------------------------- */

static const char *
read_mapping(struct mapping *mapping, const struct json *json, int node)
{
	int transform = json_member(json, node, "transform");

	mapping->field = json_string(json, json_member(json, node, "field"));
	mapping->column = json_string(json, json_member(json, node, "column"));
	mapping->transform = json_string(json, transform);
	if (mapping->field == NULL || mapping->column == NULL ||
	    json_count(json, node) != 2 + (transform != JSON_NONE))
		return "a mapping has a field, a column, and a transform or "
		       "null";
	if (mapping->transform == NULL &&
	    json_type(json, transform) != JSON_NULL)
		return "a mapping's transform is a name or null";
	return NULL;
}

const char *
plan_read_mappings(struct plan *plan, const struct json *json, int list)
{
	const char *mistake = NULL;

	if (list == JSON_NONE)
		return NULL;
	if (!json_is(json, list, JSON_ARRAY) ||
	    json_count(json, list) > PLAN_MAPPINGS_MAX)
		return "mapping must be an array of at most 64 objects";
	for (int node = json_first(json, list);
	     node != JSON_NONE && mistake == NULL; node = json_next(json, node))
		mistake = read_mapping(&plan->mappings[plan->mapping_count++],
				       json, node);
	return mistake;
}

/* JSON strings, so that no name can look like two lines. */
void
plan_write_mappings(FILE *out, const struct plan *plan)
{
	for (int i = 0; i < plan->mapping_count; i++) {
		const struct mapping *mapping = &plan->mappings[i];

		fputs("mapping ", out);
		json_write_string(out, mapping->field);
		json_write_string(out, mapping->column);
		json_write_string(out, mapping->transform == NULL
					       ? TRANSFORM_NONE
					       : mapping->transform);
		fputc('\n', out);
	}
}

/* --- Understood ----------------------------------------------------------- */

/* As quote_ident() writes it. */
static char *
type_name(const struct type *type)
{
	auto_free char *bare =
		xprintf("%s%s", type->is_array ? "_" : "", type->name);
	auto_free char *schema = quote_name(type->schema);
	auto_free char *name = quote_name(bare);

	return xprintf("%s.%s", schema, name);
}

/* The column's type once the plan's statements ran; NULL when there is no such
 * column, or it is generated. The caller frees it. */
static char *
type_after(const struct plan *plan, const struct catalog *catalog,
	   const char *name)
{
	const struct column *column = catalog_column(catalog, name);
	char *type = NULL;

	if (column != NULL && column->is_generated)
		return NULL;
	if (column != NULL)
		type = xstrdup(column->qualified_type);
	for (int s = 0; s < plan->count; s++)
		for (int a = 0; plan->statements[s] != NULL &&
				a < plan->statements[s]->count;
		     a++) {
			const struct action *action =
				&plan->statements[s]->actions[a];

			if (!same_text(action->column, name) ||
			    action->type.name == NULL)
				continue;
			free(type);
			type = type_name(&action->type);
		}
	return type;
}

static bool
is_sent(const struct incident *incident, const char *field)
{
	for (int i = 0; i < incident->payload_count; i++)
		if (json_member(incident->json, incident->payloads[i], field) !=
		    JSON_NONE)
			return true;
	return false;
}

static bool
check_transform(const struct field_mapping *mapping, struct refusal *refusal)
{
	if (mapping->type == NULL)
		return refuse(refusal, "F13",
			      "\"%.63s\" is no column of the table that can be "
			      "written",
			      mapping->column);
	if (mapping->transform == NULL ||
	    transform_accepts(mapping->transform, mapping->type))
		return true;
	return refuse(refusal, "F10", "%s gives nothing for the type %.100s",
		      mapping->transform->name, mapping->type);
}

static bool
understand(struct field_mapping *ret_mapping, const struct plan *plan,
	   int index, const struct grounds *grounds, struct refusal *refusal)
{
	const struct mapping *mapping = &plan->mappings[index];
	const struct transform *transform = NULL;

	if (mapping->transform != NULL &&
	    strcmp(mapping->transform, TRANSFORM_NONE) != 0) {
		transform = transform_find(mapping->transform);
		if (transform == NULL)
			return refuse(refusal, "F01",
				      "there is no transform \"%.63s\"",
				      mapping->transform);
	}
	*ret_mapping = (struct field_mapping){
		.field = mapping->field,
		.column = mapping->column,
		.transform = transform,
	};
	if (transform != NULL && transform->is_omission)
		return true;
	for (int i = 0; i < index; i++)
		if (same_text(plan->mappings[i].column, mapping->column))
			return refuse(refusal, "F05",
				      "\"%.63s\" is mapped to twice",
				      mapping->column);
	if (!is_sent(grounds->replay->incident, mapping->field))
		return refuse(refusal, "F13", "no record has a field \"%.63s\"",
			      mapping->field);
	ret_mapping->type = type_after(plan, grounds->catalog, mapping->column);
	return check_transform(ret_mapping, refusal);
}

/* --- Judged --------------------------------------------------------------- */

/* Does the field hold objects or arrays only, which the column's type can't? */
static bool
cannot_hold(const struct column *column, const struct incident *incident,
	    const char *field)
{
	if (column->is_array || strstr(column->qualified_type, "json") != NULL)
		return false;
	for (int i = 0; i < incident->payload_count; i++) {
		int node = json_member(incident->json, incident->payloads[i],
				       field);

		if (node != JSON_NONE &&
		    !json_is(incident->json, node, JSON_OBJECT) &&
		    !json_is(incident->json, node, JSON_ARRAY) &&
		    !json_is(incident->json, node, JSON_NULL))
			return false;
	}
	return true;
}

/* The payload's key that the column took until now, or NULL. */
static const char *
former_key(const struct replay *replay, const char *column)
{
	int at = insert_find_column(replay->insert, column);

	return at < 0 ? NULL : replay_key(replay, at);
}

static bool
is_mapped(const struct plan *plan, const char *field)
{
	for (int i = 0; i < plan->mapping_count; i++)
		if (strcmp(plan->mappings[i].field, field) == 0)
			return true;
	return false;
}

static struct verdict
judge_column(const struct plan *plan, const struct grounds *grounds,
	     const char *column, const struct transform *transform,
	     bool is_lossy)
{
	const struct column *known = catalog_column(grounds->catalog, column);
	struct facts facts = grounds->facts;
	struct subject subject = {
		.operation = OP_REPLAY_MAPPING,
		.schema = grounds->catalog->schema,
		.table = grounds->catalog->table,
		.column = column,
	};

	for (int i = 0; i < FACTS; i++)
		if (grounds->catalog->facts.of[i].known)
			facts.of[i] = grounds->catalog->facts.of[i];
	facts_set_text(&facts, FACT_COLUMN_NAME, column);
	privacy_facts(&facts, plan, grounds, column);
	if (known != NULL) {
		facts_set_number(&facts, FACT_COLUMN_NULLABLE,
				 !known->not_null);
		facts_set_number(&facts, FACT_COLUMN_HAS_DEFAULT,
				 known->has_default);
	}
	transform_facts(&facts, transform);
	if (is_lossy)
		facts_set_number(&facts, FACT_MAPPING_LOSSY, true);
	return judge(grounds->policy, &subject, &facts);
}

/* A mapping loses what the column took before, if that is still sent. */
static bool
displaces(const struct plan *plan, const struct grounds *grounds,
	  const struct field_mapping *mapping)
{
	const char *key = former_key(grounds->replay, mapping->column);

	return key != NULL && strcmp(key, mapping->field) != 0 &&
	       is_sent(grounds->replay->incident, key) && !is_mapped(plan, key);
}

/* The mapping by its own column; and where the field leaves another column of
 * the table that could have held it, that one as left out. */
static struct verdict
judge_mapping(const struct plan *plan, const struct grounds *grounds,
	      const struct field_mapping *mapping)
{
	const struct replay *replay = grounds->replay;
	struct verdict total =
		judge_column(plan, grounds, mapping->column, mapping->transform,
			     displaces(plan, grounds, mapping));
	int from =
		insert_column_of(replay->insert, replay->keys, mapping->field);
	const char *left = from < 0 ? NULL : replay->insert->columns[from];
	const struct column *column =
		left == NULL ? NULL : catalog_column(grounds->catalog, left);

	if (column != NULL && strcmp(left, mapping->column) != 0 &&
	    !cannot_hold(column, replay->incident, mapping->field)) {
		struct verdict one = judge_column(plan, grounds, left,
						  transform_find("omit"), true);

		verdict_combine(&total, &one);
	}
	return total;
}

static struct verdict
judge_all(struct plan *plan, const struct grounds *grounds,
	  struct field_mapping *mappings)
{
	struct verdict total = verdict_start();
	struct refusal refusal = {0};

	for (int i = 0; i < plan->mapping_count; i++)
		if (!understand(&mappings[i], plan, i, grounds, &refusal))
			return verdict_of_refusal(&refusal);
	if (!replay_map(&plan->mapped, grounds->replay, mappings,
			plan->mapping_count, &refusal))
		return verdict_of_refusal(&refusal);
	for (int i = 0; i < plan->mapping_count; i++) {
		struct verdict one = judge_mapping(plan, grounds, &mappings[i]);

		verdict_combine(&total, &one);
	}
	return total;
}

struct verdict
plan_judge_mappings(struct plan *plan, const struct grounds *grounds)
{
	struct field_mapping mappings[PLAN_MAPPINGS_MAX] = {{0}};
	struct verdict total;

	replay_free(&plan->mapped);
	if (plan->mapping_count == 0)
		return verdict_start();
	total = judge_all(plan, grounds, mappings);
	for (int i = 0; i < plan->mapping_count; i++)
		free((char *)mappings[i].type);
	return total;
}

const struct replay *
plan_replay(const struct plan *plan, const struct replay *original)
{
	return plan->mapped.insert != NULL ? &plan->mapped : original;
}

struct grounds
plan_grounds(const struct plan *plan, const struct grounds *grounds)
{
	struct grounds mapped = *grounds;

	if (plan->mapped.insert == NULL)
		return mapped;
	mapped.replay = &plan->mapped;
	replay_facts(&mapped.facts, mapped.replay, mapped.catalog);
	return mapped;
}

void
plan_deny(struct plan *plan, const char *code, const char *meaning,
	  const char *sqlstate)
{
	plan->verdict.decision = DECISION_DENY;
	snprintf(plan->verdict.reason, sizeof(plan->verdict.reason),
		 "with this plan the write still fails: %s (%s)", meaning,
		 sqlstate);
	snprintf(plan->reason_code, sizeof(plan->reason_code), "%s", code);
}
