#include <fcntl.h>

#include "pgmend.h"
#include "policy/arena.h"
#include "policy/compose.h"
#include "policy/decide.h"
#include "policy/manifest.h"
#include "policy/parser.h"
#include "policy/policy_file.h"
#include "policy/setting.h"

#define FILES_MAX 64

/* One file of the set, and who asked for it. */
struct opened {
	struct source *source; /* in the arena: rules point at it */
	struct digest digest;
	int asked_by; /* index, or -1 */
};

struct loader {
	struct policy *policy;
	struct diagnostics diagnostics;
	const char *folder; /* for people: "policies/" or "" */
	int root;
	struct opened files[FILES_MAX];
	int count;
	int current; /* the file being parsed, or -1 */
	const struct policy_text
		*given;	   /* the first file, as it isn't stored */
	struct error *err; /* set once a file could not be read */
	bool unreadable;
};

static struct arena *
arena_of(struct loader *loader)
{
	return loader->policy->arena;
}

/* --- Files ---------------------------------------------------------------- */

/* The files on the way from the first to the one being parsed. */
static bool
closes_a_circle(struct loader *loader, const char *name, struct place place)
{
	const char *path = name;
	bool found = false;

	for (int i = loader->current; i >= 0 && !found;
	     i = loader->files[i].asked_by) {
		path = arena_print(arena_of(loader), "%s -> %s",
				   loader->files[i].source->name, path);
		found = strcmp(loader->files[i].source->name, name) == 0;
	}
	if (found)
		diagnose(&loader->diagnostics, "E010", place,
			 "include cycle: %s", path);
	return found;
}

static void
check_trust(struct loader *loader, const struct source *source,
	    const struct policy_file *file)
{
	struct place start = {.source = source, .line = 1, .column = 1};

	if (file->complaint == NULL)
		return;
	diagnose(&loader->diagnostics, "E011", start, "%s", file->complaint);
	if ((file->mode & 022) != 0)
		diagnose_hint(&loader->diagnostics, "chmod 0644 %s",
			      source->path);
}

/* The first file may be given as a text; whoever gives it is trusted. */
static int
read_source(struct loader *loader, struct policy_file *file, const char *name)
{
	const struct policy_text *given = loader->given;

	if (loader->count > 0 || given->text == NULL)
		return policy_file_read(file, arena_of(loader), loader->root,
					name, loader->err);
	if (given->size > POLICY_FILE_MAX)
		return fail_as(loader->err, EXIT_USAGE, "policy_unreadable",
			       "%s: larger than %d bytes", given->path,
			       POLICY_FILE_MAX);
	*file = (struct policy_file){
		.text = arena_copy(arena_of(loader), given->text, given->size),
		.size = given->size};
	return 0;
}

/* Nothing of a file is parsed that a manifest doesn't list. */
static bool
is_vouched_for(struct loader *loader, const struct opened *opened)
{
	char hex[DIGEST_HEX_SIZE];

	if (loader->given->manifest == NULL)
		return true;
	digest_hex(hex, &opened->digest);
	loader->unreadable =
		manifest_vouch(loader->given->manifest, opened->source->name,
			       hex, loader->err) < 0;
	return !loader->unreadable;
}

/* Whoever reads the path must not have to walk it. */
static bool
climbs(struct loader *loader, const char *name, struct place place)
{
	for (const char *part = name; part != NULL;
	     part = strchr(part, '/') == NULL ? NULL : strchr(part, '/') + 1) {
		if (strncmp(part, "..", 2) != 0 ||
		    (part[2] != '/' && part[2] != '\0'))
			continue;
		diagnose(&loader->diagnostics, "E013", place,
			 "'%s' climbs out of a folder", name);
		diagnose_hint(&loader->diagnostics,
			      "name the file from the folder of the set on");
		return true;
	}
	return false;
}

/* Reads and hashes a file; -1 when it can't be had. */
static int
open_source(struct loader *loader, const char *name, struct place place)
{
	struct opened *opened = &loader->files[loader->count];
	struct policy_file file;

	if (place.source != NULL && (climbs(loader, name, place) ||
				     closes_a_circle(loader, name, place)))
		return -1;
	if (loader->count == FILES_MAX) {
		diagnose(&loader->diagnostics, "E012", place,
			 "a policy set has at most %d files", FILES_MAX);
		return -1;
	}
	if (read_source(loader, &file, name) < 0) {
		loader->unreadable = true;
		return -1;
	}
	opened->source = arena_take(arena_of(loader), sizeof(struct source));
	opened->source->name = arena_copy(arena_of(loader), name, strlen(name));
	opened->source->path =
		arena_print(arena_of(loader), "%s%s", loader->folder, name);
	opened->source->text = file.text;
	opened->source->size = file.size;
	opened->digest = digest_of(file.text, file.size);
	if (!is_vouched_for(loader, opened))
		return -1;
	opened->asked_by = loader->current;
	check_trust(loader, opened->source, &file);
	return loader->count++;
}

static void
parse_source(struct loader *loader, struct scope *scope, int index,
	     bool is_included)
{
	struct parser parser = {.arena = arena_of(loader),
				.diagnostics = &loader->diagnostics,
				.loader = loader,
				.scope = scope,
				.source = loader->files[index].source,
				.is_included = is_included};
	int before = loader->current;

	loader->current = index;
	if (source_check(parser.source, &loader->diagnostics)) {
		parser.lexemes =
			lexer_read(parser.source, &loader->diagnostics);
		parse_file(&parser);
	}
	loader->current = before;
}

bool
loader_include(struct loader *loader, struct scope *scope, const char *path,
	       struct place place)
{
	int index = open_source(loader, path, place);

	if (index < 0)
		return false;
	parse_source(loader, scope, index, true);
	return true;
}

/* --- Layers --------------------------------------------------------------- */

static bool
matches_pin(struct loader *loader, const struct scope *scope, int index)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(hex, &loader->files[index].digest);
	if (scope->pin == NULL || strcmp(scope->pin, hex) == 0)
		return true;
	return diagnose(
		&loader->diagnostics, "E321", scope->extends,
		"'%s' has sha256 %.4s..%s, but %.4s..%s is pinned here",
		scope->parent, hex, hex + DIGEST_HEX_SIZE - 3, scope->pin,
		strlen(scope->pin) > 4 ? scope->pin + strlen(scope->pin) - 2
				       : "");
}

static int
rank_of(const char *layer)
{
	if (same_text(layer, "org"))
		return 0;
	return same_text(layer, "team") ? 1 : 2;
}

static void load_layer(struct loader *loader, int index);

/* The parent's layers come first; then its order is checked against ours. */
static void
load_parent(struct loader *loader, const struct scope *scope, int index)
{
	struct policy *policy = loader->policy;
	const char *own = scope->layer->name;
	int before = loader->current;
	int parent;

	if (scope->parent == NULL)
		return;
	loader->current = index;
	parent = open_source(loader, scope->parent, scope->extends);
	if (parent >= 0 && matches_pin(loader, scope, parent)) {
		load_layer(loader, parent);
		if (policy->layer_count > 0 && own != NULL) {
			const char *above =
				policy->layers[policy->layer_count - 1].name;

			if (above != NULL && rank_of(above) >= rank_of(own))
				diagnose(&loader->diagnostics, "E008",
					 scope->extends,
					 "a %s layer can't stand on a %s "
					 "layer",
					 own, above);
		}
	}
	loader->current = before;
}

static void
load_layer(struct loader *loader, int index)
{
	struct policy *policy = loader->policy;
	struct layer layer = {.file = loader->files[index].source->name};
	struct scope scope = {.layer = &layer};

	scope.sections =
		arena_take(arena_of(loader), SECTIONS * sizeof(struct place));
	parse_source(loader, &scope, index, false);
	scope_check(&scope, loader->files[index].source, &loader->diagnostics);
	load_parent(loader, &scope, index);
	scope_warn_of_unused(&scope, &loader->diagnostics);
	layer_index(&layer, arena_of(loader));
	policy->counts.rules += layer.rule_count;
	policy->counts.lists += scope.list_count;
	policy->counts.settings += layer.setting_count;
	policy->counts.tests += layer.test_count;
	arena_append(arena_of(loader), policy->layers, policy->layer_count,
		     layer);
}

/* --- The set -------------------------------------------------------------- */

static int
compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* SHA-256 over the sorted lines "sha256  relative-path". */
static void
hash_files(struct loader *loader)
{
	char *lines[FILES_MAX];
	auto_free char *text = NULL;
	struct digest digest;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < loader->count; i++) {
		char hex[DIGEST_HEX_SIZE];

		digest_hex(hex, &loader->files[i].digest);
		lines[i] = arena_print(arena_of(loader), "%s  %s\n", hex,
				       loader->files[i].source->name);
	}
	qsort(lines, (size_t)loader->count, sizeof(char *), compare_lines);
	for (int i = 0; i < loader->count; i++)
		fputs(lines[i], out);
	fclose(out);
	loader->policy->files = arena_copy(arena_of(loader), text, size);
	digest = digest_of(text, size);
	digest_hex(loader->policy->files_hash, &digest);
}

static int
load_set(struct loader *loader, const char *name, struct error *err)
{
	struct place nowhere = {.source = NULL};
	int index = open_source(loader, name, nowhere);

	if (index >= 0)
		load_layer(loader, index);
	if (loader->unreadable)
		return -1;
	if (loader->diagnostics.errors == 0)
		compose_settings(loader->policy, &loader->diagnostics);
	if (loader->diagnostics.errors > 0) {
		diagnostics_drop_warnings(&loader->diagnostics);
		return fail_as(err, EXIT_USAGE, "policy_invalid",
			       "%s%s: %d error%s", loader->folder, name,
			       loader->diagnostics.errors,
			       loader->diagnostics.errors == 1 ? "" : "s");
	}
	hash_files(loader);
	compose_meaning(loader->policy);
	loader->policy->source = loader->files[0].source;
	loader->policy->counts.files = loader->count;
	loader->policy->counts.warnings = loader->diagnostics.warnings;
	return 0;
}

int
policy_load(struct policy **ret_policy, const char *path, FILE *diagnostics,
	    bool as_json, struct error *err)
{
	struct policy_text stored = {.path = path};

	return policy_load_text(ret_policy, &stored, diagnostics,
				as_json ? DIAGNOSTIC_JSON : DIAGNOSTIC_TEXT,
				err);
}

int
policy_load_text(struct policy **ret_policy, const struct policy_text *given,
		 FILE *diagnostics, enum diagnostic_format format,
		 struct error *err)
{
	const char *path = given->path;
	auto_policy struct policy *policy = xcalloc(1, sizeof(*policy));
	auto_free struct loader *loader = xcalloc(1, sizeof(*loader));
	const char *slash = strrchr(path, '/');
	auto_free char *folder =
		xstrndup(path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
	auto_close int root = open(*folder == '\0' ? "." : folder,
				   O_PATH | O_DIRECTORY | O_CLOEXEC);
	int status;

	policy->arena = arena_new();
	if (root < 0)
		return fail_as(err, EXIT_USAGE, "policy_unreadable", "%s: %s",
			       folder, strerror(errno));
	loader->policy = policy;
	loader->diagnostics.arena = policy->arena;
	loader->folder = folder;
	loader->root = root;
	loader->given = given;
	loader->current = -1;
	loader->err = err;
	status = load_set(loader, slash == NULL ? path : slash + 1, err);
	diagnostics_print(&loader->diagnostics, diagnostics, format);
	if (status == 0)
		*ret_policy = take(policy);
	return status;
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	policy_free(policy->narrower);
	arena_free(policy->arena);
	free(policy);
}

void
policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}
