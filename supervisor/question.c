#include <fcntl.h>

#include "pgmend.h"
#include "supervisor/explain.h"
#include "supervisor/question.h"

#define SQL_MAX (1 << 20) /* bytes; the floor's own limits are far below */

/* --- Files ---------------------------------------------------------------- */

int
question_read_file(char **ret_text, size_t *ret_size, const char *path,
		   size_t max, struct error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	auto_close int fd =
		is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	auto_free char *text = xcalloc(1, max + 1);
	size_t size = 0;
	ssize_t got = 1;

	if (fd < 0)
		return fail_as(err, EXIT_USAGE, "unreadable", "%s",
			       strerror(errno));
	while (got != 0 && size <= max) {
		got = read(fd, text + size, max + 1 - size);
		if (got < 0 && errno != EINTR)
			return fail_as(err, EXIT_USAGE, "unreadable", "%s",
				       strerror(errno));
		size += got > 0 ? (size_t)got : 0;
	}
	if (size > max)
		return fail_as(err, EXIT_USAGE, "unreadable",
			       "more than %zu bytes", max);
	*ret_text = take(text);
	*ret_size = size;
	return 0;
}

/* --- Names ---------------------------------------------------------------- */

/* One name, quoted or as it stands: a command line folds no letters. NULL when
 * there is none. Moves `text` behind it. */
static char *
read_name(const char **text)
{
	const char *at = *text;
	bool quoted = *at == '"';
	char *name = NULL;
	size_t size;
	FILE *out = xmemstream(&name, &size);

	at += quoted;
	for (; *at != '\0'; at++) {
		if (quoted && *at == '"' && *++at != '"')
			break;
		if (!quoted && (*at == '.' || *at == ':'))
			break;
		fputc(*at, out);
	}
	fclose(out);
	*text = at;
	if (size == 0) {
		free(name);
		return NULL;
	}
	return name;
}

/* Reads `count` names joined by dots; *ret_rest is what follows. */
static int
read_names(char **ret_names, int count, const char **ret_rest, const char *text,
	   struct error *err)
{
	const char *at = text;

	for (int i = 0; i < count; i++) {
		free(ret_names[i]);
		ret_names[i] = read_name(&at);
		if (ret_names[i] == NULL || (i + 1 < count && *at++ != '.'))
			return fail_as(err, EXIT_USAGE, "usage",
				       "%s is not schema.table%s", text,
				       count == 3 ? ".column" : "");
	}
	*ret_rest = at;
	return 0;
}

static int
read_table(struct question *question, struct question_texts *texts,
	   const char *text, struct error *err)
{
	const char *rest;

	if (read_names(texts->names, 2, &rest, text, err) < 0)
		return -1;
	if (*rest != '\0')
		return fail_as(err, EXIT_USAGE, "usage",
			       "%s is not schema.table", text);
	question->schema = texts->names[0];
	question->table = texts->names[1];
	return 0;
}

static int
read_mapping(struct question *question, struct question_texts *texts,
	     const char *text, struct error *err)
{
	const char *rest;

	if (read_names(texts->names, 3, &rest, text, err) < 0)
		return -1;
	if (*rest != '\0' && *rest != ':')
		return fail_as(err, EXIT_USAGE, "usage",
			       "%s is not schema.table.column[:transform]",
			       text);
	question->kind = QUESTION_MAPPING;
	question->schema = texts->names[0];
	question->table = texts->names[1];
	question->column = texts->names[2];
	question->transform = *rest == ':' ? rest + 1 : NULL;
	return 0;
}

/* --- The whole ------------------------------------------------------------ */

static int
read_sql(struct question *question, struct question_texts *texts,
	 const char *sql, struct error *err)
{
	if (sql == NULL)
		return 0;
	if (strcmp(sql, "-") == 0) {
		if (question_read_file(&texts->sql, &question->size, sql,
				       SQL_MAX, err) < 0)
			return fail_in(err, "standard input");
	} else {
		texts->sql = xstrdup(sql);
		question->size = strlen(sql);
	}
	question->sql = texts->sql;
	return 0;
}

static int
check_words(const struct question_words *words, struct error *err)
{
	if (words->mapping != NULL && (words->replay || words->sql))
		return fail_as(err, EXIT_USAGE, "usage",
			       "--mapping is judged alone");
	if (words->target != NULL && (words->replay || words->mapping))
		return fail_as(err, EXIT_USAGE, "usage",
			       "--target belongs to a statement");
	if (!words->mapping && !words->replay && !words->sql)
		return fail_as(err, EXIT_USAGE, "usage",
			       "policy explain needs SQL, --replay or "
			       "--mapping; see --help");
	return 0;
}

int
question_read(struct question *ret_question, struct question_texts *texts,
	      const struct question_words *words, struct error *err)
{
	ret_question->kind = QUESTION_STATEMENT;
	if (check_words(words, err) < 0)
		return -1;
	if (words->mapping != NULL)
		return read_mapping(ret_question, texts, words->mapping, err);
	if (words->replay != NULL) {
		ret_question->kind = QUESTION_REPLAY;
		if (read_table(ret_question, texts, words->replay, err) < 0)
			return -1;
	}
	if (words->target != NULL &&
	    read_table(ret_question, texts, words->target, err) < 0)
		return -1;
	return read_sql(ret_question, texts, words->sql, err);
}

void
question_collect_given(struct facts *facts, const struct statement *statement,
		       int action, const void *context)
{
	(void)statement;
	(void)action;
	*facts = *(const struct facts *)context;
}

void
question_texts_release(struct question_texts *texts)
{
	free(texts->sql);
	for (size_t i = 0; i < array_size(texts->names); i++)
		free(texts->names[i]);
	*texts = (struct question_texts){.sql = NULL};
}
