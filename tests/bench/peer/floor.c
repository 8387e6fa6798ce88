/*
 * floor.c - the least that asking a model costs a program in C: the same
 * requests over TLS with the same library and authority, and nothing else. No
 * answer is looked at, nothing is jailed, recorded or judged.
 *
 *     floor URL CA.pem KEY REQUEST...
 */
#include "pgmend.h"

#include <curl/curl.h>

static size_t
take_bytes(char *bytes, size_t one, size_t size, void *context)
{
	*(size_t *)context += size;
	return size;
}

static int
post(CURL *easy, const char *path)
{
	FILE *file = fopen(path, "re");
	auto_free char *body = NULL;
	size_t capacity = 0;
	long status = 0;
	ssize_t size;

	if (file == NULL)
		return -1;
	size = getdelim(&body, &capacity, EOF, file);
	fclose(file);
	if (size < 0)
		return -1;
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)size);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(easy) != CURLE_OK)
		return -1;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct curl_slist *headers = NULL;
	auto_free char *key = NULL;
	size_t received = 0;
	CURL *easy;

	if (argc < 5 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return 2;
	easy = curl_easy_init();
	key = xprintf("x-api-key: %s", argv[3]);
	headers = curl_slist_append(headers, key);
	headers = curl_slist_append(headers, "anthropic-version: 2026-10-21");
	headers = curl_slist_append(headers, "content-type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
	curl_easy_setopt(easy, CURLOPT_CAINFO, argv[2]);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &received);
	for (int i = 4; i < argc; i++)
		if (post(easy, argv[i]) < 0)
			return 1;
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	return received > 0 ? 0 : 1;
}
