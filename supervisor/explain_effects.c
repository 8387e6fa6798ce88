#include "pgmend.h"

#include "supervisor/explain_effects.h"
#include "supervisor/text.h"

#define SHOWN_MAX 8 /* by name; of more the number */

/* Who waits for it; below SHARE ROW EXCLUSIVE it is other changes alone. */
static const char *const waiting[] = {
	[LOCK_NONE] = "nobody waits",
	[LOCK_SHARE_UPDATE_EXCLUSIVE] = "other changes wait",
	[LOCK_SHARE_ROW_EXCLUSIVE] = "writers wait",
	[LOCK_ACCESS_EXCLUSIVE] = "readers and writers wait",
};

static void
write_size(FILE *out, int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	size_t unit = 0;

	while (bytes >= 10240 && unit + 1 < array_size(units)) {
		bytes /= 1024;
		unit++;
	}
	fprintf(out, "%lld %s", (long long)bytes, units[unit]);
}

static void
write_lock(FILE *out, const struct facts *facts, const struct catalog *catalog)
{
	const struct fact_value *lock = &facts->of[FACT_CHANGE_LOCK];
	const char *who = NULL;

	if (lock->known && lock->number < (int64_t)array_size(waiting))
		who = waiting[lock->number];
	fprintf(out, "  locks     %s",
		lock->known ? fact_word(FACT_CHANGE_LOCK)->words[lock->number]
			    : "unknown");
	if (catalog->relation_count > 1)
		fprintf(out, ", with %d partitions",
			catalog->relation_count - 1);
	fprintf(out, "%s%s\n", who == NULL ? "" : ": ", who == NULL ? "" : who);
}

/* "rewrites  the whole table, 12 MB" */
static void
write_work(FILE *out, const char *verb, const struct facts *facts,
	   enum fact fact)
{
	const struct fact_value *value = &facts->of[fact];
	const struct fact_value *size = &facts->of[FACT_TABLE_SIZE];

	fprintf(out, "  %-9s ", verb);
	if (!value->known) {
		fputs("perhaps: it isn't known", out);
	} else if (value->number == 0) {
		fputs("nothing", out);
	} else {
		fputs("the whole table", out);
		if (size->known) {
			fputs(", ", out);
			write_size(out, size->number);
		}
	}
	fputc('\n', out);
}

/* Those about the column, or, for NULL, about the table. */
static void
write_list(FILE *out, const char *head, const struct column_texts *texts,
	   const char *column)
{
	int shown = 0;

	for (int i = 0; i < texts->count; i++) {
		const struct column_text *item = &texts->items[i];

		if (!same_text(item->column, column) || shown++ >= SHOWN_MAX)
			continue;
		fputs(shown == 1 ? head : "; ", out);
		text_write_escaped(out, item->text);
	}
	if (shown > SHOWN_MAX)
		fprintf(out, "; and %d more", shown - SHOWN_MAX);
	if (shown > 0)
		fputc('\n', out);
}

static void
write_surroundings(FILE *out, const struct surroundings *around,
		   const char *column)
{
	if (column != NULL) {
		write_list(out, "  hangs on  the column: ", &around->hanging,
			   column);
		write_list(out, "  rights    on the column: ", &around->rights,
			   column);
	}
	write_list(out, "  hangs on  the table: ", &around->hanging, NULL);
	write_list(out, "  rights    on the table: ", &around->rights, NULL);
}

static void
write_inverse(FILE *out, const struct action *action,
	      const struct catalog *catalog)
{
	struct facts before = catalog->facts;
	auto_free char *inverse = NULL;

	if (action->column != NULL)
		catalog_column_facts(&before, catalog, action->column);
	inverse = action_inverse_sql(action, &before);
	fputs("  undo      ", out);
	if (inverse == NULL)
		fputs("nothing undoes it", out);
	else
		text_write_escaped(out, inverse);
	fputc('\n', out);
}

char *
effects_text(const struct statement *statement, int index,
	     const struct catalog *catalog,
	     const struct surroundings *surroundings)
{
	const struct action *action = &statement->actions[index];
	struct facts facts = catalog_facts(catalog, statement, index);
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	write_lock(out, &facts, catalog);
	write_work(out, "rewrites", &facts, FACT_CHANGE_REWRITE);
	write_work(out, "scans", &facts, FACT_CHANGE_SCAN);
	write_surroundings(out, surroundings, action->column);
	write_inverse(out, action, catalog);
	fclose(out);
	return text;
}
