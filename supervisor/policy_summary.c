#include "pgmend.h"
#include "policy/policy.h"
#include "supervisor/policy_summary.h"

static void
write_count(FILE *out, int count, const char *noun)
{
	fprintf(out, "%d %s%s", count, noun, count == 1 ? "" : "s");
}

/* 13792 as "13 792". */
static void
write_grouped(FILE *out, int64_t number)
{
	if (number >= 1000) {
		write_grouped(out, number / 1000);
		fprintf(out, " %03d", (int)(number % 1000));
	} else {
		fprintf(out, "%d", (int)number);
	}
}

void
summary_write_head(FILE *out, const struct policy_summary *summary,
		   const struct policy *policy)
{
	struct policy_counts counts = policy_counts(policy);
	int layers = policy_layer_count(policy);

	fprintf(out, "%s: %s layer", summary->path,
		policy_layer_name(policy, layers - 1));
	for (int i = layers - 2; i >= 0; i--)
		fprintf(out, " on %s", policy_layer_file(policy, i));
	fputs("; ", out);
	write_count(out, counts.rules, "rule");
	fputs(", ", out);
	write_count(out, counts.lists, "list");
	fputs(", ", out);
	write_count(out, counts.settings, "setting");
	fputc('\n', out);
}

static void
write_tests(FILE *out, const struct policy_summary *summary)
{
	if (summary->tests == 0)
		return;
	fputs(", ", out);
	write_count(out, summary->expectations, "expectation");
	fputs(" in ", out);
	write_count(out, summary->tests, "test");
	if (summary->failed == 0)
		fputs(summary->expectations == 1 ? " passes" : " pass", out);
	else
		fprintf(out, ", %d failed", summary->failed);
}

void
summary_write_end(FILE *out, const struct policy_summary *summary,
		  const struct policy *policy)
{
	write_count(out, summary->errors, "error");
	fputs(", ", out);
	write_count(out, summary->warnings, "warning");
	write_tests(out, summary);
	fputs(", ", out);
	write_grouped(out, summary->points);
	fprintf(out, " abstract points decided%s\n",
		summary->undecided ? ", some not decided" : "");
	fprintf(out, "files   sha256:%s\nmeaning sha256:%s\n",
		policy_files_hash(policy), policy_meaning_hash(policy));
}
