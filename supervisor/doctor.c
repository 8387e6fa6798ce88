#include "pgmend.h"

#include "policy/policy.h"
#include "sandbox/filter.h"
#include "sandbox/jail.h"
#include "supervisor/configuration.h"
#include "supervisor/doctor.h"
#include "supervisor/document.h"
#include "supervisor/options.h"
#include "supervisor/output.h"
#include "supervisor/shared_file.h"
#include "supervisor/text.h"

enum doctor_option {
	DOCTOR_DB,
	DOCTOR_FILTERS,
	DOCTOR_JSON,
	DOCTOR_TEXT,
	DOCTOR_OPTIONS
};

static const struct option_row rows[DOCTOR_OPTIONS] = {
	[DOCTOR_DB] = {"db", "CONNINFO", "look at this database, too", 0},
	[DOCTOR_FILTERS] = {"filters", NULL,
			    "print the allowed system calls, and why", 0},
	[DOCTOR_JSON] = {"json", NULL, "answer in JSON", 0},
	[DOCTOR_TEXT] = {"text", NULL, "answer in words", 0},
};

static const struct option_table table = {
	.usage = "doctor [--db CONNINFO] [--filters]",
	.about = "Tells what isolation, rights and settings are really there, "
		 "and how to mend\nwhat isn't; 30 when something is missing "
		 "that a run requires.",
	.rows = rows,
	.count = DOCTOR_OPTIONS,
};

static const char *const state_names[FINDING_STATES] = {
	[FINDING_OK] = "ok",
	[FINDING_WEAKER] = "weaker",
	[FINDING_MISSING] = "missing",
};

void
doctor_note(struct doctor *doctor, const char *name, enum finding_state state,
	    char *found, const char *mend)
{
	if (doctor->count == DOCTOR_FINDINGS_MAX)
		abort();
	doctor->findings[doctor->count++] = (struct finding){
		.name = name,
		.state = state,
		.found = found,
		.mend = state == FINDING_OK ? NULL : mend,
	};
}

static bool
is_anything_missing(const struct doctor *doctor)
{
	for (int i = 0; i < doctor->count; i++)
		if (doctor->findings[i].state == FINDING_MISSING)
			return true;
	return false;
}

/* --- The filters ---------------------------------------------------------- */

static const char *const filter_names[FILTER_PROFILES] = {
	[FILTER_AGENT] = "agent",
	[FILTER_COURIER] = "courier",
	[FILTER_SUPERVISOR] = "supervisor",
};

/* One member a table, one text a row. */
static void
print_filters_json(void)
{
	auto_document struct document *document = document_object();
	auto_free char *line = NULL;

	document_number(document, "pgmend_filters", 1);
	for (int profile = 0; profile < FILTER_PROFILES; profile++) {
		struct document *list = document_array();
		auto_free char *text = NULL;
		char *rest, *row;
		size_t size;
		FILE *out = xmemstream(&text, &size);

		filter_print(out, profile);
		fclose(out);
		for (row = strtok_r(text, "\n", &rest); row != NULL;
		     row = strtok_r(NULL, "\n", &rest))
			document_text(list, NULL, row);
		document_add(document, filter_names[profile], list);
	}
	line = document_print(document);
	puts(line);
}

static void
print_filters(void)
{
	for (int profile = 0; profile < FILTER_PROFILES; profile++) {
		printf("%sWhat the %s may call:\n", profile == 0 ? "" : "\n",
		       filter_names[profile]);
		filter_print(stdout, profile);
	}
}

/* --- The findings --------------------------------------------------------- */

static void
print_findings_json(const struct doctor *doctor, int status)
{
	auto_document struct document *document = document_object();
	struct document *required = document_array();
	struct document *findings = document_array();
	auto_free char *line = NULL;

	for (int layer = 0; layer < JAIL_LAYERS; layer++)
		if (doctor->required & 1u << layer)
			document_text(required, NULL, jail_layer_name(layer));
	for (int i = 0; i < doctor->count; i++) {
		const struct finding *finding = &doctor->findings[i];
		struct document *object = document_object();

		document_text(object, "name", finding->name);
		document_text(object, "state", state_names[finding->state]);
		document_text(object, "found", finding->found);
		document_text(object, "mend", finding->mend);
		document_add(findings, NULL, object);
	}
	document_number(document, "pgmend_doctor", 1);
	document_bool(document, "ok", status == 0);
	document_number(document, "exit_code", status);
	document_add(document, "required", required);
	document_add(document, "findings", findings);
	line = document_print(document);
	puts(line);
}

static void
print_findings(const struct doctor *doctor)
{
	for (int i = 0; i < doctor->count; i++) {
		const struct finding *finding = &doctor->findings[i];

		printf("%-8s %-16s ", state_names[finding->state],
		       finding->name);
		text_write_escaped(stdout, finding->found);
		putchar('\n');
		if (finding->mend != NULL)
			printf("%-25s -> %s\n", "", finding->mend);
	}
}

/* What the policy of every run requires; a policy that can't be read requires
 * the default. */
static void
look_at_policy(struct doctor *doctor)
{
	const char *configured = doctor->configuration == NULL
					 ? NULL
					 : doctor->configuration->policy;
	auto_free char *path = configured != NULL
				       ? xstrdup(configured)
				       : shared_file("policies/default.policy");
	auto_policy struct policy *policy = NULL;
	struct error err = NO_ERROR;

	if (policy_load(&policy, path, stderr, false, &err) < 0) {
		doctor_note(doctor, "policy", FINDING_MISSING,
			    xstrdup(err.text),
			    "pgmend policy check tells "
			    "what is wrong with it");
		return;
	}
	doctor->required = policy_settings(policy)->sandbox_require;
	doctor_note(doctor, "policy", FINDING_OK, xstrdup(path), NULL);
}

static void
look_at_configuration(struct doctor *doctor,
		      struct configuration **ret_configuration)
{
	struct error err = NO_ERROR;

	if (configuration_read(ret_configuration, NULL, &err) < 0) {
		doctor_note(doctor, "configuration", FINDING_MISSING,
			    xstrdup(err.text),
			    "correct " CONFIGURATION_DEFAULT);
		return;
	}
	doctor->configuration = *ret_configuration;
	doctor_note(doctor, "configuration", FINDING_OK,
		    xstrdup(doctor->configuration->path == NULL
				    ? "none: everything is built-in"
				    : doctor->configuration->path),
		    NULL);
}

static int
examine(const struct options *options, bool as_json)
{
	auto_configuration struct configuration *configuration = NULL;
	struct doctor doctor = {.required = JAIL_REQUIRED_DEFAULT};
	const char *conninfo = options->values[DOCTOR_DB];
	int status;

	look_at_configuration(&doctor, &configuration);
	look_at_policy(&doctor);
	doctor_look_at_sandbox(&doctor);
	if (conninfo == NULL && configuration != NULL)
		conninfo = configuration->db;
	if (conninfo != NULL)
		doctor_look_at_database(&doctor, conninfo);

	status = is_anything_missing(&doctor) ? EXIT_UNSAFE : 0;
	if (as_json)
		print_findings_json(&doctor, status);
	else
		print_findings(&doctor);
	for (int i = 0; i < doctor.count; i++)
		free(doctor.findings[i].found);
	return status;
}

int
command_doctor(int argc, char **argv)
{
	auto_options struct options *options = NULL;
	struct error err = NO_ERROR;
	bool as_json;

	if (options_read(&options, &table, argc, argv, &err) < 0)
		return output_error(&err, output_is_json(false, false));
	if (options->wants_help) {
		options_write_help(stdout, &table);
		return 0;
	}
	as_json = output_is_json(options->values[DOCTOR_JSON] != NULL,
				 options->values[DOCTOR_TEXT] != NULL);
	if (options->values[DOCTOR_FILTERS] == NULL)
		return examine(options, as_json);
	if (as_json)
		print_filters_json();
	else
		print_filters();
	return 0;
}
