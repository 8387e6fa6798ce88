/*
 * facts_document.h - facts as JSON: an object of fact names to values.
 *
 * Numbers, booleans, enum words, sizes and durations as numbers (bytes,
 * milliseconds) or as "5GB" and "30s", sets as arrays of names, null for what
 * isn't known, plus "clock":"fri 16:59" and "today":"2026-11-22".
 */
#ifndef SUPERVISOR_FACTS_DOCUMENT_H
#define SUPERVISOR_FACTS_DOCUMENT_H

#include <stddef.h>

#include "policy/vocabulary.h"

struct document;
struct error;

/* Facts that own their texts. */
struct facts_document {
	struct facts facts;
	char *texts[FACTS];
};

/* EXIT_USAGE, code bad_facts, for a name, a value or a text that isn't right.
 */
int facts_document_read(struct facts_document *ret_document, const char *text,
			size_t size, struct error *err);
void facts_document_release(struct facts_document *document);

/* Every known fact, as above. */
struct document *facts_document_of(const struct facts *facts);

#endif
