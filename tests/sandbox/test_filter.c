/*
 * test_filter.c - the tables of allowed calls: small, exact, explained.
 */
#include <linux/filter.h>

#include "tests/test.h"
#include "sandbox/filter.h"

static bool
compiles(enum filter_profile profile)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};
	bool is_compiled = filter_compile(&filter, profile, &err) == 0 &&
			   filter.count > 0 && filter.instructions != NULL;

	filter_free(&filter);
	return is_compiled && filter.instructions == NULL;
}

static bool
is_same_twice(enum filter_profile profile)
{
	struct error err = NO_ERROR;
	struct filter first = {0}, second = {0};
	bool is_same;

	if (filter_compile(&first, profile, &err) < 0 ||
	    filter_compile(&second, profile, &err) < 0)
		return false;
	is_same = first.count == second.count &&
		  memcmp(first.instructions, second.instructions,
			 first.count * sizeof(*first.instructions)) == 0;
	filter_free(&first);
	filter_free(&second);
	return is_same;
}

/* Does the printed table hold the text? */
static bool
prints(enum filter_profile profile, const char *text)
{
	auto_free char *table = NULL;
	size_t size = 0;
	FILE *out = xmemstream(&table, &size);

	filter_print(out, profile);
	fclose(out);
	return strstr(table, text) != NULL;
}

/* A call that the supervisor must never be given, whatever its arguments. */
static bool
is_absent(const char *call)
{
	auto_free char *row = xprintf("\n%s ", call);

	return !prints(FILTER_SUPERVISOR, row);
}

int
main(void)
{
	test("the agent's filter compiles", compiles(FILTER_AGENT));
	test("the supervisor's filter compiles", compiles(FILTER_SUPERVISOR));
	test("a filter is the same whenever it is compiled",
	     is_same_twice(FILTER_AGENT) && is_same_twice(FILTER_SUPERVISOR));
	test("the agent may make at most seven calls",
	     filter_calls_allowed(FILTER_AGENT) <= 7);
	test("the courier's filter compiles", compiles(FILTER_COURIER));
	test("the courier may make at most fifteen calls",
	     filter_calls_allowed(FILTER_COURIER) <= 15);
	test("the courier's other calls are answered, and are three",
	     filter_calls(FILTER_COURIER) ==
		     filter_calls_allowed(FILTER_COURIER) + 3);
	test("the courier can make no socket and name no peer",
	     !prints(FILTER_COURIER, "socket ") &&
		     !prints(FILTER_COURIER, "close ") &&
		     prints(FILTER_COURIER, "\nconnect           answered:"));
	test("the agent's other calls are answered, and are two",
	     filter_calls(FILTER_AGENT) ==
		     filter_calls_allowed(FILTER_AGENT) + 2);
	test("the table is printed with its conditions and reasons",
	     prints(FILTER_AGENT, "when argument 0 is 1: frames to the "
				  "supervisor"));
	test("the supervisor can't execute",
	     is_absent("execve") && is_absent("execveat"));
	test("the supervisor can't fork",
	     is_absent("fork") && is_absent("vfork") && is_absent("clone") &&
		     is_absent("clone3"));
	test("the supervisor can't trace",
	     is_absent("ptrace") && is_absent("process_vm_readv") &&
		     is_absent("process_vm_writev"));
	test("the supervisor can't be connected to",
	     is_absent("bind") && is_absent("listen") && is_absent("accept") &&
		     is_absent("accept4"));
	test("the supervisor can't signal by number",
	     is_absent("kill") && is_absent("tkill") && is_absent("tgkill") &&
		     is_absent("pidfd_open"));
	return test_end();
}
