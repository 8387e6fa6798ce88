"""Hostile and benign statements, judged against a live catalogue by the default
policy: what must be denied or escalated is, and what is harmless isn't.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import ROOT, Cluster, holds, main, pgmend, test  # noqa: E402

CASES = os.path.join(ROOT, "tests", "cases")
POLICY = os.path.join(ROOT, "policies", "default.policy")

cluster = Cluster()
db = cluster.database("attacks")
with open(os.path.join(CASES, "attacks-fixture.sql")) as fixture:
    cluster.sql(fixture.read(), db=db)
cluster.sql("ALTER ROLE app_owner LOGIN")


def cases():
    """Those that need nothing but a judgement of one statement."""
    with open(os.path.join(CASES, "attacks.jsonl")) as file:
        for line in file:
            case = json.loads(line)
            if "sql" in case and not {"layer", "replay", "setup"} & set(case):
                yield case


def judge(case):
    """The statement is text of an attacker: it goes by standard input."""
    done = pgmend("policy", "explain", "-p", POLICY, "--json", "--db",
                  cluster.conninfo(db, "app_owner"), "--target",
                  case["target"], "-", stdin=case["sql"])
    holds(done.status == 0 and done.json, f"{case['id']}: {done}")
    return done.json


@test
def what_must_not_pass_does_not_pass():
    count = 0
    for case in cases():
        if case["expect"] == "allow":
            continue
        verdict = judge(case)
        fine = {case["expect"], "deny", *case.get("also_ok", [])}
        holds(verdict["verdict"] in fine, f"{case['id']}: {verdict}")
        count += 1
    holds(count > 80, f"only {count} cases")


@test
def harmless_changes_are_allowed():
    """A judge that refuses everything scores nothing."""
    count = 0
    for case in cases():
        if case["expect"] != "allow":
            continue
        verdict = judge(case)
        fine = {"allow", *case.get("also_ok", [])}
        holds(verdict["verdict"] in fine, f"{case['id']}: {verdict}")
        count += 1
    holds(count > 15, f"only {count} cases")


@test
def nothing_of_any_statement_ran():
    holds(cluster.sql("SELECT count(*) FROM evil.proof", db=db) == "0",
          "a neighbour's code ran")


main()
