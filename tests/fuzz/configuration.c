/*
 * A configuration that is accepted binds every pipeline to tables, and none to
 * a table that it doesn't name.
 */
#include "supervisor/configuration.h"
#include "tests/fuzz/fuzz.h"

static void
check_pipeline(const struct configuration *configuration,
	       const struct pipeline *pipeline)
{
	claim(pipeline->table_count > 0);
	claim(configuration_pipeline(configuration, pipeline->name) ==
	      pipeline);
	for (int i = 0; i < pipeline->table_count; i++) {
		const char *entry = pipeline->tables[i];
		const char *point = strchr(entry, '.');
		auto_free char *schema = NULL;

		claim(point != NULL && strchr(point + 1, '.') == NULL);
		schema = xstrndup(entry, (size_t)(point - entry));
		claim(pipeline_has_table(pipeline, schema, point + 1));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_configuration struct configuration *configuration = NULL;
	auto_close int fd = fuzz_file(data, size);
	auto_free char *path = fuzz_path(fd);
	auto_free char *text = xstrndup((const char *)data, size);
	struct error err = NO_ERROR;
	int64_t ms = 0;

	if (duration_parse(&ms, text, &err) == 0)
		claim(ms >= 0);
	if (configuration_read(&configuration, path, &err) < 0) {
		claim(err.reason == EXIT_USAGE);
		return 0;
	}
	claim(configuration->timeout_ms >= 0);
	for (int i = 0; i < configuration->pipeline_count; i++)
		check_pipeline(configuration, &configuration->pipelines[i]);
	return 0;
}
