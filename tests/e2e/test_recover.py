"""A run that is killed, at every point that matters: recovery finds out what
became of it, nothing is lost and nothing doubled, and nobody's living run is
touched.

A proxy on a unix socket stands between pgmend and the server, and kills pgmend
just before or just after a certain message is passed on.
"""

import hashlib
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, equal, holds, main, pgmend,  # noqa: E402
                     test)
from pipeline import incident, make_roles, make_warehouse  # noqa: E402
from proxy import COMMIT, Proxy  # noqa: E402
from scripted import proposing  # noqa: E402
from tracer import Traced  # noqa: E402

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "coupon": "SPRING-25"}
MISSING = ("42703", 'column "coupon" does not exist')

cluster = Cluster(max_connections="100")
make_roles(cluster)
cluster.sql("CREATE ROLE other LOGIN; GRANT orders_owner, orders_loader"
            " TO other")
make_warehouse(cluster, "base")
pgmend("init", "--db", cluster.conninfo("base"), "--role", "other")
databases = 0


def warehouse():
    global databases
    databases += 1
    db = f"recover{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    return db


def event(kind):
    """An event's kind as the parameter of a statement, not in its text."""
    return len(kind).to_bytes(4, "big") + kind.encode()


class Killer(Proxy):
    """Runs a heal and kills it at the message that holds `text`: before it is
    passed on, or once it was answered."""

    def __init__(self, text, is_after=False, act=None):
        self.text, self.is_after = text, is_after
        self.act = act or self.kill
        self.process = None
        self.is_done = False
        super().__init__(cluster)

    def from_client(self, connection, data):
        if self.is_done or self.text not in data:
            return True
        if self.is_after:
            connection.waits = True
            return True
        return self.strike()

    def from_server(self, connection, data):
        return self.is_done or not connection.waits or self.strike()

    def strike(self):
        self.is_done = True
        self.act()
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def start(self, db, document, *options, user="healer", build=BUILD):
        self.process = subprocess.Popen(
            [os.path.join(build, "pgmend"), "heal", "--db",
             f"host={self.folder} dbname={db} user={user}", *options, "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps(document))
        self.process.stdin.close()
        self.process.stdin = None
        return self.process

    def run(self, db, document, *options, **how):
        self.start(db, document, *options, **how).communicate(timeout=50)
        holds(self.is_done, f"the run never said {self.text}")


def order(number=1, **fields):
    payload = dict(ORDER, id=number, **fields)
    return incident(f"c-{number}", TABLE, payload, MISSING)


def heal(db, document, *options, user="healer"):
    return pgmend("heal", "--db", cluster.conninfo(db, user), *options, "-",
                  stdin=json.dumps(document))


def recover(db, *options, user="healer"):
    return pgmend("recover", "--db", cluster.conninfo(db, user), *options)


def has_column(db):
    return cluster.sql("SELECT count(*) FROM pg_attribute WHERE attname ="
                       f" 'coupon' AND attrelid = '{TABLE}'::regclass",
                       db=db) == "1"


def ids(db):
    return cluster.sql(f"SELECT string_agg(id::text, ',' ORDER BY id)"
                       f" FROM {TABLE}", db=db)


def all_is_well(db):
    """Nothing open, nothing held, the chain whole."""
    equal(cluster.sql("SELECT * FROM pgmend.v_unresolved", db=db), "")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = cluster.sql(
            "SELECT pid, application_name FROM pg_stat_activity WHERE datname"
            f" = '{db}' AND application_name LIKE 'pgmend%'")
        if left == "":
            break
        time.sleep(0.05)
    equal(left, "", "sessions")
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


def last_outcome(db):
    return cluster.sql("SELECT outcome FROM pgmend.v_run"
                       " ORDER BY received_at DESC LIMIT 1", db=db)


# --- One kill at a time -------------------------------------------------------

POINTS = [
    # Where, before or after it, is the change there, what recovery says of it.
    (event("run.received"), False, False, None),
    (event("evidence.collected"), True, False, "transient"),
    (event("proposal.parsed"), False, False, "transient"),
    (event("ddl.intent"), False, False, "transient"),
    (event("ddl.intent"), True, False, "rolled_back"),
    (b"pg_advisory_xact_lock", True, False, "rolled_back"),
    (b"\0ALTER TABLE", True, False, "rolled_back"),
    (b" WITH p(p1", True, False, None),
    (b"INSERT INTO \"pgmend\".applied", True, False, "rolled_back"),
    (COMMIT, False, False, "rolled_back"),
    (COMMIT, True, True, "healed"),
    (event("ddl.committed"), False, True, "healed"),
    (event("ddl.committed"), True, True, "healed"),
    (event("run.finished"), False, True, "healed"),
    (event("run.finished"), True, True, None),
]


@test
def each_point_is_told_as_it_was():
    for text, is_after, is_there, outcome in POINTS:
        point = f"{text} {'after' if is_after else 'before'}"
        db = warehouse()
        Killer(text, is_after).run(db, order())
        done = recover(db)
        equal(done.status, 0, f"{point}: {done}")
        equal(has_column(db), is_there, point)
        equal(ids(db), "1" if is_there else "", point)
        if outcome is not None:
            equal([one["outcome"] for one in done.json["runs"]], [outcome],
                  point)
            equal(last_outcome(db), outcome, point)
        all_is_well(db)


@test
def next_heal_recovers_first_and_writes_once():
    for text, is_after, is_there, outcome in POINTS:
        point = f"{text} {'after' if is_after else 'before'}"
        db = warehouse()
        Killer(text, is_after).run(db, order())
        done = heal(db, order())
        equal(done.status, 0, f"{point}: {done}")
        equal(done.json["outcome"],
              "already_healed" if is_there else "healed", point)
        equal(ids(db), "1", point)
        all_is_well(db)


@test
def recovery_is_recorded_and_done_once():
    db = warehouse()
    Killer(COMMIT, True).run(db, order())
    first, second = recover(db), recover(db)
    equal((first.json["committed"], second.json["committed"]), (1, 0))
    kinds = cluster.sql("SELECT string_agg(kind, ' ' ORDER BY seq) FROM"
                        " pgmend.event WHERE kind ~ '^(ddl|run)'", db=db)
    equal(kinds, "run.received ddl.intent ddl.committed run.finished")


@test
def unknown_outcome_is_told_later():
    db = warehouse()

    def cut_all():
        cluster.stop()

    killer = Killer(COMMIT, True, cut_all)
    process = killer.start(db, order())
    out, _ = process.communicate(timeout=50)
    cluster.start()
    equal((process.returncode, json.loads(out)["outcome"]), (21, "unknown"))
    done = recover(db)
    equal((done.status, done.json["committed"]), (0, 1), repr(done))
    equal(ids(db), "1")
    all_is_well(db)


# --- A label, and then the rest -----------------------------------------------

LABELS = """pgmend-policy 1
layer org
default deny
allow add_enum_value, add_column, replay on *.* as all
"""


def with_label(db):
    """A write that needs a new label and a new column, an agent that proposes
    both, and a policy that allows them."""
    cluster.sql("SET ROLE orders_owner; CREATE TYPE analytics.mood AS ENUM"
                f" ('bad'); ALTER TABLE {TABLE} ADD COLUMN mood"
                " analytics.mood", db=db)
    build = proposing("ALTER TYPE analytics.mood ADD VALUE 'great'",
                      f"ALTER TABLE {TABLE} ADD COLUMN coupon text")
    policy = os.path.join(build, "labels.policy")
    with open(policy, "w") as file:
        file.write(LABELS)
    return build, ["--policy", policy]


@test
def label_without_the_rest_is_partial_and_goes_on():
    for text, is_after, intents, column in [
            (COMMIT, True, 1, False),
            (event("ddl.committed"), False, 1, False),
            (event("ddl.committed"), True, 1, False),
            (b'"step":2', True, 2, False),
            (b"\0ALTER TABLE", True, 2, False)]:
        point = f"{text} {'after' if is_after else 'before'}"
        db = warehouse()
        build, options = with_label(db)
        document = order(mood="great")
        Killer(text, is_after).run(db, document, *options, build=build)
        done = recover(db)
        equal([one["outcome"] for one in done.json["runs"]], ["error"],
              f"{point}: {done}")
        holds("label" in done.json["runs"][0]["message"], point)
        equal(cluster.sql(
            "SELECT count(*) FROM pgmend.event WHERE kind = 'ddl.intent';"
            "SELECT body::json ->> 'exit_code' FROM pgmend.event"
            " WHERE kind = 'run.finished'; SELECT string_agg(enumlabel, ',')"
            " FROM pg_enum", db=db), f"{intents}\n23\nbad,great", point)
        equal((has_column(db), ids(db)), (column, ""), point)
        all_is_well(db)
        done = pgmend("heal", "--db", cluster.conninfo(db, "healer"),
                      *options, "-", stdin=json.dumps(document))
        equal((done.status, done.json["outcome"]), (0, "healed"),
              f"{point}: {done}")
        equal(ids(db), "1", point)
        all_is_well(db)


# --- Others -------------------------------------------------------------------

@test
def living_run_is_left_alone():
    db = warehouse()
    seen = []
    killer = Killer(COMMIT, False,
                    lambda: seen.append(recover(db)))
    # The message is not passed on: the run's own resolution is what follows.
    process = killer.start(db, order())
    process.communicate(timeout=50)
    equal((seen[0].status, seen[0].json["runs"], seen[0].json["alive"]),
          (0, [], 1), repr(seen[0]))
    equal(process.returncode, 20)
    all_is_well(db)


@test
def recovery_that_comes_second_closes_nothing_again():
    db = warehouse()
    Killer(COMMIT, True).run(db, order())
    with Traced([os.path.join(BUILD, "pgmend"), "recover", "--db",
                 cluster.conninfo(db, "healer")]) as second:
        # It has seen the run, and not taken its lock yet.
        holds(second.run_to(b"pg_try_advisory_lock"), "no lock")
        first = recover(db)
        second.release()
        status, out, err = second.finish()
    equal((first.status, first.json["committed"]), (0, 1), repr(first))
    equal((status, json.loads(out)["committed"]), (0, 0), out + err)
    equal(cluster.sql(
        "SELECT kind, count(*) FROM pgmend.event WHERE kind IN"
        " ('ddl.committed', 'run.finished') GROUP BY 1 ORDER BY 1", db=db),
        "ddl.committed|1\nrun.finished|1")
    all_is_well(db)


@test
def runs_of_another_login_wait_for_all():
    db = warehouse()
    Killer(COMMIT, True).run(db, order(), user="other")
    equal(recover(db).json["runs"], [])
    done = recover(db, "--all")
    equal((done.status, done.json["committed"]), (0, 1), repr(done))
    all_is_well(db)


@test
def transaction_that_does_not_end_is_named_and_unknown():
    db = warehouse()
    Killer(event("ddl.intent"), True).run(db, order())
    run = cluster.sql("SELECT run_id FROM pgmend.run", db=db)
    key = int.from_bytes(hashlib.sha256(
        f"pgmend-transaction:{run}".encode()).digest()[:8], "little",
        signed=True)
    blocker = subprocess.Popen(
        [os.path.join(cluster.bin, "psql"), "-X", "-q", "-h", cluster.folder,
         "-U", "postgres", "-d", db], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    blocker.stdin.write(f"SELECT pg_advisory_lock({key});\n\\echo held\n")
    blocker.stdin.flush()
    while blocker.stdout.readline().strip() != "held":
        pass
    done = recover(db)
    equal((done.status, done.json["unknown"]), (21, 1), repr(done))
    holds("role 'postgres'" in done.json["runs"][0]["message"], done)
    blocker.kill()
    blocker.wait()
    deadline = time.monotonic() + 5
    while recover(db).status != 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    all_is_well(db)


main()
