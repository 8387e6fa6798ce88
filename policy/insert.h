/*
 * insert.h - the failed INSERT, understood in full or refused, and its replay.
 *
 * One INSERT ... VALUES into one table. Expressions come from the floor's
 * allow-list plus parameters, casts to pg_catalog base types and a short list
 * of pg_catalog functions. Placeholders may be $n, %(name)s or :name; named
 * ones are numbered here, found with the parser's own scanner.
 */
#ifndef POLICY_INSERT_H
#define POLICY_INSERT_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/tree.h"
#include "policy/vocabulary.h"

#define INSERT_SQL_MAX 65536 /* bytes */
#define INSERT_PARAMETERS_MAX 1600

struct expression;
struct transform;

struct insert {
	char *schema; /* NULL: unqualified, the caller resolves it */
	char *table;
	char **columns; /* as written; 0 of them: every column by position */
	int column_count;
	struct expression **values; /* row by row; each row has `width` */
	int width;
	int row_count;
	enum conflict_clause conflict;
	char **conflict_columns; /* the arbiter's columns; none is fine */
	int conflict_column_count;
	char *conflict_constraint; /* ON CONSTRAINT name, or NULL */
	char **update_columns;	   /* DO UPDATE SET column = value */
	struct expression **update_values;
	int update_count;
	bool returning; /* had a RETURNING of plain columns; dropped, and a
			 * mapped statement still says so */
	int parameter_count;
	char **parameter_names; /* of named placeholders, index n-1; else NULL
				 */
};

/* False with a floor code when it isn't such an INSERT. */
bool insert_parse(struct insert **ret_insert, const char *sql, size_t size,
		  struct refusal *refusal);
void insert_free(struct insert *insert);
void insert_cleanup(struct insert **insert);
#define auto_insert __attribute__((cleanup(insert_cleanup)))

/* True when value `column` of any row is written as DEFAULT. */
bool insert_is_default(const struct insert *insert, int row, int column);

/* The number n of the parameter $n when the value is that parameter, perhaps
 * under casts; else 0. */
int insert_parameter(const struct insert *insert, int row, int column);

/* The schema that an unqualified target was resolved to. */
void insert_resolve(struct insert *insert, const char *schema);
/* Names the columns of a statement that names none: `width` of them, in the
 * table's order. */
void insert_name_columns(struct insert *insert, const char *const *columns);

/*
 * The statement with its target qualified and its placeholders as $n, to be
 * prepared on the server; RETURNING dropped. Parsed again and compared: false
 * when it differs, or when the target isn't qualified (F04).
 */
bool insert_render(char **ret_sql, const struct insert *insert,
		   struct refusal *refusal);

/* INSERT INTO s.t (column) VALUES (its value in the first row), to be asked
 * about alone; every parameter in it is $1. The caller frees it. */
char *insert_render_column(const struct insert *insert, int column);

/* Where a parameter's value comes from in a record. */
struct record_field {
	const char *key;  /* member of the payload, any text */
	const char *type; /* qualified and quoted: pg_catalog.text */
	bool by_input;	  /* read as json_to_record() does: a JSON array element
			   * by element, all else by the type's own input; no
			   * cast does that for arrays and domains */
	const struct transform *transform; /* NULL: cast to `type` as it is */
};

/* In which form the server is handed the value. */
enum reading {
	READING_TEXT, /* as a driver sends it: a string without its quotes,
		       * anything else as it stands */
	READING_JSON, /* as it stands, with quotes */
	READING_INPUT /* the same, as {"v": value} */
};

enum reading record_field_reading(const struct record_field *field);

/* Fields of one key are handed over once, in the place of the first. */
bool record_field_is_first(const struct record_field *fields, int index);

/*
 * The same INSERT reading from any number of records (drift.md, "No number type
 * of ours"): ... WITH p(p1, ...) AS (SELECT CAST(r.v1 AS type), ... FROM
 * (SELECT unnest($1::text[]), ...) AS r(v1, ...)) SELECT p.p1 FROM p. Its
 * parameters are arrays of text, one for each field that is the first of its
 * key, in the fields' order; all have one element a record. `fields` has one
 * entry per parameter of the statement; `column_types` one qualified type per
 * target column, without modifiers (an explicit cast to varchar(8) would cut
 * silently), for constants that would lose their type in a SELECT. With no
 * parameter at all the VALUES stay as they are. A value that is DEFAULT in
 * every row drops out with its column; in some rows only, it is refused. So are
 * keys over 63 bytes, which the server would cut, a key that would be read in
 * two forms, and parameters within DO UPDATE. The caller frees the text.
 */
bool
insert_render_records(char **ret_sql, const struct insert *insert,
		      const struct record_field *fields,
		      const char *const *column_types, struct refusal *refusal);

/* A field that goes to another column than the statement says, or otherwise;
 * everything is borrowed. */
struct field_mapping {
	const char *field; /* member of the payload */
	const char *column;
	const struct transform *transform; /* NULL: as it is */
	const char *type; /* the column's, qualified; with a transform */
};

/* What feeds a parameter of a mapped statement; owned. */
struct mapped_parameter {
	char *key;
	char *type;			   /* with a transform */
	const struct transform *transform; /* NULL: as it is */
};

struct mapped_insert {
	struct insert *insert;
	struct mapped_parameter *parameters; /* of $1, $2, ... */
};

/*
 * The statement with its columns and values as the mappings have them. `keys`
 * holds the payload's member of each parameter. A field takes the place of what
 * the column was given, leaves the column that it was given to, and is added
 * where the statement has neither. Refused (F05) where that isn't clear:
 * several rows of VALUES, a field that feeds several columns, a column of ON
 * CONFLICT that is left out. The caller frees both.
 */
bool insert_map(struct mapped_insert *ret_mapped, const struct insert *insert,
		char *const *keys, const struct field_mapping *mappings,
		int count, struct refusal *refusal);
void mapped_parameters_free(struct mapped_parameter *parameters, int count);

/* The position of a column in the statement; -1: it isn't there. */
int insert_find_column(const struct insert *insert, const char *name);

/* The column that the field feeds alone, -1 when there is none; -2 when it
 * feeds several. */
int insert_column_of(const struct insert *insert, char *const *keys,
		     const char *field);

/* The mapped statement as the pipeline would write it, with $n. */
char *insert_render_mapped(const struct insert *insert,
			   const struct mapped_parameter *parameters);

/* True when an operator of the server's own choice is used: NULLIF looks "="
 * up along the search_path. */
bool insert_has_operator(const struct insert *insert);

/* replay.conflict; and what else the statement itself gives. */
void insert_facts(struct facts *facts, const struct insert *insert);

#endif
