/* The fact `risk`: how bad a change could be, from other facts alone. */
#include "pgmend.h"

#include "supervisor/catalog.h"

enum risk { RISK_LOW, RISK_MEDIUM, RISK_HIGH, RISK_CRITICAL };

/* The worst row that holds decides. Facts of a column are asked only where the
 * change has one. */
static const struct {
	enum fact fact;
	enum risk risk;
	bool of_column;
} causes[] = {
	{FACT_CHANGE_LOSSY, RISK_CRITICAL, false},
	{FACT_CHANGE_REWRITE, RISK_HIGH, false},
	{FACT_TABLE_PUBLISHED, RISK_HIGH, false},
	{FACT_COLUMN_IN_KEY, RISK_HIGH, true},
	{FACT_CHANGE_SCAN, RISK_MEDIUM, false},
	{FACT_TABLE_RLS, RISK_MEDIUM, false},
	{FACT_COLUMN_VIEWS, RISK_MEDIUM, true},
};

/* Not known while a fact that could make it worse isn't. */
void
catalog_set_risk(struct facts *facts, const struct action *action)
{
	enum risk known = RISK_LOW, possible = RISK_LOW;

	for (size_t i = 0; i < array_size(causes); i++) {
		const struct fact_value *value = &facts->of[causes[i].fact];
		enum risk risk = causes[i].risk;

		if (causes[i].of_column && action->column == NULL)
			continue;
		if (value->known && value->number == 0)
			continue;
		possible = risk > possible ? risk : possible;
		if (value->known)
			known = risk > known ? risk : known;
	}
	if (known == possible)
		facts_set_number(facts, FACT_RISK, known);
}
