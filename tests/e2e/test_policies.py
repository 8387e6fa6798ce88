#!/usr/bin/env python3
"""The policies that are shipped keep their own word.

usage: test_policies.py BUILD

Each loads without a warning, and its tests hold and reach every one of its
rules.
"""

import glob
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from policies import ROOT, Suite  # noqa: E402

POLICIES = sorted(glob.glob(os.path.join(ROOT, "policies", "*.policy")))
SHIPPED = {"default.policy", "regulated.policy", "sandbox.policy",
           "strict.policy"}


def check_tests(suite, path):
    name = os.path.basename(path)
    status, out, err = suite.run("test", "--json", "--min-coverage", "100",
                                 path)
    lines = [json.loads(line) for line in out.splitlines()]
    results, total = lines[:-1], lines[-1]
    failed = [result for result in results if not result["ok"]]
    suite.claim(f"{name}: its tests hold", results and not failed,
                "\n".join(json.dumps(result) for result in failed) + err)
    suite.claim(f"{name}: they reach every rule",
                status == 0 and total["reached"] == total["rules"],
                json.dumps(total["not_reached"]))


def check_words(suite, path):
    status, out, err = suite.run("check", "--strict", "--json", path)
    suite.claim(f"{os.path.basename(path)}: not even a warning",
                status == 0 and not out, out + err)


def check_layout(suite, path):
    status, out, err = suite.run("fmt", "-d", path)
    suite.claim(f"{os.path.basename(path)}: is laid out as fmt does",
                status == 0 and not out, out + err)


def check_opening(suite, path):
    """What the policy does stands first, as a sentence."""
    with open(path, encoding="utf-8") as file:
        lines = []
        for line in file:
            if not line.startswith("# "):
                break
            lines.append(line[2:].strip())
    sentence = " ".join(lines)
    suite.claim(f"{os.path.basename(path)}: opens with a plain sentence",
                len(sentence) > 40 and sentence.endswith("."), sentence)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    suite = Suite(sys.argv[1])
    names = {os.path.basename(path) for path in POLICIES}
    suite.claim("four policies are shipped", names == SHIPPED, names)
    for path in POLICIES:
        check_tests(suite, path)
        check_words(suite, path)
        check_layout(suite, path)
        check_opening(suite, path)
    return 1 if suite.failures else 0


if __name__ == "__main__":
    sys.exit(main())
