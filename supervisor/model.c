#include "pgmend.h"

#include "policy/digest.h"
#include "sandbox/post.h"
#include "sandbox/wire.h"
#include "supervisor/audit.h"
#include "supervisor/courier.h"
#include "supervisor/document.h"
#include "supervisor/model.h"
#include "supervisor/model_day.h"
#include "supervisor/prompt.h"

#define USAGE_TOKENS_MAX 100000000 /* more than any run can use */

/* The answer as it passes: sent on at once, and kept for its hash. */
struct passing {
	struct model *model;
	char *text; /* owned by the stream */
	size_t size;
	FILE *stream;
};

static int
append(struct model *model, enum audit_kind kind, struct document *body,
       struct error *err)
{
	auto_document struct document *owned = body;
	auto_free char *text = document_print(owned);

	return audit_append(model->audit, "supervisor", kind, text, err);
}

/* Its hash always, the text itself as policy says. */
static int
record_text(struct document *body, struct model *model, const char *kind,
	    const char *text, size_t size, struct error *err)
{
	char hash[DIGEST_HEX_SIZE];
	struct digest digest = digest_of(text, size);

	digest_hex(hash, &digest);
	document_text(body, "sha256", hash);
	document_number(body, "bytes", (int64_t)size);
	document_bool(body, "kept", model->keeps_texts);
	if (!model->keeps_texts)
		return 0;
	return audit_artifact(model->audit, kind, text, size, hash, err);
}

static int
record_request(struct model *model, const char *text, size_t size,
	       struct error *err)
{
	struct document *body = document_object();

	document_text(body, "model", model->gate.prompt->model);
	document_number(body, "request", model->gate.requests);
	document_number(body, "worst_microusd", model->gate.worst_microusd);
	if (record_text(body, model, "model.request", text, size, err) < 0) {
		document_free(body);
		return -1;
	}
	return append(model, AUDIT_MODEL_REQUESTED, body, err);
}

static int
record_refusal(struct model *model, const char *reason, struct error *err)
{
	struct document *body = document_object();

	document_text(body, "reason_code", reason);
	document_text(body, "message", "refused at the gate, not carried");
	document_number(body, "refused", model->gate.refused);
	return append(model, AUDIT_MODEL_REQUESTED, body, err);
}

static int
record_answer(struct passing *passing, const struct courier_answer *answer,
	      struct error *err)
{
	struct document *body = document_object();

	document_number(body, "status", answer->status);
	document_text(body, "failure",
		      answer->failure[0] == '\0' ? NULL : answer->failure);
	document_raw(body, "headers",
		     answer->headers == NULL ? "{}" : answer->headers);
	if (record_text(body, passing->model, "model.answer", passing->text,
			passing->size, err) < 0) {
		document_free(body);
		return -1;
	}
	return append(passing->model, AUDIT_MODEL_ANSWERED, body, err);
}

/* Each chunk goes to the agent as it came; the courier's word on what it holds
 * is never asked for. */
static int
pass_chunk(void *context, const char *encoded, struct error *err)
{
	struct passing *passing = context;
	struct model *model = passing->model;
	auto_free char *frame = xprintf("{\"jsonrpc\":\"2.0\",\"method\":"
					"\"pgmend/model_chunk\",\"params\":"
					"{\"bytes\":\"%s\"}}",
					encoded);
	size_t size;
	auto_free void *bytes = post_decode(encoded, &size);

	if (bytes == NULL)
		return fail_as(err, EXIT_REFUSED, "courier_violation",
			       "the courier sent a chunk that isn't base64");
	fwrite(bytes, 1, size, passing->stream);
	return wire_write(model->wire, model->deadline, frame, strlen(frame),
			  err);
}

static int
carry(struct model_answer *ret_answer, struct model *model, const char *text,
      size_t size, struct error *err)
{
	struct passing passing = {.model = model};
	struct courier_answer answer = {0};
	struct courier_request request = {
		.body = text,
		.size = size,
		.deadline = model->deadline,
		.chunk = pass_chunk,
		.context = &passing,
	};
	int status;

	passing.stream = xmemstream(&passing.text, &passing.size);
	status = courier_carry(&answer, model->courier, &request, err);
	fclose(passing.stream);
	if (status == 0)
		status = record_answer(&passing, &answer, err);
	free(passing.text);
	if (status == 0) {
		ret_answer->status = answer.status;
		ret_answer->headers = take(answer.headers);
		memcpy(ret_answer->failure, answer.failure,
		       sizeof(answer.failure));
	}
	courier_answer_free(&answer);
	return status;
}

/* Admitted and recorded, or refused and recorded. */
static int
admit(const char **ret_refusal, struct model *model, const struct json *json,
      int body, struct error *err)
{
	auto_free char *text = NULL;

	*ret_refusal = NULL;
	if (!gate_admits(&model->gate, json, body, ret_refusal))
		return record_refusal(model, *ret_refusal, err);
	text = json_raw_copy(json, body);
	return record_request(model, text, strlen(text), err);
}

/* The day is closed again before anything is sent. */
static int
admit_today(const char **ret_refusal, struct model *model,
	    const struct json *json, int body, struct error *err)
{
	struct error ignored = NO_ERROR;
	int status;

	if (model_day_open(model, err) < 0)
		return -1;
	status = admit(ret_refusal, model, json, body, err);
	if (model_day_close(model, status == 0 ? err : &ignored) < 0)
		return -1;
	return status;
}

int
model_ask(struct model_answer *ret_answer, struct model *model,
	  const struct json *json, int body, struct error *err)
{
	auto_free char *text = NULL;

	*ret_answer = (struct model_answer){0};
	if (admit_today(&ret_answer->refusal, model, json, body, err) < 0)
		return -1;
	if (ret_answer->refusal != NULL)
		return 0;
	text = json_raw_copy(json, body);
	return carry(ret_answer, model, text, strlen(text), err);
}

void
model_answer_free(struct model_answer *answer)
{
	free(answer->headers);
	*answer = (struct model_answer){0};
}

void
model_note_usage(struct model *model, const struct json *json, int usage)
{
	struct {
		const char *name;
		int64_t *tokens;
	} members[] = {
		{"input", &model->usage.input},
		{"output", &model->usage.output},
		{"cache_write", &model->usage.cache_write},
		{"cache_read", &model->usage.cache_read},
	};
	long long tokens;

	for (size_t i = 0; i < array_size(members); i++)
		if (json_integer(json,
				 json_member(json, usage, members[i].name),
				 &tokens) &&
		    tokens >= 0 && tokens <= USAGE_TOKENS_MAX)
			*members[i].tokens = tokens;
}
