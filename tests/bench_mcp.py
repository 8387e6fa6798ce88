"""pgmend as a server of MCP beside the same job by the official SDKs of Node.js
(bench/peer/mcp_v1.mjs, mcp_v2.mjs): medians of several rounds, taken turn by
turn in this one run; what counts are the ratios.

    tests/bench_mcp.py BUILD
"""

import collections
import contextlib
import json
import os
import re
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "neighbours"))
from bench import table  # noqa: E402
from client import Client  # noqa: E402
from harness import BUILD, ROOT, Cluster, equal  # noqa: E402
from pipeline import make_roles, make_warehouse  # noqa: E402

ROUNDS = 7
WARM_UP = 50
SLICES, SLICE_CALLS = 10, 50
ANSWER_SECONDS = 30
WHERE = {"schema": "analytics", "table": "orders"}
FOLDER = os.path.join(ROOT, "build", "interop")
OURS = "pgmend"
# What is shared counts in parts, which only root may ask of pgmend; others see
# it counted in whole.
MEMORY = ("smaps_rollup", "Pss") if os.geteuid() == 0 else ("status", "VmRSS")

# What a round found; times in milliseconds, memory in MiB.
Figures = collections.namedtuple(
    "Figures", "start rate median p99 memory list_bytes processes threads")


# --- Processes --------------------------------------------------------------

def family(pid):
    """The process and all that it started."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{thread}/children") as file:
                    found += map(int, file.read().split())
    return found


def number_of(pid, file, name):
    """A number that the kernel tells of a process."""
    with open(f"/proc/{pid}/{file}") as text:
        return int(re.search(rf"^{name}:\s+(\d+)", text.read(),
                             re.MULTILINE).group(1))


def memory_of(pids):
    """In MiB."""
    return sum(number_of(pid, *MEMORY) for pid in pids) / 1024


# --- Servers ----------------------------------------------------------------

def version(package):
    path = os.path.join(FOLDER, "node_modules", package, "package.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)["version"]


def commands(cluster):
    """Who serves, and by what command."""
    return {
        OURS: [os.path.join(BUILD, "pgmend"), "mcp", "--db",
               cluster.conninfo("app", "healer")],
        f"SDK {version('@modelcontextprotocol/server')}":
            ["node", os.path.join(FOLDER, "mcp_v2.mjs")],
        f"SDK {version('@modelcontextprotocol/sdk')}":
            ["node", os.path.join(FOLDER, "mcp_v1.mjs")],
    }


def environment(cluster):
    """The place of the database as every client of PostgreSQL reads it."""
    return {"PATH": os.environ["PATH"], "PGHOST": cluster.folder,
            "PGUSER": "healer", "PGDATABASE": "app"}


def describe(client):
    """Names and types of the columns, and how long that took."""
    start = time.perf_counter()
    text, is_error = client.call("describe_table", WHERE, ANSWER_SECONDS)
    took = time.perf_counter() - start
    if is_error:
        raise RuntimeError(text)
    return [(column["name"], column["type"])
            for column in json.loads(text)["columns"]], took


def measure_calls(client, pids):
    """The times of all calls, and the most memory between them."""
    times, memory = [], 0
    for _ in range(WARM_UP):
        describe(client)
    for _ in range(SLICES):
        times += [describe(client)[1] for _ in range(SLICE_CALLS)]
        memory = max(memory, memory_of(pids))
    return times, memory


def measure(command, cluster):
    """A server from start to end."""
    start = time.perf_counter()
    client = Client(command, environment(cluster))
    with contextlib.closing(client):
        client.greet()
        tools = client.request("tools/list", {}, ANSWER_SECONDS)["result"]
        started = time.perf_counter() - start
        pids = family(client.process.pid)
        times, memory = measure_calls(client, pids)
        threads = sum(number_of(pid, "status", "Threads") for pid in pids)
    return Figures(
        started * 1000, len(times) / sum(times),
        statistics.median(times) * 1000,
        statistics.quantiles(times, n=100)[98] * 1000, memory,
        len(json.dumps(tools, separators=(",", ":"), ensure_ascii=False)),
        len(pids), threads)


# --- The figures ------------------------------------------------------------

def answer_alike(servers, cluster):
    """All do the same job, or nothing is worth measuring."""
    answers = []
    for command in servers.values():
        client = Client(command, environment(cluster))
        with contextlib.closing(client):
            client.greet()
            answers.append(describe(client)[0])
    for answer in answers:
        equal(answer, answers[0], "columns")


# How a row is shown, and whether more of it is better; None: no ratio.
ROWS = [
    ("start to the answer to tools/list", "start", "{:.1f} ms", False),
    ("describe_table, calls a second", "rate", "{:.0f}", True),
    ("describe_table, median", "median", "{:.2f} ms", False),
    ("describe_table, 99th percentile", "p99", "{:.2f} ms", False),
    (f"peak memory ({MEMORY[1]}) of all processes", "memory", "{:.1f} MiB", False),
    ("tools/list, bytes", "list_bytes", "{:.0f}", None),
    ("processes", "processes", "{:.0f}", None),
    ("threads", "threads", "{:.0f}", None),
]


def ratio(ours, other, is_more_better):
    """How many times better than the other pgmend is; below 1: worse."""
    if is_more_better is None:
        return ""
    return f"{ours / other if is_more_better else other / ours:.2f}"


def main():
    cluster = Cluster()
    make_roles(cluster)
    make_warehouse(cluster, "app")
    servers = commands(cluster)
    answer_alike(servers, cluster)
    rounds = collections.defaultdict(list)
    for _ in range(ROUNDS):
        for who, command in servers.items():
            rounds[who].append(measure(command, cluster))
    found = {who: Figures(*map(statistics.median, zip(*figures)))
             for who, figures in rounds.items()}
    peers = [who for who in servers if who != OURS]
    table(["a server of MCP", *servers,
           *[f"better than {who}" for who in peers]],
          *[[name,
             *[show.format(getattr(found[who], key)) for who in servers],
             *[ratio(getattr(found[OURS], key), getattr(found[who], key),
                     is_more_better) for who in peers]]
            for name, key, show, is_more_better in ROWS])


if __name__ == "__main__":
    main()
