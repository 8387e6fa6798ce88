"""The official clients of both lines against `pgmend mcp`: each lists and calls
every tool, over stdio, and what it gets is what the schemas promise.
"""

import glob
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, equal, holds, main,  # noqa: E402
                     test_within)
from mcp_host import LEGACY, VERSION  # noqa: E402
from node import node  # noqa: E402
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)

REVISIONS = {"1": LEGACY[0], "2": VERSION, "2-pinned": VERSION,
             "2-legacy": LEGACY[0]}
TABLE = {"schema": "analytics", "table": "orders"}
OTHER = {"schema": "pg_catalog", "table": "pg_authid"}
PROPOSAL = {"diagnosis": "a new field", "risk_level": "LOW",
            "statements": ["ALTER TABLE analytics.orders ADD COLUMN coupon"
                           " text"],
            "mapping": [], "advice": [], "reasoning": "the producer sends it"}
DROP = "DROP TABLE analytics.orders"
GOOD = {
    "describe_table": TABLE, "list_constraints": TABLE,
    "list_dependents": TABLE,
    "explain_statement": {"statement": PROPOSAL["statements"][0]},
    "check_incident": {}, "propose_repair": PROPOSAL, "list_runs": {},
}
# A tool, its arguments, and the reason code of the refusal.
REFUSED = [
    ("describe_table", OTHER, "F13"),
    ("list_constraints", OTHER, "F13"),
    ("list_dependents", OTHER, "F13"),
    ("propose_repair", dict(PROPOSAL, statements=[DROP]), "F01"),
    ("describe_table", {}, "arguments"),
    ("describe_table", dict(TABLE, table=7), "arguments"),
    ("list_constraints", dict(TABLE, more=1), "arguments"),
    ("list_dependents", {"schema": None, "table": "orders"}, "arguments"),
    ("explain_statement", {"statement": [DROP]}, "arguments"),
    ("check_incident", {"id": "another"}, "arguments"),
    ("propose_repair", dict(PROPOSAL, risk_level="NONE"), "arguments"),
    ("propose_repair", dict(PROPOSAL, mapping=[{"field": 1}]), "arguments"),
    ("propose_repair", {"statements": []}, "arguments"),
    ("list_runs", {"limit": 0}, "arguments"),
    ("list_runs", {"limit": 101}, "arguments"),
    ("list_runs", {"limit": "20"}, "arguments"),
    ("list_runs", {"limit": 2.5}, "arguments"),
]

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "clients")
folder = tempfile.TemporaryDirectory(prefix="pgmend-clients-", dir="/tmp")


def incident_file():
    path = os.path.join(folder.name, "incident.json")
    payload = {"id": 1, "customer": "Zoë", "coupon": "SPRING"}
    failure = load(cluster, db, "analytics.orders", payload)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(incident("clients-1", "analytics.orders", payload, failure),
                  file)
    return path


INCIDENT = ["--incident", incident_file()]
LOGIN = ["--db", cluster.conninfo(db, "healer")]


def left_over():
    """The command lines of servers that still run."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                words = file.read().split("\0")
        except OSError:
            continue
        if words[1:2] == ["mcp"] and LOGIN[1] in words:
            found.append(words)
    return found


def talk(line, steps, options=None, forgive=None):
    """What the client got; it complains of nothing but what is forgiven. The
    server must have ended by itself, well, when its input did; nothing of it
    is left."""
    status = os.path.join(folder.name, "status")
    with open(status, "w", encoding="utf-8"):
        pass
    seen = json.loads(node(
        "mcp_client.mjs", line, "sh", "-c", '"$@"; echo $? >>"$0"', status,
        os.path.join(BUILD, "pgmend"), "mcp", *LOGIN,
        *(INCIDENT if options is None else options),
        stdin=json.dumps(steps)))
    equal([one for one in seen["complaints"]
           if forgive is None or forgive not in one], [], line)
    with open(status, encoding="utf-8") as file:
        equal(file.read(), "0\n", f"{line}: how the server ended")
    deadline = time.monotonic() + 2
    while left_over() and time.monotonic() < deadline:
        time.sleep(0.05)
    equal(left_over(), [], line)
    return seen


def call(name, arguments=None):
    return {"do": "call", "name": name, "arguments": arguments or {}}


def result_of(answer, what):
    holds("result" in answer, f"{what}: {answer}")
    return answer["result"]


def findings(asked):
    """What the validator has against (schema, values): (what is wrong with the
    schema, and with each value)."""
    return [(one["schema"], one["values"]) for one in json.loads(node(
        "schemas.mjs", stdin=json.dumps(
            [{"schema": schema, "values": values}
             for schema, values in asked])))]


def tools_of(line):
    return {tool["name"]: tool for tool in result_of(
        talk(line, [{"do": "list"}])["answers"][0], line)["tools"]}


@test_within(120)
def each_client_gets_the_revision_that_it_knows():
    for line, version in REVISIONS.items():
        seen = talk(line, [])
        equal((seen["version"], seen["server"]["name"]), (version, "pgmend"),
              line)
        holds("tools" in seen["capabilities"], f"{line}: {seen}")
        for absent in ["resources", "prompts", "logging", "completions"]:
            holds(absent not in seen["capabilities"], f"{line}: {absent}")


@test_within(120)
def each_client_lists_the_same_tools_with_or_without_an_incident():
    lists = {}
    for line in REVISIONS:
        for options in [None, []]:
            answer = talk(line, [{"do": "list"}], options)["answers"][0]
            lists[f"{line} {options}"] = result_of(answer, line)["tools"]
    first = lists["1 None"]
    equal([tool["name"] for tool in first], list(GOOD))
    for line, tools in lists.items():
        equal(tools, first, line)
    for tool in first:
        writes = tool["name"] == "propose_repair"
        equal({name: tool["annotations"].get(name) for name in
               ["readOnlyHint", "openWorldHint"]},
              {"readOnlyHint": not writes, "openWorldHint": False},
              tool["name"])
        holds(tool["description"], tool)


@test_within(60)
def schemas_are_schemas():
    tools = tools_of("2")
    asked = [(tool[kind], []) for tool in tools.values()
             for kind in ("inputSchema", "outputSchema")]
    for (schema, _), (wrong, _) in zip(asked, findings(asked), strict=True):
        equal(wrong, None, json.dumps(schema))
        equal(schema["type"], "object")


@test_within(60)
def input_schemas_say_what_the_tools_take():
    tools = tools_of("2")
    wrong = [(name, arguments) for name, arguments, code in REFUSED
             if code == "arguments"]
    asked = [(tools[name]["inputSchema"], [arguments])
             for name, arguments in [*GOOD.items(), *wrong]]
    found = [values[0] is None for _, values in findings(asked)]
    equal(found, [True] * len(GOOD) + [False] * len(wrong))


@test_within(120)
def every_tool_answers_every_client_as_its_schema_says():
    outputs = {name: tool["outputSchema"]
               for name, tool in tools_of("2").items()}
    for line in REVISIONS:
        answers = talk(line, [{"do": "list"}] + [
            call(name, arguments) for name, arguments in GOOD.items()])
        asked = []
        for name, answer in zip(GOOD, answers["answers"][1:], strict=True):
            result = result_of(answer, f"{line}: {name}")
            holds(not result.get("isError"), f"{line}: {name}: {result}")
            equal([part["type"] for part in result["content"]], ["text"])
            equal(json.loads(result["content"][0]["text"]),
                  result["structuredContent"], name)
            asked.append((outputs[name], [result["structuredContent"]]))
        equal(findings(asked), [(None, [None])] * len(asked), line)


@test_within(120)
def what_is_refused_is_a_result_that_says_why():
    """Also to a client that has listed the tools, and so checks each answer
    against the schema."""
    outputs = {name: tool["outputSchema"]
               for name, tool in tools_of("2").items()}
    for line in REVISIONS:
        seen = talk(line, [{"do": "list"}] + [
            call(name, arguments) for name, arguments, _ in REFUSED])
        asked = []
        for (name, arguments, code), answer in zip(
                REFUSED, seen["answers"][1:], strict=True):
            result = result_of(answer, f"{line}: {name} {arguments}")
            told = result["structuredContent"]
            equal((result.get("isError"), told["reason_code"]), (True, code),
                  f"{line}: {name} {arguments}: {result}")
            holds(told["message"], told)
            asked.append((outputs[name], [told]))
        equal(findings(asked), [(None, [None])] * len(asked), line)


@test_within(120)
def unknown_tool_is_an_error_of_the_protocol():
    for line in REVISIONS:
        answers = talk(line, [call("execute_sql", {"sql": DROP}), call(""),
                              call("list_runs")])["answers"]
        equal([answer.get("error", {}).get("code") for answer in answers],
              [-32602, -32602, None], f"{line}: {answers}")


@test_within(120)
def without_an_incident_the_server_says_how_to_start_it():
    for line in REVISIONS:
        answers = talk(line, [call("check_incident"),
                              call("propose_repair", PROPOSAL),
                              call("list_runs")], [])["answers"]
        for answer in answers[:2]:
            told = result_of(answer, line)["structuredContent"]
            equal(told["reason_code"], "no_incident", line)
            holds("--incident" in told["message"], told)
        holds(not result_of(answers[2], line).get("isError"), answers[2])


@test_within(120)
def calls_at_once_are_each_answered_with_their_own():
    steps = [call("describe_table", TABLE), call("list_runs", {"limit": 1}),
             call("nobody"), call("describe_table", OTHER),
             call("explain_statement", {"statement": DROP}),
             call("list_constraints", TABLE)] * 4
    for line in REVISIONS:
        apart = talk(line, steps)["answers"]
        together = talk(line, [{"do": "together", "steps": steps}])["answers"]
        equal(together[0]["result"], apart, line)


@test_within(120)
def cancelled_call_is_given_up_and_does_no_harm():
    """An answer that was on its way already is the client's to drop."""
    for line in REVISIONS:
        answers = talk(line, [
            dict(call("describe_table", TABLE), do="cancel"),
            call("describe_table", TABLE)],
            forgive="response for an unknown message ID")["answers"]
        holds("enough" in answers[0].get("error", {}).get("message", ""),
              f"{line}: {answers[0]}")
        holds("columns" in result_of(answers[1], line)["structuredContent"],
              f"{line}: {answers[1]}")


@test_within(60)
def older_clients_ping():
    for line in ["1", "2-legacy"]:
        answers = talk(line, [{"do": "ping"}])["answers"]
        holds("result" in answers[0], f"{line}: {answers}")


main()
