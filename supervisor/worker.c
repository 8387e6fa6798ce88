#include <libgen.h>
#include <linux/limits.h>

#include "pgmend.h"
#include "sandbox/filter.h"
#include "supervisor/worker.h"

#define AGENT "pgmend-agent"

struct worker {
	struct jail jail;
	struct filter filter;
	struct wire wire;
};

/*
 * The worker that was built together with this executable lies beside it; an
 * installed one lies in libexecdir. Who could put another one there gains
 * nothing: whatever runs in the jail is assumed hostile.
 */
int
worker_find(char **ret_path, const char *name, struct error *err)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	auto_free char *beside = NULL;

	if (length < 0)
		return fail(err, "/proc/self/exe: %s", strerror(errno));
	self[length] = '\0';
	beside = xprintf("%s/%s", dirname(self), name);
	*ret_path = access(beside, X_OK) == 0
			    ? take(beside)
			    : xprintf(PGMEND_LIBEXECDIR "/%s", name);
	return 0;
}

int
worker_spawn(struct worker **ret_worker, struct error *err)
{
	auto_worker struct worker *worker = xcalloc(1, sizeof(*worker));
	auto_free char *path = NULL;
	struct jail_program program = {
		.name = AGENT,
		.filter = &worker->filter,
	};

	worker->jail = (struct jail)NO_JAIL;
	if (worker_find(&path, AGENT, err) < 0 ||
	    filter_compile(&worker->filter, FILTER_AGENT, err) < 0)
		return -1;
	program.path = path;
	if (jail_spawn(&worker->jail, &program, err) < 0)
		return -1;
	wire_init(&worker->wire, worker->jail.from_worker,
		  worker->jail.to_worker);
	*ret_worker = take(worker);
	return 0;
}

int
worker_attest(struct worker *worker, unsigned required, int64_t deadline,
	      struct error *err)
{
	return jail_attest(&worker->jail, &worker->filter, required, deadline,
			   err);
}

void
worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	jail_end(&worker->jail);
	filter_free(&worker->filter);
	wire_free(&worker->wire);
	free(worker);
}

void
worker_cleanup(struct worker **worker)
{
	worker_free(*worker);
}

struct wire *
worker_wire(struct worker *worker)
{
	return &worker->wire;
}

const struct jail *
worker_jail(const struct worker *worker)
{
	return &worker->jail;
}
