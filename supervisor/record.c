#include "pgmend.h"
#include "supervisor/record.h"

void
rejections_add(struct rejections *rejections, const struct record *record,
	       const char *sqlstate, const char *code, const char *reason)
{
	struct rejection *rejection;

	rejections->of =
		xreallocarray(rejections->of, (size_t)rejections->count + 1,
			      sizeof(*rejections->of));
	rejection = &rejections->of[rejections->count++];
	*rejection = (struct rejection){
		.ordinal = record->ordinal,
		.code = code,
		.reason = xstrdup(reason),
		.text = record->text == NULL
				? NULL
				: xstrndup(record->text, record->size),
	};
	snprintf(rejection->sqlstate, sizeof(rejection->sqlstate), "%s",
		 sqlstate);
}

void
rejections_free(struct rejections *rejections)
{
	for (int i = 0; i < rejections->count; i++) {
		free(rejections->of[i].reason);
		free(rejections->of[i].text);
	}
	free(rejections->of);
	*rejections = (struct rejections){.of = NULL};
}
