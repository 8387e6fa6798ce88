#include "pgmend.h"
#include "supervisor/redact.h"

/* The statement from `at` on, and what is told of it. */
struct scan {
	const char *at;
	FILE *out;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
begins_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool
goes_on_word(char c)
{
	return begins_word(c) || is_digit(c) || c == '$';
}

/* One that stands for a reader who isn't told the rest. */
static void
stop(struct scan *scan)
{
	fputs("?", scan->out);
	scan->at += strlen(scan->at);
}

/* Comments may nest. */
static void
skip_comment(struct scan *scan)
{
	int depth = 0;

	do {
		if (strncmp(scan->at, "/*", 2) == 0) {
			depth++;
			scan->at += 2;
		} else if (strncmp(scan->at, "*/", 2) == 0) {
			depth--;
			scan->at += 2;
		} else if (*scan->at != '\0') {
			scan->at++;
		}
	} while (depth > 0 && *scan->at != '\0');
	fputc(' ', scan->out);
}

/* 'it''s': a quote in it is doubled. What a backslash means depends on a
 * setting and on what stands in front, so nothing behind one is told. */
static void
skip_constant(struct scan *scan)
{
	const char *at = scan->at + 1;

	while (*at != '\0' && *at != '\\' && (*at != '\'' || at[1] == '\''))
		at += *at == '\'' ? 2 : 1;
	if (*at != '\'') {
		stop(scan);
		return;
	}
	scan->at = at + 1;
	fputc('?', scan->out);
}

/* $tag$ ... $tag$; false when it is no such thing. */
static bool
skip_dollars(struct scan *scan)
{
	size_t tag = 1;
	const char *end;
	auto_free char *mark = NULL;

	if (is_digit(scan->at[1]))
		return false;
	while (goes_on_word(scan->at[tag]) && scan->at[tag] != '$')
		tag++;
	if (scan->at[tag] != '$')
		return false;
	mark = xstrndup(scan->at, tag + 1);
	end = strstr(scan->at + tag + 1, mark);
	if (end == NULL) {
		stop(scan);
		return true;
	}
	scan->at = end + tag + 1;
	fputc('?', scan->out);
	return true;
}

static void
copy_quoted_name(struct scan *scan)
{
	const char *at = scan->at + 1;
	auto_free char *name = NULL;
	auto_free char *told = NULL;

	while (*at != '\0' && (*at != '"' || at[1] == '"'))
		at += *at == '"' ? 2 : 1;
	if (*at == '\0') {
		stop(scan);
		return;
	}
	name = xstrndup(scan->at + 1, (size_t)(at - scan->at - 1));
	told = redact_name(name);
	fprintf(scan->out, "\"%s\"", told);
	scan->at = at + 1;
}

static void
copy_word(struct scan *scan)
{
	do
		fputc(*scan->at++, scan->out);
	while (goes_on_word(*scan->at));
}

/* A placeholder ends with its number: a '$' behind may begin a constant. */
static void
copy_placeholder(struct scan *scan)
{
	do
		fputc(*scan->at++, scan->out);
	while (is_digit(*scan->at));
}

/* So may one behind a number. */
static void
skip_number(struct scan *scan)
{
	while (is_digit(*scan->at) || begins_word(*scan->at) ||
	       *scan->at == '.' ||
	       ((*scan->at == '+' || *scan->at == '-') &&
		(scan->at[-1] == 'e' || scan->at[-1] == 'E')))
		scan->at++;
	fputc('?', scan->out);
}

static void
scan_one(struct scan *scan)
{
	const char *at = scan->at;

	if (strncmp(at, "--", 2) == 0) {
		scan->at += strcspn(at, "\r\n");
	} else if (strncmp(at, "/*", 2) == 0) {
		skip_comment(scan);
	} else if (*at == '\'') {
		skip_constant(scan);
	} else if (*at == '"') {
		copy_quoted_name(scan);
	} else if (*at == '$') {
		if (!skip_dollars(scan))
			copy_placeholder(scan);
	} else if (is_digit(*at) || (*at == '.' && is_digit(at[1]))) {
		skip_number(scan);
	} else if (begins_word(*at)) {
		copy_word(scan);
	} else {
		fputc(*at, scan->out);
		scan->at++;
	}
}

char *
redact_sql(const char *sql)
{
	struct scan scan = {.at = sql};
	auto_free char *text = NULL;
	size_t size;

	if (sql == NULL)
		return NULL;
	scan.out = xmemstream(&text, &size);
	while (*scan.at != '\0')
		scan_one(&scan);
	fclose(scan.out);
	if (size > REDACT_SQL_MAX)
		text[REDACT_SQL_MAX] = '\0';
	return redact_name(text);
}
