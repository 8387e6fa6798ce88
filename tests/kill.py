"""A heal is killed, cut off or loses its server at every system call from its
intent on: recovery, or simply the next heal, tells what became of it; nothing
is lost and nothing doubled, nothing is left, and every exit code agrees.

    tests/kill.py BUILD [FACTOR [SCENARIO...]]

FACTOR multiplies the number of points.
"""

import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from crash import (INTENT, RECEIVED, SCENARIOS, Ground,  # noqa: E402
                   Point)
from harness import workers_of  # noqa: E402

AT_A_TIME = 2
SEED = 20261126
KILLED = -signal.SIGKILL


# --- Ways to die -----------------------------------------------------------------

def followers(point):
    """The other runs of the drift; each comes to its own end."""
    ground, scenario = point.ground, point.scenario
    started = []
    for number in range(1, scenario.followers + 1):
        process = subprocess.Popen(
            ground.command(scenario, point.db), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(ground.documents[scenario.name][number].encode())
        process.stdin.close()
        process.stdin = None
        started.append(process)
    return started


def expect_healed(point, others):
    for other in others:
        told, _ = other.communicate(timeout=60)
        point.expect(other.returncode == 0, f"a follower: {told}")


def at_call(point, mark, calls, act):
    """`act` is told the run as it enters that system call behind the mark.
    Returns exit status and output."""
    with point.ground.start(point.scenario, point.db) as run:
        others, workers = [], {}
        if run.run_to(mark):
            workers = workers_of(run.pid)
            others = followers(point)
            if run.step(calls):
                act(run)
        run.release()
        status, out, _ = run.finish()
        expect_healed(point, others)
    if status == KILLED:
        deadline = time.monotonic() + 5
        while any(map(is_alive, workers.values())) and \
                time.monotonic() < deadline:
            time.sleep(0.01)
        point.expect(not any(map(is_alive, workers.values())),
                     f"workers live on: {workers}")
    return status, out


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def killed(point, calls):
    return at_call(point, INTENT, calls, lambda run: run.kill())


def killed_before(point, calls):
    return at_call(point, RECEIVED, calls, lambda run: run.kill())


def killed_sometime(point, seconds):
    ground, scenario = point.ground, point.scenario
    others = followers(point)
    run = subprocess.Popen(ground.command(scenario, point.db),
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    timer = threading.Timer(seconds, run.kill)
    timer.start()
    out, _ = run.communicate(ground.documents[scenario.name][0].encode(),
                             timeout=60)
    timer.cancel()
    expect_healed(point, others)
    return run.returncode, out.decode()


def cut(point, calls, names):
    def end(run):
        point.ground.cluster.sql(
            "SELECT pg_terminate_backend(pid, 500) FROM pg_stat_activity WHERE"
            f" datname = '{point.db}' AND application_name IN ({names})")
    return at_call(point, INTENT, calls, end)


def work_cut(point, calls):
    return cut(point, calls, "'pgmend work'")


def records_cut(point, calls):
    return cut(point, calls, "'pgmend audit'")


def both_cut(point, calls):
    return cut(point, calls, "'pgmend work', 'pgmend audit'")


def server_crashed(point, calls):
    """It is back before the run goes on."""
    cluster = point.ground.cluster

    def crash(run):
        cluster.stop(signal.SIGQUIT)
        cluster.start()
    return at_call(point, INTENT, calls, crash)


def server_away(point, calls):
    """It isn't back before the run has ended."""
    cluster = point.ground.cluster
    told = at_call(point, INTENT, calls,
                   lambda run: cluster.stop(signal.SIGQUIT))
    if cluster.server is None:
        cluster.start()
    return told


# --- One point -------------------------------------------------------------------

class Outcome:
    def __init__(self, name, point, is_changed, was_killed):
        self.name, self.problems = name, point.problems
        self.is_changed, self.was_killed = is_changed, was_killed


def try_point(ground, scenario, way, number):
    """The way to die, then recovery for every other point, and the next heal."""
    point = Point(ground, scenario)
    name = f"{scenario.name} {way.__name__.replace('_', ' ')} {number}"
    try:
        status, out = way(point, number)
        if status != KILLED:
            point.expect_truth(status, out)
        if status == 21 or zlib.crc32(name.encode()) % 2 == 0:
            point.recover()
        is_changed = point.state().steps > 0
        point.finish()
    except Exception as error:
        point.expect(False, repr(error))
        is_changed = False
    return Outcome(name, point, is_changed, status == KILLED)


# --- All of them -----------------------------------------------------------------

# How many points of each scenario; EVERY: every system call of it.
EVERY = 1 << 20
POINTS = {killed: 48, killed_before: 8, killed_sometime: 10, work_cut: 8,
          records_cut: 8, both_cut: 8, server_crashed: 5, server_away: 5}
# One scenario stands for all where each call is looked at.
WHOLE = "column"
ALONE = {work_cut, records_cut, both_cut, server_crashed, server_away}


def spread(dice, count, most):
    """At most so many of the numbers below `count`, one from each stretch."""
    most = min(count, most)
    return [dice.randrange(count * i // most, count * (i + 1) // most)
            for i in range(most)]


def points_of(ground, scenario, factor):
    """(way, number) of each."""
    before, after = ground.count_calls(scenario)
    dice = random.Random(f"{SEED} {scenario.name}")
    made = []
    for way, most in POINTS.items():
        most *= factor
        if way is killed and scenario.name == WHOLE:
            most = EVERY
        if way is killed_sometime:
            made += [(way, dice.uniform(0, ground.seconds[scenario.name]))
                     for _ in range(most)]
        elif not scenario.followers or way not in ALONE:
            made += [(way, call) for call in spread(
                dice, before if way is killed_before else after, most)]
    return made


class Sweep:
    """Each of these has a server to itself, and one point at a time."""

    def __init__(self):
        self.grounds = queue.SimpleQueue()
        for _ in range(AT_A_TIME):
            self.grounds.put(Ground())

    def run(self, scenario, points):
        def one(point):
            ground = self.grounds.get()
            try:
                ground.prepare(scenario)
                return try_point(ground, scenario, *point)
            finally:
                self.grounds.put(ground)

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            yield from pool.map(one, points)

    def points(self, scenario, factor):
        ground = self.grounds.get()
        try:
            ground.prepare(scenario)
            return points_of(ground, scenario, factor)
        finally:
            self.grounds.put(ground)


def report(scenario, outcomes, seconds):
    good = sum(not one.problems for one in outcomes)
    killed_ones = sum(one.was_killed for one in outcomes)
    changed = sum(one.is_changed for one in outcomes)
    print(f"{scenario.name}: {len(outcomes)} points, {killed_ones} of them"
          f" kills, {changed} after the change: {good} as they should be,"
          f" {seconds:.0f} s", flush=True)
    return good


def main():
    factor = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    names = sys.argv[3:] or list(SCENARIOS)
    sweep = Sweep()
    good = points = 0
    for name in names:
        began, outcomes = time.monotonic(), []
        scenario = SCENARIOS[name]
        for outcome in sweep.run(scenario, sweep.points(scenario, factor)):
            outcomes.append(outcome)
            for problem in outcome.problems:
                print(f"not ok {outcome.name}: {problem}", flush=True)
        good += report(scenario, outcomes, time.monotonic() - began)
        points += len(outcomes)
    print(f"{points} points: {good} as they should be")
    sys.exit(0 if points > 0 and good == points else 1)


if __name__ == "__main__":
    main()
