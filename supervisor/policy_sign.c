/* `policy hash`, `sign` and `verify`: who answers for a folder of policies. */
#include "pgmend.h"

#include <pwd.h>
#include <sys/stat.h>

#include "policy/digest.h"
#include "policy/manifest.h"
#include "policy/policy.h"
#include "supervisor/configuration.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/policy_verbs.h"
#include "supervisor/signature.h"

enum { HASH_JSON, HASH_TEXT, HASH_OPTIONS };

static const struct option_row hash_rows[HASH_OPTIONS] = {
	[HASH_JSON] = {"json", NULL, "one JSON object", 0},
	[HASH_TEXT] = {"text", NULL, "lines, which is the default", 0},
};

const struct option_table policy_hash_table = {
	.usage = "policy hash DIR | FILE",
	.about = "Prints the hashes of a folder's policies, or of one set.",
	.rows = hash_rows,
	.count = HASH_OPTIONS,
	.positional_max = 1,
};

enum { SIGN_KEY, SIGN_JSON, SIGN_TEXT, SIGN_OPTIONS };

static const struct option_row sign_rows[SIGN_OPTIONS] = {
	[SIGN_KEY] = {"key", "FILE", "the SSH key; ~/.ssh/id_ed25519", 0},
	[SIGN_JSON] = {"json", NULL, "one JSON object", 0},
	[SIGN_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_sign_table = {
	.usage = "policy sign DIR [--key FILE]",
	.about = "Writes the manifest of a folder's policies, and signs it.",
	.rows = sign_rows,
	.count = SIGN_OPTIONS,
	.positional_max = 1,
};

enum { VERIFY_SIGNERS, VERIFY_JSON, VERIFY_TEXT, VERIFY_OPTIONS };

static const struct option_row verify_rows[VERIFY_OPTIONS] = {
	[VERIFY_SIGNERS] = {"signers", "FILE",
			    "who may sign; policy_signers of "
			    "pgmend.conf",
			    0},
	[VERIFY_JSON] = {"json", NULL, "one JSON object", 0},
	[VERIFY_TEXT] = {"text", NULL, "text for people", 0},
};

const struct option_table policy_verify_table = {
	.usage = "policy verify DIR | FILE [--signers FILE]",
	.about = "Verifies who signed a folder's policies, and that none "
		 "changed.",
	.rows = verify_rows,
	.count = VERIFY_OPTIONS,
	.positional_max = 1,
};

static int
one_path(const char **ret_path, const struct options *options,
	 struct error *err)
{
	if (options->positional_count != 1)
		return fail_as(err, EXIT_USAGE, "usage",
			       "name one folder or file; see --help");
	*ret_path = options->positionals[0];
	return 0;
}

static bool
is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void
print_object(const struct document *object)
{
	auto_free char *text = document_print(object);

	printf("%s\n", text);
}

/* --- hash ----------------------------------------------------------------- */

static void
write_hashes_json(const struct manifest *manifest, const char *files,
		  const struct policy *policy)
{
	auto_document struct document *object = document_object();
	struct document *entries = document_array();

	document_text(object, "files", files);
	document_text(object, "meaning",
		      policy == NULL ? NULL : policy_meaning_hash(policy));
	for (int i = 0; i < manifest_count(manifest); i++) {
		struct document *entry = document_object();

		document_text(entry, "file", manifest_name(manifest, i));
		document_text(entry, "sha256", manifest_hash(manifest, i));
		document_add(entries, NULL, entry);
	}
	document_add(object, "manifest", entries);
	print_object(object);
}

/* Of a folder the lines alone, so that they can be stored and compared. */
static int
write_hashes(const struct manifest *manifest, const struct policy *policy,
	     bool as_json)
{
	const char *text = manifest_text(manifest);
	struct digest digest = digest_of(text, strlen(text));
	char files[DIGEST_HEX_SIZE];

	digest_hex(files, &digest);
	if (as_json) {
		write_hashes_json(manifest, files, policy);
		return 0;
	}
	fputs(text, stdout);
	if (policy != NULL)
		printf("files   sha256:%s\nmeaning sha256:%s\n", files,
		       policy_meaning_hash(policy));
	return 0;
}

static int
hash(const struct options *options, bool as_json, struct error *err)
{
	auto_manifest struct manifest *manifest = NULL;
	auto_policy struct policy *policy = NULL;
	const char *path;

	if (one_path(&path, options, err) < 0)
		return -1;
	if (is_folder(path)) {
		if (manifest_of_folder(&manifest, path, err) < 0)
			return -1;
	} else if (policy_load(&policy, path, stderr, false, err) < 0 ||
		   manifest_parse(&manifest, policy_files(policy),
				  strlen(policy_files(policy)), err) < 0) {
		return -1;
	}
	return write_hashes(manifest, policy, as_json);
}

int
policy_hash(const struct options *options)
{
	bool as_json = options->values[HASH_JSON] != NULL;
	struct error err = NO_ERROR;

	return hash(options, as_json, &err) == 0 ? 0
						 : policy_report(&err, as_json);
}

/* --- sign ----------------------------------------------------------------- */

static char *
usual_key(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return xprintf("%s/.ssh/id_ed25519", user == NULL ? "" : user->pw_dir);
}

static int
sign(const struct options *options, bool as_json, struct error *err)
{
	const char *given = options->values[SIGN_KEY];
	auto_free char *key = given == NULL ? usual_key() : xstrdup(given);
	auto_document struct document *object = document_object();
	const char *folder;

	if (one_path(&folder, options, err) < 0)
		return -1;
	if (!is_folder(folder))
		return fail_as(err, EXIT_USAGE, "usage",
			       "%s: no folder; all policies of one are signed "
			       "together",
			       folder);
	if (access(key, R_OK) < 0)
		return fail_as(err, EXIT_USAGE, "usage", "the key %s: %s", key,
			       strerror(errno));
	if (signature_make(folder, key, err) < 0)
		return -1;
	document_text(object, "signed", folder);
	document_text(object, "key", key);
	if (as_json)
		print_object(object);
	else
		printf("%s/%s\n", folder, MANIFEST_SIGNATURE_NAME);
	return 0;
}

int
policy_sign(const struct options *options)
{
	bool as_json = output_is_json(options->values[SIGN_JSON] != NULL,
				      options->values[SIGN_TEXT] != NULL);
	struct error err = NO_ERROR;

	return sign(options, as_json, &err) == 0 ? 0
						 : policy_report(&err, as_json);
}

/* --- verify --------------------------------------------------------------- */

/* What is there is what was signed, and all of it. */
static int
compare_folder(const struct manifest *signed_files, const char *folder,
	       struct error *err)
{
	auto_manifest struct manifest *there = NULL;

	if (manifest_of_folder(&there, folder, err) < 0)
		return -1;
	for (int i = 0; i < manifest_count(there); i++)
		if (manifest_vouch(signed_files, manifest_name(there, i),
				   manifest_hash(there, i), err) < 0)
			return -1;
	if (manifest_count(there) != manifest_count(signed_files))
		return fail_as(err, EXIT_USAGE, "F14",
			       "%s: %d policies are signed, %d are there",
			       folder, manifest_count(signed_files),
			       manifest_count(there));
	return 0;
}

static int
check(const char *path, const char *signers, bool as_json, struct error *err)
{
	auto_manifest struct manifest *manifest = NULL;
	auto_policy struct policy *policy = NULL;
	auto_free char *signer = NULL, *loaded_by = NULL;
	auto_document struct document *object = document_object();

	if (signature_verify(&manifest, &signer, path, signers, err) < 0)
		return -1;
	if (is_folder(path) ? compare_folder(manifest, path, err) < 0
			    : signature_load(&policy, &loaded_by, path, signers,
					     err) < 0)
		return -1;
	document_text(object, "signature", "ok");
	document_text(object, "signer", signer);
	document_number(object, "files", manifest_count(manifest));
	if (as_json)
		print_object(object);
	else
		printf("signature: ok (%s), %d files\n", signer,
		       manifest_count(manifest));
	return 0;
}

static int
verify(const struct options *options, bool as_json, struct error *err)
{
	auto_configuration struct configuration *configuration = NULL;
	const char *signers = options->values[VERIFY_SIGNERS];
	const char *path;

	if (one_path(&path, options, err) < 0)
		return -1;
	if (signers == NULL) {
		if (configuration_read(&configuration, NULL, err) < 0)
			return -1;
		signers = configuration->policy_signers;
	}
	if (signers == NULL)
		return fail_as(err, EXIT_USAGE, "usage",
			       "nobody's signature is known: name --signers, "
			       "or policy_signers in " CONFIGURATION_DEFAULT);
	return check(path, signers, as_json, err);
}

int
policy_verify(const struct options *options)
{
	bool as_json = output_is_json(options->values[VERIFY_JSON] != NULL,
				      options->values[VERIFY_TEXT] != NULL);
	struct error err = NO_ERROR;

	return verify(options, as_json, &err) == 0
		       ? 0
		       : policy_report(&err, as_json);
}
