"""The tools of `pgmend mcp`: what a host learns, what it may propose, and what
becomes of it. Every result is checked against the tool's own outputSchema.
"""

import atexit
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (ROOT, Cluster, await_that, equal, holds,  # noqa: E402
                     main, pgmend, test)
from mcp_host import Host, mistakes  # noqa: E402
from pipeline import (Session, incident, is_waited_for, load,  # noqa: E402
                      make_roles, make_warehouse)
from scripted import repair  # noqa: E402

TABLE = "analytics.orders"
ORDERS = {"schema": "analytics", "table": "orders"}
ADD = "ALTER TABLE analytics.orders ADD COLUMN coupon text"

PIPELINE = ("[pipeline other]\ntables = analytics.other\n"
            "role = orders_loader\n")

folder = tempfile.mkdtemp(prefix="pgmend-mcp-", dir="/tmp")
atexit.register(shutil.rmtree, folder, True)
os.chmod(folder, 0o755)
cluster = Cluster()
make_roles(cluster)
schemas = {}
databases = iter(range(1000))


def file(name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write(text if isinstance(text, str) else json.dumps(text))
    return path


def order(number=1, **members):
    return {"id": number, "customer": "Ada Lovelace", "amount": "12.50",
            **members}


class Case:
    """A database of its own, a write that failed, and the incident."""

    def __init__(self, payload=None, identity="order-1", before=""):
        self.db = make_warehouse(cluster, f"mcp{next(databases)}")
        self.sql(before)
        self.payload = payload or order(coupon="SPRING-4711")
        failure = load(cluster, self.db, TABLE, self.payload)
        self.incident = file(f"{self.db}.json", incident(
            identity, TABLE, self.payload, failure or ("42703", "?")))

    def host(self, *arguments, with_incident=True):
        given = ["--incident", self.incident] if with_incident else []
        return Checked("--db", cluster.conninfo(self.db, "healer"), *given,
                       *arguments)

    def sql(self, text):
        return cluster.sql(text, db=self.db)

    def column(self):
        return self.sql("SELECT count(*) FROM pg_attribute WHERE attrelid ="
                        " 'analytics.orders'::regclass AND attname = 'coupon'")

    def events(self):
        return self.sql("SELECT actor || ' ' || kind FROM pgmend.event"
                        " ORDER BY seq").splitlines()

    def finished(self):
        return [json.loads(line) for line in self.sql(
            "SELECT body FROM pgmend.event WHERE kind = 'run.finished'"
            " ORDER BY seq").splitlines()]

    def waiting(self):
        return self.sql("SELECT plan_sha256 FROM pgmend.v_escalation"
                        ).splitlines()


class Checked(Host):
    """A host that holds every result against its schema."""

    def call(self, tool, arguments=None, modern=True, seconds=20):
        if not schemas:
            for one in self.ask("tools/list")["result"]["tools"]:
                schemas[one["name"]] = one
        found, refused = super().call(tool, arguments, modern, seconds)
        equal(mistakes(schemas[tool]["outputSchema"], found), [], tool)
        return found, refused

    def refused(self, tool, arguments=None):
        found, refused = self.call(tool, arguments)
        holds(refused, f"{tool} {arguments}: {found}")
        return found["reason_code"]


plain = Case()


# --- What is listed ---------------------------------------------------------

def closed(schema, where):
    """Every object says all that it may hold, but for what the brief has."""
    if schema.get("type") == "object" and "properties" in schema:
        equal(schema.get("additionalProperties"), False, where)
    for name, part in schema.get("properties", {}).items():
        closed(part, f"{where}.{name}")
    if "items" in schema:
        closed(schema["items"], f"{where}[]")


@test
def every_tool_tells_all_of_itself():
    with plain.host() as host:
        tools = host.ask("tools/list")["result"]["tools"]
    with plain.host(with_incident=False) as host:
        equal(host.ask("tools/list")["result"]["tools"], tools)
    for tool in tools:
        equal(set(tool), {"name", "title", "description", "inputSchema",
                          "outputSchema", "annotations"}, tool["name"])
        for side in ("inputSchema", "outputSchema"):
            equal(tool[side]["type"], "object")
            closed(tool[side], f"{tool['name']}.{side}")
        reads = tool["name"] != "propose_repair"
        equal(tool["annotations"]["readOnlyHint"], reads)
        equal(tool["annotations"]["openWorldHint"], False)
    hints = tools[5]["annotations"]
    equal((hints["destructiveHint"], hints["idempotentHint"]), (False, True))


@test
def arguments_that_do_not_suit_are_told_as_results():
    good = repair(ADD)
    cases = [
        ("describe_table", {}), ("describe_table", {"schema": "analytics"}),
        ("describe_table", {**ORDERS, "x": 1}),
        ("describe_table", {**ORDERS, "table": 7}),
        ("describe_table", {**ORDERS, "table": None}),
        ("list_constraints", {"table": "orders"}), ("list_dependents", {}),
        ("explain_statement", {}), ("explain_statement", {"statement": []}),
        ("check_incident", {"x": 1}), ("list_runs", {"limit": 0}),
        ("list_runs", {"limit": 101}), ("list_runs", {"limit": "5"}),
        ("list_runs", {"limit": 1.5}), ("list_runs", {"limit": None}),
        ("propose_repair", {}), ("propose_repair", {**good, "x": 1}),
        ("propose_repair", {**good, "risk_level": "NONE"}),
        ("propose_repair", {**good, "statements": ADD}),
        ("propose_repair", {**good, "statements": [7]}),
        ("propose_repair", {**good, "mapping": [{"field": "a"}]}),
        ("propose_repair", {**good, "statements": [ADD] * 17}),
        ("propose_repair", repair()),
    ]
    with plain.host() as host:
        for tool, arguments in cases:
            found, refused = host.call(tool, arguments)
            equal((refused, found["reason_code"]), (True, "arguments"),
                  f"{tool} {arguments}")
            holds("verdict" not in found, "nobody judged it")


# --- Looking ----------------------------------------------------------------

@test
def a_table_is_described_without_a_value_of_it():
    case = Case()
    case.sql("SET ROLE orders_owner; ALTER TABLE analytics.orders"
             " ADD CHECK (customer <> 'Grace Hopper');"
             "ALTER TABLE analytics.orders ALTER placed_at SET DEFAULT"
             " '2026-01-01'; CREATE VIEW analytics.names AS SELECT customer"
             " FROM analytics.orders WHERE customer <> 'Grace Hopper'")
    with case.host() as host:
        found, _ = host.call("describe_table", ORDERS)
        equal({name: found[name] for name in ORDERS}, ORDERS)
        equal([(one["name"], one["type"], one["nullable"])
               for one in found["columns"]],
              [("id", "bigint", False), ("customer", "text", False),
               ("amount", "numeric(12,2)", True),
               ("placed_at", "timestamp with time zone", True)])
        texts = [host.call(tool, ORDERS)[0] for tool in
                 ("describe_table", "list_constraints", "list_dependents")]
        holds("CHECK" in str(texts[1]) and "names" in str(texts[2]), texts)
        for value in ("Hopper", "2026-01-01"):
            holds(value not in str(texts), f"{value}: {texts}")


@test
def only_the_tables_that_it_is_for_are_shown():
    case = Case()
    case.sql("SET ROLE orders_owner; CREATE TABLE analytics.other (a int)")
    other = {"schema": "analytics", "table": "other"}
    conf = file("other.conf", PIPELINE)
    system = [{"schema": "pg_catalog", "table": "pg_authid"},
              {"schema": "information_schema", "table": "tables"},
              {"schema": "pgmend", "table": "event"},
              {"schema": "pg_toast", "table": "x"}]

    def shown(host):
        for table in system:
            equal(host.refused("describe_table", table), "F13", str(table))
        for name in ("list_constraints", "list_dependents"):
            equal(host.call(name, other)[1], host.call("describe_table",
                                                       other)[1])
        return [not host.call("describe_table", table)[1]
                for table in (ORDERS, other)]

    with case.host() as host:
        equal(shown(host), [True, False], "the incident's")
        equal(host.refused("explain_statement", {
            "statement": "ALTER TABLE analytics.other ADD COLUMN b text"}),
            "F13")
    with case.host(with_incident=False) as host:
        equal(shown(host), [True, True], "any that can be healed")
        for tool in ("describe_table", "list_constraints"):
            found, refused = host.call(tool, {**ORDERS, "table": "nope"})
            equal((refused, found["reason_code"]), (True, "no_such_table"))
            holds("'nope'" in found["message"], found)
            holds("verdict" not in found, "nobody judged it")
    with case.host("--config", conf, "--pipeline", "other") as host:
        equal(shown(host), [False, True], "the pipeline's")
        equal(host.refused("check_incident"), "table_not_in_pipeline")


@test
def a_statement_is_judged_as_policy_explain_does_and_never_run():
    statements = [ADD, "ALTER TABLE analytics.orders ADD COLUMN c int NOT NULL"
                  " DEFAULT 7", "DROP TABLE analytics.orders", "SELECT 1",
                  "nonsense", "", ADD + "; DROP TABLE analytics.orders",
                  "CREATE TABLE analytics.fresh (a int)",
                  "COMMENT ON TABLE analytics.orders IS 'x'"]
    policy = os.path.join(ROOT, "policies/default.policy")
    with plain.host(with_incident=False) as host:
        for statement in statements:
            found, refused = host.call("explain_statement",
                                       {"statement": statement})
            equal(refused, False, statement)
            done = pgmend("policy", "explain", "-p", policy, "--db",
                          cluster.conninfo(plain.db, "healer"), "--json", "--",
                          statement)
            equal(done.status, 0, repr(done))
            equal(found, done.json, statement)
        found, _ = host.call("explain_statement", {"statement": ADD})
        action = found["actions"][0]
        equal([action[name] for name in ("op", "target", "verdict", "lock",
                                         "rewrite", "scan", "inverse_sql")],
              ["add_column", "analytics.orders.coupon", "allow",
               "access_exclusive", False, False,
               "ALTER TABLE analytics.orders DROP COLUMN coupon"])
    equal(plain.column(), "0")


@test
def an_incident_is_looked_into_as_far_as_policy_discloses():
    case = Case()
    with case.host() as host:
        found, refused = host.call("check_incident")
        equal((refused, found["triage"], found["class"], found["works"]),
              (False, "drift", "missing_column", False))
        equal((found["sqlstate"], found["target"]), ("42703", ORDERS))
        equal([one["column"] for one in found["wanted"]
               if not one["exists"]], ["coupon"])
        equal(found["facts"]["table.columns"], 4)
        for value in ("SPRING", "Lovelace", "12.50"):
            holds(value not in str(found), value)
        case.sql("SET ROLE orders_owner; " + ADD)
        found, refused = host.call("check_incident")
        equal((refused, found["works"]), (False, True))
        equal(host.call("propose_repair", repair(ADD))[0]["outcome"],
              "already_healed")
    equal([one["outcome"] for one in case.finished()], ["already_healed"])


@test
def what_is_no_drift_is_said_so():
    case = Case(order(), before="INSERT INTO analytics.orders VALUES (1, 'x')")
    with case.host() as host:
        found, refused = host.call("check_incident")
        equal((refused, found["triage"], found["outcome"]),
              (False, "data", "not_drift"))
        found, refused = host.call("propose_repair", repair(ADD))
        equal((refused, found["outcome"]), (True, "not_drift"))
    equal(case.column(), "0")


@test
def without_an_incident_there_is_nothing_to_repair():
    with plain.host(with_incident=False) as host:
        equal(host.refused("check_incident"), "no_incident")
        equal(host.refused("propose_repair", repair(ADD)), "no_incident")


# --- Proposing --------------------------------------------------------------

@test
def what_is_allowed_waits_for_a_person_once():
    case = Case()
    with case.host() as host:
        host.call("check_incident")
        found, refused = host.call("propose_repair", repair(ADD))
        equal((refused, found["verdict"], found["outcome"],
               found["approvers"]), (False, "allow", "escalated", 1))
        holds(re.fullmatch("[0-9a-f]{64}", found["plan_sha256"]), found)
        again, _ = host.call("propose_repair", repair("SELECT 1"))
        equal(again, found, "it is decided")
    equal(case.waiting(), [found["plan_sha256"]])
    equal((case.column(), case.sql("SELECT count(*) FROM analytics.orders")),
          ("0", "0"))
    events = case.events()
    equal(events[0], "supervisor run.received")
    equal(events[-3:], ["host proposal.parsed", "supervisor policy.verdict",
                        "supervisor run.finished"])
    done = case.finished()
    equal([(one["outcome"], one["exit_code"], one["model"]["planner"])
           for one in done], [("escalated", 10, "host")])
    equal(pgmend("audit", "verify", "--db",
                 cluster.conninfo(case.db, "healer")).status, 0)
    check_others(case, found)


def check_others(case, first):
    """Another process finds the plan; a heal doesn't wait for it, or apply what
    more there is in it."""
    with case.host() as host:
        found, refused = host.call("propose_repair", repair(ADD))
        equal((refused, found["outcome"], found["plan_sha256"]),
              (False, "escalated", first["plan_sha256"]))
        holds(first["run_id"] in found["message"], found)
    equal(case.waiting(), [first["plan_sha256"]])
    equal(case.sql("SELECT count(*) FROM pgmend.v_unresolved"), "0")
    done = pgmend("heal", "--db", cluster.conninfo(case.db, "healer"),
                  "--planner", "builtin", case.incident)
    equal((done.status, done.json["outcome"], done.json["model"]["planner"]),
          (0, "healed", "builtin"), repr(done))


TWO_APPROVE = """pgmend-policy 1
layer org
default deny
allow replay, add_column, drop_not_null on *.* as all
escalate drop_not_null on *.* as seldom {
    approvers 2
    when incident.witnesses < 3
}
"""


@test
def what_a_host_stored_is_not_applied_by_a_later_heal():
    """Not even when the facts would let a heal's own plan through now."""
    payload = {"id": 1, "customer": None, "amount": "1"}
    case = Case(payload)
    policy = file("two.policy", TWO_APPROVE)
    with case.host("--policy", policy) as host:
        found, refused = host.call("propose_repair", repair(
            "ALTER TABLE analytics.orders ALTER COLUMN customer DROP NOT NULL",
            ADD))
        equal((refused, found["verdict"], found["outcome"]),
              (False, "escalate", "escalated"), str(found))
    for number, status in [(2, 10), (3, 0)]:
        record = dict(payload, id=number)
        done = pgmend("heal", "--db", cluster.conninfo(case.db, "healer"),
                      "--planner", "builtin", "--policy", policy, "-",
                      stdin=json.dumps(incident(
                          f"order-{number}", TABLE, record,
                          load(cluster, case.db, TABLE, record))))
        equal((done.status, case.column()), (status, "0"), repr(done))


@test
def what_is_denied_may_be_proposed_better():
    case = Case()
    with case.host() as host:
        for statement, code in [
                ("DROP TABLE analytics.orders", "F01"),
                ("ALTER TABLE analytics.orders DROP COLUMN customer", "F01"),
                ("ALTER TABLE pgmend.event ADD COLUMN a text", None),
                ("COMMENT ON TABLE analytics.orders IS 'x'",
                 "policy_denies")]:
            found, refused = host.call("propose_repair", repair(statement))
            equal((refused, found["verdict"]), (True, "deny"), statement)
            holds(code in (None, found["reason_code"]), found)
        found, refused = host.call("propose_repair", repair(ADD))
        equal((refused, found["outcome"]), (False, "escalated"))
    equal(case.column(), "0")
    equal([one["outcome"] for one in case.finished()], ["escalated"])


@test
def proposals_are_counted():
    with Case().host() as host:
        for _ in range(16):
            equal(host.refused("propose_repair", repair("DROP TABLE x")),
                  "F01")
        equal(host.refused("propose_repair", repair(ADD)),
              "too_many_proposals")


@test
def a_host_that_only_looks_leaves_no_answer_that_stands():
    case = Case()
    with case.host() as host:
        host.call("check_incident")
        host.refused("propose_repair", repair("DROP TABLE x"))
    equal([(one["outcome"], one["reason_code"]) for one in case.finished()],
          [("dry_run", "host_left")])
    equal(case.sql("SELECT count(*) FROM pgmend.v_unresolved"), "0")
    done = pgmend("heal", "--db", cluster.conninfo(case.db, "healer"),
                  case.incident)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))


@test
def no_lock_is_held_while_the_host_thinks():
    case = Case()
    with case.host() as host:
        host.call("check_incident")
        equal(case.sql("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity"
                       " a USING (pid) WHERE a.usename = 'healer' AND"
                       " l.locktype IN ('relation', 'transactionid')"), "0")
        done = pgmend("heal", "--db", cluster.conninfo(case.db, "healer"),
                      case.incident, timeout=10)
        equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
        found, refused = host.call("check_incident")
        equal((refused, found["outcome"]), (False, "already_healed"))


# --- Where policy says: apply -----------------------------------------------

def layer(name, fate):
    """A team's, beside the one that it extends."""
    return file(f"{name}.policy", "pgmend-policy 1\nlayer team\n"
                'extends "default.policy"\ndefault inherit\n'
                f"mcp {{\n    propose {fate}\n}}\n")


DEFAULT = shutil.copy(os.path.join(ROOT, "policies/default.policy"), folder)
APPLY = layer("apply", "apply")
STORE = layer("store", "store")


@test
def where_policy_says_apply_it_is_applied_and_replayed():
    case = Case()
    with case.host("--policy", APPLY) as host:
        found, refused = host.call("propose_repair", repair(ADD))
        equal((refused, found["verdict"], found["outcome"]),
              (False, "allow", "healed"), str(found))
        equal(host.call("propose_repair", repair(ADD))[0], found)
        equal(host.call("check_incident")[0]["outcome"], "already_healed")
    equal((case.column(), case.sql("SELECT coupon FROM analytics.orders")),
          ("1", "SPRING-4711"))
    equal(case.waiting(), [])
    equal([one["outcome"] for one in case.finished()],
          ["healed", "already_healed"])
    holds("host proposal.parsed" in case.events(), case.events())


@test
def what_policy_escalates_waits_also_then():
    case = Case()
    with case.host("--policy", APPLY) as host:
        found, refused = host.call("propose_repair", repair(
            ADD + " DEFAULT 'none'"))
        equal((refused, found["verdict"], found["outcome"]),
              (False, "escalate", "escalated"))
    equal((case.column(), len(case.waiting())), ("0", 1))


@test
def one_layer_that_says_store_is_enough():
    case = Case()
    willing = file("willing.conf", f"policy = {APPLY}\n")
    silent = file("silent.conf", f"policy = {DEFAULT}\n")
    for conf, policy in ((willing, STORE), (silent, APPLY)):
        with case.host("--config", conf, "--policy", policy) as host:
            equal(host.call("propose_repair", repair(ADD))[0]["outcome"],
                  "escalated", f"{conf} {policy}")
    equal(case.column(), "0")


def locked(case):
    """The table, locked so that a change must wait, and a trial need not."""
    return Session(cluster, case.db, "LOCK analytics.orders IN ROW SHARE MODE")


def await_waiter(case):
    await_that(lambda: is_waited_for(cluster, case.db), "nobody waits")


@test
def a_change_that_is_taken_back_is_rolled_back_and_recorded():
    case = Case()
    with case.host("--policy", APPLY) as host:
        with locked(case):
            slow = host.request("tools/call", {
                "name": "propose_repair", "arguments": repair(ADD)})
            await_waiter(case)
            host.notify("notifications/cancelled", {"requestId": slow})
            equal(host.ask("tools/call", {"name": "list_runs"})["result"]
                  ["isError"], False)
        equal(case.column(), "0")
        holds("supervisor ddl.aborted" in case.events(), case.events())
        found, refused = host.call("propose_repair", repair(ADD))
        equal((refused, found["outcome"]), (False, "healed"), str(found))
    equal(case.sql("SELECT count(*) FROM pgmend.v_unresolved"), "0")


@test
def the_end_of_input_rolls_a_change_back_and_records_it():
    case = Case()
    host = case.host("--policy", APPLY)
    with locked(case):
        host.request("tools/call", {"name": "propose_repair",
                                    "arguments": repair(ADD)})
        await_waiter(case)
        holds(host.end() < 2, "in time")
        equal(host.process.returncode, 0)
    equal(case.column(), "0")
    holds("supervisor ddl.aborted" in case.events(), case.events())
    equal(len(case.finished()), 1)
    equal(case.sql("SELECT count(*) FROM pgmend.v_unresolved"), "0")


# --- The audit --------------------------------------------------------------

@test
def runs_are_listed_newest_first_and_only_of_its_tables():
    case = Case()
    case.sql("SET ROLE orders_owner; CREATE TABLE analytics.other (a int)")
    for name in ("a", "b", "c"):
        path = file(f"{name}.json", incident(
            name, TABLE, order(coupon=name), ("42703", "?")))
        pgmend("heal", "--dry-run", "--db",
               cluster.conninfo(case.db, "healer"), path)
    conf = file("list.conf", PIPELINE)
    with case.host(with_incident=False) as host:
        runs = host.call("list_runs")[0]["runs"]
        equal([one["incident_id"] for one in runs], ["c", "b", "a"])
        equal({(one["outcome"], one["table"]) for one in runs},
              {("dry_run", TABLE)})
        equal([one["incident_id"] for one in
               host.call("list_runs", {"limit": 1})[0]["runs"]], ["c"])
    with case.host() as host:
        equal(len(host.call("list_runs")[0]["runs"]), 3)
    with case.host("--config", conf, "--pipeline", "other",
                   with_incident=False) as host:
        equal(host.call("list_runs")[0]["runs"], [])


main()
