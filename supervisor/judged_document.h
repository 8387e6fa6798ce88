/*
 * judged_document.h - what was judged, and by which facts, as the audit keeps
 * it: enough for `policy replay` to judge it again by another policy.
 */
#ifndef SUPERVISOR_JUDGED_DOCUMENT_H
#define SUPERVISOR_JUDGED_DOCUMENT_H

struct document;
struct grounds;
struct plan;

/*
 * One object for each action of each statement that was understood, and one
 * for the replay: {"op","target","sql","facts"}, sql null for a replay. Facts
 * are as facts_document.h reads them, clock and today among them.
 */
struct document *
judged_document(const struct plan *plan, const struct grounds *grounds);

#endif
