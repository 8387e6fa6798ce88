#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <time.h>

#include "agent/courier_trust.h"
#include "pgmend.h"

/* Adds every certificate of the text to the store. */
static void
add_certificates(X509_STORE *store, const char *pem)
{
	BIO *text = BIO_new_mem_buf(pem, -1);
	X509 *certificate;

	while (text != NULL && (certificate = PEM_read_bio_X509(
					text, NULL, NULL, NULL)) != NULL) {
		X509_STORE_add_cert(store, certificate);
		X509_free(certificate);
	}
	BIO_free(text);
}

/* The store owns what it holds, and whoever called for `ret` takes a reference
 * of its own. */
static int
find_in_store(X509_STORE *store, const X509_NAME *name, X509_OBJECT *ret)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
	X509_OBJECT *object =
		X509_OBJECT_retrieve_by_subject(objects, X509_LU_X509, name);
	X509 *certificate =
		object == NULL ? NULL : X509_OBJECT_get0_X509(object);

	if (certificate == NULL || X509_OBJECT_set1_X509(ret, certificate) != 1)
		return 0;
	X509_free(certificate);
	return 1;
}

/* OpenSSL looks for the issuer of a certificate that the store doesn't hold. */
static int
look_up(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
	X509_OBJECT *ret)
{
	struct trust *trust = X509_LOOKUP_get_method_data(lookup);
	X509_STORE *store = X509_LOOKUP_get_store(lookup);
	auto_free char *pem = NULL;
	char hash[9];
	int is_hashed = 0;

	if (type != X509_LU_X509)
		return 0;
	snprintf(hash, sizeof(hash), "%08lx",
		 X509_NAME_hash_ex(name, NULL, NULL, &is_hashed));
	if (is_hashed)
		pem = trust->ask(trust->context, hash);
	if (pem == NULL)
		return 0;
	add_certificates(store, pem);
	return find_in_store(store, name, ret);
}

/* Kept for the life of the process, as every connection uses it. */
static X509_LOOKUP_METHOD *
new_method(void)
{
	X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("supervisor");

	if (method != NULL)
		X509_LOOKUP_meth_set_get_by_subject(method, look_up);
	return method;
}

bool
trust_attach(void *ssl_context, struct trust *trust)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ssl_context);
	X509_LOOKUP_METHOD *method;
	X509_LOOKUP *lookup;

	if (trust->ask == NULL)
		return true;
	method = new_method();
	if (method == NULL)
		return false;
	lookup = X509_STORE_add_lookup(store, method);
	return lookup != NULL && X509_LOOKUP_set_method_data(lookup, trust);
}

/* A client that says hello to nobody has fetched every algorithm that it may
 * need, and has keys of its own made. */
static bool
say_hello(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = context == NULL ? NULL : SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem());
	BIO *out = BIO_new(BIO_s_mem());
	bool is_said = false;

	if (ssl != NULL && in != NULL && out != NULL) {
		BIO_up_ref(in);
		BIO_up_ref(out);
		SSL_set_bio(ssl, in, out);
		is_said = SSL_connect(ssl) < 0 && BIO_pending(out) > 0;
	}
	BIO_free(in);
	BIO_free(out);
	SSL_free(ssl);
	SSL_CTX_free(context);
	ERR_clear_error();
	return is_said;
}

static int
compare_bytes(const void *left, const void *right)
{
	return *(const char *)left - *(const char *)right;
}

/* What the C library finds out when it is first asked for, and then knows: the
 * time zone of dates in certificates; the size of memory, for sorting more
 * than a kilobyte, as these two are. */
static void
warm_up_library(void)
{
	char pair[2][1024] = {""};

	setenv("TZ", "UTC0", 1);
	tzset();
	qsort(pair, 2, sizeof(*pair), compare_bytes);
}

int
trust_warm_up(struct error *err)
{
	warm_up_library();
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG |
				     OPENSSL_INIT_NO_ATEXIT,
			     NULL) != 1)
		return fail(err, "OpenSSL doesn't start");
	if (!say_hello())
		return fail(err, "OpenSSL has no TLS");
	return 0;
}
