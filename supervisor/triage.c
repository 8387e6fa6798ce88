#include "pgmend.h"

#include "supervisor/incident.h"
#include "supervisor/triage.h"

/*
 * The first row that is a prefix of the SQLSTATE decides: single codes come
 * before the classes that hold them.
 */
static const struct {
	const char *prefix;
	struct triage triage;
} states[] = {
	{"42703", {TRIAGE_DRIFT, "missing_column", "a column is missing"}},
	{"42P01", {TRIAGE_DRIFT, "missing_table", "a table is missing"}},
	{"22001", {TRIAGE_DRIFT, "value_too_long", "a text is too long"}},
	{"22003", {TRIAGE_DRIFT, "number_too_large", "a number is too large"}},
	{"2200H", {TRIAGE_DRIFT, "number_too_large", "a sequence is used up"}},
	{"22P02", {TRIAGE_DRIFT, "wrong_type", "a value has another type"}},
	{"22007", {TRIAGE_DRIFT, "wrong_type", "a time has another form"}},
	{"22008", {TRIAGE_DRIFT, "wrong_type", "a time is out of range"}},
	{"42804", {TRIAGE_DRIFT, "wrong_type", "a value has another type"}},
	{"42846", {TRIAGE_DATA, NULL, "the statement's own cast is not there"}},
	{"23502", {TRIAGE_DRIFT, "missing_value", "a field is no longer sent"}},
	{"23514", {TRIAGE_DRIFT, "check_violated", "a check is violated"}},
	{"428C9", {TRIAGE_DRIFT, "identity_written", "an identity is written"}},
	{"42P10", {TRIAGE_DRIFT, "no_arbiter", "ON CONFLICT has no index"}},
	{"42601",
	 {TRIAGE_DRIFT, "too_many_values", "more values than columns"}},
	{"0A000", {TRIAGE_DRIFT, "blocked", "something depends on it"}},
	{"25P02", {TRIAGE_UNKNOWN, NULL, "an error before it is the cause"}},
	{"25006", {TRIAGE_TRANSIENT, NULL, "the server is read-only"}},
	{"40", {TRIAGE_TRANSIENT, NULL, "the transaction was rolled back"}},
	{"55P03", {TRIAGE_TRANSIENT, NULL, "a lock was not available"}},
	{"57014", {TRIAGE_TRANSIENT, NULL, "the statement was cancelled"}},
	{"57P01", {TRIAGE_TRANSIENT, NULL, "the server shut down"}},
	{"57P02", {TRIAGE_TRANSIENT, NULL, "the server crashed"}},
	{"57P03", {TRIAGE_TRANSIENT, NULL, "the server is starting"}},
	{"53", {TRIAGE_TRANSIENT, NULL, "the server is out of resources"}},
	{"08", {TRIAGE_TRANSIENT, NULL, "the connection failed"}},
	{"23", {TRIAGE_DATA, NULL, "a constraint refuses the record"}},
	{"22", {TRIAGE_DATA, NULL, "a value is not valid"}},
	{"P0001", {TRIAGE_DATA, NULL, "a function refused the record"}},
	{"42501", {TRIAGE_DATA, NULL, "a right is missing"}},
	{"42704", {TRIAGE_DATA, NULL, "the statement names what isn't there"}},
	{"42P18", {TRIAGE_DATA, NULL, "a parameter has no type"}},
};

static const struct triage unknown = {TRIAGE_UNKNOWN, NULL,
				      "an error that pgmend doesn't know"};

const char *triage_class_name(enum triage_class class)
{
	static const char *const names[TRIAGE_CLASSES] = {
		[TRIAGE_DRIFT] = "drift",
		[TRIAGE_TRANSIENT] = "transient",
		[TRIAGE_DATA] = "data",
		[TRIAGE_UNKNOWN] = "unknown",
	};

	return names[class];
}

bool
triage_is_inner(const char *context)
{
	static const char function[] = "PL/pgSQL function";

	return context != NULL &&
	       strncmp(context, function, sizeof(function) - 1) == 0;
}

struct triage
triage(const char *sqlstate, const char *context)
{
	static const struct triage lost = {TRIAGE_TRANSIENT, NULL,
					   "the connection was lost"};
	static const struct triage inner = {TRIAGE_DATA, NULL,
					    "a function on the way failed"};

	if (sqlstate == NULL || *sqlstate == '\0')
		return lost;
	for (size_t i = 0; i < array_size(states); i++) {
		const char *prefix = states[i].prefix;

		if (strncmp(sqlstate, prefix, strlen(prefix)) != 0)
			continue;
		if (states[i].triage.class == TRIAGE_DRIFT &&
		    triage_is_inner(context))
			return inner;
		return states[i].triage;
	}
	return unknown;
}

/* Without a SQLSTATE there was no server any more, or the source doesn't pass
 * it on: the words of libpq tell, and no harm is done where they mislead. */
static bool
tells_of_lost_connection(const char *message)
{
	static const char *const words[] = {
		"server closed the connection", "terminating connection",
		"connection to server",		"could not connect to server",
		"Connection refused",		"Connection reset",
		"the database system is",
	};

	for (size_t i = 0; message != NULL && i < array_size(words); i++)
		if (strstr(message, words[i]) != NULL)
			return true;
	return false;
}

struct triage
triage_claim(const struct incident *incident)
{
	if (incident->sqlstate != NULL ||
	    tells_of_lost_connection(incident->message))
		return triage(incident->sqlstate, incident->context);
	return unknown;
}
