#include "pgmend.h"
#include "policy/policy_signing.h"
#include "policy/rules.h"
#include "policy/setting.h"

static const struct setting *
find_setting(const struct layer *layer, const char *name)
{
	int row = setting_find(SECTION_SIGNING, name);

	for (int i = 0; i < layer->setting_count; i++)
		if (layer->settings[i].row == row)
			return &layer->settings[i];
	return NULL;
}

/* True where the layer has no such list. */
static bool
is_listed(const struct layer *layer, const char *name, const char *text)
{
	const struct setting *list = find_setting(layer, name);

	for (int i = 0; list != NULL && i < list->value_count; i++)
		if (strcmp(list->values[i].text, text) == 0)
			return true;
	return list == NULL;
}

static int
check_layer(const struct layer *layer, const char *signer, struct error *err)
{
	const struct setting *require = find_setting(layer, "require");
	bool is_required = require != NULL && require->values[0].number != 0;

	if (signer == NULL && is_required)
		return fail_as(
			err, EXIT_USAGE, "F14",
			"%s requires a signature, but nobody's is known: "
			"name policy_signers in the configuration",
			layer->file);
	if (signer == NULL)
		return 0;
	if (!is_listed(layer, "signers", signer))
		return fail_as(err, EXIT_USAGE, "F14",
			       "%s: signed by %.200s, who isn't one of the "
			       "set's own signers",
			       layer->file, signer);
	if (!is_listed(layer, "namespace", SIGNING_NAMESPACE))
		return fail_as(err, EXIT_USAGE, "F14",
			       "%s: signatures are for the "
			       "namespace " SIGNING_NAMESPACE
			       ", and the set wants another",
			       layer->file);
	return 0;
}

int
policy_check_signer(const struct policy *policy, const char *signer,
		    struct error *err)
{
	for (int i = 0; i < policy->layer_count; i++)
		if (check_layer(&policy->layers[i], signer, err) < 0)
			return -1;
	return 0;
}
