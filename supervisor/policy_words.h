/*
 * policy_words.h - `pgmend policy facts`, `ops` and `floor`: the closed words
 * of the policy language, printed from the tables that its parser uses.
 */
#ifndef SUPERVISOR_POLICY_WORDS_H
#define SUPERVISOR_POLICY_WORDS_H

struct option_table;
struct options;

extern const struct option_table policy_facts_table;
extern const struct option_table policy_ops_table;
extern const struct option_table policy_floor_table;

/* Each prints its words and returns the exit status. */
int policy_facts(const struct options *options);
int policy_ops(const struct options *options);
int policy_floor(const struct options *options);

#endif
