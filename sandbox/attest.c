#include <poll.h>

#include "pgmend.h"
#include "sandbox/inspect.h"
#include "sandbox/jail.h"
#include "sandbox/landlock.h"
#include "sandbox/seal.h"
#include "sandbox/wire.h"

#define BIT(layer) (1u << (layer))

/* What a worker may say of the step that failed; others are "sandbox_seal". */
static const char *const failure_codes[] = {
	"sandbox_seal",
	"sandbox_seccomp",
	"sandbox_namespaces",
	"sandbox_landlock",
};

/* The worker's words as printable ASCII, for reports and messages. */
static void
escape(char *ret_text, size_t size, const char *text)
{
	size_t at = 0;

	for (; text[at] != '\0' && at < size - 1; at++)
		ret_text[at] =
			text[at] >= ' ' && text[at] <= '~' ? text[at] : '?';
	ret_text[at] = '\0';
}

static int
unsafe(struct error *err, const char *code)
{
	err->reason = EXIT_UNSAFE;
	err->code = code;
	return fail_in(err, "the worker is not proven sealed");
}

/* It ended without a word on the wire: perhaps the loader said something. */
static int
fail_silent(const struct jail *jail, struct error *err)
{
	struct pollfd errors = {.fd = jail->errors, .events = POLLIN};
	char bytes[200] = "";
	char text[sizeof(bytes)];
	ssize_t size = 0;

	if (poll(&errors, 1, 0) == 1)
		size = read(jail->errors, bytes, sizeof(bytes) - 1);
	bytes[size < 0 ? 0 : size] = '\0';
	escape(text, sizeof(text), bytes);
	fail(err, "it ended, and said \"%s\"", text);
	return unsafe(err, "attestation_ready");
}

static int
fail_unsealed(const char *frame, struct error *err)
{
	const char *code = failure_codes[0];
	char text[400];

	escape(text, sizeof(text), frame);
	for (size_t i = 0; i < array_size(failure_codes); i++)
		if (strstr(text, failure_codes[i]) != NULL)
			code = failure_codes[i];
	fail(err, "it says \"%s\"", text);
	return unsafe(err, code);
}

static int
take_report(struct jail *jail, const char *frame, struct error *err)
{
	size_t length = strlen(WIRE_READY);

	if (frame == NULL)
		return fail_silent(jail, err);
	if (strncmp(frame, SEAL_FAILED " ", strlen(SEAL_FAILED " ")) == 0)
		return fail_unsealed(frame, err);
	if (strncmp(frame, WIRE_READY " ", length + 1) != 0) {
		fail(err, "its first frame isn't " WIRE_READY);
		return unsafe(err, "attestation_ready");
	}
	escape(jail->report, sizeof(jail->report), frame + length + 1);
	if (inspection_reported(jail, "dumpable=") != 0) {
		fail(err, "it reports \"%s\", without dumpable=0",
		     jail->report);
		return unsafe(err, "attestation_ready");
	}
	return 0;
}

/* After READY a worker waits: one that goes on talking isn't ours. */
static int
wait_ready(struct jail *jail, int64_t deadline, struct error *err)
{
	struct wire wire;
	const char *frame;
	size_t size;
	int status;

	wire_init(&wire, jail->from_worker, -1);
	status = wire_read(&wire, deadline, &frame, &size, err);
	if (status < 0)
		unsafe(err, "attestation_ready");
	else
		status = take_report(jail, frame, err);
	if (status == 0 && wire.used != size + 1) {
		fail(err, "it goes on after " WIRE_READY);
		status = unsafe(err, "attestation_ready");
	}
	wire_free(&wire);
	return status;
}

/* What can be told before looking: layers that were never built. */
static int
find_built(const struct jail *jail, unsigned *ret_built, unsigned required,
	   struct error *err)
{
	unsigned built = BIT(JAIL_SECCOMP) | BIT(JAIL_ATTESTATION);

	if (jail->missing_namespaces == 0)
		built |= BIT(JAIL_NAMESPACES);
	else if (required & BIT(JAIL_NAMESPACES))
		return fail_as(err, EXIT_UNSAFE, "sandbox_namespaces",
			       "this system gives no namespaces: %s",
			       strerror(jail->missing_namespaces));
	if (inspection_reported(jail, "landlock=") >= LANDLOCK_ABI_MIN)
		built |= BIT(JAIL_LANDLOCK);
	else if (required & BIT(JAIL_LANDLOCK))
		return fail_as(err, EXIT_UNSAFE, "sandbox_landlock",
			       "the worker has no Landlock: \"%s\"",
			       jail->report);
	if (required & BIT(JAIL_CGROUP))
		return fail_as(err, EXIT_UNSAFE, "sandbox_cgroup",
			       "a cgroup of the worker's own is required, and "
			       "pgmend makes none");
	*ret_built = built;
	return 0;
}

static int
inspect_all(struct jail *jail, const struct filter *filter, unsigned required,
	    unsigned *built, struct error *err)
{
	struct inspection worker;

	if (inspection_begin(&worker, jail, filter, err) < 0)
		return unsafe(err, "attestation_status");
	for (size_t i = 0; i < inspection_count; i++) {
		const struct inspection_item *item = &inspection_items[i];

		if ((*built & BIT(item->layer)) == 0 ||
		    item->inspect(&worker, item, err) == 0)
			continue;
		if (required & BIT(item->layer))
			return unsafe(err, item->code);
		*built &= ~BIT(item->layer);
	}
	return 0;
}

int
jail_attest(struct jail *jail, const struct filter *filter, unsigned required,
	    int64_t deadline, struct error *err)
{
	unsigned built = 0;
	int64_t ready_us;

	jail->achieved = 0;
	if (wait_ready(jail, deadline, err) < 0)
		return -1;
	ready_us = jail_now_us();
	jail->spawn_us = ready_us - jail->started_us;
	if (find_built(jail, &built, required, err) < 0 ||
	    inspect_all(jail, filter, required, &built, err) < 0)
		return -1;
	jail->attest_us = jail_now_us() - ready_us;
	jail->achieved = built;
	/* Standard error existed only until the seal. */
	close_descriptor(&jail->errors);
	jail->errors = -1;
	return 0;
}
