"""Races: other runs, other people and a breaking connection in the middle of a
heal. Whatever happens, the exit code agrees with the database.

A proxy stands between pgmend and the server: it can do
something just before a certain message is passed on.
"""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, await_that, equal, holds,  # noqa: E402
                     main, pgmend, test)
from pipeline import (Session, incident, is_waited_for,  # noqa: E402
                      make_roles, make_warehouse)
from proxy import Proxy  # noqa: E402

TABLE = "analytics.orders"
MISSING = ("42703", 'column "coupon" does not exist')
# What the work connection says: the trial begins, the change begins.
TRIAL = b"\0BEGIN\0"
CHANGE = b"pg_advisory_xact_lock"

cluster = Cluster(max_connections="100")
make_roles(cluster)
make_warehouse(cluster, "base")
databases = 0


def warehouse():
    global databases
    databases += 1
    db = f"race{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    return db


class Interruption(Proxy):
    """Before the first message for which `wants(number, data)` holds is passed
    on, `act()` is done."""

    def __init__(self, wants, act):
        self.wants, self.act = wants, act
        self.number = 0
        self.done = False
        super().__init__(cluster)

    def from_client(self, connection, data):
        self.number += 1
        if not self.done and self.wants(self.number, data):
            self.done = True
            self.act()
        return True


def heal(db, document, folder=None, *options):
    return pgmend("heal", "--db", f"host={folder or cluster.folder}"
                  f" dbname={db} user=healer", *options, "-",
                  stdin=json.dumps(document))


def start(db, document):
    """A heal in the background."""
    process = subprocess.Popen(
        [os.path.join(BUILD, "pgmend"), "heal", "--db",
         cluster.conninfo(db, "healer"), "-"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdin.write(json.dumps(document))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process):
    out, err = process.communicate(timeout=50)
    return process.returncode, json.loads(out), err


def together(db, documents):
    return [finish(process) for process in
            [start(db, document) for document in documents]]


def order(number, **fields):
    payload = {"id": number, "customer": "x", **fields}
    return incident(f"i-{number}", TABLE, payload, MISSING)


def column_count(db, *names):
    wanted = ", ".join(f"'{name}'" for name in names)
    return int(cluster.sql(
        "SELECT count(*) FROM pg_attribute WHERE NOT attisdropped AND attrelid"
        f" = '{TABLE}'::regclass AND attname IN ({wanted})", db=db))


def row_count(db):
    return int(cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db))


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


# --- Runs beside runs ---------------------------------------------------------

@test
def runs_of_one_drift_make_one_change():
    db = warehouse()
    results = together(db, [order(i, coupon="x") for i in range(1, 7)])
    equal([status for status, _, _ in results], [0] * 6, results)
    outcomes = [result["outcome"] for _, result, _ in results]
    equal(outcomes.count("healed"), 1, results)
    holds(set(outcomes) <= {"healed", "already_healed", "coalesced"}, results)
    equal(row_count(db), 6)
    equal(cluster.sql("SELECT count(*) FROM pgmend.v_ddl", db=db), "1")
    chain_verifies(db)


@test
def one_record_in_many_runs_is_written_once():
    db = warehouse()
    results = together(db, [order(1, coupon="x")] * 6)
    equal([status for status, _, _ in results], [0] * 6, results)
    equal(row_count(db), 1)
    chain_verifies(db)


@test
def different_drifts_of_one_table_both_heal():
    db = warehouse()
    results = together(db, [order(1, coupon="x"), order(2, gift="y"),
                            order(3, note="z")])
    equal([status for status, _, _ in results], [0] * 3, results)
    equal(column_count(db, "coupon", "gift", "note"), 3)
    equal(row_count(db), 3)
    chain_verifies(db)


@test
def drifts_that_overlap_heal_or_ask_for_another_try():
    db = warehouse()
    documents = [order(1, coupon="x"), order(2, coupon="x", gift="y"),
                 order(3, gift="y")]
    results = together(db, documents)
    for status, result, _ in results:
        holds(status in (0, 75), results)
    for status, document in zip(results, documents):
        if status[0] == 75:
            equal(heal(db, document).status, 0)
    equal(column_count(db, "coupon", "gift"), 2)
    equal(row_count(db), 3)
    chain_verifies(db)


# --- People in between --------------------------------------------------------

def between(mark, sql, document=None):
    """Heals while the SQL is run just before the marked message."""
    db = warehouse()
    proxy = Interruption(lambda number, data: mark in data,
                  lambda: cluster.sql(sql, db=db))
    done = heal(db, document or order(1, coupon="x"), proxy.folder)
    holds(proxy.done, done)
    chain_verifies(db)
    return db, done


TRIGGER = f"""
CREATE ROLE evil{{number}};
CREATE SEQUENCE public.ran; GRANT ALL ON public.ran TO PUBLIC;
CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS
   $$BEGIN PERFORM nextval('public.ran'); RETURN NEW; END$$;
ALTER FUNCTION public.fire() OWNER TO evil{{number}};
CREATE TRIGGER t BEFORE INSERT ON {TABLE}
   FOR EACH ROW EXECUTE FUNCTION public.fire();
"""


@test
def trigger_that_comes_before_the_trial_does_not_run():
    # Nothing is missing: the trial would run it.
    db, done = between(TRIAL, TRIGGER.format(number=1),
                       order(1, amount=1))
    equal((done.status, done.json["reason_code"]), (75, "facts_changed"),
          repr(done))
    equal(cluster.sql("SELECT is_called FROM public.ran", db=db), "f")


@test
def trigger_that_comes_before_the_change_does_not_run():
    for number, document in [(2, order(1, coupon="x")),
                             (3, order(1, amount=1))]:
        db, done = between(CHANGE, TRIGGER.format(number=number), document)
        equal((done.status, done.json["reason_code"]),
              (75, "facts_changed"), repr(done))
        equal(cluster.sql("SELECT is_called FROM public.ran", db=db), "f")
        equal(row_count(db), 0)


REPLACED = (f"ALTER TABLE {TABLE} RENAME TO gone; SET ROLE orders_owner;"
            f"CREATE TABLE {TABLE} (LIKE analytics.gone);"
            f"GRANT INSERT ON {TABLE} TO orders_loader")


@test
def another_table_of_that_name_is_not_written():
    for mark in [TRIAL, CHANGE]:
        for document in [order(1, coupon="x"), order(1, amount=1)]:
            db, done = between(mark, REPLACED, document)
            equal((done.status, done.json["outcome"]), (75, "transient"),
                  repr(done))
            equal(row_count(db), 0)
            equal(column_count(db, "coupon"), 0)


@test
def table_that_is_dropped_is_an_error_and_no_more():
    for mark in [TRIAL, CHANGE]:
        db, done = between(mark, f"DROP TABLE {TABLE}")
        holds(done.status in (11, 20, 75), done)


@test
def column_that_somebody_adds_meanwhile_is_a_temporary_failure():
    for added in ["coupon text", "coupon integer"]:
        db, done = between(CHANGE, f"ALTER TABLE {TABLE} ADD COLUMN {added}")
        equal((done.status, done.json["reason_code"]), (75, "facts_changed"),
              repr(done))
        equal(row_count(db), 0)
        # The next try finds the table healed, or the value wrong.
        again = heal(db, order(1, coupon="x"))
        equal(again.status, 0 if "text" in added else 11, repr(again))


@test
def publication_in_between_is_judged_again():
    db, done = between(CHANGE, f"CREATE PUBLICATION p FOR TABLE {TABLE}")
    equal((done.status, done.json["reason_code"]), (75, "facts_changed"),
          repr(done))
    equal(column_count(db, "coupon"), 0)


@test
def record_written_in_between_is_written_once():
    db = warehouse()
    document = order(1, coupon="x")
    other = []
    proxy = Interruption(lambda number, data: CHANGE in data,
                  lambda: other.append(start(db, document)))
    done = heal(db, document, proxy.folder)
    status, result, err = finish(other[0])
    equal((done.status, status), (0, 0), f"{done} {result}")
    equal(row_count(db), 1)


@test
def lock_that_is_held_for_a_moment_is_waited_for():
    db = warehouse()
    with Session(cluster, db, f"LOCK {TABLE} IN ACCESS SHARE MODE"):
        process = start(db, order(1, coupon="x"))
        await_that(lambda: is_waited_for(cluster, db), "nobody waits")
        time.sleep(1)
    status, result, err = finish(process)
    equal((status, result["outcome"]), (0, "healed"), f"{result} {err}")


# --- A connection that breaks -------------------------------------------------

def breaks_at(number, application, document=None):
    """The server ends the backend just before that message."""
    db = warehouse()
    proxy = Interruption(lambda at, data: at >= number, lambda: cluster.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE application_name LIKE '{application}' AND datname = '{db}'"))
    done = heal(db, document or order(1, coupon="x"), proxy.folder)
    told = done.status, column_count(db, "coupon"), row_count(db), int(
        cluster.sql("SELECT count(*) FROM pgmend.applied", db=db))
    if done.status in (0, 22):
        equal(told[1:], (1, 1, 1), repr(done))
    else:
        holds(done.status in (2, 20, 75, 40), done)
        equal(told[1:], (0, 0, 0), repr(done))
    chain_verifies(db)
    # Whatever it was, the same incident again ends well and writes once.
    again = heal(db, document or order(1, coupon="x"))
    equal((again.status, row_count(db)), (0, 1), repr(again))
    return proxy.done


@test
def backend_ended_at_any_message_leaves_all_or_nothing():
    number = 3
    while breaks_at(number, "pgmend work"):
        number += 5


@test
def audit_backend_ended_at_any_message_leaves_all_or_nothing():
    number = 3
    while breaks_at(number, "pgmend audit"):
        number += 5


@test
def both_backends_ended_at_any_message_leave_all_or_nothing():
    number = 12
    while breaks_at(number, "pgmend %"):
        number += 9


main()
