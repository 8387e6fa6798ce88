"""What a heal by Claude takes beyond the model's own time: medians of 20, all
taken turn by turn in this one run; what counts are the ratios.

    tests/bench_claude.py BUILD

The endpoint answers at once (bench/peer/server.c). Beside pgmend the same
requests are made by a minimal program in C (bench/peer/floor.c), by the
official client, and by that with a server of MCP for its tools
(bench/peer/sdk.mjs). The model part is a whole heal less one by the builtin
planner.
"""

import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import children, ms, table  # noqa: E402
from claude_server import (ClaudeServer, encode_stream,  # noqa: E402
                           make_context, tool, turn)
from harness import BUILD, ROOT, Cluster, pgmend  # noqa: E402
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)

ROUNDS = 20
MEMORY_ROUNDS = 5
TABLE = "analytics.orders"
KEY = "test-key"
PGMEND = os.path.join(BUILD, "pgmend")
PEER = os.path.join(BUILD, "tests", "bench", "peer")
NODE = os.path.join(ROOT, "build", "interop", "sdk.mjs")

LOOK = {"schema": "analytics", "table": "orders"}
PROPOSAL = turn(tool(
    "propose_repair", "toolu_3", diagnosis="The records carry a coupon.",
    risk_level="LOW", statements=[f"ALTER TABLE {TABLE} ADD COLUMN coupon"
                                  " text"],
    mapping=[], advice=[], reasoning="The table lacks it, and text fits."))
CONVERSATIONS = [
    [PROPOSAL],
    [turn(tool("describe_table", "toolu_1", **LOOK)),
     turn(tool("list_constraints", "toolu_2", **LOOK)), PROPOSAL],
]


# --- Measuring --------------------------------------------------------------

def measure(command, environment):
    """Wall and processor time of a program and what it waited for, in
    milliseconds."""
    reader, writer = os.pipe()
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, environment, file_actions=[
        (os.POSIX_SPAWN_DUP2, writer, 1)])
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    os.close(writer)
    with open(reader) as pipe:
        printed = pipe.read()
    if status != 0:
        raise RuntimeError(f"{' '.join(command)}: {status}\n{printed}")
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def proportional_set(pid):
    """Its memory in MiB, what is shared counted in parts; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return int(re.search(r"^Pss:\s+(\d+)", file.read(),
                                 re.MULTILINE).group(1)) / 1024
    except (OSError, AttributeError):
        return 0


# --- The endpoint -----------------------------------------------------------

class Endpoint:
    """A conversation that is answered at once, and the files of its requests,
    as pgmend makes them."""

    def __init__(self, folder, turns, cluster):
        self.folder = os.path.join(folder, str(len(turns)))
        os.mkdir(self.folder)
        self.turns, self.cluster = turns, cluster
        self.requests = self._record()
        replies = [self._write(f"reply-{number}", encode_stream(
            answer, "claude-haiku-5-5", f"msg_{number}"))
            for number, answer in enumerate(turns)]
        make_context(self.folder, "good")
        self.ca = os.path.join(self.folder, "ca.pem")
        self.process = subprocess.Popen(
            [os.path.join(PEER, "server"),
             os.path.join(self.folder, "server.pem"),
             os.path.join(self.folder, "server.key"), *replies], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = self.process.stdout.readline().strip()
        self.url = f"https://localhost:{port}"

    def _write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def _record(self):
        with ClaudeServer(self.turns) as server:
            command = heal_command(self.cluster, self.folder, "claude")
            done = pgmend(*command[1:], env=server.environment())
            if done.status != 0:
                raise RuntimeError(repr(done))
            return [self._write(f"request-{number}", one.raw)
                    for number, one in enumerate(server.requests)]

    def environment(self):
        return {"PATH": os.environ["PATH"], "ANTHROPIC_BASE_URL": self.url,
                "ANTHROPIC_API_KEY": KEY, "PGMEND_CA_FILE": self.ca,
                "NODE_EXTRA_CA_CERTS": self.ca}

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


# --- A heal -----------------------------------------------------------------

HEALS = iter(range(1, 10_000))


def tireless_policy(folder):
    """The default, but one drift may be asked about as often as it likes."""
    path = os.path.join(folder, "tireless.policy")
    if not os.path.exists(path):
        with open(os.path.join(ROOT, "policies", "default.policy"),
                  encoding="utf-8") as default, \
                open(path, "w", encoding="utf-8") as file:
            file.write(default.read() + "model {\n"
                       "    max_calls_fingerprint_day 10_000\n"
                       "    max_calls_day 10_000\n    max_cost_day 1000.00\n"
                       "}\n")
        os.chmod(path, 0o644)
    return path


def heal_command(cluster, folder, planner):
    """One missing column, not healed yet."""
    number = next(HEALS)
    payload = {"id": number, "customer": "Zoë", "coupon": "SPRING-25"}
    cluster.sql(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS coupon", db="app")
    failure = load(cluster, "app", TABLE, payload)
    path = os.path.join(folder, f"{number}.json")
    with open(path, "w") as file:
        json.dump(incident(f"bench-{number}", TABLE, payload, failure), file)
    return [PGMEND, "heal", "--db", cluster.conninfo("app", "healer"),
            "--policy", tireless_policy(folder),
            "--planner", planner, path]


def bench_memory(cluster, folder, endpoint):
    """The most that all processes of a heal had at one time."""
    peak = 0
    for _ in range(MEMORY_ROUNDS):
        process = subprocess.Popen(heal_command(cluster, folder, "claude"),
                                   env=endpoint.environment(),
                                   stdout=subprocess.DEVNULL)
        while process.poll() is None:
            pids = [process.pid, *children(process.pid)]
            peak = max(peak, sum(proportional_set(pid) for pid in pids))
        if process.returncode != 0:
            raise RuntimeError("the heal failed")
    return peak


# --- The figures ------------------------------------------------------------

def commands(cluster, folder, endpoint):
    """Who makes the requests, and how, each when it is its turn."""
    yield "builtin", heal_command(cluster, folder, "builtin")
    yield "claude", heal_command(cluster, folder, "claude")
    yield "floor", [os.path.join(PEER, "floor"), endpoint.url + "/v1/messages",
                    endpoint.ca, KEY, *endpoint.requests]
    for who, how in [("client", "alone"), ("pair", "mcp")]:
        yield who, ["node", NODE, endpoint.url, how, *endpoint.requests]


def bench_round(cluster, folder, endpoint):
    """Wall and processor time, by who."""
    taken = {who: measure(command, endpoint.environment())
             for who, command in commands(cluster, folder, endpoint)}
    return [{who: times[index] for who, times in taken.items()}
            for index in (0, 1)]


def medians(rounds):
    """By who, and of the differences within each round."""
    found = {who: statistics.median(one[who] for one in rounds)
             for who in rounds[0]}
    found["model"] = statistics.median(one["claude"] - one["builtin"]
                                       for one in rounds)
    return found


ROWS = [
    ("whole heal by Claude", lambda times: ms(times["claude"])),
    ("whole heal by the builtin planner", lambda times: ms(times["builtin"])),
    ("the model part: their difference in each round",
     lambda times: ms(times["model"])),
    ("the same requests, minimal C with libcurl",
     lambda times: ms(times["floor"])),
    ("the same requests, official client on Node.js",
     lambda times: ms(times["client"])),
    ("that with its tools behind MCP", lambda times: ms(times["pair"])),
    ("model part / minimal C",
     lambda times: f"{times['model'] / times['floor']:.2f}"),
    ("model part / Node.js with MCP",
     lambda times: f"{times['model'] / times['pair']:.3f}"),
    ("whole heal / Node.js with MCP",
     lambda times: f"{times['claude'] / times['pair']:.2f}"),
]


def bench(cluster, folder, endpoints):
    rounds = [[] for _ in endpoints]
    for number in range(-1, ROUNDS):
        for endpoint, taken in zip(endpoints, rounds):
            times = bench_round(cluster, folder, endpoint)
            # The first round only warms up.
            if number >= 0:
                taken.append(times)
    columns = [medians([times[index] for times in taken])
               for taken in rounds for index in (0, 1)]
    peaks = [f"{bench_memory(cluster, folder, endpoint):.1f} MiB"
             for endpoint in endpoints]
    table(["a heal by Claude", *(f"{what}, {len(endpoint.requests)} asked"
                                 for endpoint in endpoints
                                 for what in ("wall", "processor"))],
          *[[name, *map(show, columns)] for name, show in ROWS])
    table(["memory of all processes of a heal together",
           *(f"{len(endpoint.requests)} asked" for endpoint in endpoints)],
          ["peak", *peaks])


def main():
    cluster = Cluster()
    make_roles(cluster)
    make_warehouse(cluster, "app")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="pgmend-bench-"))
        endpoints = [stack.enter_context(contextlib.closing(
            Endpoint(folder, turns, cluster))) for turns in CONVERSATIONS]
        bench(cluster, folder, endpoints)


if __name__ == "__main__":
    main()
