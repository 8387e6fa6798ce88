/* A record's values, in the form that the server is handed them. */
#include "pgmend.h"

#include "sandbox/json.h"
#include "supervisor/array.h"
#include "supervisor/replay.h"

/* What stands around a value of READING_INPUT. */
#define BEFORE_INPUT "{\"v\":"
#define BEHIND_INPUT "}"

size_t
replay_values_max(const struct replay_form *form, size_t size)
{
	return size +
	       (size_t)form->count * (ELEMENT_HEAD +
				      sizeof(BEFORE_INPUT "null" BEHIND_INPUT));
}

static char *
write_string(char *ret_value, const struct json *json, int node)
{
	size_t size;
	const char *raw = json_raw(json, node, &size);
	auto_free char *text = NULL;

	if (memchr(raw, '\\', size) == NULL)
		return element_write(ret_value, raw + 1, size - 2);
	text = json_string(json, node);
	return element_write(ret_value, text, strlen(text));
}

static char *
write_member(char *ret_value, const char *raw, size_t size)
{
	static const char before[] = BEFORE_INPUT, behind[] = BEHIND_INPUT;
	char *at = element_begin(ret_value,
				 size + sizeof(before) + sizeof(behind) - 2);

	at = mempcpy(at, before, sizeof(before) - 1);
	at = mempcpy(at, raw, size);
	return mempcpy(at, behind, sizeof(behind) - 1);
}

/* A member that is missing is NULL, as it is to a driver's lookup. To a domain
 * that is a value like others, which its input may refuse. */
static char *
write_null(char *ret_value, enum reading reading)
{
	return reading == READING_INPUT ? write_member(ret_value, "null", 4)
					: element_write_null(ret_value);
}

static char *
write_value(char *ret_value, const struct replay_value *value,
	    const struct json *json)
{
	int node = json_member(json, 0, value->key);
	size_t size;
	const char *raw = json_raw(json, node, &size);

	if (json_type(json, node) == JSON_NULL)
		return write_null(ret_value, value->reading);
	if (value->reading == READING_INPUT)
		return write_member(ret_value, raw, size);
	if (value->reading == READING_TEXT && json_is(json, node, JSON_STRING))
		return write_string(ret_value, json, node);
	return element_write(ret_value, raw, size);
}

char *
replay_write_values(char *ret_values, const struct replay_form *form,
		    const struct json *json)
{
	for (int i = 0; i < form->count; i++)
		ret_values = write_value(ret_values, &form->values[i], json);
	return ret_values;
}
