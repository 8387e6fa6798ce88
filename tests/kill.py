"""A heal is killed at every message that it sends: recovery tells what became
of it, the same command finishes it, nothing is lost and nothing doubled.

    tests/kill.py BUILD [STEP]

strace kills the supervisor as it enters its N-th sendto(), for N = 1, 1 + STEP,
... until a run comes to its end. Every message to the database is one.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, Cluster, pgmend  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "coupon": "SPRING-25"}
MISSING = ("42703", 'column "coupon" does not exist')
LINES = 25
POINTS_MAX = 2000


class Sweep:
    def __init__(self, folder):
        self.cluster = Cluster(max_connections="100")
        make_roles(self.cluster)
        make_warehouse(self.cluster, "base")
        self.document = json.dumps(incident("k-1", TABLE, ORDER, MISSING))
        self.replay = os.path.join(folder, "more.ndjson")
        with open(self.replay, "w") as file:
            for number in range(2, 2 + LINES):
                file.write(json.dumps(dict(ORDER, id=number)) + "\n")

    def heal(self, db, *before):
        command = [*before, os.path.join(BUILD, "pgmend"), "heal", "--db",
                   self.cluster.conninfo(db, "healer"), "--replay",
                   self.replay, "-"]
        return subprocess.run(command, input=self.document, text=True,
                              capture_output=True, timeout=60)

    def killed_at(self, number):
        """The database of a run that was killed there, or None when it came to
        its end before."""
        db = f"kill{number}"
        self.cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
        done = self.heal(db, "strace", "-qq", "-o", "/dev/null", "-e",
                         f"inject=sendto:signal=SIGKILL:when={number}")
        if done.returncode == 0:
            return None
        if done.returncode not in (-9, 137):
            raise RuntimeError(f"at {number}: {done}")
        return db

    def state(self, db):
        return self.cluster.sql(
            f"SELECT count(*), count(DISTINCT id) FROM {TABLE};"
            "SELECT count(*) FROM pg_attribute WHERE attname = 'coupon'"
            f" AND attrelid = '{TABLE}'::regclass;"
            "SELECT count(*) FROM pgmend.applied;"
            "SELECT count(*) FROM pgmend.v_unresolved", db=db).split()

    def check(self, db, number):
        """Whatever was told agrees with the database, before and after the
        same command is given again."""
        done = pgmend("recover", "--db", self.cluster.conninfo(db, "healer"))
        rows, column, marker, left = self.state(db)
        written = int(rows.split("|")[0])
        problems = []
        if done.status != 0 or left != "0":
            problems.append(f"not recovered: {done}")
        if column != marker or (written > 0) != (column == "1"):
            problems.append("the change is there in part")
        again = self.heal(db)
        if again.returncode != 0:
            problems.append(f"not finished: {again}")
        if self.state(db)[:2] != [f"{1 + LINES}|{1 + LINES}", "1"]:
            problems.append(f"the rows are wrong: {self.state(db)}")
        chain = pgmend("audit", "verify", "--db",
                       self.cluster.conninfo(db, "healer"))
        if chain.status != 0:
            problems.append(f"the chain is broken: {chain}")
        self.cluster.sql(f"DROP DATABASE {db} WITH (FORCE)")
        for problem in problems:
            print(f"not ok killed at message {number}: {problem}", flush=True)
        return not problems, column == "1"


def main():
    step = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    good, points, after = 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="pgmend-kill-", dir="/tmp") as at:
        os.chmod(at, 0o755)
        sweep = Sweep(at)
        for number in range(1, POINTS_MAX, step):
            db = sweep.killed_at(number)
            if db is None:
                break
            is_good, is_changed = sweep.check(db, number)
            points += 1
            good += is_good
            after += is_changed
    print(f"{points} points, {after} of them after the change:"
          f" {good} as they should be")
    sys.exit(0 if points > 0 and good == points else 1)


main()
