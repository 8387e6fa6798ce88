#include <curl/curl.h>
#include <sys/resource.h>

#include "agent/courier_http.h"
#include "pgmend.h"

#define CONNECT_SECONDS_MAX 20

/* An answer may be silent for long while a model thinks, but not for ever. */
#define SILENCE_SECONDS_MAX 240
#define SPEED_MIN 1 /* bytes a second */

/* Nothing is dialled here, so any address does: one that nobody has. */
#define NOWHERE "192.0.2.1"

_Static_assert(CURL_MAX_WRITE_SIZE <= POST_CHUNK_MAX,
	       "curl's pieces fit into a frame");

struct http {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers, *addresses;
	struct trust trust;
	const struct http_listener *listener; /* borrowed */
	struct answer answer;
	int slots_used;
	bool has_begun, is_too_large;
	size_t received;
};

/* What no endpoint changes. */
static const struct {
	CURLoption option;
	long value;
} settings[] = {
	{CURLOPT_NOSIGNAL, 1},
	{CURLOPT_POST, 1},
	{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	{CURLOPT_FOLLOWLOCATION, 0},
	{CURLOPT_SSL_VERIFYPEER, 1},
	{CURLOPT_SSL_VERIFYHOST, 2},
	{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	{CURLOPT_SSL_ENABLE_ALPN, 0},
	{CURLOPT_SSL_SESSIONID_CACHE, 0},
	{CURLOPT_CA_CACHE_TIMEOUT, 0},
	/* A slot is no TCP socket, and options may not be set on it. */
	{CURLOPT_TCP_NODELAY, 0},
	{CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4},
	{CURLOPT_HTTPPROXYTUNNEL, 1},
	{CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
	{CURLOPT_LOW_SPEED_LIMIT, SPEED_MIN},
	{CURLOPT_LOW_SPEED_TIME, SILENCE_SECONDS_MAX},
};

/* --- Callbacks ------------------------------------------------------------ */

/* Each slot once, in order: it stands for one connection. */
static curl_socket_t
next_slot(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http *http = context;

	if (http->slots_used == POST_SLOTS)
		return CURL_SOCKET_BAD;
	return POST_SLOT_DESCRIPTOR + http->slots_used++;
}

static int
keep_as_it_is(void *context, curl_socket_t fd, curlsocktype purpose)
{
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* A hole in the table of descriptors would undo their limit. */
static int
keep_open(void *context, curl_socket_t fd)
{
	return 0;
}

static CURLcode
check_certificates(CURL *easy, void *ssl_context, void *context)
{
	struct http *http = context;

	return trust_attach(ssl_context, &http->trust) ? CURLE_OK
						       : CURLE_SSL_CERTPROBLEM;
}

static size_t
take_header(char *line, size_t one, size_t size, void *context)
{
	struct http *http = context;

	if (http->has_begun)
		return size;
	answer_take(&http->answer, line, size);
	return size;
}

static bool
begin(struct http *http)
{
	long status = 0;

	if (http->has_begun)
		return true;
	http->has_begun = true;
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	http->answer.status = (int)status;
	return http->listener->begin(http->listener->context, &http->answer);
}

static size_t
take_bytes(char *bytes, size_t one, size_t size, void *context)
{
	struct http *http = context;

	http->received += size;
	http->is_too_large = http->received > POST_ANSWER_MAX;
	if (http->is_too_large || !begin(http) ||
	    !http->listener->bytes(http->listener->context, bytes, size))
		return 0;
	return size;
}

/* --- Before the seal ------------------------------------------------------ */

/* curl would keep two descriptors for waking itself up; it does without when
 * there are none to be had. */
static CURLM *
open_without_descriptors(void)
{
	struct rlimit limit, none;
	CURLM *multi;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return NULL;
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
	if (setrlimit(RLIMIT_NOFILE, &none) < 0)
		return NULL;
	multi = curl_multi_init();
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return NULL;
	return multi;
}

static int
set_up(struct http *http, struct error *err)
{
	CURL *easy = http->easy;
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < array_size(settings); i++)
		code |= curl_easy_setopt(easy, settings[i].option,
					 settings[i].value);
	code |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
	code |= curl_easy_setopt(easy, CURLOPT_USERAGENT,
				 "pgmend/" PGMEND_VERSION);
	code |= curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	code |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	code |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, next_slot);
	code |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
	code |= curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, keep_as_it_is);
	code |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, keep_open);
	code |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
				 check_certificates);
	code |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, http);
	code |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	code |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
	code |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
	code |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
	return code == CURLE_OK ? 0 : fail(err, "curl lacks an option");
}

int
http_open(struct http **ret_http, const struct http_listener *listener,
	  struct error *err)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->listener = listener;
	http->trust.context = listener->context;
	if (trust_warm_up(err) < 0)
		return -1;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fail(err, "curl doesn't start");
	http->multi = open_without_descriptors();
	http->easy = curl_easy_init();
	if (http->multi == NULL || http->easy == NULL)
		return fail(err, "curl doesn't start");
	*ret_http = http;
	return set_up(http, err);
}

/* --- The endpoint --------------------------------------------------------- */

static void
add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer == NULL)
		abort();
	*list = longer;
}

/* Like add(), for text that nobody else may keep. */
static void
add_secret(struct curl_slist **list, const char *name, const char *secret)
{
	auto_free char *text = xprintf("%s%s", name, secret);

	add(list, text);
	explicit_bzero(text, strlen(text));
}

/* Any host at the port of this address is nowhere. */
static int
add_address(struct curl_slist **list, const char *url, struct error *err)
{
	CURLU *parts = curl_url();
	char *port = NULL;
	auto_free char *address = NULL;

	if (parts == NULL ||
	    curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
		    CURLUE_OK) {
		curl_url_cleanup(parts);
		return fail(err, "not an address");
	}
	address = xprintf("*:%s:" NOWHERE, port);
	add(list, address);
	curl_free(port);
	curl_url_cleanup(parts);
	return 0;
}

/* "ACCESS_KEY:SECRET" or "ACCESS_KEY:SECRET:TOKEN" of AWS. */
static int
sign(struct http *http, const struct http_endpoint *endpoint, struct error *err)
{
	char *key = strchr(endpoint->secret, ':');
	char *token = key == NULL ? NULL : strchr(key + 1, ':');

	if (key == NULL)
		return fail(err, "half a secret");
	*key++ = '\0';
	if (token != NULL) {
		*token++ = '\0';
		add_secret(&http->headers, "x-amz-security-token: ", token);
	}
	curl_easy_setopt(http->easy, CURLOPT_USERNAME, endpoint->secret);
	curl_easy_setopt(http->easy, CURLOPT_PASSWORD, key);
	curl_easy_setopt(http->easy, CURLOPT_AWS_SIGV4, endpoint->auth);
	return 0;
}

static int
authenticate(struct http *http, const struct http_endpoint *endpoint,
	     struct error *err)
{
	if (endpoint->secret[0] == '\0')
		return 0;
	if (strncmp(endpoint->auth, "aws:", 4) == 0)
		return sign(http, endpoint, err);
	if (strcmp(endpoint->auth, "bearer") == 0)
		add_secret(&http->headers, "Authorization: Bearer ",
			   endpoint->secret);
	else if (strcmp(endpoint->auth, "x-api-key") == 0)
		add_secret(&http->headers, "x-api-key: ", endpoint->secret);
	else
		return fail(err, "an unknown way to authenticate");
	return 0;
}

int
http_aim(struct http *http, struct http_endpoint *endpoint, struct error *err)
{
	size_t secret_size = strlen(endpoint->secret);
	const char *proxy = endpoint->proxy == NULL ? "" : endpoint->proxy;
	struct curl_blob authorities = {
		.data = (void *)endpoint->ca,
		.len = endpoint->ca == NULL ? 0 : strlen(endpoint->ca),
		.flags = CURL_BLOB_COPY,
	};
	CURL *easy = http->easy;
	int status;

	if (add_address(&http->addresses, endpoint->url, err) < 0 ||
	    (*proxy != '\0' && add_address(&http->addresses, proxy, err) < 0))
		return -1;
	for (char *const *header = endpoint->headers; *header != NULL; header++)
		add(&http->headers, *header);
	/* No empty "Expect:": a signature would cover it, although it isn't
	 * sent. Bodies of one frame are below the size that makes curl ask. */
	status = authenticate(http, endpoint, err);
	explicit_bzero(endpoint->secret, secret_size);
	curl_easy_setopt(easy, CURLOPT_URL, endpoint->url);
	curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
	curl_easy_setopt(easy, CURLOPT_RESOLVE, http->addresses);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers);
	if (endpoint->ca == NULL)
		http->trust.ask = http->listener->certificates;
	else if (curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &authorities) !=
		 CURLE_OK)
		return fail(err, "no memory for authorities");
	return status;
}

/* --- A request ------------------------------------------------------------ */

/* The proxy has said no, in whatever words. */
static bool
is_refused_by_proxy(const struct http *http)
{
	long status = 0;

	curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status != 0 && status / 100 != 2;
}

static const char *
name_failure(const struct http *http, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return NULL;
	case CURLE_COULDNT_CONNECT:
		return "unreachable";
	case CURLE_OPERATION_TIMEDOUT:
		return "timeout";
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		return is_refused_by_proxy(http) ? "unreachable" : "cut";
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return "tls";
	default:
		return http->is_too_large ? "too_large" : "protocol";
	}
}

static CURLcode
transfer(struct http *http)
{
	CURLMcode code = curl_multi_add_handle(http->multi, http->easy);
	CURLcode result = CURLE_FAILED_INIT;
	int running = 1;
	CURLMsg *message;

	while (code == CURLM_OK && running > 0) {
		code = curl_multi_perform(http->multi, &running);
		if (code == CURLM_OK && running > 0)
			code = curl_multi_wait(http->multi, NULL, 0, 1000,
					       NULL);
	}
	message = curl_multi_info_read(http->multi, &running);
	if (message != NULL && message->msg == CURLMSG_DONE)
		result = message->data.result;
	curl_multi_remove_handle(http->multi, http->easy);
	return result;
}

const char *
http_post(struct http *http, const char *body, size_t size, long timeout_ms)
{
	long connect_ms = CONNECT_SECONDS_MAX * 1000;
	CURLcode code;

	http->has_begun = http->is_too_large = false;
	http->received = 0;
	answer_reset(&http->answer);
	curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)size);
	curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(http->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(http->easy, CURLOPT_CONNECTTIMEOUT_MS,
			 timeout_ms < connect_ms ? timeout_ms : connect_ms);
	code = transfer(http);
	if (code == CURLE_OK && !begin(http))
		code = CURLE_WRITE_ERROR;
	return name_failure(http, code);
}
