/*
 * output.h - how a command speaks: data on standard output, as JSON where that
 * is asked for or nobody watches; messages on standard error.
 */
#ifndef SUPERVISOR_OUTPUT_H
#define SUPERVISOR_OUTPUT_H

#include <stdbool.h>

struct error;

/* --json, --text, or neither: then JSON unless standard output is a terminal.
 */
bool output_is_json(bool wants_json, bool wants_text);

/*
 * Reports why a command ends: "pgmend: sentence" on standard error, escaped for
 * a terminal, and with `as_json` one object on standard output,
 * {"pgmend_error":1,"exit_code":...,"reason_code":...,"message":...}. Returns
 * the exit status.
 */
int output_error(const struct error *err, bool as_json);

#endif
