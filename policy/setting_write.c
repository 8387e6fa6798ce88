#include "pgmend.h"
#include "policy/arena.h"
#include "policy/condition_write.h"
#include "policy/rules.h"
#include "policy/setting.h"
#include "policy/setting_write.h"

#define MILLIONTHS 1000000

/* --- Spelling ------------------------------------------------------------- */

static void
write_decimal(FILE *out, int64_t millionths)
{
	char digits[16];
	size_t size = (size_t)snprintf(digits, sizeof(digits), ".%06lld",
				       (long long)(millionths % MILLIONTHS));

	while (size > 0 && (digits[size - 1] == '0' || digits[size - 1] == '.'))
		size--;
	fprintf(out, "%lld%.*s", (long long)(millionths / MILLIONTHS),
		(int)size, digits);
}

static void
write_value(FILE *out, const struct setting *setting, int at)
{
	const struct setting_word *word = setting_word(setting->row);
	const struct value *value = &setting->values[at];
	bool is_quoted =
		word->form == FORM_STRINGS || word->form == FORM_ZONE ||
		(word->form == FORM_ALERT && value->number == ALERT_CHANNEL);

	if (word->form == FORM_QUANTITY)
		quantity_write(out, word->type, value->number);
	else if (word->form == FORM_DECIMAL)
		write_decimal(out, value->number);
	else if (value->text == NULL)
		fputs(word->words[value->number], out);
	else if (is_quoted)
		string_write(out, value->text);
	else
		fputs(value->text, out);
}

/* Between two values: ", ", but where the kind of value changes. */
static const char *
joint(const struct setting *setting, int at)
{
	const struct setting_word *word = setting_word(setting->row);

	if (word->form == FORM_DETECT && at == setting->value_count - 1)
		return " ";
	if (word->form == FORM_ALERT &&
	    setting->values[at].number != setting->values[at - 1].number)
		return " to ";
	return ", ";
}

void
setting_write_values(FILE *out, const struct setting *setting)
{
	for (int i = 0; i < setting->value_count; i++) {
		if (i > 0)
			fputs(joint(setting, i), out);
		write_value(out, setting, i);
	}
}

void
settings_write(FILE *out, const struct settings *settings)
{
	for (int section = 0; section < SECTIONS; section++) {
		bool is_open = false;

		for (int i = 0; i < settings->count; i++) {
			const struct setting *setting = &settings->of[i];
			const struct setting_word *word =
				setting_word(setting->row);

			if ((int)word->section != section)
				continue;
			if (!is_open)
				fprintf(out, "%s {\n",
					section_name(word->section));
			is_open = true;
			fprintf(out, "    %s ", word->name);
			setting_write_values(out, setting);
			fputc('\n', out);
		}
		if (is_open)
			fputs("}\n", out);
	}
}

/* --- What the layers come to ---------------------------------------------- */

/* Whether the lower layer's word counts where both say something. */
static bool
prevails(const struct setting *lower, const struct setting *upper)
{
	int64_t low = lower->values[0].number, high = upper->values[0].number;

	switch (setting_word(lower->row)->direction) {
	case MAY_LOWER:
		return low < high;
	case MAY_RAISE:
	case MAY_END:
		return low > high;
	case MAY_RAISE_SOME:
		return high != 0 && low > high;
	default:
		return true;
	}
}

static bool
has_value(const struct setting *setting, const struct value *value)
{
	for (int i = 0; i < setting->value_count; i++)
		if (setting->values[i].number == value->number &&
		    same_text(setting->values[i].text, value->text))
			return true;
	return false;
}

static void
add_values(struct arena *arena, struct setting *total,
	   const struct setting *setting)
{
	for (int i = 0; i < setting->value_count; i++)
		if (!has_value(total, &setting->values[i]))
			arena_append(arena, total->values, total->value_count,
				     setting->values[i]);
}

static void
take_setting(struct arena *arena, struct settings *effective,
	     const struct setting *setting)
{
	const struct setting_word *word = setting_word(setting->row);
	bool may_repeat = word->form == FORM_DETECT || word->form == FORM_ALERT;
	bool adds_up =
		word->direction == MAY_ADD || word->direction == MAY_HIDE;
	struct setting *last = effective->count > 0
				       ? &effective->of[effective->count - 1]
				       : NULL;
	struct setting first = {.row = setting->row, .place = setting->place};

	if (last == NULL || last->row != setting->row || may_repeat) {
		add_values(arena, &first, setting);
		arena_append(arena, effective->of, effective->count, first);
	} else if (adds_up) {
		add_values(arena, last, setting);
	} else if (prevails(setting, last)) {
		*last = *setting;
	}
}

static void
take_layer(struct arena *arena, struct settings *effective,
	   const struct layer *layer, int row)
{
	for (int i = 0; i < layer->setting_count; i++)
		if (layer->settings[i].row == row)
			take_setting(arena, effective, &layer->settings[i]);
}

struct settings
settings_effective(struct arena *arena, const struct policy *policy)
{
	struct settings effective = {.count = 0};

	for (int row = 0; setting_word(row) != NULL; row++)
		for (int i = 0; i < policy->layer_count; i++)
			take_layer(arena, &effective, &policy->layers[i], row);
	return effective;
}
