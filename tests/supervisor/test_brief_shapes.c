/* However many shapes there are, none of a field's formats is left out. */
#include "supervisor/brief_shapes.h"
#include "tests/test.h"

static struct shape
text_of(int length)
{
	return (struct shape){
		.type = JSON_STRING,
		.format = SHAPE_TEXT,
		.length = length,
	};
}

int
main(void)
{
	struct shapes shapes = {.count = 0};
	struct shape number = {.type = JSON_NUMBER,
			       .format = SHAPE_INTEGER,
			       .whole = 3,
			       .fits_int8 = true};

	for (int i = 1; i <= SHAPES_MAX; i++) {
		struct shape text = text_of(i % 2 == 0 ? i : 40 - i);

		shapes_add(&shapes, &text);
		shapes_add(&shapes, &text);
	}
	test("each size by itself, once",
	     shapes.count == SHAPES_MAX && !shapes.is_merged);
	shapes_add(&shapes, &number);
	test("one a format where they are too many",
	     shapes.is_merged && shapes.count == 2);
	test("with the largest size",
	     shapes.of[0].length == 39 && shapes.of[1].whole == 3);
	number.fits_int8 = false;
	shapes_add(&shapes, &number);
	test("an integer beyond bigint is another kind", shapes.count == 3);
	return test_end();
}
