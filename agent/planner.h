/*
 * planner.h - the deterministic planner: new fields become nullable columns.
 *
 * Pure: the brief in, a proposal out, the same for the same. Sure or silent:
 * it gives up on other classes of drift, on a field whose values don't settle
 * its type, and on a name that resembles a column which the statement leaves
 * out, since that may be a renamed key. What it proposes is judged like
 * anybody's.
 */
#ifndef AGENT_PLANNER_H
#define AGENT_PLANNER_H

struct error;

/* A field that goes to another column, or through a transform; owned. */
struct proposal_mapping {
	char *field, *column;
	char *transform; /* NULL: as it is */
};

/* The arguments of propose_repair that aren't fixed, or of give_up. */
struct proposal {
	char *give_up; /* the reason; then the others are NULL */
	char *diagnosis;
	char *statement; /* one ALTER TABLE; NULL where mappings do it */
	struct proposal_mapping *mappings;
	int mapping_count;
	char *reasoning;
};

/* Fails only when the brief can't be read. */
int planner_propose(struct proposal *ret_proposal, const char *brief,
		    struct error *err);
void proposal_release(struct proposal *proposal);

#endif
