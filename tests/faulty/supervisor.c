/*
 * supervisor.c - pgmend itself, with the fault in its half of the jail that the
 * line behind "#SCRIPT" names (script.h): what comes of a whole run?
 */
#include "tests/faulty/faulty.h"

#include "tests/adversary/script.h"

__attribute__((constructor)) static void
read_fault(void)
{
	char *script = script_read();

	script[strcspn(script, "\n")] = '\0';
	fault = script;
}
