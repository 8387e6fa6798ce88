#include "pgmend.h"
#include "policy/condition_write.h"
#include "policy/export_rule.h"
#include "policy/name.h"
#include "policy/region.h"
#include "policy/type.h"

char *
subject_text(const struct subject *subject)
{
	return name_target(subject->schema, subject->table, subject->column);
}

/* --- Facts ---------------------------------------------------------------- */

static void
write_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++)
		fputc(*text == '\n' ? ',' : *text, out);
	fputc('"', out);
}

static void
write_fact(FILE *out, enum fact fact, const struct fact_value *fact_value)
{
	const struct fact_word *word = fact_word(fact);
	struct value value = {.number = fact_value->number,
			      .text = fact_value->text};

	fprintf(out, "%s = ", word->name);
	if (word->type == TYPE_SET)
		write_text(out, fact_value->text);
	else
		value_write(out, fact, &value);
}

static void
write_clock(FILE *out, int minutes)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu",
					   "fri", "sat", "sun"};

	fprintf(out, "on %s %02d:%02d", days[minutes / (24 * 60) % 7],
		minutes / 60 % 24, minutes % 60);
}

int
facts_known(const struct facts *facts)
{
	int count = facts->clock_known + (facts->today != 0);

	for (int i = 0; i < FACTS; i++)
		count += facts->of[i].known;
	return count;
}

void
facts_write(FILE *out, const struct facts *facts, const char *separator)
{
	for (int i = 0; i < FACTS; i++) {
		/* The subject has it already. */
		if (!facts->of[i].known || i == FACT_COLUMN_NAME)
			continue;
		fputs(separator, out);
		write_fact(out, (enum fact)i, &facts->of[i]);
		separator = ", ";
	}
	if (facts->clock_known) {
		fputs(separator, out);
		write_clock(out, facts->clock_minutes);
		separator = ", ";
	}
	if (facts->today != 0) {
		fprintf(out, "%son ", separator);
		date_write(out, facts->today);
	}
}

/* --- Regions -------------------------------------------------------------- */

static bool
types_matter(const struct claims *claims, const struct region *region, bool old)
{
	for (int i = 0; i < region->count; i++) {
		const struct claim *claim = &claims->of[region->claims[i]];

		if ((old ? claim->froms : claim->types) != NULL)
			return true;
	}
	return false;
}

void
types_write(FILE *out, const struct claims *claims, const struct region *region,
	    const char *separator)
{
	const struct subject *subject = region->subject;

	if (subject->type != NULL && types_matter(claims, region, false)) {
		fprintf(out, "%stype ", separator);
		type_write(out, subject->type);
		separator = ", ";
	}
	if (subject->from != NULL && types_matter(claims, region, true)) {
		fprintf(out, "%sfrom ", separator);
		type_write(out, subject->from);
	}
}

void
region_write(FILE *out, const struct claims *claims,
	     const struct region *region)
{
	auto_free char *types = NULL;
	size_t size;
	FILE *told = xmemstream(&types, &size);
	struct facts facts;

	types_write(told, claims, region, "");
	fclose(told);
	fputs(types, out);
	region_facts(region, &facts);
	facts_write(out, &facts, size > 0 ? ", " : "");
}
