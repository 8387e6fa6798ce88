/*
 * lies.h - what a worker might do before its seal so that the seal is less than
 * it looks: each "lie:NAME" must be seen from outside.
 */
#ifndef TESTS_ADVERSARY_LIES_H
#define TESTS_ADVERSARY_LIES_H

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#include "pgmend.h"

#define LIE "lie:"

static inline struct sock_fprog
lie_allowing_all(void)
{
	static struct sock_filter all[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return (struct sock_fprog){.len = 1, .filter = all};
}

static inline void *
lie_wait(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

/* A thread that no filter holds. */
static inline void
lie_thread(int filter)
{
	pthread_t thread;

	pthread_create(&thread, NULL, lie_wait, NULL);
}

/* Memory to write a program into, and to run it. */
static inline void
lie_page(int filter)
{
	void *volatile page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)page;
}

/* One pipe more, to pass something on by. */
static inline void
lie_descriptor(int filter)
{
	fcntl(0, F_DUPFD, filter + 1);
}

/* One filter more than was asked for: it might answer in our place. */
static inline void
lie_filter(int filter)
{
	struct sock_fprog program = lie_allowing_all();

	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Another program than the one that was handed over, as the filter. */
static inline void
lie_program(int filter)
{
	struct sock_fprog program = lie_allowing_all();
	int other = memfd_create("filter", 0);

	if (write(other, program.filter, sizeof(*program.filter)) > 0)
		dup2(other, filter);
	close(other);
}

/* Another program than the one that was started, as the worker. */
static inline void
lie_image(int filter)
{
	int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int copy = memfd_create("copy", MFD_CLOEXEC);
	char *const arguments[] = {(char *)"sealed", NULL};
	char *const none[] = {NULL};

	while (sendfile(copy, own, NULL, 1 << 20) > 0)
		continue;
	fexecve(copy, arguments, none);
}

static const struct {
	const char *name;
	void (*tell)(int filter);
} lies[] = {
	{LIE "thread", lie_thread},   {LIE "page", lie_page},
	{LIE "filter", lie_filter},   {LIE "descriptor", lie_descriptor},
	{LIE "program", lie_program}, {LIE "image", lie_image},
};

/* `filter` is the descriptor of the program that is to be installed. */
static inline void
lie_tell(const char *name, int filter)
{
	for (size_t i = 0; i < array_size(lies); i++)
		if (strcmp(lies[i].name, name) == 0)
			lies[i].tell(filter);
}

#endif
