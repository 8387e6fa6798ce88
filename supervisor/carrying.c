#include "pgmend.h"
#include "sandbox/json.h"
#include "supervisor/carrying.h"
#include "supervisor/endpoint.h"

/* A chain of certificates is short; who asks on and on is up to something. */
#define QUESTIONS_MAX 16
#define HEADER_VALUE_MAX 1024

static int
violation(struct error *err, const char *what)
{
	return fail_as(err, EXIT_REFUSED, "courier_violation",
		       "the courier sent %s", what);
}

static bool
is_hash(const char *text)
{
	return text != NULL && strlen(text) == 8 &&
	       strspn(text, "0123456789abcdef") == 8;
}

static int
answer_certificate(struct carrying *carrying, const struct json *json,
		   struct error *err)
{
	auto_free char *hash =
		json_string(json, json_member(json, 0, "certificate"));
	auto_free char *certificates = NULL;
	size_t size;
	FILE *stream;

	if (!is_hash(hash) || carrying->answer.status != 0 ||
	    ++carrying->questions > QUESTIONS_MAX)
		return violation(err, "a question that isn't open");
	certificates = endpoint_certificates(carrying->ca_path, hash);
	stream = xmemstream(&carrying->reply, &size);
	fputs("{\"certificates\":", stream);
	json_write_string(stream, strlen(certificates) > POST_CERTIFICATES_MAX
					  ? ""
					  : certificates);
	fputc('}', stream);
	fclose(stream);
	return 0;
}

static bool
is_header(const struct json *json, int node)
{
	auto_free char *name = json_key(json, node);
	auto_free char *value = json_string(json, node);

	return value != NULL && post_lists(post_headers, name) &&
	       strlen(value) <= HEADER_VALUE_MAX;
}

static int
answer_status(struct carrying *carrying, const struct json *json,
	      struct error *err)
{
	int headers = json_member(json, 0, "headers");
	long long status = 0;

	if (!json_integer(json, json_member(json, 0, "status"), &status) ||
	    status < 200 || status > 599 ||
	    !json_is(json, headers, JSON_OBJECT))
		return violation(err, "a status that is none");
	if (carrying->answer.status != 0)
		return violation(err, "a second status");
	for (int node = json_first(json, headers); node != JSON_NONE;
	     node = json_next(json, node))
		if (!is_header(json, node))
			return violation(err, "a header that isn't listed");
	carrying->answer.status = (int)status;
	carrying->answer.headers = json_raw_copy(json, headers);
	return 0;
}

static int
answer_bytes(struct carrying *carrying, const struct json *json,
	     struct error *err)
{
	auto_free char *encoded =
		json_string(json, json_member(json, 0, "bytes"));
	size_t size = 0;
	auto_free void *bytes =
		encoded == NULL ? NULL : post_decode(encoded, &size);

	if (carrying->answer.status == 0)
		return violation(err, "bytes before a status");
	if (bytes == NULL || size == 0 || size > POST_CHUNK_MAX)
		return violation(err, "a chunk that is none");
	carrying->answer.bytes += (int64_t)size;
	if (carrying->answer.bytes > POST_ANSWER_MAX)
		return violation(err, "too long an answer");
	return carrying->request->chunk(carrying->request->context, encoded,
					err);
}

static int
answer_end(struct carrying *carrying, const struct json *json,
	   struct error *err)
{
	int failure = json_member(json, 0, "failure");
	auto_free char *word = json_string(json, failure);
	long long request = 0;

	if (!json_integer(json, json_member(json, 0, "end"), &request) ||
	    request != carrying->number)
		return violation(err, "the end of another request");
	if (word == NULL && !json_is(json, failure, JSON_NULL))
		return violation(err, "an end without a failure or none");
	if (word == NULL && carrying->answer.status == 0)
		return violation(err, "an end before a status");
	if (word != NULL && !post_lists(post_failures, word))
		return violation(err, "a failure that isn't listed");
	snprintf(carrying->answer.failure, sizeof(carrying->answer.failure),
		 "%s", word == NULL ? "" : word);
	carrying->is_over = true;
	return 0;
}

/* All that a courier may say: an object of exactly this many members, the
 * first of this name. */
static const struct {
	const char *name;
	int members;
	int (*answer)(struct carrying *, const struct json *, struct error *);
} forms[] = {
	{"certificate", 1, answer_certificate},
	{"status", 2, answer_status},
	{"bytes", 1, answer_bytes},
	{"end", 2, answer_end},
};

int
carrying_take(struct carrying *carrying, const char *frame, size_t size,
	      char **ret_reply, struct error *err)
{
	auto_json struct json *json = NULL;
	size_t at = 0;

	if (json_scan(&json, frame, size, err) < 0)
		return violation(err, "a frame that isn't JSON");
	while (at < array_size(forms) &&
	       (!json_is(json, 0, JSON_OBJECT) ||
		json_count(json, 0) != forms[at].members ||
		json_member(json, 0, forms[at].name) == JSON_NONE))
		at++;
	if (at == array_size(forms))
		return violation(err, "a frame that isn't listed");
	if (forms[at].answer(carrying, json, err) < 0)
		return -1;
	*ret_reply = take(carrying->reply);
	return 0;
}
