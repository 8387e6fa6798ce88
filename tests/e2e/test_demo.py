"""The demo is the first thing that anyone sees: it works for root and for
ordinary users, on a quiet table and under load, and doesn't take long.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, ROOT, Skip, as_user, holds, main,  # noqa: E402
                     test_within)

ORDINARY_USER = "postgres"  # there is one wherever the server is
DEMO_SECONDS = 15
PATIENCE_SECONDS = 120


def is_sanitized():
    with open(os.path.join(BUILD, "pgmend"), "rb") as file:
        return b"__asan_init" in file.read()


def demo(*options, start=(), root=ROOT, build=BUILD):
    """Runs it and checks what everyone should see."""
    began = time.monotonic()
    done = subprocess.run(
        [*start, os.path.join(root, "tests", "demo.py"), build, *options],
        text=True, capture_output=True, stdin=subprocess.DEVNULL,
        timeout=PATIENCE_SECONDS, cwd="/")
    seconds = time.monotonic() - began
    shown = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    holds(done.returncode == 0, shown)
    holds("healed (exit 0, ok)" in done.stdout, shown)
    holds("escalated (exit 10" in done.stdout, shown)
    holds("the table still holds 100000 of its 100000 rows" in done.stdout,
          shown)
    holds("Traceback" not in done.stderr, shown)
    holds(is_sanitized() or seconds < DEMO_SECONDS, f"{seconds:.1f} s")


def copy_for_everyone(folder):
    """The checkout may lie where an ordinary user can't go."""
    os.chmod(folder, 0o755)
    os.mkdir(os.path.join(folder, "build"))
    for name in ("pgmend", "pgmend-agent"):
        shutil.copy(os.path.join(BUILD, name), os.path.join(folder, "build"))
    shutil.copytree(os.path.join(ROOT, "policies"),
                    os.path.join(folder, "policies"))
    os.mkdir(os.path.join(folder, "tests"))
    for name in ("demo.py", "harness.py", "pipeline.py"):
        shutil.copy(os.path.join(ROOT, "tests", name),
                    os.path.join(folder, "tests"))
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)


def python_for_everyone():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*as_user(ORDINARY_USER), python, "-c", ""],
                          capture_output=True).returncode == 0:
            return python
    raise Skip("a Python that an ordinary user may run")


@test_within(PATIENCE_SECONDS)
def heals_in_the_demo():
    demo(start=[sys.executable])


@test_within(PATIENCE_SECONDS)
def heals_in_the_demo_under_a_hundred_clients():
    demo("--busy", start=[sys.executable])


@test_within(PATIENCE_SECONDS)
def heals_in_the_demo_of_an_ordinary_user():
    if os.geteuid() != 0:
        raise Skip("root, to become another user")
    with tempfile.TemporaryDirectory(prefix="pgmend-demo-") as folder:
        copy_for_everyone(folder)
        demo(start=[*as_user(ORDINARY_USER), python_for_everyone()],
             root=folder, build=os.path.join(folder, "build"))


main()
