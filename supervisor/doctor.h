/*
 * doctor.h - `pgmend doctor`: what isolation, rights and settings are really
 * there, each with how to mend it.
 *
 * Nothing is believed that can be tried: a real agent and a real courier are
 * spawned and attested, and what can't be seen of them from outside is tried in
 * a child of its own. Nothing is changed.
 */
#ifndef SUPERVISOR_DOCTOR_H
#define SUPERVISOR_DOCTOR_H

#include <stdbool.h>

struct configuration;

enum finding_state {
	FINDING_OK,
	FINDING_WEAKER,	 /* not required; better with it */
	FINDING_MISSING, /* required: a run would end, or be unsafe */
	FINDING_STATES
};

struct finding {
	const char *name; /* static, as `mend` */
	enum finding_state state;
	char *found;	  /* owned: what there is, in words */
	const char *mend; /* NULL when there is nothing to mend */
};

#define DOCTOR_FINDINGS_MAX 32

struct doctor {
	const struct configuration *configuration; /* borrowed; or NULL */
	unsigned required; /* bits of enum jail_layer, as the policy says */
	struct finding findings[DOCTOR_FINDINGS_MAX];
	int count;
};

/* Notes what was looked at; takes `found`. The mending is told only where
 * there is something to mend. */
void doctor_note(struct doctor *doctor, const char *name,
		 enum finding_state state, char *found, const char *mend);

/* The kernel, its layers, and the workers in their jails. */
void doctor_look_at_sandbox(struct doctor *doctor);
/* Connection, role, audit and settings of the database. */
void doctor_look_at_database(struct doctor *doctor, const char *conninfo);

/*
 * Layers tried in a child: each true when it refuses what it is there to
 * refuse. MDWE only where the kernel has it: `ret_is_there`.
 */
bool doctor_proves_landlock(void);
bool doctor_proves_memory(bool *ret_is_there);
bool doctor_proves_seccomp(void);
bool doctor_proves_lock(void);

/* argv[0] = "doctor"; returns the exit status: 0 when everything required is
 * there, else EXIT_UNSAFE. */
int command_doctor(int argc, char **argv);

#endif
