#include <cjson/cJSON.h>
#include <inttypes.h>

#include "pgmend.h"
#include "sandbox/json.h"
#include "supervisor/document.h"

/* A macro's value as a word. */
#define QUOTE(word) #word
#define WORD(macro) QUOTE(macro)

struct document {
	cJSON *item; /* owned */
};

/* cJSON answers NULL only when memory is out. */
static cJSON *
need(cJSON *item)
{
	if (item == NULL)
		abort();
	return item;
}

static struct document *
document_new(cJSON *item)
{
	struct document *document = xcalloc(1, sizeof(*document));

	document->item = need(item);
	return document;
}

struct document *
document_object(void)
{
	return document_new(cJSON_CreateObject());
}

struct document *
document_array(void)
{
	return document_new(cJSON_CreateArray());
}

struct document *
document_of(const char *json)
{
	return document_new(cJSON_CreateRaw(json));
}

void
document_free(struct document *document)
{
	if (document == NULL)
		return;
	cJSON_Delete(document->item);
	free(document);
}

void
document_cleanup(struct document **document)
{
	document_free(*document);
}

/* Takes the item. */
static void
add(struct document *parent, const char *name, cJSON *item)
{
	bool is_added =
		name == NULL
			? cJSON_AddItemToArray(parent->item, need(item))
			: cJSON_AddItemToObject(parent->item, name, need(item));

	if (!is_added)
		abort();
}

/* Our own writer prints the string, and cJSON passes it on as it stands:
 * cJSON would print invalid UTF-8, and a terminal's control characters. */
void
document_text(struct document *parent, const char *name, const char *text)
{
	auto_free char *json = NULL;
	size_t size;
	FILE *out;

	if (text == NULL) {
		document_null(parent, name);
		return;
	}
	out = xmemstream(&json, &size);
	json_write_string(out, text);
	fclose(out);
	add(parent, name, cJSON_CreateRaw(json));
}

/* cJSON keeps numbers as doubles, which hold only 53 bits of an integer. */
void
document_number(struct document *parent, const char *name, int64_t number)
{
	auto_free char *digits = xprintf("%" PRId64, number);

	add(parent, name, cJSON_CreateRaw(digits));
}

void
document_bool(struct document *parent, const char *name, bool truth)
{
	add(parent, name, cJSON_CreateBool(truth));
}

void
document_null(struct document *parent, const char *name)
{
	add(parent, name, cJSON_CreateNull());
}

void
document_raw(struct document *parent, const char *name, const char *json)
{
	auto_free char *line = NULL;
	size_t size;
	FILE *out = xmemstream(&line, &size);

	json_write_compact(out, json, strlen(json));
	fclose(out);
	add(parent, name, cJSON_CreateRaw(line));
}

void
document_add(struct document *parent, const char *name, struct document *child)
{
	add(parent, name, take(child->item));
	document_free(child);
}

char *
document_print(const struct document *document)
{
	char *line = cJSON_PrintUnformatted(document->item);

	if (line == NULL)
		abort();
	return line;
}

void
document_write_version(FILE *out)
{
	fprintf(out, "cJSON %s", cJSON_Version());
}
