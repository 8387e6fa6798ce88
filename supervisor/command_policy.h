/*
 * command_policy.h - `pgmend policy VERB`: check, explain, facts, ops, floor.
 *
 * None needs a model or a jail; none contacts the network. Exit 0 fine (a
 * statement was judged, whatever the verdict), 1 findings, 2 usage or a policy
 * that is wrong, 3 a policy that could not be read.
 */
#ifndef SUPERVISOR_COMMAND_POLICY_H
#define SUPERVISOR_COMMAND_POLICY_H

/* argv[0] is "policy". Returns the exit status. */
int command_policy(int argc, char **argv);

#endif
