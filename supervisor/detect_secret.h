/*
 * detect_secret.h - tokens and keys, as detect.h looks for them. Private to
 * detect.c, which asks at the beginning of each word.
 */
#ifndef SUPERVISOR_DETECT_SECRET_H
#define SUPERVISOR_DETECT_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* True when a JSON web token begins here: three parts in base64url, of which
 * the first is a JSON object. */
bool is_jwt(const char *text, size_t size);

/* True when a key of a known form begins here. */
bool is_key(const char *text, size_t size);

#endif
