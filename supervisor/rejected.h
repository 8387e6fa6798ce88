/*
 * rejected.h - FILE.rejected.ndjson: the records that were not written, each
 * with the reason, so that nothing is dropped silently.
 *
 * Created before the supervisor locks itself, readable by its owner alone; an
 * earlier one that isn't empty is moved aside to a name with a number. One
 * object a line: {"line":7,"sqlstate":"22P02","reason_code":"...","reason":
 * "...","payload":{...}}. What was no JSON object is in "text", not "payload";
 * one of the incident's own payloads has "record", not "line".
 */
#ifndef SUPERVISOR_REJECTED_H
#define SUPERVISOR_REJECTED_H

#include <stdint.h>

struct error;
struct rejected;
struct rejections;

/* Beside the replay file. EXIT_USAGE, rejected_file. */
int rejected_open(struct rejected **ret_rejected, const char *replay_path,
		  struct error *err);
void rejected_free(struct rejected *rejected);
const char *rejected_path(const struct rejected *rejected);

/* Durable when it returns. `first_line`: the ordinal of the file's first line;
 * what is below is the incident's own. */
int
rejected_write(struct rejected *rejected, const struct rejections *rejections,
	       int64_t first_line, struct error *err);

#endif
