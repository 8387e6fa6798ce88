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
 * The values that an enum lacks, by column; "" when there are none. In no
 * fingerprint, but beside it: witnesses and answers are about one label, else
 * that of one record would be made for good on the word of others. The caller
 * frees it.
 */
char *
missing_labels(const struct replay *replay, const struct catalog *catalog);

#endif
