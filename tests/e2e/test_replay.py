"""Many records: each is written exactly once or set aside with its reason, in
memory that doesn't grow with their number, however often a run is interrupted.
"""

import json
import os
import pty
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, await_that, equal, holds,  # noqa: E402
                     main, pgmend, test, test_within)
from pipeline import (Session, incident, is_waited_for, load,  # noqa: E402
                      make_roles, make_warehouse)

TABLE = "analytics.orders"
folder = tempfile.TemporaryDirectory(prefix="pgmend-replay-", dir="/tmp")
os.chmod(folder.name, 0o755)

cluster = Cluster()
make_roles(cluster)
databases = 0


def warehouse():
    global databases
    databases += 1
    return make_warehouse(cluster, f"replay{databases}")


def order(number, **fields):
    return {"id": number, "customer": f"c{number}", "coupon": "x", **fields}


def write(name, lines):
    path = os.path.join(folder.name, name)
    with open(path, "w") as file:
        for line in lines:
            file.write((line if isinstance(line, str) else json.dumps(line))
                       + "\n")
    return path


def drift(db, *payloads, identity="r-1"):
    failure = load(cluster, db, TABLE, payloads[0]) or ("42703", "x")
    made = incident(identity, TABLE, payloads[0], failure)
    if len(payloads) > 1:
        del made["payload"]
        made["payloads"] = list(payloads)
    return made


def heal(db, made, *options, **how):
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), *options,
                  "-", stdin=json.dumps(made), **how)


def start(db, made, path, stderr=subprocess.PIPE):
    process = subprocess.Popen(
        [os.path.join(BUILD, "pgmend"), "heal", "--db",
         cluster.conninfo(db, "healer"), "--replay", path, "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
        text=True)
    process.stdin.write(json.dumps(made))
    process.stdin.close()
    process.stdin = None
    return process


def ids(db):
    found = cluster.sql(f"SELECT id FROM {TABLE} ORDER BY id", db=db)
    return [int(line) for line in found.split()]


def rejected(path):
    with open(path[:-len(".ndjson")] + ".rejected.ndjson") as file:
        return [json.loads(line) for line in file]


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


def events(db, kind):
    return [json.loads(line) for line in cluster.sql(
        f"SELECT body FROM pgmend.event WHERE kind = '{kind}' ORDER BY seq",
        db=db).splitlines()]


# --- The incident's own records -----------------------------------------------

@test
def bad_record_among_witnesses_is_set_aside_and_said_so():
    db = warehouse()
    made = drift(db, *[order(i, amount="x" if i == 4 else i)
                       for i in range(9)])
    # The trial meets the missing column first.
    done = heal(db, made)
    equal((done.status, done.json["reason_code"]), (23, "records_rejected"),
          repr(done))
    equal(done.json["replay"]["rows"], 8)
    equal(done.json["replay"]["rejected"], 1)
    only = done.json["replay"]["rejections"][0]
    equal((only["record"], only["sqlstate"]), (4, "22P02"))
    equal(ids(db), [i for i in range(9) if i != 4])
    equal(cluster.sql("SELECT string_agg(ordinal::text, ',' ORDER BY ordinal)"
                      " FROM pgmend.replayed", db=db), "0,1,2,3,5,6,7,8")
    chain_verifies(db)


@test
def change_that_helps_no_record_is_rolled_back():
    db = warehouse()
    made = drift(db, *[order(i, amount="x") for i in range(3)])
    done = heal(db, made)
    equal((done.status, done.json["outcome"]), (20, "rolled_back"), repr(done))
    equal(ids(db), [])
    equal(cluster.sql("SELECT count(*) FROM pg_attribute WHERE attname ="
                      f" 'coupon' AND attrelid = '{TABLE}'::regclass", db=db),
          "0")


@test
def more_records_than_one_batch_are_all_written():
    db = warehouse()
    payloads = [{"id": i, "customer": "c", "coupon": "x"} for i in range(2500)]
    done = heal(db, drift(db, *payloads))
    equal((done.status, done.json["replay"]), (0, {"rows": 2500,
                                                   "rejected": 0}), repr(done))
    equal(len(ids(db)), 2500)
    batches = events(db, "replay.batch")
    equal(sum(one["rows"] for one in batches), 1500)
    done = heal(db, drift(db, *payloads))
    equal((done.status, done.json["reason_code"]), (0, "already_replayed"))


# --- A file -------------------------------------------------------------------

@test
def file_is_replayed_and_bad_lines_are_set_aside():
    db = warehouse()
    path = write("mixed.ndjson", [
        order(2), order(3, amount="many"), "", "no json", '["array"]',
        order(4), order(4), '{"id": 5, "id": 6}', "  ",
        json.dumps(order(7)) + "\r", order(8, customer=None),
        order(1, amount=1)])
    done = heal(db, drift(db, order(1, amount=1)), "--replay", path)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(ids(db), [1, 2, 4, 7])
    equal(done.json["replay"]["rows"], 4)
    equal(done.json["replay"]["rejected"], 6)
    equal(done.json["replay"]["repeated"], 1)
    found = {one["line"]: one for one in rejected(path)}
    equal({line: one["sqlstate"] for line, one in found.items()},
          {2: "22P02", 4: None, 5: None, 7: "23505", 8: None, 11: "23502"})
    equal(found[2]["payload"], order(3, amount="many"))
    equal(found[4]["text"], "no json")
    holds("invalid input" in found[2]["reason"], found)
    equal(os.stat(path[:-7] + ".rejected.ndjson").st_mode & 0o777, 0o600)
    chain_verifies(db)


@test
def same_command_again_writes_nothing_twice():
    db = warehouse()
    path = write("again.ndjson", [order(i) for i in range(2, 3000)])
    made = drift(db, order(1))
    first = heal(db, made, "--replay", path)
    equal((first.status, first.json["replay"]["rows"]), (0, 2999), repr(first))
    second = heal(db, made, "--replay", path)
    equal((second.status, second.json["outcome"]), (0, "already_healed"),
          repr(second))
    equal((second.json["replay"]["rows"], second.json["replay"]["repeated"]),
          (0, 2999))
    equal(len(ids(db)), 2999)


@test
def rejected_ones_are_tried_again_and_the_older_file_is_kept():
    db = warehouse()
    path = write("cured.ndjson", [order(2), order(3, amount="many")])
    made = drift(db, order(1, amount=1))
    equal(heal(db, made, "--replay", path).json["replay"]["rejected"], 1)
    cluster.sql(f"ALTER TABLE {TABLE} ALTER amount TYPE text", db=db)
    done = heal(db, made, "--replay", path)
    equal((done.status, done.json["replay"]["rows"]), (0, 1), repr(done))
    equal(ids(db), [1, 2, 3])
    equal(rejected(path), [])
    with open(path[:-7] + ".rejected.ndjson.1") as file:
        equal(json.loads(file.read())["line"], 2)


@test
def line_beyond_all_bounds_is_set_aside():
    db = warehouse()
    path = write("long.ndjson", [order(2), order(3, coupon="y" * (3 << 20)),
                                 order(4)])
    done = heal(db, drift(db, order(1)), "--replay", path)
    equal((done.status, done.json["replay"]["rejected"]), (0, 1), repr(done))
    equal(ids(db), [1, 2, 4])
    equal(rejected(path)[0]["line"], 2)


@test
def many_bad_records_leave_all_good_ones():
    db = warehouse()
    path = write("many.ndjson", [order(i, amount="x" if i % 3 == 0 else i)
                                 for i in range(2, 1502)])
    done = heal(db, drift(db, order(1, amount=1)), "--replay", path)
    equal(done.status, 0, repr(done))
    equal(ids(db), [i for i in range(1, 1502) if i == 1 or i % 3])
    equal([one["line"] + 1 for one in rejected(path)],
          [i for i in range(2, 1502) if i % 3 == 0])


@test
def deferred_constraint_rejects_its_own_record():
    db = warehouse()
    cluster.sql("SET ROLE orders_owner; CREATE TABLE analytics.regions (id int"
                " PRIMARY KEY); INSERT INTO analytics.regions VALUES (1);"
                "GRANT REFERENCES ON analytics.regions TO orders_owner;"
                f"ALTER TABLE {TABLE} ADD region int REFERENCES"
                " analytics.regions DEFERRABLE INITIALLY DEFERRED", db=db)
    path = write("deferred.ndjson", [order(i, region=2 if i == 5 else 1)
                                     for i in range(2, 9)])
    done = heal(db, drift(db, order(1, region=1)), "--replay", path)
    equal(done.status, 0, repr(done))
    equal(ids(db), [1, 2, 3, 4, 6, 7, 8])
    equal([one["sqlstate"] for one in rejected(path)], ["23503"])


@test
def value_too_long_for_a_domain_is_not_cut():
    db = warehouse()
    cluster.sql("SET ROLE orders_owner; CREATE DOMAIN analytics.code AS"
                f" varchar(3); ALTER TABLE {TABLE} ADD code analytics.code",
                db=db)
    path = write("domain.ndjson", [order(2, code="abcd"), order(3, code="abc")])
    done = heal(db, drift(db, order(1, code="a")), "--replay", path)
    equal(done.status, 0, repr(done))
    equal(cluster.sql(f"SELECT string_agg(code, ' ' ORDER BY id) FROM {TABLE}",
                      db=db), "a abc")
    equal([one["sqlstate"] for one in rejected(path)], ["22001"])


@test
def record_that_depends_on_the_session_is_not_guessed():
    db = warehouse()
    path = write("zone.ndjson", [
        order(2, placed_at="2026-01-01T00:00:00Z"),
        order(3, placed_at="2026-01-01 00:00:00")])
    made = drift(db, order(1, placed_at="2026-01-01T00:00:00Z"))
    done = heal(db, made, "--replay", path)
    equal(done.status, 0, repr(done))
    equal(ids(db), [1, 2])
    equal(rejected(path)[0]["reason_code"], "session_dependent")


@test
def every_form_of_placeholder_reads_a_file():
    for sql in ["($1, $2, $3)", "(%(id)s, %(customer)s, %(coupon)s)",
                "(:id, :customer, :coupon)"]:
        db = warehouse()
        path = write("forms.ndjson", [order(2, coupon="%(id)s :id $1"),
                                      {"coupon": "b", "customer": "c",
                                       "id": 3, "more": [1]}])
        made = drift(db, order(1))
        made["statement"] = {"sql": f"INSERT INTO {TABLE} (id, customer,"
                                    f" coupon) VALUES {sql}"}
        if "$" in sql:
            made["statement"]["params"] = ["id", "customer", "coupon"]
        done = heal(db, made, "--replay", path)
        equal((done.status, done.json["replay"]["rows"]), (0, 3), repr(done))
        equal(cluster.sql(f"SELECT string_agg(coupon, ',' ORDER BY id) FROM"
                          f" {TABLE}", db=db), "x,%(id)s :id $1,b")


@test
def progress_is_shown_on_a_terminal_only():
    for is_terminal in [True, False]:
        db = warehouse()
        path = write("progress.ndjson", [order(i) for i in range(2, 50)])
        ours, theirs = pty.openpty() if is_terminal else os.pipe()
        process = start(db, drift(db, order(1)), path, stderr=theirs)
        os.close(theirs)
        out, _ = process.communicate(timeout=50)
        equal(process.returncode, 0, out)
        said = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # how a terminal ends
                piece = b""
            if piece == b"":
                break
            said += piece
        os.close(ours)
        equal(b"49 of 49 records" in said, is_terminal, said)


@test
def file_alone_is_enough():
    db = warehouse()
    path = write("alone.ndjson", [
        "no json", order(1), order(2, customer=None), "",
        *[order(i) for i in range(3, 1500)]])
    made = drift(db, order(1))
    del made["payload"]
    for rows in [1498, 0]:
        done = heal(db, made, "--replay", path)
        equal((done.status, done.json["replay"]["rows"]), (0, rows),
              repr(done))
        holds(ids(db) == [1, *range(3, 1500)], "other rows are there")
        # One odd record is no drift.
        equal([(one["line"], one["sqlstate"]) for one in rejected(path)],
              [(1, None), (3, "23502")])
    chain_verifies(db)


@test
def file_without_a_record_says_what_is_missing():
    db = warehouse()
    made = drift(db, order(1))
    del made["payload"]
    path = write("none.ndjson", ["", "no json"])
    for options in [(), ("--replay", path)]:
        done = heal(db, made, *options)
        equal((done.status, done.json["reason_code"]),
              (13, "payload_missing"), repr(done))
        holds("--replay" in done.json["message"], done)


# --- What is refused before anything is done ----------------------------------

@test
def more_records_than_policy_allows_are_refused():
    db = warehouse()
    path = write("limit.ndjson", [order(i) for i in range(2, 30)])
    policy = os.path.join(folder.name, "few.policy")
    with open(policy, "w") as file:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   "allow add_column on *.* as a {\n    type *.*\n}\n"
                   "allow replay on *.* as b\n"
                   "limits {\n    replay_rows 10\n}\n")
    done = heal(db, drift(db, order(1)), "--replay", path, "--policy", policy)
    equal((done.status, done.json["reason_code"]), (11, "too_many_records"),
          repr(done))
    equal(ids(db), [])


@test
def file_that_grows_beyond_what_policy_allows_is_left_there():
    db = warehouse()
    path = write("grows.ndjson", [order(i) for i in range(2, 11)])
    policy = os.path.join(folder.name, "grows.policy")
    with open(policy, "w") as file:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   "allow add_column, replay on *.* as all\n"
                   "limits {\n    replay_rows 10\n}\n")
    # It waits for the table's lock, long after the lines were counted.
    blocker = Session(cluster, db,
                      f"LOCK {TABLE} IN SHARE UPDATE EXCLUSIVE MODE")
    process = subprocess.Popen(
        [os.path.join(BUILD, "pgmend"), "heal", "--db",
         cluster.conninfo(db, "healer"), "--policy", policy, "--replay", path,
         "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    process.stdin.write(json.dumps(drift(db, order(1))))
    process.stdin.close()
    process.stdin = None
    await_that(lambda: is_waited_for(cluster, db), "nobody waits")
    with open(path, "a") as file:
        file.write(json.dumps(order(11)) + "\n")
    blocker.end("COMMIT")
    out, _ = process.communicate(timeout=50)
    done = json.loads(out)
    equal((process.returncode, done["reason_code"]), (23, "too_many_records"),
          out)
    holds(11 not in ids(db), "a line more than policy allows was written")
    chain_verifies(db)


@test
def replay_of_rows_that_the_caller_keeps_is_refused():
    db = warehouse()
    path = write("prove.ndjson", [order(2)])
    done = heal(db, drift(db, order(1)), "--replay", path, "--rows", "prove")
    equal(done.status, 2, repr(done))
    for bad in ["/nonexistent", folder.name, "/dev/null"]:
        done = heal(db, drift(db, order(1)), "--replay", bad)
        equal((done.status, done.json["reason_code"]), (2, "replay_file"),
              repr(done))
    equal(ids(db), [])


# --- Interrupted --------------------------------------------------------------

def wait_for(db, rows, process):
    """Until so many are there, while the run goes on."""
    await_that(lambda: process.poll() is not None or len(ids(db)) >= rows,
               "too few records", 30)
    equal(process.poll(), None, "the run is over")


@test_within(120)
def killed_runs_lose_nothing_and_double_nothing():
    db = warehouse()
    count = 60_000
    path = write("killed.ndjson", (json.dumps(order(i))
                                   for i in range(2, count)))
    made = drift(db, order(1))
    for rows in [1, 15_000, 35_000]:
        process = start(db, made, path)
        wait_for(db, rows, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = heal(db, made, "--replay", path)
    equal(done.status, 0, repr(done))
    holds(done.json["replay"]["repeated"] > 10_000, done)
    equal(cluster.sql(f"SELECT count(*), count(DISTINCT id) FROM {TABLE}",
                      db=db), f"{count - 1}|{count - 1}")
    chain_verifies(db)


@test_within(120)
def server_that_restarts_meanwhile_is_gone_back_to():
    db = warehouse()
    count = 40_000
    path = write("restart.ndjson", (json.dumps(order(i))
                                    for i in range(2, count)))
    made = drift(db, order(1))
    process = start(db, made, path)
    wait_for(db, 5_000, process)
    cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'pgmend work'")
    out, err = process.communicate(timeout=60)
    equal((process.returncode, json.loads(out)["replay"]["rows"]),
          (0, count - 1), out + err)
    equal(cluster.sql(f"SELECT count(*), count(DISTINCT id) FROM {TABLE}",
                      db=db), f"{count - 1}|{count - 1}")


@test_within(120)
def memory_does_not_grow_with_the_file():
    peaks = []
    for count in [10_000, 80_000]:
        db = warehouse()
        path = write("memory.ndjson", (
            json.dumps(order(i, coupon="c" * 200)) for i in range(2, count)))
        process = start(db, drift(db, order(1)), path)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        equal(process.returncode, 0)
        peaks.append(usage.ru_maxrss)
    # A sanitizer keeps what is freed: only a real build can be measured.
    if "address" not in BUILD:
        holds(peaks[1] < peaks[0] + 2 * 1024, peaks)
        holds(peaks[1] < 32 * 1024, peaks)


main()
