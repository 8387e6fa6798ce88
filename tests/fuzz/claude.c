/*
 * A hostile model against the agent's conversation: whatever it answers, each
 * frame that the agent sends is one line of JSON, and it comes to an end.
 */
#include "tests/agent/script.h"
#include "tests/fuzz/fuzz.h"

/* The model's answers, with a zero byte between them; a tool's answer comes
 * after each. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data, *part;
	size_t part_size;
	struct script script;

	script_begin(&script);
	script_prompt(&script, 4);
	for (int i = 0; i < 4; i++) {
		if (!fuzz_part(&part, &part_size, &rest, &size, '\0'))
			break;
		script_bytes(&script, part, part_size);
		script_end(&script, 200, NULL);
		script_tool(&script, true, "denied: F13");
	}
	script_run(&script);
	claim(script.result == 0 || *script.err.text != '\0');
	script_free(&script);
	return 0;
}
