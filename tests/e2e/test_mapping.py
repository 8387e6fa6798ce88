"""Fields that go to another column, or through a transform: what is written is
what the same transform would give on the server, or nothing is.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, tool, turn  # noqa: E402
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)
from scripted import call, proposal, saying  # noqa: E402

TABLE = "analytics.orders"

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "mapping")
numbers = 0


def propose(*mappings, statements=()):
    """An agent that proposes this, and gives up when it is refused."""
    mapping = [dict(zip(("field", "column", "transform"), one))
               for one in mappings]
    return saying(proposal(1, *statements, mapping=mapping),
                  call(2, "give_up", reason="refused"))


def table(columns):
    """A fresh table that the loader may write to."""
    global numbers
    numbers += 1
    name = f"analytics.m{numbers}"
    cluster.sql(f"SET ROLE orders_owner; CREATE TABLE {name} ({columns});"
                f"GRANT INSERT ON {name} TO orders_loader", db=db)
    return name


def document(name, *payloads, sql=None, params=None, failure=None):
    if failure is None:
        failure = load(cluster, db, name, payloads[0])
        holds(failure is not None, "the write works")
    made = incident(f"m-{name}", name, payloads[0], failure)
    if sql is not None:
        made["statement"] = {"sql": sql, "params": params}
    if len(payloads) > 1:
        del made["payload"]
        made["payloads"] = list(payloads)
    return made


def heal(build, made, *options):
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), *options,
                  "-", stdin=json.dumps(made), build=build)


def rows(name, columns="*"):
    return cluster.sql(f"SET timezone = 'UTC'; SELECT {columns} FROM {name}",
                       db=db)


def last_verdict():
    return json.loads(cluster.sql(
        "SELECT body FROM pgmend.event WHERE kind = 'policy.verdict'"
        " ORDER BY seq DESC LIMIT 1", db=db))


# --- Renames ------------------------------------------------------------------

@test
def renamed_key_goes_to_its_column_without_a_change_of_the_table():
    name = table("id int, user_name text, amount numeric")
    payload = {"id": 1, "userName": "Zoë", "amount": "1.50"}
    done = heal(propose(("userName", "user_name", None)),
                document(name, payload))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(rows(name), "1|Zoë|1.50")
    equal(done.json["plan"]["actions"], [])
    equal(done.json["plan"]["mapping"],
          [{"field": "userName", "column": "user_name", "transform": None}])
    equal(done.json["statement"], f"INSERT INTO {name} (id, user_name, amount)"
                                  " VALUES ($1, $2, $3)")
    equal(done.json["params"], ["id", "userName", "amount"])


@test
def mapping_holds_for_every_line_of_a_file():
    name = table("id int, user_name text NOT NULL, at timestamptz")
    build = propose(("userName", "user_name", None),
                    ("at", "at", "timestamp_from_epoch_seconds"))
    payload = {"id": 1, "userName": "Zoë", "at": 1735689600}
    with tempfile.TemporaryDirectory(prefix="pgmend-", dir="/tmp") as folder:
        path = os.path.join(folder, "more.ndjson")
        with open(path, "w") as file:
            for number in range(2, 1500):
                line = dict(payload, id=number)
                if number == 7:
                    line["at"] = "yesterday"
                file.write(json.dumps(line) + "\n")
        done = heal(build, document(name, payload), "--replay", path)
        equal((done.status, done.json["replay"]["rows"]), (0, 1498),
              repr(done))
        with open(path.replace(".ndjson", ".rejected.ndjson")) as file:
            only = json.loads(file.read())
    equal((only["line"], only["sqlstate"]), (6, "22P02"))
    equal(rows(name, "count(*), min(user_name), max(at)"),
          "1498|Zoë|2025-01-01 00:00:00+00")
    equal(done.json["statement"].split(" VALUES ")[0],
          f'INSERT INTO {name} (id, user_name, "at")')


@test
def statement_of_the_result_works_as_it_is():
    name = table("id int, at timestamptz, doc jsonb")
    payload = {"id": 1, "at": 1735689600, "doc": {"b": 1, "a": [2]}}
    done = heal(propose(("at", "at", "timestamp_from_epoch_seconds"),
                        ("doc", "doc", "json")),
                document(name, payload))
    equal(done.status, 0, repr(done))
    cluster.sql(f"PREPARE load AS {done.json['statement']};"
                "EXECUTE load('1', '1735689600', '{\"b\": 1, \"a\": [2]}')",
                user="orders_loader", db=db)
    first, second = rows(name).split("\n")
    equal(first, second)


@test
def statement_that_still_names_the_old_key_takes_the_new_one():
    name = table("id int, username text NOT NULL")
    done = heal(propose(("user_name", "username", None)), document(
        name, {"id": 1, "user_name": "Zoë"},
        sql=f"INSERT INTO {name} (id, username) VALUES ($1, $2)",
        params=["id", "username"], failure=("23502", "null")))
    equal(done.status, 0, repr(done))
    equal(rows(name), "1|Zoë")


@test
def field_beside_the_statement_is_added_to_it():
    name = table("id int, region text NOT NULL")
    done = heal(propose(("area", "region", None)), document(
        name, {"id": 1, "area": "eu"},
        sql=f"INSERT INTO {name} (id) VALUES (:id)", params=["id"],
        failure=("23502", "null")))
    equal(done.status, 0, repr(done))
    equal(rows(name), "1|eu")


@test
def mapping_to_a_column_that_the_plan_adds():
    name = table("id int, address text")
    payload = {"id": 1, "address": {"city": "Köln", "zip": "01067"}}
    made = document(name, payload, failure=("42703", "x"),
                    sql=f"INSERT INTO {name} (id, address, n) VALUES"
                        " ($1, $2, $3)", params=["id", "address", "n"])
    done = heal(propose(
        ("address", "address_doc", "json"),
        statements=[f"ALTER TABLE {name} ADD COLUMN address_doc json,"
                    " ADD COLUMN n bigint"]), made)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(rows(name, "address IS NULL, address_doc::text = '"
                     + json.dumps(payload["address"]) + "'"), "t|t")


@test
def proof_writes_nothing_and_gives_the_statement():
    name = table("id int, user_name text")
    done = heal(propose(("userName", "user_name", None)),
                document(name, {"id": 1, "userName": "x"}), "--rows", "prove")
    equal((done.status, done.json["replay"]["rows"]), (0, 0), repr(done))
    equal(rows(name), "")
    holds("user_name" in done.json["statement"], done)


@test
def conflict_clause_follows_a_renamed_column():
    name = table("user_name text PRIMARY KEY, n int")
    cluster.sql(f"INSERT INTO {name} VALUES ('x', 1)", db=db)
    sql = (f'INSERT INTO {name} ("userName", n) VALUES ($1, $2)'
           ' ON CONFLICT ("userName") DO NOTHING')
    done = heal(propose(("userName", "user_name", None)), document(
        name, {"userName": "x", "n": 2}, sql=sql, params=["userName", "n"],
        failure=("42703", "x")))
    equal((done.status, done.json["replay"]["rows"]), (0, 0), repr(done))
    equal(rows(name), "x|1")
    holds("ON CONFLICT (user_name) DO NOTHING" in done.json["statement"], done)


# --- Transforms ---------------------------------------------------------------

def transformed(transform, column_type, value):
    """What a value becomes, or the reason why it doesn't, in a session whose
    settings are known."""
    name = table(f"id int, other {column_type}")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"[pipeline p]\ntables = {name}\nrole = orders_loader\n"
                   "timezone = Europe/Berlin\ndatestyle = ISO, DMY\n")
        file.flush()
        done = heal(propose(("c", "other", transform)), document(
            name, {"id": 1, "c": value}), "--config", file.name, "--pipeline",
            "p")
    if done.status != 0:
        return done.json["reason_code"]
    equal(done.json["plan"]["mapping"][0]["transform"], transform)
    return rows(name, "other")


EPOCHS = [
    ("2025-01-01T00:00:00Z", "1735689600"),
    ("2025-01-01T02:00:00.25+02:00", "1735689600.25"),
    ("1969-12-31 23:59:59.999999Z", "-0.000001"),
    ("2025-01-01T00:00:00+0530", "1735669800"),
]


@test
def iso_8601_becomes_epoch_seconds_digit_by_digit():
    for text, seconds in EPOCHS:
        equal(transformed("epoch_seconds_from_iso8601", "numeric(20,6)", text),
              f"{float(seconds):.6f}")
    equal(transformed("epoch_seconds_from_iso8601", "bigint", EPOCHS[0][0]),
          "1735689600")
    equal(transformed("epoch_seconds_from_iso8601", "int",
                      "2025-01-01T01:00"), "1735689600", "the pipeline's zone")
    equal(transformed("epoch_millis_from_iso8601", "bigint", EPOCHS[1][0]),
          "1735689600250")


@test
def transform_fails_before_it_loses_anything():
    for transform, column_type, value in [
            ("epoch_seconds_from_iso8601", "bigint", EPOCHS[1][0]),
            ("epoch_millis_from_iso8601", "bigint",
             "2025-01-01T00:00:00.0001Z"),
            ("epoch_seconds_from_iso8601", "bigint", "now"),
            ("epoch_seconds_from_iso8601", "bigint", "2025-01-01 and so on"),
            ("epoch_seconds_from_iso8601", "bigint", "01/02/2025"),
            ("timestamp_from_epoch_seconds", "timestamptz", "1 day"),
            ("timestamp_from_epoch_seconds", "timestamptz", "today"),
            ("timestamp_from_epoch_seconds", "timestamptz", "1.1234567"),
            ("number_from_text", "int", "1.5"),
            ("number_from_text", "numeric", "1,5")]:
        equal(transformed(transform, column_type, value), "trial_failed",
              f"{transform} of {value}")


@test
def epoch_becomes_a_timestamp():
    for column_type, zone in [("timestamptz", "+00"), ("timestamp", "")]:
        equal(transformed("timestamp_from_epoch_seconds", column_type,
                          1735689600), f"2025-01-01 00:00:00{zone}")
        equal(transformed("timestamp_from_epoch_seconds", column_type,
                          "1735689600.000001"),
              f"2025-01-01 00:00:00.000001{zone}")
        equal(transformed("timestamp_from_epoch_millis", column_type,
                          4102444800123), f"2100-01-01 00:00:00.123{zone}")
        equal(transformed("timestamp_from_epoch_seconds", column_type, -1.5),
              f"1969-12-31 23:59:58.5{zone}")
        equal(transformed("timestamp_from_epoch_seconds", column_type, None),
              "")


@test
def other_transforms_give_what_their_names_say():
    for transform, column_type, value, expected in [
            ("text", "text", {"b": 1, "a": 2}, '{"b": 1, "a": 2}'),
            ("text", "varchar(4)", 1.5, "1.5"),
            ("json", "jsonb", "x", '"x"'),
            ("json", "json", [1, None], "[1, null]"),
            ("number_from_text", "int", "12.00", "12"),
            ("number_from_text", "numeric", "-1e3", "-1000"),
            ("number_from_text", "double precision", "0.1", "0.1"),
            ("boolean_from_text", "boolean", "yes", "t"),
            ("boolean_from_text", "boolean", 0, "f"),
            ("array_of_one", "text[]", "a,b", '{"a,b"}'),
            ("array_of_one", "bigint[]", 5, "{5}"),
            ("array_of_one", "text[]", None, "")]:
        equal(transformed(transform, column_type, value), expected, transform)


@test
def transform_that_does_not_fit_the_column_is_refused():
    equal(transformed("timestamp_from_epoch_seconds", "text", 1), "F10")
    equal(transformed("array_of_one", "text", "x"), "F10")
    equal(transformed("json", "text", "x"), "F10")
    equal(transformed("upper", "text", "x"), "F01")


# --- What is judged -----------------------------------------------------------

def refused(mappings, columns, payload, **how):
    name = table(columns)
    done = heal(propose(*mappings), document(name, payload, **how))
    equal(rows(name), "")
    return done.status, done.json["reason_code"]


@test
def lossy_mappings_wait_for_a_person():
    for transform, value in [("trim", " x "), ("first_of_array", ["a", "b"])]:
        equal(refused([("c", "other", transform)], "id int, other text",
                      {"id": 1, "c": value}), (10, "policy_escalates"))
    equal(refused([("c", "c", "omit")], "id int", {"id": 1, "c": 2}),
          (10, "policy_escalates"))
    deciders = last_verdict()["verdict"]["decided_by"]
    holds("map-lossy" in [one["label"] for one in deciders], deciders)


@test
def field_that_leaves_a_column_which_could_hold_it_is_lossy():
    equal(refused([("a", "b", None)], "a text, b text, c text",
                  {"a": "x", "d": "y"}), (10, "policy_escalates"))


@test
def field_that_displaces_one_still_sent_is_lossy():
    equal(refused([("d", "a", None)], "a text, b text",
                  {"a": "x", "d": "y"}), (10, "policy_escalates"))


@test
def mapping_that_is_not_clear_is_refused():
    payload = {"id": 1, "c": "x"}
    for mappings, code in [
            ([("c", "nowhere", None)], "F13"),
            ([("c", "made", None)], "F13"),
            ([("unsent", "other", None)], "F13"),
            ([("c", "other", None), ("id", "other", None)], "F05"),
            ([("nowhere", "nowhere", "omit")], "F05")]:
        equal(refused(mappings, "id int, other text,"
                      " made text GENERATED ALWAYS AS ('x') STORED", payload),
              (11, code), mappings)


@test
def every_record_goes_through_the_mapping():
    name = table("id int, at bigint")
    payloads = [{"id": i, "ts": f"2025-01-01T00:00:{i:02}Z"}
                for i in range(5)]
    done = heal(propose(("ts", "at", "epoch_seconds_from_iso8601")),
                document(name, *payloads))
    equal((done.status, done.json["replay"]["rows"]), (0, 5), repr(done))
    equal(rows(name, "sum(at - 1735689600)"), "10")


# --- By Claude, and once for all ----------------------------------------------

def heal_by_claude(server, made):
    return pgmend("heal", "--planner", "claude", "--db",
                  cluster.conninfo(db, "healer"), "-", stdin=json.dumps(made),
                  env=server.environment())


def rename(column):
    return turn(tool("propose_repair", diagnosis="d", risk_level="LOW",
                     statements=[], advice=[], reasoning="r", mapping=[
                         {"field": "userName", "column": column,
                          "transform": None}]))


@test
def model_maps_and_does_better_after_a_refusal():
    name = table("id int, user_name text, age int")
    script = [rename("nowhere"), rename("age"), rename("user_name")]
    with ClaudeServer(script) as server:
        done = heal_by_claude(server, document(name, {"id": 1,
                                                      "userName": "Zoë"}))
        equal((done.status, done.json["model"]["requests"]), (0, 3),
              repr(done))
        equal(server.complaints, [])
        said = json.dumps(server.requests[2].body)
    holds("trial_failed" in said and "22P02" in said, said)
    holds("Zo" not in said, "a value was told")
    equal(rows(name, "id, user_name"), "1|Zoë")


@test
def next_record_of_the_drift_asks_nobody():
    name = table("id int, user_name text")
    made = document(name, {"id": 1, "userName": "x"})
    with ClaudeServer([rename("user_name")]) as server:
        equal(heal_by_claude(server, made).status, 0)
        second = dict(made, id="m-next",
                      payload={"id": 2, "userName": "y"})
        done = heal_by_claude(server, second)
        equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
        equal(done.json["model"]["requests"], 0)
        equal(len(server.requests), 1)
    equal(rows(name), "1|x\n2|y")
    holds("user_name" in done.json["statement"], done)


@test
def statement_with_returning_is_not_told_without_it():
    name = table("id int, user_name text")
    payload = {"id": 1, "userName": "Zoë"}
    done = heal(propose(("userName", "user_name", None)), document(
        name, payload, params=list(payload),
        sql=f'INSERT INTO {name} (id, "userName") VALUES ($1, $2)'
            " RETURNING id", failure=("42703", "x")))
    equal((done.status, done.json["statement"]), (0, None), repr(done))
    equal(rows(name), "1|Zoë")


# --- Personal data ------------------------------------------------------------

SECRECY = """pgmend-policy 1
layer org
default deny
allow add_column, replay_mapping, replay on *.* as all
deny {operation} on *.* as personal {{
    when column.pii
}}
disclose {{
    masked *.*.secret
}}
"""


@test
def personal_data_is_personal_in_whatever_column_it_goes_to():
    for columns, payload, operation, column, statements in [
            ("id int", {"id": 1, "mail": "zoe@example.org"}, "add_column",
             "notes", True),
            ("id int", {"id": 1, "secret": "hello"}, "add_column", "notes",
             True),
            ("id int, notes text", {"id": 1, "mail": "zoe@example.org"},
             "replay_mapping", "notes", False),
            ("id int, notes text", {"id": 1, "secret": "hello"},
             "replay_mapping", "notes", False)]:
        name = table(columns)
        field = list(payload)[1]
        build = propose(
            (field, column, None), statements=[
                f"ALTER TABLE {name} ADD COLUMN {column} text"]
            if statements else ())
        policy = os.path.join(build, "secrecy.policy")
        with open(policy, "w") as file:
            file.write(SECRECY.format(operation=operation))
        done = heal(build, document(name, payload), "--policy", policy)
        equal((done.status, done.json["reason_code"]), (11, "policy_denies"),
              repr(done))
        holds("personal" in repr(last_verdict()), repr(done))
        equal(rows(name, "id"), "")
        # Told apart from what is not personal.
        made = document(name, {"id": 1, "word": "hello"})
        build = propose(
            ("word", column, None), statements=[
                f"ALTER TABLE {name} ADD COLUMN {column} text"]
            if statements else ())
        done = heal(build, made, "--policy", policy)
        equal(done.status, 0, repr(done))


main()
