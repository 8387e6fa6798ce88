/*
 * uuid.h - run ids: UUIDs of version 7, which sort by the time they were made.
 */
#ifndef SUPERVISOR_UUID_H
#define SUPERVISOR_UUID_H

#include <stdbool.h>

#define UUID_TEXT_SIZE 37 /* 36 characters and NUL */

/* A new one, in lower case. */
void uuid_v7(char ret_text[UUID_TEXT_SIZE]);

/* The sixteen bytes of its canonical text; false when it isn't one. */
bool uuid_bytes(unsigned char ret_bytes[16], const char *text);

#endif
