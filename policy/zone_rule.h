/*
 * zone_rule.h - how a zone goes on after the last change that its file lists:
 * "CET-1CEST,M3.5.0,M10.5.0/3". Private to zone.c.
 */
#ifndef POLICY_ZONE_RULE_H
#define POLICY_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

enum zone_day_kind {
	ZONE_DAY_OF_MONTH_WEEK, /* M3.5.0: month, week (5: last), weekday */
	ZONE_DAY_JULIAN,	/* J60: never 29 February */
	ZONE_DAY_OF_YEAR	/* 59: from 0, 29 February counted */
};

struct zone_day {
	enum zone_day_kind kind;
	int month, week, day;
	int time; /* seconds after midnight, by the clock until then */
};

struct zone_rule {
	int standard, summer; /* seconds east */
	bool has_summer;
	struct zone_day start, end; /* of summer time */
};

/* The whole text; false when it isn't one. */
bool zone_rule_parse(struct zone_rule *ret_rule, const char *text);

/* Seconds east at that time. */
int zone_rule_offset(const struct zone_rule *rule, int64_t seconds);

#endif
