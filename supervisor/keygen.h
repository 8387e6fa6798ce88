/*
 * keygen.h - ssh-keygen, run once: a fixed path, no shell, a clean environment,
 * a deadline.
 *
 * It is given files as descriptors of memory that nobody can change, under the
 * names below, and its standard input likewise; so what it sees is what was
 * read, checked and hashed, whatever happens to the folder meanwhile.
 */
#ifndef SUPERVISOR_KEYGEN_H
#define SUPERVISOR_KEYGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define KEYGEN_PATH "/usr/bin/ssh-keygen"
#define KEYGEN_FILES 2
#define KEYGEN_FILE_1 "/proc/self/fd/3"
#define KEYGEN_FILE_2 "/proc/self/fd/4"

struct keygen_bytes {
	const void *bytes;
	size_t size;
};

struct keygen {
	const char *const *arguments; /* without the program; NULL-terminated */
	struct keygen_bytes input;
	struct keygen_bytes files[KEYGEN_FILES]; /* bytes NULL: none */
	bool is_interactive; /* may ask its user: the agent's socket is known,
			      * messages go to standard error */
	int64_t deadline_ms; /* from now */
};

/* What it said; a text, terminated. */
struct keygen_answer {
	bool succeeded;
	char *output, *messages;
};

/* Fails where it can't be run, or isn't done in time: EXIT_USAGE, F14. The
 * caller releases the answer. */
int keygen_run(struct keygen_answer *ret_answer, const struct keygen *keygen,
	       struct error *err);
void keygen_answer_release(struct keygen_answer *answer);

#endif
