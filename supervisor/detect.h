/*
 * detect.h - recognises personal data and secrets in a text: what must not
 * reach a model, or a catalogue (F18).
 *
 * Errs on the side of finding: a number that passes a card's checksum is a
 * card. Finds what stands between characters that are neither letters nor
 * digits, so that a hash or an identifier isn't searched for numbers. Linear in
 * the size of the text.
 */
#ifndef SUPERVISOR_DETECT_H
#define SUPERVISOR_DETECT_H

#include <stddef.h>

enum detector {
	DETECT_EMAIL,
	DETECT_CARD,  /* 13 to 19 digits that pass Luhn, spaces and dashes */
	DETECT_IBAN,  /* mod 97 */
	DETECT_PHONE, /* international, or 9 and more digits with separators */
	DETECT_JWT,
	DETECT_KEY, /* sk-..., AKIA..., ghp_..., private key blocks, ... */
	DETECTORS
};

/* The name, as a policy's `detect` writes it. */
const char *detector_name(enum detector detector);
/* Bits of the detectors that fire anywhere in the text. */
unsigned detect(const char *text, size_t size);

#endif
