/*
 * question.h - what `policy explain` is asked, from its command line.
 */
#ifndef SUPERVISOR_QUESTION_H
#define SUPERVISOR_QUESTION_H

#include <stddef.h>

struct error;
struct question;

/* As they were given; NULL where not. */
struct question_words {
	const char *sql; /* "-": from standard input */
	const char *target, *replay, *mapping;
};

/* What the question borrows. */
struct question_texts {
	char *sql;
	char *names[3];
};

/* Everything but where the facts come from. EXIT_USAGE. */
int question_read(struct question *ret_question, struct question_texts *texts,
		  const struct question_words *words, struct error *err);
void question_texts_release(struct question_texts *texts);

/* A whole file, "-" for standard input; the caller frees the text. */
int question_read_file(char **ret_text, size_t *ret_size, const char *path,
		       size_t max, struct error *err);

#endif
