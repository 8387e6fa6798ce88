#include "pgmend.h"
#include "policy/arena.h"
#include "policy/digest.h"
#include "policy/manifest.h"

#define HASH_SIZE (DIGEST_HEX_SIZE - 1)

struct entry {
	const char *hash, *name;
};

struct manifest {
	struct arena *arena;
	const char *text;
	struct entry *of;
	int count;
};

static int
distrust(struct error *err, const char *name, const char *why)
{
	return fail_as(err, EXIT_USAGE, "F14", "%.200s: %s", name, why);
}

/* --- Reading -------------------------------------------------------------- */

static int
find(const struct manifest *manifest, const char *name)
{
	for (int i = 0; i < manifest->count; i++)
		if (strcmp(manifest->of[i].name, name) == 0)
			return i;
	return -1;
}

/* "sha256  name", without its line end. */
static bool
read_line(struct manifest *manifest, const char *line, size_t size)
{
	struct arena *arena = manifest->arena;
	struct entry entry;

	if (size <= HASH_SIZE + 2 || manifest->count == MANIFEST_FILES_MAX ||
	    memcmp(line + HASH_SIZE, "  ", 2) != 0 ||
	    memchr(line, '\0', size) != NULL)
		return false;
	entry.hash = arena_copy(arena, line, HASH_SIZE);
	entry.name =
		arena_copy(arena, line + HASH_SIZE + 2, size - HASH_SIZE - 2);
	if (strspn(entry.hash, "0123456789abcdef") != HASH_SIZE ||
	    find(manifest, entry.name) >= 0)
		return false;
	arena_append(arena, manifest->of, manifest->count, entry);
	return true;
}

static bool
read_lines(struct manifest *manifest, const char *text, size_t size)
{
	while (size > 0) {
		const char *end = memchr(text, '\n', size);

		if (end == NULL ||
		    !read_line(manifest, text, (size_t)(end - text)))
			return false;
		size -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	return manifest->count > 0;
}

int
manifest_parse(struct manifest **ret_manifest, const char *text, size_t size,
	       struct error *err)
{
	auto_manifest struct manifest *manifest = xcalloc(1, sizeof(*manifest));

	manifest->arena = arena_new();
	manifest->text = arena_copy(manifest->arena, text, size);
	if (!read_lines(manifest, text, size))
		return distrust(err, MANIFEST_NAME,
				"not the lines of a manifest");
	*ret_manifest = take(manifest);
	return 0;
}

void
manifest_free(struct manifest *manifest)
{
	if (manifest == NULL)
		return;
	arena_free(manifest->arena);
	free(manifest);
}

void
manifest_cleanup(struct manifest **manifest)
{
	manifest_free(*manifest);
}

/* --- Asking --------------------------------------------------------------- */

const char *
manifest_text(const struct manifest *manifest)
{
	return manifest->text;
}

int
manifest_count(const struct manifest *manifest)
{
	return manifest->count;
}

const char *
manifest_name(const struct manifest *manifest, int index)
{
	return manifest->of[index].name;
}

const char *
manifest_hash(const struct manifest *manifest, int index)
{
	return manifest->of[index].hash;
}

int
manifest_vouch(const struct manifest *manifest, const char *name,
	       const char *hash, struct error *err)
{
	int index = find(manifest, name);

	if (index < 0)
		return distrust(err, name,
				"not in " MANIFEST_NAME ", which was signed");
	if (strcmp(manifest->of[index].hash, hash) != 0)
		return distrust(err, name, "changed since it was signed");
	return 0;
}
