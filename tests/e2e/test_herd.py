"""A herd: many incidents at once, one drift, one change. Whoever comes later
finds it done, waits for its turn, or takes over from a run that was killed.

    test_herd.py BUILD [RUNS]
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, tool, turn  # noqa: E402
from harness import (BUILD, Cluster, await_that, equal, holds,  # noqa: E402
                     main, pgmend, test, test_within)
from pipeline import incident, make_roles, make_warehouse  # noqa: E402
from proxy import COMMIT, Proxy  # noqa: E402

RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 50
FEW = min(RUNS, 10)
TABLE = "analytics.orders"
MISSING = ("42703", 'column "coupon" does not exist')
# Nothing of a run is left so long after it.
AFTERMATH_SECONDS = 15

# What the work connection says when the trial begins, when the change begins,
# and at the end of it.
TRIAL = b"\0BEGIN\0"
CHANGE = b"pg_advisory_xact_lock($1"

databases = 0


def prepare(**settings):
    made = Cluster(**settings)
    make_roles(made)
    make_warehouse(made, "base")
    return made


# Two connections each, and some for the tests.
cluster = prepare(max_connections=str(2 * RUNS + 50))


def warehouse(where=cluster):
    global databases
    databases += 1
    db = f"herd{databases}"
    where.sql(f"CREATE DATABASE {db} TEMPLATE base")
    return db


def order(number, **fields):
    payload = {"id": number, "customer": "x", **fields}
    return incident(f"i-{number}", TABLE, payload, MISSING)


# --- Many runs ------------------------------------------------------------------

def start(conninfo, document, *options, env=None):
    process = subprocess.Popen(
        [os.path.join(BUILD, "pgmend"), "heal", "--db", conninfo, *options,
         "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    process.stdin.write(json.dumps(document))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process):
    out, err = process.communicate(timeout=500)
    holds(out, err)
    return json.loads(out)


def together(db, documents, *options, where=cluster, **how):
    """The results, which say the exit status too; nothing is left behind."""
    began = time.monotonic()
    conninfo = where.conninfo(db, "healer")
    results = [finish(process) for process in
               [start(conninfo, document, *options, **how)
                for document in documents]]
    print(f"# {len(results)} runs in {time.monotonic() - began:.1f} s",
          flush=True)
    leaves_nothing(db, where)
    return results


def left(db, where):
    return where.sql(
        "SELECT 'session', application_name, state FROM pg_stat_activity"
        f" WHERE datname = '{db}' AND application_name LIKE 'pgmend%'"
        " UNION ALL SELECT 'lock', objid::text, mode FROM pg_locks"
        " WHERE locktype = 'advisory' AND database = (SELECT oid FROM"
        f" pg_database WHERE datname = '{db}')")


def leaves_nothing(db, where=cluster):
    await_that(lambda: not left(db, where), "something is left",
               AFTERMATH_SECONDS)
    done = pgmend("audit", "verify", "--db", where.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


def number_of(db, what, where=cluster):
    return int(where.sql(f"SELECT count(*) FROM {what}", db=db))


def runs_with(db, kind, where=cluster):
    return int(where.sql("SELECT count(DISTINCT run_id) FROM pgmend.event"
                         f" WHERE kind = '{kind}'", db=db))


def coalesced_with_healer(db, results, where=cluster):
    """Whoever says coalesced names the run that healed, and nobody else does."""
    healers = [one["run_id"] for one in results if one["outcome"] == "healed"]
    said = where.sql("SELECT run_id, body::json ->> 'with' FROM pgmend.event"
                     " WHERE kind = 'run.coalesced'", db=db).splitlines()
    equal(sorted(said), sorted(f"{one['run_id']}|{healers[0]}" for one in results
                               if one["outcome"] == "coalesced"), results)


def healed_once(db, results, where=cluster):
    """One change, one planner, and every record written once."""
    equal([one["exit_code"] for one in results], [0] * len(results), results)
    outcomes = [one["outcome"] for one in results]
    equal(outcomes.count("healed"), 1, outcomes)
    holds(set(outcomes) <= {"healed", "already_healed", "coalesced"}, outcomes)
    coalesced_with_healer(db, results, where)
    equal(number_of(db, "pgmend.v_ddl WHERE is_committed", where), 1)
    equal(number_of(db, "pgmend.reservation", where), 1)
    equal(runs_with(db, "proposal.parsed", where), 1)


# --- One drift ------------------------------------------------------------------

@test_within(600)
def many_incidents_of_one_drift_make_one_change():
    db = warehouse()
    results = together(db, [order(i, coupon="x") for i in range(RUNS)])
    healed_once(db, results)
    equal(number_of(db, TABLE), RUNS)
    equal(number_of(db, "pgmend.witness"), RUNS)


@test_within(600)
def one_incident_many_times_is_one_row():
    db = warehouse()
    results = together(db, [order(1, coupon="x")] * (RUNS // 2))
    healed_once(db, results)
    equal(number_of(db, TABLE), 1)


@test
def two_drifts_of_one_table_both_heal():
    db = warehouse()
    results = together(db, [order(i, **{("coupon", "gift")[i % 2]: "x"})
                            for i in range(FEW)])
    equal([one["exit_code"] for one in results], [0] * FEW, results)
    outcomes = [one["outcome"] for one in results]
    equal(outcomes.count("healed"), 2, outcomes)
    equal(number_of(db, "pgmend.v_ddl WHERE is_committed"), 2)
    equal(number_of(db, TABLE), FEW)


@test
def claude_is_asked_once():
    db = warehouse()
    answer = turn(tool("propose_repair", diagnosis="d", risk_level="LOW",
                       statements=[f"ALTER TABLE {TABLE} ADD COLUMN coupon"
                                   " text"],
                       mapping=[], advice=[], reasoning="because"))
    with ClaudeServer([answer]) as server:
        results = together(db, [order(i, coupon="x") for i in range(FEW)],
                           "--planner", "claude", env=server.environment())
        equal(server.complaints, [])
        equal(len(server.requests), 1)
    healed_once(db, results)
    equal(number_of(db, TABLE), FEW)
    equal(sum(one["model"]["requests"] for one in results), 1)


@test
def one_drift_is_asked_about_so_often_in_a_day():
    db = warehouse()
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as file, \
            ClaudeServer([turn(tool("give_up", reason="unclear"))] * 9) \
            as server:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   "allow replay, add_column on *.* as rows\n"
                   "model {\n    max_calls_fingerprint_day 2\n}\n")
        file.flush()
        os.chmod(file.name, 0o644)
        # Each has a text of its own: no earlier answer stands.
        documents = []
        for i in range(4):
            documents.append(order(i, coupon="x"))
            documents[-1]["statement"]["sql"] += " " * i
        results = together(db, documents, "--planner", "claude", "--policy",
                           file.name, env=server.environment())
        equal(len(server.requests), 2, results)
    equal([one["exit_code"] for one in results], [11] * 4, results)
    refused = cluster.sql("SELECT body::json ->> 'reason_code' FROM"
                          " pgmend.event WHERE kind = 'model.requested' AND"
                          " body::json ->> 'reason_code' IS NOT NULL", db=db)
    equal(set(refused.split()), {"model_calls_fingerprint_day"})


@test
def runs_at_once_stay_within_the_calls_of_a_day():
    db = warehouse()
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as file, \
            ClaudeServer([turn(tool("give_up", reason="unclear"))] * 9) \
            as server:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   "allow replay, add_column on *.* as rows\n"
                   "model {\n    max_calls_day 3\n}\n")
        file.flush()
        os.chmod(file.name, 0o644)
        results = together(
            db, [order(i, **{f"field_{'abcdef'[i]}": "x"}) for i in range(6)],
            "--planner", "claude", "--policy", file.name,
            env=server.environment())
        equal(len(server.requests), 3, results)


# --- One answer -----------------------------------------------------------------

def answered_once(db, results, status):
    equal([one["exit_code"] for one in results], [status] * len(results),
          results)
    equal(runs_with(db, "proposal.parsed"), 1)
    equal(runs_with(db, "run.coalesced"), len(results) - 1)
    equal(number_of(db, TABLE), 0)
    equal(number_of(db, "pgmend.approval"), status == 10)
    holds(runs_with(db, "alert.sent") + runs_with(db, "alert.failed") <= 1,
          "an alert for each")
    # Whoever repeats the answer names the run that gave it, and no other.
    said = {one["message"].count("decided before") for one in results}
    equal(said, {0, 1}, results)


@test
def escalated_drift_answers_for_its_followers():
    db = warehouse()
    cluster.sql(f"CREATE PUBLICATION p FOR TABLE {TABLE}", db=db)
    answered_once(db, together(db, [order(i, coupon="x") for i in range(FEW)]),
                  10)


@test
def refused_drift_answers_for_its_followers():
    db = warehouse()
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as file:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   "allow replay on *.* as rows\n")
        file.flush()
        os.chmod(file.name, 0o644)
        answered_once(db, together(
            db, [order(i, coupon="x") for i in range(FEW)], "--policy",
            file.name), 11)


# --- A server without a place -----------------------------------------------------

@test
def full_server_is_waited_for():
    # Nine for plain roles: four runs at a time.
    small = prepare(max_connections="12")
    db = warehouse(small)
    results = together(db, [order(i, coupon="x") for i in range(12)],
                       where=small)
    healed_once(db, results, small)
    equal(number_of(db, TABLE, small), 12)
    small.remove()


@test
def full_server_is_not_waited_for_longer_than_the_timeout():
    db = warehouse()
    cluster.sql(f"ALTER DATABASE {db} CONNECTION LIMIT 1")
    began = time.monotonic()
    result = finish(start(cluster.conninfo(db, "healer"), order(1, coupon="x"),
                          "--timeout", "2s"))
    equal((result["exit_code"], result["reason_code"]), (75, "server_busy"),
          result)
    holds(2 <= time.monotonic() - began < 10, "how long it waited")


# --- The one whose turn it is dies ------------------------------------------------

class Ambush(Proxy):
    """Stops before the first message with each mark in turn and does what
    belongs to it; behind the last one nothing is passed on, unless it goes on.
    """

    def __init__(self, *steps, goes_on=False):
        self.steps = list(steps)
        self.goes_on = goes_on
        self.is_over = threading.Event()
        super().__init__(cluster)

    def from_client(self, connection, data):
        while self.steps and self.steps[0][0] in data:
            self.steps.pop(0)[1]()
            if not self.steps:
                self.is_over.set()
                return self.goes_on
        return True


def waiting(db):
    return int(cluster.sql("SELECT count(*) FROM pg_locks l JOIN"
                           " pg_stat_activity a USING (pid) WHERE"
                           " l.locktype = 'advisory' AND NOT l.granted"
                           f" AND a.datname = '{db}'"))


def gather(db, followers):
    """Four runs of the drift that wait for their turn."""
    followers.extend(start(cluster.conninfo(db, "healer"), order(i, coupon="x"))
                     for i in range(1, 5))
    await_that(lambda: waiting(db) == 4, "too few wait", 30)


def killed_at(mark):
    """The first of five runs is killed at the mark, while the others wait: from
    its trial on, since they can't look at a table that is being changed."""
    db = warehouse()
    followers = []
    ambush = Ambush((TRIAL, lambda: gather(db, followers)),
                    (mark, lambda: first.kill()))
    first = start(f"host={ambush.folder} dbname={db} user=healer",
                  order(0, coupon="x"))
    holds(ambush.is_over.wait(50), "nothing was killed")
    first.communicate(timeout=10)
    results = [finish(follower) for follower in followers]
    equal([one["exit_code"] for one in results], [0] * 4, results)
    equal([one["outcome"] for one in results].count("healed"), 1, results)
    equal(number_of(db, "pgmend.v_ddl WHERE is_committed"), 1)
    equal(number_of(db, TABLE), 4)
    # Its own incident is tried again, and its run is closed then.
    again = finish(start(cluster.conninfo(db, "healer"), order(0, coupon="x")))
    equal((again["exit_code"], again["outcome"]), (0, "already_healed"), again)
    equal(number_of(db, TABLE), 5)
    equal(number_of(db, "pgmend.v_unresolved"), 0)
    equal(number_of(db, "pgmend.v_reservation"), 1)
    leaves_nothing(db)


@test
def run_killed_before_its_trial_is_taken_over():
    killed_at(TRIAL)


@test
def run_killed_before_its_change_is_taken_over():
    killed_at(CHANGE)


@test
def run_killed_before_its_commit_is_taken_over():
    killed_at(COMMIT)


# --- The one whose turn it is heals ------------------------------------------------

@test
def who_waited_for_the_heal_coalesces_and_who_came_later_does_not():
    db = warehouse()
    followers = []
    ambush = Ambush((TRIAL, lambda: gather(db, followers)), goes_on=True)
    first = start(f"host={ambush.folder} dbname={db} user=healer",
                  order(0, coupon="x"))
    holds(ambush.is_over.wait(50), "nobody was waited for")
    results = [finish(one) for one in [first, *followers]]
    results += [finish(start(cluster.conninfo(db, "healer"),
                             order(i, coupon="x"))) for i in (0, 9)]
    equal([one["outcome"] for one in results],
          ["healed"] + ["coalesced"] * 4 + ["already_healed"] * 2, results)
    healed_once(db, results)
    equal(number_of(db, TABLE), 6)
    leaves_nothing(db)


@test
def caller_that_keeps_its_rows_is_told_so_too():
    db = warehouse()
    results = together(db, [order(i, coupon="x") for i in range(FEW)],
                       "--rows", "prove")
    healed_once(db, results)
    equal(number_of(db, TABLE), 0)


main()
