#include "pgmend.h"
#include "policy/vocabulary.h"

static const char *const operations[OPERATIONS] = {
	[OP_ADD_COLUMN] = "add_column",
	[OP_WIDEN_TYPE] = "widen_type",
	[OP_ALTER_TYPE] = "alter_type",
	[OP_DROP_NOT_NULL] = "drop_not_null",
	[OP_SET_DEFAULT] = "set_default",
	[OP_ADD_ENUM_VALUE] = "add_enum_value",
	[OP_CREATE_PARTITION] = "create_partition",
	[OP_CREATE_TABLE] = "create_table",
	[OP_ADD_CONSTRAINT] = "add_constraint",
	[OP_COMMENT] = "comment",
	[OP_REPLAY] = "replay",
	[OP_REPLAY_MAPPING] = "replay_mapping",
};

static const char *const operation_statements[OPERATIONS] = {
	[OP_ADD_COLUMN] = "ALTER TABLE ... ADD COLUMN",
	[OP_WIDEN_TYPE] = "ALTER TABLE ... ALTER COLUMN ... TYPE, where every "
			  "old value fits",
	[OP_ALTER_TYPE] = "any other ALTER COLUMN ... TYPE without USING",
	[OP_DROP_NOT_NULL] = "ALTER TABLE ... ALTER COLUMN ... DROP NOT NULL",
	[OP_SET_DEFAULT] = "ALTER TABLE ... ALTER COLUMN ... SET DEFAULT",
	[OP_ADD_ENUM_VALUE] = "ALTER TYPE ... ADD VALUE",
	[OP_CREATE_PARTITION] = "CREATE TABLE ... PARTITION OF",
	[OP_CREATE_TABLE] = "CREATE TABLE",
	[OP_ADD_CONSTRAINT] = "ALTER TABLE ... ADD CONSTRAINT ... NOT VALID",
	[OP_COMMENT] = "COMMENT ON TABLE or COLUMN",
	[OP_REPLAY] = "the failed INSERT, replayed as it was",
	[OP_REPLAY_MAPPING] = "a field mapped to a column, with a transform or "
			      "none",
};

static const char *const volatility_words[] = {
	[VOLATILITY_NONE] = "none",
	[VOLATILITY_CONSTANT] = "constant",
	[VOLATILITY_IMMUTABLE] = "immutable",
	[VOLATILITY_STABLE] = "stable",
	[VOLATILITY_VOLATILE] = "volatile",
	NULL,
};
static const char *const lock_words[] = {
	[LOCK_NONE] = "none",
	[LOCK_ACCESS_SHARE] = "access_share",
	[LOCK_ROW_SHARE] = "row_share",
	[LOCK_ROW_EXCLUSIVE] = "row_exclusive",
	[LOCK_SHARE_UPDATE_EXCLUSIVE] = "share_update_exclusive",
	[LOCK_SHARE] = "share",
	[LOCK_SHARE_ROW_EXCLUSIVE] = "share_row_exclusive",
	[LOCK_EXCLUSIVE] = "exclusive",
	[LOCK_ACCESS_EXCLUSIVE] = "access_exclusive",
	NULL,
};
static const char *const conflict_words[] = {
	[CONFLICT_NONE] = "none",
	[CONFLICT_NOTHING] = "nothing",
	[CONFLICT_UPDATE] = "update",
	NULL,
};
static const char *const constraint_words[] = {
	"check", "foreign_key", "unique", "not_null", "primary_key", NULL,
};
static const char *const strategy_words[] = {"range", "list", "hash", NULL};
static const char *const risk_words[] = {
	"low", "medium", "high", "critical", NULL,
};

#define FACT_ROW(fact_name, fact_type, fact_source, fact_meaning)  \
	{                                                          \
		.name = (fact_name), .type = (fact_type),          \
		.source = (fact_source), .meaning = (fact_meaning) \
	}
#define ENUM_ROW(fact_name, enum_words, fact_source, fact_meaning)             \
	{                                                                      \
		.name = (fact_name), .type = TYPE_ENUM, .words = (enum_words), \
		.source = (fact_source), .meaning = (fact_meaning)             \
	}

static const struct fact_word facts[FACTS] = {
	[FACT_TABLE_ROWS] = FACT_ROW("table.rows", TYPE_INT, 'C',
				     "estimated rows, partitions included"),
	[FACT_TABLE_SIZE] = FACT_ROW("table.size", TYPE_BYTES, 'C',
				     "total size, partitions included"),
	[FACT_TABLE_COLUMNS] = FACT_ROW("table.columns", TYPE_INT, 'C',
					"live columns before the change"),
	[FACT_TABLE_COLUMNS_USED] =
		FACT_ROW("table.columns_used", TYPE_INT, 'C',
			 "attribute numbers used, dropped columns included"),
	[FACT_TABLE_PARTITIONED] = FACT_ROW("table.partitioned", TYPE_BOOL, 'C',
					    "is a partitioned table"),
	[FACT_TABLE_IS_PARTITION] = FACT_ROW("table.is_partition", TYPE_BOOL,
					     'C', "is a partition"),
	[FACT_TABLE_OWNER] =
		FACT_ROW("table.owner", TYPE_NAME, 'C', "owner role"),
	[FACT_TABLE_PUBLISHED] = FACT_ROW("table.published", TYPE_BOOL, 'C',
					  "member of a publication"),
	[FACT_TABLE_PUBLICATIONS] = FACT_ROW("table.publications", TYPE_SET,
					     'C', "the publications"),
	[FACT_TABLE_SUBSCRIBED] = FACT_ROW("table.subscribed", TYPE_BOOL, 'C',
					   "target of a subscription"),
	[FACT_TABLE_VIEWS] = FACT_ROW("table.views", TYPE_INT, 'C',
				      "views that depend on the table"),
	[FACT_TABLE_TRIGGERS] =
		FACT_ROW("table.triggers", TYPE_INT, 'C', "user triggers"),
	[FACT_TABLE_FK_IN] = FACT_ROW("table.fk_in", TYPE_INT, 'C',
				      "foreign keys that point here"),
	[FACT_TABLE_RLS] =
		FACT_ROW("table.rls", TYPE_BOOL, 'C', "row security is on"),
	[FACT_TABLE_AGE] = FACT_ROW("table.age", TYPE_DURATION, 'H',
				    "time since the table was first seen"),
	[FACT_COLUMN_VIEWS] = FACT_ROW("column.views", TYPE_INT, 'C',
				       "views that depend on the column"),
	[FACT_COLUMN_NULLABLE] =
		FACT_ROW("column.nullable", TYPE_BOOL, 'S',
			 "the new or altered column accepts null"),
	[FACT_COLUMN_HAS_DEFAULT] =
		FACT_ROW("column.has_default", TYPE_BOOL, 'S',
			 "the new or altered column has a default"),
	[FACT_COLUMN_INDEXED] =
		FACT_ROW("column.indexed", TYPE_BOOL, 'C', "is in any index"),
	[FACT_COLUMN_IN_KEY] =
		FACT_ROW("column.in_key", TYPE_BOOL, 'C',
			 "is in a primary, unique or foreign key"),
	[FACT_COLUMN_PII] = FACT_ROW("column.pii", TYPE_BOOL, 'D',
				     "holds personal data, or is masked"),
	[FACT_COLUMN_NAME] = FACT_ROW("column.name", TYPE_NAME, 'S',
				      "name of the new or altered column"),
	[FACT_COLUMN_TYPE] = FACT_ROW("column.type", TYPE_NAME, 'C',
				      "old type as the server formats it"),
	[FACT_DEFAULT_VOLATILITY] =
		ENUM_ROW("default.volatility", volatility_words, 'S',
			 "volatility of the default expression"),
	[FACT_CHANGE_REWRITE] = FACT_ROW("change.rewrite", TYPE_BOOL, 'D',
					 "rewrites the whole table"),
	[FACT_CHANGE_SCAN] = FACT_ROW("change.scan", TYPE_BOOL, 'D',
				      "scans the whole table while locked"),
	[FACT_CHANGE_LOSSY] = FACT_ROW("change.lossy", TYPE_BOOL, 'D',
				       "some old value may not survive"),
	[FACT_CHANGE_LOCK] = ENUM_ROW("change.lock", lock_words, 'D',
				      "strongest table lock taken"),
	[FACT_CONSTRAINT_KIND] = ENUM_ROW("constraint.kind", constraint_words,
					  'S', "kind of the new constraint"),
	[FACT_PARTITION_STRATEGY] =
		ENUM_ROW("partition.strategy", strategy_words, 'S',
			 "how the new partition's parent is cut"),
	[FACT_STMT_ACTIONS] = FACT_ROW("stmt.actions", TYPE_INT, 'S',
				       "sub-commands in the statement"),
	[FACT_INCIDENT_SQLSTATE] = FACT_ROW("incident.sqlstate", TYPE_NAME, 'I',
					    "five characters"),
	[FACT_INCIDENT_PIPELINE] = FACT_ROW("incident.pipeline", TYPE_NAME, 'I',
					    "configured name of the pipeline"),
	[FACT_INCIDENT_SOURCE] = FACT_ROW("incident.source", TYPE_NAME, 'I',
					  "kind of the source"),
	[FACT_INCIDENT_REJECTED] =
		FACT_ROW("incident.rejected", TYPE_INT, 'I', "parked rows"),
	[FACT_INCIDENT_AGE] = FACT_ROW("incident.age", TYPE_DURATION, 'I',
				       "time since the first failure"),
	[FACT_INCIDENT_WITNESSES] =
		FACT_ROW("incident.witnesses", TYPE_INT, 'H',
			 "distinct records with this fingerprint"),
	[FACT_REPLAY_CONFLICT] = ENUM_ROW("replay.conflict", conflict_words,
					  'D', "ON CONFLICT clause"),
	[FACT_REPLAY_SESSION_DEPENDENT] =
		FACT_ROW("replay.session_dependent", TYPE_BOOL, 'D',
			 "a value depends on unknown session settings"),
	[FACT_MAPPING_TRANSFORM] = FACT_ROW("mapping.transform", TYPE_NAME, 'D',
					    "the transform's name"),
	[FACT_MAPPING_LOSSY] = FACT_ROW("mapping.lossy", TYPE_BOOL, 'D',
					"the transform may lose something"),
	[FACT_MODEL_ID] = FACT_ROW("model.id", TYPE_NAME, 'D',
				   "the model that was asked"),
	[FACT_MODEL_CONFIDENCE] = FACT_ROW("model.confidence", TYPE_PERCENT,
					   'M', "as the model reports it"),
	[FACT_MODEL_RISK] = ENUM_ROW("model.risk", risk_words, 'M',
				     "as the model reports it"),
	[FACT_RISK] =
		ENUM_ROW("risk", risk_words, 'D', "computed from facts alone"),
	[FACT_RATE_TABLE_HOUR] = FACT_ROW("rate.table_hour", TYPE_INT, 'H',
					  "changes to the table in an hour"),
	[FACT_RATE_TABLE_DAY] = FACT_ROW("rate.table_day", TYPE_INT, 'H',
					 "changes to the table in a day"),
	[FACT_RATE_SCHEMA_DAY] = FACT_ROW("rate.schema_day", TYPE_INT, 'H',
					  "changes to the schema in a day"),
	[FACT_RATE_PIPELINE_DAY] =
		FACT_ROW("rate.pipeline_day", TYPE_INT, 'H',
			 "changes for the pipeline in a day"),
	[FACT_RATE_TOTAL_DAY] = FACT_ROW("rate.total_day", TYPE_INT, 'H',
					 "changes in all in a day"),
	[FACT_DB_NAME] = FACT_ROW("db.name", TYPE_NAME, 'E', "the database"),
	[FACT_DB_ROLE] = FACT_ROW("db.role", TYPE_NAME, 'E', "the login role"),
	[FACT_DB_IN_RECOVERY] = FACT_ROW("db.in_recovery", TYPE_BOOL, 'E',
					 "the server is a standby"),
	[FACT_DB_REPLICA_LAG] = FACT_ROW("db.replica_lag", TYPE_DURATION, 'E',
					 "lag of the slowest replica"),
};

const char *
operation_name(enum operation operation)
{
	return operations[operation];
}

const char *
operation_statement(enum operation operation)
{
	return operation_statements[operation];
}

int
operation_find(const char *name)
{
	for (int i = 0; i < OPERATIONS; i++)
		if (strcmp(operations[i], name) == 0)
			return i;
	return -1;
}

const struct fact_word *
fact_word(enum fact fact)
{
	return &facts[fact];
}

int
fact_find(const char *name)
{
	for (int i = 0; i < FACTS; i++)
		if (strcmp(facts[i].name, name) == 0)
			return i;
	return -1;
}

void
facts_set_number(struct facts *all, enum fact fact, int64_t number)
{
	all->of[fact] = (struct fact_value){.known = true, .number = number};
}

void
facts_set_text(struct facts *all, enum fact fact, const char *text)
{
	all->of[fact] = (struct fact_value){.known = true, .text = text};
}
