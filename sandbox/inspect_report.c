#include <linux/keyctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "pgmend.h"
#include "sandbox/inspect.h"
#include "sandbox/seal.h"

long
inspection_reported(const struct jail *jail, const char *name)
{
	const char *at = strstr(jail->report, name);

	return at == NULL ? -1 : strtol(at + strlen(name), NULL, 10);
}

/* Where the kernel keeps no keys there are none to be shared. */
int
inspect_keyring(const struct inspection *worker,
		const struct inspection_item *item, struct error *err)
{
	long own = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
			   KEY_SPEC_SESSION_KEYRING, 0);
	long seen = inspection_reported(worker->jail, item->subject);

	if (own < 0 || (seen > 0 && seen != own))
		return 0;
	return fail(err, "it reports \"%s\": not a keyring of its own",
		    worker->jail->report);
}

/* Containers mount /proc/sys read-only, and leave it to the filter. */
int
inspect_nesting(const struct inspection *worker,
		const struct inspection_item *item, struct error *err)
{
	struct statvfs place;

	if (inspection_reported(worker->jail, item->subject) == 0)
		return 0;
	if (statvfs(SEAL_NESTING, &place) == 0 && (place.f_flag & ST_RDONLY))
		return 0;
	return fail(err, "it reports \"%s\": it could make namespaces",
		    worker->jail->report);
}
