/*
 * courier_address.c - the answers to two questions that libcurl asks the C
 * library: of the courier's own making, since a slot has no address.
 *
 * libcurl 7.88.1 takes a connection without a peer's address for one that is
 * still looking for it, and would never use it again. These functions come
 * before the C library's, whose system calls the jail needn't allow then.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "pgmend.h"

/* Reserved for documentation: nobody's. */
#define NOWHERE 0xc0000201 /* 192.0.2.1 */

#define BEFORE_LIBRARY __attribute__((visibility("default")))

static int
answer(struct sockaddr *ret_address, socklen_t *size)
{
	struct sockaddr_in nowhere = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(NOWHERE),
	};

	memcpy(ret_address, &nowhere,
	       *size < sizeof(nowhere) ? *size : sizeof(nowhere));
	*size = sizeof(nowhere);
	return 0;
}

BEFORE_LIBRARY int
getpeername(int fd, __SOCKADDR_ARG ret_address, socklen_t *restrict size)
{
	return answer(ret_address.__sockaddr__, size);
}

BEFORE_LIBRARY int
getsockname(int fd, __SOCKADDR_ARG ret_address, socklen_t *restrict size)
{
	return answer(ret_address.__sockaddr__, size);
}
