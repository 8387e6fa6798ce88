#include "pgmend.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "sandbox/wire.h"
#include "supervisor/keygen.h"

#define ANSWER_MAX (64 * 1024)
#define ARGUMENTS_MAX 16
#define EXEC_FAILED 127

/* --- What it is given ----------------------------------------------------- */

/* Memory that can be read from the start, and never changed. */
static int
memory_of(const struct keygen_bytes *given)
{
	auto_close int fd =
		memfd_create("pgmend", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 ||
	    write(fd, given->bytes, given->size) != (ssize_t)given->size ||
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) <
		    0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	return take_fd(fd);
}

/* Standard input and the files, then the ends that it writes to. */
enum { GIVE_INPUT, GIVE_OUTPUT, GIVE_MESSAGES, GIVE_FILES, GIVEN = 5 };

struct given {
	int of[GIVEN]; /* by the number that each has over there */
};

static void
close_one(int *fd)
{
	close_descriptor(fd);
	*fd = -1;
}

static void
close_given(struct given *given)
{
	for (int i = 0; i < GIVEN; i++)
		close_one(&given->of[i]);
}

static int
give_memory(struct given *given, const struct keygen *keygen)
{
	given->of[GIVE_INPUT] = memory_of(&keygen->input);
	if (given->of[GIVE_INPUT] < 0)
		return -1;
	for (int i = 0; i < KEYGEN_FILES; i++) {
		if (keygen->files[i].bytes == NULL)
			continue;
		given->of[GIVE_FILES + i] = memory_of(&keygen->files[i]);
		if (given->of[GIVE_FILES + i] < 0)
			return -1;
	}
	return 0;
}

/* --- Over there ----------------------------------------------------------- */

/* First out of the way of the numbers that they are to have. Nothing else of
 * ours stays open, but for standard error where nothing is given for it. */
static bool
place_descriptors(const struct given *given)
{
	int high[GIVEN];

	for (int i = 0; i < GIVEN; i++) {
		high[i] = given->of[i] < 0
				  ? -1
				  : fcntl(given->of[i], F_DUPFD_CLOEXEC, GIVEN);
		if (given->of[i] >= 0 && high[i] < 0)
			return false;
	}
	for (int i = 0; i < GIVEN; i++) {
		if (high[i] >= 0 && dup2(high[i], i) < 0)
			return false;
		if (high[i] < 0 && i >= GIVE_FILES)
			close(i);
	}
	return close_range(GIVEN, ~0U, 0) == 0;
}

/* Signals are as for any new program, and it dies with us. */
static bool
reset(pid_t parent)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;

	sigemptyset(&none);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	       getppid() == parent;
}

_Noreturn static void
become_keygen(const struct keygen *keygen, const struct given *given,
	      pid_t parent, char *agent)
{
	char *arguments[ARGUMENTS_MAX + 2] = {(char[]){"ssh-keygen"}};
	char *environment[] = {agent, NULL};

	for (int i = 0; i < ARGUMENTS_MAX && keygen->arguments[i] != NULL; i++)
		arguments[i + 1] = (char *)(uintptr_t)keygen->arguments[i];
	if (place_descriptors(given) && reset(parent))
		execve(KEYGEN_PATH, arguments, environment);
	_exit(EXEC_FAILED);
}

/* --- Over here ------------------------------------------------------------ */

/* What is read from one of its two pipes. */
struct stream {
	int fd;
	char *text;
	size_t size;
};

/* False at the end, or when there is more than it could have to say. */
static bool
read_more(struct stream *stream)
{
	ssize_t got = read(stream->fd, stream->text + stream->size,
			   ANSWER_MAX - stream->size);

	if (got < 0)
		return errno == EINTR;
	stream->size += (size_t)got;
	return got > 0 && stream->size < ANSWER_MAX;
}

/* Both to their ends; false when the time is over. */
static bool
read_answer(struct stream streams[2], int64_t deadline)
{
	struct pollfd polled[2];
	int64_t left;

	for (int i = 0; i < 2; i++)
		polled[i] =
			(struct pollfd){.fd = streams[i].fd, .events = POLLIN};
	while (polled[0].fd >= 0 || polled[1].fd >= 0) {
		left = deadline - wire_now_ms();
		if (left <= 0)
			return false;
		if (poll(polled, 2, (int)left) < 0 && errno != EINTR)
			return false;
		for (int i = 0; i < 2; i++)
			if (polled[i].fd >= 0 && polled[i].revents != 0 &&
			    !read_more(&streams[i]))
				polled[i].fd = -1;
	}
	return true;
}

static int
await(struct keygen_answer *ret_answer, pid_t child, struct stream streams[2],
      int64_t deadline_ms, struct error *err)
{
	bool is_done = read_answer(streams, wire_now_ms() + deadline_ms);
	int status = -1;

	if (!is_done)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return fail(err, "ssh-keygen: %s", strerror(errno));
	if (!is_done)
		return fail(err, "ssh-keygen didn't end in time");
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED)
		return fail(err, KEYGEN_PATH " can't be run");
	ret_answer->succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	ret_answer->output = take(streams[0].text);
	ret_answer->messages = take(streams[1].text);
	return 0;
}

/* Its own ends are closed here before it is waited for, or a pipe would never
 * end. */
static int
run(struct keygen_answer *ret_answer, const struct keygen *keygen,
    struct given *given, struct stream streams[2], struct error *err)
{
	const char *socket = getenv("SSH_AUTH_SOCK");
	auto_free char *agent = keygen->is_interactive && socket != NULL
					? xprintf("SSH_AUTH_SOCK=%s", socket)
					: NULL;
	pid_t parent = getpid(), child = fork();

	if (child < 0)
		return fail(err, "fork: %s", strerror(errno));
	if (child == 0)
		become_keygen(keygen, given, parent, agent);
	close_given(given);
	return await(ret_answer, child, streams, keygen->deadline_ms, err);
}

static int
open_streams(struct stream streams[2], struct given *given)
{
	for (int i = 0; i < 2; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return -1;
		streams[i] = (struct stream){
			.fd = ends[0], .text = xcalloc(1, ANSWER_MAX + 1)};
		given->of[GIVE_OUTPUT + i] = ends[1];
	}
	return 0;
}

int
keygen_run(struct keygen_answer *ret_answer, const struct keygen *keygen,
	   struct error *err)
{
	struct given given = {.of = {-1, -1, -1, -1, -1}};
	struct stream streams[2] = {{.fd = -1}, {.fd = -1}};
	int status;

	if (open_streams(streams, &given) < 0 ||
	    give_memory(&given, keygen) < 0) {
		status = fail(err, "ssh-keygen: %s", strerror(errno));
	} else {
		if (keygen->is_interactive)
			close_one(&given.of[GIVE_MESSAGES]);
		status = run(ret_answer, keygen, &given, streams, err);
	}
	close_given(&given);
	for (int i = 0; i < 2; i++) {
		close_one(&streams[i].fd);
		free(streams[i].text);
	}
	err->reason = EXIT_USAGE;
	err->code = "F14";
	return status;
}

void
keygen_answer_release(struct keygen_answer *answer)
{
	free(answer->output);
	free(answer->messages);
	answer->output = answer->messages = NULL;
}
