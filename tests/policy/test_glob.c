/* What several globs can do together, against every short name there is. */
#include "tests/policy/random_policy.h"
#include "tests/test.h"

#include "policy/arena.h"
#include "policy/glob.h"
#include "policy/keys.h"

#define GLOBS 4
#define LETTERS "ab_A \xC3\xA9"
#define LENGTH 4 /* characters of the names that are tried */

static const enum glob_reading readings[] = {
	GLOB_EXACT, GLOB_VALUE, GLOB_NARROW, GLOB_COLUMN, GLOB_WIDE, GLOB_WIDE};

/* Matches by trying every split: slow, and plainly right. */
static bool
matches_slowly(const struct glob *glob, const char *at, const char *text)
{
	bool is_star = *at == '*' && glob->reading != GLOB_EXACT;

	if (*at == '\0')
		return *text == '\0';
	if (!is_star)
		return *text != '\0' &&
		       glob_same(glob->reading, (unsigned char)*at,
				 (unsigned char)*text) &&
		       matches_slowly(glob, at + 1, text + 1);
	if (matches_slowly(glob, at + 1, text))
		return true;
	return *text != '\0' &&
	       glob_covers(glob->reading, (unsigned char)*text) &&
	       matches_slowly(glob, at, text + 1);
}

/* What an unquoted glob can't hold stands in exact ones and values alone. */
static char *
random_glob(unsigned *seed, enum glob_reading reading)
{
	static const char *const plain[] = {"a", "b", "_", "*", "*"};
	static const char *const any[] = {"a", "b", "A", " ", "*", "\xC3\xA9"};
	bool is_free = reading == GLOB_EXACT || reading == GLOB_VALUE;
	int length = 1 + (int)random_below(seed, 4);
	char *text = NULL;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	for (int i = 0; i < length; i++)
		fputs(is_free ? random_of(seed, any) : random_of(seed, plain),
		      out);
	fclose(out);
	return text;
}

/* --- Every short name ----------------------------------------------------- */

struct trial {
	struct glob globs[GLOBS];
	int choices[GLOBS];
	struct keys walked; /* combinations that the walk found */
	int names, wrong, missed;
};

static uint64_t
combination_of(struct trial *trial, const char *name)
{
	uint64_t bits = 0;

	for (int i = 0; i < GLOBS; i++) {
		bool matches = matches_slowly(&trial->globs[i],
					      trial->globs[i].text, name);

		trial->wrong += matches != glob_matches(&trial->globs[i], name);
		if (matches)
			bits |= UINT64_C(1) << trial->choices[i];
	}
	return bits;
}

static void
try_names(struct trial *trial, char *name, size_t size, int left)
{
	uint64_t bits;
	int known = trial->walked.count;

	if (size > 0) {
		bits = combination_of(trial, name);
		trial->missed +=
			keys_add(&trial->walked, &bits, sizeof(bits)) == known;
		trial->names++;
	}
	for (const char *at = LETTERS; left > 0 && *at != '\0';) {
		size_t width = (unsigned char)*at < 0x80 ? 1 : 2;

		memcpy(name + size, at, width);
		name[size + width] = '\0';
		try_names(trial, name, size + width, left - 1);
		at += width;
	}
	name[size] = '\0';
}

/* --- The walk ------------------------------------------------------------- */

static int
walk(struct trial *trial, struct arena *arena)
{
	struct glob_set set = {
		.of = trial->globs, .choices = trial->choices, .count = GLOBS};
	struct glob_words words = glob_walk(arena, &set, "usual");
	int wrong = words.is_complete ? 0 : 1;

	for (int i = 0; i < words.count; i++) {
		uint64_t bits = combination_of(trial, words.of[i].text);
		int known = trial->walked.count;

		wrong += bits != *words.of[i].matches;
		wrong += keys_add(&trial->walked, &bits, sizeof(bits)) < known;
		wrong += strlen(words.of[i].text) > GLOB_WORD_MAX;
	}
	return wrong;
}

static void
finds_every_combination(void)
{
	unsigned seed = 11;
	int names = 0, wrong_matches = 0, wrong_words = 0, missed = 0;

	for (int round = 0; round < 100; round++) {
		struct arena *arena = arena_new();
		struct trial trial = {.names = 0};
		char name[4 * LENGTH + 1] = "";

		for (int i = 0; i < GLOBS; i++) {
			enum glob_reading reading = random_of(&seed, readings);
			char *text = random_glob(&seed, reading);

			trial.globs[i].reading = reading;
			trial.globs[i].text = arena_print(arena, "%s", text);
			/* Every other round some globs share a choice. */
			trial.choices[i] = round % 2 == 0 ? i : i / 2;
			free(text);
		}
		wrong_words += walk(&trial, arena);
		try_names(&trial, name, 0, LENGTH);
		names += trial.names;
		wrong_matches += trial.wrong;
		missed += trial.missed;
		keys_release(&trial.walked);
		arena_free(arena);
	}
	printf("# %d names\n", names);
	test("a glob matches what some split of the name matches",
	     wrong_matches == 0);
	test("each word brings its own combination about", wrong_words == 0);
	test("no name brings about one that wasn't found", missed == 0);
}

/* --- Examples ------------------------------------------------------------- */

static const char *
word_for(struct glob one, struct glob other)
{
	static char found[GLOB_WORD_MAX + 1];
	struct arena *arena = arena_new();
	struct glob globs[] = {one, other};
	struct glob_set set = {.of = globs, .count = 2};
	struct glob_words words = glob_walk(arena, &set, "q");

	*found = '\0';
	for (int i = 0; i < words.count; i++)
		if (*words.of[i].matches == 3)
			snprintf(found, sizeof(found), "%s", words.of[i].text);
	arena_free(arena);
	return found;
}

static void
finds_the_shortest_word(void)
{
	struct glob front = {.text = "raw_*", .reading = GLOB_NARROW};
	struct glob back = {.text = "*_raw", .reading = GLOB_WIDE};
	struct glob head = {.text = "a*", .reading = GLOB_WIDE};
	struct glob tail = {.text = "*b", .reading = GLOB_NARROW};
	struct glob quoted = {.text = "raw_ x", .reading = GLOB_EXACT};

	test_text("an overlap in the middle is found", word_for(front, back),
		  "raw_raw");
	test_text("and one at both ends", word_for(head, tail), "ab");
	test_text("a narrow star covers no space", word_for(front, quoted), "");
}

static void
gives_up_in_time(void)
{
	struct arena *arena = arena_new();
	struct glob globs[40];
	struct glob_set set = {.of = globs, .count = 40};
	unsigned seed = 3;

	for (int i = 0; i < 40; i++) {
		globs[i].reading = GLOB_WIDE;
		globs[i].text = arena_print(arena, "*%c%c%c%c*",
					    'a' + (char)random_below(&seed, 9),
					    'a' + (char)random_below(&seed, 9),
					    'a' + (char)random_below(&seed, 9),
					    'a' + (char)random_below(&seed, 9));
	}
	test("too many combinations are said to be too many",
	     !glob_walk(arena, &set, "q").is_complete);
	set.choices = (const int[40]){0};
	test("but not where it doesn't matter which of them matches",
	     glob_walk(arena, &set, "q").is_complete);
	arena_free(arena);
}

int
main(void)
{
	finds_every_combination();
	finds_the_shortest_word();
	gives_up_in_time();
	return test_end();
}
