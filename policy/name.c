#include "pgmend.h"
#include "policy/name.h"
#include "policy/tree.h"
#include "policy/unicode.h"

static const char *const system_columns[] = {
	"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid",
};

/* Code that forgets to quote a name is broken by these, today or later. */
static const char forbidden_punctuation[] = "\"'`;\\";

static bool
is_digit(uint32_t character)
{
	return character >= '0' && character <= '9';
}

static bool
is_punctuation(uint32_t character)
{
	return character >= ' ' && character < 0x7F &&
	       strchr(forbidden_punctuation, (int)character) == NULL;
}

/* Letters of a second script imitate those of the first. */
static bool
character_is_acceptable(uint32_t character, int *script,
			struct refusal *refusal)
{
	const char *deceiver = unicode_deceiver(character);
	int own = unicode_script(character);

	if (deceiver != NULL)
		return refuse(refusal, "F11", "a new name holds a %s (U+%04X)",
			      deceiver, (unsigned)character);
	if (own == 0 && !is_digit(character) && !is_punctuation(character))
		return refuse(refusal, "F11",
			      "a new name may not hold the character U+%04X",
			      (unsigned)character);
	if (own != 0 && *script != 0 && own != *script)
		return refuse(refusal, "F11",
			      "a new name mixes letters of two scripts "
			      "(U+%04X)",
			      (unsigned)character);
	if (own != 0)
		*script = own;
	return true;
}

bool
name_label_is_acceptable(const char *name, struct refusal *refusal)
{
	size_t size = strlen(name);
	int script = 0;

	if (size == 0 || size > NAME_MAX_BYTES)
		return refuse(refusal, "F11",
			      "a new name has 1 to %d bytes, not %zu",
			      NAME_MAX_BYTES, size);
	if (name[0] == ' ' || name[size - 1] == ' ')
		return refuse(refusal, "F11",
			      "a new name may not begin or end with a space");
	for (size_t at = 0; at < size;) {
		uint32_t character = 0;
		size_t length =
			unicode_decode(name + at, size - at, &character);

		if (length == 0)
			return refuse(refusal, "F11",
				      "a new name isn't valid UTF-8");
		if (!character_is_acceptable(character, &script, refusal))
			return false;
		at += length;
	}
	return true;
}

bool
name_is_acceptable(const char *name, struct refusal *refusal)
{
	if (!name_label_is_acceptable(name, refusal))
		return false;
	for (size_t i = 0; i < array_size(system_columns); i++)
		if (strcasecmp(name, system_columns[i]) == 0)
			return refuse(refusal, "F11",
				      "\"%s\" is a system column's name",
				      system_columns[i]);
	return true;
}

bool
name_schema_is_acceptable(const char *schema, struct refusal *refusal)
{
	if (strncasecmp(schema, "pg_", 3) == 0 ||
	    strcasecmp(schema, "information_schema") == 0)
		return refuse(refusal, "F06",
			      "\"%.63s\" is a system or temporary schema",
			      schema);
	if (strcasecmp(schema, "pgmend") == 0 ||
	    strncasecmp(schema, "pgmend_", 7) == 0)
		return refuse(refusal, "F07",
			      "\"%.63s\" is a schema of pgmend itself", schema);
	return true;
}

static bool
is_plain(const char *name)
{
	if (!(name[0] >= 'a' && name[0] <= 'z') && name[0] != '_')
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if (!(*c >= 'a' && *c <= 'z') && !is_digit((uint32_t)*c) &&
		    *c != '_' && *c != '$')
			return false;
	return !tree_is_keyword(name);
}

static void
write_between(FILE *out, const char *text, char quote)
{
	fputc(quote, out);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == quote)
			fputc(quote, out);
		fputc(*c, out);
	}
	fputc(quote, out);
}

void
name_write(FILE *out, const char *name)
{
	if (is_plain(name))
		fputs(name, out);
	else
		write_between(out, name, '"');
}

void
name_write_target(FILE *out, const char *schema, const char *table,
		  const char *column)
{
	name_write(out, schema);
	fputc('.', out);
	name_write(out, table);
	if (column == NULL)
		return;
	fputc('.', out);
	name_write(out, column);
}

char *
name_target(const char *schema, const char *table, const char *column)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	name_write_target(out, schema, table, column);
	fclose(out);
	return text;
}

void
name_write_constant(FILE *out, const char *text)
{
	write_between(out, text, '\'');
}

const char *
name_of_item(struct node *node, const char *field, int index)
{
	struct node *item = node_item(node, field, index);

	return node_is(item, "String") ? node_text(item, "sval") : "";
}
