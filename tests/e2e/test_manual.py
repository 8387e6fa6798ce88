#!/usr/bin/env python3
"""The manual page of the policy language, and the editors' syntax files, say
what the program knows.

usage: test_manual.py BUILD

Every fact, operation, setting and verb of the binary stands in the page, every
word of the language in the syntax files, and the page's examples are policies
that pass `check` and `test`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from policies import ROOT, Suite, write_files  # noqa: E402

PAGE = os.path.join(ROOT, "policies", "pgmend-policy.5")
EDITORS = os.path.join(ROOT, "policies", "editors")
EXAMPLES = 10

# Words of the grammar that are in no table of the vocabulary.
KEYWORDS = """pgmend-policy layer org team local extends sha256 include default
deny inherit tables columns types names window allow escalate any on except as
type from when approvers expires with reason and or not in like has assert never
test given clock today expect replay mapping by floor""".split()


def words_of(suite, verb):
    """Names of a closed vocabulary."""
    _, out, _ = suite.run(verb, "--json")
    return [json.loads(line)["name"] for line in out.splitlines()]


def verbs_of(suite):
    _, out, _ = suite.run("--help")
    return re.findall(r"^  ([a-z][a-z-]*) ", out, re.MULTILINE)


def page_text():
    with open(PAGE, encoding="utf-8") as file:
        return file.read()


def examples():
    """Number, file name and text of every example, from its comment line."""
    found = re.findall(r'^\.\\" file (\d+) (\S+)\n\.Bd [^\n]*\n(.*?)^\.Ed',
                       page_text(), re.MULTILINE | re.DOTALL)
    return [(int(number), name, text.replace("\\e", "\\"))
            for number, name, text in found]


def check_words(suite):
    text = page_text()
    settings = [name.split(".")[-1] for name in words_of(suite, "settings")]
    for kind, words, pattern in [
            ("fact", words_of(suite, "facts"), r"^\.It Ic %s Pq"),
            ("operation", words_of(suite, "ops"), r"^\.It Ic %s Pq"),
            ("setting", settings, r"^\.It Ic %s Pq"),
            ("verb", verbs_of(suite), r"^\.It Nm pgmend Cm policy .*\b%s\b")]:
        missing = [word for word in words if not re.search(
            pattern % re.escape(word), text, re.MULTILINE)]
        suite.claim(f"every {kind} stands in the page", not missing, missing)
    told = re.findall(r"[a-z-]+", " ".join(re.findall(
        r"^\.It Nm pgmend Cm policy ([a-z-]+(?: , [a-z-]+)*)", text,
        re.MULTILINE)))
    strange = [verb for verb in told if verb not in verbs_of(suite)]
    suite.claim("and no verb that isn't there", not strange, strange)
    known = set(words_of(suite, "facts") + words_of(suite, "ops") + settings)
    listed = re.findall(r"^\.It Ic (\S+) Pq", text, re.MULTILINE)
    strange = [word for word in listed if word not in known]
    suite.claim("and no word that isn't there", not strange, strange)


def check_page(suite):
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", PAGE],
                          capture_output=True, timeout=60)
    suite.claim("the page is well formed", done.returncode == 0,
                done.stdout.decode())
    done = subprocess.run(["mandoc", "-Tascii", PAGE], capture_output=True,
                          timeout=60)
    suite.claim("it can be read in a terminal", done.returncode == 0 and
                b"HOW IT DECIDES" in
                re.sub(rb".\x08", b"", done.stdout), done.stderr.decode())


def check_example(suite, number, files):
    name = f"example {number}"
    lowest = files[-1][0]
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder, dict(files))
        checked = suite.run("check", "--json", lowest, cwd=folder)
        tested = suite.run("test", "--json", lowest, cwd=folder)
        laid_out = suite.run("fmt", "-d", lowest, cwd=folder)
    results = [one for one in map(json.loads, tested[1].splitlines())
               if "statement" in one]
    suite.claim(f"{name} passes check", checked[0] == 0,
                checked[1] + checked[2])
    suite.claim(f"{name} is laid out as fmt does",
                laid_out[0] == 0 and not laid_out[1], laid_out[1])
    failed = [result for result in results if not result["ok"]]
    suite.claim(f"{name} passes its tests", results and not failed,
                "\n".join(map(json.dumps, failed)) + tested[2])


def check_examples(suite):
    by_number = {}
    for number, name, text in examples():
        by_number.setdefault(number, []).append((name, text))
    suite.claim("there are ten examples",
                sorted(by_number) == list(range(1, EXAMPLES + 1)),
                sorted(by_number))
    for number, files in by_number.items():
        check_example(suite, number, files)


def patterns_of(rule):
    """Every regular expression of a TextMate grammar, wherever it stands."""
    if isinstance(rule, list):
        return [found for one in rule for found in patterns_of(one)]
    if not isinstance(rule, dict):
        return []
    return [value for key, value in rule.items()
            if key in ("match", "begin", "end") and isinstance(value, str)] + \
        [found for value in rule.values() for found in patterns_of(value)]


def check_editors(suite):
    settings = [name.split(".")[-1] for name in words_of(suite, "settings")]
    words = KEYWORDS + settings + words_of(suite, "facts") + \
        words_of(suite, "ops")
    with open(os.path.join(EDITORS, "pgmend-policy.vim"),
              encoding="utf-8") as file:
        vim = file.read()
    with open(os.path.join(EDITORS, "pgmend-policy.tmLanguage.json"),
              encoding="utf-8") as file:
        textmate = json.load(file)

    # vim's keywords hold no dot, so facts are patterns with an escaped one.
    held = set(re.split(r"[^a-z0-9_.-]+", vim.replace("\\.", ".")))
    missing = [word for word in words if word not in held]
    suite.claim("vim knows every word", not missing, missing)

    compiled = []
    broken = []
    for pattern in patterns_of(textmate):
        try:
            compiled.append(re.compile(pattern))
        except re.error as error:
            broken.append(f"{pattern}: {error}")
    suite.claim("the TextMate grammar's patterns compile",
                compiled and not broken, broken)
    missing = [word for word in words
               if not any(pattern.fullmatch(word) for pattern in compiled)]
    suite.claim("TextMate knows every word", not missing, missing)
    suite.claim("and not their misspellings", not any(
        pattern.fullmatch(word + "x") for pattern in compiled
        for word in words))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    suite = Suite(sys.argv[1])
    check_words(suite)
    check_page(suite)
    check_examples(suite)
    check_editors(suite)
    return 1 if suite.failures else 0


if __name__ == "__main__":
    sys.exit(main())
