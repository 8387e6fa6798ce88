#!/usr/bin/env python3
"""The scripted Messages API itself: that it answers as scripted, and refuses
what the real one would."""

import http.client
import json
import os
import ssl
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from claude_server import (ClaudeServer, Fault, GARBAGE_BYTES, KEY, VERSION,
                           text, thinking, tool, turn)
from harness import main, test

HEADERS = {"x-api-key": KEY, "anthropic-version": VERSION,
           "content-type": "application/json"}
TOOLS = [{"name": "look", "input_schema": {"type": "object"}}]


def body(**members):
    """A request, with these members in the place of its own."""
    whole = {"model": "claude-haiku-5-5", "max_tokens": 100, "stream": True,
             "messages": [{"role": "user", "content": "Hello"}]}
    whole.update(members)
    return {name: value for name, value in whole.items() if value is not None}


def connect(server, seconds=10):
    if server.ca_file is None:
        return http.client.HTTPConnection("localhost", server.port,
                                          timeout=seconds)
    context = ssl.create_default_context(cafile=server.ca_file)
    return http.client.HTTPSConnection("localhost", server.port,
                                       timeout=seconds, context=context)


def ask(server, request, headers=None, path="/v1/messages", method="POST"):
    """Status, headers and bytes of one request on a connection of its own."""
    connection = connect(server)
    raw = request if isinstance(request, bytes) else json.dumps(request)
    connection.request(method, path, raw, HEADERS if headers is None
                       else headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def events(raw, line_end=b"\n"):
    """The stream as a list of (name, data)."""
    found = []
    for event in raw.split(line_end * 2):
        lines = event.split(line_end)
        if len(lines) == 2:
            found.append((lines[0].decode().removeprefix("event: "),
                          json.loads(lines[1].removeprefix(b"data: "))))
    return found


def blocks_of(raw, line_end=b"\n"):
    """The blocks that the deltas make up."""
    blocks = []
    for name, data in events(raw, line_end):
        if name == "content_block_start":
            blocks.append(dict(data["content_block"], json=""))
        elif name == "content_block_delta":
            for member in ("text", "thinking", "signature"):
                if member in data["delta"]:
                    blocks[-1][member] += data["delta"][member]
            blocks[-1]["json"] += data["delta"].get("partial_json", "")
    for block in blocks:
        whole = block.pop("json")
        if block["type"] == "tool_use":
            block["input"] = json.loads(whole or "{}")
    return blocks


def refused(request, status=400, **how):
    """True when the server refuses it with that status, and says why."""
    with ClaudeServer([turn(text("no"))], certificate=None) as server:
        return ask(server, request, **how)[0] == status and \
            len(server.complaints) == 1 and server.steps == 0


# --- Answers ----------------------------------------------------------------

@test
def streams_a_turn_block_by_block():
    said = [thinking("Let me look."), text("Grüße, I look."),
            tool("look", "toolu_1", table="orders", deep={"a": [1, None]}),
            tool("look", "toolu_2")]
    with ClaudeServer([turn(*said, input_tokens=7)]) as server:
        status, headers, raw = ask(server, body(tools=TOOLS))
        assert status == 200 and not server.complaints, server.complaints
        assert headers["content-type"].startswith("text/event-stream")
        assert blocks_of(raw) == said
        names = [name for name, _ in events(raw)]
        assert names[0] == "message_start" and names[-1] == "message_stop"
        started = events(raw)[0][1]["message"]
        assert started["usage"]["input_tokens"] == 7
        ended = dict(events(raw))["message_delta"]
        assert ended["delta"]["stop_reason"] == "tool_use"


@test
def answers_whole_where_no_stream_is_wanted():
    with ClaudeServer([turn(text("Hello."))]) as server:
        status, _, raw = ask(server, body(stream=None))
        answer = json.loads(raw)
        assert status == 200 and answer["content"] == [text("Hello.")]
        assert answer["stop_reason"] == "end_turn"


@test
def records_requests_and_takes_one_step_for_each():
    with ClaudeServer([turn(text("a")), turn(text("b"))]) as server:
        connection = connect(server)
        for words in ("a", "b"):
            connection.request("POST", "/v1/messages", json.dumps(body()),
                               HEADERS)
            assert blocks_of(connection.getresponse().read()) == [text(words)]
        connection.close()
        assert len(server.requests) == 2 and server.connections == 1
        assert server.requests[0].headers["x-api-key"] == KEY
        assert server.requests[1].body == body()
        assert ask(server, body())[0] == 500


@test
def asks_a_function_for_its_steps():
    def script(request):
        return turn(text(f"{len(request['messages'])} messages"))

    with ClaudeServer(script, certificate=None) as server:
        assert blocks_of(ask(server, body())[2]) == [text("1 messages")]


@test
def takes_a_conversation_that_goes_on_as_it_should():
    call = tool("look", table="orders")
    said = [thinking(), call]
    answered = [{"role": "user", "content": "Hello"},
                {"role": "assistant", "content": said},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": call["id"],
                     "content": "rows", "is_error": False}, text("Go on.")]}]
    with ClaudeServer([turn(*said), turn(text("Done."))]) as server:
        ask(server, body(tools=TOOLS))
        status, _, _ = ask(server, body(tools=TOOLS, messages=answered))
        assert status == 200, server.complaints


@test
def serves_behind_a_prefix_and_without_tls():
    with ClaudeServer([turn(text("a"))], certificate=None,
                      prefix="/team") as server:
        assert server.url.startswith("http://") and \
            server.url.endswith("/team")
        assert ask(server, body(), path="/team/v1/messages")[0] == 200


@test
def takes_bearer_tokens_and_signatures():
    rest = {name: HEADERS[name] for name in HEADERS if name != "x-api-key"}
    with ClaudeServer([turn(text("a"))] * 2) as server:
        bearer = dict(rest, authorization=f"Bearer {KEY}")
        signed = dict(rest, authorization="AWS4-HMAC-SHA256 Credential=a")
        assert ask(server, body(), bearer)[0] == 200
        assert ask(server, body(), signed)[0] == 200


# --- Refusals ---------------------------------------------------------------

@test
def refuses_wrong_heads():
    rest = {name: HEADERS[name] for name in HEADERS if name != "x-api-key"}
    assert refused(body(), 404, path="/v1/complete")
    assert refused(body(), 405, method="PUT")
    assert refused(body(), 401, headers=rest)
    assert refused(body(), 401, headers=dict(HEADERS, **{"x-api-key": "x"}))
    assert refused(body(), 401,
                   headers=dict(HEADERS, authorization=f"Bearer {KEY}"))
    assert refused(body(), 401, headers=dict(rest, authorization=KEY))
    assert refused(body(), 400,
                   headers=dict(HEADERS, **{"anthropic-version":
                                            "2023-06-01"}))
    assert refused(body(), 415,
                   headers=dict(HEADERS, **{"content-type": "text/plain"}))


@test
def refuses_wrong_bodies():
    for request in (b"", b"[]", b"{", b"\xff", b'{"model":"a","model":"a"}',
                    body(model=None), body(max_tokens=None),
                    body(max_tokens=0), body(max_tokens="9"),
                    body(max_tokens=True), body(messages=[]),
                    body(temperature=1), body(surprise=1),
                    body(thinking={"type": "enabled", "budget_tokens": 2000}),
                    body(output_config={"effort": "huge"}),
                    body(tool_choice={"type": "auto"})):
        assert refused(request), request


@test
def refuses_wrong_tools():
    schema = {"type": "object"}
    wrong = [{"name": "a b", "input_schema": schema}, {"name": "a"},
             {"name": "a", "input_schema": {"type": "string"}},
             {"name": "a", "input_schema": schema, "inputSchema": schema},
             {"name": "a", "input_schema": schema, "strict": True},
             {"name": "a", "input_schema": dict(schema, required=["x"])}]
    for one in wrong:
        assert refused(body(tools=[one])), one
    assert refused(body(tools=TOOLS * 2))
    assert refused(body(tools=TOOLS, tool_choice={"type": "tool"}))


@test
def refuses_conversations_that_do_not_fit():
    user = {"role": "user", "content": "Hello"}
    call = tool("look", "toolu_1")
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}

    def said(*blocks):
        return {"role": "assistant", "content": list(blocks)}

    def told(*blocks):
        return {"role": "user", "content": list(blocks)}

    for messages in ([user, user], [said(text("a"))], [user, said(text("a"))],
                     [told()], [told({"type": "image"})], [told(call)],
                     [told(text(""))], [told(result)],
                     [user, said(call), user],
                     [user, said(call), told(text("a"), result)],
                     [user, said(call), told(result, result)],
                     [user, said(call),
                      told(dict(result, tool_use_id="toolu_2"))],
                     [user, said(call, call), told(result, result)],
                     [user, said(dict(thinking(), signature="x")), user],
                     [user, said(text("never said")), user]):
        assert refused(body(messages=messages, tools=TOOLS)), messages
    assert refused(body(messages=[user, said(call), told(result)]))


@test
def refuses_a_changed_echo():
    with ClaudeServer([turn(text("Hello."))] * 2) as server:
        ask(server, body())
        for words, status in (("Hello!", 400), ("Hello.", 200)):
            messages = [{"role": "user", "content": "Hello"},
                        {"role": "assistant", "content": [text(words)]},
                        {"role": "user", "content": "Go on."}]
            assert ask(server, body(messages=messages))[0] == status


# --- Faults -----------------------------------------------------------------

@test
def fails_with_any_status_and_header():
    for status, kind in ((401, "authentication_error"),
                         (403, "permission_error"),
                         (413, "request_too_large"),
                         (429, "rate_limit_error"), (500, "api_error"),
                         (529, "overloaded_error")):
        fault = Fault(status, headers={"retry-after": "3",
                                       "retry-after-ms": "20"})
        with ClaudeServer([fault, turn(text("then"))]) as server:
            got, headers, raw = ask(server, body())
            assert got == status and headers["retry-after-ms"] == "20"
            assert json.loads(raw)["error"]["type"] == kind
            assert ask(server, body())[0] == 200


@test
def spoils_streams():
    with ClaudeServer([Fault(error_event="overloaded_error"),
                       Fault(drop_stop=True),
                       Fault(content_type="text/html", body=b"<html>"),
                       Fault(insert=b"\xff\xfe\n\n"),
                       Fault(garbage=GARBAGE_BYTES),
                       Fault(line_end="\r\n"),
                       Fault(byte_by_byte=True)]) as server:
        assert events(ask(server, body())[2])[-1][0] == "error"
        assert events(ask(server, body())[2])[-1][0] == "message_delta"
        _, headers, raw = ask(server, body())
        assert headers["content-type"] == "text/html" and raw == b"<html>"
        assert ask(server, body())[2].startswith(b"\xff\xfe")
        assert len(ask(server, body())[2]) == GARBAGE_BYTES
        assert blocks_of(ask(server, body())[2], b"\r\n") == [text("Nothing.")]
        assert blocks_of(ask(server, body())[2]) == [text("Nothing.")]
        assert not server.complaints, server.complaints


@test
def takes_no_part_of_a_spoilt_turn_back():
    messages = [{"role": "user", "content": "Hello"},
                {"role": "assistant", "content": [text("Nothing.")]},
                {"role": "user", "content": "Go on."}]
    for fault in (Fault(drop_stop=True), Fault(error_event="api_error")):
        with ClaudeServer([fault], certificate=None) as server:
            ask(server, body())
            assert ask(server, body(messages=messages))[0] == 400


@test
def cuts_streams_and_connections():
    with ClaudeServer([Fault(cut_after=100), Fault(close=True),
                       Fault(silence=0.2)]) as server:
        try:
            raw = ask(server, body())[2]
            assert False, raw
        except http.client.IncompleteRead as cut:
            assert len(cut.partial) == 100
        for _ in range(2):
            try:
                assert False, ask(server, body())
            except (http.client.RemoteDisconnected, ConnectionError,
                    ssl.SSLError):
                pass


@test
def drips_and_redirects():
    fault = Fault(cut_after=10, drip_seconds=0.02)
    with ClaudeServer([fault, Fault(location="https://x.example")]) as server:
        start = time.monotonic()
        try:
            ask(server, body())
        except http.client.IncompleteRead:
            pass
        assert time.monotonic() - start > 0.15
        status, headers, _ = ask(server, body())
        assert status == 307 and headers["location"] == "https://x.example"


@test
def presents_bad_certificates():
    for kind, word in (("expired", "expired"), ("wrong-host", "mismatch"),
                       ("self-signed", "self-signed")):
        with ClaudeServer([turn(text("a"))], certificate=kind) as server:
            try:
                assert False, (kind, ask(server, body()))
            except ssl.SSLCertVerificationError as error:
                assert word in str(error), (kind, str(error))
            assert not server.requests


@test
def speaks_no_tls_at_all():
    with ClaudeServer([turn(text("a"))], plain_garbage=True) as server:
        try:
            assert False, ask(server, body())
        except ssl.SSLError:
            pass


main()
