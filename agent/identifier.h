/*
 * identifier.h - names in SQL, quoted where PostgreSQL needs it.
 */
#ifndef AGENT_IDENTIFIER_H
#define AGENT_IDENTIFIER_H

#include <stdbool.h>
#include <stdio.h>

/* False for names that PostgreSQL would cut or refuse: empty, or more than 63
 * bytes. */
bool identifier_is_possible(const char *name);

/* Writes the name so that it reads as exactly this column or table. */
void identifier_write(FILE *out, const char *name);

/* The same as text, and "schema.table"; the caller frees them. */
char *identifier_quote(const char *name);
char *identifier_qualify(const char *schema, const char *table);
/* A constant: 'it''s'. The caller frees it. */
char *literal_quote(const char *text);

#endif
