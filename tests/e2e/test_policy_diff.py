#!/usr/bin/env python3
"""What `policy diff` and `policy who-can` find out, and how they end.

usage: test_policy_diff.py BUILD
"""

import json
import os
import subprocess
import sys
import tempfile

ORG = """pgmend-policy 1
layer org
default deny
allow add_column, replay on *.* as base {
    when not change.rewrite
}
limits {
    lock_timeout 3s
}
model {
    ids "one", "two"
}
disclose {
    default shape
    masked *.*.*mail*
}
"""
TEAM = """pgmend-policy 1
layer team
extends "org.policy"
default deny
allow add_column on raw_*.* as raw {
    type text
    when table.rows < 5
}
allow replay on raw_*.* as again
"""

failures = 0


def holds(name, claim, *shown):
    global failures
    print(f"{'ok' if claim else 'not ok'} {name}")
    if not claim:
        failures += 1
        for text in shown:
            print("\n".join("# " + line for line in str(text).splitlines()))


class Policies:
    """An old and a new set, in a folder of their own each."""

    def __init__(self, pgmend):
        self.pgmend = pgmend

    def run(self, sets, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            for name, (org, team) in sets.items():
                os.mkdir(os.path.join(folder, name))
                for file, text in (("org", org), ("team", team)):
                    path = os.path.join(folder, name, file + ".policy")
                    with open(path, "w", encoding="utf-8") as out:
                        out.write(text)
                    os.chmod(path, 0o644)
            done = subprocess.run([self.pgmend, "policy", *arguments],
                                  cwd=folder, capture_output=True,
                                  timeout=60, encoding="utf-8")
        return done.returncode, done.stdout

    def diff(self, org=ORG, team=TEAM, *options):
        """Of the old set and this new one."""
        return self.run({"old": (ORG, TEAM), "new": (org, team)}, "diff",
                        "old/team.policy", "new/team.policy", *options)

    def differences(self, org=ORG, team=TEAM):
        _, text = self.diff(org, team, "--json")
        return [json.loads(line) for line in text.splitlines()]

    def who_can(self, *question):
        return self.run({"old": (ORG, TEAM)}, "who-can", "-p",
                        "old/team.policy", *question)


# --- diff -------------------------------------------------------------------

def check_rules(policies):
    def one(team):
        found = policies.differences(team=team)
        return found[0] if len(found) == 1 else {"all": found}

    found = one(TEAM.replace("type text", "type text, jsonb"))
    holds("a further type is wider", found.get("direction") == "wider" and
          found["what"] == "add_column on raw_*.*" and
          found["change"] == "types +jsonb" and
          (found["before"], found["after"]) == ("deny", "allow") and
          "type pg_catalog.jsonb" in found["example"], found)
    found = one(TEAM.replace("< 5", "< 9"))
    holds("so is a higher limit, by the numbers between",
          found.get("direction") == "wider" and
          found["change"] == "when +table.rows < 9 -table.rows < 5" and
          "table.rows = 5" in found["example"], found)
    found = one(TEAM.replace("< 5", "< 3"))
    holds("a lower one is narrower", found.get("direction") == "narrower" and
          (found["file"], found["line"]) == ("team.policy", None), found)
    found = one(TEAM + "deny any on *.*.*secret* as hidden\n")
    holds("so is a new denial, told by the rule that decides",
          found.get("direction") == "narrower" and
          (found["file"], found["line"], found["label"]) ==
          ("team.policy", 10, "hidden") and "secret" in found["example"],
          found)
    found = one(TEAM.replace("raw_*.* as again", "stg_*.* as again"))
    holds("patterns that moved are wider here and narrower there",
          sorted(each["direction"] for each in found.get("all", [])) ==
          ["narrower", "wider"], found)
    found = one(TEAM + "escalate add_column on raw_*.* as ask {\n"
                "    approvers 2\n    when table.rls\n}\n").get("all", [])
    holds("an escalation restricts what was allowed, and grants what wasn't",
          [(each["direction"], each["before"], each["after"])
           for each in found] == [("wider", "deny", "escalate 2"),
                                  ("narrower", "allow", "escalate 2")] and
          all(each["change"] == "when table.rls" and
              "table.rls = yes" in each["example"] for each in found), found)


def check_causes(policies):
    """What merely lifts the default is named, though another rule decides."""
    old = ORG + "allow comment on *.* as say {\n    when table.rows < 5\n}\n" \
        "escalate comment on *.* as ask {\n    when table.rls\n}\n"
    new = old.replace("rows < 5", "rows < 9")
    _, text = policies.run({"old": (old, TEAM), "new": (new, TEAM)}, "diff",
                           "old/org.policy", "new/org.policy", "--json")
    found = [json.loads(line) for line in text.splitlines()]
    holds("a condition that grants more is the cause of a question, too",
          sorted(each["after"] for each in found) == ["allow", "escalate 1"]
          and {each["change"] for each in found} ==
          {"when +table.rows < 9 -table.rows < 5"}, found)


def check_demands(policies):
    """Sets that decide alike, and don't ask for the same."""
    ask = "escalate comment on *.* as ask {\n    approvers 1 from dba\n" \
        "    with lock_timeout 1s\n}\n"

    def of(before, after):
        def org(text):
            return ORG + text

        team = TEAM + "escalate comment on *.* as all {\n    " \
            "approvers 1 from dba\n}\n"
        _, text = policies.run({"old": (org(before), team),
                                "new": (org(after), team)}, "diff",
                               "old/team.policy", "new/team.policy", "--json")
        return [(found["direction"], found["what"], found["change"] or
                 (found["before"], found["after"]))
                for found in map(json.loads, text.splitlines())]

    found = of(ask, ask.replace("lock_timeout 1s", "lock_timeout 2s"))
    holds("a rule's longer limit is wider", found ==
          [("wider", "lock_timeout of comment", ("1s", "2s"))], found)
    found = of(ask, ask.replace("    with lock_timeout 1s\n", ""))
    holds("so is none, up to the section's", found ==
          [("wider", "lock_timeout of comment", ("1s", "3s"))], found)
    found = of(ask, ask.replace("lock_timeout 1s", "lock_timeout 500ms"))
    holds("a shorter one is narrower", found ==
          [("narrower", "lock_timeout of comment", ("1s", "500ms"))], found)
    found = of(ask, ask.replace("dba", "dba, shop"))
    holds("one more group that may approve is wider", found ==
          [("wider", "approvers of comment", "+shop")], found)
    found = of(ask, ask.replace(" from dba", ""))
    holds("so is anyone", found ==
          [("wider", "approvers of comment", "+anyone")], found)
    found = of(ask.replace("dba", "dba, shop"), ask)
    holds("one group less is narrower", found ==
          [("narrower", "approvers of comment", "-shop")], found)
    found = of(ask, ask.replace("approvers 1", "approvers 2"))
    holds("what is decided otherwise is told as before",
          [each[0] for each in found] == ["narrower"], found)


def check_nothing(policies):
    team = TEAM.replace("raw_*.* as raw {", "raw_*.* as other {  # renamed")
    lines = team.splitlines(keepends=True)
    moved = "".join(lines[:4] + lines[8:] + lines[4:8])
    status, text = policies.diff(ORG, moved, "--text")
    holds("order, labels and comments make no difference",
          (status, text) == (0, "both decide the same\n"), text)
    team = TEAM.replace("when table.rows < 5", "when not table.rows >= 5")
    status, text = policies.diff(ORG, team, "--text")
    holds("nor does another way to say the same", status == 0, text)
    team = TEAM + "deny comment on *.* as nothing\n"
    status, text = policies.diff(ORG, team, "--text")
    holds("nor does a denial of what was denied", status == 0, text)


def check_settings(policies):
    def one(before, after):
        found = policies.differences(ORG.replace(before, after))
        return {"all": found} if len(found) != 1 else found[0]

    found = one("lock_timeout 3s", "lock_timeout 5s")
    holds("a longer lock timeout is wider",
          (found.get("what"), found.get("direction"), found.get("before"),
           found.get("after"), found.get("line")) ==
          ("limits.lock_timeout", "wider", "3s", "5s", 8), found)
    found = one('"one", "two"', '"one"')
    holds("fewer models are narrower",
          (found.get("what"), found.get("direction")) ==
          ("model.ids", "narrower"), found)
    found = one('"one", "two"', '"one", "three"')
    holds("another model is wider", found.get("direction") == "wider", found)
    found = one("masked *.*.*mail*", "full *.*.*mail*")
    holds("a column that is shown is wider, with an example",
          (found.get("what"), found.get("direction"), found.get("example")) ==
          ("disclose", "wider", "q.q.mail"), found)
    found = one("default shape\n    masked *.*.*mail*",
                "default shape\n    masked *.*.*mail, *.*.*mail*")
    holds("a list that says the same otherwise is no difference",
          found == {"all": []}, found)
    found = one("model {", "sandbox {\n    require seccomp\n}\nmodel {")
    holds("each layer of the jail that is no longer required is wider",
          [each["change"] for each in found.get("all", [])] ==
          ["namespaces", "landlock", "attestation"] and
          all(each["direction"] == "wider" for each in found["all"]), found)
    found = one("model {", "mcp {\n    propose apply\n}\nmodel {")
    holds("proposals that no person sees are wider than what isn't said",
          (found.get("what"), found.get("direction"), found.get("before"),
           found.get("after")) == ("mcp.propose", "wider", "store", "apply"),
          found)
    found = one("model {", "mcp {\n    propose store\n}\nmodel {")
    holds("to say what is anyhow is no difference", found == {"all": []},
          found)


def check_statuses(policies):
    wider = TEAM.replace("< 5", "< 9")
    narrower = TEAM.replace("< 5", "< 3")
    holds("a wider policy is a finding", policies.diff(ORG, wider)[0] == 1)
    holds("unless it is acknowledged",
          policies.diff(ORG, wider, "--ack-wider")[0] == 0)
    holds("a narrower one is none", policies.diff(ORG, narrower)[0] == 0)
    holds("a policy that is wrong is another failure",
          policies.diff(ORG, "x\n")[0] == 2)
    status, text = policies.diff(ORG, wider, "--text")
    holds("people read one line, and an example",
          text == "WIDER     add_column on raw_*.*  when +table.rows < 9 "
          "-table.rows < 5  deny -> allow  org.policy:4 base\n"
          "          for example raw_.q.zq, type pg_catalog.text, "
          "table.rows = 5, change.rewrite = no\n"
          "1 wider, 0 narrower: exit 1 unless --ack-wider\n", text)


# --- who-can ----------------------------------------------------------------

def check_who_can(policies):
    status, text = policies.who_can("allow", "add_column", "on", "raw_*.*",
                                    "--json")
    way = json.loads(text) if status == 0 else {}
    holds("an allowance needs a rule of each layer",
          [rule["label"] for rule in way.get("rules", [])] ==
          ["base", "raw"], text)
    holds("under facts that are shown", "table.rows = 4" in
          way.get("example", "") and "change.rewrite = no" in way["example"],
          text)
    status, text = policies.who_can("allow", "add_column,replay", "on",
                                    "*.*", "--text")
    holds("several operations are asked for at once",
          status == 0 and text.startswith("add_column by org.policy:4 base, "
                                          "team.policy:5 raw\n") and
          "\nreplay by org.policy:4 base, team.policy:9 again\n" in text,
          text)
    status, text = policies.who_can("allow", "alter_type", "on", "card.*",
                                    "--text")
    holds("when nobody can, it says so", (status, text) ==
          (1, "nobody can allow alter_type on card.*\n"), text)
    status, text = policies.who_can("allow", "add_column", "on",
                                    "raw_x.\"T 1\"")
    holds("a name that needs quotes is covered by no allowance", status == 1)
    status, text = policies.who_can("allow", "add_column", "on", "app.*")
    holds("a pattern of other tables is asked for itself", status == 1, text)
    org = ORG + "allow add_column on raw_x.* as second {\n" \
        "    when not change.rewrite\n}\n"
    status, text = policies.run({"old": (org, TEAM)}, "who-can", "-p",
                                "old/org.policy", "allow", "add_column",
                                "on", "raw_x.*", "--text")
    holds("a rule is named though another one does the same",
          status == 0 and "org.policy:4 base\n" in text and
          "org.policy:17 second\n" in text, text)
    check_undecided(policies)
    for question in (["allow", "add_column", "on", "orders"],
                     ["allow", "drop_table", "on", "a.b"],
                     ["deny", "add_column", "on", "a.b"], ["allow"]):
        holds(f"a question that is none: {' '.join(question)}",
              policies.who_can(*question)[0] == 2)


def check_undecided(policies):
    """Of one operation there are too many worlds; another one is decided."""
    facts = ["table.rows", "table.columns", "table.views", "table.triggers",
             "table.fk_in", "table.columns_used", "column.views",
             "stmt.actions", "incident.rejected", "incident.witnesses",
             "rate.table_hour", "rate.table_day", "rate.schema_day",
             "rate.pipeline_day", "rate.total_day"]
    condition = " or ".join(f"{fact} = 5 and {fact} != 6" for fact in facts)
    org = ORG + f"allow comment on *.* as heavy {{\n    when {condition}\n}}\n"
    status, text = policies.run({"old": (org, TEAM)}, "who-can", "-p",
                                "old/org.policy", "allow",
                                "comment,add_column", "on", "*.*", "--text")
    holds("a list that may lack someone is never called whole",
          status == 4 and "org.policy:4 base" in text, status, text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    policies = Policies(os.path.abspath(os.path.join(sys.argv[1], "pgmend")))
    check_rules(policies)
    check_causes(policies)
    check_demands(policies)
    check_nothing(policies)
    check_settings(policies)
    check_statuses(policies)
    check_who_can(policies)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
