/*
 * test_lock_older.c - the supervisor's lock on an older kernel: Landlock
 * without rules for ports, and no MDWE. All else holds as on a newer one.
 */
#include "pgmend.h"
#include "tests/adversary/older.h"

#define UNLISTED_PORT 0
#include "tests/supervisor/test_lock.c"
