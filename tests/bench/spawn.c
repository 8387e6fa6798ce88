/*
 * spawn.c - what a jail costs: spawns and attests the worker named by the
 * first argument as often as the second says, and prints medians. A third
 * argument, "courier", gives it the courier's slots and filter.
 */
#include "pgmend.h"
#include "sandbox/filter.h"
#include "sandbox/jail.h"
#include "sandbox/wire.h"

#define DEADLINE_MS 5000

static int
compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static long long
median(int64_t *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), compare);
	return (long long)samples[count / 2];
}

static int
measure(const struct jail_program *program, int64_t ret_us[3],
	struct error *err)
{
	int64_t start = jail_now_us();
	struct jail jail;
	int status;

	if (jail_spawn(&jail, program, err) < 0)
		return -1;
	status = jail_attest(&jail, program->filter, JAIL_REQUIRED_DEFAULT,
			     wire_now_ms() + DEADLINE_MS, err);
	ret_us[0] = jail.spawn_us;
	ret_us[1] = jail.attest_us;
	jail_end(&jail);
	ret_us[2] = jail_now_us() - start;
	return status;
}

int
main(int argc, char **argv)
{
	struct error err = NO_ERROR;
	struct filter filter = {0};
	size_t count = argc >= 3 ? strtoul(argv[2], NULL, 10) : 0;
	bool is_courier = argc == 4 && same_text(argv[3], "courier");
	struct jail_program program = {
		.path = argc > 1 ? argv[1] : NULL,
		.name = "worker",
		.filter = &filter,
		.slots = is_courier ? POST_SLOTS : 0,
	};
	auto_free int64_t *spawn = xcalloc(count, sizeof(int64_t));
	auto_free int64_t *attest = xcalloc(count, sizeof(int64_t));
	auto_free int64_t *whole = xcalloc(count, sizeof(int64_t));
	int status;

	if (count == 0) {
		fprintf(stderr, "usage: spawn WORKER COUNT [courier]\n");
		return EXIT_USAGE;
	}
	status = filter_compile(
		&filter, is_courier ? FILTER_COURIER : FILTER_AGENT, &err);
	for (size_t i = 0; status == 0 && i < count; i++) {
		int64_t us[3] = {0};

		status = measure(&program, us, &err);
		spawn[i] = us[0];
		attest[i] = us[1];
		whole[i] = us[2];
	}
	filter_free(&filter);
	if (status < 0) {
		fprintf(stderr, "spawn: %s\n", err.text);
		return 1;
	}
	printf("spawn_us=%lld attest_us=%lld whole_us=%lld\n",
	       median(spawn, count), median(attest, count),
	       median(whole, count));
	return 0;
}
