#include "agent/answer.h"
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/wire.h"

void
answer_cleanup(struct answer *answer)
{
	json_free(answer->json);
	free(answer->text);
	*answer = (struct answer){.result = JSON_NONE};
}

char *
answer_text(const struct answer *answer, int object, const char *name)
{
	return json_string(answer->json,
			   json_member(answer->json, object, name));
}

int
answer_receive(struct answer *answer, struct wire *wire, bool *ret_is_closed,
	       struct error *err)
{
	const char *frame;
	size_t size;

	answer_cleanup(answer);
	if (wire_read(wire, WIRE_NO_DEADLINE, &frame, &size, err) < 0)
		return -1;
	*ret_is_closed = frame == NULL;
	if (frame == NULL)
		return fail(err, "end of file");
	answer->text = xstrndup(frame, size);
	return json_scan(&answer->json, answer->text, size, err);
}

char *
answer_notification(const struct answer *answer)
{
	if (json_member(answer->json, 0, "id") != JSON_NONE)
		return NULL;
	return answer_text(answer, 0, "method");
}

int
answer_check(struct answer *answer, int id, struct error *err)
{
	const struct json *json = answer->json;
	int error = json_member(json, 0, "error");
	int result = json_member(json, 0, "result");
	auto_free char *version = answer_text(answer, 0, "jsonrpc");
	auto_free char *message = answer_text(answer, error, "message");
	auto_free char *type = answer_text(answer, result, "resultType");
	long long answered = 0;

	if (!same_text(version, "2.0") ||
	    !json_integer(json, json_member(json, 0, "id"), &answered) ||
	    answered != id)
		return fail(err, "an answer to no question of ours");
	if (error != JSON_NONE)
		return fail_as(err, EXIT_INTERNAL, ANSWER_IS_ERROR, "%s",
			       message == NULL ? "error" : message);
	if (!same_text(type, "complete"))
		return fail(err, "an answer that is not complete");
	answer->result = result;
	return 0;
}
