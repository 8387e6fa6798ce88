#include "agent/plan_type.h"
#include "pgmend.h"

/* Of "(6,2)". */
static void
read_modifiers(struct column_type *type, const char *text)
{
	char *end;

	while (type->modifier_count < (int)array_size(type->modifiers)) {
		long number = strtol(text + 1, &end, 10);

		type->modifiers[type->modifier_count++] = (int)number;
		if (*end != ',')
			return;
		text = end;
	}
}

struct column_type
column_type_of(const char *text)
{
	struct column_type type = {.modifier_count = 0};
	size_t size = strlen(text);
	const char *open = strchr(text, '(');
	const char *close = open == NULL ? NULL : strchr(open, ')');

	if (size > 2 && strcmp(text + size - 2, "[]") == 0) {
		type.is_array = true;
		size -= 2;
	}
	if (size >= sizeof(type.name))
		return type;
	if (close == NULL || *text == '"') {
		snprintf(type.name, sizeof(type.name), "%.*s", (int)size, text);
		return type;
	}
	read_modifiers(&type, open);
	snprintf(type.name, sizeof(type.name), "%.*s%.*s", (int)(open - text),
		 text, (int)(text + size - close - 1), close + 1);
	return type;
}

bool
column_type_is(const struct column_type *type, const char *name)
{
	return !type->is_array && strcmp(type->name, name) == 0;
}
