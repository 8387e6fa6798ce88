#include <pwd.h>

#include "pgmend.h"
#include "supervisor/database.h"

/* What resolving a name, TLS and Kerberos read, whatever the connection. */
static const char *const common[] = {
	"/etc/passwd",
	"/etc/group",
	"/etc/nsswitch.conf",
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/host.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/protocols",
	"/etc/localtime",
	"/etc/ld.so.cache",
	"/etc/ssl",
	"/etc/pki",
	"/etc/krb5.conf",
	"/etc/krb5.conf.d",
	"/etc/gss",
	"/etc/postgresql-common",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/share/zoneinfo",
	"/usr/lib",
	"/lib",
	"/lib64",
	"/usr/lib64",
	"/dev/null",
	"/dev/urandom",
};

/* Under the home folder, where libpq looks by default. */
static const char *const personal[] = {
	".pgpass",
	".postgresql",
	".pg_service.conf",
};

static const char *const options[] = {
	"passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir",
};

static const char *const variables[] = {
	"PGSERVICEFILE",
	"PGSYSCONFDIR",
	"KRB5_CONFIG",
	"KRB5CCNAME",
};

static const char *
home_folder(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home != NULL && home[0] == '/')
		return home;
	user = getpwuid(geteuid());
	return user == NULL ? NULL : user->pw_dir;
}

char **
database_files(const struct database *database)
{
	char **files =
		xcalloc(array_size(common) + array_size(personal) +
				array_size(options) + array_size(variables) + 1,
			sizeof(*files));
	const char *home = home_folder();
	int count = 0;

	for (size_t i = 0; i < array_size(common); i++)
		files[count++] = xstrdup(common[i]);
	for (size_t i = 0; home != NULL && i < array_size(personal); i++)
		files[count++] = xprintf("%s/%s", home, personal[i]);
	for (size_t i = 0; i < array_size(options); i++) {
		char *value = database_option(database, options[i]);

		if (value != NULL)
			files[count++] = value;
	}
	for (size_t i = 0; i < array_size(variables); i++)
		if (getenv(variables[i]) != NULL)
			files[count++] = xstrdup(getenv(variables[i]));
	return files;
}

void
database_files_free(char **files)
{
	for (char **file = files; file != NULL && *file != NULL; file++)
		free(*file);
	free(files);
}
