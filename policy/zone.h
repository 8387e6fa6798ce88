/*
 * zone.h - the time zone that a policy's windows are read in.
 *
 * Read once from the system's zone files when the set is loaded, without TZ and
 * localtime(): those are one setting for the whole process, and open files
 * later, when the supervisor has locked itself. Private to policy/.
 */
#ifndef POLICY_ZONE_H
#define POLICY_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct error;
struct zone;

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* "Europe/Berlin", "UTC": a name beneath ZONE_FOLDER. UTC needs no file. Fails
 * when there is no such zone, or its file isn't root's alone. */
int zone_read(const struct zone **ret_zone, struct arena *arena,
	      const char *name, struct error *err);

/* The same from the bytes of a zone file (RFC 8536, version 2 on). */
int zone_parse(const struct zone **ret_zone, struct arena *arena,
	       const void *bytes, size_t size, struct error *err);

/* Seconds east of Greenwich at a time in seconds since 1970. */
int zone_offset(const struct zone *zone, int64_t seconds);

#endif
