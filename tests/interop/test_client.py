"""The official client against the scripted server that the tests rest on: both
read the protocol in the same way, on good days and on bad ones.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import (ClaudeServer, Fault, text, thinking,  # noqa: E402
                           tool, turn)
from harness import equal, holds, main, test  # noqa: E402
from node import node  # noqa: E402

REQUEST = {
    "model": "claude-haiku-5-5", "max_tokens": 100,
    "messages": [{"role": "user", "content": "Grüße 🐘"}],
    "tools": [{"name": "look", "input_schema": {
        "type": "object", "properties": {"at": {"type": "string"}}}}],
}


def ask(step, request=None):
    """The client's view of one answer, and the server."""
    with ClaudeServer([step], certificate=None) as server:
        printed = node("client.mjs", server.url, server.key,
                       stdin=json.dumps(request or REQUEST))
        return json.loads(printed), server


def without_extras(block, wanted):
    """The client adds members of its own to a block; those that were sent must
    come through unchanged."""
    return {name: block.get(name) for name in wanted}


@test
def client_sends_what_the_server_takes():
    _, server = ask(turn(text("Yes.")))
    equal(server.complaints, [])
    equal(server.requests[0].body, dict(REQUEST, stream=True))


@test
def client_reads_each_kind_of_block():
    blocks = [thinking("Hm, é🐘."), text("Let me look.\n"),
              tool("look", at="analytics.\"Zoë\" \\ \u2028"), tool("look")]
    seen, _ = ask(turn(*blocks, input_tokens=7, output_tokens=9,
                       cache_read_input_tokens=3))
    content = seen["message"]["content"]
    equal([without_extras(*pair) for pair in zip(content, blocks)], blocks)
    equal(seen["message"]["stop_reason"], "tool_use")
    usage = seen["message"]["usage"]
    equal([usage[name] for name in ("input_tokens", "output_tokens",
                                    "cache_read_input_tokens")], [7, 9, 3])


@test
def client_reads_it_byte_by_byte_and_with_any_line_end():
    for end in ["\n", "\r\n", "\r"]:
        block = tool("look", at="é🐘")
        seen, _ = ask(Fault(turn=turn(block), byte_by_byte=True, line_end=end))
        equal(without_extras(seen["message"]["content"][0], block), block)


@test
def client_reads_every_reason_to_stop():
    for reason in ["end_turn", "max_tokens", "stop_sequence", "refusal",
                   "pause_turn", "model_context_window_exceeded"]:
        seen, _ = ask(turn(text("So."), stop_reason=reason))
        equal(seen["message"]["stop_reason"], reason)


@test
def client_knows_every_error():
    names = {400: "BadRequestError", 401: "AuthenticationError",
             403: "PermissionDeniedError", 404: "NotFoundError",
             409: "ConflictError", 429: "RateLimitError",
             413: "ContentTooLargeError", 500: "InternalServerError",
             529: "OverloadedError"}
    for status, name in names.items():
        seen, _ = ask(Fault(status))
        equal((seen["error"], seen["status"]), (name, status))
        holds(seen["type"] is not None, f"{status}: {seen}")


@test
def client_takes_no_broken_stream_for_an_answer():
    for fault in [Fault(error_event="overloaded_error"), Fault(drop_stop=True),
                  Fault(cut_after=200), Fault(close=True), Fault(body=b"")]:
        fault.turn = turn(text("Nothing."), tool("look"))
        seen, _ = ask(fault)
        holds("error" in seen, f"{vars(fault)}: {seen}")


@test
def client_is_told_of_a_bad_request():
    for spoilt in [dict(REQUEST, temprature=1), dict(REQUEST, messages=[]),
                   dict(REQUEST, tool_choice={"type": "perhaps"})]:
        seen, server = ask(turn(text("Yes.")), spoilt)
        equal((seen["error"], seen["status"]), ("BadRequestError", 400))
        equal(len(server.complaints), 1)


main()
