#include "pgmend.h"

#include "supervisor/catalog.h"
#include "supervisor/database.h"

/*
 * Catalogues whose rows a heal or a trigger could write, with the condition
 * under which a row belongs to the planned change. `expected` holds the table,
 * its partitions, their TOAST relations and defaults.
 *
 * Left out: pg_statistic (autovacuum's), and what a plain role can't write.
 */
static const struct {
	const char *name;
	const char *planned; /* NULL: no row ever is */
} catalogues[] = {
	{"pg_class", "x.oid IN (SELECT oid FROM expected)"},
	{"pg_attribute", "x.attrelid IN (SELECT oid FROM expected)"},
	{"pg_attrdef", "x.oid IN (SELECT oid FROM expected)"},
	{"pg_index", "x.indexrelid IN (SELECT oid FROM expected)"},
	{"pg_depend", "x.objid IN (SELECT oid FROM expected)"},
	{"pg_shdepend", "x.objid IN (SELECT oid FROM expected)"},
	{"pg_aggregate", NULL},
	{"pg_amop", NULL},
	{"pg_amproc", NULL},
	{"pg_auth_members", NULL},
	{"pg_cast", NULL},
	{"pg_collation", NULL},
	{"pg_constraint", NULL},
	{"pg_conversion", NULL},
	{"pg_database", NULL},
	{"pg_db_role_setting", NULL},
	{"pg_default_acl", NULL},
	{"pg_description", NULL},
	{"pg_enum", NULL},
	{"pg_event_trigger", NULL},
	{"pg_extension", NULL},
	{"pg_foreign_data_wrapper", NULL},
	{"pg_foreign_server", NULL},
	{"pg_foreign_table", NULL},
	{"pg_inherits", NULL},
	{"pg_language", NULL},
	{"pg_largeobject_metadata", NULL},
	{"pg_namespace", NULL},
	{"pg_opclass", NULL},
	{"pg_operator", NULL},
	{"pg_opfamily", NULL},
	{"pg_parameter_acl", NULL},
	{"pg_partitioned_table", NULL},
	{"pg_policy", NULL},
	{"pg_proc", NULL},
	{"pg_publication", NULL},
	{"pg_publication_namespace", NULL},
	{"pg_publication_rel", NULL},
	{"pg_range", NULL},
	{"pg_rewrite", NULL},
	{"pg_seclabel", NULL},
	{"pg_sequence", NULL},
	{"pg_shdescription", NULL},
	{"pg_shseclabel", NULL},
	{"pg_statistic_ext", NULL},
	{"pg_tablespace", NULL},
	{"pg_transform", NULL},
	{"pg_trigger", NULL},
	{"pg_ts_config", NULL},
	{"pg_ts_config_map", NULL},
	{"pg_ts_dict", NULL},
	{"pg_type", NULL},
};

/*
 * Sub-transactions (an EXCEPTION block in a trigger) have transaction ids of
 * their own, so a row is ours when it is visible and its writer is still in
 * progress: nobody sees another's uncommitted rows.
 */
static const char written_head[] =
	"WITH own AS ("
	"    SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text"
	"           ::pg_catalog.int8 AS top,"
	"           pg_catalog.pg_current_xact_id()::pg_catalog.xid AS xid"
	"), tree AS ("
	"    SELECT c.oid, c.reltoastrelid FROM pg_catalog.pg_class c"
	"     WHERE c.oid = $1::pg_catalog.oid OR c.oid IN ("
	"        SELECT t.relid FROM"
	"            pg_catalog.pg_partition_tree($1::pg_catalog.oid) t)"
	"), expected AS ("
	"    SELECT oid FROM tree"
	"    UNION SELECT reltoastrelid FROM tree WHERE reltoastrelid <> 0"
	"    UNION SELECT i.indexrelid FROM pg_catalog.pg_index i"
	"          JOIN tree t ON t.reltoastrelid = i.indrelid"
	"    UNION SELECT d.oid FROM pg_catalog.pg_attrdef d"
	"          JOIN tree t ON t.oid = d.adrelid"
	"), written AS (";

static const char written_tail[] =
	") SELECT w.catalogue, w.rows FROM written w WHERE w.rows > 0"
	" UNION ALL"
	" SELECT pg_catalog.format('%s on %s %s', l.mode, l.locktype,"
	"            COALESCE(l.relation::pg_catalog.regclass"
	"                     ::pg_catalog.text,"
	"                     l.classid::pg_catalog.regclass"
	"                     ::pg_catalog.text || ' '"
	"                     || l.objid::pg_catalog.text)), 1"
	"   FROM pg_catalog.pg_locks l"
	"  WHERE l.pid = pg_catalog.pg_backend_pid()"
	"    AND l.mode = 'AccessExclusiveLock'"
	"    AND (l.locktype = 'object' OR l.locktype = 'relation'"
	"         AND l.relation NOT IN (SELECT oid FROM expected))"
	" ORDER BY 1";

/* The query over all catalogues; the caller frees it. */
static char *
written_query(void)
{
	char *text = NULL;
	size_t size;
	FILE *stream = xmemstream(&text, &size);

	fputs(written_head, stream);
	for (size_t i = 0; i < array_size(catalogues); i++)
		fprintf(stream,
			"%s SELECT '%s' AS catalogue,"
			" pg_catalog.count(*) AS rows"
			" FROM pg_catalog.%s x, own"
			" WHERE pg_catalog.age(x.xmin) <="
			" pg_catalog.age(own.xid)"
			" AND pg_catalog.pg_xact_status((own.top"
			" - (pg_catalog.age(x.xmin)"
			" - pg_catalog.age(own.xid)))::pg_catalog.text"
			"::pg_catalog.xid8) = 'in progress'%s%s%s",
			i == 0 ? "" : " UNION ALL", catalogues[i].name,
			catalogues[i].name,
			catalogues[i].planned == NULL ? "" : " AND NOT (",
			catalogues[i].planned == NULL ? ""
						      : catalogues[i].planned,
			catalogues[i].planned == NULL ? "" : ")");
	fputs(written_tail, stream);
	fclose(stream);
	return text;
}

static int
verify_written(struct database *database, const struct catalog *catalog,
	       struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_free char *sql = written_query();
	char oid[16];
	const char *parameter = oid;

	snprintf(oid, sizeof(oid), "%u", catalog->oid);
	if (database_run(database, sql, 1, &parameter, &rows, err) < 0)
		return fail_in(err, "account for what was written");
	if (rows_count(rows) > 0)
		return fail_as(err, EXIT_ROLLED_BACK, "catalogue_difference",
			       "the transaction also wrote or locked what "
			       "wasn't planned: %s (%s)",
			       rows_text(rows, 0, 0), rows_text(rows, 0, 1));
	return 0;
}

/*
 * What the new column's line must say after its name. The type is asked of the
 * server, by the very text that was executed: format_type() of a cast to it.
 */
static int
expected_type(char **ret_type, struct database *database,
	      const struct action *action, struct error *err)
{
	auto_rows struct rows *rows = NULL;
	auto_rows struct rows *name = NULL;
	auto_free char *type = type_sql(&action->type);
	auto_free char *sql = xprintf("SELECT CAST(NULL AS %s)", type);
	char oid[16], modifier[16];
	const char *parameters[] = {oid, modifier};

	if (database_run(database, sql, 0, NULL, &rows, err) < 0)
		return -1;
	snprintf(oid, sizeof(oid), "%u", rows_type(rows, 0));
	snprintf(modifier, sizeof(modifier), "%d", rows_type_modifier(rows, 0));
	if (database_run(database,
			 "SELECT pg_catalog.format_type("
			 "$1::pg_catalog.oid, $2::pg_catalog.int4)",
			 2, parameters, &name, err) < 0)
		return -1;
	*ret_type = xstrdup(rows_text(name, 0, 0));
	return 0;
}

/* The statement's action that this line is the column of, or NULL. The line
 * begins with "column RELATION.NAME: ". */
static const struct action *
planned_action(const char *line, const struct comparison *comparison)
{
	for (int s = 0; s < comparison->statement_count; s++) {
		const struct statement *statement = comparison->statements[s];

		for (int a = 0; a < statement->count; a++) {
			const struct action *action = &statement->actions[a];
			auto_free char *name = quote_name(action->column);
			auto_free char *mark = xprintf(".%s: type=", name);

			if (strncmp(line, "column ", 7) == 0 &&
			    strstr(line, mark) != NULL)
				return action;
		}
	}
	return NULL;
}

/* True when the column's line says what the action asked for, and no more. */
static int
verify_line(const char *line, struct database *database,
	    const struct action *action, struct error *err)
{
	auto_free char *type = NULL;
	auto_free char *start = NULL;
	const char *rest = strstr(line, ": type=") + strlen(": ");
	const char *tail = strstr(line, " identity= generated= collation= "
					"acl= options=");
	size_t size;

	if (expected_type(&type, database, action, err) < 0)
		return -1;
	start = xprintf("type=%s not_null=%s default=", type,
			action->not_null ? "t" : "f");
	size = strlen(start);
	/* A default's text is the server's wording of ours: only whether there
	 * is one can be compared. */
	if (strncmp(rest, start, size) == 0 && tail != NULL &&
	    tail[strlen(" identity= generated= collation= acl= options=")] ==
		    '\0' &&
	    (tail > rest + size) == (action->default_value != NULL))
		return 0;
	return fail_as(err, EXIT_ROLLED_BACK, "catalogue_difference",
		       "the new column isn't as planned: %s", line);
}

static int
verify_added(const char *line, struct database *database,
	     const struct comparison *comparison, struct error *err)
{
	const struct action *action = planned_action(line, comparison);

	if (action == NULL)
		return fail_as(err, EXIT_ROLLED_BACK, "catalogue_difference",
			       "new, and not planned: %s", line);
	return verify_line(line, database, action, err);
}

/* Both snapshots are sorted: one walk finds what only one of them holds. */
static int
verify_lines(int *ret_added, struct database *database,
	     const struct comparison *comparison, struct error *err)
{
	const struct catalog *before = comparison->before;
	const struct catalog *after = comparison->after;
	int b = 0, a = 0;

	*ret_added = 0;
	while (b < before->line_count || a < after->line_count) {
		int order = b == before->line_count ? 1
			    : a == after->line_count
				    ? -1
				    : strcmp(before->lines[b], after->lines[a]);

		if (order < 0)
			return fail_as(err, EXIT_ROLLED_BACK,
				       "catalogue_difference",
				       "gone or changed, and not planned: %s",
				       before->lines[b]);
		if (order > 0 && verify_added(after->lines[a], database,
					      comparison, err) < 0)
			return -1;
		*ret_added += order > 0;
		b += order == 0;
		a++;
	}
	return 0;
}

int
catalog_verify(struct database *database, const struct comparison *comparison,
	       struct error *err)
{
	int planned = 0, added;

	for (int i = 0; i < comparison->statement_count; i++)
		planned += comparison->statements[i]->count *
			   comparison->before->relation_count;
	if (verify_lines(&added, database, comparison, err) < 0)
		return -1;
	if (added != planned)
		return fail_as(err, EXIT_ROLLED_BACK, "catalogue_difference",
			       "%d columns were planned, %d are there", planned,
			       added);
	return verify_written(database, comparison->before, err);
}
