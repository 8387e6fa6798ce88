/*
 * An INSERT that is understood is rendered, with parameters and reading from
 * records, and the first rendering is understood as the same.
 */
#include "policy/insert.h"
#include "tests/fuzz/fuzz.h"

/* Did it outgrow the limits, or is it what can't be read from records? */
static void
check_refusal(const struct refusal *refusal, const char *floors)
{
	if (strstr(floors, refusal->floor) == NULL)
		fprintf(stderr, "%s %s\n", refusal->floor, refusal->text);
	claim(strstr(floors, refusal->floor) != NULL);
}

static void
check_rendering(const struct insert *insert)
{
	auto_insert struct insert *second = NULL;
	auto_free char *text = NULL, *again = NULL;
	struct refusal refusal = {.floor = NULL};

	if (!insert_render(&text, insert, &refusal)) {
		check_refusal(&refusal, "F12");
		return;
	}
	claim(insert_parse(&second, text, strlen(text), &refusal));
	claim(insert_render(&again, second, &refusal));
	claim(same_text(text, again));
	claim(second->parameter_count == insert->parameter_count);
}

static void
check_records(const struct insert *insert)
{
	int count = insert->parameter_count;
	auto_free struct record_field *fields =
		xcalloc((size_t)count, sizeof(*fields));
	auto_free const char **types =
		xcalloc((size_t)insert->width, sizeof(*types));
	auto_free char *text = NULL;
	struct refusal refusal = {.floor = NULL};

	for (int i = 0; i < count; i++)
		fields[i] = (struct record_field){
			.key = insert->parameter_names == NULL
				       ? "a \"key\""
				       : insert->parameter_names[i],
			.type = "pg_catalog.text",
		};
	for (int i = 0; i < insert->width; i++)
		types[i] = "pg_catalog.int4";
	if (!insert_render_records(&text, insert, fields, types, &refusal))
		check_refusal(&refusal, "F05 F11 F12");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_insert struct insert *insert = NULL;
	struct refusal refusal = {.floor = NULL};
	struct facts facts = {0};

	if (!insert_parse(&insert, (const char *)data, size, &refusal)) {
		claim(refusal.floor != NULL && *refusal.text != '\0');
		return 0;
	}
	claim(insert->width > 0 && insert->row_count > 0);
	for (int row = 0; row < insert->row_count; row++)
		for (int column = 0; column < insert->width; column++)
			claim(insert_parameter(insert, row, column) <=
			      insert->parameter_count);
	insert_facts(&facts, insert);
	insert_has_operator(insert);
	if (insert->schema == NULL)
		insert_resolve(insert, "app");
	check_rendering(insert);
	check_records(insert);
	return 0;
}
