#include "pgmend.h"
#include "supervisor/configuration.h"
#include "supervisor/configuration_keys.h"

#define SUGGEST_DISTANCE_MAX 2 /* edits between a slip and what was meant */
#define KEY_MAX 40

enum kind {
	KIND_TEXT,
	KIND_WORD,
	KIND_PATH,
	KIND_DURATION,
	KIND_TABLES,
	KIND_HEADER /* the only key that may be given again */
};

struct key {
	const char *name;
	enum kind kind;
	size_t at;	   /* of the field in its struct */
	const char *words; /* KIND_WORD: those allowed, each between spaces */
};

struct keys {
	const struct key *first;
	size_t count;
};

static const struct key top_keys[] = {
	{"db", KIND_TEXT, offsetof(struct configuration, db), NULL},
	{"user", KIND_TEXT, offsetof(struct configuration, user), NULL},
	{"policy", KIND_PATH, offsetof(struct configuration, policy), NULL},
	{"policy_signers", KIND_PATH,
	 offsetof(struct configuration, policy_signers), NULL},
	{"audit_schema", KIND_TEXT,
	 offsetof(struct configuration, audit_schema), NULL},
	{"timeout", KIND_DURATION, offsetof(struct configuration, timeout_ms),
	 NULL},
	{"api_key_file", KIND_PATH,
	 offsetof(struct configuration, api_key_file), NULL},
	{"base_url", KIND_TEXT, offsetof(struct configuration, base_url), NULL},
	{"auth", KIND_TEXT, offsetof(struct configuration, auth), NULL},
	{"proxy", KIND_TEXT, offsetof(struct configuration, proxy), NULL},
	{"header", KIND_HEADER, offsetof(struct configuration, headers), NULL},
	{"ca_file", KIND_PATH, offsetof(struct configuration, ca_file), NULL},
	{"ca_path", KIND_PATH, offsetof(struct configuration, ca_path), NULL},
	{"prices", KIND_PATH, offsetof(struct configuration, prices), NULL},
	{"planner", KIND_WORD, offsetof(struct configuration, planner),
	 " auto claude builtin "},
};

static const struct key pipeline_keys[] = {
	{"tables", KIND_TABLES, offsetof(struct pipeline, tables), NULL},
	{"role", KIND_TEXT, offsetof(struct pipeline, role), NULL},
	{"timezone", KIND_TEXT, offsetof(struct pipeline, timezone), NULL},
	{"datestyle", KIND_TEXT, offsetof(struct pipeline, datestyle), NULL},
	{"intervalstyle", KIND_TEXT, offsetof(struct pipeline, intervalstyle),
	 NULL},
	{"search_path", KIND_TEXT, offsetof(struct pipeline, search_path),
	 NULL},
	{"rows", KIND_WORD, offsetof(struct pipeline, rows), " keep prove "},
	{"policy", KIND_PATH, offsetof(struct pipeline, policy), NULL},
};

static const struct keys levels[] = {
	{top_keys, array_size(top_keys)},
	{pipeline_keys, array_size(pipeline_keys)},
};

/* Single-letter edits from one word to the other (Levenshtein). */
static size_t
distance(const char *left, const char *right)
{
	size_t row[KEY_MAX + 1];
	size_t size = strlen(right);

	for (size_t j = 0; j <= size; j++)
		row[j] = j;
	for (size_t i = 0; left[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < size; j++) {
			size_t best = diagonal + (left[i] != right[j]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			diagonal = row[j + 1];
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[j + 1] = best;
		}
	}
	return row[size];
}

static int
refuse_unknown(const struct keys *keys, const char *name, struct error *err)
{
	const char *nearest = NULL;
	size_t least = SUGGEST_DISTANCE_MAX + 1;

	for (size_t i = 0; i < keys->count && strlen(name) < KEY_MAX; i++) {
		size_t edits = distance(name, keys->first[i].name);

		if (edits < least && edits < strlen(keys->first[i].name)) {
			least = edits;
			nearest = keys->first[i].name;
		}
	}
	if (nearest == NULL)
		return fail(err, "unknown key \"%.60s\"", name);
	return fail(err, "unknown key \"%.60s\"; did you mean \"%s\"?", name,
		    nearest);
}

/* A relative path starts at the file that names it. */
static char *
resolve(const struct configuration *configuration, const char *path)
{
	const char *slash = strrchr(configuration->path, '/');

	if (*path == '/' || slash == NULL)
		return xstrdup(path);
	return xprintf("%.*s/%s", (int)(slash - configuration->path),
		       configuration->path, path);
}

/* One schema.table: a point inside, and no other. */
static bool
is_table(const char *name)
{
	const char *point = strchr(name, '.');

	return point != NULL && point != name && point[1] != '\0' &&
	       strchr(point + 1, '.') == NULL;
}

static int
set_tables(struct pipeline *pipeline, const char *value, struct error *err)
{
	auto_free char *list = xstrdup(value);
	char *rest = list;

	for (char *name; (name = strsep(&rest, ",")) != NULL;) {
		size_t size;

		name += strspn(name, " \t");
		size = strcspn(name, " \t");
		if (name[size + strspn(name + size, " \t")] != '\0')
			return fail(err, "\"%.60s\": comma wanted", name);
		name[size] = '\0';
		if (!is_table(name))
			return fail(err, "\"%.60s\": schema.table wanted",
				    name);
		pipeline->tables = xreallocarray(
			pipeline->tables, (size_t)pipeline->table_count + 1,
			sizeof(*pipeline->tables));
		pipeline->tables[pipeline->table_count++] = xstrdup(name);
	}
	return 0;
}

/* What a header may say, endpoint.c checks. */
static int
add_header(struct configuration *configuration, const char *value)
{
	configuration->headers = xreallocarray(
		configuration->headers, (size_t)configuration->header_count + 1,
		sizeof(*configuration->headers));
	configuration->headers[configuration->header_count++] = xstrdup(value);
	return 0;
}

static int
set_duration(int64_t *field, const char *value, struct error *err)
{
	if (duration_parse(field, value, err) < 0)
		return -1;
	return *field > 0 ? 0 : fail(err, "a duration of nothing");
}

static int
refuse_word(const struct key *key, const char *value, struct error *err)
{
	return fail(err, "%s = %.60s: one of%swanted", key->name, value,
		    key->words);
}

static bool
is_word_of(const struct key *key, const char *value)
{
	auto_free char *word = xprintf(" %s ", value);

	return strstr(key->words, word) != NULL && strchr(value, ' ') == NULL;
}

/* `object` is the struct that the key's offset counts from. */
static int
set_field(const struct configuration *configuration, void *object,
	  const struct key *key, const char *value, struct error *err)
{
	void *field = (char *)object + key->at;
	char **text = field;

	if (key->kind == KIND_DURATION)
		return *(int64_t *)field == 0
			       ? set_duration(field, value, err)
			       : fail(err, "%s is given twice", key->name);
	if (key->kind == KIND_HEADER)
		return add_header(object, value);
	if (*text != NULL)
		return fail(err, "%s is given twice", key->name);
	if (key->kind == KIND_TABLES)
		return set_tables(object, value, err);
	if (key->kind == KIND_WORD && !is_word_of(key, value))
		return refuse_word(key, value, err);
	*text = key->kind == KIND_PATH ? resolve(configuration, value)
				       : xstrdup(value);
	return 0;
}

int
configuration_set(struct configuration *configuration,
		  struct pipeline *pipeline, const char *name,
		  const char *value, struct error *err)
{
	const struct keys *keys = &levels[pipeline != NULL];
	void *object = pipeline != NULL ? (void *)pipeline : configuration;

	if (*value == '\0')
		return fail(err, "%.60s has no value", name);
	for (size_t i = 0; i < keys->count; i++) {
		if (strcmp(name, keys->first[i].name) == 0)
			return set_field(configuration, object, &keys->first[i],
					 value, err);
	}
	return refuse_unknown(keys, name, err);
}
