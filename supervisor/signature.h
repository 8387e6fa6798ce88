/*
 * signature.h - who answers for the policies of a folder: the signature of
 * their manifest, by ssh-keygen and an allowed_signers file (ssh-keygen(1)).
 *
 * Whether one is needed says the supervisor's configuration, never the folder.
 */
#ifndef SUPERVISOR_SIGNATURE_H
#define SUPERVISOR_SIGNATURE_H

struct error;
struct manifest;
struct policy;

/*
 * Verifies the manifest of the folder that `path` is in, or is. Each way in
 * which it can't be trusted has a sentence of its own; all are EXIT_USAGE, F14.
 * The caller frees the manifest and the signer's name, the first that the
 * signers file gives to the key.
 */
int signature_verify(struct manifest **ret_manifest, char **ret_signer,
		     const char *path, const char *signers, struct error *err);

/*
 * Loads a set whose every file the signed manifest vouches for, or, with
 * `signers` NULL, any; either way as far as the set's own section signing is
 * content. Diagnostics go to standard error. *ret_signer is NULL where nobody
 * signed.
 */
int signature_load(struct policy **ret_policy, char **ret_signer,
		   const char *path, const char *signers, struct error *err);

/* Writes the manifest of the folder and its signature by the key; may ask for
 * the key's passphrase. */
int signature_make(const char *folder, const char *key, struct error *err);

/* The folder of a file, or the folder itself. The caller frees it. */
char *signature_folder(const char *path);

#endif
