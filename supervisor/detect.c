/*
 * detect.c - e-mail addresses and numbers; detect_secret.c knows tokens and
 * keys.
 */
#include "pgmend.h"
#include "supervisor/detect.h"
#include "supervisor/detect_secret.h"

#define CARD_DIGITS_MIN 13
#define CARD_DIGITS_MAX 19
#define PHONE_DIGITS_MIN 9
#define PHONE_DIGITS_INTERNATIONAL_MIN 8
#define PHONE_DIGITS_MAX 15
#define SEPARATORS_MAX 3 /* in a row: ") - " */
#define IBAN_MIN 15
#define IBAN_MAX 34
#define TOP_LEVEL_MIN 2 /* letters of a top-level domain */

static const char *const names[DETECTORS] = {
	[DETECT_EMAIL] = "email", [DETECT_CARD] = "card",
	[DETECT_IBAN] = "iban",	  [DETECT_PHONE] = "phone",
	[DETECT_JWT] = "jwt",	  [DETECT_KEY] = "key",
};

/* What is left of a text. */
struct rest {
	const char *text;
	size_t size;
	char before;	   /* the character in front of it */
	bool is_continued; /* it goes on with a number that began before */
};

const char *
detector_name(enum detector detector)
{
	return names[detector];
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_alphanumeric(char c)
{
	return is_digit(c) || is_letter(c);
}

/* A number or word ends here: at the end, or before anything else. */
static bool
ends_at(const struct rest *rest, size_t at)
{
	return at >= rest->size || !is_alphanumeric(rest->text[at]);
}

/* --- E-mail --------------------------------------------------------------- */

/* Addresses may hold letters of any script: bytes beyond ASCII. */
static bool
is_local_character(char c)
{
	return is_alphanumeric(c) || (c != '\0' && strchr("._%+-'", c)) ||
	       (unsigned char)c >= 0x80;
}

/* At an '@': a domain with a point in it and a top level of letters. */
static bool
is_email(const struct rest *rest)
{
	size_t at = 1, label = 1;
	bool has_point = false, is_word = true;

	if (rest->text[0] != '@' || !is_local_character(rest->before))
		return false;
	for (; at < rest->size; at++) {
		char c = rest->text[at];

		if (c == '.' && at + 1 < rest->size &&
		    (is_alphanumeric(rest->text[at + 1]) ||
		     (unsigned char)rest->text[at + 1] >= 0x80)) {
			has_point = at > 1;
			label = at + 1;
			is_word = true;
		} else if (is_letter(c) || (unsigned char)c >= 0x80) {
			continue;
		} else if (is_digit(c) || c == '-') {
			is_word = false;
		} else {
			break;
		}
	}
	return has_point && is_word && at - label >= TOP_LEVEL_MIN;
}

/* --- Cards ---------------------------------------------------------------- */

/* Digits with one space or dash between them; returns how many, at most one
 * more than a card has. */
static size_t
collect_digits(const struct rest *rest, char ret_digits[CARD_DIGITS_MAX + 1])
{
	size_t count = 0;

	for (size_t at = 0; at < rest->size && count <= CARD_DIGITS_MAX; at++) {
		char c = rest->text[at];
		bool is_separator = (c == ' ' || c == '-') && count > 0 &&
				    at + 1 < rest->size &&
				    is_digit(rest->text[at + 1]);

		if (is_digit(c))
			ret_digits[count++] = c;
		else if (!is_separator)
			break;
	}
	return count;
}

static bool
passes_luhn(const char *digits, size_t count)
{
	int sum = 0;

	for (size_t i = 0; i < count; i++) {
		int digit = digits[count - 1 - i] - '0';

		if (i % 2 == 1)
			digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
		sum += digit;
	}
	return sum % 10 == 0;
}

/* No card begins with a zero. A number may follow the card's behind a space
 * ("4111 1111 1111 1111 12/29"), so each end of a group of digits counts. */
static bool
is_card(const struct rest *rest)
{
	char digits[CARD_DIGITS_MAX + 1];
	size_t count, at = 0;

	if (rest->text[0] == '0' || rest->before == '.')
		return false;
	count = collect_digits(rest, digits);
	for (size_t i = 1; i <= count && i <= CARD_DIGITS_MAX; i++, at++) {
		while (!is_digit(rest->text[at]))
			at++;
		if (i >= CARD_DIGITS_MIN && ends_at(rest, at + 1) &&
		    passes_luhn(digits, i))
			return true;
	}
	return false;
}

/* --- Bank accounts -------------------------------------------------------- */

/* Letters count as 10 to 35, in two digits. */
static unsigned
take_character(unsigned remainder, char c)
{
	if (is_digit(c))
		return (remainder * 10 + (unsigned)(c - '0')) % 97;
	return (remainder * 100 + ((unsigned)c & 31) + 9) % 97;
}

static bool
has_iban_head(const struct rest *rest)
{
	return rest->size >= IBAN_MIN && is_letter(rest->text[0]) &&
	       is_letter(rest->text[1]) && is_digit(rest->text[2]) &&
	       is_digit(rest->text[3]);
}

/* ISO 13616: the country and the check digits are moved to the end, and the
 * whole is 1 modulo 97. Groups of four may stand apart. Words may follow, so
 * each end of a word counts. */
static bool
is_iban(const struct rest *rest)
{
	unsigned remainder = 0;
	size_t count = 4;

	if (!has_iban_head(rest))
		return false;
	for (size_t at = 4; at < rest->size && count < IBAN_MAX; at++) {
		char c = rest->text[at];
		unsigned whole;

		if (c == ' ' && count % 4 == 0 && rest->text[at - 1] != ' ')
			continue;
		if (!is_alphanumeric(c))
			break;
		count++;
		remainder = whole = take_character(remainder, c);
		for (int i = 0; i < 4; i++)
			whole = take_character(whole, rest->text[i]);
		if (count >= IBAN_MIN && ends_at(rest, at + 1) && whole == 1)
			return true;
	}
	return false;
}

/* --- Telephones ----------------------------------------------------------- */

/* Digits and the usual separators, from a digit to a digit. */
struct run {
	size_t end, digits, separators, points;
};

static bool
is_separator(char c)
{
	return c != '\0' && strchr(" -/.()", c) != NULL;
}

/* One digit more than a telephone has, or a gap too wide, ends a run: so each
 * is short, however long the text. */
static struct run
measure_run(const struct rest *rest)
{
	struct run run = {.end = 0};
	size_t gap = 0, points = 0;

	for (size_t at = 0; at < rest->size; at++) {
		char c = rest->text[at];

		if (is_digit(c)) {
			run.digits++;
			run.separators += gap > 0;
			run.points += points;
			run.end = at + 1;
			gap = points = 0;
		} else if (is_separator(c)) {
			gap++;
			points += c == '.';
		} else {
			break;
		}
		if (run.digits > PHONE_DIGITS_MAX || gap > SEPARATORS_MAX)
			break;
	}
	return run;
}

/* "2026-11-26 1", "26.11.2026 1", "1/2/2026 1": what follows is a time. */
static bool
begins_with_date(const struct rest *rest)
{
	size_t first = 0, second = 0, third = 0, at;

	while (first < rest->size && is_digit(rest->text[first]))
		first++;
	for (at = first + 1; at < rest->size && is_digit(rest->text[at]); at++)
		second++;
	if (at >= rest->size || rest->text[first] != rest->text[at] ||
	    strchr("-/.", rest->text[at]) == NULL)
		return false;
	for (at++; at < rest->size && is_digit(rest->text[at]); at++)
		third++;
	return second <= 2 &&
	       ((first == 4 && third <= 2) || (first <= 2 && third == 4));
}

/* A number of a country's own, which is told from other numbers by its
 * separators. Points only where it begins with a zero, or decimals and
 * addresses of hosts would be telephones. */
static bool
is_national_phone(const struct rest *rest)
{
	struct run run = measure_run(rest);

	if (rest->is_continued || begins_with_date(rest) ||
	    !ends_at(rest, run.end))
		return false;
	if (run.points > 0 &&
	    (rest->text[0] != '0' || !is_digit(rest->text[1])))
		return false;
	return run.digits >= PHONE_DIGITS_MIN &&
	       run.digits <= PHONE_DIGITS_MAX && run.separators > 0;
}

/* "+49 30 1234567", with or without separators. */
static bool
is_international_phone(const struct rest *rest)
{
	struct rest number = {.text = rest->text + 1, .size = rest->size - 1};
	struct run run;

	if (rest->text[0] != '+' || rest->size < 2 || !is_digit(number.text[0]))
		return false;
	run = measure_run(&number);
	return run.digits >= PHONE_DIGITS_INTERNATIONAL_MIN &&
	       run.digits <= PHONE_DIGITS_MAX && ends_at(&number, run.end);
}

/* --- All of them ---------------------------------------------------------- */

/* What begins at this place of the text. */
static unsigned
detect_at(const struct rest *rest)
{
	unsigned found = 0;

	if (is_email(rest))
		found |= 1u << DETECT_EMAIL;
	if (is_alphanumeric(rest->before))
		return found;
	if (is_digit(rest->text[0])) {
		found |= (unsigned)is_card(rest) << DETECT_CARD;
		found |= (unsigned)is_national_phone(rest) << DETECT_PHONE;
	}
	if (is_iban(rest))
		found |= 1u << DETECT_IBAN;
	if (is_international_phone(rest))
		found |= 1u << DETECT_PHONE;
	if (is_jwt(rest->text, rest->size))
		found |= 1u << DETECT_JWT;
	if (is_key(rest->text, rest->size))
		found |= 1u << DETECT_KEY;
	return found;
}

unsigned
detect(const char *text, size_t size)
{
	struct rest rest = {.before = '\0'};
	unsigned found = 0;

	for (size_t at = 0; at < size; at++) {
		char c = text[at];

		rest.text = text + at;
		rest.size = size - at;
		found |= detect_at(&rest);
		rest.before = c;
		rest.is_continued =
			is_digit(c) || (rest.is_continued && is_separator(c));
	}
	return found;
}
