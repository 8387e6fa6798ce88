#include "pgmend.h"

#include "supervisor/environment.h"

extern char **environ;

/* What a run may be told by its caller; libpq's variables that change only
 * where it connects to and how it proves who both are. No proxy's: one that
 * isn't configured isn't used. */
static const char *const allowed[] = {
	"ANTHROPIC_API_KEY",
	"ANTHROPIC_AUTH_TOKEN",
	"ANTHROPIC_BASE_URL",
	"ANTHROPIC_CUSTOM_HEADERS",
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"CREDENTIALS_DIRECTORY",
	"HOME",
	"LANG",
	"LC_ALL",
	"LC_CTYPE",
	"NO_COLOR",
	"PGAPPNAME",
	"PGCONNECT_TIMEOUT",
	"PGCHANNELBINDING",
	"PGDATABASE",
	"PGGSSENCMODE",
	"PGHOST",
	"PGHOSTADDR",
	"PGPASSFILE",
	"PGPASSWORD",
	"PGPORT",
	"PGREQUIREPEER",
	"PGSERVICE",
	"PGSERVICEFILE",
	"PGSSLCERT",
	"PGSSLCRL",
	"PGSSLCRLDIR",
	"PGSSLKEY",
	"PGSSLMAXPROTOCOLVERSION",
	"PGSSLMINPROTOCOLVERSION",
	"PGSSLMODE",
	"PGSSLROOTCERT",
	"PGSSLSNI",
	"PGSYSCONFDIR",
	"PGTARGETSESSIONATTRS",
	"PGUSER",
	"PGMEND_API_KEY_FILE",
	"PGMEND_AUDIT_HMAC_FILE",
	"PGMEND_CA_FILE",
	"TERM",
};

static bool
is_allowed(const char *variable)
{
	size_t size = strcspn(variable, "=");

	for (size_t i = 0; i < array_size(allowed); i++)
		if (strlen(allowed[i]) == size &&
		    strncmp(allowed[i], variable, size) == 0)
			return true;
	return false;
}

int
environment_restart(char **argv, struct error *err)
{
	auto_free char **clean = NULL;
	size_t total = 0, kept = 0;

	while (environ[total] != NULL)
		total++;
	clean = xcalloc(total + 1, sizeof(*clean));
	for (size_t i = 0; i < total; i++)
		if (is_allowed(environ[i]))
			clean[kept++] = environ[i];
	if (kept == total)
		return 0;
	execve("/proc/self/exe", argv, clean);
	return fail(err, "start over with a clean environment: %s",
		    strerror(errno));
}
