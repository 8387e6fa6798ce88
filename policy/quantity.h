/*
 * quantity.h - numbers with units and dates, as policies and facts write them:
 * 5GB, 30s, 95%, 1_000_000, 2026-11-22.
 */
#ifndef POLICY_QUANTITY_H
#define POLICY_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/vocabulary.h"

/* What a unit measures, and by which factor; "" is a plain count. False when
 * there is no such unit. */
bool
quantity_unit(const char *unit, enum fact_type *ret_type, int64_t *ret_factor);

/* A whole text such as "5GB" as a number of the type's own unit: bytes,
 * milliseconds, percent. */
bool quantity_parse(const char *text, enum fact_type type, int64_t *ret_number);

/* Days since 1970-01-01 of "2026-11-22"; false when there is no such day. */
bool date_parse(int *ret_days, const char *text);

#endif
