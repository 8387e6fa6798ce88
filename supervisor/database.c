#include <poll.h>
#include <sys/socket.h>

#include <libpq-fe.h>

#include "pgmend.h"
#include "sandbox/wire.h"
#include "supervisor/database.h"
#include "supervisor/database_connection.h"
#include "supervisor/database_parameters.h"
#include "supervisor/database_rows.h"
#include "supervisor/database_watch.h"

static void
result_cleanup(PGresult **result)
{
	PQclear(*result);
}
#define auto_result __attribute__((cleanup(result_cleanup)))

static void
options_cleanup(PQconninfoOption **options)
{
	PQconninfoFree(*options);
}
#define auto_conninfo __attribute__((cleanup(options_cleanup)))

static const char *
diagnostic_field(const PGresult *result, int field)
{
	const char *text = PQresultErrorField(result, field);

	return text == NULL ? "" : text;
}

static void
keep_failure(struct database *database, PGresult *result)
{
	struct diagnostic *kept = &database->diagnostic;

	PQclear(database->failure);
	database->failure = result;
	*kept = (struct diagnostic){
		.message = diagnostic_field(result, PG_DIAG_MESSAGE_PRIMARY),
		.detail = diagnostic_field(result, PG_DIAG_MESSAGE_DETAIL),
		.hint = diagnostic_field(result, PG_DIAG_MESSAGE_HINT),
		.context = diagnostic_field(result, PG_DIAG_CONTEXT),
		.schema = diagnostic_field(result, PG_DIAG_SCHEMA_NAME),
		.table = diagnostic_field(result, PG_DIAG_TABLE_NAME),
		.column = diagnostic_field(result, PG_DIAG_COLUMN_NAME),
		.datatype = diagnostic_field(result, PG_DIAG_DATATYPE_NAME),
		.constraint = diagnostic_field(result, PG_DIAG_CONSTRAINT_NAME),
	};
	snprintf(kept->sqlstate, sizeof(kept->sqlstate), "%.5s",
		 diagnostic_field(result, PG_DIAG_SQLSTATE));
}

/* A password in an argument is in every process list. */
static bool
has_password(const PQconninfoOption *options)
{
	for (; options->keyword != NULL; options++)
		if (options->val != NULL &&
		    strstr(options->keyword, "password") != NULL)
			return true;
	return false;
}

/* libpq's own words stay out of the errors: they may quote a password. */
static int
check_conninfo(const char *conninfo, struct error *err)
{
	auto_conninfo PQconninfoOption *options =
		PQconninfoParse(conninfo, NULL);

	if (options == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "the connection string can't be read; its form "
			       "is key=value pairs, or postgresql://...");
	if (has_password(options))
		return fail_as(err, EXIT_USAGE, "usage",
			       "the connection string holds a password: put it "
			       "into .pgpass, or name a file by PGPASSFILE");
	return 0;
}

/* Connects a second time to hear the SQLSTATE of a refusal: libpq tells it
 * only as text, its last line, and only to whoever asked before it came. */
static const char *
code_of_refusal(const struct parameters *parameters)
{
	PGconn *connection = PQconnectStartParams(parameters->keywords,
						  parameters->values, 1);
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;
	int64_t end = wire_now_ms() + 5000;
	const char *code = "database_unreachable", *sqlstate;
	size_t size;

	PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE);
	while (PQstatus(connection) != CONNECTION_BAD && wire_now_ms() < end &&
	       (state == PGRES_POLLING_READING ||
		state == PGRES_POLLING_WRITING)) {
		short events =
			state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		struct pollfd wait = {PQsocket(connection), events, 0};

		if (poll(&wait, 1, 1000) > 0)
			state = PQconnectPoll(connection);
	}
	size = strlen(PQerrorMessage(connection));
	sqlstate = PQerrorMessage(connection) + (size > 6 ? size - 6 : size);
	if (sqlstate_is_refusal(sqlstate))
		code = "database_refused";
	else if (state == PGRES_POLLING_OK || sqlstate_is_transient(sqlstate))
		code = "server_busy";
	PQfinish(connection);
	return code;
}

static int
refuse_connection(PGconn *connection, const struct parameters *parameters,
		  struct error *err)
{
	const char *code = PQconnectionNeedsPassword(connection) == 1
				   ? "database_refused"
				   : code_of_refusal(parameters);
	bool is_final = same_text(code, "database_refused");
	const char *words = PQerrorMessage(connection);
	int size = (int)strcspn(words, "\n");

	return fail_as(err, is_final ? EXIT_USAGE : EXIT_TEMPFAIL, code, "%.*s",
		       size, words);
}

/* Notices quote names and values of others; nobody reads them. */
static void
swallow_notice(void *unused, const PGresult *notice)
{
}

int
connection_open(struct database **ret_database, const char *conninfo,
		const char *application_name, struct error *err)
{
	auto_database struct database *database = xcalloc(1, sizeof(*database));
	struct parameters parameters =
		connection_parameters(conninfo, application_name);

	if (check_conninfo(conninfo, err) < 0)
		return -1;
	database->connection =
		PQconnectdbParams(parameters.keywords, parameters.values, 1);
	if (PQstatus(database->connection) != CONNECTION_OK)
		return refuse_connection(database->connection, &parameters,
					 err);
	database->socket = PQsocket(database->connection);
	database->login_pid = PQbackendPID(database->connection);
	PQsetNoticeReceiver(database->connection, swallow_notice, NULL);
	database_bound(database, SESSION_STATEMENT_MS);
	keep_failure(database, NULL);
	*ret_database = take(database);
	return 0;
}

void
database_free(struct database *database)
{
	if (database == NULL)
		return;
	PQclear(database->failure);
	PQfinish(database->connection);
	free(database);
}

void
database_cleanup(struct database **database)
{
	database_free(*database);
}

/* Takes the result. */
static int
refuse_result(struct database *database, PGresult *result, struct error *err)
{
	const struct diagnostic *kept = &database->diagnostic;

	keep_failure(database, result);
	if (database_is_lost(database))
		return fail_as(err, EXIT_TEMPFAIL, "connection_lost",
			       "the connection to the database was lost");
	if (kept->sqlstate[0] == '\0')
		return fail(err, "the statement is empty, or a COPY");
	if (sqlstate_is_transient(kept->sqlstate))
		return fail_as(err, EXIT_TEMPFAIL, "database_busy", "%s (%s)",
			       kept->message, kept->sqlstate);
	return fail_as(err, EXIT_INTERNAL, "database_error", "%s (%s)",
		       kept->message, kept->sqlstate);
}

static struct rows *
rows_of(PGresult *result)
{
	int count = PQntuples(result), columns = PQnfields(result);
	struct rows *rows = rows_new(count, columns);

	for (int column = 0; column < columns; column++)
		rows_set_type(rows, column, PQftype(result, column),
			      PQfmod(result, column));
	for (int row = 0; row < count; row++)
		for (int column = 0; column < columns; column++)
			if (!PQgetisnull(result, row, column))
				rows_set(rows, row, column,
					 PQgetvalue(result, row, column));
	return rows;
}

static bool
is_success(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_TUPLES_OK ||
	       PQresultStatus(result) == PGRES_COMMAND_OK;
}

static void
send_statement(PGconn *connection, const struct statement_run *statement)
{
	auto_free int *formats = xcalloc((size_t)statement->count, sizeof(int));

	for (int i = 0; i < statement->count && statement->sizes != NULL; i++)
		formats[i] = statement->sizes[i] > 0;
	PQsendQueryParams(connection, statement->sql, statement->count, NULL,
			  statement->parameters, statement->sizes, formats, 0);
}

/* A wire that is silent for longer than that is as good as cut. */
static int64_t
end_of_patience(const struct database *database)
{
	return database->patience_ms < 0
		       ? INT64_MAX
		       : wire_now_ms() + database->patience_ms;
}

/* Until the answer is here. What TLS has read already, the socket doesn't
 * tell. */
static void
await_answer(const struct database *database,
	     const struct statement_run *statement)
{
	PGconn *connection = database->connection;
	bool works = statement->meanwhile != NULL;
	int64_t end = end_of_patience(database);

	while (PQisBusy(connection) == 1) {
		if (watch_wait(database->watch, database->socket,
			       works ? 0 : end, statement->is_final)) {
			if (PQconsumeInput(connection) == 0)
				return;
			end = end_of_patience(database);
		} else if (works) {
			works = statement->meanwhile(statement->context);
			end = end_of_patience(database);
		} else if (wire_now_ms() >= end) {
			shutdown(database->socket, SHUT_RDWR);
		}
	}
}

/* The result of one statement that was sent; the caller clears it. It has one
 * result and an end, but a connection that breaks adds one of its own. */
static PGresult *
receive(const struct database *database, const struct statement_run *statement)
{
	PGresult *result, *next;

	await_answer(database, statement);
	result = PQgetResult(database->connection);
	while (result != NULL &&
	       (next = PQgetResult(database->connection)) != NULL) {
		PQclear(result);
		result = next;
	}
	return result;
}

int
database_run_meanwhile(struct database *database,
		       const struct statement_run *statement,
		       struct rows **ret_rows, struct error *err)
{
	auto_result PGresult *result = NULL;

	send_statement(database->connection, statement);
	result = receive(database, statement);
	if (!is_success(result))
		return refuse_result(database, take(result), err);
	if (ret_rows != NULL)
		*ret_rows = rows_of(result);
	return 0;
}

int
database_run_together(struct database *database,
		      const struct statement_run *statements, int count,
		      int64_t *ret_affected, struct error *err)
{
	PGconn *connection = database->connection;
	auto_result PGresult *failure = NULL;
	bool has_failed = false;

	PQenterPipelineMode(connection);
	for (int i = 0; i < count; i++)
		send_statement(connection, &statements[i]);
	PQpipelineSync(connection);
	for (int i = 0; i < count; i++) {
		auto_result PGresult *result =
			receive(database, &statements[i]);

		ret_affected[i] = -1;
		if (has_failed)
			continue;
		has_failed = !is_success(result);
		if (has_failed)
			failure = take(result);
		else
			ret_affected[i] =
				strtoll(PQcmdTuples(result), NULL, 10);
	}
	PQclear(PQgetResult(connection)); /* that this was the end */
	PQexitPipelineMode(connection);
	return has_failed ? refuse_result(database, take(failure), err) : 0;
}

int
database_describe(struct database *database, const char *sql,
		  unsigned **ret_types, int *ret_count, struct error *err)
{
	const struct statement_run statement = {.sql = sql};
	auto_result PGresult *prepared = NULL;
	auto_result PGresult *described = NULL;

	PQsendPrepare(database->connection, "", sql, 0, NULL);
	prepared = receive(database, &statement);
	if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
		return refuse_result(database, take(prepared), err);
	PQsendDescribePrepared(database->connection, "");
	described = receive(database, &statement);
	if (PQresultStatus(described) != PGRES_COMMAND_OK)
		return refuse_result(database, take(described), err);
	*ret_count = PQnparams(described);
	*ret_types = xcalloc((size_t)*ret_count, sizeof(**ret_types));
	for (int i = 0; i < *ret_count; i++)
		(*ret_types)[i] = PQparamtype(described, i);
	return 0;
}

bool
database_is_lost(const struct database *database)
{
	return PQstatus(database->connection) == CONNECTION_BAD;
}

int
database_server_version(const struct database *database)
{
	return PQserverVersion(database->connection);
}

char *
database_option(const struct database *database, const char *name)
{
	auto_conninfo PQconninfoOption *options =
		PQconninfo(database->connection);

	for (PQconninfoOption *option = options;
	     option != NULL && option->keyword != NULL; option++)
		if (strcmp(option->keyword, name) == 0 &&
		    strstr(name, "password") == NULL && option->val != NULL &&
		    option->val[0] != '\0')
			return xstrdup(option->val);
	return NULL;
}

void
database_write_version(FILE *out)
{
	int version = PQlibVersion();

	fprintf(out, "libpq %d.%d", version / 10000, version % 10000);
}
