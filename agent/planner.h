/*
 * planner.h - the deterministic planner: each class of drift that needs no
 * judgement of meaning, by a file of its own (plan_*.c).
 *
 * Pure: the brief in, a proposal out, the same for the same. Sure or silent: it
 * gives up where names only resemble each other, where the values don't settle
 * a type, and where a part of what is broken can't be mended for sure. What it
 * proposes is judged like anybody's.
 */
#ifndef AGENT_PLANNER_H
#define AGENT_PLANNER_H

struct error;

/* A field that goes to another column, or through a transform; owned. */
struct proposal_mapping {
	char *field, *column;
	char *transform; /* NULL: as it is */
};

/* The arguments of propose_repair, or of give_up. */
struct proposal {
	char *give_up; /* the reason; then the others are empty */
	char *diagnosis;
	char **statements;
	int statement_count;
	struct proposal_mapping *mappings;
	int mapping_count;
	char **advice; /* then there is nothing else */
	int advice_count;
	const char *risk_level; /* static: LOW for what adds alone */
	char *reasoning;
};

/* Fails only when the brief can't be read. */
int planner_propose(struct proposal *ret_proposal, const char *brief,
		    struct error *err);
void proposal_release(struct proposal *proposal);
void proposal_forget_mappings(struct proposal *proposal);

#endif
