"""Real errors of a server, one by one: what is no drift is left alone, what
waiting cures is not asked about, and each drift is named with its columns.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import ROOT, Cluster, equal, main, pgmend, test  # noqa: E402

CASES = os.path.join(ROOT, "tests", "cases", "incidents.jsonl")
ROLES = """
CREATE ROLE maker NOLOGIN;
CREATE ROLE healer LOGIN;
GRANT maker TO healer;
"""

cluster = Cluster()
cluster.sql(ROLES)
with open(CASES) as cases_file:
    CASE = {case["id"]: case for case in map(json.loads, cases_file)}
databases = {}


def database(setup):
    """One for each set-up, with all its objects owned by a plain role."""
    key = "\n".join(setup)
    if key not in databases:
        name = cluster.database(f"triage{len(databases)}")
        done = cluster.psql(
            "CREATE SCHEMA app AUTHORIZATION maker; SET ROLE maker;"
            "SET search_path = app; " + ";\n".join(setup) + ";\nRESET ROLE;"
            "GRANT USAGE ON SCHEMA app TO healer;"
            "GRANT INSERT ON ALL TABLES IN SCHEMA app TO healer;"
            "ALTER ROLE healer SET search_path = app", db=name)
        equal(done.returncode, 0, done.stderr)
        made = pgmend("init", "--db", cluster.conninfo(name), "--role",
                      "healer")
        equal(made.status, 0, repr(made))
        databases[key] = name
    return databases[key]


def document(case):
    keys = list(case["payload"]) if case.get("payload") else \
        [f"p{i}" for i in range(len(case["params"]))]
    error = {"sqlstate": case["sqlstate"], "message": case["message"],
             "context": case.get("context")}
    payload = dict(zip(keys, case["params"]))
    made = {"pgmend_incident": 1, "id": case["id"],
            "source": {"kind": "app", "name": "t"},
            "error": {name: value for name, value in error.items()
                      if value is not None},
            "statement": {"sql": case["statement"], "params": keys}}
    if payload:
        made["payload"] = payload
    return made


def heal(identity):
    case = CASE[identity]
    name = database(case["setup"])
    before = rows(name)
    done = pgmend("heal", "--dry-run", "--db",
                  cluster.conninfo(name, "healer"), "-",
                  stdin=json.dumps(document(case)))
    equal(rows(name), before)
    return done, name


def rows(name):
    return cluster.sql("SELECT count(*) FROM app.orders", db=name)


def evidence(name):
    return json.loads(cluster.sql(
        "SELECT body FROM pgmend.event WHERE kind = 'evidence.collected'"
        " ORDER BY seq DESC LIMIT 1", db=name))


# The row in the way, or the row security, is not in the case's set-up.
GONE = {"i53_exclusion", "i69_rls"}


@test
def what_is_no_drift_is_left_alone():
    for identity, case in CASE.items():
        if case["kind"] != "not_drift" or identity in GONE:
            continue
        done, _ = heal(identity)
        equal((identity, done.status), (identity, 11), repr(done))
        if done.json["outcome"] == "refused":
            continue  # no statement that is replayed
        equal((identity, done.json["outcome"]), (identity, "not_drift"),
              repr(done))


@test
def what_waiting_cures_is_said_to_be_safe_to_retry():
    for identity, case in CASE.items():
        if case["kind"] == "retry":
            done, _ = heal(identity)
            equal((identity, done.status, done.json["outcome"]),
                  (identity, 75, "transient"), repr(done))
            equal(done.json["model"]["planner"], None)


@test
def ambiguous_ones_are_not_healed():
    for identity, case in CASE.items():
        if case["kind"] == "ambiguous":
            done, _ = heal(identity)
            equal((identity, done.status in (10, 11)), (identity, True),
                  repr(done))


# What each drift is called, and the columns that the server failed at.
DRIFTS = {
    "i01_missing_column": ("missing_column", []),
    "i05_missing_column_two": ("missing_column", []),
    "i11_too_long_char": ("value_too_long", ["c2"]),
    "i13_varbit_len": ("value_too_long", ["vb"]),
    "i15_numeric_overflow": ("number_too_large", ["price"]),
    "i17_int_overflow_expr": ("number_too_large", ["qty"]),
    "i19_real_overflow": ("number_too_large", ["score"]),
    "i21_bad_int": ("wrong_type", ["qty"]),
    "i25_bad_bool": ("wrong_type", ["flag"]),
    # What it means depends on the session: nothing of it was run.
    "i35_epoch_in_ts": ("wrong_type", []),
    "i43_not_null_omitted": ("missing_value", []),
    "i47_no_partition_list": ("missing_partition", []),
    "i55_conflict_constraint_missing": ("no_arbiter", []),
}


@test
def each_drift_is_named_with_its_columns():
    for identity, expected in DRIFTS.items():
        _, name = heal(identity)
        found = evidence(name)
        equal((identity, found["drift"],
               [one["column"] for one in found["suspects"]]),
              (identity, *expected))


main()
