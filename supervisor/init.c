#include "pgmend.h"
#include "guard_sql.h"
#include "schema_sql.h"
#include "supervisor/audit.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/init.h"
#include "supervisor/options.h"
#include "supervisor/output.h"

/* Stands alone on a line between two statements, so that nothing has to know
 * where SQL ends. */
#define SEPARATOR "-- ;;\n"

enum init_option {
	INIT_DB,
	INIT_ROLE,
	INIT_SCHEMA,
	INIT_GUARD,
	INIT_PRINT_SQL,
	INIT_JSON,
	INIT_TEXT,
	INIT_OPTIONS
};

static const struct option_row rows[INIT_OPTIONS] = {
	[INIT_DB] = {"db", "CONNINFO", "connect as somebody who may make roles",
		     0},
	[INIT_ROLE] = {"role", "ROLE", "the login role that heals", 0},
	[INIT_SCHEMA] = {"schema", "NAME", "the audit schema (pgmend)", 0},
	[INIT_GUARD] = {"guard", NULL,
			"also make event triggers that stop the role from "
			"dropping, granting and more",
			0},
	[INIT_PRINT_SQL] = {"print-sql", NULL,
			    "print the SQL for psql -f, connect to nothing", 0},
	[INIT_JSON] = {"json", NULL, "answer in JSON", 0},
	[INIT_TEXT] = {"text", NULL, "answer in words", 0},
};

static const struct option_table table = {
	.usage = "init --db ADMIN --role ROLE [--schema NAME] [--guard] "
		 "[--print-sql]",
	.about = "Makes the audit schema, its roles and grants. Run again it "
		 "changes nothing.",
	.rows = rows,
	.count = INIT_OPTIONS,
};

struct names {
	const char *schema;
	const char *role;
	bool has_guard;
};

/* As an identifier or as a constant, by its quote. */
static void
write_quoted(FILE *out, const char *name, char quote)
{
	fputc(quote, out);
	for (; *name != '\0'; name++) {
		if (*name == quote)
			fputc(quote, out);
		fputc(*name, out);
	}
	fputc(quote, out);
}

static bool
begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Puts the names in. The schema's is checked and needs no quoting. */
static char *
substitute(const char *sql, size_t size, const struct names *names)
{
	static const char schema_mark[] = "{{schema}}",
			  role_mark[] = "{{role}}",
			  text_mark[] = "{{role_text}}";
	char *text = NULL;
	size_t text_size;
	FILE *out = xmemstream(&text, &text_size);
	const char *end = sql + size;

	while (sql < end) {
		if (begins_with(sql, schema_mark)) {
			fputs(names->schema, out);
			sql += strlen(schema_mark);
		} else if (begins_with(sql, role_mark)) {
			write_quoted(out, names->role, '"');
			sql += strlen(role_mark);
		} else if (begins_with(sql, text_mark)) {
			write_quoted(out, names->role, '\'');
			sql += strlen(text_mark);
		} else {
			fputc(*sql++, out);
		}
	}
	fclose(out);
	return text;
}

static void
print_sql(const struct names *names)
{
	auto_free char *schema =
		substitute(schema_sql, strlen(schema_sql), names);
	auto_free char *guard = substitute(guard_sql, strlen(guard_sql), names);

	printf("BEGIN;\n%s%sCOMMIT;\n", schema, names->has_guard ? guard : "");
}

static int
run_statements(struct database *database, const char *start,
	       const struct names *names, struct error *err)
{
	while (*start != '\0') {
		const char *end = strstr(start, SEPARATOR);
		size_t size =
			end == NULL ? strlen(start) : (size_t)(end - start);
		auto_free char *sql = substitute(start, size, names);

		if (database_command(database, sql, err) < 0)
			return -1;
		start += size + (end == NULL ? 0 : strlen(SEPARATOR));
	}
	return 0;
}

static int
make_schema(struct database *database, const struct names *names,
	    struct error *err)
{
	if (database_command(database, "BEGIN", err) == 0 &&
	    run_statements(database, schema_sql, names, err) == 0 &&
	    (!names->has_guard ||
	     run_statements(database, guard_sql, names, err) == 0) &&
	    database_command(database, "COMMIT", err) == 0)
		return 0;
	/* Our own checks (P0001), a right or a role that isn't there (42...):
	 * the administrator's to mend. */
	if (begins_with(database_diagnostic(database)->sqlstate, "42") ||
	    begins_with(database_diagnostic(database)->sqlstate, "P0001")) {
		err->reason = EXIT_USAGE;
		err->code = "init_refused";
	}
	return fail_in(err, "make the audit schema");
}

static int
report(struct database *database, const struct names *names, bool as_json,
       struct error *err)
{
	auto_document struct document *document = document_object();
	auto_free char *sql = xprintf(
		"SELECT pg_catalog.current_database(), value FROM \"%s\".meta "
		"WHERE key = 'chain_id'",
		names->schema);
	auto_free char *line = NULL;
	auto_rows struct rows *found = NULL;

	if (database_run(database, sql, 0, NULL, &found, err) < 0)
		return -1;
	if (!as_json) {
		printf("audit schema %s is ready in database %s; %s may write "
		       "to it%s\n",
		       names->schema, rows_text(found, 0, 0), names->role,
		       names->has_guard ? ", and is guarded" : "");
		return 0;
	}
	document_number(document, "pgmend_init", 1);
	document_text(document, "database", rows_text(found, 0, 0));
	document_text(document, "schema", names->schema);
	document_text(document, "role", names->role);
	document_bool(document, "guard", names->has_guard);
	document_text(document, "chain_id", rows_text(found, 0, 1));
	line = document_print(document);
	puts(line);
	return 0;
}

static int
read_names(struct names *ret_names, const struct options *options,
	   struct error *err)
{
	struct names names = {
		.schema = options->values[INIT_SCHEMA],
		.role = options->values[INIT_ROLE],
		.has_guard = options->values[INIT_GUARD] != NULL,
	};

	if (names.schema == NULL)
		names.schema = AUDIT_SCHEMA_DEFAULT;
	if (names.role == NULL || names.role[0] == '\0')
		return fail_as(err, EXIT_USAGE, "usage",
			       "--role is needed: the login role that heals");
	if (audit_check_schema(names.schema, err) < 0)
		return -1;
	*ret_names = names;
	return 0;
}

static int
init(const struct options *options, bool as_json, struct error *err)
{
	auto_database struct database *database = NULL;
	struct names names;

	if (read_names(&names, options, err) < 0)
		return -1;
	if (options->values[INIT_PRINT_SQL] != NULL) {
		print_sql(&names);
		return 0;
	}
	if (database_open(&database, options->values[INIT_DB], "pgmend init",
			  err) < 0 ||
	    make_schema(database, &names, err) < 0)
		return -1;
	return report(database, &names, as_json, err);
}

int
command_init(int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;
	bool as_json = output_is_json(false, false);

	if (options_read(&options, &table, argc, argv, &err) < 0)
		return output_error(&err, as_json);
	if (options->wants_help) {
		options_write_help(stdout, &table);
		return 0;
	}
	as_json = output_is_json(options->values[INIT_JSON] != NULL,
				 options->values[INIT_TEXT] != NULL);
	if (init(options, as_json, &err) < 0)
		return output_error(&err, as_json);
	return 0;
}
