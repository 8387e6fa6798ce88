/*
 * A hostile courier: what is taken from it is a status, headers of the list,
 * and base64 within the limits, and every violation refuses the run.
 */
#include "supervisor/carrying.h"
#include "supervisor/endpoint.h"
#include "tests/fuzz/fuzz.h"

/* In the place of the folder of certificates. */
char *
endpoint_certificates(const char *folder, const char *hash)
{
	claim(strspn(hash, "0123456789abcdef") == 8 && strlen(hash) == 8);
	return xstrdup("PEM\n");
}

static int
take_chunk(void *context, const char *encoded, struct error *err)
{
	size_t size;
	auto_free void *bytes = post_decode(encoded, &size);

	claim(bytes != NULL && size > 0 && size <= POST_CHUNK_MAX);
	*(size_t *)context += size;
	return 0;
}

static void
check_headers(const char *headers)
{
	auto_json struct json *json = NULL;
	struct error err = NO_ERROR;

	claim(json_scan(&json, headers, strlen(headers), &err) == 0);
	for (int node = json_first(json, 0); node != JSON_NONE;
	     node = json_next(json, node)) {
		auto_free char *name = json_key(json, node);

		claim(post_lists(post_headers, name));
		claim(json_is(json, node, JSON_STRING));
	}
}

static void
check_answer(const struct carrying *carrying, size_t bytes)
{
	const struct courier_answer *answer = &carrying->answer;

	claim(answer->status == 0 ||
	      (answer->status >= 200 && answer->status <= 599));
	claim((answer->status == 0) == (answer->headers == NULL));
	claim((size_t)answer->bytes == bytes && bytes <= POST_ANSWER_MAX);
	claim(*answer->failure == '\0' ||
	      post_lists(post_failures, answer->failure));
	if (answer->headers != NULL)
		check_headers(answer->headers);
}

/* One frame a line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data, *part;
	size_t part_size, bytes = 0;
	struct courier_request request = {.chunk = take_chunk,
					  .context = &bytes};
	struct carrying carrying = {.request = &request, .number = 7};
	struct error err = NO_ERROR;

	while (!carrying.is_over &&
	       fuzz_part(&part, &part_size, &rest, &size, '\n')) {
		auto_free char *frame = xstrndup(part, part_size);
		auto_free char *reply = NULL;

		if (carrying_take(&carrying, frame, part_size, &reply, &err) <
		    0) {
			claim(err.reason == EXIT_REFUSED);
			courier_answer_free(&carrying.answer);
			return 0;
		}
		check_answer(&carrying, bytes);
		claim(reply == NULL || fuzz_is_json(reply, strlen(reply)));
	}
	courier_answer_free(&carrying.answer);
	return 0;
}
