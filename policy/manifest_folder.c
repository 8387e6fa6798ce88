/* The files of a folder: those that a manifest lists, and the manifest. */
#include "pgmend.h"

#include <dirent.h>
#include <fcntl.h>

#include "policy/arena.h"
#include "policy/digest.h"
#include "policy/manifest.h"
#include "policy/policy_file.h"

#define SUFFIX ".policy"
#define DEPTH_MAX 8

/* What is known while a folder is walked. */
struct walk {
	struct arena *arena;
	int root;
	const char **lines;
	int count;
};

static int
open_folder(int at, const char *name)
{
	return openat(at, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
untrusted(struct error *err, const char *name, const char *why)
{
	return fail_as(err, EXIT_USAGE, "policy_unreadable", "%s: %s", name,
		       why);
}

/* --- Walking -------------------------------------------------------------- */

static int
add_file(struct walk *walk, const char *name, struct error *err)
{
	struct policy_file file;
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];
	const char *line;

	if (walk->count == MANIFEST_FILES_MAX)
		return untrusted(err, name, "too many policy files");
	if (policy_file_read(&file, walk->arena, walk->root, name, err) < 0)
		return -1;
	if (file.complaint != NULL)
		return untrusted(err, name, file.complaint);
	/* Such a name would read as two lines. */
	if (strchr(name, '\n') != NULL)
		return untrusted(err, name, "a line end in the name");
	digest = digest_of(file.text, file.size);
	digest_hex(hex, &digest);
	line = arena_print(walk->arena, "%s  %s\n", hex, name);
	arena_append(walk->arena, walk->lines, walk->count, line);
	return 0;
}

static bool
is_policy(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name), suffix = strlen(SUFFIX);

	return entry->d_type == DT_REG && entry->d_name[0] != '.' &&
	       size > suffix &&
	       strcmp(entry->d_name + size - suffix, SUFFIX) == 0;
}

/* `prefix` is "" or ends with a '/'. */
static int
walk_folder(struct walk *walk, int fd, const char *prefix, int depth,
	    struct error *err)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;
	int status = 0;

	if (folder == NULL) {
		close(fd);
		return untrusted(err, prefix, strerror(errno));
	}
	while (status == 0 && (entry = readdir(folder)) != NULL) {
		const char *name =
			arena_print(walk->arena, "%s%s", prefix, entry->d_name);

		if (is_policy(entry)) {
			status = add_file(walk, name, err);
		} else if (entry->d_type == DT_DIR && depth < DEPTH_MAX &&
			   entry->d_name[0] != '.') {
			int inner = open_folder(fd, entry->d_name);

			status = inner < 0
					 ? untrusted(err, name, strerror(errno))
					 : walk_folder(walk, inner,
						       arena_print(walk->arena,
								   "%s/", name),
						       depth + 1, err);
		}
	}
	closedir(folder);
	return status;
}

static int
compare_lines(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int
walk_root(struct walk *walk, const char *folder, struct error *err)
{
	int fd = open_folder(walk->root, ".");

	if (fd < 0)
		return untrusted(err, folder, strerror(errno));
	if (walk_folder(walk, fd, "", 0, err) < 0)
		return -1;
	if (walk->count == 0)
		return untrusted(err, folder, "no policy file in it");
	qsort(walk->lines, (size_t)walk->count, sizeof(*walk->lines),
	      compare_lines);
	return 0;
}

int
manifest_of_folder(struct manifest **ret_manifest, const char *folder,
		   struct error *err)
{
	auto_close int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct walk walk = {.root = root};
	auto_free char *text = NULL;
	size_t size;
	FILE *out;
	int status;

	if (root < 0)
		return untrusted(err, folder, strerror(errno));
	walk.arena = arena_new();
	status = walk_root(&walk, folder, err);
	out = xmemstream(&text, &size);
	for (int i = 0; status == 0 && i < walk.count; i++)
		fputs(walk.lines[i], out);
	fclose(out);
	arena_free(walk.arena);
	return status == 0 ? manifest_parse(ret_manifest, text, size, err) : -1;
}

/* --- What was signed ------------------------------------------------------ */

/* A missing file is said in a sentence of its own: it may have been taken
 * away. */
static int
read_one(char **ret_text, size_t *ret_size, int root, const char *name,
	 struct error *err)
{
	struct arena *arena = arena_new();
	struct policy_file file;
	int status = 0;

	if (faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		status = fail(err, "%s is missing: the set isn't signed", name);
	else if (policy_file_read(&file, arena, root, name, err) < 0)
		status = -1;
	else if (file.complaint != NULL)
		status = fail(err, "%s: %s", name, file.complaint);
	if (status == 0) {
		*ret_text = xstrndup(file.text, file.size);
		*ret_size = file.size;
	}
	err->reason = EXIT_USAGE;
	err->code = "F14";
	arena_free(arena);
	return status;
}

int
manifest_files_read(struct manifest_files *ret_files, const char *folder,
		    struct error *err)
{
	auto_close int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct manifest_files files = {.text = NULL};

	if (root < 0)
		return fail_as(err, EXIT_USAGE, "F14", "%s: %s", folder,
			       strerror(errno));
	if (read_one(&files.text, &files.text_size, root, MANIFEST_NAME, err) <
		    0 ||
	    read_one(&files.signature, &files.signature_size, root,
		     MANIFEST_SIGNATURE_NAME, err) < 0) {
		manifest_files_release(&files);
		return fail_in(err, "%s", folder);
	}
	*ret_files = files;
	return 0;
}

void
manifest_files_release(struct manifest_files *files)
{
	free(files->text);
	free(files->signature);
	files->text = files->signature = NULL;
}
