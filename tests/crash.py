"""What a crash must not do: scenarios of a heal, and what must hold after one of
them was killed, its connections were cut or its server died.
"""

import atexit
import json
import os
import shutil
import subprocess
import tempfile
import time

from harness import BUILD, Cluster, pgmend
from pipeline import incident, load, make_roles, make_warehouse
from tracer import Traced

# Nothing of a run is left so long after it.
AFTERMATH_SECONDS = 15
RUN_SECONDS = 60


def event(kind):
    """An event's kind as the parameter of a statement, not in its text."""
    return len(kind).to_bytes(4, "big") + kind.encode()


RECEIVED, INTENT = event("run.received"), event("ddl.intent")

POLICY = """pgmend-policy 1
layer org
default deny
allow add_column, add_enum_value, create_partition, replay, replay_mapping on *.* as all
limits {
    batch_rows 1
}
"""


class Scenario:
    """A heal: what the table is before it, what its incident holds, and how many
    transactions with a marker of their own it takes."""

    def __init__(self, name, table, payloads, setup="", steps=1, lines=0,
                 followers=0):
        self.name, self.table, self.setup = name, "analytics." + table, setup
        self.payloads, self.steps, self.lines = payloads, steps, lines
        self.followers = followers  # other runs of the same drift, at once
        self.rows = len(payloads) + lines + followers


ORDER = {"id": 1, "customer": "Zoë", "coupon": "SPRING-25"}

SCENARIOS = {one.name: one for one in [
    Scenario("column", "orders", [ORDER]),
    Scenario("label", "moods", [{"id": i, "m": "happy"} for i in (1, 2, 3)],
             "CREATE TYPE analytics.mood AS ENUM ('sad');"
             "CREATE TABLE analytics.moods (id int PRIMARY KEY,"
             " m analytics.mood)", steps=2),
    Scenario("partition", "days", [{"id": 1, "day": "2024-12-31"}],
             "CREATE TABLE analytics.days (id int, day date) PARTITION BY"
             " RANGE (day); CREATE TABLE analytics.days_2024_01 PARTITION OF"
             " analytics.days FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"),
    Scenario("mapping", "people", [{"id": 1, "userName": "Zoë"}],
             "CREATE TABLE analytics.people (id int PRIMARY KEY,"
             " user_name text)"),
    Scenario("records", "orders", [ORDER], lines=25),
    Scenario("herd", "orders", [ORDER], followers=1),
]}


class State:
    """What a database holds after a point."""

    def __init__(self, catalogue, steps, rows, ids, unresolved, runs):
        self.catalogue, self.steps = catalogue, int(steps)
        self.rows, self.ids = int(rows), int(ids)
        self.unresolved = int(unresolved)
        self.runs = json.loads(runs)

    def __str__(self):
        return str(vars(self))


# Names, types, labels, bounds and owners of all that there is, without OIDs.
CATALOGUE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT concat_ws(' ', c.relname, c.relkind, c.relowner::regrole,
           a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(c.relpartbound, c.oid), c.relispartition)
      FROM pg_class c LEFT JOIN pg_attribute a
           ON a.attrelid = c.oid AND NOT a.attisdropped
     WHERE c.relnamespace = 'analytics'::regnamespace
    UNION ALL SELECT concat_ws(' ', t.typname, t.typtype, e.enumlabel)
      FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid
     WHERE t.typnamespace = 'analytics'::regnamespace
    UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'analytics'::regnamespace) l(line)
"""

LEFT = """
SELECT 'session', application_name, state FROM pg_stat_activity
 WHERE datname = '{db}' AND application_name LIKE 'pgmend%'
UNION ALL SELECT 'lock', locktype, mode FROM pg_locks l
 WHERE database = (SELECT oid FROM pg_database WHERE datname = '{db}')
   AND pid IN (SELECT pid FROM pg_stat_activity
                WHERE application_name LIKE 'pgmend%')
"""

# How each run ended, and its markers.
RUNS = """
SELECT coalesce(json_agg(json_build_object('id', v.run_id,
           'exit', v.exit_code, 'outcome', v.outcome, 'steps',
           (SELECT count(*) FROM pgmend.applied a WHERE a.run_id = v.run_id),
           'reason', v.reason_code) ORDER BY v.received_at), '[]')
  FROM pgmend.v_run v
"""


class Ground:
    """A server with a database of each scenario, before and after its heal."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pgmend-crash-", dir="/tmp")
        atexit.register(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)
        self.cluster = Cluster(max_connections="40", autovacuum="off")
        self.number = 0
        self.documents, self.catalogues, self.seconds = {}, {}, {}
        self.policy = self.write("test.policy", POLICY)
        make_roles(self.cluster)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def prepare(self, scenario):
        """Once for each; learns what the catalogue is before and after."""
        if scenario.name in self.documents:
            return
        template = make_warehouse(self.cluster, f"base_{scenario.name}")
        if scenario.setup:
            self.cluster.sql(
                f"SET ROLE orders_owner; {scenario.setup};"
                f"GRANT INSERT ON {scenario.table} TO orders_loader",
                db=template)
        self.documents[scenario.name] = self.describe(scenario, template)
        db = self.fresh(scenario)
        before = self.state(scenario, db).catalogue
        began = time.monotonic()
        done = self.heal(scenario, db)
        if done.returncode != 0:
            raise RuntimeError(f"{scenario.name}: {done}")
        self.seconds[scenario.name] = time.monotonic() - began
        self.catalogues[scenario.name] = \
            (before, self.state(scenario, db).catalogue)
        self.drop(db)

    def count_calls(self, scenario):
        """How many system calls come before the intent, and behind it."""
        db = self.fresh(scenario)
        with self.start(scenario, db) as run:
            run.run_to(RECEIVED)
            before = run.run_to(INTENT)
            after = run.rest()
        self.drop(db)
        return before, after

    def describe(self, scenario, template):
        """The incidents, the followers' behind the first."""
        made = []
        for number in range(scenario.followers + 1):
            payloads = [{**one, "id": one["id"] + 100 * number}
                        for one in scenario.payloads]
            failure = load(self.cluster, template, scenario.table, payloads[0])
            document = incident(f"k-{number}", scenario.table, payloads[0],
                                failure)
            if len(payloads) > 1:
                del document["payload"]
                document["payloads"] = payloads
            made.append(json.dumps(document))
        return made

    def fresh(self, scenario):
        self.number += 1
        db = f"kill{self.number}"
        self.cluster.sql(f"CREATE DATABASE {db} TEMPLATE base_{scenario.name}")
        if scenario.lines:
            self.write(f"{db}.ndjson", "".join(
                json.dumps({**scenario.payloads[0], "id": 2 + line}) + "\n"
                for line in range(scenario.lines)))
        return db

    def drop(self, db):
        self.cluster.sql(f"DROP DATABASE {db} WITH (FORCE)")

    def command(self, scenario, db):
        replay = ["--replay", f"{self.folder}/{db}.ndjson"] \
            if scenario.lines else []
        return [os.path.join(BUILD, "pgmend"), "heal", "--db",
                self.cluster.conninfo(db, "healer"), "--policy", self.policy,
                "--planner", "builtin", *replay, "-"]

    def start(self, scenario, db, number=0):
        """A run that stops at its first instruction."""
        return Traced(self.command(scenario, db),
                      self.documents[scenario.name][number])

    def heal(self, scenario, db, number=0):
        return subprocess.run(self.command(scenario, db), text=True,
                              input=self.documents[scenario.name][number],
                              capture_output=True, timeout=RUN_SECONDS)

    def state(self, scenario, db):
        return State(*self.cluster.sql(
            f"{CATALOGUE};"
            "SELECT count(*) FROM pgmend.applied;"
            f"SELECT count(*) FROM {scenario.table};"
            f"SELECT count(DISTINCT id) FROM {scenario.table};"
            "SELECT count(*) FROM pgmend.v_unresolved;"
            + RUNS, db=db).splitlines())

    def left(self, db):
        """Sessions and locks of ours that are still there."""
        deadline = time.monotonic() + AFTERMATH_SECONDS
        while (found := self.cluster.sql(LEFT.format(db=db))) and \
                time.monotonic() < deadline:
            time.sleep(0.05)
        return found


# --- What must hold --------------------------------------------------------------

def exit_agrees(scenario, exit_code, state):
    """A run came to its own end: its exit code, and what it left."""
    is_complete = state.rows == scenario.rows
    # Of the last batch nobody knows who couldn't record it any more.
    is_recorded = state.unresolved == 0
    claims = {0: is_complete, 20: state.steps == 0, 21: True,
              22: state.steps >= scenario.steps and is_complete,
              23: state.steps > 0 and not (is_complete and is_recorded),
              75: state.steps == 0}
    return claims.get(exit_code, False)


def audit_agrees(run):
    """What is written of a run, and the markers that it left."""
    if run["exit"] == 0:
        return run["steps"] > 0 or run["outcome"] == "already_healed"
    if run["exit"] in (22, 23):
        return run["steps"] > 0
    is_none = run["exit"] in (20, 75) or \
        (run["exit"], run["reason"]) == (1, "recovered")
    return is_none and run["steps"] == 0


class Point:
    """One crash, and all that is looked at after it."""

    def __init__(self, ground, scenario):
        self.ground, self.scenario = ground, scenario
        self.problems = []
        self.db = ground.fresh(scenario)

    def expect(self, claim, what):
        if not claim:
            self.problems.append(str(what))

    def state(self):
        return self.ground.state(self.scenario, self.db)

    def expect_whole(self, state):
        """The catalogue is as before or as planned, and no row is there twice
        or without the marker of its transaction."""
        before, after = self.ground.catalogues[self.scenario.name]
        self.expect(state.catalogue == (after if state.steps else before),
                    f"the catalogue is neither nor: {state}")
        self.expect(state.rows == state.ids, f"a row twice: {state}")
        self.expect(state.rows == 0 or state.steps >= self.scenario.steps,
                    f"rows without their marker: {state}")

    def expect_truth(self, exit_code, out):
        """The run came to its own end, and tells which."""
        state = self.state()
        if exit_code != 21:
            self.expect_whole(state)
        self.expect(exit_agrees(self.scenario, exit_code, state),
                    f"exit {exit_code}, but {state}: {out}")
        self.expect(out.startswith('{"pgmend_result":1')
                    and json.loads(out)["exit_code"] == exit_code,
                    f"exit {exit_code} with the result {out}")

    def recover(self):
        """A session that died a moment ago may still seem to be at work."""
        deadline = time.monotonic() + AFTERMATH_SECONDS
        while True:
            done = pgmend("recover", "--db",
                          self.ground.cluster.conninfo(self.db, "healer"))
            if done.status != 0 or done.json["alive"] == 0 or \
                    time.monotonic() > deadline:
                break
            time.sleep(0.1)
        state = self.state()
        self.expect(done.status == 0, f"recover: {done}")
        self.expect(state.unresolved == 0, f"unresolved: {state}")
        self.expect_whole(state)
        for told in done.json["runs"] if done.json else []:
            run = next(one for one in state.runs if one["id"] == told["run_id"])
            self.expect((told["outcome"] == "rolled_back") <=
                        (run["steps"] == 0) and
                        (told["outcome"] == "healed") <= (run["steps"] > 0),
                        f"recovery says {told} of {run}")

    def heal_again(self, number):
        done = self.ground.heal(self.scenario, self.db, number)
        self.expect(done.returncode == 0, f"not finished: {done}")

    def finish(self):
        """The same command once more: everything is done, and done once."""
        ground, scenario = self.ground, self.scenario
        for number in range(scenario.followers + 1):
            self.heal_again(number)
        # A session that died a moment ago seemed to be at work.
        if self.state().unresolved > 0 and not ground.left(self.db):
            self.heal_again(0)
        state = self.state()
        self.expect_whole(state)
        self.expect(state.steps > 0, f"no change: {state}")
        self.expect(state.rows == scenario.rows, f"lost: {state}")
        self.expect(state.unresolved == 0, f"unresolved: {state}")
        for run in state.runs:
            self.expect(audit_agrees(run), f"the audit says {run}")
        left = ground.left(self.db)
        self.expect(not left, f"left: {left}")
        done = pgmend("audit", "verify", "--db",
                      ground.cluster.conninfo(self.db, "healer"))
        self.expect(done.status == 0, f"the chain is broken: {done}")
        ground.drop(self.db)
