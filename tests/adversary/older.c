/*
 * older.c - a scripted worker on an older kernel. The first line of its script,
 * or else its name, says how old: "abi 2" or "abi 1".
 */
/* The names that the linked objects have are moved away. */
#define confine_privileges older_privileges
#define confine_memory older_memory
#define confine_limit older_limit
#define confine_calls older_calls
#define landlock_abi older_landlock_abi
#define landlock_restrict older_landlock_restrict
#define seal older_seal
#define seal_courier older_seal_courier
#define seal_profile older_seal_profile
#define seal_report_failure older_report_failure
#include "tests/adversary/older.h"
#include "sandbox/seal.c"

#include "tests/adversary/script.h"

#define ABI "abi "

int
main(int argc, char **argv)
{
	auto_free char *script = script_read();
	const char *age = script[0] == '\0' ? argv[0] : script;
	char *acts = strchr(script, '\n');
	struct error err = NO_ERROR;

	if (strncmp(age, ABI, strlen(ABI)) == 0)
		older_abi = age[strlen(ABI)] - '0';
	if (older_seal(&err) < 0)
		return 1;
	script_play(acts == NULL ? script : acts + 1);
	return 0;
}
