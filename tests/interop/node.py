"""What the tests with other people's software share: where it is installed, and
how it is run.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import ROOT  # noqa: E402

FOLDER = os.path.join(ROOT, "build", "interop")
NODE_SECONDS = 60


def node(script, *arguments, stdin=""):
    """What the script prints; raises with its errors when it fails."""
    done = subprocess.run(
        ["node", os.path.join(FOLDER, script), *arguments], input=stdin,
        text=True, capture_output=True, timeout=NODE_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"{script}: {done.stdout}{done.stderr}")
    return done.stdout
