/*
 * insert_write.h - the parts that both renderings of an INSERT share.
 */
#ifndef POLICY_INSERT_WRITE_H
#define POLICY_INSERT_WRITE_H

#include <stdbool.h>
#include <stdio.h>

struct insert;
struct refusal;

/* Refuses (F04) while the target has no schema. */
bool insert_is_qualified(const struct insert *insert, struct refusal *refusal);

/* INSERT INTO s.t (a, b); `omitted[i]` leaves column i out, NULL keeps all. */
void insert_write_target(FILE *out, const struct insert *insert,
			 const bool *omitted);
void insert_write_conflict(FILE *out, const struct insert *insert);

#endif
