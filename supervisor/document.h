/*
 * document.h - JSON that pgmend writes: results, audit bodies, MCP answers;
 * the supervisor's only user of cJSON.
 *
 * A document is built member by member and printed as one line. NULL texts
 * become null. Numbers of payloads are never built here: document_raw() puts a
 * text that the strict scanner has accepted in as it stands, but for white
 * space between its tokens.
 */
#ifndef SUPERVISOR_DOCUMENT_H
#define SUPERVISOR_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct document;

struct document *document_object(void);
struct document *document_array(void);
/* A text that the strict scanner has accepted. */
struct document *document_of(const char *json);
void document_free(struct document *document);
void document_cleanup(struct document **document);
#define auto_document __attribute__((cleanup(document_cleanup)))

/* Adders; with `name` NULL the parent is an array. */
void document_text(struct document *parent, const char *name, const char *text);
void document_number(struct document *parent, const char *name, int64_t number);
void document_bool(struct document *parent, const char *name, bool truth);
void document_null(struct document *parent, const char *name);
void document_raw(struct document *parent, const char *name, const char *json);
/* Takes the child. */
void
document_add(struct document *parent, const char *name, struct document *child);

/* One line without LF; the caller frees it. Invalid UTF-8 in texts becomes
 * U+FFFD. */
char *document_print(const struct document *document);

/* Name and version of the library, as "pgmend --version" prints it. */
void document_write_version(FILE *out);

#endif
