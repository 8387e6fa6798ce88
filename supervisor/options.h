/*
 * options.h - the command line of every command, read by its table.
 *
 * Long options as --name VALUE or --name=VALUE, flags without a value, a short
 * letter where the table gives one (-p VALUE), "--" ends the options, "-" alone
 * is no option. An option may be given once. An unknown one is EXIT_USAGE with
 * the nearest name. --help is always understood; its text comes from the same
 * table, so the two can't differ.
 */
#ifndef SUPERVISOR_OPTIONS_H
#define SUPERVISOR_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

struct error;

struct option_row {
	const char *name;     /* without the dashes */
	const char *argument; /* what its value is called; NULL for a flag */
	const char *help;
	char letter; /* 0: none */
};

/* A command: its usage line after "pgmend ", one sentence, and its options,
 * best indexed by an enum of the command's. */
struct option_table {
	const char *usage;
	const char *about;
	const struct option_row *rows;
	int count;
	int positional_max;
	void (*write_more)(FILE *out); /* at the end of --help, or NULL */
	bool is_plain; /* usage errors are text, wherever they go */
};

/* Texts are borrowed from argv. */
struct options {
	const char **values; /* by row; NULL: not given; a flag's is "" */
	const char **positionals;
	int positional_count;
	bool wants_help;
};

/* Reads argv[1] and on. */
int options_read(struct options **ret_options, const struct option_table *table,
		 int argc, char **argv, struct error *err);
void options_free(struct options *options);
void options_cleanup(struct options **options);
#define auto_options __attribute__((cleanup(options_cleanup)))

void options_write_help(FILE *out, const struct option_table *table);

#endif
