"""The figures of the README, all taken in this one run on this machine; what
counts are the ratios.

    tests/bench.py BUILD

Medians of 30. The jails of agent and courier against bubblewrap's, turn by
turn; a whole heal against the sum of its parts; the peak memory of all three
processes.
"""

import contextlib
import ctypes
import ctypes.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from claude_server import ClaudeServer, tool, turn  # noqa: E402
from harness import BUILD, Cluster  # noqa: E402
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)

ROUNDS = 30
TABLE = "analytics.orders"
ROWS = 100_000
PARTS = ["facts", "trial", "model", "lock_wait", "ddl", "replay", "proof",
         "commit", "audit"]
PGMEND = os.path.join(BUILD, "pgmend")
AGENT = os.path.join(BUILD, "pgmend-agent")
COURIER = os.path.join(BUILD, "pgmend-courier")
SPAWN = os.path.join(BUILD, "tests", "bench", "spawn")


def run(*command):
    """Runs a program without Python's own overhead of starting one. Returns
    what it printed, and its time from start to end."""
    reader, writer = os.pipe()
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, writer, 1)])
    _, status = os.waitpid(pid, 0)
    took = (time.perf_counter() - start) * 1000
    os.close(writer)
    with open(reader) as pipe:
        printed = pipe.read()
    if status != 0:
        raise RuntimeError(f"{' '.join(command)}: status {status}")
    return printed, took


def table(*rows):
    print()
    for number, row in enumerate(rows):
        print("| " + " | ".join(row) + " |")
        if number == 0:
            print("|---" + "|---:" * (len(row) - 1) + "|")


def ms(value):
    return f"{value:.2f} ms"


# --- The jail ---------------------------------------------------------------

def spawn_once(worker, *kind):
    """One jail: spawned, proven sealed, ended; as the program measured it."""
    printed, took = run(SPAWN, worker, "1", *kind)
    inner = {name: int(value) / 1000 for name, value in
             (pair.split("=") for pair in printed.split())}
    return {**inner, "process": took}


def medians(samples):
    return {name: statistics.median(one[name] for one in samples)
            for name in samples[0]}


def bench_jail():
    """Returns the time until an agent's jail is proven sealed."""
    true = shutil.which("true")
    bwrap = [shutil.which("bwrap"), "--unshare-all", "--ro-bind", "/", "/",
             true]
    agents, couriers, theirs, bare = [], [], [], []
    for _ in range(ROUNDS):
        agents.append(spawn_once(AGENT))
        couriers.append(spawn_once(COURIER, "courier"))
        theirs.append(run(*bwrap)[1])
        bare.append(run(true)[1])
    agent, courier = medians(agents), medians(couriers)
    other = statistics.median(theirs)
    table(["the jail", "agent", "courier"],
          *[[name, ms(agent[key]), ms(courier[key])] for name, key in
            [("from clone to READY", "spawn_us"),
             ("from READY to proven sealed", "attest_us"),
             ("spawned, proven, ended", "whole_us"),
             ("a program that does that once, start to end", "process")]],
          ["spawned, proven, ended / bwrap",
           f"{agent['whole_us'] / other:.2f}",
           f"{courier['whole_us'] / other:.2f}"],
          ["program / bwrap", f"{agent['process'] / other:.2f}",
           f"{courier['process'] / other:.2f}"])
    table(["for comparison", "median"],
          ["`bwrap --unshare-all --ro-bind / / true`, start to end",
           ms(other)],
          ["`true`, start to end", ms(statistics.median(bare))])
    return agent["spawn_us"] + agent["attest_us"]


# --- Memory -----------------------------------------------------------------

class Memory:
    """The most that a process and its workers had in memory, sampled while they
    run. VmHWM is the kernel's own high-water mark and begins anew at exec;
    ru_maxrss would count what ran before it."""

    def __init__(self):
        self.peaks = {}

    @contextlib.contextmanager
    def of(self, pid):
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(pid, done))
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, pid, done):
        while not done.is_set():
            self._keep("pgmend", process_status(pid))
            for child in children(pid):
                # Until its exec the child is a copy of its parent.
                name = process_name(child)
                if name.startswith("pgmend-"):
                    self._keep(name, process_status(child))
            done.wait(0.001)

    def _keep(self, name, status):
        for field in ("VmHWM", "RssAnon"):
            size = int(status.get(field, "0").split()[0]) / 1024
            key = (name, field)
            self.peaks[key] = max(size, self.peaks.get(key, 0))


def process_status(pid):
    """Empty when it is gone."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return dict(line.split(":", 1) for line in file)
    except OSError:
        return {}


def process_name(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read().split("\0")[0]
    except OSError:
        return ""


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return file.read().split()
    except OSError:
        return []


def propose(body):
    """A model that always finds the same."""
    return turn(tool("propose_repair", diagnosis="a new field",
                     risk_level="LOW", statements=[
                         f"ALTER TABLE {TABLE} ADD COLUMN coupon text"],
                     mapping=[], advice=[], reasoning="the table lacks it"))


def bench_memory(cluster, folder):
    """Heals by Claude: a courier is there only then."""
    memory = Memory()
    with ClaudeServer(propose) as server:
        environment = {**os.environ, **server.environment()}
        for number in range(ROUNDS + 1, ROUNDS + 6):
            heal_once(cluster, folder, number, memory, environment)
    table(["memory", "peak, MB", "of it private, MB"],
          *[[name, f"{memory.peaks[name, 'VmHWM']:.1f}",
             f"{memory.peaks[name, 'RssAnon']:.1f}"]
            for name in ("pgmend", "pgmend-agent", "pgmend-courier")])


# --- A whole heal -----------------------------------------------------------

def heal_once(cluster, folder, number, memory=None, environment=None):
    """One missing column. Returns the result, and the time of the process from
    its start to its end."""
    payload = {"id": ROWS + 1 + number, "customer": "Zoë",
               "coupon": "SPRING-25"}
    cluster.sql(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS coupon", db="app")
    failure = load(cluster, "app", TABLE, payload)
    path = os.path.join(folder, f"{number}.json")
    with open(path, "w") as file:
        json.dump(incident(f"bench-{number}", TABLE, payload, failure), file)
    start = time.perf_counter()
    process = subprocess.Popen(
        [PGMEND, "heal", "--db", cluster.conninfo("app", "healer"), path],
        stdout=subprocess.PIPE, text=True, env=environment)
    with memory.of(process.pid) if memory else contextlib.nullcontext():
        out = process.communicate()[0]
    took = (time.perf_counter() - start) * 1000
    result = json.loads(out)
    if result["outcome"] != "healed":
        raise RuntimeError(out)
    return result, took


def connect_once(libpq, cluster):
    """What libpq and the server's fork cost, without a process of ours."""
    start = time.perf_counter()
    connection = libpq.PQconnectdb(
        cluster.conninfo("app", "healer").encode())
    if libpq.PQstatus(connection) != 0:
        raise RuntimeError("no connection")
    libpq.PQfinish(connection)
    return (time.perf_counter() - start) * 1000


def load_libpq():
    libpq = ctypes.CDLL(ctypes.util.find_library("pq"))
    libpq.PQconnectdb.restype = ctypes.c_void_p
    libpq.PQstatus.argtypes = libpq.PQfinish.argtypes = [ctypes.c_void_p]
    return libpq


def bench_heal(cluster, folder, jail):
    libpq = load_libpq()
    heals, starts, connects = [], [], []
    heal_once(cluster, folder, 0)
    for number in range(1, ROUNDS + 1):
        heals.append(heal_once(cluster, folder, number))
        # heal starts over with a clean environment, and so does this.
        starts.append(run(PGMEND, "heal", "--help")[1])
        connects.append(connect_once(libpq, cluster))
    timings = [result["timing_ms"] for result, _ in heals]
    # Means, because pgmend rounds these to a millisecond.
    parts = {name: statistics.mean(one[name] for one in timings)
             for name in PARTS}
    parts["jail, until it is proven sealed"] = jail
    parts["process start, twice (`heal --help`)"] = statistics.median(starts)
    parts["two bare connections of libpq"] = 2 * statistics.median(connects)
    total = sum(parts.values())
    whole = statistics.median(took for _, took in heals)
    table(["a heal", "time"],
          *[[name, ms(value)] for name, value in parts.items()],
          ["sum of these parts", ms(total)],
          ["the rest: settings, checks of role and chain, run record",
           ms(whole - total)],
          ["whole run, start to end of the process", ms(whole)],
          ["whole / sum", f"{whole / total:.2f}"])


def main():
    jail = bench_jail()
    cluster = Cluster()
    make_roles(cluster)
    make_warehouse(cluster, "app")
    cluster.sql(f"INSERT INTO {TABLE} SELECT g, 'customer' FROM"
                f" generate_series(1, {ROWS}) g; ANALYZE {TABLE}", db="app")
    with tempfile.TemporaryDirectory(prefix="pgmend-bench-") as folder:
        bench_heal(cluster, folder, jail)
        bench_memory(cluster, folder)


if __name__ == "__main__":
    main()
