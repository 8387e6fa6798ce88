#include "pgmend.h"
#include "policy/floor.h"

static const struct floor_row rows[] = {
	{"F01", "a statement or sub-command that is none of the operations: "
		"DROP, TRUNCATE, GRANT, OWNER, RENAME, SET, DO, COPY, CREATE "
		"FUNCTION, DML, transaction control, ... by omission"},
	{"F02", "text that doesn't parse, isn't valid UTF-8, or holds NUL, a "
		"byte order mark, U& escapes, or a backslash inside a "
		"constant"},
	{"F03", "anything but exactly one statement"},
	{"F04", "a relation or type that isn't schema-qualified (types of "
		"pg_catalog and SQL type keywords excepted)"},
	{"F05", "value expressions beyond constants, casts to pg_catalog base "
		"types, CURRENT_DATE and its kin, and a few pg_catalog "
		"functions; in a CHECK also columns, AND, OR, NOT, IS NULL, "
		"IN, comparison and arithmetic; in a partition's bound "
		"constants alone; USING in a type change"},
	{"F06", "a system schema, a temporary schema, another database"},
	{"F07", "a schema of pgmend itself"},
	{"F08", "inline constraints other than NULL, NOT NULL and DEFAULT, "
		"GENERATED, IDENTITY, COMPRESSION, STORAGE, LIKE, INHERITS, "
		"OF, ONLY on a parent with children, tablespace, options, what "
		"a foreign key does ON UPDATE or DELETE, a partition's own "
		"columns"},
	{"F09", "ADD CONSTRAINT without NOT VALID; foreign keys to another "
		"schema"},
	{"F10", "serial and pseudo-types; types outside pg_catalog that aren't "
		"an enum of the target's own schema and owner, new or old; a "
		"conversion by a cast that isn't pg_catalog's; collations "
		"outside pg_catalog"},
	{"F11", "a new name over 63 bytes, with control, bidi, zero-width or "
		"unassigned characters, quotes or semicolons, not in normal "
		"form, of mixed scripts; a system column's name; one that "
		"differs from another only in case; an empty enum label"},
	{"F12", "a statement over 8 KiB (64 KiB for a replay), over 16 "
		"actions, or nested too deeply"},
	{"F13", "a server in recovery, the wrong database, a relation that "
		"isn't the incident's"},
	{"F14", "a policy set unsigned where signing is required, changed on "
		"disk, or unreadable"},
	{"F15", "a run whose audit sink isn't writable"},
	{"F16", "a replay without an idempotency key"},
	{"F17", "facts of another catalogue snapshot than the apply "
		"transaction"},
	{"F18", "a constant or a new name that holds a value of the payload, "
		"or personal data"},
	{"F19", "reaching code that neither the table's owner nor a superuser "
		"owns (escalates at least); foreign partitions"},
};

const struct floor_row *
floor_row(int index)
{
	return index < 0 || (size_t)index >= array_size(rows) ? NULL
							      : &rows[index];
}
