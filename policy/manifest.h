/*
 * manifest.h - the policy files of a folder and their hashes, as a text that
 * can be signed: POLICY.SHA256SUMS, sorted lines "sha256  relative-path", which
 * sha256sum -c reads as well.
 *
 * A set that is loaded by a manifest consists of files that it lists, with the
 * bytes that it lists: policy_load_text() hashes the buffer that it parses.
 */
#ifndef POLICY_MANIFEST_H
#define POLICY_MANIFEST_H

#include <stddef.h>

struct error;
struct manifest;

#define MANIFEST_NAME "POLICY.SHA256SUMS"
#define MANIFEST_SIGNATURE_NAME MANIFEST_NAME ".sig"
#define MANIFEST_FILES_MAX 1024

/* Every *.policy of the folder and of the folders in it, links left out. A file
 * that others can write fails. */
int manifest_of_folder(struct manifest **ret_manifest, const char *folder,
		       struct error *err);
/* Nothing but such lines, each name once: EXIT_USAGE, F14. */
int manifest_parse(struct manifest **ret_manifest, const char *text,
		   size_t size, struct error *err);
void manifest_free(struct manifest *manifest);
void manifest_cleanup(struct manifest **manifest);
#define auto_manifest __attribute__((cleanup(manifest_cleanup)))

/* The lines; borrowed. */
const char *manifest_text(const struct manifest *manifest);

/* In the order of the lines. */
int manifest_count(const struct manifest *manifest);
const char *manifest_name(const struct manifest *manifest, int index);
const char *manifest_hash(const struct manifest *manifest, int index);

/* Fails (EXIT_USAGE, F14) unless the file is listed, with this hash. */
int manifest_vouch(const struct manifest *manifest, const char *name,
		   const char *hash, struct error *err);

/* What was signed, and the signature: read once, from files that nobody else
 * can write. */
struct manifest_files {
	char *text, *signature;
	size_t text_size, signature_size;
};

int manifest_files_read(struct manifest_files *ret_files, const char *folder,
			struct error *err);
void manifest_files_release(struct manifest_files *files);

#endif
