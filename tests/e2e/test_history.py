"""What the audit remembers decides: how many records bear witness to a drift,
and how many changes there were. One record is no drift, and no two runs both
take the last place that a policy leaves.
"""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, equal, holds, main, pgmend,  # noqa: E402
                     test)
from pipeline import (Session, incident, load, make_roles,  # noqa: E402
                      make_warehouse)
from scripted import proposing  # noqa: E402

TABLE = "analytics.orders"
MISSING = ("42703", 'column "x" does not exist')
# None resembles another: the builtin planner would take it for the column that
# a run before it added, under another name, and give up.
FIELDS = ("coupon", "weight", "region", "gift", "parcel", "tax", "lane", "hour")

cluster = Cluster(max_connections="100")
make_roles(cluster)
make_warehouse(cluster, "base")
databases = 0
folder = tempfile.mkdtemp(prefix="pgmend-history-", dir="/tmp")
atexit.register(shutil.rmtree, folder, True)


def warehouse():
    global databases
    databases += 1
    db = f"history{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    return db


def policy(name, rules, limits=""):
    path = os.path.join(folder, f"{name}.policy")
    with open(path, "w") as file:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   f"{limits}allow replay on *.* as rows\n{rules}\n")
    return path


def arguments(db, document, *options):
    return ["heal", "--db", cluster.conninfo(db, "healer"), "--planner",
            "builtin", *options, "-"], json.dumps(document)


def heal(db, document, *options, build=None):
    command, text = arguments(db, document, *options)
    return pgmend(*command, stdin=text, build=build)


def together(db, documents, *options):
    """Exit status and result of each, all at once."""
    processes = []
    for document in documents:
        command, text = arguments(db, document, *options)
        process = subprocess.Popen(
            [os.path.join(BUILD, "pgmend"), *command], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        process.stdin.write(text)
        process.stdin.close()
        process.stdin = None
        processes.append(process)
    return [(json.loads(process.communicate(timeout=50)[0]),
             process.returncode) for process in processes]


def order(number, table=TABLE, **fields):
    payload = {"id": number, "customer": "x", **fields}
    return incident(f"i-{number}", table, payload, MISSING)


def columns(db, table=TABLE):
    return int(cluster.sql(
        "SELECT count(*) FROM pg_attribute WHERE attnum > 4 AND NOT"
        f" attisdropped AND attrelid = '{table}'::regclass", db=db))


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


# --- Witnesses ----------------------------------------------------------------

DROPPING = proposing(f"ALTER TABLE {TABLE} ALTER COLUMN customer DROP NOT NULL")


def omission(db, number, identity=None):
    """A record without its customer, and the server's own complaint."""
    payload = {"id": number, "customer": None}
    return incident(identity or f"w-{number}", TABLE, payload,
                    load(cluster, db, TABLE, payload))


def is_not_null(db):
    return cluster.sql("SELECT attnotnull FROM pg_attribute WHERE attname ="
                       f" 'customer' AND attrelid = '{TABLE}'::regclass",
                       db=db) == "t"


@test
def third_record_without_a_field_drops_the_not_null():
    db = warehouse()
    for number in (1, 2):
        done = heal(db, omission(db, number), build=DROPPING)
        equal(done.status, 10, repr(done))
        holds(is_not_null(db), done)
    done = heal(db, omission(db, 3), build=DROPPING)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    # The plan was made by the first run; nobody was asked again.
    equal(done.json["model"]["planner"], None)
    holds(not is_not_null(db), done)
    equal(cluster.sql("SELECT count(*) FROM pgmend.event WHERE kind ="
                      " 'proposal.parsed'", db=db), "1")
    chain_verifies(db)


@test
def same_record_under_other_names_is_one_witness():
    db = warehouse()
    for attempt in range(4):
        done = heal(db, omission(db, 1, f"other-{attempt}"), build=DROPPING)
        equal(done.status, 10, repr(done))
    holds(is_not_null(db), done)


@test
def three_records_of_one_incident_are_three_witnesses():
    db = warehouse()
    records = [{"id": number, "customer": None} for number in (1, 2, 3)]
    for payloads, status in [([records[0]] * 3, 10), (records, 0)]:
        document = omission(db, 1, f"several-{status}")
        del document["payload"]
        document["payloads"] = payloads
        done = heal(db, document, build=DROPPING)
        equal(done.status, status, repr(done))


@test
def witnesses_of_another_field_do_not_count():
    db = warehouse()
    cluster.sql(f"ALTER TABLE {TABLE} ALTER amount SET NOT NULL", db=db)
    for number in range(2):
        payload = {"id": number, "customer": "x", "amount": None}
        done = heal(db, incident(f"o-{number}", TABLE, payload,
                                 load(cluster, db, TABLE, payload)))
        holds(done.status != 0, done)
    payload = {"id": 3, "customer": None, "amount": 1}
    done = heal(db, incident("o-3", TABLE, payload,
                             load(cluster, db, TABLE, payload)),
                build=DROPPING)
    equal(done.status, 10, repr(done))
    holds(is_not_null(db), done)


# --- Changes in an hour and a day -----------------------------------------------

TWO_A_DAY = policy("two", "allow add_column on *.* as some {\n"
                          "    when rate.table_day < 2\n}")


@test
def third_change_of_a_table_in_a_day_is_stopped():
    db = warehouse()
    for number, name in enumerate(["one", "two", "three"], 1):
        done = heal(db, order(number, **{name: "x"}), "--policy", TWO_A_DAY)
        equal(done.status, 0 if number < 3 else 11, repr(done))
    equal(done.json["reason_code"], "policy_denies")
    equal(columns(db), 2)
    # Another record of a drift that was healed is no change.
    done = heal(db, order(4, one="y"), "--policy", TWO_A_DAY)
    equal((done.status, done.json["outcome"]), (0, "already_healed"),
          repr(done))
    # And a day later there is room again, without asking a planner.
    cluster.sql("SET session_replication_role = replica;"
                "ALTER TABLE pgmend.reservation DISABLE TRIGGER append_only;"
                "UPDATE pgmend.reservation SET at = at - interval '25 hours'",
                db=db)
    done = heal(db, order(5, three="y"), "--policy", TWO_A_DAY)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(done.json["model"]["planner"], None)
    equal(columns(db), 3)


@test
def limit_holds_for_runs_at_once():
    db = warehouse()
    results = together(db, [order(number, **{name: "x"})
                            for number, name in enumerate(FIELDS)],
                       "--policy", TWO_A_DAY)
    equal(sorted(result["reason_code"] for result, _ in results),
          ["ok"] * 2 + ["policy_denies"] * 6, results)
    equal(sorted(status for _, status in results), [0] * 2 + [11] * 6, results)
    equal(columns(db), 2)
    chain_verifies(db)


@test
def change_that_is_rolled_back_gives_its_place_back():
    db = warehouse()
    cluster.sql("SET ROLE orders_owner; CREATE TABLE analytics.shop (id bigint"
                f" PRIMARY KEY); ALTER TABLE {TABLE} ADD COLUMN shop bigint"
                " REFERENCES analytics.shop DEFERRABLE INITIALLY DEFERRED",
                db=db)
    one = policy("one", "allow add_column on *.* as some {\n"
                        "    when rate.table_day < 1\n}")
    done = heal(db, order(1, coupon="x", shop=77), "--policy", one)
    equal(done.status, 20, repr(done))
    done = heal(db, order(2, coupon="x"), "--policy", one)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))


@test
def plan_that_waits_for_people_takes_a_place():
    db = warehouse()
    rules = policy(
        "waits", "allow add_column on *.* as some\n"
        "escalate add_column on *.*.ask* as asks\n"
        "deny add_column on *.* as enough {\n"
        "    when rate.schema_day >= 2 or rate.total_day >= 2\n}")
    for number, (name, status) in enumerate([
            ("ask_first", 10), ("second", 0), ("third", 11)]):
        done = heal(db, order(number, **{name: "x"}), "--policy", rules)
        equal(done.status, status, repr(done))
    equal(done.json["reason_code"], "policy_denies")


@test
def each_table_and_each_pipeline_has_its_own_count():
    db = warehouse()
    cluster.sql(f"SET ROLE orders_owner; CREATE TABLE analytics.items (LIKE"
                f" {TABLE} INCLUDING ALL); GRANT INSERT ON analytics.items TO"
                " orders_loader", db=db)
    config = os.path.join(folder, "pgmend.conf")
    with open(config, "w") as file:
        for name in ("a", "b"):
            file.write(f"[pipeline {name}]\ntables = {TABLE}, analytics.items\n"
                       "role = orders_loader\n")
    each = policy("each", "allow add_column on *.* as some {\n    when"
                          " rate.table_hour < 1 and rate.pipeline_day < 2\n}")
    expected = [("a", TABLE, "ok"), ("a", TABLE, "policy_denies"),
                ("a", "analytics.items", "ok"),
                ("b", "analytics.items", "policy_denies")]
    for number, (pipeline, table, code) in enumerate(expected):
        done = heal(db, order(number, table, **{FIELDS[number]: "x"}),
                    "--policy", each, "--config", config, "--pipeline",
                    pipeline)
        equal(done.json["reason_code"], code, f"{number}: {done}")


@test
def table_is_as_old_as_its_first_incident():
    db = warehouse()
    old = policy("old", "allow add_column on *.* as some {\n"
                        "    when table.age >= 1h\n}")
    equal(heal(db, order(1, coupon="x"), "--policy", old).status, 11)
    cluster.sql("SET session_replication_role = replica;"
                "ALTER TABLE pgmend.witness DISABLE TRIGGER append_only;"
                "UPDATE pgmend.witness SET at = at - interval '2 hours'",
                db=db)
    done = heal(db, order(2, coupon="x"), "--policy", old)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))


# --- Waiting for locks ------------------------------------------------------------

@test
def waiting_for_locks_has_a_budget():
    db = warehouse()
    rules = policy("locks", "allow add_column on *.* as some",
                   "limits {\n    lock_timeout 1s\n    max_attempts 1\n"
                   "    lock_wait_hour 800ms\n}\n")
    with Session(cluster, db, f"LOCK {TABLE} IN ACCESS SHARE MODE"):
        done = heal(db, order(1, coupon="x"), "--policy", rules)
    equal((done.status, done.json["reason_code"]), (75, "database_busy"),
          repr(done))
    done = heal(db, order(1, coupon="x"), "--policy", rules)
    equal((done.status, done.json["reason_code"]), (75, "lock_budget"),
          repr(done))
    equal(columns(db), 0)


main()
