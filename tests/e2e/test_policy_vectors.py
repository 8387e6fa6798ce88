#!/usr/bin/env python3
"""Judges the cases of tests/cases with `pgmend policy explain`.

usage: test_policy_vectors.py BUILD

policy-vectors.jsonl: policies, facts and a statement, with the verdict, the
approvers and what decided. attacks.jsonl: statements against default.policy,
with the facts that the fixture's tables would give: what must be denied or
escalated is, and what must be allowed is allowed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CASES = os.path.join(ROOT, "tests", "cases")
DEFAULT = os.path.join(ROOT, "policies", "default.policy")

PLAIN_TABLE = {
    "table.rows": 50, "table.size": "64kB", "table.columns": 15,
    "table.columns_used": 15, "table.partitioned": False,
    "table.is_partition": False, "table.published": False,
    "table.rls": False, "table.views": 1, "column.pii": False,
    "change.rewrite": False, "change.scan": False, "change.lossy": False,
    "change.lock": "access_exclusive", "incident.witnesses": 1,
    "column.views": 0, "column.in_key": False, "column.indexed": False,
}
PARTITIONED = {"app.events", "app.ev_list", "app.ev_hash"}

# The columns of attacks-fixture.sql that a case alters: the old type, and what
# else isn't as in a plain table.
REWRITE = {"change.rewrite": True, "change.scan": True}
COLUMNS = {
    ("app.orders", "id"): ("bigint", {"column.in_key": True}),
    ("app.orders", "code"): ("character varying(20)", {"column.views": 1}),
    ("app.orders", "qty"): ("integer", REWRITE),
    ("app.orders", "price"): ("numeric(10,2)", REWRITE),
    ("app.orders", "total"): ("numeric(10,2)", {}),
    ("app.orders", "tags"): ("character varying(10)[]", REWRITE),
    ("app.orders", "ip"): ("cidr", {}),
    ("app.orders", "created"): ("timestamp without time zone", {}),
    ("app.orders", "doc"): ("text", {}),
    ("app.customers", "email"): ("character varying(50)", {}),
}
# A new scale moves every digit.
OTHER_FACTS = {"K03": REWRITE}


class Results:
    def __init__(self):
        self.failures = 0

    def claim(self, name, holds, detail):
        if holds:
            print(f"ok {name}")
            return
        self.failures += 1
        print(f"not ok {name}\n# {detail}")


def explain(pgmend, policy, facts, arguments, sql=None):
    """The answer as an object; SQL goes in by standard input."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(facts, file)
        file.flush()
        command = [pgmend, "policy", "explain", "--json", "-p", policy,
                   "--facts", file.name, *arguments]
        if sql is not None:
            command += ["--", "-"]
        done = subprocess.run(command, input=(sql or "").encode(),
                              capture_output=True, timeout=60)
    if done.returncode != 0:
        return {"verdict": f"exit {done.returncode}",
                "reason": done.stderr.decode(errors="replace")}
    return json.loads(done.stdout)


def decided_as(answer, by):
    if by.startswith("floor "):
        return answer.get("floor") == by.removeprefix("floor ")
    return any(decider.get("label") == by
               for decider in answer.get("decided_by", []))


def check_vector(pgmend, case, results):
    name = f"policy vector {case['id']}"
    sql, by = case.get("sql"), case["by"]
    facts = dict(case["facts"], today=case["today"])
    arguments = ["--replay", case["replay"]] if "replay" in case else []

    with tempfile.TemporaryDirectory() as folder:
        for file, text in case["files"].items():
            path = os.path.join(folder, file)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(path, 0o644)
        lowest = os.path.join(folder, list(case["files"])[-1])
        answer = explain(pgmend, lowest, facts, arguments, sql)

    results.claim(name,
                  answer["verdict"] == case["verdict"] and
                  answer["approvers"] == case["approvers"] and
                  decided_as(answer, by),
                  f"wanted {case['verdict']} {case['approvers']} by {by}, "
                  f"got {answer}")


def facts_of(case):
    """What a catalogue reader would say of the case's table and column."""
    facts = dict(PLAIN_TABLE)
    facts["table.partitioned"] = case["target"] in PARTITIONED
    column = re.search(r"ALTER COLUMN (\w+)", case["sql"])
    if column:
        facts["column.type"], more = COLUMNS[case["target"], column.group(1)]
        facts.update(more)
    facts.update(OTHER_FACTS.get(case["id"], {}))
    return facts


def check_attack(pgmend, case, results):
    name = f"attack {case['id']} {case['class']}"
    sql = case["sql"]
    acceptable = [case["expect"], *case.get("also_ok", [])]
    answer = explain(pgmend, DEFAULT, facts_of(case),
                     ["--target", case["target"]], sql)
    results.claim(name, answer["verdict"] in acceptable,
                  f"wanted {acceptable}, got {answer}")
    for action in answer.get("actions", []):
        again = explain(pgmend, DEFAULT, {}, [], action["sql"])
        results.claim(f"{name}: its rendering reads the same",
                      [a["sql"] for a in again.get("actions", [])]
                      == [action["sql"]], f"{action}, {again}")


def cases_of(file):
    with open(os.path.join(CASES, file), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pgmend = os.path.join(sys.argv[1], "pgmend")
    results = Results()
    for case in cases_of("policy-vectors.jsonl"):
        check_vector(pgmend, case, results)
    for case in cases_of("attacks.jsonl"):
        if not {"layer", "replay", "setup"} & case.keys():
            check_attack(pgmend, case, results)
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
