#include "pgmend.h"

#include "policy/digest.h"
#include "policy/tree.h"
#include "sandbox/filter.h"
#include "supervisor/database.h"
#include "supervisor/document.h"
#include "supervisor/version.h"

#ifdef __SANITIZE_ADDRESS__
#define BUILD_KIND " (sanitized: for tests only)"
#else
#define BUILD_KIND ""
#endif

/* Each library's version comes from the one file that knows the library. */
static void (*const libraries[])(FILE *) = {
	database_write_version, document_write_version, filter_write_version,
	tree_write_version,	digest_write_version,
};

void
version_write(FILE *out)
{
	fprintf(out, "pgmend %s%s\n", PGMEND_VERSION, BUILD_KIND);
	for (size_t i = 0; i < array_size(libraries); i++) {
		fputs("  ", out);
		libraries[i](out);
		fputc('\n', out);
	}
}
