#include "agent/identifier.h"
#include "pgmend.h"

#define IDENTIFIER_MAX 63 /* bytes; what is longer is cut without a word */

/* Words that PostgreSQL doesn't take for a name (reserved ones, and those kept
 * for types and functions), and "if", which ADD COLUMN takes for its own; each
 * between spaces. */
static const char keywords[] =
	" all analyse analyze and any array as asc asymmetric"
	" authorization binary both case cast check collate collation"
	" column concurrently constraint create cross current_catalog"
	" current_date current_role current_schema current_time"
	" current_timestamp current_user default deferrable desc"
	" distinct do else end except false fetch for foreign freeze"
	" from full grant group having if ilike in initially inner"
	" intersect into is isnull join lateral leading left like limit"
	" localtime localtimestamp natural not notnull null offset on"
	" only or order outer overlaps placing primary references"
	" returning right select session_user similar some symmetric"
	" system_user table tablesample then to trailing true union"
	" unique user using variadic verbose when where window with ";

bool
identifier_is_possible(const char *name)
{
	return *name != '\0' && strlen(name) <= IDENTIFIER_MAX;
}

static bool
is_plain(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	auto_free char *word = NULL;

	if (*name == '\0' || strchr(letters, *name) == NULL ||
	    name[strspn(name, others)] != '\0')
		return false;
	word = xprintf(" %s ", name);
	return strstr(keywords, word) == NULL;
}

void
identifier_write(FILE *out, const char *name)
{
	if (is_plain(name)) {
		fputs(name, out);
		return;
	}
	fputc('"', out);
	for (; *name != '\0'; name++) {
		if (*name == '"')
			fputc('"', out);
		fputc(*name, out);
	}
	fputc('"', out);
}

char *
identifier_quote(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	identifier_write(out, name);
	fclose(out);
	return text;
}

char *
identifier_qualify(const char *schema, const char *table)
{
	auto_free char *first = identifier_quote(schema);
	auto_free char *second = identifier_quote(table);

	return xprintf("%s.%s", first, second);
}

char *
literal_quote(const char *text)
{
	char *literal = NULL;
	size_t size;
	FILE *out = xmemstream(&literal, &size);

	fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc(*text, out);
	}
	fputc('\'', out);
	fclose(out);
	return literal;
}
