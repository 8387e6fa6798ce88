#include "agent/events.h"
#include "agent/failure.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* The empty line: the event is whole. One without data is none. */
static int
end_event(struct events *events, struct error *err)
{
	struct event event = {
		.name = events->name,
		.data = events->data.text,
		.size = events->data.size,
	};
	int result = 0;

	if (events->has_data)
		result = events->taker(events->context, &event, err);
	events->has_data = false;
	events->name[0] = '\0';
	buffer_clear(&events->data);
	return result;
}

static int
add_data(struct events *events, const char *value, size_t size,
	 struct error *err)
{
	if (events->data.size + size >= EVENTS_SIZE_MAX)
		return fail_model(err, "protocol",
				  "an event of more than %d bytes",
				  EVENTS_SIZE_MAX);
	if (events->has_data)
		buffer_add(&events->data, "\n", 1);
	buffer_add(&events->data, value, size);
	events->has_data = true;
	return 0;
}

static bool
is_field(const char *name, const char *line, size_t size)
{
	return size == strlen(name) && memcmp(line, name, size) == 0;
}

/* "name: value", "name:value", or a name alone. A comment's name is empty. */
static int
take_field(struct events *events, const char *line, size_t size,
	   struct error *err)
{
	const char *colon = memchr(line, ':', size);
	size_t name_size = colon == NULL ? size : (size_t)(colon - line);
	const char *value = line + name_size + (colon != NULL);
	const char *end = line + size;

	if (value < end && *value == ' ')
		value++;
	if (is_field("data", line, name_size))
		return add_data(events, value, (size_t)(end - value), err);
	if (is_field("event", line, name_size))
		snprintf(events->name, sizeof(events->name), "%.*s",
			 (int)(end - value), value);
	return 0;
}

static int
end_line(struct events *events, struct error *err)
{
	const char *line = events->line.text;
	size_t size = events->line.size;
	size_t mark = strlen(BYTE_ORDER_MARK);
	int result;

	if (!events->is_started && size >= mark &&
	    memcmp(line, BYTE_ORDER_MARK, mark) == 0) {
		line += mark;
		size -= mark;
	}
	events->is_started = true;
	result = size == 0 ? end_event(events, err)
			   : take_field(events, line, size, err);
	buffer_clear(&events->line);
	return result;
}

static int
take_byte(struct events *events, char byte, struct error *err)
{
	bool is_rest_of_end = byte == '\n' && events->is_after_cr;

	events->is_after_cr = byte == '\r';
	if (is_rest_of_end)
		return 0;
	if (byte == '\n' || byte == '\r')
		return end_line(events, err);
	if (events->line.size == EVENTS_SIZE_MAX)
		return fail_model(err, "protocol",
				  "a line of more than %d bytes",
				  EVENTS_SIZE_MAX);
	buffer_add(&events->line, &byte, 1);
	return 0;
}

int
events_feed(struct events *events, const char *bytes, size_t size,
	    struct error *err)
{
	for (size_t i = 0; i < size; i++)
		if (take_byte(events, bytes[i], err) < 0)
			return -1;
	return 0;
}

void
events_free(struct events *events)
{
	buffer_free(&events->line);
	buffer_free(&events->data);
}
