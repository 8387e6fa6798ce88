/*
 * Whatever a source says, what is printed are incidents, one a line; and
 * whatever was no incident is refused with a reason.
 */
#include "supervisor/convert.h"
#include "supervisor/incident.h"
#include "tests/fuzz/fuzz.h"

/* Every line is an incident of that kind. */
static void
check_lines(const char *text, size_t size, const char *kind, int count)
{
	const char *rest = text, *line;
	size_t line_size;

	while (fuzz_part(&line, &line_size, &rest, &size, '\n')) {
		auto_incident struct incident *incident = NULL;
		struct error err = NO_ERROR;

		if (rest == NULL && line_size == 0)
			break;
		claim(incident_parse(&incident, line, line_size, &err) == 0);
		claim(same_text(incident->source_kind, kind));
		count--;
	}
	claim(count == 0);
}

/* The log can't steer a terminal. */
static void
check_log(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		claim(text[i] == '\n' ||
		      ((unsigned char)text[i] >= ' ' && text[i] != 0x7f));
}

/* The first byte chooses the source. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count, out_size, log_size;
	const struct converter *table = converter_table(&count);
	auto_free char *out = NULL, *log = NULL;
	struct error err = NO_ERROR;
	struct conversion conversion;
	FILE *in;
	int result;

	if (size < 2)
		return 0;
	in = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	if (in == NULL)
		abort();
	conversion = (struct conversion){
		.converter = &table[(data[0] - 'a' + 256) % (int)count],
		.out = xmemstream(&out, &out_size),
		.log = xmemstream(&log, &log_size),
	};
	result = convert_run(&conversion, in, &err);
	fclose(in);
	fclose(conversion.out);
	fclose(conversion.log);
	claim(result == 0 || (err.reason == EXIT_BAD_INCIDENT && *err.text));
	claim((conversion.refused > 0) <= (result < 0));
	check_log(log, log_size);
	check_lines(out, out_size, conversion.converter->kind,
		    conversion.written);
	return 0;
}
