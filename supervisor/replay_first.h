/*
 * replay_first.h - an incident without a payload, whose records are all in the
 * replay file: the first of them bears witness.
 */
#ifndef SUPERVISOR_REPLAY_FIRST_H
#define SUPERVISOR_REPLAY_FIRST_H

struct error;
struct incident;
struct stream;

/*
 * Makes the file's first record the payload of an incident that has none. Read
 * once more with the others it is known again, and not written twice. It is one
 * alone: nobody said that all in the file failed by the same, and what a single
 * odd record asks for is no drift. Lines that are no records are passed over,
 * and a file of nothing else changes nothing. The stream is at its beginning
 * before and after.
 */
int replay_take_first(struct incident **incident, struct stream *stream,
		      struct error *err);

#endif
