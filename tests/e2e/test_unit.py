"""The systemd unit: hardened as far as the jail of the workers allows, and in
agreement with the exit codes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import ROOT, Skip, equal, holds, main, test  # noqa: E402

EXPOSURE_MAX = 2.5

with open(os.path.join(ROOT, "supervisor/pgmend@.service")) as unit_file:
    unit = unit_file.read()
with open(os.path.join(ROOT, "pgmend.h")) as header:
    codes = {int(code) for code in
             re.findall(r"\bEXIT_[A-Z_]+ = (\d+),", header.read())}


def words(setting):
    return " ".join(re.findall(rf"^{setting}=(.*)$", unit, re.M)).split()


@test
def unit_is_exposed_to_little():
    tool = shutil.which("systemd-analyze")
    if tool is None:
        raise Skip("systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pgmend@.service")
        with open(path, "w") as file:
            file.write(unit.replace("@PREFIX@", "/usr"))
        done = subprocess.run([tool, "security", "--offline=true",
                               "--no-pager", path], text=True,
                              capture_output=True, timeout=60)
    if "--offline" in done.stderr:
        raise Skip("systemd-analyze security --offline")
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    holds(found and float(found.group(1)) <= EXPOSURE_MAX,
          done.stdout + done.stderr)
    holds("ignoring" not in done.stderr, done.stderr)


@test
def only_what_may_pass_is_tried_again():
    equal(sorted(map(int, words("RestartPreventExitStatus"))),
          sorted(codes - {0, 10, 75}))
    equal(words("SuccessExitStatus"), ["10"])


@test
def unit_leaves_the_workers_their_namespaces():
    for setting in ["RestrictNamespaces", "PrivateUsers", "ProcSubset"]:
        equal(words(setting), [], setting)
    for call in ["mount", "umount2", "pivot_root", "seccomp",
                 "landlock_create_ruleset", "landlock_add_rule",
                 "landlock_restrict_self"]:
        holds(call in words("SystemCallFilter"), call)


main()
