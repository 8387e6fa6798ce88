/*
 * glob.h - a pattern of one name, and the five ways to read it. Private to
 * policy/.
 *
 * A narrow reading is for what widens a policy, a wide one for what restricts
 * it: whoever writes `deny` means more names, whoever writes `allow` fewer.
 */
#ifndef POLICY_GLOB_H
#define POLICY_GLOB_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

enum glob_reading {
	GLOB_EXACT,  /* quoted: no wildcard */
	GLOB_VALUE,  /* '*' is anything; case matters: facts and types */
	GLOB_NARROW, /* '*' is [a-z0-9_$]; case matters */
	GLOB_COLUMN, /* the same with A-Z, since producers send camelCase */
	GLOB_WIDE    /* '*' is anything, and case doesn't matter */
};

struct glob {
	const char *text;
	enum glob_reading reading;
};

bool glob_matches(const struct glob *glob, const char *text);

/* What a '*' may stand for, and whether a letter stands for another. */
bool glob_covers(enum glob_reading reading, unsigned char c);
bool
glob_same(enum glob_reading reading, unsigned char left, unsigned char right);

/* --- glob_walk.c: what several globs can do together ---------------------- */

/* A name, and the choices of which some glob matches it. */
struct glob_word {
	const char *text;
	const uint64_t *matches; /* bit per choice */
};

struct glob_words {
	struct glob_word *of;
	int count;
	bool is_complete; /* false: too many combinations to find them all */
};

/* Names have at most this many bytes. */
#define GLOB_WORD_MAX 63

/* Globs, each of a choice: where one of several matches, it doesn't matter
 * which. Without `choices` each is one of its own. */
struct glob_set {
	const struct glob *of;
	const int *choices;
	int count;
};

/*
 * Every combination of "these choices match, those don't" that some name of 1
 * to GLOB_WORD_MAX bytes brings about, each once with a shortest such name;
 * `usual` stands for its own combination, whatever its length. Walks the
 * product of all globs' automata, so nothing is sampled.
 */
struct glob_words
glob_walk(struct arena *arena, const struct glob_set *globs, const char *usual);

#endif
