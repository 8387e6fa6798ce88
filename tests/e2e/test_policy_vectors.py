#!/usr/bin/env python3
"""Judges the cases of tests/cases with `pgmend policy explain`.

usage: test_policy_vectors.py BUILD

policy-vectors.jsonl: policies, facts and a statement, with the verdict, the
approvers and what decided. attacks.jsonl: statements against default.policy;
what must be denied is denied, and what must be allowed is allowed with the
facts of a plain table. Cases about operations that are not built yet are named
by operation, and must be refused by the floor until they are.
"""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CASES = os.path.join(ROOT, "tests", "cases")
DEFAULT = os.path.join(ROOT, "policies", "default.policy")

# What the statement of a case would be, by how it begins, until it is built.
LATER = [
    ("comment", "COMMENT ON"),
    ("add_enum_value", "ALTER TYPE"),
    ("create_table", "CREATE TABLE"),
    ("alter_type", "ALTER COLUMN"),
    ("add_constraint", "ADD CONSTRAINT"),
]

PLAIN_TABLE = {
    "table.rows": 50, "table.size": "64kB", "table.columns": 15,
    "table.columns_used": 15, "table.partitioned": False,
    "table.is_partition": False, "table.published": False,
    "table.rls": False, "table.views": 1, "column.pii": False,
    "change.rewrite": False, "change.scan": False, "change.lossy": False,
    "change.lock": "access_exclusive", "incident.witnesses": 1,
}


PARTITIONED = {"app.events", "app.ev_list", "app.ev_hash"}


class Results:
    def __init__(self):
        self.failures = 0
        self.later = {}

    def claim(self, name, holds, detail):
        if holds:
            print(f"ok {name}")
            return
        self.failures += 1
        print(f"not ok {name}\n# {detail}")

    def postpone(self, operation):
        self.later[operation] = self.later.get(operation, 0) + 1


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


def later_operation(sql, wanted):
    """The operation a case is about when it is not built yet, else None."""
    if sql is None or wanted == "floor":
        return None
    for operation, start in LATER:
        if start in sql.upper():
            return operation
    return None


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

    operation = later_operation(sql, by.split()[0])
    if operation is not None and answer.get("floor") == "F01":
        results.postpone(operation)
        return
    if by == "floor F09" and answer.get("floor") == "F01":
        results.postpone("add_constraint")
        return
    results.claim(name,
                  answer["verdict"] == case["verdict"] and
                  answer["approvers"] == case["approvers"] and
                  decided_as(answer, by),
                  f"wanted {case['verdict']} {case['approvers']} by {by}, "
                  f"got {answer}")


def check_attack(pgmend, case, results):
    name = f"attack {case['id']} {case['class']}"
    sql = case["sql"]
    acceptable = [case["expect"], *case.get("also_ok", [])]
    facts = dict(PLAIN_TABLE)
    facts["table.partitioned"] = case["target"] in PARTITIONED
    answer = explain(pgmend, DEFAULT, facts, ["--target", case["target"]],
                     sql)

    # A refusal is safe where a person should be asked; whether the operation
    # itself is understood is another matter.
    if answer.get("floor") == "F01" and "deny" not in acceptable:
        results.postpone(later_operation(sql, "") or sql.split()[0])
        return
    results.claim(name, answer["verdict"] in acceptable,
                  f"wanted {acceptable}, got {answer}")


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
    for operation, count in sorted(results.later.items()):
        print(f"# not built yet: {operation}, {count} cases")
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
