#!/usr/bin/env python3
"""Each mistake in a policy gives exactly the diagnostic that is promised.

usage: test_policy_diagnostics.py BUILD
"""

import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CASES = os.path.join(ROOT, "tests", "cases", "diagnostics.txt")
SUMMARY = re.compile(r"^policies/team\.policy: \d+ file.*\Z",
                     re.MULTILINE | re.DOTALL)


def cases():
    """Yields name, files and what is said."""
    with open(CASES, encoding="utf-8") as file:
        text = file.read()
    for block in re.split(r"^==== ", text, flags=re.MULTILINE)[1:]:
        name, rest = block.split("\n", 1)
        sources, said = rest.split("++++\n", 1)
        parts = re.split(r"^---- (.*)\n", sources, flags=re.MULTILINE)
        files = {"team.policy": parts[0]}
        files.update(zip(parts[1::2], parts[2::2]))
        yield name, files, said


def check(pgmend, files, *options):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "policies"))
        for name, text in files.items():
            path = os.path.join(folder, "policies", name)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(path, 0o644)
        done = subprocess.run(
            [pgmend, "policy", "check", *options, "policies/team.policy"],
            cwd=folder, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pgmend = os.path.abspath(os.path.join(sys.argv[1], "pgmend"))
    failures = 0
    for name, files, said in cases():
        status, text = check(pgmend, files, "--text")
        text = SUMMARY.sub("", text)
        wanted = 0 if "error[" not in said else 1
        _, lines = check(pgmend, files, "--json")
        codes = [json.loads(line)["code"] for line in lines.splitlines()]
        if text == said and status == wanted and \
                codes == re.findall(r" (?:error|warning)\[(\w+)\]: ", said):
            print(f"ok diagnostic: {name}")
            continue
        failures += 1
        print(f"not ok diagnostic: {name}")
        print("\n".join("# " + line for line in
                        ["wanted", *said.splitlines(), f"got, exit {status}",
                         *text.splitlines(), *codes]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
