#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "sandbox/landlock.h"

/*
 * The ruleset as ABI 6 knows it; older kernels are given a shorter one. The
 * names are ours because older headers lack them.
 */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

#define NETWORK_CONNECT_TCP (1ULL << 1)
#define SCOPE_SIGNAL (1ULL << 1)
#define RULE_NET_PORT 2

struct port_rule {
	uint64_t allowed;
	uint64_t port;
};

/* What each ABI added, and how long its ruleset is. */
static const struct {
	int abi;
	size_t size;
	struct ruleset adds;
} generations[] = {
	{1, 8, {.files = (1ULL << 13) - 1}},	       /* files and folders */
	{2, 8, {.files = LANDLOCK_ACCESS_FS_REFER}},   /* rename across */
	{3, 8, {.files = 1ULL << 14}},		       /* truncate */
	{4, 16, {.network = NETWORK_CONNECT_TCP | 1}}, /* TCP bind, connect */
	{5, 16, {.files = 1ULL << 15}},		       /* ioctl of devices */
	{6, 24, {.scopes = SCOPE_SIGNAL | 1}},	       /* abstract sockets */
};

int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	return abi < LANDLOCK_ABI_MIN ? 0 : (int)abi;
}

/* A folder is readable with everything below it. */
static int
allow_reading(int ruleset, const char *path, struct error *err)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = fd,
	};
	struct stat status;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return 0;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail(err, "landlock: %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) < 0)
		return fail(err, "landlock: %s: %s", path, strerror(errno));
	return 0;
}

static int
allow_connecting(int ruleset, unsigned port, struct error *err)
{
	struct port_rule rule = {.allowed = NETWORK_CONNECT_TCP, .port = port};

	if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) <
	    0)
		return fail(err, "landlock: port %u: %s", port,
			    strerror(errno));
	return 0;
}

static int
grant(int ruleset, const struct landlock_terms *terms, bool has_network,
      struct error *err)
{
	for (const char *const *path = terms->read_paths;
	     path != NULL && *path != NULL; path++)
		if (allow_reading(ruleset, *path, err) < 0)
			return -1;
	for (const unsigned *port = terms->tcp_ports;
	     has_network && port != NULL && *port != 0; port++)
		if (allow_connecting(ruleset, *port, err) < 0)
			return -1;
	return 0;
}

int
landlock_restrict(const struct landlock_terms *terms, struct error *err)
{
	struct ruleset handled = {0};
	size_t size = 0;
	auto_close int fd = -1;
	int abi = landlock_abi();

	if (abi == 0)
		return fail(err, "landlock: the kernel has none");
	for (size_t i = 0; i < array_size(generations); i++) {
		if (generations[i].abi > abi)
			break;
		handled.files |= generations[i].adds.files;
		handled.network |= generations[i].adds.network;
		handled.scopes |= generations[i].adds.scopes;
		size = generations[i].size;
	}
	if (terms != NULL && terms->may_signal)
		handled.scopes &= ~SCOPE_SIGNAL;

	fd = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	if (fd < 0)
		return fail(err, "landlock: ruleset: %s", strerror(errno));
	if (terms != NULL && grant(fd, terms, handled.network != 0, err) < 0)
		return -1;
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return fail(err, "landlock: %s", strerror(errno));
	return 0;
}
