"""What replaying a file of records takes, against COPY of the same rows and
against a loop of single prepared inserts by psycopg, all in this one run; what
counts are the ratios.

    tests/bench_replay.py BUILD
"""

import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, Cluster  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402

RECORDS = 100_000
LOOP_RECORDS = 500  # and then so many times more: it is slow
ROUNDS = 3
TABLE = "analytics.orders"
COLUMNS = ["id", "customer", "amount", "placed_at", "note", "quantity", "paid",
           "region"]
SHAPE = """
ALTER TABLE analytics.orders ADD note text, ADD quantity int, ADD paid boolean,
    ADD region text
"""


def record(number):
    return {"id": number, "customer": f"customer {number % 997}",
            "amount": f"{number % 1000}.{number % 100:02}",
            "placed_at": "2026-11-24T18:04:11Z", "note": "left at the door",
            "quantity": number % 7, "paid": number % 2 == 0,
            "region": "eu-west"}


def copy_line(values):
    return "\t".join({True: "t", False: "f"}.get(value, str(value))
                     if isinstance(value, bool) else str(value)
                     for value in values.values()) + "\n"


def peak_of(pid):
    """The peak of its own memory, in MiB; wait4() would tell ours, too."""
    try:
        with open(f"/proc/{pid}/status") as file:
            found = [line for line in file if line.startswith("VmHWM")]
    except OSError:
        return 0
    return int(found[0].split()[1]) / 1024 if found else 0


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.cluster = Cluster(fsync="on", shared_buffers="256MB",
                               max_wal_size="4GB", full_page_writes="on")
        make_roles(self.cluster)
        self.count = 0
        self.replay = os.path.join(folder, "records.ndjson")
        self.copy = os.path.join(folder, "records.copy")
        with open(self.replay, "w") as lines, open(self.copy, "w") as rows:
            for number in range(2, RECORDS + 2):
                values = record(number)
                lines.write(json.dumps(values) + "\n")
                rows.write(copy_line(values))

    def warehouse(self, shape=SHAPE):
        self.count += 1
        db = make_warehouse(self.cluster, f"bench{self.count}")
        self.cluster.sql(f"SET ROLE orders_owner; {shape}", db=db)
        self.cluster.sql("CHECKPOINT", db=db)
        return db

    def rows(self, db):
        return int(self.cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db))

    def by_copy(self):
        db = self.warehouse()
        start = time.perf_counter()
        self.cluster.sql(f"\\copy {TABLE} ({', '.join(COLUMNS)}) FROM"
                         f" '{self.copy}'", db=db, timeout=300)
        took = time.perf_counter() - start
        assert self.rows(db) == RECORDS
        return took

    def by_loop(self):
        """One committed insert a record, as a dead-letter script does it."""
        import psycopg2
        db = self.warehouse()
        connection = psycopg2.connect(self.cluster.conninfo(db))
        connection.autocommit = True
        cursor = connection.cursor()
        sql = (f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES"
               f" ({', '.join(f'%({name})s' for name in COLUMNS)})")
        with open(self.replay) as lines:
            values = [json.loads(next(lines)) for _ in range(LOOP_RECORDS)]
        start = time.perf_counter()
        for one in values:
            cursor.execute(sql, one)
        took = time.perf_counter() - start
        connection.close()
        assert self.rows(db) == LOOP_RECORDS
        return took * RECORDS / LOOP_RECORDS

    def by_pgmend(self):
        """A heal of one missing column, then the file."""
        db = self.warehouse(SHAPE.replace(",\n    ADD region text", ""))
        made = incident("bench", TABLE, record(1),
                        ("42703", 'column "region" does not exist'))
        start = time.perf_counter()
        process = subprocess.Popen(
            [os.path.join(BUILD, "pgmend"), "heal", "--db",
             self.cluster.conninfo(db, "healer"), "--replay", self.replay,
             "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(json.dumps(made).encode())
        process.stdin.close()
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_of(process.pid))
            time.sleep(0.01)
        took = time.perf_counter() - start
        out = process.stdout.read()
        assert process.returncode == 0, out
        assert self.rows(db) == RECORDS + 1
        return took, peak, json.loads(out)["timing_ms"]


def main():
    with tempfile.TemporaryDirectory(prefix="pgmend-bench-", dir="/tmp") as at:
        os.chmod(at, 0o755)
        bench = Bench(at)
        copies, runs = [], []
        for _ in range(ROUNDS):
            copies.append(bench.by_copy())
            runs.append(bench.by_pgmend())
        copy, loop = min(copies), bench.by_loop()
        took, memory, timings = min(runs)
        print(f"{RECORDS:,} records of {len(COLUMNS)} columns, the best of"
              f" {ROUNDS}, fsync on")
        print()
        print("| how | seconds | records a second | of COPY |")
        print("|---|---:|---:|---:|")
        alone = timings["replay"] / 1000
        for name, seconds in [("COPY", copy), ("pgmend heal --replay", took),
                              ("of that, the replay alone", alone),
                              ("psycopg2, one by one", loop)]:
            print(f"| {name} | {seconds:.2f} | {RECORDS / seconds:,.0f} |"
                  f" {copy / seconds:.3f} |")
        print()
        print(f"pgmend is {loop / took:.1f} times the loop; its peak is"
              f" {memory:.1f} MiB.")


if __name__ == "__main__":
    main()
