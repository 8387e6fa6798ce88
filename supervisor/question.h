/*
 * question.h - what `policy explain` is asked, from its command line.
 */
#ifndef SUPERVISOR_QUESTION_H
#define SUPERVISOR_QUESTION_H

#include <stddef.h>

struct error;
struct facts;
struct question;
struct statement;

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

/* For a question's `collect`: the facts that its context points to, the same
 * for every action, and nothing derived. */
void
question_collect_given(struct facts *facts, const struct statement *statement,
		       int action, const void *context);

/* A whole file, "-" for standard input; the caller frees the text. */
int question_read_file(char **ret_text, size_t *ret_size, const char *path,
		       size_t max, struct error *err);

#endif
