#!/usr/bin/env python3
"""Each mistake in a policy gives exactly the diagnostic that is promised, in
each of the formats, and `check` ends with the status that goes with it.

usage: test_policy_diagnostics.py BUILD
"""

import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CASES = os.path.join(ROOT, "tests", "cases", "diagnostics.txt")
HEAD = re.compile(r"^policies/\w+\.policy: \w+ layer.*\n", re.MULTILINE)
SUMMARY = re.compile(r"^\d+ errors?, \d+ warnings?, (?:.*\n){3}", re.MULTILINE)
TESTS = re.compile(r"^.* warning\[W24[01]\]: .*\n", re.MULTILINE)
CODE = re.compile(r" (?:error|warning)\[(\w+)\]: ")

GOOD = """pgmend-policy 1
layer team
default deny
allow add_column on app.* as a1 {
    type text
}
test "columns" {
    expect allow "ALTER TABLE app.orders ADD COLUMN note text" by a1
}
"""
ODD = GOOD.replace("type text\n", "type text\n    when table.rows >= 0\n")
ODD = ODD.replace("    expect", "    given table.rows = 5\n    expect")

failures = 0


def holds(name, claim, *shown):
    global failures
    print(f"{'ok' if claim else 'not ok'} {name}")
    if not claim:
        failures += 1
        for text in shown:
            print("\n".join("# " + line for line in str(text).splitlines()))


def dated(text):
    """{+6} is the date in six days."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return re.sub(r"\{\+(\d+)\}", lambda match: str(
        today + datetime.timedelta(days=int(match.group(1)))), text)


def cases():
    """Yields name, files and what is said."""
    with open(CASES, encoding="utf-8") as file:
        text = dated(file.read())
    for block in re.split(r"^==== ", text, flags=re.MULTILINE)[1:]:
        name, rest = block.split("\n", 1)
        sources, said = rest.split("++++\n", 1)
        parts = re.split(r"^---- (.*)\n", sources, flags=re.MULTILINE)
        files = {"team.policy": parts[0]}
        files.update(zip(parts[1::2], parts[2::2]))
        yield name, files, said


class Checker:
    def __init__(self, pgmend):
        self.pgmend = pgmend

    def run(self, files, *arguments, stdin=None):
        """Exit status and output of `check` beside these files."""
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "policies"))
            for name, text in files.items():
                path = os.path.join(folder, "policies", name)
                with open(path, "w", encoding="utf-8") as out:
                    out.write(text)
                os.chmod(path, 0o644)
            done = subprocess.run(
                [self.pgmend, "policy", "check", *arguments], cwd=folder,
                input=stdin, capture_output=True, timeout=60,
                encoding="utf-8")
        return done.returncode, done.stdout


def without_tests(said, text):
    """Cases that aren't about tests need none."""
    if re.search(r"\[W24[01]\]", said):
        return text
    return TESTS.sub("", text)


def check_cases(checker):
    given = set()
    for name, files, said in cases():
        status, text = checker.run(files, "--text", "policies/team.policy")
        text = without_tests(said, SUMMARY.sub("", HEAD.sub("", text)))
        wanted = 1 if "error[" in said else 0
        _, lines = checker.run(files, "--json", "policies/team.policy")
        codes = [json.loads(line)["code"] for line in lines.splitlines()]
        if not re.search(r"\[W24[01]\]", said):
            codes = [code for code in codes if code not in ("W240", "W241")]
        given.update(codes)
        holds(f"diagnostic: {name}",
              text == said and status == wanted and
              sorted(codes) == sorted(CODE.findall(said)),
              "wanted", said, f"got, exit {status}", text, codes)
    return given


# --- SARIF ------------------------------------------------------------------

def is_sarif(log, uris):
    """The shape that code scanning reads: one run, rules with ids, results
    that name one of them and a region of a file."""
    run, = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert log["version"] == "2.1.0" and "sarif" in log["$schema"]
    assert run["tool"]["driver"]["name"] == "pgmend"
    assert len(rules) == len(set(rules)) and rules == sorted(rules)
    for result in run["results"]:
        location, = result["locations"]
        region = location["physicalLocation"]["region"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        assert uri in uris, uri
        assert 1 <= region["startLine"] == region["endLine"]
        assert 1 <= region["startColumn"] < region["endColumn"]
    return True


def check_sarif(checker):
    for name, files, said in cases():
        _, text = checker.run(files, "--sarif", "policies/team.policy")
        log = json.loads(text)
        found = sorted(result["ruleId"] for result in log["runs"][0]["results"]
                       if result["ruleId"] not in ("W240", "W241"))
        wanted = sorted(code for code in CODE.findall(said)
                        if code not in ("W240", "W241"))
        if not is_sarif(log, [f"policies/{name}" for name in files]) or \
                found != wanted:
            holds(f"as SARIF: {name}", False, text)
    text = GOOD.replace("# ", "").replace(
        "    type text\n", "    reason \"é\"   wehn x\n")
    _, text = checker.run({"team.policy": text}, "--sarif",
                          "policies/team.policy")
    region = json.loads(text)["runs"][0]["results"][0]["locations"][0][
        "physicalLocation"]["region"]
    odd = {"a b.policy": "x\n"}
    _, log = checker.run(odd, "--sarif", "policies/a b.policy")
    holds("a path is a URI", is_sarif(json.loads(log),
                                      ["policies/a%20b.policy"]), log)
    holds("SARIF counts characters, not bytes",
          region["startColumn"] == len("    reason \"é\"   ") + 1, region)
    holds("every case is said as SARIF", failures == 0)


def sources():
    for folder in ("policy", "supervisor"):
        for path in glob.glob(os.path.join(ROOT, folder, "*.c")):
            if not path.endswith("diagnostic_code.c"):
                with open(path, encoding="utf-8") as file:
                    yield file.read()


def check_codes(checker):
    _, text = checker.run({"team.policy": GOOD}, "--sarif",
                          "policies/team.policy")
    listed = {rule["id"] for rule in
              json.loads(text)["runs"][0]["tool"]["driver"]["rules"]}
    used = set()
    for source in sources():
        used.update(re.findall(r'"([EW]\d{3})"', source))
    holds("every code that is given is listed, and no other", used == listed,
          sorted(used ^ listed))


# --- The verb ---------------------------------------------------------------

def check_statuses(checker):
    good, odd = {"team.policy": GOOD}, {"team.policy": ODD}
    path = "policies/team.policy"
    holds("a good policy passes",
          checker.run(good, "--strict", path)[0] == 0)
    holds("a warning is no failure", checker.run(odd, path)[0] == 0)
    holds("but one when it is strict",
          checker.run(odd, "--strict", path)[0] == 1)
    holds("what can't be read is another failure",
          checker.run(good, "policies/none.policy")[0] == 3)
    holds("a folder is all the policies in it",
          checker.run({**good, "b.policy": ODD}, "--strict",
                      "policies")[0] == 1)
    holds("but no other files",
          checker.run({**good, "notes.txt": "x"}, "policies")[0] == 0)
    holds("a folder without policies is a failure",
          checker.run({"notes.txt": "x"}, "policies")[0] == 3)
    holds("the worst of several files counts",
          checker.run({**good, "b.policy": "x\n"}, path,
                      "policies/b.policy", path)[0] == 1)
    holds("nothing to check is a wrong command line",
          checker.run(good)[0] == 2)


def check_stdin(checker):
    path = "policies/team.policy"
    status, text = checker.run({"team.policy": "stored\n"}, "--strict",
                               "--stdin", path, stdin=GOOD)
    holds("standard input stands for the file", status == 0, text)
    child = GOOD.replace("layer team", "layer team\nextends \"org.policy\"")
    status, text = checker.run(
        {"org.policy": GOOD.replace("team", "org")}, "--stdin", path,
        stdin=child)
    holds("and extends what is beside it",
          status == 0 and "team layer on org.policy" in text, text)
    status, text = checker.run({}, "--json", "--stdin", path, stdin="x\n")
    holds("an editor is told file, line, column and width",
          status == 1 and json.loads(text)["file"] == path and
          {"line", "column", "width"} <= set(json.loads(text)), text)


FACTS = ["table.rows", "table.size", "table.columns", "table.views",
         "table.triggers", "table.fk_in", "table.columns_used",
         "column.views", "stmt.actions", "incident.rejected",
         "incident.witnesses", "rate.table_hour", "rate.table_day",
         "rate.schema_day", "rate.pipeline_day", "rate.total_day"]


def check_undecided(checker):
    """One rule whose facts all hang together, in more ways than are tried."""
    condition = " or ".join(
        f"{fact} = {'5kB' if fact == 'table.size' else 5} and "
        f"{fact} != {'6kB' if fact == 'table.size' else 6}" for fact in FACTS)
    text = GOOD.replace("type text\n", f"type text\n    when {condition}\n")
    path = "policies/team.policy"
    status, said = checker.run({"team.policy": text}, path)
    holds("what is too much to try is never called fine",
          status == 1 and "W390" in said and
          "some not decided" in said and "'a1'" in said, said)
    status, said = checker.run({"team.policy": text.replace(
        'test "columns"', "assert never allow add_column on x.*\n"
        'test "columns"')}, path)
    holds("nor is an assertion about it taken for proven",
          "whether this holds for add_column" in said, said)
    text = text.replace("expect allow", "expect deny").replace(
        "by a1", "by default")
    text = text.replace('test "columns"', "allow comment on app.* as a2\n"
                        'test "columns"')
    status, said = checker.run({"team.policy": re.sub(
        r"test .*", "", text, flags=re.DOTALL)}, path)
    holds("and no failure as such", status == 0, said)


def check_shipped(checker):
    shipped = {}
    for path in glob.glob(os.path.join(ROOT, "policies", "*.policy")):
        with open(path, encoding="utf-8") as file:
            shipped[os.path.basename(path)] = file.read()
    _, text = checker.run(shipped, "--json", "policies")
    found = [json.loads(line) for line in text.splitlines()]
    holds("the policies that are shipped have nothing odd about them",
          shipped and not found, text)


def check_summary(checker):
    _, text = checker.run({"team.policy": GOOD}, "policies/team.policy")
    holds("the summary counts what was read and tried",
          re.match(r"policies/team\.policy: team layer; 1 rule, 0 lists, "
                   r"0 settings\n0 errors, 0 warnings, 1 expectation in 1 "
                   r"test passes, [\d ]+ abstract points decided\n"
                   r"files   sha256:\w{64}\nmeaning sha256:\w{64}\n", text),
          text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    checker = Checker(os.path.abspath(os.path.join(sys.argv[1], "pgmend")))
    check_cases(checker)
    check_sarif(checker)
    check_codes(checker)
    check_statuses(checker)
    check_stdin(checker)
    check_undecided(checker)
    check_shipped(checker)
    check_summary(checker)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
