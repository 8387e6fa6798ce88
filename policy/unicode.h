/*
 * unicode.h - reading UTF-8, and the characters that deceive a reader.
 */
#ifndef POLICY_UNICODE_H
#define POLICY_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the start of the text, 1 to 4; 0 when it isn't
 * valid UTF-8 (overlong forms and surrogates included) or the text is empty. */
size_t unicode_decode(const char *text, size_t size, uint32_t *ret_character);

/* The offset of the first byte that isn't valid UTF-8; `size` when all is. */
size_t unicode_invalid_at(const char *text, size_t size);

/* A name for a character that reorders or hides text (bidi controls, zero
 * width, byte order mark), or NULL for any other. */
const char *unicode_deceiver(uint32_t character);

/* The script of a letter as a small number from 1 on; 0 when the character is
 * no letter, digit or mark that a new name may hold. Chinese and Japanese
 * characters share one script, since they are written together. */
int unicode_script(uint32_t character);

#endif
