/*
 * redact.c - names and messages; redact_sql.c knows SQL.
 */
#include "pgmend.h"
#include "supervisor/detect.h"
#include "supervisor/redact.h"

#define VALUE_MIN 4 /* bytes; shorter ones are in every word */

char *
redact_name(const char *name)
{
	if (name != NULL && detect(name, strlen(name)) != 0)
		return xstrdup(REDACT_WITHHELD);
	return xstrdup(name);
}

/* --- What is hidden ------------------------------------------------------- */

/* The first line of a message, and of each byte whether it is hidden. */
struct message {
	const char *text;
	size_t size;
	char *hidden;
};

static void
hide(struct message *message, size_t start, size_t end, bool is_hidden)
{
	memset(message->hidden + start, is_hidden, end - start);
}

static void
hide_text(struct message *message, const char *text, size_t size)
{
	const char *at = message->text;
	const char *end = message->text + message->size;

	if (size < VALUE_MIN)
		return;
	while ((at = memmem(at, (size_t)(end - at), text, size)) != NULL) {
		size_t start = (size_t)(at - message->text);

		hide(message, start, start + size, true);
		at++;
	}
}

/* Every string of a payload, on any level; its keys are names. */
static void
hide_payload(struct message *message, const struct json *json, int node)
{
	auto_free char *text = json_string(json, node);

	if (text != NULL)
		hide_text(message, text, strlen(text));
	for (int inner = json_first(json, node); inner != JSON_NONE;
	     inner = json_next(json, inner))
		hide_payload(message, json, inner);
}

/* --- Quotes, parentheses, numbers ----------------------------------------- */

/* What opens a quotation and what may close it, in the languages of server
 * messages. */
static const struct {
	const char *open, *close;
} quotes[] = {
	{"\"", "\""}, {"'", "'"}, {"`", "'"}, {"`", "`"},
	{"“", "”"},   {"„", "“"}, {"„", "”"}, {"«", "»"},
	{"»", "«"},   {"‘", "’"}, {"‚", "‘"}, {"‹", "›"},
	{"「", "」"}, {"(", ")"}, {"[", "]"}, {"{", "}"},
};

static bool
stands_at(const struct message *message, size_t at, const char *text)
{
	size_t size = strlen(text);

	return size <= message->size - at &&
	       memcmp(message->text + at, text, size) == 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word_character(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

/* An apostrophe within a word quotes nothing. */
static bool
opens_at(const struct message *message, size_t at, const char *open)
{
	bool is_apostrophe = *open == '\'' && at > 0 &&
			     is_word_character(message->text[at - 1]);

	return !message->hidden[at] && stands_at(message, at, open) &&
	       !is_apostrophe;
}

static bool
is_name(const struct redaction *redaction, const char *text, size_t size)
{
	for (int i = 0; i < redaction->name_count; i++)
		if (redaction->names[i] != NULL &&
		    strlen(redaction->names[i]) == size &&
		    memcmp(redaction->names[i], text, size) == 0)
			return true;
	return false;
}

/* The nearest closing mark for what opens at `start`, but for marks within a
 * value of the payload; the end of the message when there is none. `ret_size`
 * is the mark's own. */
static size_t
find_close(const struct message *message, size_t start, const char *open,
	   size_t *ret_size)
{
	for (size_t at = start; at < message->size; at++)
		for (size_t i = 0; i < array_size(quotes); i++)
			if (!message->hidden[at] &&
			    strcmp(quotes[i].open, open) == 0 &&
			    stands_at(message, at, quotes[i].close)) {
				*ret_size = strlen(quotes[i].close);
				return at;
			}
	*ret_size = 0;
	return message->size;
}

/* Hides a quotation but for its marks, unless it is a name; returns where it
 * ends, or `at` when none begins here. */
static size_t
hide_quotation(struct message *message, const struct redaction *redaction,
	       size_t at)
{
	for (size_t i = 0; i < array_size(quotes); i++) {
		size_t start = at + strlen(quotes[i].open);
		size_t end, size;

		if (!opens_at(message, at, quotes[i].open))
			continue;
		end = find_close(message, start, quotes[i].open, &size);
		hide(message, start, end,
		     !is_name(redaction, message->text + start, end - start));
		return end + size;
	}
	return at;
}

/* A number, or a date, with all that belongs to it. */
static size_t
hide_number(struct message *message, size_t at)
{
	size_t end = at;

	if (at > 0 && is_word_character(message->text[at - 1]))
		return at;
	while (end < message->size && is_digit(message->text[end])) {
		end++;
		if (end + 1 < message->size &&
		    strchr(".,:-/+", message->text[end]) != NULL &&
		    is_digit(message->text[end + 1]))
			end++;
	}
	hide(message, at, end, true);
	return end;
}

static void
hide_marked(struct message *message, const struct redaction *redaction)
{
	for (size_t at = 0; at < message->size;) {
		size_t end = hide_quotation(message, redaction, at);

		if (end == at)
			end = hide_number(message, at);
		at = end == at ? at + 1 : end;
	}
}

/* --- Messages ------------------------------------------------------------- */

static char *
write_rest(const struct message *message)
{
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (size_t at = 0; at < message->size; at++) {
		if (!message->hidden[at])
			fputc(message->text[at], out);
		else if (at == 0 || !message->hidden[at - 1])
			fputc('?', out);
	}
	fclose(out);
	return text;
}

char *
redact_message(const char *message, const struct redaction *redaction)
{
	struct message draft = {.text = message};
	auto_free char *hidden = NULL;
	auto_free char *text = NULL;

	if (message == NULL)
		return NULL;
	draft.size = strcspn(message, "\r\n");
	hidden = xcalloc(1, draft.size + 1);
	draft.hidden = hidden;
	for (int i = 0; i < redaction->payload_count; i++)
		hide_payload(&draft, redaction->json, redaction->payloads[i]);
	hide_marked(&draft, redaction);
	text = write_rest(&draft);
	if (strlen(text) > REDACT_MESSAGE_MAX)
		text[REDACT_MESSAGE_MAX] = '\0';
	return redact_name(text);
}
