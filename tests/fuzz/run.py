#!/usr/bin/env python3
"""Runs every fuzz target of a build folder and counts.

    tests/fuzz/run.py BUILD SECONDS [TARGET...]

Two at a time, each for so many seconds; with 0 each only goes through the
inputs that are there; without names, all of them. Inputs are
tests/fuzz/corpus/TARGET/, seeds taken from tests/cases and policies, and what
earlier runs found, which stays in BUILD/fuzz/TARGET/. An input that breaks a
target is kept there, too, and named; then the exit status is 1.
"""

import collections
import concurrent.futures
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import statements  # noqa: E402
from statements import cases  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
AT_A_TIME = 2
INPUT_BYTES_MAX = 10_000     # above the 8 kB of a DDL statement
INPUT_SECONDS_MAX = 25
MEMORY_MB_MAX = 2048
WORDS_MAX = 300


# --- Seeds ------------------------------------------------------------------

def read(*path):
    with open(os.path.join(ROOT, *path), "rb") as file:
        return file.read()


def policy_sets():
    """Texts of a set, the file that is loaded first."""
    for case in cases("policy-vectors.jsonl"):
        yield list(case["files"].values())[::-1]
    text = read("tests", "cases", "diagnostics.txt").decode()
    for block in re.split(r"^==== .*\n", text, flags=re.MULTILINE)[1:]:
        sources = block.split("++++\n", 1)[0]
        yield re.split(r"^---- .*\n", sources, flags=re.MULTILINE)
    yield [read("policies", "default.policy").decode()]


def derived():
    """Yields targets and seeds that the tree has already."""
    for sql in statements.statements():
        yield "statement", sql.encode(errors="surrogateescape")
    for case in cases("attacks.jsonl"):
        frame = case.get("input")
        if case.get("replay"):
            yield "insert", case["replay"].encode()
        if isinstance(frame, str) and "jsonrpc" in frame:
            yield "session", frame.encode() + b"\n"
            yield "json", frame.encode()
    for case in cases("policy-vectors.jsonl"):
        yield "statement", case.get("sql", "").encode()
    for texts in policy_sets():
        yield "policy", "\0".join(texts).encode()
    for target in ("events", "claude"):
        yield target, read("tests", "cases", "claude-reply.sse")
    yield "prices", read("policies", "prices.conf")


def write(folder, text):
    os.makedirs(folder, exist_ok=True)
    name = hashlib.sha1(text).hexdigest()
    with open(os.path.join(folder, name), "wb") as file:
        file.write(text)


def write_words(path, folders):
    """The most frequent words of all seeds, for the fuzzer to put in."""
    words = collections.Counter()
    for folder in folders:
        for seed in sorted(glob.glob(f"{folder}/*")):
            words.update(re.findall(rb'[A-Za-z_][\w./-]{1,30}|"[\w/]{1,30}"|'
                                    rb"[^\w\s]{2}", read(seed)))
    with open(path, "w", encoding="ascii") as file:
        for word, _ in words.most_common(WORDS_MAX):
            escaped = "".join(f"\\x{byte:02x}" for byte in word)
            file.write(f'"{escaped}"\n')


# --- Running ----------------------------------------------------------------

class Target:
    """A program of the build folder, and its inputs."""

    def __init__(self, program, build):
        self.program = program
        self.name = os.path.basename(program)
        self.folder = os.path.join(build, "fuzz", self.name)
        self.found = os.path.join(self.folder, "found")
        self.seeds = [os.path.join(self.folder, "derived"),
                      os.path.join(ROOT, "tests", "fuzz", "corpus", self.name)]
        shutil.rmtree(self.seeds[0], ignore_errors=True)
        for folder in [self.found, *self.seeds]:
            os.makedirs(folder, exist_ok=True)

    def run(self, seconds):
        """Returns a line for the count, and what there is to show."""
        words = os.path.join(self.folder, "words")
        write_words(words, self.seeds)
        budget = f"-max_total_time={seconds}" if seconds else "-runs=0"
        done = subprocess.run(
            [self.program, budget, f"-dict={words}", "-print_final_stats=1",
             f"-max_len={INPUT_BYTES_MAX}", f"-timeout={INPUT_SECONDS_MAX}",
             f"-rss_limit_mb={MEMORY_MB_MAX}", "-reload=0",
             f"-artifact_prefix={self.folder}/", self.found, *self.seeds],
            cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = done.stdout.decode(errors="replace")
        runs = re.search(r"number_of_executed_units: (\d+)", text)
        if done.returncode == 0 and runs:
            return f"ok fuzz {self.name} ({runs.group(1)} runs)", ""
        kept = re.search(r"Test unit written to (\S+)", text)
        return f"not ok fuzz {self.name} " \
               f"({kept.group(1) if kept else 'no input kept'})", text


def programs(build, named):
    found = [path for path in sorted(glob.glob(f"{build}/tests/fuzz/*"))
             if os.access(path, os.X_OK) and "." not in os.path.basename(path)]
    unknown = set(named) - {os.path.basename(path) for path in found}
    if unknown:
        sys.exit(f"there is no fuzz target {', '.join(sorted(unknown))}")
    return [path for path in found
            if not named or os.path.basename(path) in named]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, seconds = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    os.umask(0o022)
    os.nice(10)
    os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=16"
    targets = [Target(program, build)
               for program in programs(build, sys.argv[3:])]
    folders = {target.name: target.seeds[0] for target in targets}
    for name, seed in derived():
        if name in folders:
            write(folders[name], seed)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for line, text in pool.map(lambda target: target.run(seconds),
                                   targets):
            failed += line.startswith("not ok")
            print(*filter(None, [text, line]), sep="\n", flush=True)
    print(f"{len(targets) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
