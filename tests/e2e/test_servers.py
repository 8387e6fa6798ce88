"""A server in trouble: restarted, read-only, a standby, impatient or without a
place. The exit code says whether to try again, and nothing is half done.
"""

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from crash import (INTENT, SCENARIOS, Ground, event)  # noqa: E402
from harness import (BUILD, Cluster, as_user, await_that, equal,  # noqa: E402
                     holds, main, pgmend, server_folder, test)
from pipeline import Session  # noqa: E402
from proxy import COMMIT  # noqa: E402
from tracer import Traced  # noqa: E402

COLUMN = SCENARIOS["column"]
TABLE = COLUMN.table

ground = Ground()
ground.prepare(COLUMN)
cluster = ground.cluster
DOCUMENT = ground.documents["column"][0]


def heal(db, *options, where=cluster):
    return pgmend("heal", "--db", where.conninfo(db, "healer"), *options, "-",
                  stdin=DOCUMENT)


def changes_nothing(db, done, code):
    equal((done.status, done.json["exit_code"]), (75, 75), repr(done))
    holds(code in done.json["message"] or code == done.json["reason_code"],
          repr(done))
    state = ground.state(COLUMN, db)
    equal((state.steps, state.rows), (0, 0), str(state))


def heals_once(db, where=cluster):
    done = heal(db, where=where)
    equal(done.status, 0, repr(done))
    equal(where.sql(f"SELECT count(*) FROM {TABLE};"
                    "SELECT count(*) FROM pgmend.v_unresolved", db=db), "1\n0")
    done = pgmend("audit", "verify", "--db", where.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


# --- Settings that an operator gives at night -----------------------------------

@test
def database_that_is_made_read_only_is_not_written_to():
    for scope in ("ROLE healer", "DATABASE {db}"):
        db = ground.fresh(COLUMN)
        scope = scope.format(db=db)
        cluster.sql(f"ALTER {scope} SET default_transaction_read_only = on")
        changes_nothing(db, heal(db), "25006")
        equal(cluster.sql("SELECT count(*) FROM pgmend.event", db=db), "0")
        cluster.psql("SET default_transaction_read_only = off;"
                     f"ALTER {scope} RESET default_transaction_read_only")
        heals_once(db)


@test
def impatience_of_the_role_is_told_or_overruled():
    for name, value in [("statement_timeout", "1ms"), ("lock_timeout", "1ms"),
                        ("idle_in_transaction_session_timeout", "1ms"),
                        ("idle_session_timeout", "1ms")]:
        db = ground.fresh(COLUMN)
        cluster.sql(f"ALTER ROLE healer SET {name} = '{value}'")
        done = heal(db)
        cluster.sql(f"ALTER ROLE healer RESET {name}")
        # Before its own settings are in force a login may be too slow for it.
        if done.status != 0:
            code = "57014" if name == "statement_timeout" else \
                "connection_lost"
            changes_nothing(db, done, code)
        heals_once(db)


# --- Timeouts of the policy ------------------------------------------------------

def policy(**limits):
    return ground.write("limits.policy", "pgmend-policy 1\nlayer org\n"
                        "default deny\nlimits {\n" + "".join(
                            f"    {name} {value}\n"
                            for name, value in limits.items())
                        + "}\nallow add_column, replay on *.* as all\n")


def attempts(db):
    """When each waited for the table in vain, in seconds."""
    found = re.findall(r"(\d+):(\d+):(\d+\.\d+) \S+ \[" + db + r"\] ERROR: "
                       r" canceling statement due to lock timeout",
                       cluster.log())
    return [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in found]


@test
def lock_that_nobody_gives_up_is_tried_for_so_often():
    cluster.sql("ALTER SYSTEM SET log_line_prefix = '%m [%d] '")
    cluster.sql("SELECT pg_reload_conf()")
    path = policy(lock_timeout="200ms", max_attempts=4)
    gaps = []
    for _ in range(2):
        db = ground.fresh(COLUMN)
        with Session(cluster, db, f"LOCK {TABLE} IN ACCESS SHARE MODE"):
            done = heal(db, "--policy", path)
        changes_nothing(db, done, "55P03")
        times = attempts(db)
        equal(len(times), 4, str(times))
        # It pauses between them, never quite as long as before.
        gaps += [round(after - before - 0.2, 3)
                 for before, after in zip(times, times[1:])]
        heals_once(db)
    holds(all(0.02 < gap < 1.5 for gap in gaps), str(gaps))
    holds(len(set(gaps)) > 1, str(gaps))


@test
def change_that_takes_too_long_is_rolled_back():
    db = ground.fresh(COLUMN)
    cluster.sql(f"""
        CREATE FUNCTION dawdle() RETURNS event_trigger LANGUAGE plpgsql AS
        $$BEGIN PERFORM pg_sleep(5); END$$;
        CREATE EVENT TRIGGER late ON ddl_command_start
            EXECUTE FUNCTION dawdle()""", db=db)
    changes_nothing(db, heal(db, "--policy", policy(
        statement_timeout="300ms", max_attempts=2)), "57014")
    cluster.sql("DROP EVENT TRIGGER late", db=db)
    heals_once(db)


@test
def server_without_a_place_is_waited_for():
    db = ground.fresh(COLUMN)
    cluster.sql(f"ALTER DATABASE {db} CONNECTION LIMIT 0")
    threading.Timer(1, lambda: cluster.sql(
        f"ALTER DATABASE {db} CONNECTION LIMIT -1")).start()
    began = time.monotonic()
    heals_once(db)
    holds(time.monotonic() - began > 0.9, "it didn't wait")


# --- Restarts and failover -------------------------------------------------------

def restarted_at(mark, how, calls=0):
    db = ground.fresh(COLUMN)
    with ground.start(COLUMN, db) as run:
        holds(run.run_to(mark) and run.step(calls), f"never said {mark}")
        cluster.stop(how)
        cluster.start()
        run.release()
        status, out, err = run.finish()
    return db, status, json.loads(out), err


@test
def restart_between_trial_and_change_is_safe_to_retry():
    for how in (signal.SIGINT, signal.SIGQUIT):
        for mark in (event("evidence.collected"), event("proposal.parsed"),
                     INTENT, b"pg_advisory_xact_lock($1"):
            db, status, result, err = restarted_at(mark, how)
            equal((status, result["exit_code"]), (75, 75), f"{mark}: {err}")
            equal(ground.state(COLUMN, db).steps, 0)
            heals_once(db)


class Standby(Cluster):
    """A hot standby of the test's server."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pgmend-standby-", dir="/tmp")
        self.data = os.path.join(self.folder, "data")
        self.settings = {"listen_addresses": "", "shared_buffers": "16MB",
                         "unix_socket_directories": self.folder,
                         "max_connections": "40", "fsync": "off"}
        self.bin, self.server, self.owner = server_folder(), None, []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            os.chmod(self.folder, 0o755)
            self.owner = as_user("postgres")
        self._run("pg_basebackup", "-h", cluster.folder, "-U", "postgres",
                  "-D", self.data, "-R", "-c", "fast")
        self.start()

    def await_all(self):
        """Until it has what the primary has."""
        await_that(lambda: cluster.sql(
            "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn"
            " >= pg_current_wal_lsn()") == "1", "the standby lags behind")

    def promote(self):
        self.sql("SELECT pg_promote()")


@test
def standby_is_no_target_and_takes_over_when_it_is_promoted():
    db = ground.fresh(COLUMN)
    standby = Standby()
    try:
        standby.await_all()
        changes_nothing(db, heal(db, where=standby), "database_unreachable")

        # The primary dies while COMMIT is on its way, and what the standby
        # knows of it is the truth from then on.
        both = f"host={cluster.folder},{standby.folder} dbname={db} user=healer"
        with Traced([os.path.join(BUILD, "pgmend"), "heal", "--db", both, "-"],
                    DOCUMENT) as run:
            holds(run.run_to(COMMIT) and run.step(), "no COMMIT")
            standby.await_all()
            cluster.stop(signal.SIGQUIT)
            standby.promote()
            run.release()
            status, out, err = run.finish()
        there = standby.sql("SELECT count(*) FROM pgmend.applied", db=db)
        holds((status, there) in [(0, "1"), (22, "1"), (20, "0"), (75, "0")],
              f"exit {status}, {there} markers: {out} {err}")
        done = pgmend("recover", "--db", both)
        equal(done.status, 0, repr(done))
        heals_once(db, standby)
    finally:
        standby.remove()
        cluster.stop()
        cluster.start()


main()
