#include "pgmend.h"

#include "supervisor/configuration.h"
#include "supervisor/database.h"
#include "supervisor/loader.h"

/* In the order of loader_write_enter()'s parameters. */
static const char *const setting_names[LOADER_SETTINGS] = {
	[LOADER_TIMEZONE] = "TimeZone",
	[LOADER_DATESTYLE] = "DateStyle",
	[LOADER_INTERVALSTYLE] = "IntervalStyle",
	[LOADER_SEARCH_PATH] = "search_path",
};

/* As the server applies them at login: role in database, role, database, all;
 * else what the configuration file says. */
static const char login_settings[] =
	"SELECT COALESCE("
	"  (SELECT pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)"
	"     FROM pg_catalog.pg_db_role_setting d,"
	"          pg_catalog.unnest(d.setconfig) c"
	"    WHERE pg_catalog.lower(pg_catalog.split_part(c, '=', 1))"
	"          = pg_catalog.lower(s.name)"
	"      AND d.setrole IN (0, (SELECT r.oid FROM pg_catalog.pg_roles r"
	"           WHERE r.rolname = COALESCE($1::pg_catalog.name,"
	"                                      session_user)))"
	"      AND d.setdatabase IN (0, (SELECT b.oid"
	"           FROM pg_catalog.pg_database b"
	"           WHERE b.datname = pg_catalog.current_database()))"
	"    ORDER BY d.setrole = 0, d.setdatabase = 0 LIMIT 1),"
	"  s.reset_val)"
	"  FROM pg_catalog.pg_settings s"
	" WHERE pg_catalog.lower(s.name) = pg_catalog.lower($2)";

static const char *
configured_setting(const struct pipeline *pipeline, enum loader_setting setting)
{
	if (pipeline == NULL)
		return NULL;
	switch (setting) {
	case LOADER_TIMEZONE:
		return pipeline->timezone;
	case LOADER_DATESTYLE:
		return pipeline->datestyle;
	case LOADER_INTERVALSTYLE:
		return pipeline->intervalstyle;
	default:
		return pipeline->search_path;
	}
}

static int
read_setting(struct loader *loader, struct database *database,
	     enum loader_setting setting, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *parameters[] = {loader->role, setting_names[setting]};

	if (database_run(database, login_settings, 2, parameters, &rows, err) <
	    0)
		return -1;
	if (rows_count(rows) != 1)
		return fail(err, "the server has no setting '%s'",
			    setting_names[setting]);
	loader->settings[setting] = xstrdup(rows_text(rows, 0, 0));
	return 0;
}

/* The path's names as the server reads them: unquoted ones in lower case, and
 * "$user" for the role that the session acts as. */
static int
read_schemas(struct loader *loader, struct database *database,
	     struct error *err)
{
	auto_rows struct rows *rows = NULL;
	const char *parameters[] = {loader->settings[LOADER_SEARCH_PATH],
				    loader->role};

	if (database_run(database,
			 "SELECT pg_catalog.array_agg("
			 "  CASE WHEN n.name = '$user'"
			 "       THEN COALESCE($2,"
			 "                session_user::pg_catalog.text)"
			 "       ELSE n.name END)"
			 "  FROM pg_catalog.unnest("
			 "         pg_catalog.string_to_array($1, ',')) s,"
			 "  LATERAL (SELECT pg_catalog.btrim(s) AS word) w,"
			 "  LATERAL (SELECT CASE WHEN w.word LIKE '\"%'"
			 "    THEN pg_catalog.replace(pg_catalog.btrim("
			 "         w.word, '\"'), '\"\"', '\"')"
			 "    ELSE pg_catalog.lower(w.word) END AS name) n",
			 2, parameters, &rows, err) < 0)
		return -1;
	loader->schemas = xstrdup(
		rows_text(rows, 0, 0) == NULL ? "{}" : rows_text(rows, 0, 0));
	return 0;
}

int
loader_read(struct loader **ret_loader, struct database *database,
	    const struct pipeline *pipeline, struct error *err)
{
	auto_loader struct loader *loader = xcalloc(1, sizeof(*loader));

	loader->role = pipeline == NULL ? NULL : xstrdup(pipeline->role);
	for (int i = 0; i < LOADER_SETTINGS; i++) {
		const char *value =
			configured_setting(pipeline, (enum loader_setting)i);

		loader->is_configured[i] = value != NULL;
		if (value != NULL)
			loader->settings[i] = xstrdup(value);
		else if (read_setting(loader, database, (enum loader_setting)i,
				      err) < 0)
			return fail_in(err, "read the pipeline's settings");
	}
	if (read_schemas(loader, database, err) < 0)
		return -1;
	*ret_loader = take(loader);
	return 0;
}

void
loader_free(struct loader *loader)
{
	if (loader == NULL)
		return;
	for (int i = 0; i < LOADER_SETTINGS; i++)
		free(loader->settings[i]);
	free(loader->schemas);
	free(loader->role);
	free(loader);
}

void
loader_cleanup(struct loader **loader)
{
	loader_free(*loader);
}

void
loader_write_enter(struct statement_run *ret_statement,
		   const char *ret_parameters[LOADER_SETTINGS + 1],
		   const struct loader *loader)
{
	for (int i = 0; i < LOADER_SETTINGS; i++)
		ret_parameters[i] = loader->settings[i];
	ret_parameters[LOADER_SETTINGS] =
		loader->role == NULL ? "none" : loader->role;
	/* The role last: it decides what the others may be set by. */
	*ret_statement = (struct statement_run){
		.sql = "SELECT pg_catalog.set_config('TimeZone', $1, true),"
		       " pg_catalog.set_config('DateStyle', $2, true),"
		       " pg_catalog.set_config('IntervalStyle', $3, true),"
		       " pg_catalog.set_config('search_path', $4, true),"
		       " pg_catalog.set_config('role', $5, true)",
		.count = LOADER_SETTINGS + 1,
		.parameters = ret_parameters,
	};
}

int
loader_say_why(const struct loader *loader, const struct database *database,
	       struct error *err)
{
	const char *role = loader->role == NULL ? "none" : loader->role;

	if (strcmp(database_diagnostic(database)->sqlstate, "42501") == 0)
		return fail_as(err, EXIT_USAGE, "role_not_granted",
			       "the login role may not become '%s': GRANT it, "
			       "or name another role for the pipeline",
			       role);
	return fail_in(err, "become the pipeline's role '%s'", role);
}

int
loader_enter(const struct loader *loader, struct database *database,
	     struct error *err)
{
	const char *parameters[LOADER_SETTINGS + 1];
	struct statement_run enter;

	loader_write_enter(&enter, parameters, loader);
	if (database_run(database, enter.sql, enter.count, enter.parameters,
			 NULL, err) == 0)
		return 0;
	return loader_say_why(loader, database, err);
}

void
loader_write_leave(struct statement_run *ret_statement)
{
	*ret_statement = (struct statement_run){
		.sql = "SELECT pg_catalog.set_config('role', 'none', true),"
		       " pg_catalog.set_config('search_path',"
		       " 'pg_catalog, pg_temp', true),"
		       " pg_catalog.set_config('TimeZone', 'UTC', true),"
		       " pg_catalog.set_config('DateStyle', 'ISO, MDY', true),"
		       " pg_catalog.set_config('IntervalStyle', 'postgres',"
		       " true)",
	};
}

int
loader_leave(struct database *database, struct error *err)
{
	struct statement_run leave;

	loader_write_leave(&leave);
	return database_command(database, leave.sql, err);
}
