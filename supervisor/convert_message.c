#include <ctype.h>

#include "pgmend.h"
#include "supervisor/convert_draft.h"
#include "supervisor/convert_message.h"

#define CLASS_MAX 64 /* bytes of a name in a table below */

/* The failures that an INSERT comes to (drift.md): the names are the
 * server's own, in another spelling. */
static const struct {
	const char *class_name, *sqlstate;
} classes[] = {
	{"UndefinedColumn", "42703"},
	{"UndefinedTable", "42P01"},
	{"StringDataRightTruncation", "22001"},
	{"NumericValueOutOfRange", "22003"},
	{"SequenceGeneratorLimitExceeded", "2200H"},
	{"InvalidTextRepresentation", "22P02"},
	{"DatatypeMismatch", "42804"},
	{"InvalidDatetimeFormat", "22007"},
	{"DatetimeFieldOverflow", "22008"},
	{"CannotCoerce", "42846"},
	{"NotNullViolation", "23502"},
	{"CheckViolation", "23514"},
	{"UniqueViolation", "23505"},
	{"ForeignKeyViolation", "23503"},
	{"InsufficientPrivilege", "42501"},
	{"GeneratedAlways", "428C9"},
	{"InvalidColumnReference", "42P10"},
	{"SyntaxError", "42601"},
};

/* Where a message begins, and whether its class stands before it. */
static const struct {
	const char *text;
	bool is_class;
} beginnings[] = {
	{"psycopg2.errors.", true},
	{"psycopg.errors.", true},
	{"PSQLException: ERROR: ", false},
	{" was aborted: ERROR: ", false},
};
#define SEVERITY "ERROR: " /* begins a message that stands alone */

/* The lines below a message, as the server and as Java's driver name them. */
static const struct {
	const char *label;
	enum draft_text text;
} labels[] = {
	{"DETAIL:", DRAFT_DETAIL},   {"Detail:", DRAFT_DETAIL},
	{"HINT:", DRAFT_HINT},	     {"Hint:", DRAFT_HINT},
	{"CONTEXT:", DRAFT_CONTEXT}, {"Where:", DRAFT_CONTEXT},
};

static void
set_missing(struct draft *draft, enum draft_text name, const char *bytes,
	    size_t size)
{
	if (draft->texts[name] == NULL)
		draft_set_bytes(draft, name, bytes, size);
}

const char *
message_sqlstate(const char *class_name)
{
	for (size_t i = 0; i < array_size(classes); i++)
		if (same_text(classes[i].class_name, class_name))
			return classes[i].sqlstate;
	return NULL;
}

/* Takes the class off; returns where the message begins. */
static const char *
read_class(struct draft *draft, const char *text)
{
	char name[CLASS_MAX] = "";
	const char *sqlstate;
	size_t length = 0;

	while (isalnum((unsigned char)text[length]))
		length++;
	if (length < sizeof(name))
		memcpy(name, text, length);
	sqlstate = message_sqlstate(name);
	if (sqlstate != NULL)
		set_missing(draft, DRAFT_SQLSTATE, sqlstate, strlen(sqlstate));
	text += length;
	return text + strspn(text, "): ");
}

static const char *
find_beginning(struct draft *draft, const char *text)
{
	text += strspn(text, " \t\r\n");
	if (strncmp(text, SEVERITY, strlen(SEVERITY)) == 0)
		return text + strlen(SEVERITY);
	for (size_t i = 0; i < array_size(beginnings); i++) {
		const char *at = strstr(text, beginnings[i].text);

		if (at == NULL)
			continue;
		at += strlen(beginnings[i].text);
		return beginnings[i].is_class ? read_class(draft, at) : at;
	}
	return text;
}

static void
read_line(struct draft *draft, const char *line, size_t length)
{
	for (size_t i = 0; i < array_size(labels); i++) {
		size_t label = strlen(labels[i].label);

		if (length <= label ||
		    strncmp(line, labels[i].label, label) != 0)
			continue;
		line += label;
		length -= label;
		for (; length > 0 && *line == ' '; length--)
			line++;
		set_missing(draft, labels[i].text, line, length);
		return;
	}
}

void
message_read(struct draft *draft, const char *text)
{
	const char *at = find_beginning(draft, text);
	size_t length;

	at += strspn(at, " \t\r\n");
	length = strcspn(at, "\r\n");
	set_missing(draft, DRAFT_MESSAGE, at, length);
	while (at[length] != '\0') {
		at += length;
		at += strspn(at, " \t\r\n");
		length = strcspn(at, "\r\n");
		read_line(draft, at, length);
	}
}

/* What stands between the two, when there is one place for each. */
static char *
between(const char *text, const char *before, const char *after)
{
	const char *start = strstr(text, before), *end;

	if (start == NULL)
		return NULL;
	start += strlen(before);
	end = strstr(start, after);
	if (end == NULL || strstr(end + 1, after) != NULL)
		return NULL;
	return xstrndup(start, (size_t)(end - start));
}

char *
message_statement(const char *text)
{
	static const char aborted[] = " was aborted: ";
	char *statement;

	/* SQLAlchemy says parameters behind it, or how it hides them. */
	statement = between(text, "[SQL: ", "]\n[parameters: ");
	if (statement == NULL)
		statement = between(text, "[SQL: ", "]\n(Background on this ");
	if (statement == NULL)
		statement = between(text, "Batch entry 0 ", aborted);
	return statement;
}
