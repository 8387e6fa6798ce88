#include "pgmend.h"
#include "policy/arena.h"
#include "policy/glob_spot.h"

/* --- The spots of all globs ----------------------------------------------- */

static int
symbol_size(const char *text)
{
	unsigned char first = (unsigned char)*text;
	int size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

	for (int i = 1; i < size; i++)
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			return 1;
	return size;
}

static void
add_spot(struct spots *spots, struct spot spot)
{
	arena_append(spots->arena, spots->of, spots->count, spot);
}

static void
add_glob(struct spots *spots, const struct glob *glob, int number, int choice)
{
	struct spot spot = {
		.glob = number, .choice = choice, .reading = glob->reading};
	const char *at = glob->text;

	while (*at != '\0') {
		int size = symbol_size(at);

		spot.is_star = *at == '*' && glob->reading != GLOB_EXACT;
		snprintf(spot.symbol, sizeof(spot.symbol), "%.*s", size, at);
		at += size;
		while (spot.is_star && *at == '*')
			at++;
		add_spot(spots, spot);
	}
	spot.is_star = false;
	spot.is_end = true;
	*spot.symbol = '\0';
	add_spot(spots, spot);
}

void
spots_make(struct spots *spots, struct arena *arena,
	   const struct glob_set *globs)
{
	static const struct glob anything = {.text = "*",
					     .reading = GLOB_VALUE};

	*spots = (struct spots){.arena = arena};
	for (int i = 0; i < globs->count; i++) {
		int choice = globs->choices == NULL ? i : globs->choices[i];

		add_glob(spots, &globs->of[i], i, choice);
		if (choice >= spots->choice_count)
			spots->choice_count = choice + 1;
	}
	spots->settled = spots->count;
	for (int i = 0; i < spots->choice_count; i++)
		add_glob(spots, &anything, globs->count + i, i);
	spots->next = xcalloc((size_t)spots->count + 1, 2 * sizeof(int));
	spots->spare = xcalloc((size_t)spots->count + 1, sizeof(int));
	spots->is_settled = xcalloc((size_t)spots->choice_count, sizeof(bool));
}

void
spots_release(struct spots *spots)
{
	free(spots->next);
	free(spots->spare);
	free(spots->is_settled);
}

/* --- Moving --------------------------------------------------------------- */

/* The spot, and the one after it where it is a star that may be empty. */
static int
enter(const struct spots *spots, int *state, int count, int spot)
{
	state[count++] = spot;
	if (spots->of[spot].is_star)
		state[count++] = spot + 1;
	return count;
}

/* Nearly sorted as it comes. */
static void
sort_spots(int *state, int count)
{
	for (int i = 1; i < count; i++) {
		int spot = state[i], j = i;

		for (; j > 0 && state[j - 1] > spot; j--)
			state[j] = state[j - 1];
		state[j] = spot;
	}
}

/* Each spot once, and of each glob only the last star that was reached and what
 * comes after it: whatever an earlier spot would match from here on, that star
 * matches as well. This is what keeps the states of "*x*" few. */
static int
drop_earlier(const struct spots *spots, int *state, int count)
{
	int kept = 0, glob = -1, first = 0;

	for (int i = 0; i < count; i++) {
		const struct spot *spot = &spots->of[state[i]];

		if (i > 0 && state[i] == state[i - 1])
			continue;
		if (spot->glob != glob)
			first = kept;
		glob = spot->glob;
		if (spot->is_star)
			kept = first;
		state[kept++] = state[i];
	}
	return kept;
}

/* True at a last star that is anything: its choice matches from here on. */
static bool
settles(const struct spots *spots, int spot)
{
	const struct spot *star = &spots->of[spot];

	return star->is_star && star[1].is_end &&
	       (star->reading == GLOB_WIDE || star->reading == GLOB_VALUE);
}

/* A settled choice needs no other spots, and is the same whichever of its globs
 * settled it. */
static int
drop_settled(struct spots *spots, int *state, int count)
{
	int kept = 0, found = 0;

	for (int i = 0; i < count; i++)
		if (settles(spots, state[i]))
			spots->is_settled[spots->of[state[i]].choice] = true;
	for (int i = 0; i < count; i++)
		if (!spots->is_settled[spots->of[state[i]].choice])
			state[kept++] = state[i];
		else if (settles(spots, state[i]))
			spots->spare[found++] = spots->of[state[i]].choice;
	for (int i = 0; i < found; i++) {
		if (!spots->is_settled[spots->spare[i]])
			continue;
		spots->is_settled[spots->spare[i]] = false;
		state[kept++] = spots->settled + 2 * spots->spare[i];
		state[kept++] = spots->settled + 2 * spots->spare[i] + 1;
	}
	sort_spots(state, kept);
	return kept;
}

static int
normalise(struct spots *spots, int *state, int count)
{
	sort_spots(state, count);
	return drop_settled(spots, state, drop_earlier(spots, state, count));
}

static bool
star_covers(const struct spot *spot, const char *symbol)
{
	return glob_covers(spot->reading, (unsigned char)*symbol);
}

static bool
spot_takes(const struct spot *spot, const char *symbol)
{
	if (spot->is_end)
		return false;
	if (spot->symbol[1] == '\0' && symbol[1] == '\0')
		return glob_same(spot->reading, (unsigned char)*spot->symbol,
				 (unsigned char)*symbol);
	return strcmp(spot->symbol, symbol) == 0;
}

int
spots_move(struct spots *spots, const int *state, int size, const char *symbol)
{
	int count = 0;

	spots->moves += size + 1;
	for (int i = 0; i < size; i++) {
		const struct spot *spot = &spots->of[state[i]];

		if (spot->is_star) {
			if (star_covers(spot, symbol))
				count = enter(spots, spots->next, count,
					      state[i]);
		} else if (spot_takes(spot, symbol)) {
			count = enter(spots, spots->next, count, state[i] + 1);
		}
	}
	return normalise(spots, spots->next, count);
}

int
spots_start(struct spots *spots)
{
	int count = 0;

	for (int i = 0; i < spots->settled; i++)
		if (i == 0 || spots->of[i - 1].is_end)
			count = enter(spots, spots->next, count, i);
	return normalise(spots, spots->next, count);
}
