/*
 * heal.h - `pgmend heal`: one incident in, one outcome out.
 */
#ifndef SUPERVISOR_HEAL_H
#define SUPERVISOR_HEAL_H

/* argv[0] = "heal"; prints the result and returns the exit code of
 * interfaces.md. Starts over first when the environment isn't clean. */
int command_heal(int argc, char **argv);

struct run;

/* Runs all steps; the outcome is in run->result, whatever happens. */
void heal(struct run *run);

/* The end of a run: its outcome goes to the audit. */
void heal_finish(struct run *run);

#endif
