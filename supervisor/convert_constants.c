/*
 * convert_constants.c - a statement's constants become parameters.
 *
 * Works on the text, from VALUES on, and leaves everything but constants as it
 * stands; the caller has the result parsed and compared. Whatever could make
 * this reading differ from the server's (comments, backslashes, dollar quotes,
 * placeholders) ends it.
 */
#include <ctype.h>

#include "pgmend.h"
#include "supervisor/convert_statement.h"

struct reading {
	const char *at;
	FILE *out;
	struct values *values;
	int depth;	  /* of parentheses */
	bool is_doubtful; /* nothing is lifted */
};

static bool
is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_' ||
	       (unsigned char)byte >= 0x80;
}

/* The bytes of a quoted span, its quotes included; 0 when it has no end. */
static size_t
quoted_length(const char *text, char quote)
{
	size_t length = 1;

	while (text[length] != '\0') {
		if (text[length] == quote && text[length + 1] != quote)
			return length + 1;
		length += text[length] == quote ? 2 : 1;
	}
	return 0;
}

size_t
convert_statement_string(const char *text, char **ret_value)
{
	size_t length = *text == '\'' ? quoted_length(text, '\'') : 0;
	auto_free char *meaning = xcalloc(1, length + 1);
	size_t used = 0, size;
	FILE *out;

	if (length == 0)
		return 0;
	for (size_t i = 1; i < length - 1; i++) {
		meaning[used++] = text[i];
		i += text[i] == '\'';
	}
	out = xmemstream(ret_value, &size);
	json_write_string(out, meaning);
	fclose(out);
	return length;
}

/* The bytes of a number that JSON writes in the same way; 0: none. */
static size_t
number_length(const char *text)
{
	size_t sign = text[0] == '-';
	size_t whole = strspn(text + sign, "0123456789");
	size_t length = sign + whole, fraction;

	if (whole == 0 || (text[sign] == '0' && whole > 1))
		return 0;
	if (text[length] == '.') {
		fraction = strspn(text + length + 1, "0123456789");
		length += fraction == 0 ? 0 : fraction + 1;
	}
	return is_word(text[length]) || text[length] == '.' ? 0 : length;
}

static size_t
word_length(const char *text)
{
	size_t length = 0;

	while (is_word(text[length]))
		length++;
	return length;
}

/* The length of the constant that stands first, and its JSON text. */
static size_t
constant(const char *text, char **ret_value)
{
	static const char *const words[] = {"null", "true", "false"};
	size_t length = number_length(text);

	if (length > 0) {
		*ret_value = xstrndup(text, length);
		return length;
	}
	length = convert_statement_string(text, ret_value);
	if (length > 0)
		return length;
	length = word_length(text);
	for (size_t i = 0; i < array_size(words); i++) {
		if (length != strlen(words[i]) ||
		    strncasecmp(text, words[i], length) != 0)
			continue;
		*ret_value = xstrdup(words[i]);
		return length;
	}
	return 0;
}

/* A value goes on behind its constant only as a cast, or ends. */
static bool
is_end(const char *text)
{
	text += strspn(text, " \t\r\n");
	return *text == ',' || *text == ')' ||
	       (text[0] == ':' && text[1] == ':');
}

/* Comments, dollar quotes, and placeholders. */
static bool
is_obscure(const char *text)
{
	return *text == '$' || strncmp(text, "--", 2) == 0 ||
	       strncmp(text, "/*", 2) == 0;
}

/* Copies what is no constant; `is_doubtful` when it can't be told where it
 * ends. */
static void
copy_token(struct reading *reading)
{
	const char *at = reading->at;
	size_t length = 1;

	if (*at == '\'' || *at == '"')
		length = quoted_length(at, *at);
	else if (is_word(*at))
		length = word_length(at);
	reading->depth += (*at == '(') - (*at == ')');
	if (length == 0 || reading->depth < 0 || is_obscure(at)) {
		reading->is_doubtful = true;
		return;
	}
	fwrite(at, 1, length, reading->out);
	reading->at += length;
}

/* Lifts the constant at the beginning of a value, if there is one. */
static bool
lift_constant(struct reading *reading)
{
	char *value = NULL;
	size_t length = constant(reading->at, &value);

	if (length == 0 || !is_end(reading->at + length)) {
		free(value);
		return false;
	}
	values_add(reading->values, value);
	fprintf(reading->out, "$%d", reading->values->count);
	reading->at += length;
	return true;
}

/* The lists behind VALUES. A value begins behind a comma of its list, or behind
 * parentheses that nothing stands before. */
static void
lift_values(struct reading *reading)
{
	bool is_beginning = true;

	while (*reading->at != '\0' && !reading->is_doubtful) {
		char byte = *reading->at;

		if (reading->depth == 0 && is_word(byte))
			break;
		if (is_beginning && reading->depth > 0 &&
		    lift_constant(reading)) {
			is_beginning = false;
			continue;
		}
		if (byte == ',' && reading->depth <= 1)
			is_beginning = true;
		else if (strchr(" \t\r\n(", byte) == NULL)
			is_beginning = false;
		copy_token(reading);
	}
}

/* Up to VALUES, with it. */
static bool
copy_head(struct reading *reading)
{
	while (*reading->at != '\0' && !reading->is_doubtful) {
		const char *at = reading->at;
		bool is_values = reading->depth == 0 && word_length(at) == 6 &&
				 strncasecmp(at, "values", 6) == 0;

		copy_token(reading);
		if (is_values)
			return true;
	}
	return false;
}

bool
convert_statement_constants(char **ret_sql, struct values *ret_values,
			    const char *sql)
{
	auto_free char *text = NULL;
	size_t size;
	struct reading reading = {.at = sql, .values = ret_values};

	if (strchr(sql, '\\') != NULL)
		return false;
	reading.out = xmemstream(&text, &size);
	if (copy_head(&reading))
		lift_values(&reading);
	fputs(reading.at, reading.out);
	fclose(reading.out);
	if (reading.is_doubtful || ret_values->count == 0 ||
	    ret_values->count > STATEMENT_VALUES_MAX)
		return false;
	*ret_sql = take(text);
	return true;
}
