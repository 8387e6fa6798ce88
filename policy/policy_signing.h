/*
 * policy_signing.h - what a set itself asks of its signature: section signing.
 *
 * It can only add to what the supervisor's configuration asks: whoever can
 * change the set could take its section out.
 */
#ifndef POLICY_POLICY_SIGNING_H
#define POLICY_POLICY_SIGNING_H

struct error;
struct policy;

/* What a signature of policies is for; one for anything else is none. */
#define SIGNING_NAMESPACE "pgmend-policy"

/* Fails (EXIT_USAGE, F14) when the set isn't content with who signed it; NULL:
 * nobody did. Of this set alone, not of those on top of it. */
int policy_check_signer(const struct policy *policy, const char *signer,
			struct error *err);

#endif
