"""Exactness: the replayed row equals what the pipeline's own prepared INSERT
gives, digit by digit, under the pipeline's own settings.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from exact import Raw, compare as compare_many, dumps  # noqa: E402
from harness import (Cluster, equal, holds, main, pgmend,  # noqa: E402
                     test, test_within)
from pipeline import incident, load, make_roles, make_warehouse  # noqa: E402

COLUMNS = """id bigint PRIMARY KEY, big numeric, price numeric(40,10),
    real_value double precision, note text, code varchar(40), fixed char(6),
    doc json, docb jsonb, tags text[], numbers bigint[], nested text[],
    flag boolean, at timestamptz, local timestamp, day date, span interval,
    ip inet, uid uuid, raw bytea"""

cluster = Cluster()
make_roles(cluster)
# The loader lives elsewhere than the healer and the server.
cluster.sql("ALTER ROLE orders_loader SET timezone = 'America/New_York';"
            "ALTER ROLE orders_loader SET datestyle = 'SQL, DMY'")
db = make_warehouse(cluster, "exact")
CONFIG = """[pipeline exact]
tables = {tables}
role = orders_loader
timezone = America/New_York
datestyle = SQL, DMY
"""
tables = 0


def table_pair():
    """Two equal tables; only the control has the column `extra` already."""
    global tables
    tables += 1
    name = f"analytics.t{tables}"
    cluster.sql(f"SET ROLE orders_owner; CREATE TABLE {name} ({COLUMNS});"
                f"CREATE TABLE {name}_control ({COLUMNS}, extra text);"
                f"GRANT INSERT ON {name}, {name}_control TO orders_loader",
                db=db)
    return name


def compare(payload):
    """Heals with the payload, and asks the server whether the rows differ."""
    name = table_pair()
    payload = dict(payload, extra="new")
    equal(load(cluster, db, f"{name}_control", payload), None)
    failure = load(cluster, db, name, payload)
    equal(failure[0], "42703")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pgmend.conf")
        with open(path, "w") as file:
            file.write(CONFIG.format(tables=name))
        done = pgmend("heal", "--config", path, "--pipeline", "exact", "--db",
                      cluster.conninfo(db, "healer"), "-",
                      stdin=json.dumps(incident(f"x-{tables}", name, payload,
                                                failure)))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    settings = "SET timezone = 'UTC'; SET extra_float_digits = 3;"
    control, replayed = [
        cluster.sql(f"{settings} SELECT row_to_json(t)::text || t::text"
                    f" FROM {table} t", db=db)
        for table in (f"{name}_control", name)]
    equal(replayed, control)
    return replayed


# What pipeline.py spells payloads with.
json.dumps = dumps


@test
def integers_of_38_digits_keep_every_digit():
    compare({"id": 1, "big": Raw("12345678901234567890123456789012345678")})
    compare({"id": 1, "big": Raw("-99999999999999999999999999999999999999")})


@test
def numerics_keep_their_scale_and_digits():
    compare({"id": 1, "big": Raw("0.10000000000000000000000000000000001"),
             "price": Raw("123456789012345678901234567890.0123456789")})
    compare({"id": 1, "big": Raw("1e3"), "price": Raw("-0.0"),
             "real_value": Raw("1.7976931348623157e308")})
    compare({"id": 1, "big": "1.50", "real_value": Raw("-0.0")})


@test
def json_keeps_key_order_and_duplicates_of_meaning():
    doc = {"z": 1, "a": {"deep": [1, 2, {"x": None}]}, "n": Raw("1.500")}
    compare({"id": 1, "doc": doc, "docb": doc})


@test
def json_text_becomes_the_object_that_it_says():
    compare({"id": 1, "doc": '{"z": 1, "a": 2}', "docb": '{"z": 1, "a": 2}'})


@test
def arrays_are_arrays():
    compare({"id": 1, "tags": "{a,\"b c\",NULL}", "numbers": "{1,2,3}"})


@test
def unicode_quotes_and_backslashes_stay():
    compare({"id": 1, "note": "Zoë \\ 'quoted' \"double\" 漢字 🙂 \t\n e\u0301",
             "code": "back\\slash", "fixed": "ab"})


@test
def nulls_and_missing_values_are_null():
    compare({"id": 1, "note": None, "doc": None, "tags": None, "at": None})


@test
def times_mean_what_they_mean_to_the_loader():
    compare({"id": 1, "at": "2026-07-01 12:00:00", "day": "03/04/2026",
             "local": "05/06/2026 07:08:09"})
    compare({"id": 1, "at": "2026-11-01T01:30:00", "day": "2026-02-28",
             "span": "1 day 02:03:04"})
    compare({"id": 1, "at": "2026-07-01T12:00:00.123456+05:30"})


@test
def other_types_are_read_by_their_own_input():
    compare({"id": 1, "flag": True, "ip": "10.0.0.0/8", "raw": "\\xdeadbeef",
             "uid": "0b8c5e3e-5b0e-4a7e-9d3c-2f1a6b7c8d9e"})
    compare({"id": 1, "flag": "yes", "ip": "::1"})


@test_within(120)
def five_hundred_random_records_end_as_psql_ends_them():
    written, failed, _ = compare_many(cluster, db, 500, 20261126)
    holds(written > 300 and failed > 50, (written, failed))


main()
