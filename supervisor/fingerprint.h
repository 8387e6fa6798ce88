/*
 * fingerprint.h - what tells drifts of one table apart.
 */
#ifndef SUPERVISOR_FINGERPRINT_H
#define SUPERVISOR_FINGERPRINT_H

struct catalog;
struct replay;

/*
 * What the statement wants and the table doesn't have, as sorted lines
 * "column:types", and what the table wants and a record doesn't have, as
 * "column:missing"; names quoted. The part of a fingerprint that tells drifts
 * apart. The caller frees it.
 */
char *
fingerprint_columns(const struct replay *replay, const struct catalog *catalog);

/*
 * The values that an enum lacks, or a table partitioned by LIST, as sorted
 * lines "column=value"; "" when there are none. In no fingerprint, but beside
 * it: answers are about one label. The caller frees it.
 */
char *
unknown_values(const struct replay *replay, const struct catalog *catalog);

/*
 * What one record shows of such a drift: its own unknown values and missing
 * fields, as lines; "" when it shows none. Witnesses are counted by it: a
 * hundred good records beside one that is odd say nothing of what is odd. The
 * caller frees it.
 */
char *record_marks(const struct replay *replay, const struct catalog *catalog,
		   int record);

#endif
