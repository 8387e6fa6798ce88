#include <fcntl.h>

#include "pgmend.h"
#include "sandbox/proc.h"

int
proc_read(char *ret_text, size_t size, int folder, const char *name,
	  struct error *err)
{
	auto_close int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t length = 1;

	while (fd >= 0 && length > 0 && used < size - 1) {
		length = read(fd, ret_text + used, size - 1 - used);
		if (length > 0)
			used += (size_t)length;
	}
	if (fd < 0 || length < 0)
		return fail(err, "%s: %s", name, strerror(errno));
	ret_text[used] = '\0';
	return 0;
}

void
proc_line(char ret_value[PROC_VALUE_MAX], const char *text, const char *start)
{
	size_t length = strlen(start);

	ret_value[0] = '\0';
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, start, length) != 0)
			continue;
		snprintf(ret_value, PROC_VALUE_MAX, "%.*s",
			 (int)strcspn(line + length, "\n"), line + length);
		return;
	}
}

void
proc_status(char ret_value[PROC_VALUE_MAX], const char *text, const char *name)
{
	char start[64];

	snprintf(start, sizeof(start), "%s:\t", name);
	proc_line(ret_value, text, start);
}
