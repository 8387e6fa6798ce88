"""Every incident of tests/cases/incidents.jsonl from end to end: the builtin
planner under default.policy, each in a database of its own.

What is drift is healed with the right value in the row, or waits for a person
with the right plan; nothing else changes the catalogue.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (ROOT, Cluster, equal, holds, main, pgmend,  # noqa: E402
                     test_within)

CASES = os.path.join(ROOT, "tests", "cases", "incidents.jsonl")
VARIANTS = os.path.join(ROOT, "tests", "cases", "incident_variants.jsonl")

# What the policy lets heal at once, and how the row reads then.
HEALED = {
    "i01_missing_column": ("SELECT discount FROM orders", "5.5"),
    "i05_missing_column_two": ("SELECT foo, bar FROM orders", "x|y"),
    "i13_varbit_len": ("SELECT vb FROM orders", "10101"),
    "i15_numeric_overflow": ("SELECT price FROM orders", "12345.67"),
    "i47_no_partition_list": ("SELECT id, r, tableoid::regclass FROM regions",
                              "1|apac|regions_apac"),
}

# What it asks a person about, and the plan that is shown.
ESCALATED = {
    "i11_too_long_char":
        "ALTER TABLE app.orders ALTER COLUMN c2 TYPE pg_catalog.bpchar(3)",
    "i17_int_overflow_expr":
        "ALTER TABLE app.orders ALTER COLUMN qty TYPE bigint",
    "i19_real_overflow":
        "ALTER TABLE app.orders ALTER COLUMN score TYPE double precision",
    "i43_not_null_omitted":
        "ALTER TABLE app.orders ALTER COLUMN qty DROP NOT NULL",
    "i55_conflict_constraint_missing": None,
}

# The row in the way isn't in the case's set-up: the write works.
WORKS = {"i53_exclusion", "i69_rls"}

cluster = Cluster()
cluster.sql("CREATE ROLE maker NOLOGIN; CREATE ROLE healer LOGIN;"
            "GRANT maker TO healer;")
with open(CASES) as cases_file:
    ALL = [json.loads(line) for line in cases_file]
with open(VARIANTS) as variants_file:
    OTHERS = [json.loads(line) for line in variants_file]


def database(case):
    name = cluster.database(case["id"])
    cluster.sql(
        f'ALTER DATABASE "{name}" SET search_path = app;'
        f'ALTER DATABASE "{name}" OWNER TO maker; SET ROLE maker;'
        "CREATE SCHEMA app; SET search_path = app; "
        + ";\n".join(case["setup"]) + ";\nRESET ROLE;", db=name)
    made = pgmend("init", "--db", cluster.conninfo(name), "--role", "healer")
    equal(made.status, 0, repr(made))
    return name


def document(case):
    keys = list(case["payload"]) if case.get("payload") else \
        [f"p{i}" for i in range(len(case["params"]))]
    payload = dict(zip(keys, case["params"]))
    error = {name: case.get(name) for name in
             ("sqlstate", "message", "context") if case.get(name) is not None}
    made = {"pgmend_incident": 1, "id": case["id"],
            "source": {"kind": "app", "name": "t"}, "error": error,
            "statement": {"sql": case["statement"], "params": keys}}
    if payload:
        made["payload"] = payload
    return made


def variant_document(case):
    error = {name: case[name] for name in ("sqlstate", "message")
             if case[name] is not None}
    statement = {"sql": case["statement"]}
    if "params" in case:
        statement["params"] = case["params"]
    made = {"pgmend_incident": 1, "id": case["id"],
            "source": {"kind": "app", "name": "t"}, "error": error,
            "statement": statement}
    if "payload" in case:
        made["payload"] = case["payload"]
    return made


def catalogue(name):
    return cluster.sql(
        "SELECT a.attrelid::regclass, a.attname, a.atttypid, a.atttypmod,"
        " a.attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid ="
        " a.attrelid WHERE a.attnum > 0 AND c.relnamespace = 'app'::regnamespace"
        " ORDER BY 1, 2; SELECT enumtypid::regtype, enumlabel FROM pg_enum"
        " ORDER BY 1, enumsortorder", db=name)


def run(name, made):
    done = pgmend("heal", "--planner", "builtin", "--db",
                  cluster.conninfo(name, "healer"), "--policy",
                  os.path.join(ROOT, "policies", "default.policy"), "-",
                  stdin=json.dumps(made))
    holds(done.json, repr(done))
    return done


def heal(case):
    """What came of it, the database, and whether its catalogue is as it was;
    printed, so that the list is there to read."""
    name = database(case)
    before = catalogue(name)
    done = run(name, document(case))
    print(f"# {case['id']} ({case['verdict']}): {done.status}"
          f" {done.json['outcome']} {done.json['reason_code']}:"
          f" {done.json['message'][:160]}", flush=True)
    return done, name, catalogue(name) == before


def drift(case, done, name, is_same):
    """What is wrong with what came of a drift, or None."""
    identity = case["id"]
    if identity in HEALED:
        query, row = HEALED[identity]
        got = (done.status, cluster.sql(query, db=name) if done.status == 0
               else repr(done))
        return None if got == (0, row) else got
    if (done.status, is_same) != (10, True):
        return repr(done)
    plan = done.json["plan"]
    shown = [action["sql"] for action in plan["actions"]]
    expected = ESCALATED[identity]
    if shown != ([] if expected is None else [expected]):
        return shown
    return "no advice" if expected is None and not plan["advice"] else None


def no_drift(case, done, name, is_same):
    got = (done.status, is_same)
    return None if got == (0 if case["id"] in WORKS else 11, True) else got


def retry(case, done, name, is_same):
    got = (done.status, done.json["outcome"], is_same)
    return None if got == (75, "transient", True) else got


def ambiguous(case, done, name, is_same):
    got = (done.status in (10, 11), is_same,
           cluster.sql("SELECT count(*) FROM orders", db=name))
    return None if got == (True, True, "0") else (got, repr(done))


def try_cases(kind, judge):
    """Every case of a kind; all that went wrong is told at once."""
    wrong = {}
    for case in ALL:
        if case["kind"] == kind:
            mistake = judge(case, *heal(case))
            if mistake is not None:
                wrong[case["id"]] = mistake
    equal(wrong, {})


@test_within(240)
def drift_is_healed_or_waits_with_the_right_plan():
    try_cases("drift", drift)


@test_within(240)
def what_is_no_drift_changes_nothing():
    try_cases("not_drift", no_drift)


@test_within(120)
def what_waiting_cures_is_said_to_be_safe_to_retry():
    try_cases("retry", retry)


@test_within(120)
def what_is_ambiguous_is_left_to_a_person():
    try_cases("ambiguous", ambiguous)


def variant(case):
    """What came of it, in the form of what was expected; only what heals may
    change the catalogue."""
    name = database(case)
    before = catalogue(name)
    done = run(name, variant_document(case))
    plan = done.json["plan"] or {"actions": [], "mapping": [], "advice": []}
    got = {"status": done.status, "outcome": done.json["outcome"],
           "code": done.json["reason_code"],
           "sql": [action["sql"] for action in plan["actions"]],
           "mapping": plan["mapping"], "advice": len(plan["advice"])}
    if "query" in case["expect"]:
        got["query"] = case["expect"]["query"]
        got["rows"] = cluster.sql(got["query"], db=name)
    if done.status != 0 and catalogue(name) != before:
        got["catalogue"] = "changed"
    cluster.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    return got


@test_within(300)
def other_types_names_and_forms_end_as_they_should():
    wrong = {}
    for case in OTHERS:
        got = variant(case)
        if got != case["expect"]:
            wrong[case["id"]] = (got, case["expect"])
    equal(wrong, {})


main()
