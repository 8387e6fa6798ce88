"""The MCP Inspector's command line against `pgmend mcp`, by a configuration as
its users write it: it lists every tool, has nothing against their schemas, and
calls each.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, equal, holds, main,  # noqa: E402
                     test_within)
from node import FOLDER, NODE_SECONDS  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402

INSPECTOR = os.path.join(FOLDER, "node_modules", ".bin", "mcp-inspector")
TABLE = {"schema": "analytics", "table": "orders"}
ADD = "ALTER TABLE analytics.orders ADD COLUMN coupon text"
CALLS = {
    "describe_table": TABLE, "list_constraints": TABLE,
    "list_dependents": TABLE, "explain_statement": {"statement": ADD},
    "check_incident": {}, "list_runs": {"limit": 5},
    "propose_repair": {"diagnosis": "a new field", "risk_level": "LOW",
                       "statements": [ADD], "mapping": [], "advice": [],
                       "reasoning": "r"},
}
IS_ERROR = 5
ERAS = ["legacy", "modern", "auto"]

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "inspector")
folder = tempfile.TemporaryDirectory(prefix="pgmend-inspector-", dir="/tmp")


def write(name, document):
    path = os.path.join(folder.name, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return path


INCIDENT = write("incident.json", incident(
    "inspector-1", "analytics.orders",
    {"id": 1, "customer": "a", "coupon": "x"},
    ("42703", 'column "coupon" of relation "orders" does not exist')))
CONFIG = write("mcp.json", {"mcpServers": {"pgmend": {
    "command": os.path.join(BUILD, "pgmend"),
    "args": ["mcp", "--db", cluster.conninfo(db, "healer"), "--incident",
             INCIDENT]}}})


def inspect(method, *options, era="auto"):
    """Exit status, what it printed as JSON, and what it complained of."""
    done = subprocess.run(
        [INSPECTOR, "--cli", "--config", CONFIG, "--server", "pgmend",
         "--protocol-era", era, "--method", method, *options],
        stdin=subprocess.DEVNULL, text=True, capture_output=True,
        timeout=NODE_SECONDS, cwd=folder.name,
        env={**os.environ, "HOME": folder.name,
             "MCP_INSPECTOR_SECRET_STORE": "memory"})
    return done.returncode, json.loads(done.stdout or "null"), done.stderr


def call(tool, arguments, era="auto"):
    return inspect("tools/call", "--tool-name", tool, "--tool-args-json",
                   json.dumps(arguments), era=era)


@test_within(120)
def inspector_lists_the_tools_and_finds_no_fault():
    for era in ERAS:
        status, said, errors = inspect("tools/list", "--strict", era=era)
        equal(status, 0, f"{era}: {errors}")
        equal(sorted(tool["name"] for tool in said["tools"]), sorted(CALLS))
        holds("portability" not in errors, errors)


@test_within(120)
def inspector_calls_every_tool():
    for era in ERAS[:2]:
        for tool, arguments in CALLS.items():
            status, said, errors = call(tool, arguments, era)
            equal(status, 0, f"{era}: {tool}: {said} {errors}")
            holds(said["structuredContent"], f"{era}: {tool}")


@test_within(60)
def inspector_tells_a_refusal_from_an_answer():
    for tool, arguments, code in [
            ("describe_table", {"schema": "pg_catalog", "table": "pg_authid"},
             "F13"),
            ("list_runs", {"limit": 1000}, "arguments"),
            ("propose_repair", dict(CALLS["propose_repair"],
                                    statements=["DROP TABLE x"]), "F01")]:
        status, said, errors = call(tool, arguments)
        equal(status, IS_ERROR, f"{tool}: {said} {errors}")
        equal(said["structuredContent"]["reason_code"], code, str(said))


main()
