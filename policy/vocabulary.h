/*
 * vocabulary.h - the closed words of the policy language: operations, facts
 * and their types and values. The parser, the judge, `pgmend policy facts` and
 * `ops` all read the same tables.
 *
 * A word that is not in a table does not exist; there is no other list.
 */
#ifndef POLICY_VOCABULARY_H
#define POLICY_VOCABULARY_H

#include <stdbool.h>
#include <stdint.h>

enum operation {
	OP_ADD_COLUMN,
	OP_WIDEN_TYPE,
	OP_ALTER_TYPE,
	OP_DROP_NOT_NULL,
	OP_SET_DEFAULT,
	OP_ADD_ENUM_VALUE,
	OP_CREATE_PARTITION,
	OP_CREATE_TABLE,
	OP_ADD_CONSTRAINT,
	OP_COMMENT,
	OP_REPLAY,
	OP_REPLAY_MAPPING,
	OPERATIONS
};

const char *operation_name(enum operation operation);
/* What makes it one, for people: "ALTER TABLE ... ADD COLUMN". */
const char *operation_statement(enum operation operation);

enum fact_type {
	TYPE_BOOL,
	TYPE_INT,
	TYPE_BYTES,    /* bytes */
	TYPE_DURATION, /* milliseconds */
	TYPE_PERCENT,
	TYPE_NAME,
	TYPE_SET,  /* of names */
	TYPE_ENUM, /* ordered words; the number is the word's index */
	FACT_TYPES
};

enum fact {
	FACT_TABLE_ROWS,
	FACT_TABLE_SIZE,
	FACT_TABLE_COLUMNS,
	FACT_TABLE_COLUMNS_USED,
	FACT_TABLE_PARTITIONED,
	FACT_TABLE_IS_PARTITION,
	FACT_TABLE_OWNER,
	FACT_TABLE_PUBLISHED,
	FACT_TABLE_PUBLICATIONS,
	FACT_TABLE_SUBSCRIBED,
	FACT_TABLE_VIEWS,
	FACT_TABLE_TRIGGERS,
	FACT_TABLE_FK_IN,
	FACT_TABLE_RLS,
	FACT_TABLE_AGE,
	FACT_COLUMN_VIEWS,
	FACT_COLUMN_NULLABLE,
	FACT_COLUMN_HAS_DEFAULT,
	FACT_COLUMN_INDEXED,
	FACT_COLUMN_IN_KEY,
	FACT_COLUMN_PII,
	FACT_COLUMN_NAME,
	FACT_COLUMN_TYPE,
	FACT_DEFAULT_VOLATILITY,
	FACT_CHANGE_REWRITE,
	FACT_CHANGE_SCAN,
	FACT_CHANGE_LOSSY,
	FACT_CHANGE_LOCK,
	FACT_CONSTRAINT_KIND,
	FACT_PARTITION_STRATEGY,
	FACT_STMT_ACTIONS,
	FACT_INCIDENT_SQLSTATE,
	FACT_INCIDENT_PIPELINE,
	FACT_INCIDENT_SOURCE,
	FACT_INCIDENT_REJECTED,
	FACT_INCIDENT_AGE,
	FACT_INCIDENT_WITNESSES,
	FACT_REPLAY_CONFLICT,
	FACT_REPLAY_SESSION_DEPENDENT,
	FACT_MAPPING_TRANSFORM,
	FACT_MAPPING_LOSSY,
	FACT_MODEL_ID,
	FACT_MODEL_CONFIDENCE,
	FACT_MODEL_RISK,
	FACT_RISK,
	FACT_RATE_TABLE_HOUR,
	FACT_RATE_TABLE_DAY,
	FACT_RATE_SCHEMA_DAY,
	FACT_RATE_PIPELINE_DAY,
	FACT_RATE_TOTAL_DAY,
	FACT_DB_NAME,
	FACT_DB_ROLE,
	FACT_DB_IN_RECOVERY,
	FACT_DB_REPLICA_LAG,
	FACTS
};

struct fact_word {
	const char *name;
	enum fact_type type;
	const char *const
		*words; /* of an enum, weakest first, NULL-terminated */
	char source;	/* S statement, C catalogue, D derived, I incident, M
			 * model,    H history, E server or clock */
	const char *meaning;
};

/* The row of one fact. */
const struct fact_word *fact_word(enum fact fact);
/* Index by name, or -1. */
int fact_find(const char *name);
int operation_find(const char *name);

enum volatility {
	VOLATILITY_NONE,
	VOLATILITY_CONSTANT,
	VOLATILITY_IMMUTABLE,
	VOLATILITY_STABLE,
	VOLATILITY_VOLATILE
};

enum table_lock {
	LOCK_NONE,
	LOCK_ACCESS_SHARE,
	LOCK_ROW_SHARE,
	LOCK_ROW_EXCLUSIVE,
	LOCK_SHARE_UPDATE_EXCLUSIVE,
	LOCK_SHARE,
	LOCK_SHARE_ROW_EXCLUSIVE,
	LOCK_EXCLUSIVE,
	LOCK_ACCESS_EXCLUSIVE
};

enum conflict_clause { CONFLICT_NONE, CONFLICT_NOTHING, CONFLICT_UPDATE };

/*
 * The values of all facts for one action. A fact that isn't known is unknown,
 * never false: `known` says so. Texts are borrowed. A set is its names joined
 * by newlines ("" is the empty set).
 */
struct fact_value {
	bool known;
	int64_t number;
	const char *text;
};

struct facts {
	struct fact_value of[FACTS];
	bool clock_known;
	int clock_minutes; /* since Monday 00:00 in the set's
			    * time zone, for `in @window` */
	int today;	   /* days since 1970-01-01, for `expires`; 0 unknown */
};

void facts_set_number(struct facts *facts, enum fact fact, int64_t number);
void facts_set_text(struct facts *facts, enum fact fact, const char *text);

#endif
