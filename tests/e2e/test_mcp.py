"""`pgmend mcp` as a protocol: raw lines over its pipes, in both eras. What a
host may send, in whatever order, and what it may never get back.
"""

import contextlib
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (Cluster, await_that, equal, holds, main,  # noqa: E402
                     pgmend, test)
from mcp_host import LEGACY, VERSION, Host, meta  # noqa: E402
from pipeline import (Session, is_waited_for, make_roles,  # noqa: E402
                      make_warehouse)

TOOLS = ["describe_table", "list_constraints", "list_dependents",
         "explain_statement", "check_incident", "propose_repair", "list_runs"]
ORDERS = {"schema": "analytics", "table": "orders"}
DESCRIBE = {"name": "describe_table", "arguments": ORDERS}

cluster = Cluster()
make_roles(cluster)
DB = make_warehouse(cluster, "mcp")
CONNINFO = cluster.conninfo(DB, "healer")


def host(*arguments, **environment):
    return Host("--db", CONNINFO, *arguments, **environment)


def locked():
    """The table, locked by somebody else as long as this lasts."""
    return Session(cluster, DB, "LOCK analytics.orders")


def await_wait():
    """Until a statement of the server's waits for a lock."""
    await_that(lambda: is_waited_for(cluster, DB), "nothing waits", 10)


def error_of(message):
    return message["error"]["code"], message.get("id")


def request(identity, method="ping", **params):
    return {"jsonrpc": "2.0", "id": identity, "method": method,
            "params": params}


# --- The legacy era ---------------------------------------------------------

@test
def initialize_answers_with_the_version_or_with_our_latest():
    for wanted, given in [*((one, one) for one in LEGACY),
                          (VERSION, LEGACY[0]), ("1999-01-01", LEGACY[0])]:
        with host() as one:
            found = one.initialize(wanted)
            equal(found["protocolVersion"], given)
            equal(found["capabilities"], {"tools": {}})
            equal(found["serverInfo"]["name"], "pgmend")
            holds(found["instructions"], found)
            holds("resultType" not in found and "_meta" not in found, found)


@test
def before_initialize_only_ping_needs_no_meta():
    with host() as one:
        equal(one.say(request(1)), {"jsonrpc": "2.0", "id": 1, "result": {}})
        for method in ("tools/list", "tools/call", "server/discover", "nope"):
            equal(error_of(one.say(request("a", method))), (-32602, "a"))
        one.notify("notifications/initialized")
        equal(error_of(one.say(request(2, "initialize"))), (-32602, 2))
        equal(error_of(one.say(request(3, "tools/list"))), (-32602, 3))
        one.initialize()
        holds("tools" in one.say(request(4, "tools/list"))["result"], "tools")


@test
def a_legacy_host_lists_and_calls_without_meta():
    with host() as one:
        one.initialize()
        found = one.say(request(1, "tools/list"))["result"]
        equal([tool["name"] for tool in found["tools"]], TOOLS)
        equal(set(found), {"tools"})
        found = one.say(request(2, "tools/call", **DESCRIBE))["result"]
        equal(set(found), {"content", "structuredContent", "isError"})
        equal(found["isError"], False)
        one.send({"jsonrpc": "2.0", "id": 3, "method": "tools/list"})
        equal(len(one.answer()["result"]["tools"]), len(TOOLS))


@test
def what_a_legacy_host_can_not_ask_is_no_method():
    with host() as one:
        one.initialize()
        for method in ("server/discover", "resources/list", "resources/read",
                       "prompts/list", "prompts/get", "logging/setLevel",
                       "completion/complete", "pgmend/model", "tools/nope",
                       "notifications/initialized", "notifications/cancelled"):
            equal(error_of(one.say(request(method, method))),
                  (-32601, method))


# --- The modern era ---------------------------------------------------------

@test
def discover_tells_versions_and_capabilities():
    with host() as one:
        found = one.ask("server/discover")["result"]
        equal(found["supportedVersions"][0], VERSION)
        equal(found["capabilities"], {"tools": {}})
        check_modern(found, is_cached=True)


def check_modern(result, is_cached):
    equal(result["resultType"], "complete")
    info = result["_meta"]["io.modelcontextprotocol/serverInfo"]
    holds(info["name"] == "pgmend" and info["version"], info)
    equal("ttlMs" in result, is_cached, "ttlMs")
    if is_cached:
        holds(result["ttlMs"] >= 0, result)
        equal(result["cacheScope"], "private")


@test
def a_modern_host_needs_no_handshake():
    with host() as one:
        found = one.ask("tools/list")["result"]
        equal([tool["name"] for tool in found["tools"]], TOOLS)
        check_modern(found, is_cached=True)
        check_modern(one.ask("tools/call", DESCRIBE)["result"],
                     is_cached=False)


@test
def a_modern_request_needs_both_members_and_our_version():
    whole = meta()
    with host() as one:
        for name in whole:
            part = {key: value for key, value in whole.items() if key != name}
            equal(error_of(one.say(request(1, "tools/list", _meta=part))),
                  (-32602, 1))
        for bad in ({**whole, list(whole)[0]: 7}, {**whole, list(whole)[1]: 7},
                    [], "x"):
            equal(error_of(one.say(request(2, "tools/list", _meta=bad))),
                  (-32602, 2))
        for version in ("1999-01-01", "2099-01-01", ""):
            found = one.say(request(3, "tools/list", _meta=meta(version)))
            equal(error_of(found), (-32022, 3))
            equal(found["error"]["data"]["requested"], version)
            holds(VERSION in found["error"]["data"]["supported"], found)
        equal(error_of(one.say(request(4, "ping", _meta=whole))), (-32601, 4))
        for method in ("logging/setLevel", "resources/read", "nope",
                       "subscriptions/listen", "pgmend/model"):
            equal(error_of(one.say(request(5, method, _meta=whole))),
                  (-32601, 5))


@test
def one_process_serves_both_eras_at_once():
    with host() as one:
        one.initialize()
        check_modern(one.ask("tools/list")["result"], is_cached=True)
        holds("resultType" not in one.ask("tools/list",
                                          modern=False)["result"], "legacy")
        equal(error_of(one.say(request(9, "server/discover"))), (-32601, 9))


# --- Messages that are none -------------------------------------------------

DEEP = "[" * 40 + "]" * 40
NONSENSE = [
    ("garbage", -32700, None),
    ('{"jsonrpc":"2.0","id":1,"method":"ping"', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping\x00"}', -32700, None),
    ('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\\u0000"}}',
     -32700, None),
    ('{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32700, None),
    ('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":%s}}' % DEEP,
     -32700, None),
    ('{"jsonrpc":"2.0","id":1,"method":"ping"} x', -32700, None),
    ("[]", -32600, None),
    ('[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, None),
    ('"ping"', -32600, None),
    ("{}", -32600, None),
    ('{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None),
    ('{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, None),
    ('{"jsonrpc":"2.0","id":1e2,"method":"ping"}', -32600, None),
    ('{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, None),
    ('{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, None),
    ('{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, 1),
    ('{"id":1,"method":"ping"}', -32600, 1),
    ('{"jsonrpc":"2.0","id":1}', -32600, 1),
    ('{"jsonrpc":"2.0","id":1,"method":7}', -32600, 1),
    ('{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32600, 1),
    ('{"jsonrpc":"2.0","id":1,"method":"ping","params":7}', -32600, 1),
]


@test
def nonsense_is_answered_by_its_code_and_ends_nothing():
    with host() as one:
        for line, code, identity in NONSENSE:
            found = one.say(line)
            holds(found is not None, f"silence after {line!r}")
            equal(error_of(found), (code, identity), repr(line))
            equal("id" in found, identity is not None, repr(line))
        equal(one.say(request("still", "ping"))["result"], {})


@test
def a_long_line_is_taken_and_a_longer_one_skipped_to_its_end():
    with host() as one:
        padded = request(1, "ping", padding="x" * 300_000)
        equal(one.say(padded)["result"], {})
        equal(error_of(one.say("x" * 300_000)), (-32700, None))
        equal(error_of(one.say("x" * 3_000_000)), (-32600, None))
        equal(one.say(request(2))["id"], 2)
        one.send("")
        one.send("  \r")
        equal(one.line(0.3), None)
        equal(one.say(json.dumps(request(3)) + "\r")["id"], 3)


@test
def a_line_may_come_in_pieces_and_many_in_one():
    with host() as one:
        line = json.dumps(request("slow")).encode()
        for byte in (line[:9], line[9:30], line[30:]):
            one.process.stdin.write(byte)
            time.sleep(0.05)
        one.send(b"")
        equal(one.answer()["id"], "slow")
        one.send(b"\n".join(json.dumps(request(i)).encode()
                            for i in range(500)))
        equal([one.answer()["id"] for _ in range(500)], list(range(500)))


@test
def ids_come_back_as_they_were_sent():
    with host() as one:
        for raw in ("0", "-7", "9" * 40, '""', '"a\\u00e4b"', '"\\n"',
                    '"' + "i" * 1000 + '"'):
            one.send('{"jsonrpc":"2.0","id":%s,"method":"ping"}' % raw)
            holds(f'"id":{raw},' in one.line(), raw)


@test
def notifications_and_answers_are_never_answered():
    with host() as one:
        one.initialize()
        for line in ({"jsonrpc": "2.0", "method": "notifications/nope"},
                     {"jsonrpc": "2.0", "method": "tools/list"},
                     {"jsonrpc": "2.0", "method": "ping", "params": 7},
                     {"jsonrpc": "2.0", "method": "initialize"},
                     {"jsonrpc": "2.0", "method": "notifications/cancelled"},
                     {"jsonrpc": "2.0", "method": "notifications/cancelled",
                      "params": {"requestId": 77}},
                     {"jsonrpc": "2.0", "id": 5, "result": {}},
                     {"jsonrpc": "2.0", "id": 6, "error": {"code": 1}},
                     {"jsonrpc": "2.0", "id": None, "error": {"code": 1}}):
            one.send(line)
        equal(one.line(0.5), None)
        equal(one.say(request(1))["id"], 1)


# --- Parameters -------------------------------------------------------------

@test
def bad_parameters_have_their_code_in_both_eras():
    cases = [("tools/list", {"cursor": "x"}), ("tools/list", {"cursor": 7}),
             ("tools/call", {}), ("tools/call", {"name": 7}),
             ("tools/call", {"name": "nope"}),
             ("tools/call", {"name": "give_up", "arguments": {"reason": "x"}}),
             ("tools/call", {**DESCRIBE, "arguments": []}),
             ("tools/call", {**DESCRIBE, "arguments": "x"}),
             ("tools/call", {**DESCRIBE, "arguments": None})]
    with host() as one:
        one.initialize()
        for method, params in cases:
            for modern in (True, False):
                found = one.ask(method, params, modern)
                equal(found["error"]["code"], -32602, f"{method} {params}")


# --- While a call runs ------------------------------------------------------

@test
def ping_and_lists_are_answered_while_a_call_waits():
    with host() as one, locked():
        one.initialize()
        slow = one.request("tools/call", DESCRIBE)
        await_wait()
        start = time.monotonic()
        equal(one.say(request("p"))["result"], {})
        holds("tools" in one.ask("tools/list")["result"], "tools")
        holds("result" in one.ask("server/discover"), "discover")
        equal(error_of(one.say("garbage")), (-32700, None))
        holds(time.monotonic() - start < 1, "not at once")
        one.notify("notifications/cancelled", {"requestId": slow})


@test
def calls_that_come_together_are_answered_by_their_ids():
    with host() as one:
        one.initialize()
        with locked():
            wanted = [one.request("tools/call", DESCRIBE) for _ in range(5)]
            await_wait()
            taken = request(wanted[3], "tools/call", _meta=meta(), **DESCRIBE)
            equal(error_of(one.say(taken)), (-32600, wanted[3]))
        found = [one.answer() for _ in wanted]
        equal([each["id"] for each in found], wanted)
        holds(all(not each["result"]["isError"] for each in found), found)


@test
def a_cancelled_call_is_stopped_and_never_answered():
    with host() as one:
        one.initialize()
        with locked():
            slow = one.request("tools/call", DESCRIBE)
            queued = one.request("tools/call", DESCRIBE)
            other = one.request("tools/call", {"name": "list_runs"})
            await_wait()
            one.notify("notifications/cancelled", {"requestId": queued})
            one.notify("notifications/cancelled", {"requestId": "elsewhere"})
            equal(one.line(0.3), None)
            one.notify("notifications/cancelled", {"requestId": slow})
            equal(one.answer()["id"], other)
        equal(one.line(0.3), None)
        equal(one.call("describe_table", ORDERS)[1], False)


@test
def progress_is_told_to_who_asked_and_never_after_the_answer():
    for token in ("token", 7):
        with host() as one, locked():
            one.initialize()
            slow = one.request("tools/call", {
                **DESCRIBE, "_meta": {"progressToken": token}})
            seen = [one.message() for _ in range(3)]
            equal({each["method"] for each in seen},
                  {"notifications/progress"})
            equal({each["params"]["progressToken"] for each in seen}, {token})
            numbers = [each["params"]["progress"] for each in seen]
            equal(numbers, sorted(set(numbers)))
            one.notify("notifications/cancelled", {"requestId": slow})
            equal(one.line(1.5), None)
    with host() as one, locked():
        one.initialize()
        one.request("tools/call", DESCRIBE)
        equal(one.line(2.5), None, "nobody asked for it")


# --- The end ----------------------------------------------------------------

@test
def the_end_of_input_is_the_end_also_of_a_call():
    one = host()
    one.initialize()
    holds(one.end() < 2, "idle")
    equal((one.process.returncode, one.process.stderr.read()), (0, b""))
    with locked():
        one = host()
        one.initialize()
        one.request("tools/call", DESCRIBE)
        one.request("tools/call", DESCRIBE)
        await_wait()
        holds(one.end() < 2, "in flight")
        equal(one.process.returncode, 0)
        equal(cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE usename"
                          " = 'healer' AND wait_event_type = 'Lock'", db=DB),
              "0")


@test
def what_came_before_the_end_is_answered():
    lines = [request(i) for i in range(3)]
    lines.append(request(3, "tools/call", _meta=meta(), **DESCRIBE))
    done = pgmend("mcp", "--db", CONNINFO,
                  stdin="".join(json.dumps(line) + "\n" for line in lines))
    equal(done.status, 0, repr(done))
    found = [json.loads(line) for line in done.out.splitlines()]
    equal([each["id"] for each in found], [0, 1, 2, 3])
    equal(found[3]["result"]["isError"], False)
    torn = pgmend("mcp", "--db", CONNINFO, stdin=json.dumps(lines[0]))
    equal((torn.status, torn.out), (0, ""), "half a line")


@test
def a_signal_ends_it_too():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with locked():
            one = host()
            one.initialize()
            one.request("tools/call", DESCRIBE)
            await_wait()
            one.process.send_signal(number)
            equal(one.process.wait(2), 0)


@test
def a_host_that_does_not_read_can_still_end_it():
    one = host()
    one.initialize()
    ping = json.dumps(request(1)).encode() + b"\n"
    os.set_blocking(one.process.stdin.fileno(), False)
    idle = 0
    while idle < 10:
        if one.process.stdin.write(ping * 100) is None:
            idle += 1
            time.sleep(0.05)
    holds(one.end() < 2, "its answers are in the way")
    equal(one.process.returncode, 0)


@test
def a_host_that_is_gone_ends_it():
    one = host()
    one.initialize()
    one.process.stdout.close()
    with contextlib.suppress(BrokenPipeError):  # it may be quicker
        for _ in range(3):
            one.send(request(1))
    equal(one.process.wait(5), 0)


# --- The process ------------------------------------------------------------

@test
def it_is_locked_and_alone():
    with host() as one:
        one.initialize()
        equal(one.call("describe_table", ORDERS)[1], False)
        status = one.status()
        equal((status["Seccomp"], status["NoNewPrivs"], status["Threads"]),
              ("2", "1", "1"))
        equal({status[name] for name in ("CapInh", "CapPrm", "CapEff",
                                         "CapAmb")}, {"0" * 16})
        equal(one.children(), [])


@test
def a_lost_connection_is_made_again():
    with host() as one:
        one.initialize()
        equal(one.call("describe_table", ORDERS)[1], False)
        cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE usename = 'healer'")
        found, refused = one.call("describe_table", ORDERS)
        if refused:
            equal(found["reason_code"], "connection_lost")
            found, refused = one.call("describe_table", ORDERS)
        equal((refused, found["table"]), (False, "orders"))


@test
def what_can_not_begin_says_why_on_standard_error():
    def status(*arguments, **more):
        done = pgmend("mcp", *arguments, **more)
        equal(done.out, "", "standard output is the protocol's")
        holds(done.err.startswith("pgmend: "), repr(done))
        return done.status

    equal(status("--db", "host=/nowhere dbname=x"), 75)
    equal(status("--db", cluster.conninfo(DB)), 30, "a superuser")
    equal(status("--db", CONNINFO, "--incident", "-"), 2)
    equal(status("--db", CONNINFO, "--incident", "/dev/null"), 13)
    equal(status("--db", CONNINFO, "--nope"), 2)
    equal(status("--db", CONNINFO, "--pipeline", "nope"), 2)
    equal(status("--db", CONNINFO, "--policy", "/nowhere"), 2)
    empty = cluster.database("no_audit")
    equal(status("--db", cluster.conninfo(empty, "healer")), 2)


@test
def help_names_it():
    holds("mcp" in pgmend("--help").out, "the list of commands")
    done = pgmend("mcp", "--help")
    equal(done.status, 0)
    for option in ("--incident", "--pipeline", "--policy", "--db", "--config",
                   "--policy-signers"):
        holds(option in done.out, done.out)


main()
