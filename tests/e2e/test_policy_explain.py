#!/usr/bin/env python3
"""`pgmend policy explain`: the page for people, and what is in the way.

usage: test_policy_explain.py BUILD
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from policies import Suite  # noqa: E402

ORG = """pgmend-policy 1
layer org
default deny
types @scalar = text, bigint
allow add_column on *.* as add-scalar {
    type @scalar
    when column.nullable and default.volatility = none
    when table.columns < 400
}
escalate add_column on *.* as big-table {
    when table.size > 5GB or change.rewrite
}
allow replay_mapping on *.* as map-fields
allow widen_type on *.* as wider {
    from integer
}
"""
TEAM = """pgmend-policy 1
layer team
extends "org.policy"
default deny
tables @raw = raw_*.*
allow add_column, widen_type on @raw as raw-columns
allow add_column on mart.* as mart-columns
deny add_column on *.*.*_id as key-columns {
    reason "join keys change elsewhere"
}
"""
SQL = "ALTER TABLE raw_shop.orders ADD COLUMN order_id bigint"
PLAIN = "ALTER TABLE raw_shop.orders ADD COLUMN note bigint"
FACTS = {"table.columns": 20, "table.size": "1GB", "change.rewrite": False}


def explain(suite, facts, *arguments):
    files = {"org.policy": ORG, "team.policy": TEAM,
             "facts.json": json.dumps(facts)}
    status, out, err = suite.run_in(files, "explain", "-p", "team.policy",
                                    "--facts", "facts.json", *arguments)
    return status, out if status == 0 else err


def squeezed(text):
    """Lines without the spaces that only align them."""
    return [" ".join(line.split()) for line in text.splitlines()]


def the_page(suite):
    status, text = explain(suite, FACTS, "--text", SQL)
    lines = squeezed(text)
    suite.claim("the verdict and what decided it stand first",
                status == 0 and lines[0] ==
                "DENY by team.policy:8 key-columns", text)
    suite.claim("the action, and that the floor is clear",
                lines[1] == "action 1/1 add_column raw_shop.orders.order_id "
                "floor: clear", text)
    suite.claim("each layer says what decided it",
                "org ALLOW org.policy:5 add-scalar" in lines and
                "team DENY team.policy:8 key-columns" in lines, text)
    suite.claim("each clause has its truth, its line, its fact and where that "
                "comes from",
                "type bigint in text, bigint true :6" in lines and
                "column.nullable true :7 yes (statement)" in lines and
                "table.columns < 400 true :8 20 (catalogue)" in lines, text)
    suite.claim("the pattern that covers is named",
                "*.*.*_id covers raw_shop.orders.order_id true :8" in lines,
                text)
    suite.claim("the rule's reason is given",
                "reason: join keys change elsewhere" in lines, text)
    suite.claim("what else matched is overruled",
                "(allow) team.policy:6 raw-columns also matched; overruled"
                in lines, text)
    suite.claim("what came nearest says what it lacked",
                "not matched, nearest: team.policy:7 mart-columns" in lines and
                "mart.* doesn't cover raw_shop.orders.order_id false :7"
                in lines and
                "not matched, nearest: org.policy:10 big-table" in lines and
                "table.size: 1GB (catalogue)" in lines, text)

    _, text = explain(suite, {"table.columns": 20}, "--text", PLAIN)
    lines = squeezed(text)
    suite.claim("a rule that may match says so, and what isn't known",
                "org ESCALATE 1 org.policy:10 big-table may match" in lines and
                "table.size: unknown (catalogue)" in lines, text)

    _, text = explain(suite, {}, "--text", "DROP TABLE raw_shop.orders")
    suite.claim("the floor's word is the whole answer",
                squeezed(text)[0] == "DENY by floor F01" and
                len(text.splitlines()) == 2, text)

    _, text = explain(suite, FACTS, "--text",
                      PLAIN + ", ADD COLUMN key_id text")
    suite.claim("every action has its part",
                "action 1/2" in text and "action 2/2" in text and
                text.startswith("DENY"), text)


def old_types(suite):
    """A page that says of the layers what it says of the whole."""
    _, text = explain(suite, {"column.type": "integer"}, "--text",
                      "ALTER TABLE raw_shop.orders ALTER COLUMN n TYPE bigint")
    lines = squeezed(text)
    suite.claim("the old type is one of the clauses",
                "org ALLOW org.policy:14 wider" in lines and
                "from integer in integer true :15 integer (catalogue)"
                in lines, text)


def why_not(suite):
    status, text = explain(suite, {"table.columns": 20}, "--text", "--why-not",
                           "allow", PLAIN)
    lines = squeezed(text)
    suite.claim("the facts in the way of allow are named, and no others",
                status == 0 and lines[1:] == [
                    "in the way of allow:",
                    "org org.policy:10 big-table: table.size <= 5GB is "
                    "unknown (catalogue)",
                    "org org.policy:10 big-table: not change.rewrite is "
                    "unknown (derived)"], text)
    _, text = explain(suite, {"table.columns": 20}, "--text", "--why-not",
                      "escalate", PLAIN)
    suite.claim("nothing is in the way of what is the verdict already",
                "nothing is in the way of escalate" in text, text)
    _, text = explain(suite, FACTS, "--text", "--why-not", "allow", SQL)
    suite.claim("a rule without conditions is in the way itself",
                "team.policy:8 key-columns: this rule would have to leave it "
                "out" in text, text)
    _, text = explain(suite, FACTS, "--text", "--why-not", "allow",
                      "DROP TABLE raw_shop.orders")
    suite.claim("no policy lifts the floor",
                "no policy can lift the floor" in text, text)
    status, text = explain(suite, FACTS, "--text", "--why-not", "deny", SQL)
    suite.claim("nobody asks why something isn't denied", status == 2 and
                "--why-not takes allow or escalate" in text, text)


def for_machines(suite):
    _, text = explain(suite, FACTS, "--json", "--why-not", "allow", SQL)
    answer = json.loads(text)
    layers = answer["actions"][0]["layers"]
    rules = {rule["label"]: rule for layer in layers
             for rule in layer["rules"]}
    suite.claim("the promised members are there",
                {"verdict", "approvers", "floor", "decided_by", "actions",
                 "facts", "unknown", "reason"} <= answer.keys() and
                {"op", "target", "verdict", "sql"} <=
                answer["actions"][0].keys(), text)
    suite.claim("layers, rules and clauses are told",
                [layer["verdict"] for layer in layers] == ["allow", "deny"] and
                rules["key-columns"]["decides"] and
                rules["mart-columns"]["matches"] == "false" and
                rules["add-scalar"]["clauses"][2] ==
                {"clause": "column.nullable", "truth": "true", "line": 7},
                text)
    suite.claim("and what is in the way",
                [one["label"] for one in answer["why_not"]] == ["key-columns"],
                text)
    _, text = explain(suite, FACTS, "--json", SQL)
    suite.claim("which is only told when it is asked for",
                "why_not" not in json.loads(text), text)
    _, text = explain(suite, {}, "--json", "--why-not", "allow", "--mapping",
                      "raw_a.t.c:trim")
    suite.claim("a mapping has its reasons, too",
                json.loads(text)["why_not"][0]["needs"] ==
                "no rule of this layer would allow it", text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    suite = Suite(sys.argv[1])
    the_page(suite)
    old_types(suite)
    why_not(suite)
    for_machines(suite)
    return 1 if suite.failures else 0


if __name__ == "__main__":
    sys.exit(main())
