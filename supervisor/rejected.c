#include "pgmend.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "sandbox/json.h"
#include "supervisor/document.h"
#include "supervisor/record.h"
#include "supervisor/rejected.h"

#define ENDING ".ndjson"
#define TEXT_SHOWN_MAX 4096 /* bytes of a line that is no record */
#define OLDER_MAX 1000

struct rejected {
	int fd;
	char *path;
};

static int
refuse(struct error *err, const char *path, const char *why)
{
	return fail_as(err, EXIT_USAGE, "rejected_file", "%s: %s", path, why);
}

/* An empty one says nothing and makes room; any other keeps what it says. */
static int
make_room(const char *path, struct error *err)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return errno == ENOENT ? 0 : refuse(err, path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(err, path, "not an ordinary file");
	if (status.st_size == 0)
		return unlink(path) == 0 ? 0
					 : refuse(err, path, strerror(errno));
	for (int i = 1; i <= OLDER_MAX; i++) {
		auto_free char *older = xprintf("%s.%d", path, i);

		if (link(path, older) == 0)
			return unlink(path) == 0
				       ? 0
				       : refuse(err, path, strerror(errno));
		if (errno != EEXIST)
			return refuse(err, older, strerror(errno));
	}
	return refuse(err, path, "too many older ones");
}

static char *
path_beside(const char *replay_path)
{
	size_t size = strlen(replay_path), ending = strlen(ENDING);

	if (size > ending && strcmp(replay_path + size - ending, ENDING) == 0)
		size -= ending;
	return xprintf("%.*s.rejected" ENDING, (int)size, replay_path);
}

int
rejected_open(struct rejected **ret_rejected, const char *replay_path,
	      struct error *err)
{
	auto_free char *path = path_beside(replay_path);
	auto_close int fd = -1;
	struct rejected *rejected;

	if (make_room(path, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return refuse(err, path, strerror(errno));
	rejected = xcalloc(1, sizeof(*rejected));
	rejected->fd = take_fd(fd);
	rejected->path = take(path);
	*ret_rejected = rejected;
	return 0;
}

void
rejected_free(struct rejected *rejected)
{
	if (rejected == NULL)
		return;
	close_descriptor(&rejected->fd);
	free(rejected->path);
	free(rejected);
}

const char *
rejected_path(const struct rejected *rejected)
{
	return rejected->path;
}

/* A payload stands as it came; what isn't one, as a text. */
static void
add_record(struct document *document, const struct rejection *rejection)
{
	struct error ignored = NO_ERROR;
	auto_json struct json *json = NULL;
	const char *text = rejection->text;

	if (text == NULL)
		return;
	if (json_scan(&json, text, strlen(text), &ignored) == 0 &&
	    json_is(json, 0, JSON_OBJECT)) {
		document_raw(document, "payload", text);
	} else {
		auto_free char *shown =
			xstrndup(text, strnlen(text, TEXT_SHOWN_MAX));

		document_text(document, "text", shown);
	}
}

static char *
write_line(const struct rejection *rejection, int64_t first_line)
{
	auto_document struct document *document = document_object();
	bool is_own = rejection->ordinal < first_line;
	auto_free char *text = NULL;

	document_number(document, is_own ? "record" : "line",
			is_own ? rejection->ordinal
			       : rejection->ordinal - first_line + 1);
	document_text(document, "sqlstate",
		      rejection->sqlstate[0] == '\0' ? NULL
						     : rejection->sqlstate);
	document_text(document, "reason_code", rejection->code);
	document_text(document, "reason", rejection->reason);
	add_record(document, rejection);
	text = document_print(document);
	return xprintf("%s\n", text);
}

int
rejected_write(struct rejected *rejected, const struct rejections *rejections,
	       int64_t first_line, struct error *err)
{
	for (int i = 0; i < rejections->count; i++) {
		auto_free char *line =
			write_line(&rejections->of[i], first_line);
		size_t size = strlen(line), done = 0;

		while (done < size) {
			ssize_t wrote =
				write(rejected->fd, line + done, size - done);

			if (wrote < 0 && errno != EINTR)
				return refuse(err, rejected->path,
					      strerror(errno));
			done += wrote > 0 ? (size_t)wrote : 0;
		}
	}
	if (rejections->count > 0 && fdatasync(rejected->fd) < 0)
		return refuse(err, rejected->path, strerror(errno));
	return 0;
}
