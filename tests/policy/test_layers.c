/*
 * Layers and files: what each setting lets a lower layer do, files that ask for
 * others, and the time zone of windows.
 */
#include <time.h>

#include "tests/policy/policies.h"

#define HEAD "pgmend-policy 1\nlayer org\ndefault deny\n"
#define TEAM                                                    \
	"pgmend-policy 1\nlayer team\nextends \"org.policy\"\n" \
	"default inherit\n"

/* --- Narrowing ------------------------------------------------------------ */

/* Whether a team layer may say `lower` where the org says `upper`. */
static bool
may_narrow(const char *section, const char *upper, const char *lower)
{
	struct folder folder = folder_make();
	auto_free char *org =
		xprintf(HEAD "window @w = mon 09:00-17:00\n"
			     "deny comment on a.b {\n when in @w\n}\n"
			     "%s {\n %s\n}\n",
			section, upper);
	auto_free char *team = xprintf(TEAM "%s {\n %s\n}\n", section, lower);
	auto_policy struct policy *policy = NULL;
	auto_free char *said = NULL;
	const char *code;

	folder_write(&folder, "org.policy", org);
	folder_write(&folder, "team.policy", team);
	policy = folder_load(&folder, "team.policy", &code, &said);
	folder_remove(&folder);
	if (policy == NULL && strstr(said, "error[E320]") == NULL)
		printf("# %s\n", said);
	return policy != NULL || strstr(said, "error[E320]") == NULL;
}

static const struct {
	const char *section, *upper, *narrower, *wider;
} settings[] = {
	{"limits", "lock_timeout 3s", "lock_timeout 3_000ms",
	 "lock_timeout 4s"},
	{"limits", "statement_timeout 3s", "statement_timeout 2s",
	 "statement_timeout 1min"},
	{"limits", "idle_in_transaction_timeout 3s",
	 "idle_in_transaction_timeout 2s", "idle_in_transaction_timeout 4s"},
	{"limits", "replay_rows 10", "replay_rows 9", "replay_rows 11"},
	{"limits", "batch_rows 10", "batch_rows 10", "batch_rows 11"},
	{"limits", "max_attempts 3", "max_attempts 1", "max_attempts 4"},
	{"limits", "lock_wait_hour 1min", "lock_wait_hour 30s",
	 "lock_wait_hour 2min"},
	{"limits", "timezone UTC", "timezone \"UTC\"",
	 "timezone \"Europe/Berlin\""},
	{"limits", "replay_rows 10", "timezone UTC",
	 "timezone \"Europe/Berlin\""},
	{"model", "ids \"a\", \"b\"", "ids \"b\"", "ids \"b\", \"c\""},
	{"model", "endpoints \"https://a\"", "endpoints \"https://a\"",
	 "endpoints \"https://b\""},
	{"model", "max_cost_day 5", "max_cost_day 4.99", "max_cost_day 5.01"},
	{"model", "max_calls_day 5", "max_calls_day 4", "max_calls_day 6"},
	{"model", "max_calls_fingerprint_day 5", "max_calls_fingerprint_day 0",
	 "max_calls_fingerprint_day 6"},
	{"model", "max_turns 5", "max_turns 4", "max_turns 6"},
	{"model", "max_tokens 5", "max_tokens 4", "max_tokens 6"},
	{"model", "max_cost 0.5", "max_cost 0.499999", "max_cost 0.500001"},
	{"model", "max_input_bytes 1kB", "max_input_bytes 1_023B",
	 "max_input_bytes 1_025B"},
	{"model", "thinking medium", "thinking off", "thinking high"},
	{"model", "retain_prompts hash", "retain_prompts full",
	 "retain_prompts none"},
	{"model", "retain_prompts none", "retain_prompts none",
	 "retain_prompts full"},
	{"model", "planner builtin-first", "planner builtin-only",
	 "planner claude-only"},
	{"disclose", "default masked", "default shape", "default full"},
	{"disclose", "default full", "none a.b.c", NULL},
	{"disclose", "default none", "none *.*.*", "shape a.b.c"},
	{"disclose", "masked a.*.c*\n default shape", "masked a.b.c, a.x.cd*",
	 "masked a.b.d"},
	{"disclose", "full a.b\n default shape", "full a.b.*", "full a.*.c"},
	{"disclose", "full *.*.*\n default shape", "full a.b.c",
	 "full \"A b\".c.d"},
	{"disclose", "detect email, card masked", "detect card, phone shape",
	 "detect phone, email full"},
	{"disclose", "max_rows 3", "max_rows 0", "max_rows 4"},
	{"approve", "groups dba, ops", "groups ops", "groups ops, dev"},
	{"approve", "timeout 1h", "timeout 30min", "timeout 2h"},
	{"approve", "separate_author yes", "separate_author yes",
	 "separate_author no"},
	{"audit", "fsync yes", "fsync yes", "fsync no"},
	{"audit", "statement full", "statement full", "statement hash"},
	{"signing", "require no", "require yes", NULL},
	{"signing", "require yes", "require yes", "require no"},
	{"signing", "signers \"a\", \"b\"", "signers \"a\"", "signers \"c\""},
	{"signing", "namespace \"a\"", "namespace \"a\"", "namespace \"b\""},
	{"sandbox", "require seccomp", "require cgroup", NULL},
	{"mcp", "propose store", "propose store", "propose apply"},
	{"mcp", "propose apply", "propose store", NULL},
	{"audit", "file \"a\"", "file \"b\"", NULL},
	{"alert", "on deny to \"a\"", "on deny to \"b\"", NULL},
};

static void
settings_only_narrow(void)
{
	for (size_t i = 0; i < array_size(settings); i++) {
		const char *upper = settings[i].upper;
		auto_free char *takes =
			xprintf("%.*s may become %s", (int)strcspn(upper, "\n"),
				upper, settings[i].narrower);
		auto_free char *refuses = xprintf(
			"%.*s may not become %s", (int)strcspn(upper, "\n"),
			upper,
			settings[i].wider == NULL ? "" : settings[i].wider);

		test(takes, may_narrow(settings[i].section, settings[i].upper,
				       settings[i].narrower));
		if (settings[i].wider != NULL)
			test(refuses,
			     !may_narrow(settings[i].section, settings[i].upper,
					 settings[i].wider));
	}
}

/* --- Files that ask for others -------------------------------------------- */

static void
follows_files(void)
{
	struct folder folder = folder_make();
	auto_free char *fine = NULL, *circle = NULL, *link = NULL;
	auto_free char *pinned = NULL, *escapes = NULL, *twice = NULL;
	auto_free char *alias = folder_path(&folder, "alias.policy");

	folder_write(&folder, "common.policy",
		     "pgmend-policy 1\ntables @t = a.b\n");
	folder_write(&folder, "org.policy",
		     HEAD "include \"common.policy\"\ndeny comment on @t\n");
	folder_write(&folder, "one.policy", HEAD "include \"two.policy\"\n");
	folder_write(&folder, "two.policy",
		     "pgmend-policy 1\ninclude \"one.policy\"\n");
	folder_write(&folder, "link.policy", HEAD "include \"alias.policy\"\n");
	folder_write(&folder, "out.policy",
		     HEAD "include \"x/../../out.policy\"\n");
	folder_write(&folder, "pin.policy",
		     "pgmend-policy 1\nlayer team\nextends \"org.policy\" "
		     "sha256 \"00\"\ndefault deny\n");
	folder_write(&folder, "twice.policy",
		     "pgmend-policy 1\nlayer org\nlayer org\ndefault deny\n");
	if (symlink("common.policy", alias) < 0)
		abort();
	fine = folder_error(&folder, "org.policy");
	circle = folder_error(&folder, "one.policy");
	link = folder_error(&folder, "link.policy");
	escapes = folder_error(&folder, "out.policy");
	pinned = folder_error(&folder, "pin.policy");
	twice = folder_error(&folder, "twice.policy");
	unlink(alias);
	folder_remove(&folder);
	test_text("an included list serves the layer", fine, "");
	test_text("a circle of includes is refused", circle, "E010");
	test_text("an include doesn't follow a link", link,
		  "policy_unreadable");
	test_text("nor does it leave the folder", escapes, "E013");
	test_text("a parent with another hash is refused", pinned, "E321");
	test_text("a second layer line is refused", twice, "E007");
}

/* --- The time zone -------------------------------------------------------- */

/* The clock of a set at a moment in UTC, as "day hh:mm". */
static char *
clock_at(const char *limits, const char *moment)
{
	auto_free char *rules = xprintf(
		"window @w = mon 09:00-17:00\n"
		"deny comment on a.b {\n when in @w\n}\nlimits {\n%s\n}\n",
		limits);
	auto_policy struct policy *policy = policy_of(rules);
	struct tm broken = {0};
	int minutes = 0;

	strptime(moment, "%Y-%m-%dT%H:%M", &broken);
	if (policy == NULL || !policy_clock(policy, timegm(&broken), &minutes))
		return xstrdup("unknown");
	return xprintf("%d %02d:%02d", minutes / 1440, minutes / 60 % 24,
		       minutes % 60);
}

static void
reads_the_clock(void)
{
	static const struct {
		const char *name, *limits, *moment, *clock;
	} clocks[] = {
		{"windows are in UTC by default", "replay_rows 1",
		 "2026-11-23T00:00", "0 00:00"},
		{"Berlin in winter", "timezone \"Europe/Berlin\"",
		 "2026-11-23T23:30", "1 00:30"},
		{"Berlin in summer", "timezone \"Europe/Berlin\"",
		 "2026-07-05T23:30", "0 01:30"},
		{"before the clocks go forward", "timezone \"Europe/Berlin\"",
		 "2027-03-28T00:59", "6 01:59"},
		{"and when they did", "timezone \"Europe/Berlin\"",
		 "2027-03-28T01:00", "6 03:00"},
		{"past what zone files list", "timezone \"Europe/Berlin\"",
		 "2090-07-01T12:00", "5 14:00"},
		{"and in winter", "timezone \"Europe/Berlin\"",
		 "2090-12-31T23:30", "0 00:30"},
		{"where summer is in winter", "timezone \"Australia/Sydney\"",
		 "2090-01-01T00:00", "6 11:00"},
		{"half hours", "timezone \"Asia/Kolkata\"", "2026-11-22T18:29",
		 "6 23:59"},
		{"west of Greenwich", "timezone \"America/New_York\"",
		 "2026-11-23T04:00", "6 23:00"},
		{"a link to another zone", "timezone \"Asia/Calcutta\"",
		 "2026-11-22T18:30", "0 00:00"},
	};

	for (size_t i = 0; i < array_size(clocks); i++) {
		auto_free char *clock =
			clock_at(clocks[i].limits, clocks[i].moment);

		test_text(clocks[i].name, clock, clocks[i].clock);
	}
}

static void
refuses_other_zones(void)
{
	static const char *const zones[] = {
		"\"Europe/Berln\"",   "\"\"",	      "\"../../../etc/passwd\"",
		"\"/etc/localtime\"", "\"zone.tab\"", "\"Europe\"",
	};

	for (size_t i = 0; i < array_size(zones); i++) {
		auto_free char *name = xprintf("refuses the zone %s", zones[i]);
		auto_free char *rules =
			xprintf(HEAD "limits {\n timezone %s\n}\n", zones[i]);
		auto_free char *code = NULL;
		struct folder folder = folder_make();

		folder_write(&folder, "org.policy", rules);
		code = folder_error(&folder, "org.policy");
		folder_remove(&folder);
		test_text(name, code, "E331");
	}
}

/* Two sets that read the clock differently know no time. */
static void
agrees_on_the_clock(void)
{
	static const char berlin[] =
		"window @w = mon 09:00-17:00\ndeny comment on a.b {\n"
		" when in @w\n}\nlimits {\n timezone \"Europe/Berlin\"\n}\n";
	auto_policy struct policy *policy = policy_of(berlin);
	int minutes;

	policy_narrow(policy, policy_of(""));
	test("a set without windows doesn't mind the zone",
	     policy_clock(policy, 0, &minutes) && minutes == 4380);
	policy_narrow(policy, policy_of("window @w = mon 09:00-17:00\n"
					"deny comment on a.b {\n when in @w\n"
					"}\n"));
	test("sets with windows in two zones know no time",
	     !policy_clock(policy, 0, &minutes));
}

int
main(void)
{
	settings_only_narrow();
	follows_files();
	reads_the_clock();
	refuses_other_zones();
	agrees_on_the_clock();
	return test_end();
}
