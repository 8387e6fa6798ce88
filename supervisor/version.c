#include "pgmend.h"

#include "policy/digest.h"
#include "policy/tree.h"
#include "sandbox/filter.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/version.h"

/* Each library's version comes from the one file that knows the library. */
static void (*const libraries[])(FILE *) = {
	database_write_version, document_write_version, filter_write_version,
	tree_write_version,	digest_write_version,
};

void
version_write(FILE *out)
{
	fprintf(out, "pgmend %s\n", PGMEND_VERSION);
	for (size_t i = 0; i < array_size(libraries); i++) {
		fputs("  ", out);
		libraries[i](out);
		fputc('\n', out);
	}
}
