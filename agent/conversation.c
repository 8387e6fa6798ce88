#include "agent/conversation.h"
#include "pgmend.h"
#include "sandbox/json.h"

void
conversation_free(struct conversation *conversation)
{
	buffer_free(&conversation->messages);
}

/* Takes the text of one message. */
static void
add_message(struct conversation *conversation, char *message)
{
	if (conversation->messages.size > 0)
		buffer_add_text(&conversation->messages, ",");
	buffer_add_text(&conversation->messages, message);
	free(message);
}

void
conversation_add_text(struct conversation *conversation, const char *text)
{
	char *message;
	size_t size;
	FILE *out = xmemstream(&message, &size);

	fputs("{\"role\":\"user\",\"content\":", out);
	json_write_string(out, text);
	fputc('}', out);
	fclose(out);
	add_message(conversation, message);
}

void
conversation_add_content(struct conversation *conversation, const char *content)
{
	if (content == NULL || content[0] == '\0')
		return;
	add_message(
		conversation,
		xprintf("{\"role\":\"assistant\",\"content\":[%s]}", content));
}

static void
write_result(FILE *out, const struct tool_result *result)
{
	fputs("{\"type\":\"tool_result\",\"tool_use_id\":", out);
	json_write_string(out, result->id);
	fputs(",\"content\":", out);
	json_write_string(out, result->text);
	if (result->is_error)
		fputs(",\"is_error\":true", out);
	fputc('}', out);
}

void
conversation_add_results(struct conversation *conversation,
			 const struct tool_result *results, int count)
{
	char *message;
	size_t size;
	FILE *out = xmemstream(&message, &size);

	fputs("{\"role\":\"user\",\"content\":[", out);
	for (int i = 0; i < count; i++) {
		if (i > 0)
			fputc(',', out);
		write_result(out, &results[i]);
	}
	fputs("]}", out);
	fclose(out);
	add_message(conversation, message);
}

char *
conversation_body(const struct conversation *conversation, const char *fixed)
{
	return xprintf("%.*s,\"messages\":[%s]}", (int)strlen(fixed) - 1, fixed,
		       conversation->messages.text);
}
