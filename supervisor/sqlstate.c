#include "pgmend.h"
#include "supervisor/database.h"

static bool
begins_with_any(const char *sqlstate, const char *const *prefixes)
{
	for (; *prefixes != NULL; prefixes++)
		if (strncmp(sqlstate, *prefixes, strlen(*prefixes)) == 0)
			return true;
	return false;
}

bool
sqlstate_is_transient(const char *sqlstate)
{
	static const char *const prefixes[] = {
		"08",	 /* the connection */
		"40",	 /* rolled back: deadlock, serialization */
		"53",	 /* out of memory, disk, connections */
		"57P",	 /* shut down, starting up */
		"25006", /* a standby: somebody fails over */
		"55P03", /* a lock not had in time */
		"57014", /* cancelled, or out of time */
		NULL,
	};

	return begins_with_any(sqlstate, prefixes);
}

bool
sqlstate_is_refusal(const char *sqlstate)
{
	static const char *const prefixes[] = {
		"28", /* who we are */
		"3D", /* no such database */
		"42", /* no right to connect */
		NULL,
	};

	return begins_with_any(sqlstate, prefixes);
}
