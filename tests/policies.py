"""What the tests of `pgmend policy` share: claims that are counted, and verbs
run in a folder of policies.
"""

import os
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Suite:
    """Prints "ok NAME" or "not ok NAME" for each claim."""

    def __init__(self, build):
        self.pgmend = os.path.abspath(os.path.join(build, "pgmend"))
        self.failures = 0

    def claim(self, name, holds, detail=""):
        if holds:
            print(f"ok {name}")
            return
        self.failures += 1
        print(f"not ok {name}")
        for line in str(detail).splitlines():
            print(f"# {line}")

    def run(self, *arguments, cwd=ROOT):
        """Exit status, standard output and standard error of a verb."""
        done = subprocess.run([self.pgmend, "policy", *arguments], cwd=cwd,
                              capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def run_in(self, files, *arguments):
        """The same in a folder of its own that holds the files."""
        with tempfile.TemporaryDirectory() as folder:
            write_files(folder, files)
            return self.run(*arguments, cwd=folder)


def write_files(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o644)
