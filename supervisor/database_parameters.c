#include "pgmend.h"

#include "supervisor/database_parameters.h"

struct parameters
connection_parameters(const char *conninfo, const char *application_name)
{
	const char *const pairs[][2] = {
		{"connect_timeout", "10"},
		{"keepalives", "1"},
		{"keepalives_idle", "10"},
		{"keepalives_interval", "5"},
		{"keepalives_count", "3"},
		{"tcp_user_timeout", "25000"},
		/* A marker that is looked for on a standby may be late. */
		{"target_session_attrs", "primary"},
		{"dbname", conninfo},
		{"application_name", application_name},
		{"client_encoding", "UTF8"},
	};
	struct parameters parameters = {0};

	for (size_t i = 0; i < array_size(pairs); i++) {
		parameters.keywords[i] = pairs[i][0];
		parameters.values[i] = pairs[i][1];
	}
	return parameters;
}
