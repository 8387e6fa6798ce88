/*
 * init.h - `pgmend init`: the audit schema, its roles and functions, and the
 * grants for the login role that heals, and with --guard the event triggers
 * that hold it to that; or the SQL of it all for a DBA.
 */
#ifndef SUPERVISOR_INIT_H
#define SUPERVISOR_INIT_H

/* argv[0] = "init"; returns the exit status. Run again it changes nothing. */
int command_init(int argc, char **argv);

#endif
