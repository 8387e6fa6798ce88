#include "pgmend.h"
#include "policy/diagnostic.h"

static const struct diagnostic_code codes[] = {
	{"E001", "the file doesn't begin with its version"},
	{"E002", "a version of the language that isn't supported"},
	{"E003", "a default other than deny or inherit"},
	{"E004", "nothing to inherit from"},
	{"E005", "an unknown layer"},
	{"E006", "the layer or the default isn't said"},
	{"E007", "a head that stands twice, or in an included file"},
	{"E008", "layers in the wrong order"},
	{"E009", "a policy without rules"},
	{"E010", "files that include each other"},
	{"E011", "a file that others can write, or own"},
	{"E012", "too many files"},
	{"E013", "a path that climbs out of a folder"},
	{"E103", "something else was expected"},
	{"E104", "a block that isn't closed"},
	{"E105", "too deep, too long or too large"},
	{"E106", "a character that hides how the line reads"},
	{"E107", "bytes that aren't text"},
	{"E108", "a line that is too long"},
	{"E110", "an unknown statement"},
	{"E121", "a list that is defined twice"},
	{"E122", "a list that isn't defined"},
	{"E123", "a list of another kind"},
	{"E124", "a wrong window"},
	{"E131", "upper case in an unquoted name"},
	{"E132", "a pattern without a schema"},
	{"E133", "a pattern of the wrong kind"},
	{"E134", "a column pattern for an operation on tables"},
	{"E135", "a name that needs quotes"},
	{"E136", "an unknown type"},
	{"E140", "an open-ended allowance"},
	{"E141", "an unknown operation"},
	{"E142", "an operation that the floor refuses"},
	{"E143", "a label that is used twice, or means something else"},
	{"E144", "too many rules"},
	{"E150", "approvers outside an escalation"},
	{"E151", "a group that isn't among those that may approve"},
	{"E153", "a restriction that would expire"},
	{"E154", "an unknown clause"},
	{"E155", "a clause that stands twice"},
	{"E156", "an unknown limit"},
	{"E157", "a limit that stands twice"},
	{"E160", "an unknown fact"},
	{"E170", "an unknown unit"},
	{"E171", "a comparison of a yes/no fact"},
	{"E172", "an unknown value of a fact"},
	{"E175", "a text without quotes"},
	{"E176", "a unit that doesn't suit the fact"},
	{"E177", "a fact without a comparison"},
	{"E178", "a test that doesn't suit the fact"},
	{"E180", "a section that stands twice"},
	{"E181", "an unknown setting"},
	{"E182", "a setting that stands twice"},
	{"E184", "a value that a setting can't have"},
	{"E190", "an unknown line of a test"},
	{"E191", "a denial without its reason in a test"},
	{"E192", "a wrong clock in a test"},
	{"E193", "a test that expects nothing, or gives a fact twice"},
	{"E195", "a wrong expectation of a test"},
	{"E310", "an assertion that doesn't hold"},
	{"E311", "an assertion about denying"},
	{"E320", "a setting that widens the layer above"},
	{"E321", "a parent that isn't the pinned one"},
	{"E331", "an unknown time zone"},
	{"W201", "a list that is never used"},
	{"W210", "new columns of every type are allowed"},
	{"W220", "only the model's own word decides"},
	{"W221", "every change pages a person"},
	{"W230", "an allowance that expires soon"},
	{"W231", "an allowance that has expired"},
	{"W240", "a rule that no test reaches"},
	{"W241", "a policy without tests"},
	{"W301", "a rule that never matches"},
	{"W302", "a rule that never decides"},
	{"W303", "a rule that adds nothing"},
	{"W304", "a condition that always holds"},
	{"W305", "a pattern that matches no table"},
	{"W306", "a rule that a layer above partly decides"},
	{"W307", "an allowance without effect"},
	{"W308", "masked here, in full elsewhere"},
	{"W390", "too many worlds to decide"},
};

const struct diagnostic_code *
diagnostic_code(int index)
{
	return index < 0 || (size_t)index >= array_size(codes) ? NULL
							       : &codes[index];
}

int
diagnostic_code_find(const char *code)
{
	for (size_t i = 0; i < array_size(codes); i++)
		if (strcmp(codes[i].code, code) == 0)
			return (int)i;
	return -1;
}
