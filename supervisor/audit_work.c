/* The records inside the caller's transaction. Its search_path may be the
 * pipeline's, so every name and operator here is qualified. */

#include "pgmend.h"
#include "supervisor/audit.h"
#include "supervisor/database.h"

static void
write_arrays(struct claim_statement *claim, const struct audit_claims *claims)
{
	array_begin(&claim->ordinals, ARRAY_OF_INT8);
	array_begin(&claim->hashes, ARRAY_OF_TEXT);
	for (int i = 0; i < claims->count; i++) {
		array_add_number(&claim->ordinals, claims->ordinals[i]);
		array_add_text(&claim->hashes, claims->payload_hashes[i]);
	}
	array_end(&claim->ordinals);
	array_end(&claim->hashes);
}

/* A statement about the claims, of whose six parameters it uses the first so
 * many. Takes the SQL. */
static void
write_statement(struct claim_statement *claim, char *sql, int count,
		const struct audit_claims *claims)
{
	const char *name = claims->source_name;

	*claim = (struct claim_statement){.sql = sql};
	write_arrays(claim, claims);
	claim->values[0] = claims->source_kind;
	claim->values[1] = name == NULL ? "" : name;
	claim->values[2] = claims->incident_id;
	claim->values[3] = claim->ordinals.bytes;
	claim->sizes[3] = (int)claim->ordinals.size;
	claim->values[4] = claim->hashes.bytes;
	claim->sizes[4] = (int)claim->hashes.size;
	claim->values[5] = claims->run_id;
	claim->run = (struct statement_run){
		.sql = sql,
		.count = count,
		.parameters = claim->values,
		.sizes = claim->sizes,
	};
}

void
claim_release(struct claim_statement *claim)
{
	free(claim->sql);
	array_free(&claim->ordinals);
	array_free(&claim->hashes);
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
	auto_claim struct claim_statement claim = {.sql = NULL};
	auto_rows struct rows *rows = NULL;

	write_statement(
		&claim,
		xprintf("SELECT ordinal, payload_hash FROM \"%s\".replayed "
			"WHERE source_kind OPERATOR(pg_catalog.=) $1 "
			"AND source_name OPERATOR(pg_catalog.=) $2 "
			"AND incident_id OPERATOR(pg_catalog.=) $3 "
			"AND ordinal OPERATOR(pg_catalog.=) ANY "
			"($4::pg_catalog.int8[])",
			schema),
		4, claims);
	if (database_run_meanwhile(work, &claim.run, &rows, err) < 0)
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
		       "$6::pg_catalog.uuid FROM (SELECT pg_catalog.unnest("
		       "$4::pg_catalog.int8[]), pg_catalog.unnest("
		       "$5::pg_catalog.text[])) AS c (ordinal, payload_hash) "
		       "ORDER BY c.ordinal%s",
		       schema, ending);
}

void
claim_prepare(struct claim_statement *ret_claim, const char *schema,
	      const struct audit_claims *claims)
{
	write_statement(ret_claim, claim_sql(schema, ""), CLAIM_PARAMETERS,
			claims);
}

static int
insert_claims(struct rows **ret_inserted, struct database *work,
	      const char *schema, const struct audit_claims *claims,
	      struct error *err)
{
	auto_claim struct claim_statement claim = {.sql = NULL};

	write_statement(
		&claim,
		claim_sql(schema, " ON CONFLICT DO NOTHING RETURNING ordinal"),
		CLAIM_PARAMETERS, claims);
	if (database_run_meanwhile(work, &claim.run, ret_inserted, err) < 0)
		return fail_in(err, "claim the records");
	return 0;
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
