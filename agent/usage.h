/*
 * usage.h - tokens and requests, as the API counts them: of one answer, or of
 * a whole conversation.
 */
#ifndef AGENT_USAGE_H
#define AGENT_USAGE_H

#include <stdint.h>

struct usage {
	int64_t input, output, cache_write, cache_read;
	int requests;
};

#endif
