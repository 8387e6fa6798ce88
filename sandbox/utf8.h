/*
 * utf8.h - one character of UTF-8, decoded strictly and encoded.
 *
 * Strict as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond
 * U+10FFFF. Whatever passes here means the same to every parser after it.
 */
#ifndef SANDBOX_UTF8_H
#define SANDBOX_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_LENGTH_MAX 4

/*
 * The length in bytes of the character that stands first, 0 when the bytes
 * are no valid character (or there are none). `ret_character` may be NULL.
 */
size_t utf8_decode(const char *bytes, size_t size, uint32_t *ret_character);

/* Writes the character and returns its length; it must be a valid one. */
size_t utf8_encode(char ret_bytes[UTF8_LENGTH_MAX], uint32_t character);

#endif
