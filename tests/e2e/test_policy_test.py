#!/usr/bin/env python3
"""`pgmend policy test`: what holds, what fails and why, and which rules are
reached.

usage: test_policy_test.py BUILD
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from policies import Suite  # noqa: E402

ORG = """pgmend-policy 1
layer org
default deny
types @narrow = varchar(<=64), integer
allow add_column on card.* as org-add {
    type @narrow
    when column.nullable and table.rows < 1_000
}
escalate add_column on card.big as org-big
allow replay_mapping on card.* as org-map
escalate replay_mapping on card.* as org-map-lossy {
    when mapping.lossy
}
test "org" {
    given table.rows = 5
    expect allow "ALTER TABLE card.tx ADD COLUMN n integer" by org-add
    expect escalate 1 "ALTER TABLE card.big ADD COLUMN n integer" by org-big
}
"""
TEAM = """pgmend-policy 1
layer team
extends "org.policy"
default inherit
window @night = mon-sun 20:00-24:00
deny add_column on card.tx as team-night {
    when in @night
}
escalate add_column on *.* as team-two {
    approvers 2 from dba
    when table.publications has "b*"
}
test "by day" {
    given table.rows = 5, clock = fri 16:59, table.publications = "c"
    expect allow "ALTER TABLE card.tx ADD COLUMN n integer" by org-add
}
test "by night" {
    given table.rows = 5, clock = fri 20:00, table.publications = "c"
    expect deny "ALTER TABLE card.tx ADD COLUMN n integer" by team-night
}
test "two publications" {
    given table.rows = 5, clock = fri 16:59
    given table.publications = "a", table.publications = "bb"
    expect escalate 2 "ALTER TABLE card.tx ADD COLUMN n integer" by team-two
}
"""


def what_holds(suite):
    files = {"org.policy": ORG}
    status, out, _ = suite.run_in(files, "test", "org.policy")
    suite.claim("tests that hold are counted", status == 0 and
                "org.policy" in out and
                "2 expectations, 2 ok, 0 failed\n" in out, out)

    status, out, _ = suite.run_in(files, "test", "--coverage", "org.policy")
    suite.claim("a rule that no test reaches is named with its line",
                status == 0 and "not reached: org-map :10, "
                "org-map-lossy :11\n" in out and
                "; 2 of 4 rules reached" in out, out)
    status, _, _ = suite.run_in(files, "test", "--min-coverage", "50",
                                "org.policy")
    suite.claim("half of the rules is 50 %", status == 0)
    status, _, _ = suite.run_in(files, "test", "--min-coverage", "51%",
                                "org.policy")
    suite.claim("and not 51 %", status == 1)

    mapping = ORG + ('test "maps" {\n'
                     '    expect allow mapping "card.tx.user_name" '
                     'by org-map\n'
                     '    expect escalate mapping "card.tx.note:trim" '
                     'by org-map-lossy\n}\n')
    status, out, _ = suite.run_in({"org.policy": mapping}, "test",
                                  "--min-coverage", "100", "org.policy")
    suite.claim("mappings are tried like statements", status == 0, out)


def layers(suite):
    files = {"org.policy": ORG, "team.policy": TEAM}
    status, out, err = suite.run_in(files, "test", "--coverage", "team.policy")
    suite.claim("clock, sets and several layers", status == 0 and
                "5 expectations, 5 ok" in out, out + err)

    status, out, _ = suite.run_in(files, "test", "--coverage", ".")
    suite.claim("a layer's tests are counted once in a folder",
                status == 0 and "5 expectations, 5 ok" in out and
                "4 of 6 rules reached" in out, out)

    narrow = {"org.policy": ORG,
              "team.policy": "pgmend-policy 1\nlayer team\n"
              'extends "org.policy"\ndefault deny\n'
              'allow add_column on card.other as t1\n'
              'test "t" {\n    given table.rows = 5\n'
              '    expect allow "ALTER TABLE card.other ADD COLUMN n integer" '
              'by t1\n}\n'}
    status, out, _ = suite.run_in(narrow, "test", "team.policy")
    suite.claim("a layer's tests are about it and the layers above, not below",
                status == 0 and "3 ok, 0 failed" in out, out)


FAILURES = """test "change window" {
    given table.rows = 5
    expect escalate "ALTER TABLE card.tx ADD COLUMN note varchar(400)" by org-add
    expect allow "ALTER TABLE card.tx ADD COLUMN note integer NOT NULL" by org-add
    expect allow "ALTER TABLE card.big ADD COLUMN note integer" by org-add
    expect escalate 2 "ALTER TABLE card.big ADD COLUMN note integer" by org-big
    expect deny "DROP TABLE card.tx" by floor F02
    expect allow "ALTER TABLE card.tx ADD COLUMN note integer" by org-ad
    expect allow mapping "card.tx" by org-map
    expect allow "ALTER TABLE card.big ADD COLUMN note integer"
}
test "unknown" {
    expect allow "ALTER TABLE card.tx ADD COLUMN note integer"
}
"""


def what_fails(suite):
    files = {"org.policy": ORG + FAILURES}
    status, out, _ = suite.run_in(files, "test", "org.policy")
    suite.claim("a failure says where, what, and what came nearest",
                'org.policy:21: FAIL "change window"\n'
                "    ALTER TABLE card.tx ADD COLUMN note varchar(400)\n"
                "    expected escalate by org-add\n"
                "    got      deny by default (org layer)\n"
                "    nearest  org-add (org.policy:5): type varchar(400) is "
                "not in varchar(<=64), integer\n" in out, out)
    suite.claim("a clause that doesn't hold is named",
                "nearest  org-add (org.policy:5): column.nullable is false"
                in out, out)
    suite.claim("a rule that is overruled is told so",
                "org-add (org.policy:5): it matches, and is overruled" in out,
                out)
    suite.claim("the number of approvers counts",
                "expected escalate 2 by org-big\n"
                "    got      escalate 1 by org-big\n"
                "    nearest  org-big (org.policy:9): it decides\n" in out,
                out)
    suite.claim("another floor code is another reason",
                "expected deny by floor F02\n"
                "    got      deny by floor F01" in out, out)
    suite.claim("a label that there isn't decides nothing",
                "expected allow by org-ad\n    got      allow by org-add\n"
                "    nearest  no rule 'org-ad' is about add_column; did you "
                "mean 'org-add'?\n" in out, out)
    suite.claim("a mapping needs a column", "got      no answer: card.tx is "
                "not schema.table.column" in out, out)
    suite.claim("an unknown fact keeps a rule from matching",
                "org-add (org.policy:5): table.rows < 1_000 is unknown" in out,
                out)
    suite.claim("what is no statement says what it is",
                "    mapping card.tx\n" in out, out)
    suite.claim("what is in the way of a milder verdict is named",
                "    expected allow\n    got      escalate 1 by org-big\n"
                "    nearest  org-big (org.policy:9) is in the way: this rule "
                "would have to leave it out" in out, out)
    suite.claim("every failure fails the run",
                status == 1 and "11 expectations, 2 ok, 9 failed" in out, out)

    status, out, _ = suite.run_in(files, "test", "--json", "org.policy")
    lines = [json.loads(line) for line in out.splitlines()]
    suite.claim("one object an expectation, and one for all",
                status == 1 and len(lines) == 12 and
                lines[-1]["failed"] == 9 and lines[0]["ok"] is True and
                lines[2]["ok"] is False and lines[2]["line"] == 21 and
                lines[2]["got"].startswith("deny by default"), out)


def what_check_says(suite):
    files = {"org.policy": ORG + FAILURES}
    status, out, _ = suite.run_in(files, "check", "org.policy")
    suite.claim("check takes a failing expectation for an error",
                status == 1 and out.count("error[E195]") == 9 and
                "org.policy:21:5: error[E195]: test 'change window' fails: "
                "expected escalate by org-add, got deny by default (org "
                "layer)\n" in out and
                "      = hint: org-add (org.policy:5): type varchar(400) is "
                "not in varchar(<=64), integer\n" in out, out)
    suite.claim("and a rule that no test reaches for a warning",
                out.count("warning[W240]") == 2 and
                "org.policy:10:1: warning[W240]: no test reaches rule "
                "'org-map'\n" in out, out)
    status, out, _ = suite.run_in({"org.policy": ORG.split("test ")[0]},
                                  "check", "org.policy")
    suite.claim("a set without tests is one warning", status == 0 and
                out.count("warning[W24") == 1 and "warning[W241]" in out, out)


def what_is_missing(suite):
    no_tests = ORG.split("test ")[0]
    no_rules = ("pgmend-policy 1\nlayer org\ndefault deny\n"
                'test "t" {\n    expect deny "DROP TABLE a.b" by floor F01\n'
                "}\n")
    status, out, _ = suite.run_in({"org.policy": no_tests}, "test",
                                 "org.policy")
    suite.claim("a set without tests fails", status == 1 and
                "there are no tests" in out, out)
    status, out, _ = suite.run_in({"org.policy": no_rules}, "test",
                                 "org.policy")
    suite.claim("and so does one without rules", status == 1 and
                "there is no rule" in out, out)
    status, _, err = suite.run_in({"a/x.txt": ""}, "test", "a")
    suite.claim("a folder without policies is an error", status == 3, err)
    status, _, err = suite.run_in({}, "test", "none.policy")
    suite.claim("a file that isn't there can't be read", status == 3, err)
    status, out, err = suite.run_in(
        {"org.policy": ORG, "zbad.policy": "pgmend-policy 1\nlayr org\n"},
        "test", ".")
    suite.claim("a set that doesn't load fails, and the others are tried",
                status == 1 and "error[E" in err and "2 ok" in out, out + err)
    status, _, _ = suite.run_in({"org.policy": ORG}, "test",
                                "--min-coverage", "101", "org.policy")
    suite.claim("more than all rules can't be demanded", status == 2)
    status, _, err = suite.run_in(
        {"org.policy": ORG + 'test "c" {\n    given clock = someday 10:00\n'
         '    expect deny "x" by default\n}\n'}, "test", "org.policy")
    suite.claim("the clock is a day and a time", "E192" in err, err)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    suite = Suite(sys.argv[1])
    what_holds(suite)
    layers(suite)
    what_fails(suite)
    what_check_says(suite)
    what_is_missing(suite)
    return 1 if suite.failures else 0


if __name__ == "__main__":
    sys.exit(main())
