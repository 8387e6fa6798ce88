/* What a model may see and cost: sections disclose and model over layers. */
#include "policy/policy_disclosure.h"
#include "policy/policy_model.h"
#include "tests/policy/policies.h"

#define ORG "pgmend-policy 1\nlayer org\ndefault deny\n"
#define TEAM                                                    \
	"pgmend-policy 1\nlayer team\nextends \"org.policy\"\n" \
	"default inherit\n"

/* An org layer and, unless it is NULL, a team layer on top of it. */
static struct policy *
layers(const char *org, const char *team)
{
	struct folder folder = folder_make();
	auto_free char *org_text = xprintf(ORG "%s", org);
	auto_free char *team_text =
		team == NULL ? NULL : xprintf(TEAM "%s", team);
	struct policy *policy;
	const char *code;
	char *diagnostics = NULL;

	folder_write(&folder, "org.policy", org_text);
	if (team != NULL)
		folder_write(&folder, "team.policy", team_text);
	policy = folder_load(&folder,
			     team == NULL ? "org.policy" : "team.policy", &code,
			     &diagnostics);
	if (policy == NULL)
		printf("# %s\n", diagnostics);
	free(diagnostics);
	folder_remove(&folder);
	return policy;
}

/* --- Levels --------------------------------------------------------------- */

static const struct {
	const char *name, *org, *team, *table, *column, *level;
} levels[] = {
	{"shapes where nobody says anything", "", NULL, "orders", "note",
	 "shape"},
	{"the default as it is set", "disclose {\n default masked\n}\n", NULL,
	 "orders", "note", "masked"},
	{"a list of columns", "disclose {\n full app.orders.note\n}\n", NULL,
	 "orders", "note", "full"},
	{"a list of tables, for their columns",
	 "disclose {\n masked app.orders\n}\n", NULL, "orders", "note",
	 "masked"},
	{"the default for what no list names",
	 "disclose {\n full app.orders.note\n}\n", NULL, "orders", "name",
	 "shape"},
	{"the strictest of the lists that match",
	 "disclose {\n full app.*\n masked app.orders\n none *.*.email\n}\n",
	 NULL, "orders", "email", "none"},
	{"'*' widely in what shows less",
	 "disclose {\n default full\n none *.*.*mail*\n}\n", NULL, "orders",
	 "Work E-MAIL", "none"},
	{"'*' narrowly in what shows more", "disclose {\n full app.*\n}\n",
	 NULL, "Odd Name", "note", "shape"},
	{"letters narrowly in what shows more",
	 "disclose {\n full app.orders.note\n}\n", NULL, "orders", "Note",
	 "shape"},
	{"a quoted name exactly", "disclose {\n full app.\"Odd Name\"\n}\n",
	 NULL, "Odd Name", "note", "full"},
	{"a quoted star as a star", "disclose {\n full app.\"*\"\n}\n", NULL,
	 "orders", "note", "shape"},

	{"what a team lowers", "disclose {\n default full\n}\n",
	 "disclose {\n masked app.orders\n}\n", "orders", "note", "masked"},
	{"what a team doesn't speak of", "disclose {\n default full\n}\n",
	 "disclose {\n masked app.orders\n}\n", "items", "note", "full"},
	{"no more than the org's silence", "",
	 "disclose {\n full app.orders\n}\n", "orders", "note", "shape"},
	{"no more than the org's list", "disclose {\n masked app.orders\n}\n",
	 "disclose {\n full app.orders\n}\n", "orders", "note", "masked"},
};

static void
tells_levels(void)
{
	for (size_t i = 0; i < array_size(levels); i++) {
		auto_policy struct policy *policy =
			layers(levels[i].org, levels[i].team);
		auto_free char *name = xprintf("shows %s", levels[i].name);

		if (policy == NULL) {
			test(name, false);
			continue;
		}
		test_text(name,
			  disclosure_name(policy_disclosure(policy, "app",
							    levels[i].table,
							    levels[i].column)),
			  levels[i].level);
	}
}

static void
narrows_with_a_further_set(void)
{
	auto_policy struct policy *base =
		layers("disclose {\n default full\n}\nmodel {\n"
		       " ids \"a\", \"b\"\n max_turns 9\n}\n",
		       NULL);

	policy_narrow(base, layers("", NULL));
	test("a further set that is silent lowers nothing",
	     policy_disclosure(base, "app", "orders", "note") == DISCLOSE_FULL);
	policy_narrow(base, layers("disclose {\n none app.orders.note\n}\n"
				   "model {\n ids \"b\"\n max_turns 2\n}\n",
				   NULL));
	test("a further set hides a column",
	     policy_disclosure(base, "app", "orders", "note") == DISCLOSE_NONE);
	test("and no other",
	     policy_disclosure(base, "app", "orders", "x") == DISCLOSE_FULL);
	test("a further set leaves fewer models",
	     policy_model_allows(base, "b") && !policy_model_allows(base, "a"));
	test_text("and chooses among them", policy_model_id(base), "b");
	test("a further set lowers a cap", policy_model(base).max_turns == 2);
	policy_narrow(base, layers("model {\n ids \"c\"\n}\n", NULL));
	test_text("sets that agree on no model ask none", policy_model_id(base),
		  NULL);
}

static void
tells_detectors_apart(void)
{
	auto_policy struct policy *policy =
		layers("disclose {\n default full\n detect email, phone none\n"
		       " detect iban masked\n max_rows 7\n}\n",
		       "disclose {\n detect iban shape\n max_rows 2\n}\n");

	test("a detector's level is the policy's",
	     policy_detect_level(policy, "phone") == DISCLOSE_NONE);
	test("a team lowers a detector's level",
	     policy_detect_level(policy, "iban") == DISCLOSE_SHAPE);
	policy_narrow(policy,
		      layers("disclose {\n detect email full\n}\n", NULL));
	test("a further set raises none",
	     policy_detect_level(policy, "email") == DISCLOSE_NONE);
	test("a detector that isn't named leaves shapes",
	     policy_detect_level(policy, "card") == DISCLOSE_SHAPE);
	test("the fewest records are shown",
	     policy_disclose_max_rows(policy) == 2);
}

static void
refuses_unknown_kinds(void)
{
	struct folder folder = folder_make();
	auto_policy struct policy *policy = NULL;
	auto_free char *diagnostics = NULL;
	const char *code;

	folder_write(&folder, "org.policy",
		     ORG "disclose {\n detect emial none\n}\n");
	policy = folder_load(&folder, "org.policy", &code, &diagnostics);
	folder_remove(&folder);
	test_text("refuses a kind that isn't detected", code, "policy_invalid");
	test("and says which was meant",
	     strstr(diagnostics, "E184") != NULL &&
		     strstr(diagnostics, "did you mean 'email'?") != NULL);
}

/* --- The model ------------------------------------------------------------ */

static void
is_modest_by_default(void)
{
	auto_policy struct policy *policy = layers("", NULL);
	struct policy_model model = policy_model(policy);

	test("few turns by default", model.max_turns == 6);
	test("short answers by default", model.max_tokens == 4096);
	test("five cents by default", model.max_cost == 50000);
	test("no thinking by default", model.thinking == THINKING_OFF);
	test("hashes of prompts by default",
	     model.retain_prompts == RETAIN_HASH);
	test("no word on the planner by default",
	     model.planner == PLANNER_UNSAID);
	test_text("the smallest model by default", policy_model_id(policy),
		  MODEL_DEFAULT);
	test("and no other", policy_model_allows(policy, MODEL_DEFAULT) &&
				     !policy_model_allows(policy, "other"));
	test("any endpoint that is configured",
	     policy_model_reaches(policy, "https://example.com"));
}

static void
takes_the_tightest(void)
{
	auto_policy struct policy *policy = layers(
		"model {\n ids \"big\", \"small\"\n max_cost 0.25\n"
		" max_tokens 9_000\n max_input_bytes 64kB\n thinking high\n"
		" retain_prompts none\n planner builtin-first\n"
		" endpoints \"https://one.example\", \"https://two.example/\"\n"
		"}\n",
		"model {\n ids \"small\"\n max_cost 0.015\n thinking low\n"
		" planner builtin-only\n"
		" endpoints \"https://one.example\"\n}\n");
	struct policy_model model;

	if (policy == NULL) {
		test("two layers with a section model", false);
		return;
	}
	model = policy_model(policy);
	test("the lower cost, to the microdollar", model.max_cost == 15000);
	test("what only the org says",
	     model.max_tokens == 9000 && model.max_input_bytes == 65536);
	test("less thinking", model.thinking == THINKING_LOW);
	test("nothing is retained where the org promised so",
	     model.retain_prompts == RETAIN_NONE);
	policy_narrow(policy,
		      layers("model {\n retain_prompts full\n}\n", NULL));
	test("and where a further set says otherwise",
	     policy_model(policy).retain_prompts == RETAIN_NONE);
	test("the narrower planner", model.planner == PLANNER_BUILTIN_ONLY);
	test_text("the lowest layer's first model", policy_model_id(policy),
		  "small");
	test("an endpoint of every layer, with or without a slash",
	     policy_model_reaches(policy, "https://one.example/"));
	test("no endpoint of one layer",
	     !policy_model_reaches(policy, "https://two.example"));
	test("no endpoint that begins alike",
	     !policy_model_reaches(policy, "https://one.example.net"));
}

int
main(void)
{
	tells_levels();
	narrows_with_a_further_set();
	tells_detectors_apart();
	refuses_unknown_kinds();
	is_modest_by_default();
	takes_the_tightest();
	return test_end();
}
