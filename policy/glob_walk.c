/*
 * All globs of one part of a name, walked at once and breadth first. A state is
 * the set of places within all globs that a name may have reached so far; what
 * can't be told apart any more falls together, so literal names cost what they
 * cost in a tree of prefixes.
 */
#include "pgmend.h"
#include "policy/arena.h"
#include "policy/glob_spot.h"
#include "policy/keys.h"

/* Combinations of spots, and moves of one spot by one character: about a second
 * of work. */
#define STATES_MAX 100000
#define MOVES_MAX 100000000

/* How a state was reached first. */
struct step {
	int before; /* -1: the empty name */
	int length; /* bytes of the name so far */
	char symbol[GLOB_SYMBOL_MAX + 1];
};

struct walk {
	struct arena *arena;
	struct spots spots;
	struct keys states; /* each a sorted array of spots */
	struct step *steps; /* by state */
	int step_room;
	struct keys found; /* which choices match, as bits */
	struct glob_words words;
	uint64_t *matches; /* room for one combination */
};

/* The number of the state in walk->spots.next, with how it was reached. */
static int
keep_state(struct walk *walk, int count, int before, const char *symbol)
{
	int known = walk->states.count;
	int state = keys_add(&walk->states, walk->spots.next,
			     (size_t)count * sizeof(*walk->spots.next));
	struct step *step;

	if (state < known)
		return state;
	if (state == walk->step_room) {
		walk->step_room = 2 * walk->step_room + 64;
		walk->steps =
			xreallocarray(walk->steps, (size_t)walk->step_room,
				      sizeof(*walk->steps));
	}
	step = &walk->steps[state];
	*step = (struct step){.before = before};
	snprintf(step->symbol, sizeof(step->symbol), "%s", symbol);
	if (before >= 0)
		step->length = walk->steps[before].length + (int)strlen(symbol);
	return state;
}

/* --- What was found ------------------------------------------------------- */

static const char *
text_of(struct walk *walk, int state)
{
	char text[GLOB_WORD_MAX + GLOB_SYMBOL_MAX + 1];
	int at = walk->steps[state].length;

	text[at] = '\0';
	for (; walk->steps[state].before >= 0;
	     state = walk->steps[state].before) {
		const char *symbol = walk->steps[state].symbol;

		at -= (int)strlen(symbol);
		memcpy(text + at, symbol, strlen(symbol));
	}
	return arena_print(walk->arena, "%s", text);
}

/* Keeps the combination when it is a new one; `text` may be NULL. */
static void
note(struct walk *walk, const int *state, int size, int number,
     const char *text)
{
	size_t bytes =
		bits_words(walk->spots.choice_count) * sizeof(*walk->matches);
	struct glob_word word = {.text = text};
	uint64_t *matches;
	int known = walk->found.count;

	memset(walk->matches, 0, bytes);
	for (int i = 0; i < size; i++)
		if (walk->spots.of[state[i]].is_end)
			bits_set(walk->matches,
				 walk->spots.of[state[i]].choice);
	if (keys_add(&walk->found, walk->matches, bytes) < known)
		return;
	matches = arena_take(walk->arena, bytes);
	memcpy(matches, walk->matches, bytes);
	word.matches = matches;
	if (text == NULL)
		word.text = text_of(walk, number);
	arena_append(walk->arena, walk->words.of, walk->words.count, word);
}

/* The usual name is no path of the walk: it may be longer than need be. */
static void
note_usual(struct walk *walk, const char *usual)
{
	auto_free int *state =
		xcalloc((size_t)walk->spots.count + 1, 2 * sizeof(*state));
	int size = spots_start(&walk->spots);

	for (const char *at = usual; *at != '\0'; at++) {
		const char symbol[] = {*at, '\0'};

		memcpy(state, walk->spots.next, (size_t)size * sizeof(*state));
		size = spots_move(&walk->spots, state, size, symbol);
	}
	memcpy(state, walk->spots.next, (size_t)size * sizeof(*state));
	note(walk, state, size, -1, usual);
}

/* --- Which characters matter in a state ----------------------------------- */

struct alphabet {
	bool has[256]; /* characters of one byte that are spelled out */
};

static void
add_cases(struct alphabet *alphabet, const struct spot *spot)
{
	unsigned char c = (unsigned char)*spot->symbol;

	if (spot->is_end || spot->is_star || spot->symbol[1] != '\0')
		return;
	alphabet->has[c] = true;
	if (spot->reading != GLOB_WIDE)
		return;
	if (c >= 'a' && c <= 'z')
		alphabet->has[c - 'a' + 'A'] = true;
	if (c >= 'A' && c <= 'Z')
		alphabet->has[c - 'A' + 'a'] = true;
}

/* Of a class whose members are alike but for those that are spelled out: the
 * first one that isn't, or '\0'. */
static char
stranger(const struct alphabet *alphabet, const char *class)
{
	for (; *class != '\0'; class ++)
		if (!alphabet->has[(unsigned char)*class])
			return *class;
	return '\0';
}

static void
go(struct walk *walk, int state, const char *symbol)
{
	/* A key moves when others are added: it is asked for anew. */
	const int *spots = keys_bytes(&walk->states, state);
	int size = (int)(keys_size(&walk->states, state) / sizeof(*spots));
	int length = walk->steps[state].length + (int)strlen(symbol);
	int known = walk->states.count, count, next;

	if (*symbol == '\0' || length > GLOB_WORD_MAX)
		return;
	count = spots_move(&walk->spots, spots, size, symbol);
	next = keep_state(walk, count, state, symbol);
	if (next == known)
		note(walk, walk->spots.next, count, next, NULL);
}

static void
go_everywhere(struct walk *walk, int state)
{
	static const char *const classes[] = {
		"qzxvwyjkabcdefghilmnoprstu0123456789_$",
		"QZXVWYJKABCDEFGHILMNOPRSTU", " -+.:;,#!?%&/()<>=@[]^{}|~"};
	size_t size = keys_size(&walk->states, state);
	auto_free int *spots = xcalloc(1, size);
	struct alphabet alphabet = {.has = {false}};
	char strangers[array_size(classes)][2] = {{0}};

	/* Where nothing can match any more, nothing is left to be found. */
	if (size == 0)
		return;
	memcpy(spots, keys_bytes(&walk->states, state), size);
	size /= sizeof(*spots);
	for (size_t i = 0; i < size; i++)
		add_cases(&alphabet, &walk->spots.of[spots[i]]);
	for (size_t i = 0; i < array_size(classes); i++)
		strangers[i][0] = stranger(&alphabet, classes[i]);
	go(walk, state, strangers[0]);
	for (int c = 255; c > 0; c--)
		if (alphabet.has[c])
			go(walk, state, (const char[]){(char)c, '\0'});
	for (size_t i = 0; i < size; i++)
		if (walk->spots.of[spots[i]].symbol[1] != '\0')
			go(walk, state, walk->spots.of[spots[i]].symbol);
	go(walk, state, strangers[1]);
	go(walk, state, strangers[2]);
}

/* --- The whole ------------------------------------------------------------ */

static bool
is_affordable(const struct walk *walk)
{
	return walk->states.count <= STATES_MAX &&
	       walk->spots.moves <= MOVES_MAX;
}

struct glob_words
glob_walk(struct arena *arena, const struct glob_set *globs, const char *usual)
{
	struct walk walk = {.arena = arena};
	auto_free uint64_t *matches = NULL;

	spots_make(&walk.spots, arena, globs);
	walk.matches = matches =
		xcalloc(bits_words(walk.spots.choice_count), sizeof(uint64_t));
	note_usual(&walk, usual);
	keep_state(&walk, spots_start(&walk.spots), -1, "");
	for (int i = 0; i < walk.states.count && is_affordable(&walk); i++)
		go_everywhere(&walk, i);
	walk.words.is_complete = is_affordable(&walk);
	spots_release(&walk.spots);
	keys_release(&walk.states);
	keys_release(&walk.found);
	free(walk.steps);
	return walk.words;
}
