#include "pgmend.h"

#include "sandbox/json.h"
#include "supervisor/plan.h"
#include "supervisor/portion.h"
#include "supervisor/replay.h"
#include "supervisor/stream.h"

/* A portion ends at so many bytes; one more line and its values still fit
 * behind. */
#define PORTION_BYTES (5 << 20)

static int
compare_hashes(const void *left, const void *right)
{
	return strcmp(((const struct own_record *)left)->hash,
		      ((const struct own_record *)right)->hash);
}

void
source_prepare(struct source *source)
{
	size_t count = (size_t)source->own_count;

	source->mine = xcalloc(count, sizeof(*source->mine));
	for (size_t i = 0; i < count; i++)
		source->mine[i].hash = source->own[i].hash;
	qsort(source->mine, count, sizeof(*source->mine), compare_hashes);
}

void
source_release(struct source *source)
{
	free(source->mine);
}

void
portion_prepare(struct portion *portion, const struct source *source)
{
	portion->bytes = xcalloc(
		1, PORTION_BYTES + STREAM_LINE_MAX +
			   replay_values_max(source->form, STREAM_LINE_MAX));
	portion->records =
		xcalloc((size_t)source->most, sizeof(*portion->records));
}

void
portion_release(struct portion *portion)
{
	free(portion->bytes);
	free(portion->records);
	rejections_free(&portion->rejections);
}

void
portion_empty(struct portion *portion)
{
	portion->count = 0;
	portion->used = 0;
	portion->rejected = 0;
	portion->repeated = 0;
	rejections_free(&portion->rejections);
}

bool
portion_is_empty(const struct portion *portion)
{
	return portion->count == 0 && portion->rejections.count == 0 &&
	       portion->repeated == 0;
}

/* Files of dead letters hold the incident's own record, too: the first line
 * that is it, is it. */
static bool
is_own(struct source *source, const struct record *record)
{
	const struct own_record wanted = {.hash = record->hash};
	struct own_record *end = source->mine + source->own_count;
	struct own_record *at =
		bsearch(&wanted, source->mine, (size_t)source->own_count,
			sizeof(*source->mine), compare_hashes);

	while (at != NULL && at > source->mine &&
	       compare_hashes(at - 1, &wanted) == 0)
		at--;
	for (; at != NULL && at < end && compare_hashes(at, &wanted) == 0; at++)
		if (!at->is_met) {
			at->is_met = true;
			return true;
		}
	return false;
}

static void
reject(struct portion *portion, const struct record *record, const char *code,
       const char *reason)
{
	rejections_add(&portion->rejections, record, "", code, reason);
	portion->rejected += record->size;
}

/* NULL for a record that may be written; then the line was scanned. */
static const char *
find_mistake(struct json **ret_json, const struct source *source,
	     const struct line *line, const char **ret_code)
{
	const struct grounds *grounds = source->grounds;
	struct error ignored = NO_ERROR;

	*ret_code = "not_a_record";
	if (line->mistake != NULL)
		return line->mistake;
	if (json_scan(ret_json, line->text, line->size, &ignored) < 0)
		return "the line is not acceptable JSON";
	if (!json_is(*ret_json, 0, JSON_OBJECT))
		return "the line is not an object";
	*ret_code = "session_dependent";
	if (!source->allows_dependent &&
	    replay_is_dependent(grounds->replay, grounds->catalog, *ret_json,
				0))
		return "what the record means depends on settings that aren't "
		       "known, which policy doesn't allow";
	return NULL;
}

static void
keep(struct portion *portion, const struct source *source,
     struct record *record, const struct json *json)
{
	char *text = portion->bytes + portion->used;
	char *values = mempcpy(text, record->text, record->size);
	char *end = replay_write_values(values, source->form, json);

	record->text = text;
	record->values = values;
	portion->used = (size_t)(end - portion->bytes);
	portion->records[portion->count++] = *record;
}

static void
take_line(struct portion *portion, struct source *source,
	  const struct line *line)
{
	struct record record = {
		.text = line->text,
		.size = line->size,
		.ordinal = source->own_count + line->number,
	};
	auto_json struct json *json = NULL;
	const char *code;
	const char *mistake = find_mistake(&json, source, line, &code);

	if (mistake != NULL) {
		reject(portion, &record, code, mistake);
		return;
	}
	turn_identify(&record, &source->keys);
	if (is_own(source, &record))
		portion->repeated++;
	else
		keep(portion, source, &record, json);
}

static bool
is_full(const struct portion *portion, const struct source *source)
{
	return portion->count == source->most ||
	       portion->rejections.count >= source->most ||
	       portion->used + portion->rejected >= PORTION_BYTES;
}

int
portion_step(bool *ret_more, struct portion *portion, struct source *source,
	     struct error *err)
{
	struct line line;

	*ret_more = false;
	if (is_full(portion, source))
		return 0;
	if (source->own_next < source->own_count) {
		portion->records[portion->count++] =
			source->own[source->own_next++];
		*ret_more = true;
		return 0;
	}
	if (source->stream == NULL)
		return 0;
	if (stream_next(&line, source->stream, err) < 0)
		return -1;
	if (line.text != NULL && source->lines_left-- <= 0)
		return fail_as(err, EXIT_PARTIAL, "too_many_records",
			       "the file has grown beyond what policy lets a "
			       "run replay");
	*ret_more = line.text != NULL;
	if (*ret_more)
		take_line(portion, source, &line);
	else
		source->stream = NULL;
	return 0;
}
