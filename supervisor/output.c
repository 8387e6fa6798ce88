#include "pgmend.h"
#include "supervisor/document.h"
#include "supervisor/output.h"
#include "supervisor/text.h"

bool
output_is_json(bool wants_json, bool wants_text)
{
	return wants_json || (!wants_text && !isatty(STDOUT_FILENO));
}

int
output_error(const struct error *err, bool as_json)
{
	auto_document struct document *document = document_object();
	auto_free char *line = NULL;

	fputs("pgmend: ", stderr);
	text_write_escaped(stderr, err->text);
	fputc('\n', stderr);
	if (!as_json)
		return (int)err->reason;

	document_number(document, "pgmend_error", 1);
	document_number(document, "exit_code", err->reason);
	document_text(document, "reason_code", err->code);
	document_text(document, "message", err->text);
	line = document_print(document);
	puts(line);
	return (int)err->reason;
}
