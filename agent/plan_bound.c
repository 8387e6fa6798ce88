#include "agent/plan_bound.h"
#include "agent/plan_field.h"
#include "pgmend.h"
#include "sandbox/json.h"

struct partitions
partitions_read(const struct json *json, int node)
{
	int list = json_member(json, node, "siblings");
	int count = list == JSON_NONE ? 0 : json_count(json, list);
	struct partitions partitions = {
		.strategy = member_text(json, node, "strategy"),
		.key = member_text(json, node, "key"),
		.type = member_text(json, node, "type"),
		.has_default =
			json_is(json, json_member(json, node, "has_default"),
				JSON_TRUE),
		.siblings = xcalloc((size_t)count, sizeof(struct sibling)),
	};

	for (int item = json_first(json, list); item != JSON_NONE;
	     item = json_next(json, item))
		partitions.siblings[partitions.count++] = (struct sibling){
			.name = member_text(json, item, "name"),
			.bound = member_text(json, item, "bound"),
			.is_partitioned = json_is(
				json, json_member(json, item, "partitioned"),
				JSON_TRUE),
		};
	return partitions;
}

void
partitions_free(struct partitions *partitions)
{
	for (int i = 0; i < partitions->count; i++) {
		free(partitions->siblings[i].name);
		free(partitions->siblings[i].bound);
	}
	free(partitions->siblings);
	free(partitions->strategy);
	free(partitions->key);
	free(partitions->type);
}

bool
partitions_have(const struct partitions *partitions, const char *name)
{
	for (int i = 0; i < partitions->count; i++)
		if (same_text(partitions->siblings[i].name, name))
			return true;
	return false;
}

/* What is between the quotes; NULL unless the closing one is the last. */
static char *
unquote(const char *text, size_t size)
{
	char *plain = xcalloc(1, size + 1);
	size_t used = 0;

	for (size_t at = 1; at + 1 < size; at++) {
		if (text[at] == '\'' && text[++at] != '\'') {
			free(plain);
			return NULL;
		}
		plain[used++] = text[at];
	}
	return plain;
}

char *
bound_constant(const char *bound, const char *word)
{
	auto_free char *start = xprintf("%s (", word);
	const char *at = bound == NULL ? NULL : strstr(bound, start);
	const char *end;
	size_t size;

	if (at == NULL)
		return NULL;
	at += strlen(start);
	end = strcmp(word, "FROM") == 0 ? strstr(at, ") TO (")
					: strrchr(at, ')');
	if (end == NULL || end == at)
		return NULL;
	size = (size_t)(end - at);
	if (*at == '\'')
		return size > 1 && at[size - 1] == '\'' ? unquote(at, size)
							: NULL;
	if (strcspn(at, ", ") < size)
		return NULL;
	return xprintf("%.*s", (int)size, at);
}

long
bound_number(const char *bound, const char *word)
{
	const char *at = bound == NULL ? NULL : strcasestr(bound, word);

	return at == NULL ? -1 : strtol(at + strlen(word), NULL, 10);
}
