#include "pgmend.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "supervisor/stream.h"

#define BUFFER_SIZE (64 << 10)

struct stream {
	int fd;
	char *path;
	int64_t count;
	int64_t number; /* of the next line */
	char buffer[BUFFER_SIZE];
	size_t at, end; /* what of the buffer is unread */
	char *line;	/* STREAM_LINE_MAX bytes */
};

/* False at the end of the file. */
static int
fill(bool *ret_more, struct stream *stream, struct error *err)
{
	ssize_t got;

	do
		got = read(stream->fd, stream->buffer, sizeof(stream->buffer));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail_as(err, EXIT_USAGE, "replay_file", "%s: %s",
			       stream->path, strerror(errno));
	stream->at = 0;
	stream->end = (size_t)got;
	*ret_more = got > 0;
	return 0;
}

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static int
count_lines(struct stream *stream, struct error *err)
{
	bool is_empty = true, more;

	for (;;) {
		if (fill(&more, stream, err) < 0)
			return -1;
		if (!more)
			break;
		for (size_t i = 0; i < stream->end; i++) {
			if (stream->buffer[i] == '\n') {
				stream->count += !is_empty;
				is_empty = true;
			} else if (!is_space(stream->buffer[i])) {
				is_empty = false;
			}
		}
	}
	stream->count += !is_empty;
	return stream_rewind(stream, err);
}

int
stream_rewind(struct stream *stream, struct error *err)
{
	if (lseek(stream->fd, 0, SEEK_SET) < 0)
		return fail_as(err, EXIT_USAGE, "replay_file", "%s: %s",
			       stream->path, strerror(errno));
	stream->at = stream->end = 0;
	stream->number = 0;
	return 0;
}

int
stream_open(struct stream **ret_stream, const char *path, struct error *err)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));
	struct stat status;

	stream->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	stream->path = xstrdup(path);
	stream->line = xcalloc(1, STREAM_LINE_MAX);
	if (stream->fd < 0 || fstat(stream->fd, &status) < 0)
		fail_as(err, EXIT_USAGE, "replay_file", "%s: %s", path,
			strerror(errno));
	else if (!S_ISREG(status.st_mode))
		fail_as(err, EXIT_USAGE, "replay_file",
			"%s: not an ordinary file", path);
	else if (count_lines(stream, err) == 0) {
		*ret_stream = stream;
		return 0;
	}
	stream_free(stream);
	return -1;
}

void
stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	close_descriptor(&stream->fd);
	free(stream->path);
	free(stream->line);
	free(stream);
}

int64_t
stream_count(const struct stream *stream)
{
	return stream->count;
}

/* Adds to the line what the buffer has of it, as far as it fits. True when the
 * line ended there. */
static bool
take_piece(struct stream *stream, struct line *line)
{
	const char *start = stream->buffer + stream->at;
	size_t left = stream->end - stream->at;
	const char *end = memchr(start, '\n', left);
	size_t size = end == NULL ? left : (size_t)(end - start);
	size_t room = STREAM_LINE_MAX - line->size;

	if (size > room)
		line->mistake = "the line is longer than 1 MiB";
	memcpy(stream->line + line->size, start, size > room ? room : size);
	line->size += size > room ? room : size;
	stream->at += size + (end != NULL);
	return end != NULL;
}

static bool
is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->size; i++)
		if (!is_space(line->text[i]))
			return false;
	return true;
}

/* One line, empty or not; without a text at the end of the file. */
static int
read_line(struct line *ret_line, struct stream *stream, struct error *err)
{
	struct line line = {.number = stream->number};
	bool is_whole = false, more = true, began = false;

	while (!is_whole && more) {
		if (stream->at == stream->end && fill(&more, stream, err) < 0)
			return -1;
		if (!more)
			break;
		began = true;
		is_whole = take_piece(stream, &line);
	}
	if (began) {
		line.text = stream->line;
		stream->number++;
	}
	*ret_line = line;
	return 0;
}

int
stream_next(struct line *ret_line, struct stream *stream, struct error *err)
{
	do {
		if (read_line(ret_line, stream, err) < 0)
			return -1;
	} while (ret_line->text != NULL && is_blank(ret_line));
	return 0;
}
