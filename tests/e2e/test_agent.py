"""An agent that was taken over: sealed properly, saying what an attacker wants.
It can propose, and nothing else; every run ends by its deadline, the database
as it was, the chain intact, the reason in the audit.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import (build_with, incident, load, make_roles,  # noqa: E402
                      make_warehouse)
from scripted import call, proposal, request  # noqa: E402

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "amount": 12.5}

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "agent")
cluster.sql("""
    SET ROLE orders_owner;
    CREATE TABLE analytics.other (id bigint);
    CREATE DOMAIN analytics.code AS text CHECK (VALUE <> '');
    CREATE FUNCTION analytics.f() RETURNS text LANGUAGE sql AS 'SELECT 1'""",
            db=db)
identities = 0


GIVE_UP = call(99, "give_up", reason="that was all")


def catalogue():
    return cluster.sql(
        "SELECT c.oid::regclass, relacl, attname, atttypid FROM pg_class c"
        "  JOIN pg_attribute ON attrelid = c.oid AND attnum > 0"
        " WHERE c.oid >= 16384 ORDER BY 1, 3;"
        "SELECT proname, proacl FROM pg_proc WHERE oid >= 16384 ORDER BY 1",
        db=db)


def run(agent, *frames, options=()):
    """A heal whose agent says these frames. Nothing may have changed."""
    global identities
    identities += 1
    # A column of its own each time: an earlier answer would stand.
    payload = dict(ORDER, **{f"field_{identities}": "x"})
    failure = load(cluster, db, TABLE, payload)
    before, chain = catalogue(), None
    done = pgmend("heal", "--db", cluster.conninfo(db, "healer"), *options,
                  "-", stdin=json.dumps(incident(f"a-{identities}", TABLE,
                                                 payload, failure)),
                  build=build_with(agent, "".join(f + "\n" for f in frames)))
    equal(catalogue(), before, "catalogue")
    equal(cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db), "0", "rows")
    chain = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(chain.status, 0, repr(chain))
    return done


def last_event(kind):
    return json.loads(cluster.sql(
        "SELECT body FROM pgmend.event"
        f" WHERE kind = '{kind}' ORDER BY seq DESC LIMIT 1", db=db))


def refused(statement, code):
    done = run("scripted", proposal(1, statement), GIVE_UP)
    equal((done.status, done.json["outcome"]), (11, "refused"), repr(done))
    verdict = last_event("policy.verdict")
    equal((verdict["verdict"]["verdict"], verdict["reason_code"]),
          ("deny", code))
    equal(last_event("proposal.parsed")["statements"], [statement])


def column():
    return f"field_{identities + 1}"


@test
def drop_table_is_refused():
    refused("DROP TABLE analytics.orders", "F01")


@test
def two_statements_are_refused():
    refused(f"ALTER TABLE analytics.orders ADD COLUMN {column()} text;"
            " DROP TABLE analytics.orders", "F03")


@test
def another_table_is_refused():
    refused(f"ALTER TABLE analytics.other ADD COLUMN {column()} text", "F13")


@test
def function_default_is_refused():
    refused(f"ALTER TABLE analytics.orders ADD COLUMN {column()} text"
            " DEFAULT analytics.f()", "F05")


@test
def domain_type_is_refused():
    refused(f"ALTER TABLE analytics.orders ADD COLUMN {column()}"
            " analytics.code", "F10")


@test
def drop_beside_an_allowed_action_is_refused():
    refused(f"ALTER TABLE analytics.orders ADD COLUMN {column()} text,"
            " DROP COLUMN customer", "F01")


@test
def payload_value_in_a_default_is_refused():
    global identities
    identities += 1
    payload = dict(ORDER, **{f"field_{identities}": "s3cret-value"})
    failure = load(cluster, db, TABLE, payload)
    done = pgmend("heal", "--db", cluster.conninfo(db, "healer"), "-",
                  stdin=json.dumps(incident("leak", TABLE, payload, failure)),
                  build=build_with("scripted", proposal(
                      1, f"ALTER TABLE analytics.orders ADD COLUMN"
                      f" field_{identities} text DEFAULT 's3cret-value'")
                      + "\n" + GIVE_UP + "\n"))
    equal(done.status, 11, repr(done))
    equal(last_event("policy.verdict")["reason_code"], "F18")


@test
def refused_proposal_may_be_followed_by_a_better_one():
    done = run("scripted", proposal(1, "DROP TABLE analytics.orders"),
               proposal(2, f"ALTER TABLE analytics.orders ADD COLUMN"
                           f" {column()} text"),
               options=["--dry-run"])
    equal((done.status, done.json["outcome"]), (12, "dry_run"), repr(done))


@test
def unsealed_worker_is_never_told_anything():
    done = run("unsealed")
    equal((done.status, done.json["outcome"]), (30, "unsafe"), repr(done))
    holds(done.json["reason_code"].startswith("attestation_"), done)
    equal(last_event("run.finished")["reason_code"],
          done.json["reason_code"])
    equal(cluster.sql("SELECT string_agg(kind, ' ' ORDER BY run_seq)"
                      " FROM pgmend.event WHERE run_id = '"
                      + done.json["run_id"] + "'", db=db),
          "run.received run.finished")


@test
def agent_that_dies_ends_the_run():
    for end in ["!exit", "!abort"]:
        done = run("scripted", request(1, "server/discover"), end)
        equal((done.status, done.json["reason_code"]), (11, "agent_died"),
              repr(done))
        equal(last_event("run.finished")["reason_code"], "agent_died")


@test
def failed_agent_is_no_lasting_answer():
    payload = dict(ORDER, id=77, lighthouse="x")
    document = incident("fails", TABLE, payload,
                        load(cluster, db, TABLE, payload))
    first = pgmend("heal", "--db", cluster.conninfo(db, "healer"), "-",
                   stdin=json.dumps(document),
                   build=build_with("scripted", "!exit\n"))
    equal(first.json["reason_code"], "agent_died", repr(first))
    again = pgmend("heal", "--db", cluster.conninfo(db, "healer"),
                   "--dry-run", "-", stdin=json.dumps(document))
    equal(again.status, 12, repr(again))


@test
def torn_frame_ends_the_run():
    done = run("scripted", '!torn {"jsonrpc":"2.0","id":')
    equal((done.status, done.json["reason_code"]), (11, "frame_torn"),
          repr(done))


@test
def silent_agent_is_ended_at_its_deadline():
    done = run("scripted", "!silence", options=["--timeout", "2s"])
    equal((done.status, done.json["reason_code"]), (11, "worker_silent"),
          repr(done))


@test
def frame_that_is_too_long_ends_the_run():
    done = run("scripted", "!torn " + "x" * ((1 << 20) + 1))
    equal((done.status, done.json["reason_code"]), (11, "frame_too_long"),
          repr(done))


@test
def frames_that_break_the_protocol_end_the_run():
    duplicate = '{"jsonrpc":"2.0","id":1,"id":2,"method":"x","params":{}}'
    for frame in ["hello", "[]", "{}", duplicate, '{"jsonrpc":"2.0"}',
                  request(None, "tools/list"), request(1.5, "tools/list"),
                  request(1, "tools/destroy"), call(1, "execute_sql", sql="x"),
                  '{"a":' * 40 + "1" + "}" * 40, '"\\u0000"']:
        done = run("scripted", frame)
        equal((done.status, done.json["reason_code"]),
              (11, "agent_violation"), f"{frame[:60]}: {done}")


@test
def too_many_proposals_end_the_run():
    frames = [proposal(i, "DROP TABLE analytics.orders") for i in range(17)]
    done = run("scripted", *frames)
    equal((done.status, done.json["reason_code"]), (11, "agent_violation"),
          repr(done))


@test
def too_many_requests_end_the_run():
    frames = [request(i, "tools/list") for i in range(65)]
    done = run("scripted", *frames)
    equal((done.status, done.json["reason_code"]), (11, "agent_violation"),
          repr(done))


@test
def another_table_can_not_be_described():
    done = run("scripted", call(1, "describe_table", schema="pg_catalog",
                                table="pg_authid"), GIVE_UP)
    equal((done.status, done.json["reason_code"]), (11, "planner_gave_up"),
          repr(done))


@test
def time_without_zone_for_a_new_column_waits_for_a_person():
    """The pipeline's session zone isn't known, so neither is what it means."""
    for number, (kind, value, status) in enumerate([
            ("timestamptz", "2026-07-01 10:00:00", 10),
            ("tstzrange", "[2026-07-01 10:00:00,)", 10),
            ("timestamptz", "2026-07-01 10:00:00+02", 0)]):
        payload = dict(ORDER, **{"id": 70 + number, f"seen_{number}": value})
        done = pgmend(
            "heal", "--db", cluster.conninfo(db, "healer"), "-",
            stdin=json.dumps(incident(f"t-{number}", TABLE, payload,
                                      load(cluster, db, TABLE, payload))),
            build=build_with("scripted", proposal(
                1, f"ALTER TABLE {TABLE} ADD COLUMN seen_{number} {kind}")
                + "\n"))
        equal(done.status, status, repr(done))


main()
