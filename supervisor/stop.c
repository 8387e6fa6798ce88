#include "supervisor/stop.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "pgmend.h"

#define MESSAGE "a signal ended the run before it changed anything"

static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

static void
say(int fd, const char *text)
{
	ssize_t ignored = write(fd, text, strlen(text));

	(void)ignored;
}

/* Only calls that may stand in a handler. */
static void
end_in_words(int unused)
{
	say(STDERR_FILENO, "pgmend: " MESSAGE "\n");
	_exit(EXIT_TEMPFAIL);
}

static void
end_in_json(int unused)
{
	say(STDOUT_FILENO, "{\"pgmend_result\":1,\"run_id\":null,"
			   "\"incident_id\":null,\"outcome\":\"transient\","
			   "\"exit_code\":75,\"reason_code\":\"stopped\","
			   "\"message\":\"" MESSAGE "\"}\n");
	end_in_words(unused);
}

static bool
is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) < 0 ||
	       action.sa_handler == SIG_IGN;
}

void
stop_listen(bool as_json)
{
	const struct sigaction action = {
		.sa_handler = as_json ? end_in_json : end_in_words,
	};

	for (size_t i = 0; i < array_size(numbers); i++)
		if (!is_ignored(numbers[i]))
			sigaction(numbers[i], &action, NULL);
}

/* Blocked, an ignored one would wait, too. */
static sigset_t
not_ignored(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < array_size(numbers); i++)
		if (!is_ignored(numbers[i]))
			sigaddset(&set, numbers[i]);
	return set;
}

/* Blocked, they wait: that one does is all that need be known. */
void
stop_hold(void)
{
	const sigset_t held = not_ignored();

	sigprocmask(SIG_BLOCK, &held, NULL);
}

int
stop_hold_to_read(int *ret_signals, struct error *err)
{
	const sigset_t held = not_ignored();

	*ret_signals = signalfd(-1, &held, SFD_CLOEXEC);
	if (*ret_signals < 0 || sigprocmask(SIG_BLOCK, &held, NULL) < 0)
		return fail(err, "signalfd: %s", strerror(errno));
	return 0;
}

bool
stop_is_wanted(void)
{
	sigset_t waiting;

	if (sigpending(&waiting) < 0)
		return false;
	for (size_t i = 0; i < array_size(numbers); i++)
		if (sigismember(&waiting, numbers[i]) == 1)
			return true;
	return false;
}

int
stop_check(struct error *err)
{
	if (!stop_is_wanted())
		return 0;
	return fail_as(err, EXIT_TEMPFAIL, "stopped",
		       "a signal told the run to stop");
}
