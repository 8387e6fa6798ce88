/* The records inside the caller's transaction. Its search_path may be the
 * pipeline's, so every name and operator here is qualified. */

#include "pgmend.h"
#include "supervisor/audit.h"
#include "supervisor/database.h"

/* The claims as the six parameters of a statement. */
struct claim_parameters {
	char *ordinals, *hashes; /* array literals */
	const char *values[6];
};

static void
parameters_cleanup(struct claim_parameters *parameters)
{
	free(parameters->ordinals);
	free(parameters->hashes);
}
#define auto_parameters __attribute__((cleanup(parameters_cleanup)))

static char *
ordinals_literal(const struct audit_claims *claims)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < claims->count; i++)
		fprintf(out, "%c%lld", i == 0 ? '{' : ',',
			(long long)claims->ordinals[i]);
	fputs(claims->count == 0 ? "{}" : "}", out);
	fclose(out);
	return text;
}

/* Hashes are hex and need no quoting. */
static char *
hashes_literal(const struct audit_claims *claims)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < claims->count; i++)
		fprintf(out, "%c%s", i == 0 ? '{' : ',',
			claims->payload_hashes[i]);
	fputs(claims->count == 0 ? "{}" : "}", out);
	fclose(out);
	return text;
}

static void
fill_parameters(struct claim_parameters *ret_parameters,
		const struct audit_claims *claims)
{
	const char *name = claims->source_name;

	ret_parameters->ordinals = ordinals_literal(claims);
	ret_parameters->hashes = hashes_literal(claims);
	ret_parameters->values[0] = claims->source_kind;
	ret_parameters->values[1] = name == NULL ? "" : name;
	ret_parameters->values[2] = claims->incident_id;
	ret_parameters->values[3] = ret_parameters->ordinals;
	ret_parameters->values[4] = ret_parameters->hashes;
	ret_parameters->values[5] = claims->run_id;
}

static int
place_of(const struct audit_claims *claims, int64_t ordinal)
{
	for (int i = 0; i < claims->count; i++)
		if (claims->ordinals[i] == ordinal)
			return i;
	return -1;
}

static void
read_results(enum claim_result *ret_results, const struct audit_claims *claims,
	     const struct rows *rows)
{
	for (int row = 0; row < rows_count(rows); row++) {
		int place = place_of(claims, rows_number(rows, row, 0));

		if (place < 0)
			continue;
		ret_results[place] = same_text(rows_text(rows, row, 1),
					       claims->payload_hashes[place])
					     ? CLAIM_SAME
					     : CLAIM_OTHER;
	}
}

int
audit_claimed(struct database *work, const char *schema,
	      const struct audit_claims *claims, enum claim_result *ret_results,
	      struct error *err)
{
	auto_parameters struct claim_parameters parameters = {0};
	auto_free char *sql =
		xprintf("SELECT ordinal, payload_hash FROM \"%s\".replayed "
			"WHERE source_kind OPERATOR(pg_catalog.=) $1 "
			"AND source_name OPERATOR(pg_catalog.=) $2 "
			"AND incident_id OPERATOR(pg_catalog.=) $3 "
			"AND ordinal OPERATOR(pg_catalog.=) ANY "
			"($4::pg_catalog.int8[])",
			schema);
	auto_rows struct rows *rows = NULL;

	fill_parameters(&parameters, claims);
	if (database_run(work, sql, 4, parameters.values, &rows, err) < 0)
		return fail_in(err, "look for replayed records");
	for (int i = 0; i < claims->count; i++)
		ret_results[i] = CLAIM_NEW;
	read_results(ret_results, claims, rows);
	return 0;
}

/* In the order of ordinals, so that two runs wait in a row and not for each
 * other. `ending` says what becomes of those that were claimed before. */
static char *
claim_sql(const char *schema, const char *ending)
{
	return xprintf("INSERT INTO \"%s\".replayed (source_kind, source_name, "
		       "incident_id, ordinal, payload_hash, run_id) "
		       "SELECT $1, $2, $3, c.ordinal, c.payload_hash, "
		       "$6::pg_catalog.uuid FROM ROWS FROM (pg_catalog.unnest("
		       "$4::pg_catalog.int8[]), pg_catalog.unnest("
		       "$5::pg_catalog.text[])) AS c (ordinal, payload_hash) "
		       "ORDER BY c.ordinal%s",
		       schema, ending);
}

static int
insert_claims(struct rows **ret_inserted, struct database *work,
	      const char *schema, const struct audit_claims *claims,
	      struct error *err)
{
	auto_parameters struct claim_parameters parameters = {0};
	auto_free char *sql =
		claim_sql(schema, " ON CONFLICT DO NOTHING RETURNING ordinal");

	fill_parameters(&parameters, claims);
	if (database_run(work, sql, 6, parameters.values, ret_inserted, err) <
	    0)
		return fail_in(err, "claim the records");
	return 0;
}

int
audit_claim_new(struct database *work, const char *schema,
		const struct audit_claims *claims, struct error *err)
{
	auto_parameters struct claim_parameters parameters = {0};
	auto_free char *sql = claim_sql(schema, "");

	fill_parameters(&parameters, claims);
	if (database_run(work, sql, 6, parameters.values, NULL, err) == 0)
		return 0;
	if (strcmp(database_diagnostic(work)->sqlstate, "23505") == 0)
		err->code = "claim_conflict";
	return fail_in(err, "claim the records");
}

int
audit_claim(struct database *work, const char *schema,
	    const struct audit_claims *claims, enum claim_result *ret_results,
	    struct error *err)
{
	auto_rows struct rows *inserted = NULL;

	if (insert_claims(&inserted, work, schema, claims, err) < 0)
		return -1;
	/* In a statement of its own: it sees what another run has committed
	 * while ours waited for it. */
	if (rows_count(inserted) < claims->count &&
	    audit_claimed(work, schema, claims, ret_results, err) < 0)
		return -1;
	for (int row = 0; row < rows_count(inserted); row++) {
		int place = place_of(claims, rows_number(inserted, row, 0));

		if (place >= 0)
			ret_results[place] = CLAIM_NEW;
	}
	return 0;
}

int
audit_mark(struct database *work, const char *schema,
	   const struct audit_mark *mark, struct error *err)
{
	auto_free char *sql =
		xprintf("INSERT INTO \"%s\".applied (run_id, step, sql_hash, "
			"intent_hash) VALUES ($1::pg_catalog.uuid, "
			"$2::pg_catalog.int4, $3, $4)",
			schema);
	char step[16];

	snprintf(step, sizeof(step), "%d", mark->step);
	if (database_run(work, sql, 4,
			 (const char *const[]){mark->run_id, step,
					       mark->sql_hash,
					       mark->intent_hash},
			 NULL, err) < 0)
		return fail_in(err, "set the commit marker");
	return 0;
}
