/*
 * convert_dlt.c - the failed jobs of a dlt load.
 *
 * Three forms: what load_info.asdict() or a package's asdict() gives, with
 * jobs in "failed_jobs"; one failed job as an exception has it ("load_id",
 * "job_id", "failed_message"); and the .exception file that lies beside the
 * job's data, which is plain text. The data stays where it is: a job is a file
 * of rows, not one INSERT.
 */
#include "pgmend.h"
#include "supervisor/convert.h"
#include "supervisor/convert_message.h"
#include "supervisor/convert_statement.h"

/* What is known from the objects around a job; NULL: not given. */
struct surroundings {
	char *pipeline, *dataset, *load;
};

static void
surroundings_release(struct surroundings *around)
{
	free(around->pipeline);
	free(around->dataset);
	free(around->load);
}

#define auto_surroundings __attribute__((cleanup(surroundings_release)))

static void
read_failure(struct draft *draft, const char *message)
{
	auto_free char *sql = message_statement(message);

	message_read(draft, message);
	draft_set(draft, DRAFT_STACKTRACE, message);
	if (sql != NULL)
		convert_statement_lift(draft, sql);
}

/* The job's name without its count of retries: it failed once and for all. */
static char *
job_name(const struct json *json, int job)
{
	auto_free char *id = convert_text(json, job, "job_id");
	auto_free char *table = convert_text(json, job, "table_name");
	auto_free char *file = convert_text(json, job, "file_id");
	auto_free char *format = convert_text(json, job, "file_format");

	if (id != NULL)
		return take(id);
	if (table == NULL || file == NULL || format == NULL)
		return NULL;
	return xprintf("%s.%s.%s", table, file, format);
}

static int
convert_job(struct conversion *conversion, const struct json *json, int job,
	    const struct surroundings *around, struct error *err)
{
	static const struct draft_member members[] = {
		{"table_name", DRAFT_TABLE},
		{"created_at", DRAFT_OCCURRED_AT},
		{NULL, DRAFT_TEXTS},
	};
	auto_draft struct draft draft = {0};
	auto_free char *message = convert_text(json, job, "failed_message");
	auto_free char *name = job_name(json, job);
	auto_free char *id = NULL;

	if (convert_want(json, json_member(json, job, "failed_message"),
			 JSON_STRING, "failed_message", err) < 0 ||
	    draft_read(&draft, members, json, job, err) < 0)
		return -1;
	if (around->load == NULL || name == NULL)
		return convert_refuse(err, "%s: missing, string wanted",
				      name == NULL ? "job_id" : "load_id");
	id = xprintf("%s/%s", around->load, name);
	draft_set(&draft, DRAFT_ID, id);
	draft_set(&draft, DRAFT_RUN, around->load);
	draft_set(&draft, DRAFT_TASK, name);
	draft_set(&draft, DRAFT_NAME, around->pipeline);
	if (draft.texts[DRAFT_TABLE] != NULL)
		draft_set(&draft, DRAFT_SCHEMA, around->dataset);
	read_failure(&draft, message);
	return convert_emit(conversion, &draft, err);
}

static int
convert_package(struct conversion *conversion, const struct json *json,
		int package, struct surroundings *around, struct error *err)
{
	int jobs = json_member(json, package, "jobs");
	int job = json_first(json, jobs);

	free(around->load);
	around->load = convert_text(json, package, "load_id");
	if (convert_want(json, jobs, JSON_ARRAY, "jobs", err) < 0)
		return -1;
	for (; job != JSON_NONE; job = json_next(json, job)) {
		auto_free char *state = NULL;

		if (convert_want(json, job, JSON_OBJECT, "jobs[]", err) < 0)
			return -1;
		state = convert_text(json, job, "state");
		if (same_text(state, "failed_jobs") &&
		    convert_job(conversion, json, job, around, err) < 0)
			return -1;
	}
	return 0;
}

static int
convert_packages(struct conversion *conversion, const struct json *json,
		 struct surroundings *around, struct error *err)
{
	int packages = json_member(json, 0, "load_packages");
	int node = json_first(json, packages);

	if (convert_want(json, packages, JSON_ARRAY, "load_packages", err) < 0)
		return -1;
	for (; node != JSON_NONE; node = json_next(json, node))
		if (convert_want(json, node, JSON_OBJECT, "load_packages[]",
				 err) < 0 ||
		    convert_package(conversion, json, node, around, err) < 0)
			return -1;
	return 0;
}

static int
convert_object(struct conversion *conversion, const struct json *json,
	       struct error *err)
{
	auto_surroundings struct surroundings around = {
		.pipeline = convert_text(json, json_member(json, 0, "pipeline"),
					 "pipeline_name"),
		.dataset = convert_text(json, 0, "dataset_name"),
		.load = convert_text(json, 0, "load_id"),
	};

	if (around.pipeline == NULL)
		around.pipeline = convert_text(json, 0, "pipeline_name");
	if (json_member(json, 0, "load_packages") != JSON_NONE)
		return convert_packages(conversion, json, &around, err);
	if (json_member(json, 0, "jobs") != JSON_NONE)
		return convert_package(conversion, json, 0, &around, err);
	return convert_job(conversion, json, 0, &around, err);
}

int
convert_dlt(struct conversion *conversion, const char *text, size_t size,
	    struct error *err)
{
	auto_draft struct draft draft = {0};
	auto_json struct json *json = NULL;
	auto_free char *id = NULL;

	if (text[strspn(text, " \t\r\n")] == '{') {
		if (convert_scan(&json, text, size, err) < 0)
			return -1;
		return convert_object(conversion, json, err);
	}
	id = convert_hash(text, size);
	draft_set(&draft, DRAFT_ID, id);
	read_failure(&draft, text);
	return convert_emit(conversion, &draft, err);
}
