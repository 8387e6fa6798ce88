/*
 * test_courier.c - the courier against a real TLS server: what it brings back,
 * whom it believes, and what it can't do.
 */
#include "tests/supervisor/posting.h"

/* --- What is brought back ------------------------------------------------- */

/* One request each; the same courier is never used for two servers. */
static const struct {
	const char *name;
	const char *server, *path;
	const char *outcome;
} answers[] = {
	{"a body is carried, and its answer", "good", "/echo",
	 "200 {\"a\":[1,2]}"},
	{"a redirect is passed on, not followed", "good", "/redirect",
	 "307 elsewhere"},
	{"a refusal is an answer", "good", "/wait", "429 later"},
	{"plain HTTP works where it is asked for", "plain", "/echo",
	 "200 {\"a\":[1,2]}"},
	{"only the listed headers are sent", "good", "/headers",
	 "200 accept\nanthropic-version\ncontent-length\ncontent-type\nhost\n"
	 "user-agent\nx-api-key"},
	{"a certificate of another host is refused", "other", "/echo",
	 "failure 0 tls"},
	{"an expired certificate is refused", "expired", "/echo",
	 "failure 0 tls"},
	{"a certificate of its own making is refused", "self", "/echo",
	 "failure 0 tls"},
	{"a server without TLS is refused", "garbage", "/echo",
	 "failure 0 tls"},
	{"a plain server that needs TLS is refused", "good", "/none",
	 "failure 0 cut"},
	{"an answer that breaks off is cut", "good", "/cut", "failure 200 cut"},
	{"a server that hangs up is cut", "good", "/silent", "failure 0 cut"},
	{"an answer that is no HTTP is a failure of the protocol", "good",
	 "/garbage", "failure 0 protocol"},
	{"an answer without end is cut short", "good", "/big",
	 "failure 200 too_large"},
	{"where nobody listens nobody is reached", "closed", "/echo",
	 "failure 0 unreachable"},
};

static void
test_answers(void)
{
	for (size_t i = 0; i < array_size(answers); i++) {
		struct post post;
		bool is_asked =
			start(&post, answers[i].server, answers[i].path) &&
			ask(&post);

		test_text(identity_name(answers[i].name),
			  outcome(&post, is_asked), answers[i].outcome);
		finish(&post);
	}
}

static void
test_streaming(void)
{
	struct post post;
	bool is_asked = start(&post, "good", "/stream") && ask(&post);

	test_text(identity_name("an answer comes piece by piece"),
		  outcome(&post, is_asked),
		  "200 event 0\nevent 1\nevent 2\nevent 3\nevent 4\n");
	test(identity_name("a piece isn't held back"), post.chunks == 5);
	test(identity_name("the first piece doesn't wait for the last"),
	     post.first_us < 80000);
	test_text(identity_name("listed headers are passed on, others not"),
		  post.answer.headers, "{\"request-id\":\"req_1\"}");
	printf("# first byte after %lld us, handshake included\n",
	       (long long)post.first_us);
	finish(&post);
}

static void
test_large(void)
{
	struct post post;
	bool is_asked = start(&post, "good", "/large") && ask(&post);
	auto_free char *body = xcalloc(1, 900001);

	test(identity_name("an answer of 3 MB comes whole"),
	     is_asked && post.answer.failure[0] == '\0' &&
		     post.answer.bytes == 3 << 20);
	finish(&post);

	memset(body, 'b', 900000);
	body[0] = body[899999] = '"';
	is_asked = start(&post, "good", "/echo") &&
		   ask_within(&post, body, DEADLINE_MS);
	test(identity_name("a body of 900 KB is carried"),
	     is_asked && same_text(post.body, body));
	finish(&post);
}

static void
test_second_request(void)
{
	struct post post;
	bool is_asked =
		start(&post, "good", "/count") && ask(&post) && ask(&post);

	test_text(identity_name("a second request takes the same connection"),
		  outcome(&post, is_asked), "200 request 2");
	printf("# first byte of the second after %lld us\n",
	       (long long)post.first_us);
	finish(&post);

	is_asked = start(&post, "good", "/close") && ask(&post);
	usleep(150000);
	is_asked = is_asked && ask(&post);
	test_text(identity_name("a connection that went away is replaced"),
		  outcome(&post, is_asked), "200 request 1");
	is_asked = is_asked && usleep(150000) == 0 && ask(&post) &&
		   usleep(150000) == 0 && ask(&post);
	test_text(identity_name("four connections may be made"),
		  outcome(&post, is_asked), "200 request 1");
	is_asked = is_asked && usleep(150000) == 0 && ask(&post);
	test_text(identity_name("a fifth may not"), outcome(&post, is_asked),
		  "failure 0 unreachable");
	finish(&post);
}

static void
test_time(void)
{
	struct post post;
	int64_t start_ms;
	bool is_asked =
		start(&post, "good", "/drip") && ask_within(&post, "{}", 700);

	test_text(identity_name("an answer that drips runs out of time"),
		  outcome(&post, is_asked), "failure 200 timeout");
	finish(&post);

	start_ms = wire_now_ms();
	is_asked =
		start(&post, "hang", "/echo") && ask_within(&post, "{}", 700);
	test_text(identity_name("a server that says nothing isn't reached"),
		  outcome(&post, is_asked), "failure 0 unreachable");
	test(identity_name("the deadline holds"),
	     wire_now_ms() - start_ms < 700 + COURIER_GRACE_MS);
	finish(&post);
}

/* --- Whom it believes ----------------------------------------------------- */

static void
test_authorities(void)
{
	struct endpoint endpoint = tls_endpoint("good", "/echo");
	struct post post;
	bool is_asked;

	questions = 0;
	is_asked = start(&post, "good", "/echo") && ask(&post);
	test(identity_name("an authority is asked for by its hash"),
	     is_asked && questions > 0);
	printf("# %d questions\n", questions);
	finish(&post);

	is_certificate_hidden = true;
	is_asked = start(&post, "good", "/echo") && ask(&post);
	test_text(identity_name("an authority that nobody knows is refused"),
		  outcome(&post, is_asked), "failure 0 tls");
	finish(&post);

	questions = 0;
	endpoint.ca = tls_read("root.pem");
	is_asked = start_at(&post, endpoint, "") && ask(&post);
	test_text(identity_name("a given authority is believed"),
		  outcome(&post, is_asked), "200 {\"a\":[1,2]}");
	test(identity_name("then nobody is asked"), questions == 0);
	finish(&post);

	endpoint = tls_endpoint("good", "/echo");
	endpoint.ca = tls_read("proxied-root.pem");
	is_certificate_hidden = false;
	is_asked = start_at(&post, endpoint, "") && ask(&post);
	test_text(identity_name("and no other"), outcome(&post, is_asked),
		  "failure 0 tls");
	finish(&post);
}

/* More than a kilobyte of pointers is sorted with the help of sysinfo(). */
static void
test_bundle(void)
{
	struct endpoint endpoint = tls_endpoint("good", "/echo");
	auto_free char *root = tls_read("root.pem");
	size_t size = 1 << 20, used;
	auto_close int fd = open("/etc/ssl/certs/ca-certificates.crt",
				 O_RDONLY | O_CLOEXEC);
	struct post post;
	bool is_asked;

	endpoint.ca = xcalloc(1, size);
	used = (size_t)snprintf(endpoint.ca, size, "%s", root);
	if (fd < 0 || read(fd, endpoint.ca + used, size - used - 1) <= 0) {
		test_skip(identity_name("a whole bundle is given"),
			  "ca-certificates");
		tls_release(&endpoint);
		return;
	}
	is_asked = start_at(&post, endpoint, "") && ask(&post);
	test_text(identity_name("a whole bundle may be given"),
		  outcome(&post, is_asked), "200 {\"a\":[1,2]}");
	printf("# first byte after %lld us\n", (long long)post.first_us);
	finish(&post);
}

/* --- How it proves who it is ---------------------------------------------- */

static const char *
authenticate(const char *path, const char *auth, const char *key)
{
	static char text[600];
	struct endpoint endpoint = tls_endpoint("good", path);
	struct post post;
	bool is_asked;

	free(endpoint.auth);
	endpoint.auth = xstrdup(auth);
	is_asked = start_at(&post, endpoint, key) && ask(&post);
	snprintf(text, sizeof(text), "%s", outcome(&post, is_asked));
	finish(&post);
	return text;
}

static void
test_authentication(void)
{
	const char *signature;

	test_text(identity_name("a key is sent as it is"),
		  authenticate("/key", "x-api-key", "k\"\\ey-1"),
		  "200 1-ye\\\"k");
	test_text(identity_name("a bearer is sent as one"),
		  authenticate("/bearer", "bearer", "token-1"),
		  "200 Bearer token-1");
	test_text(identity_name("an empty key isn't sent"),
		  authenticate("/key", "x-api-key", ""), "200 enon");
	test_text(identity_name("a key with a line break is refused"),
		  authenticate("/key", "x-api-key", "k\r\nx: y"),
		  "error bad_secret");
	signature = authenticate("/token", "aws:amz:eu-west-1:bedrock-mantle",
				 "AKID:hidden:session+token/=");
	test(identity_name("a request is signed"),
	     strncmp(signature,
		     "200 session+token/= AWS4-HMAC-SHA256 Credential=AKID/",
		     53) == 0);
	printf("# %s\n", signature);
}

static void
test_proxy(void)
{
	struct endpoint endpoint = tls_endpoint("proxy", "");
	struct post post;
	bool is_asked;

	free(endpoint.url);
	endpoint.url = xstrdup("https://api.test/echo");
	endpoint.proxy = xprintf("http://127.0.0.1:%u", endpoint.port);
	endpoint.ca = tls_read("proxied-root.pem");
	is_asked = start_at(&post, endpoint, "a key") && ask(&post);
	test_text(identity_name("a proxy is gone through"),
		  outcome(&post, is_asked), "200 {\"a\":[1,2]}");
	finish(&post);

	endpoint = tls_endpoint("proxy", "");
	free(endpoint.url);
	endpoint.url = xstrdup("https://elsewhere.test/echo");
	endpoint.proxy = xprintf("http://127.0.0.1:%u", endpoint.port);
	is_asked = start_at(&post, endpoint, "a key") && ask(&post);
	test_text(identity_name("a proxy that refuses reaches nobody"),
		  outcome(&post, is_asked), "failure 0 unreachable");
	finish(&post);
}

static void
run_suite(void)
{
	if (!tls_start()) {
		test("the TLS server starts", false);
		return;
	}
	test_answers();
	test_streaming();
	test_large();
	test_second_request();
	test_time();
	test_authorities();
	test_bundle();
	test_authentication();
	test_proxy();
	tls_end();
}

int
main(int argc, char **argv)
{
	return posting_main(argv, run_suite);
}
