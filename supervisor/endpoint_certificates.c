#include <fcntl.h>
#include <sys/stat.h>

#include "pgmend.h"
#include "sandbox/wire.h"
#include "supervisor/endpoint.h"

#define HASH_SIZE 8
#define SAME_HASH_MAX 10 /* certificates whose subjects hash alike */

/* The hash comes from the courier, so it could name anything. */
static bool
is_hash(const char *hash)
{
	return strlen(hash) == HASH_SIZE &&
	       strspn(hash, "0123456789abcdef") == HASH_SIZE;
}

/* Appends a file; false when there is none. The folder is full of links, so
 * they are followed; what they lead to must be an ordinary file. One that is no
 * text, or would be too much, is left out. */
static bool
append_file(FILE *out, const char *path, size_t *left)
{
	auto_close int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	auto_free char *text = NULL;
	struct stat status;
	size_t size;

	if (fd < 0 || fstat(fd, &status) < 0)
		return false;
	if (!S_ISREG(status.st_mode) || status.st_size <= 0 ||
	    (size_t)status.st_size >= *left)
		return true;
	size = (size_t)status.st_size;
	text = xcalloc(1, size + 1);
	if (read(fd, text, size) != status.st_size || !wire_is_text(text, size))
		return true;
	fprintf(out, "%s\n", text);
	*left -= size + 1;
	return true;
}

char *
endpoint_certificates(const char *folder, const char *hash)
{
	size_t left = POST_CERTIFICATES_MAX;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!is_hash(hash))
		return xstrdup("");
	out = xmemstream(&text, &size);
	for (int i = 0; i < SAME_HASH_MAX; i++) {
		auto_free char *path = xprintf("%s/%s.%d", folder, hash, i);

		if (!append_file(out, path, &left))
			break;
	}
	fclose(out);
	return text;
}
