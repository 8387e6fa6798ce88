/*
 * explain_reasons.h - why an answer is what it is, one action at a time.
 */
#ifndef SUPERVISOR_EXPLAIN_REASONS_H
#define SUPERVISOR_EXPLAIN_REASONS_H

#include "policy/judge.h"
#include "policy/reasons.h"

struct answer;
struct policy;
struct question;

/* One action as it was judged; its texts are the answer's, the question's and
 * the policy's. */
struct told {
	struct subject subject;
	struct facts facts;
	struct type from; /* the old type; what the subject points to */
	struct reasons *reasons;
};

void answer_tell(struct told *ret_told, const struct answer *answer, int action,
		 const struct question *question, const struct policy *policy);
void told_release(struct told *told);
#define auto_told __attribute__((cleanup(told_release)))

/* What is in the way of `wanted`, for this action. */
struct obstacles told_why_not(struct told *told, const struct policy *policy,
			      enum decision wanted);

#endif
