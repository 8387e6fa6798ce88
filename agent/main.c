/*
 * pgmend-agent: the mind in the jail. It seals itself before it reads a byte,
 * then plans one repair and says so through one pipe.
 *
 * Whatever it says is only a proposal; whatever it hears is only text. Sealed,
 * it has no standard error to speak of, so a failure is its exit status.
 */
#include "agent/mcp.h"
#include "agent/planner.h"
#include "pgmend.h"
#include "sandbox/json.h"
#include "sandbox/seal.h"
#include "sandbox/wire.h"

/* Waits for {"pgmend_start":1,"planner":"builtin"}, which comes once the seal
 * has been proven; ret_is_closed when nobody wants anything. */
static int
wait_for_start(struct wire *wire, bool *ret_is_closed, struct error *err)
{
	auto_json struct json *json = NULL;
	auto_free char *planner = NULL;
	const char *frame;
	long long version = 0;
	size_t size;

	if (wire_read(wire, WIRE_NO_DEADLINE, &frame, &size, err) < 0)
		return -1;
	*ret_is_closed = frame == NULL;
	if (frame == NULL)
		return 0;
	if (json_scan(&json, frame, size, err) < 0)
		return -1;
	planner = json_string(json, json_member(json, 0, "planner"));
	if (!json_integer(json, json_member(json, 0, "pgmend_start"),
			  &version) ||
	    version != 1 || !same_text(planner, "builtin"))
		return fail(err, "an unknown start");
	return 0;
}

/* Says what was planned. Denied, this planner has nothing better. */
static int
present(struct mcp *mcp, const struct proposal *proposal, struct error *err)
{
	auto_free char *denial = NULL;

	if (proposal->give_up != NULL)
		return mcp_give_up(mcp, proposal->give_up, err);
	if (mcp_propose(mcp, proposal, &denial, err) < 0)
		return -1;
	return denial == NULL ? 0 : mcp_give_up(mcp, denial, err);
}

static int
plan(struct mcp *mcp, struct error *err)
{
	auto_free char *brief = NULL;
	struct proposal proposal = {0};
	int result;

	if (mcp_discover(mcp, err) < 0 ||
	    mcp_read_brief(mcp, &brief, err) < 0 ||
	    planner_propose(&proposal, brief, err) < 0)
		return -1;
	result = present(mcp, &proposal, err);
	proposal_release(&proposal);
	return result;
}

/* The end of file is a good end wherever it comes between two frames. */
static int
work(struct error *err)
{
	struct wire wire;
	struct mcp mcp = {.wire = &wire};
	int result;

	wire_init(&wire, WIRE_IN, WIRE_OUT);
	result = wait_for_start(&wire, &mcp.is_closed, err);
	if (result == 0 && !mcp.is_closed)
		result = plan(&mcp, err);
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
