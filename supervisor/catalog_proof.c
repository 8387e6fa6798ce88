/*
 * Whether what the server made of an expression is what was planned.
 *
 * It words them its own way: it adds casts, and reads constants as the column's
 * type. So both wordings, the plan's and the one that the catalogue has now, go
 * to the planner of another connection, which no event trigger of this
 * transaction can reach and where nothing is made or run: what it makes of the
 * two must be the same, letter by letter. A wording that reaches anything
 * outside pg_catalog isn't even shown to it: planning calls immutable
 * functions.
 */
#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/catalog_expect.h"
#include "supervisor/database.h"

#include "wordings_sql.h"

/* Columns of wordings.sql. */
enum wording_column { WORDING_OBJECT, WORDING_TYPE, WORDING_REACHES };

/* --- One wording ---------------------------------------------------------- */

/* What a check says after its expression: " NO INHERIT NOT VALID". A default
 * says nothing more. */
static const char *
rest_of(const struct expectation *item, const char *wording)
{
	const char *last = strrchr(wording, ')');

	return strcmp(item->name, "default") == 0 || last == NULL
		       ? wording + strlen(wording)
		       : last + 1;
}

/* The expression itself, without the word CHECK; the caller frees it. */
static char *
expression_of(const struct expectation *item, const char *wording)
{
	static const char word[] = "CHECK ";
	const char *start = wording;

	if (strncmp(wording, word, strlen(word)) == 0)
		start += strlen(word);
	return xprintf("%.*s", (int)(rest_of(item, wording) - start), start);
}

/* A row of the table's columns, without the table: this connection doesn't see
 * what the other did to it, and may not be able to read it. */
static void
write_row(FILE *out, const struct catalog *catalog)
{
	if (catalog->column_count == 0)
		return;
	fputs(" FROM pg_catalog.json_to_recordset('[]'::pg_catalog.json) r (",
	      out);
	for (int i = 0; i < catalog->column_count; i++) {
		auto_free char *name = quote_name(catalog->columns[i].name);

		fprintf(out, "%s%s %s", i == 0 ? "" : ", ", name,
			catalog->columns[i].type);
	}
	fputc(')', out);
}

/* What its planner makes of it; the caller frees. The last line may be a hash
 * of the query's form, by which two wordings differ. */
static int
read_meaning(char **ret_text, const struct expectations *expectations,
	     const char *expression, const char *type, struct error *err)
{
	static const char hash[] = "Query Identifier:";
	struct database *witness = expectations->comparison->witness;
	auto_free char *sql = NULL, *text = NULL;
	auto_rows struct rows *rows = NULL;
	size_t sql_size, text_size;
	FILE *query = xmemstream(&sql, &sql_size), *meaning;

	fprintf(query, "EXPLAIN (VERBOSE, COSTS OFF) SELECT CAST(%s AS %s)",
		expression, type);
	write_row(query, expectations->comparison->after);
	fclose(query);
	if (database_run(witness, sql, 0, NULL, &rows, err) < 0)
		return fail_in(err, "compare %.120s", expression);
	meaning = xmemstream(&text, &text_size);
	for (int i = 0; i < rows_count(rows); i++)
		if (i + 1 < rows_count(rows) ||
		    strncmp(rows_text(rows, i, 0), hash, strlen(hash)) != 0)
			fprintf(meaning, "%s\n", rows_text(rows, i, 0));
	fclose(meaning);
	*ret_text = take(text);
	return 0;
}

/* --- Two of them ---------------------------------------------------------- */

static int
fail_wording(const struct expectation *item, const char *found,
	     struct error *err)
{
	return fail_difference(err,
			       "not as planned: %s, %s: %.120s instead of "
			       "%.120s",
			       item->object, item->name, found, item->value);
}

static int
find_wording(const struct rows *wordings, const char *object)
{
	for (int i = 0; i < rows_count(wordings); i++)
		if (strcmp(rows_text(wordings, i, WORDING_OBJECT), object) == 0)
			return i;
	return -1;
}

/* What all comparisons share. The last one is remembered: partitions are worded
 * alike. */
struct proof {
	const struct expectations *expectations;
	const struct rows *wordings;
	char *planned, *found, *type; /* of the last */
};

static void
proof_forget(struct proof *proof)
{
	free(proof->planned);
	free(proof->found);
	free(proof->type);
}
#define auto_proof __attribute__((cleanup(proof_forget)))

static bool
is_known(const struct proof *proof, const char *planned, const char *found,
	 const char *type)
{
	return same_text(proof->planned, planned) &&
	       same_text(proof->found, found) && same_text(proof->type, type);
}

static void
remember(struct proof *proof, const char *planned, const char *found,
	 const char *type)
{
	proof_forget(proof);
	proof->planned = xstrdup(planned);
	proof->found = xstrdup(found);
	proof->type = xstrdup(type);
}

static int
compare(const struct expectations *expectations, const struct expectation *item,
	const char *found, const char *type, struct error *err)
{
	auto_free char *planned = expression_of(item, item->value);
	auto_free char *made = expression_of(item, found);
	auto_free char *left = NULL, *right = NULL;

	if (strcmp(rest_of(item, item->value), rest_of(item, found)) != 0)
		return fail_wording(item, found, err);
	if (read_meaning(&left, expectations, planned, type, err) < 0 ||
	    read_meaning(&right, expectations, made, type, err) < 0)
		return -1;
	return strcmp(left, right) == 0 ? 0 : fail_wording(item, found, err);
}

static int
prove(struct proof *proof, const struct expectation *item, const char *found,
      struct error *err)
{
	bool is_rebuilt = item->expected == EXPECT_REWORDED;
	int row = find_wording(proof->wordings, item->object);
	const char *type, *reached;

	if (row < 0)
		return is_rebuilt ? 0 : fail_wording(item, found, err);
	type = rows_text(proof->wordings, row, WORDING_TYPE);
	reached = rows_text(proof->wordings, row, WORDING_REACHES);
	if (reached != NULL && is_rebuilt)
		return 0;
	if (reached != NULL)
		return fail_difference(
			err, "not as planned: %s, %s: %.120s reaches %.120s",
			item->object, item->name, found, reached);
	if (is_known(proof, item->value, found, type))
		return 0;
	if (compare(proof->expectations, item, found, type, err) < 0)
		return -1;
	remember(proof, item->value, found, type);
	return 0;
}

/* --- All of them ---------------------------------------------------------- */

static bool
is_expression(const struct expectation *item)
{
	return item->expected == EXPECT_EXPRESSION ||
	       (item->expected == EXPECT_REWORDED && item->value != NULL);
}

static bool
has_expressions(const struct expectations *expectations)
{
	for (int i = 0; i < expectations->count; i++)
		if (is_expression(&expectations->items[i]))
			return true;
	return false;
}

/* From here on the server's own wording is expected. What it has none for is
 * missing, and shows as such. */
static void
accept(struct expectation *item, const char *found)
{
	item->expected = EXPECT_IS;
	if (found == NULL)
		return;
	free(item->value);
	item->value = xstrdup(found);
}

int
expectations_prove(struct expectations *expectations, struct error *err)
{
	const struct catalog *after = expectations->comparison->after;
	auto_rows struct rows *wordings = NULL;
	auto_proof struct proof proof = {.expectations = expectations};
	const char *tree = after->tree;

	if (!has_expressions(expectations))
		return 0;
	if (database_run(expectations->database, wordings_sql, 1, &tree,
			 &wordings, err) < 0)
		return fail_in(err, "read the expressions");
	proof.wordings = wordings;
	for (int i = 0; i < expectations->count; i++) {
		struct expectation *item = &expectations->items[i];
		const char *found = snapshot_value(&after->snapshot,
						   item->object, item->name);

		if (!is_expression(item))
			continue;
		if (found != NULL && strcmp(found, item->value) != 0 &&
		    prove(&proof, item, found, err) < 0)
			return -1;
		accept(item, found);
	}
	return 0;
}
