#include "pgmend.h"
#include "policy/diagnostic.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

void
diagnostic_write_json_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7F)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* A path as a URI: what isn't plain is written as its bytes. */
static void
write_uri(FILE *out, const char *path)
{
	fputc('"', out);
	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;
		bool is_plain =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || strchr("/._-~", c) != NULL;

		if (is_plain)
			fputc(c, out);
		else
			fprintf(out, "%%%02X", c);
	}
	fputc('"', out);
}

/* A member that holds one text. */
static void
write_message(FILE *out, const char *name, const char *text)
{
	fprintf(out, "\"%s\":{\"text\":", name);
	diagnostic_write_json_text(out, text);
	fputc('}', out);
}

/* SARIF counts characters where we count bytes. */
static int
character_of(const struct place *place, int column)
{
	const char *line = place->source->text;
	const char *end = line + place->source->size;
	int character = 1;

	for (int i = 1; i < place->line && line < end; i++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		line = next == NULL ? end : next + 1;
	}
	for (int i = 1; i < column && line < end; i++, line++)
		character += ((unsigned char)*line & 0xC0) != 0x80;
	return character;
}

static void
write_location(FILE *out, const struct place *place)
{
	int start = character_of(place, place->column);
	int end = character_of(place, place->column + place->width);

	fputs("\"locations\":[{\"physicalLocation\":{\"artifactLocation\":"
	      "{\"uri\":",
	      out);
	write_uri(out, place->source->path);
	fprintf(out,
		"},\"region\":{\"startLine\":%d,\"startColumn\":%d,"
		"\"endLine\":%d,\"endColumn\":%d}}}]",
		place->line, start, place->line, end > start ? end : start + 1);
}

void
diagnostic_write_sarif(FILE *out, const struct diagnostic *diagnostic)
{
	auto_free char *text = diagnostic->hint == NULL
				       ? xstrdup(diagnostic->message)
				       : xprintf("%s (%s)", diagnostic->message,
						 diagnostic->hint);

	fprintf(out, "{\"ruleId\":\"%s\",\"ruleIndex\":%d,\"level\":\"%s\",",
		diagnostic->code, diagnostic_code_find(diagnostic->code),
		diagnostic->code[0] == 'E' ? "error" : "warning");
	write_message(out, "message", text);
	fputc(',', out);
	write_location(out, &diagnostic->place);
	fputs("}\n", out);
}

static void
write_rules(FILE *out)
{
	for (int i = 0; diagnostic_code(i) != NULL; i++) {
		fprintf(out, "%s{\"id\":\"%s\",", i == 0 ? "" : ",",
			diagnostic_code(i)->code);
		write_message(out, "shortDescription",
			      diagnostic_code(i)->meaning);
		fputc('}', out);
	}
}

void
sarif_write(FILE *out, const char *results)
{
	fprintf(out,
		"{\"$schema\":\"%s\",\"version\":\"2.1.0\",\"runs\":[{"
		"\"tool\":{\"driver\":{\"name\":\"pgmend\",\"version\":\"%s\","
		"\"rules\":[",
		SARIF_SCHEMA, PGMEND_VERSION);
	write_rules(out);
	fputs("]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[", out);
	for (; *results != '\0'; results++)
		if (*results != '\n')
			fputc(*results, out);
		else if (results[1] != '\0')
			fputc(',', out);
	fputs("]}]}\n", out);
}
