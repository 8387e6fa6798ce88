/*
 * database_parameters.h - what every connection asks for, as libpq takes it.
 */
#ifndef SUPERVISOR_DATABASE_PARAMETERS_H
#define SUPERVISOR_DATABASE_PARAMETERS_H

/* Keywords and values, each list ended by NULL; borrowed. What stands before
 * `dbname` the connection string may override, what stands after it not. */
struct parameters {
	const char *keywords[16], *values[16];
};

struct parameters
connection_parameters(const char *conninfo, const char *application_name);

#endif
