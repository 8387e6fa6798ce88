/*
 * convert.h - from what a tool says of a failed write to incidents.
 *
 * One converter a source, one table of them. The input is untrusted and read
 * record by record, each within its source's limit; a record is a line, or for
 * some sources the whole input. JSON passes the strict scanner, and every
 * incident its own reader, before it is printed. A record that isn't of the
 * source's form is named on the log and passed over: a line that a crash cut
 * mustn't hide the failures behind it. (In csvlog a cut field does, up to the
 * next quote or the limit: only the quotes say where its line ends.)
 */
#ifndef SUPERVISOR_CONVERT_H
#define SUPERVISOR_CONVERT_H

#include <stddef.h>
#include <stdio.h>

#include "supervisor/convert_draft.h"

struct conversion;
struct error;

enum convert_framing {
	CONVERT_WHOLE, /* the input is one record */
	CONVERT_LINES,
	CONVERT_LOG /* lines, but a quoted field of CSV may hold line ends */
};

struct converter {
	const char *name;  /* as --from says it */
	const char *kind;  /* source.kind */
	const char *rows;  /* keep or prove; NULL: as the kind has it */
	const char *about; /* the input, in a few words */
	enum convert_framing framing;
	size_t max; /* bytes of a record */
	/* Hands each failure of the record to convert_emit(). The text is
	 * valid UTF-8 without NUL, and terminated. */
	int (*convert)(struct conversion *conversion, const char *text,
		       size_t size, struct error *err);
};

struct conversion {
	const struct converter *converter;
	const char *name, *id; /* --name and --id; NULL: as the source says */
	FILE *out, *log;
	int records, refused, written;
};

/* NULL when there is none of that name. */
const struct converter *converter_find(const char *name);
/* The table, for --help and for the fuzzer. */
const struct converter *converter_table(size_t *ret_count);

/* Reads to the end. EXIT_BAD_INCIDENT when there was nothing, or when a record
 * was refused; the others' incidents are written all the same. */
int convert_run(struct conversion *conversion, FILE *in, struct error *err);

/* For converters: completes the draft with kind, --name and --id, and writes
 * it. */
int convert_emit(struct conversion *conversion, struct draft *draft,
		 struct error *err);

int convert_psycopg(struct conversion *conversion, const char *text,
		    size_t size, struct error *err);
int convert_pglog(struct conversion *conversion, const char *text, size_t size,
		  struct error *err);
int convert_kafka(struct conversion *conversion, const char *text, size_t size,
		  struct error *err);
int convert_dbt(struct conversion *conversion, const char *text, size_t size,
		struct error *err);
int convert_airflow(struct conversion *conversion, const char *text,
		    size_t size, struct error *err);
int convert_airbyte(struct conversion *conversion, const char *text,
		    size_t size, struct error *err);
int convert_dlt(struct conversion *conversion, const char *text, size_t size,
		struct error *err);

#endif
