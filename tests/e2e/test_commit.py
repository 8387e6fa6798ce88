"""A wire that breaks around COMMIT: the exit code must agree with the database.

A proxy on a unix socket stands between pgmend and the server, and looks for
the statement COMMIT.
"""

import atexit
import json
import os
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (Cluster, await_that, equal, holds, main,  # noqa: E402
                     pgmend, test)
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)
from proxy import COMMIT, Proxy  # noqa: E402
from scripted import proposing  # noqa: E402

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "coupon": "SPRING-25"}

cluster = Cluster()
make_roles(cluster)
databases = 0


class CommitProxy(Proxy):
    """`on_commit` is told the connection and the bytes that hold COMMIT, and
    returns whether the connection goes on."""

    def __init__(self, on_commit, mark):
        self.on_commit, self.mark = on_commit, mark
        self.deaf = set()  # connections whose server isn't heard any more
        self.mute = set()  # and those over which nothing goes either way
        self.slow = set()  # and those whose next answer takes a while
        self.committed = threading.Event()
        super().__init__(cluster)

    def from_client(self, connection, data):
        return self.mark not in data or self.on_commit(self, connection, data)

    def from_server(self, connection, data):
        if connection in self.deaf:
            self.committed.set()
            return False
        if connection in self.slow:
            self.slow.discard(connection)
            time.sleep(2)
        return True

    def passes(self, connection):
        return connection not in self.mute


def heal_through(on_commit, *options, setup="", mark=COMMIT):
    global databases
    databases += 1
    db = make_warehouse(cluster, f"commit{databases}")
    cluster.sql(setup, db=db)
    failure = load(cluster, db, TABLE, ORDER)
    proxy = CommitProxy(on_commit, mark)
    done = pgmend("heal", "--db", f"host={proxy.folder} dbname={db}"
                  " user=healer", *options, "-",
                  stdin=json.dumps(incident("c-1", TABLE, ORDER, failure)))
    equal(proxy.failures, [], repr(done))
    return db, done


def state(db):
    """Is the column there, how many rows, how many markers."""
    return cluster.sql(
        "SELECT count(*) FROM pg_attribute WHERE attname = 'coupon'"
        f" AND attrelid = '{TABLE}'::regclass;"
        f"SELECT count(*) FROM {TABLE};"
        "SELECT count(*) FROM pgmend.applied", db=db).split()


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


def recovers(db, **counts):
    """Recovery finds so much, and nothing is open after it."""
    done = pgmend("recover", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))
    found = {name: number for name, number in done.json.items()
             if name in ("committed", "rolled_back", "without_change",
                         "alive", "unknown") and number}
    equal(found, counts, repr(done))
    equal(cluster.sql("SELECT * FROM pgmend.v_unresolved", db=db), "")
    chain_verifies(db)


def heals_again(db, document=None):
    """The same incident once more, over a wire that works."""
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), "-",
                  stdin=json.dumps(document or incident(
                      "c-1", TABLE, ORDER, ("42703", "x"))))


@test
def proxy_alone_changes_nothing():
    db, done = heal_through(lambda proxy, connection, data: True)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])


@test
def wire_cut_before_commit_is_rolled_back():
    db, done = heal_through(lambda proxy, connection, data: False)
    equal((done.status, done.json["outcome"]), (20, "rolled_back"),
          repr(done))
    equal(state(db), ["0", "0", "0"])
    chain_verifies(db)


def deliver_and_cut(proxy, connection, data):
    """The server commits; its reply never arrives."""
    proxy.deaf.add(connection)
    connection.server.sendall(data)
    holds(proxy.committed.wait(10), "the server doesn't answer COMMIT")
    return False


@test
def reply_lost_after_commit_is_resolved_by_the_marker():
    db, done = heal_through(deliver_and_cut)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])
    chain_verifies(db)


@test
def rest_of_the_records_follows_a_lost_reply():
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        for number in range(2, 2000):
            file.write(json.dumps(dict(ORDER, id=number)) + "\n")
        file.flush()
        cuts = []

        def cut_twice(proxy, connection, data):
            """The change's COMMIT, and the first one of the rest."""
            if len(cuts) == 2:
                return True
            cuts.append(connection)
            proxy.committed.clear()
            return deliver_and_cut(proxy, connection, data)

        db, done = heal_through(cut_twice, "--replay", file.name)
        os.unlink(file.name[:-len("ndjson")] + "rejected.ndjson")
    equal((done.status, done.json["replay"]["rows"]), (0, 1999), repr(done))
    equal(state(db), ["1", "1999", "1"])
    chain_verifies(db)


@test
def rest_of_the_records_outlasts_a_silent_wire():
    """Its COMMIT is swallowed, or what the server says to it."""
    for swallow in (swallow_commit, swallow_reply):
        seen = []

        def swallow_second(proxy, connection, data):
            seen.append(connection)
            return len(seen) != 2 or swallow(proxy, connection, data)

        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
            file.write(json.dumps(dict(ORDER, id=2)) + "\n")
            file.flush()
            db, done = heal_through(
                swallow_second, "--replay", file.name, "--policy",
                impatient(statement_timeout="1s"))
            os.unlink(file.name[:-len("ndjson")] + "rejected.ndjson")
        equal((done.status, done.json["replay"]["rows"]), (0, 2),
              f"{swallow.__name__}: {done}")
        equal(state(db), ["1", "2", "1"])
        recovers(db)


def cut_for_good(proxy, connection, data):
    proxy.is_open = False
    for other in proxy.connections:
        if other is not connection:
            other.cut()
    return deliver_and_cut(proxy, connection, data)


@test
def server_gone_at_commit_is_an_unknown_outcome():
    db, done = heal_through(cut_for_good)
    equal((done.status, done.json["outcome"]), (21, "unknown"), repr(done))
    holds("COMMIT" in done.json["message"], done)
    recovers(db, committed=1)
    equal(heals_again(db).json["outcome"], "already_healed")
    equal(state(db), ["1", "1", "1"])


def swallow_for_good(proxy, connection, data):
    """COMMIT itself never arrives, and there is no other way to the server."""
    proxy.is_open = False
    return False


@test
def server_out_of_reach_before_commit_is_an_unknown_outcome():
    db, done = heal_through(swallow_for_good)
    equal((done.status, done.json["outcome"]), (21, "unknown"), repr(done))
    recovers(db, rolled_back=1)
    equal(state(db), ["0", "0", "0"])
    equal(heals_again(db).json["outcome"], "healed")
    equal(state(db), ["1", "1", "1"])


# What is said in the trial, where the drift is looked for; and of the change, the
# replay and the marker.
BEFORE_COMMIT = [b"json_to_recordset", b"\0ALTER TABLE",
                 b"INSERT INTO \"pgmend\".replayed",
                 b"INSERT INTO \"pgmend\".applied"]


@test
def wire_cut_before_there_is_a_commit_is_safe_to_retry():
    for mark in BEFORE_COMMIT:
        db, done = heal_through(lambda *unused: False, mark=mark)
        equal((done.status, done.json["outcome"]), (75, "transient"),
              f"{mark}: {done}")
        equal(state(db), ["0", "0", "0"], str(mark))
        recovers(db)
        equal(heals_again(db).json["outcome"], "healed")


def cut_records(proxy, connection, data):
    """The audit connection breaks while the change is committed."""
    for other in proxy.connections:
        if other is not connection:
            other.cut()
    return True


@test
def change_without_closing_record_is_said_so():
    db, done = heal_through(cut_records)
    equal((done.status, done.json["outcome"]), (22, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])
    recovers(db, committed=1)
    equal(heals_again(db).json["outcome"], "already_healed")


@test
def change_without_its_rest_and_without_a_record_is_partial():
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write(json.dumps(dict(ORDER, id=2)) + "\n")
        file.flush()
        db, done = heal_through(cut_records, "--replay", file.name)
        os.unlink(file.name[:-len("ndjson")] + "rejected.ndjson")
    equal((done.status, done.json["outcome"]), (23, "healed"), repr(done))
    holds("pgmend recover" in done.json["message"], done)
    equal(state(db), ["1", "1", "1"])
    recovers(db, committed=1)


# --- A wire that is slow or silent, a standby that doesn't answer ----------------

def impatient(**limits):
    """A policy that lets the server wait for a second."""
    path = os.path.join(tempfile.mkdtemp(prefix="pgmend-commit-", dir="/tmp"),
                        "test.policy")
    atexit.register(shutil.rmtree, os.path.dirname(path), True)
    with open(path, "w") as file:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\nlimits {\n"
                   + "".join(f"    {name} {value}\n"
                             for name, value in limits.items())
                   + "}\nallow add_column, replay on *.* as all\n")
    return path


@test
def commit_that_travels_slowly_is_waited_for():
    def dawdle(proxy, connection, data):
        time.sleep(2)
        return True

    db, done = heal_through(dawdle)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])


@test
def slow_reply_of_commit_is_waited_for():
    def dawdle(proxy, connection, data):
        proxy.slow.add(connection)
        return True

    db, done = heal_through(dawdle)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    holds(done.json["timing_ms"]["commit"] >= 1900, done)
    equal(state(db), ["1", "1", "1"])


@test
def commit_that_comes_too_late_is_rolled_back():
    def dawdle(proxy, connection, data):
        time.sleep(3)
        return True

    db, done = heal_through(dawdle, "--policy",
                            impatient(idle_in_transaction_timeout="1s"))
    equal((done.status, done.json["outcome"]), (20, "rolled_back"),
          repr(done))
    equal(state(db), ["0", "0", "0"])
    chain_verifies(db)


def swallow_reply(proxy, connection, data):
    """The server commits; the wire stays, and nothing comes over it."""
    connection.server.sendall(data)
    proxy.mute.add(connection)
    return True


@test
def silence_after_commit_is_resolved_by_the_marker():
    db, done = heal_through(swallow_reply, "--policy",
                            impatient(statement_timeout="1s"))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])
    chain_verifies(db)


def swallow_commit(proxy, connection, data):
    proxy.mute.add(connection)
    return True


@test
def commit_that_is_swallowed_is_rolled_back():
    db, done = heal_through(swallow_commit, "--policy",
                            impatient(statement_timeout="1s"))
    equal((done.status, done.json["outcome"]), (20, "rolled_back"),
          repr(done))
    equal(state(db), ["0", "0", "0"])
    chain_verifies(db)


@test
def silence_before_there_is_a_commit_is_safe_to_retry():
    for mark in BEFORE_COMMIT[1:]:
        db, done = heal_through(swallow_commit, "--policy",
                                impatient(statement_timeout="1s"), mark=mark)
        equal((done.status, done.json["reason_code"]),
              (75, "connection_lost"), f"{mark}: {done}")
        equal(state(db), ["0", "0", "0"])
        recovers(db)
        equal(heals_again(db).json["outcome"], "healed")


def waits_for_standby(application):
    return cluster.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        f" AND application_name = '{application}'") == "1"


def await_work():
    """Until the change's COMMIT waits for the standby."""
    await_that(lambda: waits_for_standby("pgmend work"), "nobody waits", 10)


class Standby:
    """A synchronous one that is configured and not there, from COMMIT on, until
    the next record waits for it, too."""

    @staticmethod
    def name(names):
        cluster.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        cluster.sql("SELECT pg_reload_conf()")

    @staticmethod
    def is_missed():
        return cluster.sql("SHOW synchronous_standby_names") == "nobody"

    def vanish(self):
        self.name("nobody")
        await_that(self.is_missed, "the standby isn't missed")
        threading.Thread(target=self.come_back, daemon=True).start()

    def come_back(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.is_missed() and \
                not waits_for_standby("pgmend audit"):
            time.sleep(0.05)
        self.name("")


@test
def wire_cut_while_a_standby_is_waited_for_is_resolved():
    def cut_waiting(proxy, connection, data):
        Standby().vanish()
        connection.server.sendall(data)
        await_work()
        return False

    # The transaction is over and nobody sees it: a look at the marker alone
    # would say that it was rolled back.
    db, done = heal_through(cut_waiting)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])
    chain_verifies(db)


@test
def silent_standby_is_waited_for_as_long_as_policy_says():
    def lose_standby(proxy, connection, data):
        Standby().vanish()
        return True

    db, done = heal_through(lose_standby, "--policy",
                            impatient(statement_timeout="1s"))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    holds(done.json["timing_ms"]["commit"] >= 900, done)
    equal(state(db), ["1", "1", "1"])
    chain_verifies(db)


def while_waiting(act):
    """The standby is gone at COMMIT; then `act`."""
    acted = threading.Event()

    def wait_and_act():
        await_work()
        act()
        acted.set()

    def lose_standby(proxy, connection, data):
        Standby().vanish()
        threading.Thread(target=wait_and_act, daemon=True).start()
        return True

    db, done = heal_through(lose_standby)
    holds(acted.wait(10), f"nobody waited: {done}")
    return db, done


def signal_work(function):
    cluster.sql(f"SELECT {function}(pid) FROM pg_stat_activity WHERE"
                " application_name = 'pgmend work' AND wait_event = 'SyncRep'")


@test
def wait_for_a_standby_that_a_person_ends_is_a_commit():
    """The server commits on its own then; what it says is heard or resolved."""
    for function in ("pg_cancel_backend", "pg_terminate_backend"):
        db, done = while_waiting(lambda: signal_work(function))
        equal((done.status, done.json["outcome"]), (0, "healed"),
              f"{function}: {done}")
        equal(state(db), ["1", "1", "1"])
        recovers(db)


@test
def standby_that_comes_back_ends_the_wait():
    db, done = while_waiting(lambda: (time.sleep(1), Standby.name("")))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    holds(done.json["timing_ms"]["commit"] >= 900, done)
    equal(state(db), ["1", "1", "1"])
    recovers(db)


DEFERRED = f"""
SET ROLE orders_owner;
CREATE TABLE analytics.later (customer text);
GRANT INSERT ON analytics.later TO PUBLIC;
CREATE FUNCTION analytics.late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    INSERT INTO analytics.later VALUES ('x');
    RETURN NEW;
END$$;
CREATE FUNCTION analytics.too_late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    RAISE EXCEPTION 'too late' USING ERRCODE = '23514';
END$$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON {TABLE} DEFERRABLE INITIALLY
    DEFERRED FOR EACH ROW EXECUTE FUNCTION analytics.late();
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON analytics.later DEFERRABLE
    INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION analytics.too_late();
"""


@test
def constraint_that_fails_at_commit_changes_nothing():
    """The check before COMMIT passes: a trigger puts off what fails."""
    sent = []
    db, done = heal_through(
        lambda proxy, connection, data: sent.append(data) or True,
        setup=DEFERRED)
    equal((done.status, done.json["outcome"]), (20, "rolled_back"), repr(done))
    holds("too late" in done.json["message"], done)
    equal(len(sent), 1)
    equal(state(db), ["0", "0", "0"])
    chain_verifies(db)


# --- Two transactions: a new enum label, and the row with it --------------------

LABEL = """
SET ROLE orders_owner;
CREATE TYPE analytics.mood AS ENUM ('bad');
ALTER TABLE analytics.orders ADD COLUMN mood analytics.mood"""

LABELLED = {"id": 1, "customer": "a", "mood": "good"}


def label_through(on_commit, wanted):
    """The COMMIT of that number is broken so; returns the result, and the
    labels, the rows and the markers that are there."""
    global databases
    databases += 1
    db = make_warehouse(cluster, f"commit{databases}")
    cluster.sql(LABEL, db=db)
    failure = load(cluster, db, TABLE, LABELLED)
    seen = []

    def at(proxy, connection, data):
        seen.append(data)
        return len(seen) != wanted or on_commit(proxy, connection, data)

    proxy = CommitProxy(at, COMMIT)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "all.policy")
        with open(path, "w") as file:
            file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                       "allow add_enum_value, replay on *.* as all\n")
        done = pgmend("heal", "--db", f"host={proxy.folder} dbname={db}"
                      " user=healer", "--policy", path, "-",
                      stdin=json.dumps(incident("c-1", TABLE, LABELLED, failure)),
                      build=proposing("ALTER TYPE analytics.mood ADD VALUE"
                                      " 'good'"))
    equal(proxy.failures, [], repr(done))
    chain_verifies(db)
    return done, cluster.sql(
        "SELECT count(*) FROM pg_enum WHERE enumlabel = 'good';"
        f"SELECT count(*) FROM {TABLE};"
        "SELECT step FROM pgmend.applied ORDER BY 1", db=db).split()


def cut(proxy, connection, data):
    return False


@test
def label_whose_commit_never_arrived_is_not_there():
    done, left = label_through(cut, 1)
    equal((done.status, left), (20, ["0", "0"]), repr(done))


@test
def label_whose_reply_was_lost_is_followed_by_its_row():
    done, left = label_through(deliver_and_cut, 1)
    equal((done.status, left), (0, ["1", "1", "1", "2"]), repr(done))


@test
def row_whose_commit_never_arrived_leaves_the_label_alone():
    done, left = label_through(cut, 2)
    equal((done.status, left), (23, ["1", "0", "1"]), repr(done))
    db = f"commit{databases}"
    recovers(db)
    again = heals_again(db, incident("c-1", TABLE, LABELLED, ("22P02", "x")))
    equal(again.status, 0, repr(again))
    equal(state(db)[1], "1")


@test
def label_whose_run_never_hears_again_is_recovered_as_partial():
    done, left = label_through(cut_for_good, 1)
    equal((done.status, left), (21, ["1", "0", "1"]), repr(done))
    db = f"commit{databases}"
    recovers(db, committed=1)
    equal(cluster.sql("SELECT exit_code FROM pgmend.v_run", db=db), "23")
    again = heals_again(db, incident("c-1", TABLE, LABELLED, ("22P02", "x")))
    equal(again.status, 0, repr(again))
    equal(state(db)[1], "1")


@test
def row_whose_reply_was_lost_is_found_by_its_own_marker():
    done, left = label_through(deliver_and_cut, 2)
    equal((done.status, left), (0, ["1", "1", "1", "2"]), repr(done))


main()
