#include "pgmend.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "policy/manifest.h"
#include "policy/policy.h"
#include "policy/policy_signing.h"
#include "supervisor/file_replace.h"
#include "supervisor/keygen.h"
#include "supervisor/signature.h"

#define SIGNERS_MAX (256 * 1024)
#define SIGNER_SIZE 256
#define VERIFY_MS (10 * 1000)
#define SIGN_MS (120 * 1000) /* somebody types, or touches a token */
#define FILE_MODE 0644

static int
distrust(struct error *err, const char *what, const char *why)
{
	return fail_as(err, EXIT_USAGE, "F14", "%s: %s", what, why);
}

char *
signature_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return xstrdup(path);
	return slash == NULL ? xstrdup(".")
			     : xstrndup(path, (size_t)(slash + 1 - path));
}

/* --- Who may sign --------------------------------------------------------- */

/* Whoever could write the file could sign any policy. */
static int
check_signers(const char *path, const struct stat *status, struct error *err)
{
	if (!S_ISREG(status->st_mode))
		return distrust(err, path, "not a regular file");
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return distrust(err, path,
				"belongs neither to root nor to you");
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return distrust(err, path, "others may write to it");
	if (status->st_size == 0 || status->st_size > SIGNERS_MAX)
		return distrust(err, path, "no list of signers");
	return 0;
}

static int
read_signers(char **ret_text, const char *path, struct error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_free char *text = NULL;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return distrust(err, path, strerror(errno));
	if (check_signers(path, &status, err) < 0)
		return -1;
	text = xcalloc(1, (size_t)status.st_size + 1);
	if (read(fd, text, (size_t)status.st_size) != status.st_size)
		return distrust(err, path, "changed while it was read");
	*ret_text = take(text);
	return 0;
}

/* --- What ssh-keygen says ------------------------------------------------- */

struct question {
	const char *folder, *signers; /* paths, for people */
	const char *signers_text;
	struct manifest_files files;
};

static int
ask(struct keygen_answer *ret_answer, const struct question *question,
    const char *const *arguments, struct error *err)
{
	struct keygen keygen = {
		.arguments = arguments,
		.input = {question->files.text, question->files.text_size},
		.files = {{question->signers_text,
			   strlen(question->signers_text)},
			  {question->files.signature,
			   question->files.signature_size}},
		.deadline_ms = VERIFY_MS,
	};

	return keygen_run(ret_answer, &keygen, err);
}

/* Its first line of messages, which says more than its exit status. */
static int
refuse(struct error *err, const struct question *question, const char *why,
       const struct keygen_answer *answer)
{
	size_t size = strcspn(answer->messages, "\r\n");

	return fail_as(err, EXIT_USAGE, "F14", "%s: %s %s%s%.*s%s",
		       question->folder, MANIFEST_SIGNATURE_NAME, why,
		       size == 0 ? "" : " (", (int)(size < 200 ? size : 200),
		       answer->messages, size == 0 ? "" : ")");
}

/* The name is the signers file's, so it is only kept from being a surprise. */
static bool
is_name(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7F)
			return false;
	return size > 0 && size < SIGNER_SIZE;
}

static int
find_signer(char **ret_signer, const struct question *question,
	    struct error *err)
{
	static const char *const arguments[] = {
		"-Y", "find-principals", "-s", KEYGEN_FILE_2,
		"-f", KEYGEN_FILE_1,	 NULL};
	struct keygen_answer answer = {.output = NULL};
	int status;

	if (ask(&answer, question, arguments, err) < 0)
		return -1;
	if (answer.succeeded &&
	    is_name(answer.output, strcspn(answer.output, "\n"))) {
		*ret_signer =
			xstrndup(answer.output, strcspn(answer.output, "\n"));
		status = 0;
	} else {
		status = refuse(err, question,
				"is by nobody that the signers file lists",
				&answer);
	}
	keygen_answer_release(&answer);
	return status;
}

static int
check_signature(const char *signer, const struct question *question,
		struct error *err)
{
	const char *const arguments[] = {
		"-Y", "verify",	     "-n", SIGNING_NAMESPACE,
		"-s", KEYGEN_FILE_2, "-f", KEYGEN_FILE_1,
		"-I", signer,	     NULL};
	struct keygen_answer answer = {.output = NULL};
	int status = 0;

	if (ask(&answer, question, arguments, err) < 0)
		return -1;
	if (!answer.succeeded)
		status = refuse(err, question,
				"doesn't sign this manifest as policies",
				&answer);
	keygen_answer_release(&answer);
	return status;
}

static int
verify(struct manifest **ret_manifest, char **ret_signer,
       const struct question *question, struct error *err)
{
	auto_free char *signer = NULL;

	if (find_signer(&signer, question, err) < 0 ||
	    check_signature(signer, question, err) < 0 ||
	    manifest_parse(ret_manifest, question->files.text,
			   question->files.text_size, err) < 0)
		return -1;
	*ret_signer = take(signer);
	return 0;
}

int
signature_verify(struct manifest **ret_manifest, char **ret_signer,
		 const char *path, const char *signers, struct error *err)
{
	auto_free char *folder = signature_folder(path);
	auto_free char *text = NULL;
	struct question question = {.folder = folder, .signers = signers};
	int status;

	if (read_signers(&text, signers, err) < 0 ||
	    manifest_files_read(&question.files, folder, err) < 0)
		return -1;
	question.signers_text = text;
	status = verify(ret_manifest, ret_signer, &question, err);
	manifest_files_release(&question.files);
	return status;
}

/* --- Sets ----------------------------------------------------------------- */

int
signature_load(struct policy **ret_policy, char **ret_signer, const char *path,
	       const char *signers, struct error *err)
{
	auto_manifest struct manifest *manifest = NULL;
	auto_policy struct policy *policy = NULL;
	auto_free char *signer = NULL;
	struct policy_text given = {.path = path};

	if (signers != NULL &&
	    signature_verify(&manifest, &signer, path, signers, err) < 0)
		return -1;
	given.manifest = manifest;
	if (policy_load_text(&policy, &given, stderr, DIAGNOSTIC_TEXT, err) <
		    0 ||
	    policy_check_signer(policy, signer, err) < 0)
		return -1;
	*ret_policy = take(policy);
	*ret_signer = take(signer);
	return 0;
}

/* --- Signing -------------------------------------------------------------- */

static int
replace(const char *folder, const char *name, const char *text,
	struct error *err)
{
	auto_free char *path = xprintf("%s/%s", folder, name);

	return file_replace(path, text, strlen(text), FILE_MODE, err);
}

/* Between the two files the folder is signed by nobody. */
static int
write_signature(const char *folder, const char *text,
		const struct keygen_answer *answer, struct error *err)
{
	if (!answer->succeeded || *answer->output == '\0')
		return fail_as(err, EXIT_USAGE, "unsigned",
			       "ssh-keygen made no signature");
	if (replace(folder, MANIFEST_NAME, text, err) < 0 ||
	    replace(folder, MANIFEST_SIGNATURE_NAME, answer->output, err) < 0)
		return -1;
	return 0;
}

int
signature_make(const char *folder, const char *key, struct error *err)
{
	const char *const arguments[] = {"-Y", "sign", "-n", SIGNING_NAMESPACE,
					 "-f", key,    NULL};
	auto_manifest struct manifest *manifest = NULL;
	struct keygen_answer answer = {.output = NULL};
	struct keygen keygen = {.arguments = arguments,
				.is_interactive = true,
				.deadline_ms = SIGN_MS};
	int status;

	if (manifest_of_folder(&manifest, folder, err) < 0)
		return -1;
	keygen.input.bytes = manifest_text(manifest);
	keygen.input.size = strlen(manifest_text(manifest));
	if (keygen_run(&answer, &keygen, err) < 0)
		return -1;
	status = write_signature(folder, manifest_text(manifest), &answer, err);
	keygen_answer_release(&answer);
	return status;
}
