/*
 * sound.h - what is wrong with a text before any parser sees it: bytes that
 * parsers, settings or readers disagree about.
 */
#ifndef POLICY_SOUND_H
#define POLICY_SOUND_H

#include <stdbool.h>
#include <stddef.h>

struct refusal;
struct token;

/* F12 over `max` bytes; F02 for what isn't UTF-8, holds NUL or a byte order
 * mark. */
bool
sound_text(const char *sql, size_t size, size_t max, struct refusal *refusal);

/* F02 for U& escapes and a backslash inside a constant, F11 for a name that
 * the parser would cut. */
bool sound_token(const struct token *token, const char *sql,
		 struct refusal *refusal);

#endif
