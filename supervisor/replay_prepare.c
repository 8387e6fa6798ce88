/* The statement for the table as it is now. */
#include "pgmend.h"

#include "policy/insert.h"
#include "supervisor/database.h"
#include "supervisor/replay.h"

/* Fills in the qualified names of the parameters' types. A domain has the
 * output of what it is over: of a JSON text its input is the value itself, and
 * a record's would be an object's members. A cast from text by a function
 * need not be the type's input. */
static int
name_types(struct record_field *fields, const unsigned *types, int count,
	   struct database *database, struct rows **ret_rows, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *oids = NULL;
	size_t size;
	FILE *stream = xmemstream(&oids, &size);
	const char *parameter;

	fputc('{', stream);
	for (int i = 0; i < count; i++)
		fprintf(stream, "%s%u", i == 0 ? "" : ",", types[i]);
	fputc('}', stream);
	fclose(stream);
	parameter = oids;
	if (database_run(database,
			 "SELECT pg_catalog.quote_ident(n.nspname) || '.'"
			 " || pg_catalog.quote_ident(t.typname),"
			 " t.typcategory = 'A' OR (t.typtype = 'd'"
			 "   AND t.typoutput NOT IN"
			 "       ('pg_catalog.json_out'::pg_catalog.regproc,"
			 "        'pg_catalog.jsonb_out'::pg_catalog.regproc,"
			 "        'pg_catalog.record_out'::pg_catalog.regproc))"
			 " OR (t.typtype <> 'c' AND EXISTS ("
			 "   SELECT FROM pg_catalog.pg_cast k"
			 "    WHERE k.castsource = 'pg_catalog.text'"
			 "          ::pg_catalog.regtype"
			 "      AND k.casttarget = t.oid"
			 "      AND k.castmethod = 'f'))"
			 "  FROM pg_catalog.unnest($1::pg_catalog.oid[])"
			 " WITH ORDINALITY o (oid, position)"
			 "  JOIN pg_catalog.pg_type t ON t.oid = o.oid"
			 "  JOIN pg_catalog.pg_namespace n"
			 " ON n.oid = t.typnamespace"
			 " ORDER BY o.position",
			 1, &parameter, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != count)
		return fail(err, "%d of %d parameter types are unknown",
			    count - rows_count(rows), count);
	for (int i = 0; i < count; i++) {
		fields[i].type = rows_text(rows, i, 0);
		fields[i].by_input = rows_is_true(rows, i, 1);
	}
	*ret_rows = take(rows);
	return 0;
}

/* The types of the target columns, for constants and several rows: of a domain
 * what it is over, since an explicit cast to one over varchar(5) would cut what
 * is longer. */
static int
read_column_types(const char ***ret_types, const struct insert *insert,
		  struct database *database, struct rows **ret_rows,
		  struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char **types =
		xcalloc((size_t)insert->column_count, sizeof(char *));
	const char *parameters[] = {insert->schema, insert->table};

	if (database_run(database,
			 "WITH RECURSIVE base (attname, oid) AS ("
			 "SELECT a.attname, a.atttypid"
			 "  FROM pg_catalog.pg_attribute a"
			 "  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
			 "  JOIN pg_catalog.pg_namespace n"
			 " ON n.oid = c.relnamespace"
			 " WHERE n.nspname = $1 AND c.relname = $2"
			 " AND a.attnum > 0 AND NOT a.attisdropped"
			 " UNION ALL SELECT b.attname, d.typbasetype"
			 "  FROM base b JOIN pg_catalog.pg_type d"
			 " ON d.oid = b.oid AND d.typtype = 'd'"
			 ") SELECT b.attname, pg_catalog.quote_ident(n.nspname)"
			 " || '.' || pg_catalog.quote_ident(t.typname)"
			 "  FROM base b"
			 "  JOIN pg_catalog.pg_type t ON t.oid = b.oid"
			 "  JOIN pg_catalog.pg_namespace n"
			 " ON n.oid = t.typnamespace"
			 " WHERE t.typtype <> 'd'",
			 2, parameters, &rows, err) < 0) {
		free(types);
		return -1;
	}
	for (int i = 0; i < insert->column_count; i++)
		for (int r = 0; r < rows_count(rows); r++)
			if (strcmp(insert->columns[i], rows_text(rows, r, 0)) ==
			    0)
				types[i] = rows_text(rows, r, 1);
	*ret_types = types;
	*ret_rows = take(rows);
	return 0;
}

/* A transform's result is of the column's type, whatever the parameter's was.
 */
static void
take_transforms(struct record_field *fields, const struct replay *replay)
{
	for (int i = 0; i < replay->insert->parameter_count; i++) {
		const struct mapped_parameter *mapped =
			replay->mapped == NULL ? NULL : &replay->mapped[i];

		if (mapped == NULL || mapped->transform == NULL)
			continue;
		fields[i].transform = mapped->transform;
		fields[i].type = mapped->type;
	}
}

static int
render(struct replay_form *form, const struct replay *replay,
       const struct record_field *fields, const char *const *column_types,
       struct error *err)
{
	int count = replay->insert->parameter_count;
	struct refusal refusal = {0};

	if (!insert_render_records(&form->sql, replay->insert, fields,
				   column_types, &refusal))
		return fail_as(err, EXIT_REFUSED, refusal.floor, "%s",
			       refusal.text);
	form->values = xcalloc((size_t)count, sizeof(*form->values));
	for (int i = 0; i < count; i++)
		if (record_field_is_first(fields, i))
			form->values[form->count++] = (struct replay_value){
				.key = xstrdup(fields[i].key),
				.reading = record_field_reading(&fields[i]),
			};
	return 0;
}

/* The types that the server gives the parameters of the statement as it is now.
 * Describe runs no code. */
static int
describe(struct replay_form *form, const struct insert *insert,
	 struct database *database, struct error *err)
{
	struct refusal refusal = {0};

	if (!insert_render(&form->plain, insert, &refusal))
		return fail_as(err, EXIT_REFUSED, refusal.floor, "%s",
			       refusal.text);
	if (database_describe(database, form->plain, &form->types,
			      &form->type_count, err) < 0)
		return -1;
	if (form->type_count != insert->parameter_count)
		return fail(err, "the server sees %d parameters, not %d",
			    form->type_count, insert->parameter_count);
	return 0;
}

int
replay_prepare(struct replay_form **ret_form, const struct replay *replay,
	       struct database *database, struct error *err)
{
	const struct insert *insert = replay->insert;
	int count = insert->parameter_count;
	auto_form struct replay_form *form = xcalloc(1, sizeof(*form));
	auto_free struct record_field *fields =
		xcalloc((size_t)count, sizeof(*fields));
	auto_free const char **column_types = NULL;
	auto_rows struct rows *parameter_rows = NULL;
	auto_rows struct rows *column_rows = NULL;

	if (describe(form, insert, database, err) < 0 ||
	    name_types(fields, form->types, count, database, &parameter_rows,
		       err) < 0 ||
	    read_column_types(&column_types, insert, database, &column_rows,
			      err) < 0)
		return -1;
	for (int i = 0; i < count; i++)
		fields[i].key = replay->keys[i];
	take_transforms(fields, replay);
	if (render(form, replay, fields, column_types, err) < 0)
		return -1;
	*ret_form = take(form);
	return 0;
}

int
replay_prepare_again(const struct replay_form *form, struct database *database,
		     struct error *err)
{
	auto_free unsigned *types = NULL;
	int count;

	if (database_describe(database, form->plain, &types, &count, err) < 0)
		return -1;
	if (count == form->type_count &&
	    memcmp(types, form->types, (size_t)count * sizeof(*types)) == 0)
		return 0;
	return fail_as(err, EXIT_TEMPFAIL, "facts_changed",
		       "a column that is written to is of another type now");
}

void
replay_form_free(struct replay_form *form)
{
	if (form == NULL)
		return;
	for (int i = 0; i < form->count; i++)
		free(form->values[i].key);
	free(form->values);
	free(form->sql);
	free(form->plain);
	free(form->types);
	free(form);
}

void
replay_form_cleanup(struct replay_form **form)
{
	replay_form_free(*form);
}
