/*
 * command_incident.h - `pgmend incident VERB`: convert, check.
 *
 * Neither contacts a database or a network.
 */
#ifndef SUPERVISOR_COMMAND_INCIDENT_H
#define SUPERVISOR_COMMAND_INCIDENT_H

/* argv[0] is "incident". Returns the exit status. */
int command_incident(int argc, char **argv);

#endif
