#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include "pgmend.h"
#include "policy/node.h"
#include "policy/sound.h"
#include "policy/stack.h"
#include "policy/tree.h"

/* `1+1+1+...` took 8 MB of stack for 8.8 kB of SQL. */
#define PARSER_STACK ((size_t)64 << 20)

/* What a nested copy carries along. */
struct copier {
	struct tree *tree;
	struct refusal *refusal;
	int depth;
};

/* --- Copying the parser's tree ------------------------------------------- */

static bool copy_message(struct copier *copier, struct node **ret_node,
			 const ProtobufCMessage *message);

/* Where something stood in the text is no part of what it means. */
static bool
is_position(const char *name)
{
	return strcmp(name, "location") == 0 ||
	       strcmp(name, "stmt_location") == 0 ||
	       strcmp(name, "stmt_len") == 0;
}

static bool
copy_nodes(struct copier *copier, struct field *field,
	   ProtobufCMessage *const *messages, size_t count)
{
	field->nodes = xcalloc(count, sizeof(struct node *));
	field->count = (int)count;
	for (size_t i = 0; i < count; i++)
		if (!copy_message(copier, &field->nodes[i], messages[i]))
			return false;
	return true;
}

static bool
copy_list(struct copier *copier, struct field *field,
	  const ProtobufCFieldDescriptor *form, const void *member,
	  size_t count)
{
	if (count == 0)
		return true;
	if (form->type != PROTOBUF_C_TYPE_MESSAGE)
		return refuse(copier->refusal, "F01",
			      "the list \"%s\" isn't understood", form->name);
	field->kind = FIELD_LIST;
	return copy_nodes(copier, field,
			  *(ProtobufCMessage *const *const *)member, count);
}

static void
copy_number(struct field *field, int64_t number)
{
	if (number == 0)
		return;
	field->kind = FIELD_NUMBER;
	field->number = number;
}

static void
copy_word(struct field *field, const ProtobufCEnumDescriptor *form, int number)
{
	const ProtobufCEnumValue *value =
		protobuf_c_enum_descriptor_get_value(form, number);

	if (number == 0)
		return;
	field->kind = FIELD_WORD;
	/* A number without a name reads as "?", which nobody accepts. */
	field->word = value == NULL ? "?" : value->name;
}

static void
copy_text(struct field *field, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	field->kind = FIELD_TEXT;
	field->text = xstrdup(text);
}

static bool
copy_single(struct copier *copier, struct field *field,
	    const ProtobufCFieldDescriptor *form, const void *member)
{
	ProtobufCMessage *child;

	switch (form->type) {
	case PROTOBUF_C_TYPE_INT32:
		return copy_number(field, *(const int32_t *)member), true;
	case PROTOBUF_C_TYPE_UINT32:
		return copy_number(field, *(const uint32_t *)member), true;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		return copy_number(field, *(const int64_t *)member), true;
	case PROTOBUF_C_TYPE_BOOL:
		copy_number(field, *(const protobuf_c_boolean *)member);
		return true;
	case PROTOBUF_C_TYPE_ENUM:
		copy_word(field, form->descriptor, *(const int *)member);
		return true;
	case PROTOBUF_C_TYPE_STRING:
		return copy_text(field, *(char *const *)member), true;
	case PROTOBUF_C_TYPE_MESSAGE:
		child = *(ProtobufCMessage *const *)member;
		if (child == NULL)
			return true;
		field->kind = FIELD_NODE;
		return copy_nodes(copier, field, &child, 1);
	default:
		return refuse(copier->refusal, "F01",
			      "the form of \"%s\" isn't understood",
			      form->name);
	}
}

static bool
copy_field(struct copier *copier, struct field *field,
	   const ProtobufCMessage *message,
	   const ProtobufCFieldDescriptor *form)
{
	const char *base = (const char *)message;
	const void *member = base + form->offset;
	const void *quantifier = base + form->quantifier_offset;

	if (is_position(form->name))
		return true;
	if (form->label == PROTOBUF_C_LABEL_REPEATED)
		return copy_list(copier, field, form, member,
				 *(const size_t *)quantifier);
	if ((form->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
	    *(const uint32_t *)quantifier != form->id)
		return true;
	return copy_single(copier, field, form, member);
}

/* The wrapper "Node" holds one of all types: what it holds stands for it. */
static const ProtobufCMessage *
unwrap(const ProtobufCMessage *message)
{
	const PgQuery__Node *wrapper = (const PgQuery__Node *)message;

	if (message->descriptor != &pg_query__node__descriptor)
		return message;
	if (wrapper->node_case == PG_QUERY__NODE__NODE__NOT_SET)
		return NULL;
	/* All members of the union are pointers to messages. */
	return (const ProtobufCMessage *)wrapper->alter_table_stmt;
}

static struct node *
add_node(struct tree *tree, const ProtobufCMessageDescriptor *form)
{
	struct node *node = xcalloc(
		1, sizeof(*node) + form->n_fields * sizeof(struct field));

	node->type = form->short_name;
	node->count = (int)form->n_fields;
	for (int i = 0; i < node->count; i++)
		node->fields[i].name = form->fields[i].name;
	tree->nodes = xreallocarray(tree->nodes, tree->count + 1,
				    sizeof(struct node *));
	tree->nodes[tree->count++] = node;
	return node;
}

static bool
copy_message(struct copier *copier, struct node **ret_node,
	     const ProtobufCMessage *message)
{
	struct node *node;
	bool copied = true;

	message = unwrap(message);
	if (message == NULL)
		return true;
	if (copier->depth >= TREE_DEPTH_MAX)
		return refuse(copier->refusal, "F12",
			      "the statement is nested more than %d deep",
			      TREE_DEPTH_MAX);
	node = add_node(copier->tree, message->descriptor);
	*ret_node = node;
	copier->depth++;
	for (int i = 0; i < node->count && copied; i++)
		copied = copy_field(copier, &node->fields[i], message,
				    &message->descriptor->fields[i]);
	copier->depth--;
	return copied;
}

/* --- Parsing -------------------------------------------------------------- */

struct parse_job {
	const char *sql;
	struct tree *tree;
	struct refusal *refusal;
	bool parsed;
};

static bool
copy_result(struct parse_job *job, const PgQuery__ParseResult *result)
{
	struct copier copier = {.tree = job->tree, .refusal = job->refusal};

	if (result == NULL)
		return refuse(job->refusal, "F02", "the parser gave no tree");
	if (result->n_stmts != 1)
		return refuse(job->refusal, "F03",
			      "exactly one statement is accepted, not %zu",
			      result->n_stmts);
	if (!copy_message(&copier, &job->tree->statement,
			  (const ProtobufCMessage *)result->stmts[0]->stmt))
		return false;
	return job->tree->statement != NULL ||
	       refuse(job->refusal, "F03", "the statement is empty");
}

static void
run_parser(void *argument)
{
	struct parse_job *job = argument;
	PgQueryProtobufParseResult result = pg_query_parse_protobuf(job->sql);
	PgQuery__ParseResult *tree = NULL;

	if (result.error != NULL) {
		refuse(job->refusal, "F02", "the parser says: %s",
		       result.error->message);
	} else {
		tree = pg_query__parse_result__unpack(
			NULL, result.parse_tree.len,
			(const uint8_t *)result.parse_tree.data);
		job->parsed = copy_result(job, tree);
	}
	if (tree != NULL)
		pg_query__parse_result__free_unpacked(tree, NULL);
	pg_query_free_protobuf_parse_result(result);
}

bool
tree_parse_within(struct tree **ret_tree, const char *sql, size_t size,
		  size_t max, struct refusal *refusal)
{
	auto_free struct token *tokens = NULL;
	auto_tree struct tree *tree = xcalloc(1, sizeof(*tree));
	auto_free char *text = NULL;
	struct parse_job job = {.tree = tree, .refusal = refusal};
	int count;

	if (!tree_scan(&tokens, &count, sql, size, max, refusal))
		return false;
	text = xstrndup(sql, size);
	job.sql = text;
	if (!stack_call(PARSER_STACK, run_parser, &job))
		return refuse(refusal, "F02", "no memory for the parser");
	if (!job.parsed)
		return false;
	*ret_tree = take(tree);
	return true;
}

bool
tree_parse(struct tree **ret_tree, const char *sql, size_t size,
	   struct refusal *refusal)
{
	return tree_parse_within(ret_tree, sql, size, TREE_SQL_MAX, refusal);
}

/* --- Scanning ------------------------------------------------------------- */

static enum token_kind
token_kind_of(const PgQuery__ScanToken *token)
{
	switch (token->token) {
	case PG_QUERY__TOKEN__IDENT:
		return TOKEN_NAME;
	case PG_QUERY__TOKEN__SCONST:
		return TOKEN_STRING;
	case PG_QUERY__TOKEN__UIDENT:
	case PG_QUERY__TOKEN__USCONST:
		return TOKEN_ESCAPED;
	case PG_QUERY__TOKEN__PARAM:
		return TOKEN_PARAMETER;
	case PG_QUERY__TOKEN__SQL_COMMENT:
	case PG_QUERY__TOKEN__C_COMMENT:
		return TOKEN_COMMENT;
	default:
		return token->keyword_kind == PG_QUERY__KEYWORD_KIND__NO_KEYWORD
			       ? TOKEN_OTHER
			       : TOKEN_KEYWORD;
	}
}

static bool
copy_tokens(struct token *tokens, const PgQuery__ScanResult *result,
	    const char *sql, size_t size, struct refusal *refusal)
{
	for (size_t i = 0; i < result->n_tokens; i++) {
		const PgQuery__ScanToken *token = result->tokens[i];

		tokens[i] = (struct token){.kind = token_kind_of(token),
					   .start = (size_t)token->start,
					   .end = (size_t)token->end};
		if (tokens[i].start > tokens[i].end || tokens[i].end > size)
			return refuse(refusal, "F02",
				      "the scanner left the text");
		if (!sound_token(&tokens[i], sql, refusal))
			return false;
	}
	return true;
}

bool
tree_scan(struct token **ret_tokens, int *ret_count, const char *sql,
	  size_t size, size_t max, struct refusal *refusal)
{
	auto_free struct token *tokens = NULL;
	auto_free char *text = NULL;
	PgQuery__ScanResult *result = NULL;
	PgQueryScanResult scan;
	bool scanned = false;

	if (!sound_text(sql, size, max, refusal))
		return false;
	text = xstrndup(sql, size);
	scan = pg_query_scan(text);
	if (scan.error == NULL)
		result = pg_query__scan_result__unpack(
			NULL, scan.pbuf.len, (const uint8_t *)scan.pbuf.data);
	if (result == NULL) {
		refuse(refusal, "F02", "the scanner says: %s",
		       scan.error == NULL ? "nothing" : scan.error->message);
	} else {
		tokens = xcalloc(result->n_tokens, sizeof(*tokens));
		scanned = copy_tokens(tokens, result, text, size, refusal);
		*ret_count = scanned ? (int)result->n_tokens : *ret_count;
		pg_query__scan_result__free_unpacked(result, NULL);
	}
	pg_query_free_scan_result(scan);
	if (scanned)
		*ret_tokens = take(tokens);
	return scanned;
}

bool
tree_is_keyword(const char *word)
{
	auto_free struct token *tokens = NULL;
	struct refusal refusal = {.floor = NULL};
	int count = 0;

	/* What can't be scanned is quoted, as a keyword would be. */
	return !tree_scan(&tokens, &count, word, strlen(word), TREE_SQL_MAX,
			  &refusal) ||
	       count != 1 || tokens[0].kind != TOKEN_NAME;
}

const char *
tree_alter_word(int index)
{
	const ProtobufCEnumDescriptor *form =
		&pg_query__alter_table_type__descriptor;

	return index < 0 || (unsigned)index >= form->n_values
		       ? NULL
		       : form->values[index].name;
}

void
tree_write_version(FILE *out)
{
	fputs("libpg_query for PostgreSQL " PG_VERSION, out);
}
