"""Several drifts in one record. The server names the first alone, and behind it
wait others: each combination heals whole in one run, or nothing is changed and
the answer says why.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, tool, turn  # noqa: E402
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import (Session, incident, load, make_roles,  # noqa: E402
                      make_warehouse)

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "several")
numbers = 0


def table(text):
    """A fresh table that the loader may write to; $t stands for its name."""
    global numbers
    numbers += 1
    name = f"tab{numbers}"
    cluster.sql("SET ROLE orders_owner; SET search_path = analytics;"
                + text.replace("$t", name)
                + f"; GRANT INSERT ON {name} TO orders_loader", db=db)
    return name


def heal(name, *payloads, **extra):
    failure = load(cluster, db, f"analytics.{name}", payloads[0])
    holds(failure is not None, "the write works")
    document = incident(f"s-{name}", f"analytics.{name}", payloads[0], failure,
                        **extra)
    if len(payloads) > 1:
        del document["payload"]
        document["payloads"] = list(payloads)
    return pgmend("heal", "--planner", "builtin", "--db",
                  cluster.conninfo(db, "healer"), "-",
                  stdin=json.dumps(document))


def heals(definition, payloads, columns, expected):
    name = table(definition)
    done = heal(name, *payloads)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(cluster.sql(f"SELECT {columns} FROM analytics.{name} ORDER BY 1",
                      db=db), expected)
    equal(load(cluster, db, f"analytics.{name}", payloads[0])
          if done.json["statement"] is None else None, None, repr(done))
    return done


def leaves(definition, payloads, status, reason=""):
    name = table(definition)
    catalogue = ("SELECT md5(string_agg(a::text, ' ' ORDER BY attrelid, attnum))"
                 " FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid"
                 " WHERE relnamespace = 'analytics'::regnamespace")
    before = cluster.sql(catalogue, db=db)
    done = heal(name, *payloads)
    equal(done.status, status, repr(done))
    holds(reason in repr(done), repr(done))
    equal(cluster.sql(f"SELECT count(*) FROM analytics.{name}", db=db), "0")
    equal(cluster.sql(catalogue, db=db), before)
    return done


ENUM = "CREATE TYPE $t_m AS ENUM ('ok'); "


@test
def new_field_and_a_text_too_long():
    heals("CREATE TABLE $t (id int, code varchar(4))",
          [{"id": 1, "code": "ABCDE", "gift": True}], "*", "1|ABCDE|t")


@test
def new_field_and_a_field_no_longer_sent():
    heals("CREATE TABLE $t (id int, code text NOT NULL)",
          [{"id": i, "gift": 7} for i in (1, 2, 3)], "*",
          "1||7\n2||7\n3||7")
    leaves("CREATE TABLE $t (id int, code text NOT NULL)",
           [{"id": 1, "gift": 7}], 10)


@test
def new_field_and_a_new_label():
    heals(ENUM + "CREATE TABLE $t (id int, m $t_m)",
          [{"id": i, "m": "sad", "gift": 7} for i in (1, 2, 3)], "*",
          "1|sad|7\n2|sad|7\n3|sad|7")
    leaves(ENUM + "CREATE TABLE $t (id int, m $t_m)",
           [{"id": 1, "m": "sad", "gift": 7}], 10)


@test
def texts_too_long_in_two_columns():
    heals("CREATE TABLE $t (id int, a varchar(2), b varchar(2), c varchar(2))",
          [{"id": 1, "a": "xyz", "b": "x", "c": "xyz"}], "*", "1|xyz|x|xyz")


@test
def renamed_key_and_a_new_field():
    heals("CREATE TABLE $t (id int, user_name text)",
          [{"id": 1, "userName": "Zoë", "gift": 7}], "*", "1|Zoë|7")


@test
def time_in_another_form_and_a_new_field():
    heals("CREATE TABLE $t (id int, at timestamptz)",
          [{"id": 1, "at": 1795543451, "gift": 7}],
          "id, at AT TIME ZONE 'UTC', gift", "1|2026-11-24 18:04:11|7")


@test
def iso_8601_for_an_epoch_and_a_new_field():
    heals("CREATE TABLE $t (id int, at bigint); INSERT INTO $t"
          " SELECT i, 1700000000 + i FROM generate_series(-300, -1) i;"
          " ANALYZE $t; DELETE FROM $t",
          [{"id": 1, "at": "2026-11-24T18:04:11Z", "gift": 7}], "*",
          "1|1795543451|7")


@test
def number_too_large_and_a_text_too_long():
    heals("CREATE TABLE $t (id int, price numeric(4,2), code varchar(2))",
          [{"id": 1, "price": 12345.67, "code": "xyz"}], "*",
          "1|12345.67|xyz")


@test
def document_and_a_new_field_and_a_text_too_long():
    heals("CREATE TABLE $t (id int, size int, code varchar(2))",
          [{"id": 1, "size": {"w": 1}, "code": "xyz", "gift": 7}],
          "id, size, code, gift, size_json", '1||xyz|7|{"w": 1}')


@test
def three_of_a_kind():
    heals(ENUM + "CREATE TABLE $t (id int, m $t_m, code varchar(2))",
          [{"id": i, "m": "sad", "code": "xyz", "gift": 7}
           for i in (1, 2, 3)], "id, m, code, gift",
          "\n".join(f"{i}|sad|xyz|7" for i in (1, 2, 3)))


PARTS = ("CREATE TABLE $t (id int, d date NOT NULL, code varchar(2))"
         " PARTITION BY RANGE (d); CREATE TABLE $t_2025 PARTITION OF $t"
         " FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")


@test
def new_field_and_no_partition():
    heals(PARTS, [{"id": 1, "d": "2026-03-04", "gift": 7}],
          "id, d, gift, tableoid::regclass::text ~ '_2026$'",
          "1|2026-03-04|7|t")


@test
def text_too_long_and_no_partition_and_a_new_field():
    heals(PARTS, [{"id": 1, "d": "2026-03-04", "code": "xyz", "gift": 7}],
          "id, d, code, gift", "1|2026-03-04|xyz|7")


@test
def new_field_beside_plain_garbage_changes_nothing():
    leaves("CREATE TABLE $t (id int, qty int)",
           [{"id": 1, "qty": "many", "gift": 7}], 20)
    leaves("CREATE TABLE $t (id int, due date)",
           [{"id": 1, "due": "yesterday-ish", "gift": 7}], 10)


@test
def new_field_beside_a_check_changes_nothing():
    leaves("CREATE TABLE $t (id int, qty int CHECK (qty > 0))",
           [{"id": 1, "qty": 0, "gift": 7}], 20)


@test
def new_field_beside_a_partition_that_nobody_can_tell_changes_nothing():
    leaves(PARTS, [{"id": 1, "d": "1970-01-01", "gift": 7}], 11)


@test
def model_hears_what_its_plan_led_to_and_does_better():
    def turn_of(kind):
        return turn(tool("propose_repair", diagnosis="d", risk_level="LOW",
                         statements=[f"ALTER TABLE analytics.{name} ADD COLUMN"
                                     f" gift {kind}"],
                         mapping=[], advice=[], reasoning="r"))

    name = table("CREATE TABLE $t (id int)")
    payload = {"id": 1, "gift": "vase-0017"}
    document = incident(f"s-{name}", f"analytics.{name}", payload,
                        load(cluster, db, f"analytics.{name}", payload))
    with ClaudeServer([turn_of("integer"), turn_of("text")]) as server:
        done = pgmend("heal", "--planner", "claude", "--db",
                      cluster.conninfo(db, "healer"), "-",
                      stdin=json.dumps(document), env=server.environment())
        equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
        equal(len(server.requests), 2)
        told = server.requests[1].raw
        holds(b"trial_failed" in told and b"22P02" in told, told)
        holds(b"vase-0017" not in told, "a value was told")
    equal(cluster.sql(f"SELECT * FROM analytics.{name}", db=db),
          "1|vase-0017")


@test
def trial_that_gets_no_lock_says_nothing():
    name = table(PARTS)
    with Session(cluster, db, f"LOCK analytics.{name} IN ACCESS SHARE MODE"):
        done = heal(name, {"id": 1, "d": "2025-03-04", "gift": 7})
    # The lock isn't to be had: neither for the trial nor for the change.
    equal((done.status, done.json["reason_code"]), (75, "database_busy"),
          repr(done))
    done = heal(name, {"id": 1, "d": "2025-03-04", "gift": 7})
    equal(done.status, 0, repr(done))


main()
