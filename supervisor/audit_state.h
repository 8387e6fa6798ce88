/*
 * audit_state.h - an open audit, shared by the files that append to it.
 */
#ifndef SUPERVISOR_AUDIT_STATE_H
#define SUPERVISOR_AUDIT_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "policy/digest.h"
#include "supervisor/uuid.h"

struct database;

struct audit {
	struct database *database;
	char *schema;
	const void *key;
	size_t key_size;
	char chain_id[UUID_TEXT_SIZE];
	int64_t unanchored; /* events verified since the last anchor */
	char run_id[UUID_TEXT_SIZE];
	int run_seq; /* of the last event */
	int64_t last_seq;
	char last_hash[DIGEST_HEX_SIZE];
};

#endif
