/*
 * What a model is told of a statement holds no constant, number or comment as
 * the parser's own scanner sees it; what it is told of a message, no text of
 * the payload.
 */
#include "policy/tree.h"
#include "supervisor/redact.h"
#include "tests/fuzz/fuzz.h"

static void
check_token(const char *sql, const struct token *token)
{
	const char *text = sql + token->start;
	bool is_number = text[0] >= '0' && text[0] <= '9';

	claim(token->kind != TOKEN_STRING && token->kind != TOKEN_COMMENT);
	claim(token->kind != TOKEN_OTHER || !is_number);
}

static void
check_sql(const char *sql)
{
	auto_free char *told = redact_sql(sql);
	auto_free struct token *tokens = NULL;
	struct refusal refusal = {.floor = NULL};
	int count = 0;

	claim(told != NULL && strlen(told) <= REDACT_SQL_MAX);
	if (!tree_scan(&tokens, &count, told, strlen(told), REDACT_SQL_MAX,
		       &refusal))
		return;
	for (int i = 0; i < count; i++)
		check_token(told, &tokens[i]);
}

/* A value with a '?' could come about by redaction itself. */
static void
check_value(const struct json *json, int node, const char *told)
{
	auto_free char *value = json_string(json, node);

	if (value != NULL && strlen(value) >= 4 && strchr(value, '?') == NULL)
		claim(strstr(told, value) == NULL);
	for (int inner = json_first(json, node); inner != JSON_NONE;
	     inner = json_next(json, inner))
		check_value(json, inner, told);
}

static void
check_message(const char *message, const char *payload)
{
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;
	const int payloads[] = {0};
	struct redaction redaction = {.payloads = payloads, .payload_count = 1};
	auto_free char *told = NULL;

	if (json_scan(&json, payload, strlen(payload), &err) < 0)
		return;
	redaction.json = json;
	told = redact_message(message, &redaction);
	claim(strpbrk(told, "\r\n") == NULL);
	claim(strlen(told) <= REDACT_MESSAGE_MAX);
	if (strcmp(told, REDACT_WITHHELD) != 0)
		check_value(json, 0, told);
}

/* A statement or a message; behind a zero byte the payload. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	size_t length = strlen(text);

	check_sql(text);
	if (length < size)
		check_message(text, text + length + 1);
	return 0;
}
