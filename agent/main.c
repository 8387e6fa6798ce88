/*
 * pgmend-agent: the mind in the jail. It seals itself before it reads a byte,
 * then plans one repair and says so through one pipe.
 *
 * Whatever it says is only a proposal; whatever it hears is only text. Sealed,
 * it has no standard error to speak of, so a failure is its exit status.
 */
#include "agent/claude.h"
#include "agent/mcp.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/seal.h"
#include "sandbox/wire.h"

#define ROUNDS_MAX 3 /* each mends what the one before it led to */

/* One plan for the brief. ret_why is NULL when it was taken, else why not; the
 * caller frees it. */
static int
propose(struct mcp *mcp, const char *brief, char **ret_why, bool *ret_is_denied,
	struct error *err)
{
	struct proposal proposal = {0};
	int result = 0;

	if (planner_propose(&proposal, brief, err) < 0)
		return -1;
	*ret_is_denied = proposal.give_up == NULL;
	if (proposal.give_up != NULL)
		*ret_why = take(proposal.give_up);
	else
		result = mcp_propose(mcp, &proposal, ret_why, err);
	proposal_release(&proposal);
	return result;
}

/* The deterministic planner. Denied, it has something better only where the
 * brief is another one then: the plan was tried, and met what nobody could see
 * before. */
static int
plan_builtin(struct mcp *mcp, struct error *err)
{
	auto_free char *told = NULL, *why = NULL;
	bool is_denied = true;

	for (int round = 0; is_denied && round < ROUNDS_MAX; round++) {
		auto_free char *brief = NULL;

		if (mcp_read_brief(mcp, &brief, err) < 0)
			return -1;
		if (same_text(brief, told))
			break;
		free(take(why));
		if (propose(mcp, brief, &why, &is_denied, err) < 0)
			return -1;
		if (why == NULL)
			return 0;
		free(told);
		told = take(brief);
	}
	return mcp_give_up(mcp, why, err);
}

typedef int planner(struct mcp *mcp, struct error *err);

static const struct {
	const char *name;
	planner *plan;
} planners[] = {
	{"builtin", plan_builtin},
	{"claude", claude_plan},
};

/* The planner of {"pgmend_start":1,"planner":"builtin"}; NULL when the frame
 * is another. */
static planner *
find_planner(const struct json *json)
{
	auto_free char *name =
		json_string(json, json_member(json, 0, "planner"));
	long long version = 0;

	if (!json_integer(json, json_member(json, 0, "pgmend_start"),
			  &version) ||
	    version != 1)
		return NULL;
	for (size_t i = 0; i < array_size(planners); i++)
		if (same_text(planners[i].name, name))
			return planners[i].plan;
	return NULL;
}

/* Waits for the start frame, which comes once the seal has been proven;
 * ret_is_closed when nobody wants anything. */
static int
wait_for_start(struct wire *wire, planner **ret_planner, bool *ret_is_closed,
	       struct error *err)
{
	auto_json struct json *json = NULL;
	const char *frame;
	size_t size;

	if (wire_read(wire, WIRE_NO_DEADLINE, &frame, &size, err) < 0)
		return -1;
	*ret_is_closed = frame == NULL;
	if (frame == NULL)
		return 0;
	if (json_scan(&json, frame, size, err) < 0)
		return -1;
	*ret_planner = find_planner(json);
	if (*ret_planner == NULL)
		return fail(err, "an unknown start");
	return 0;
}

/* The end of file is a good end wherever it comes between two frames. */
static int
work(struct error *err)
{
	struct wire wire;
	struct mcp mcp = {.wire = &wire};
	planner *plan = NULL;
	int result;

	wire_init(&wire, WIRE_IN, WIRE_OUT);
	result = wait_for_start(&wire, &plan, &mcp.is_closed, err);
	if (plan != NULL)
		result = mcp_discover(&mcp, err) < 0 ? -1 : plan(&mcp, err);
	wire_free(&wire);
	return mcp.is_closed ? 0 : result;
}

int
main(void)
{
	struct error err = NO_ERROR;

	if (seal(&err) < 0) {
		fprintf(stderr, "pgmend-agent: %s\n", err.text);
		return 1;
	}
	return work(&err) < 0 ? 1 : 0;
}
