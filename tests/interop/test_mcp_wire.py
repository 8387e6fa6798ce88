"""`pgmend mcp` line by line, as no well-behaved client would speak: ids, broken
lines, versions. Everything that it says is checked against the official types
as well.
"""

import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, test  # noqa: E402
from mcp_host import LEGACY, VERSION, meta  # noqa: E402
from mcp_listener import Listener, request  # noqa: E402
from node import node  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402

META = meta()
DESCRIBE = {"name": "describe_table",
            "arguments": {"schema": "analytics", "table": "orders"}}
PARSE, INVALID, METHOD, PARAMS, REVISION = (-32700, -32600, -32601, -32602,
                                            -32022)

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "wire")
folder = tempfile.TemporaryDirectory(prefix="pgmend-wire-", dir="/tmp")
with open(os.path.join(folder.name, "incident.json"), "w") as file:
    json.dump(incident("wire-1", "analytics.orders", {"id": 1, "coupon": "x"},
                       ("42703", 'column "coupon" of relation "orders" does'
                                 ' not exist')), file)
    INCIDENT = file.name
# Messages of the server with the official name of their type.
typed = []


def start():
    return Listener("--db", cluster.conninfo(db, "healer"), "--incident",
                    INCIDENT)


def note(message, name):
    typed.append({"type": name if "result" in message
                  else "JSONRPCErrorResponse", "message": message})
    return message


def has_code(message, *codes):
    holds(message is not None and "result" not in message and
          message["error"]["code"] in codes, f"{codes}: {message}")
    note(message, None)


def goes_on(server):
    """The server is well, and has nothing left to say."""
    answer = server.ask("tools/call", {"name": "list_runs"})
    holds("result" in answer, answer)
    server.says_nothing(0.05)


# --- 2026-07-28 ---------------------------------------------------------------

@test
def newest_revision_needs_no_handshake():
    with start() as server:
        said = note(server.ask("server/discover"), "DiscoverResult")["result"]
        holds(VERSION in said["supportedVersions"], said)
        equal((said["resultType"], list(said["capabilities"])),
              ("complete", ["tools"]))
        listed = note(server.ask("tools/list"), "ListToolsResult")["result"]
        for result in [said, listed]:
            holds(isinstance(result["ttlMs"], int) and result["ttlMs"] >= 0,
                  result)
            holds(result["cacheScope"] in ("public", "private"), result)
        called = note(server.ask("tools/call", DESCRIBE),
                      "CallToolResult")["result"]
        for result in [said, listed, called]:
            equal(result["resultType"], "complete")
            equal(result["_meta"]["io.modelcontextprotocol/serverInfo"]
                  ["name"], "pgmend")


@test
def unknown_revision_is_told_the_known_ones():
    for version in ["2099-01-01", "2025-11-25", "", "x"]:
        with start() as server:
            answer = server.ask("tools/list", {"_meta": meta(version)})
            has_code(answer, REVISION)
            equal(answer["error"]["data"]["requested"], version)
            holds(VERSION in answer["error"]["data"]["supported"], answer)
            goes_on(server)


BROKEN_META = [
    {}, {"io.modelcontextprotocol/protocolVersion": VERSION},
    dict(META, **{"io.modelcontextprotocol/clientCapabilities": []}),
    dict(META, **{"io.modelcontextprotocol/protocolVersion": 20260728}),
    [], "meta", 1, None]


@test
def request_without_what_the_revision_wants_is_refused():
    with start() as server:
        for broken in BROKEN_META:
            server.send({"jsonrpc": "2.0", "id": 9, "method": "tools/list",
                         "params": {"_meta": broken}})
            has_code(server.hear(), PARAMS, REVISION)
        goes_on(server)


@test
def what_the_newest_revision_has_no_more_is_unknown():
    with start() as server:
        for method in ["ping", "logging/setLevel", "resources/subscribe",
                       "resources/list", "prompts/list", "prompts/get",
                       "completion/complete", "tasks/list", "tools/listen",
                       "pgmend/model", "", "tools/call ", "TOOLS/CALL"]:
            has_code(server.ask(method), METHOD)
        goes_on(server)


# --- Older revisions ----------------------------------------------------------

@test
def older_revisions_are_negotiated():
    wanted = {version: version for version in LEGACY}
    wanted.update({VERSION: LEGACY[0], "2099-01-01": LEGACY[0],
                   "1999-01-01": LEGACY[0], "": LEGACY[0]})
    for asked, given in wanted.items():
        with start() as server:
            said = server.initialize(asked)
            note({"jsonrpc": "2.0", "id": 1, "result": said},
                 "InitializeResult")
            equal((said["protocolVersion"], list(said["capabilities"])),
                  (given, ["tools"]), asked)
            server.says_nothing(0.05)
            server.send({"jsonrpc": "2.0", "id": 7, "method": "tools/list"})
            listed = note(server.hear(), "ListToolsResult")["result"]
            for name in ["resultType", "ttlMs", "cacheScope"]:
                holds(name not in listed, f"{asked}: {name}")


@test
def before_initialize_there_is_only_ping():
    with start() as server:
        server.send({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        equal(note(server.hear(), "EmptyResult")["result"], {})
        for method in ["tools/list", "tools/call", "server/discover"]:
            server.send({"jsonrpc": "2.0", "id": 2, "method": method})
            has_code(server.hear(), PARAMS, INVALID)
        server.send({"jsonrpc": "2.0", "id": 3, "method": "initialize",
                    "params": {"capabilities": {}}})
        has_code(server.hear(), PARAMS)
        equal(server.initialize()["protocolVersion"], LEGACY[0])


@test
def older_methods_that_are_not_offered_are_unknown():
    with start() as server:
        server.initialize()
        for method in ["resources/list", "prompts/list", "logging/setLevel",
                       "completion/complete", "tasks/get", "heal"]:
            server.send({"jsonrpc": "2.0", "id": method, "method": method,
                        "params": {}})
            has_code(server.hear(), METHOD)


# --- Calls --------------------------------------------------------------------

@test
def malformed_calls_are_errors_of_the_protocol():
    with start() as server:
        for params in [{}, {"name": None}, {"name": 7}, {"name": ["list_runs"]},
                       {"name": "list_runs", "arguments": []},
                       {"name": "list_runs", "arguments": "{}"},
                       {"name": "list_runs", "arguments": 1},
                       {"name": "list_runs\u0001", "arguments": {}},
                       {"name": "x" * 5000, "arguments": {}}]:
            has_code(server.ask("tools/call", params), PARAMS)
        has_code(server.ask("tools/list", {"cursor": "next"}), PARAMS)
        has_code(server.ask("tools/list", {"cursor": 1}), PARAMS)
        for params in ([META], "params", 1):
            server.send({"jsonrpc": "2.0", "id": 77, "method": "tools/list",
                        "params": params})
            has_code(server.hear(), PARAMS, INVALID)
        goes_on(server)


@test
def arguments_may_be_left_out():
    with start() as server:
        answer = note(server.ask("tools/call", {"name": "check_incident"}),
                      "CallToolResult")
        holds(not answer["result"].get("isError"), answer)


@test
def requests_in_one_breath_are_each_answered_once():
    with start() as server:
        asked = []
        for number in range(60):
            asked.append(request(number, "tools/call", **[
                DESCRIBE, {"name": "list_runs"}, {"name": "nobody"}][
                    number % 3]))
        server.send("\n".join(map(json.dumps, asked)))
        answers = [server.hear() for _ in asked]
        equal(sorted(answer["id"] for answer in answers),
              [request["id"] for request in asked])
        for answer in answers:
            equal("error" in answer, answer["id"] % 3 == 2, str(answer))
            if "result" in answer:
                equal("columns" in answer["result"]["structuredContent"],
                      answer["id"] % 3 == 0, str(answer))
        goes_on(server)


@test
def progress_comes_only_with_a_token():
    with start() as server:
        answer = server.ask("tools/call", {
            "name": "list_runs", "_meta": meta(progressToken="p")})
        holds("result" in answer, answer)
        goes_on(server)


# --- Ids ----------------------------------------------------------------------

@test
def ids_come_back_exactly():
    with start() as server:
        for raw in ["0", "-1", "2147483648", "9007199254740993",
                    "-9007199254740995", "9223372036854775807",
                    "18446744073709551616", "123456789012345678901234567890",
                    '""', '" "', '"1"', '"null"', '"a/b"', '"Z\u00f6e"',
                    '"\\ud83d\\ude00"', '"\\"\\\\"', '"' + "x" * 500 + '"']:
            server.send('{"jsonrpc":"2.0","id":%s,"method":"tools/list",'
                       '"params":{"_meta":%s}}' % (raw, json.dumps(META)))
            line = server.line()
            equal(json.loads(line)["id"], json.loads(raw))
            holds(re.search(r'"id" ?: ?' + re.escape(raw) + r" ?[,}]", line)
                  or raw[0] == '"', f"{raw}: {line[:200]}")
            holds("result" in json.loads(line), line[:200])
        goes_on(server)


@test
def what_is_no_id_is_no_request():
    with start() as server:
        for raw in ["null", "1.5", "true", "[1]", '{"a":1}', "1e400"]:
            server.send('{"jsonrpc":"2.0","id":%s,"method":"tools/list",'
                       '"params":{"_meta":%s}}' % (raw, json.dumps(META)))
            answer = server.hear()
            has_code(answer, INVALID, PARSE)
            equal(answer.get("id"), None, raw)
        goes_on(server)


# --- Lines --------------------------------------------------------------------

ASK = '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":%s}}' \
    % json.dumps(META)
NO_JSON = ["{", "}", "xyz", ASK[:-1], ASK + "}", ASK + ASK, "{'id':1}",
           ASK.replace("1", "01", 1).replace('"2.0"', "2.0."), b"\xff\xfe",
           ASK.encode().replace(b"tools", b"t\xc0\xaf"), b"\x00",
           "\ufeff" + ASK,
           "[" * 5000 + "]" * 5000, '{"a":' * 5000, ASK.replace(
               '"id":1', '"id":1,"id":2'), ASK.replace("tools", "\\ud800")]
NO_REQUEST = ["[]", "[%s]" % ASK, "[%s,%s]" % (ASK, ASK), '"text"', "1",
              "null", "true", "{}", '{"id":1}', '{"jsonrpc":"2.0","id":1}',
              ASK.replace('"2.0"', '"1.0"'), ASK.replace('"2.0"', "2"),
              ASK.replace('"jsonrpc":"2.0",', ""),
              ASK.replace('"tools/list"', "1"), ASK.replace('"tools/list"',
                                                            "null")]


@test
def line_that_is_no_json_is_answered_and_does_no_harm():
    with start() as server:
        for line in NO_JSON:
            server.send(line)
            answer = server.hear()
            has_code(answer, PARSE, INVALID)
            equal(answer.get("id"), None, str(line)[:80])
        goes_on(server)


@test
def json_that_is_no_request_is_answered_and_does_no_harm():
    with start() as server:
        for line in NO_REQUEST:
            server.send(line)
            has_code(server.hear(), INVALID)
        goes_on(server)


@test
def long_lines_do_no_harm():
    with start() as server:
        long = "x" * (300 << 10)
        server.send(long)
        has_code(server.hear(), PARSE, INVALID)
        answer = server.ask("tools/call", {"name": "explain_statement",
                                           "arguments": {"statement": long}})
        holds("error" in answer or answer["result"].get("isError") or
              answer["result"]["structuredContent"]["verdict"] == "deny",
              answer)
        server.send('{"a":"' + "y" * (20 << 20) + '"}')
        has_code(server.hear(), PARSE, INVALID)
        goes_on(server)


@test
def lines_may_come_in_pieces_and_with_spaces():
    with start() as server:
        for line in [ASK + "\r", " \t" + ASK + "  ", json.dumps(
                json.loads(ASK), indent=None, separators=(" , ", " : "))]:
            server.send(line)
            holds("result" in server.hear(), line)
        for piece in re.findall(".{1,7}", ASK + "\n", re.DOTALL):
            server.process.stdin.write(piece.encode())
            server.process.stdin.flush()
        holds("result" in server.hear(), "pieces")
        server.process.stdin.write((ASK + "\n" + ASK[:50]).encode())
        server.process.stdin.flush()
        holds("result" in server.hear(), "one and a half")
        server.says_nothing(0.1)
        server.process.stdin.write((ASK[50:] + "\n").encode())
        server.process.stdin.flush()
        holds("result" in server.hear(), "the other half")


@test
def what_wants_no_answer_gets_none():
    quiet = [{"jsonrpc": "2.0", "method": "notifications/initialized"},
             {"jsonrpc": "2.0", "method": "notifications/unheard-of"},
             {"jsonrpc": "2.0", "method": "tools/call", "params": {
                 "_meta": META, "name": "list_runs", "arguments": {}}},
             {"jsonrpc": "2.0", "method": "notifications/cancelled",
              "params": {"requestId": 12345}},
             {"jsonrpc": "2.0", "method": "notifications/cancelled"},
             {"jsonrpc": "2.0", "id": 5, "result": {"tools": []}},
             {"jsonrpc": "2.0", "id": "x", "error": {"code": 1,
                                                     "message": "m"}}]
    with start() as server:
        for message in quiet:
            server.send(message)
        server.says_nothing()
        goes_on(server)


@test
def half_a_line_at_the_end_is_no_request():
    with start() as server:
        server.process.stdin.write(ASK.encode()[:-3])
        server.ends()


# --- Types --------------------------------------------------------------------

@test
def all_that_was_said_is_of_the_official_types():
    found = json.loads(node("protocol_types.mjs", stdin=json.dumps(typed)))
    for one, wrong in zip(typed, found, strict=True):
        equal(wrong, None, str(one)[:500])
    holds(len(typed) > 80, len(typed))


main()
