"""The main job: one incident in, one healed pipeline out; and everything that
must leave the database as it was.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, Skip, equal, holds, main,  # noqa: E402
                     pgmend, test)
from pipeline import (Session, incident, load, make_roles,  # noqa: E402
                      make_warehouse)

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "amount": 12.5,
         "placed_at": "2026-11-24T18:04:11Z"}

cluster = Cluster()
make_roles(cluster)
databases = 0


def warehouse():
    global databases
    databases += 1
    return make_warehouse(cluster, f"heal{databases}")


def heal(db, document, *options, user="healer", **how):
    return pgmend("heal", "--db", cluster.conninfo(db, user), *options, "-",
                  stdin=json.dumps(document), **how)


def catalogue(db):
    """Everything that a heal could change, as text."""
    return cluster.sql(
        "SELECT attrelid::regclass, attname, atttypid, attnotnull, attacl"
        "  FROM pg_attribute WHERE attnum > 0 AND attrelid >= 16384"
        " ORDER BY 1, 2;"
        "SELECT oid::regclass, relacl, relowner FROM pg_class"
        " WHERE oid >= 16384 AND relname !~ 'pg_toast' ORDER BY 1;"
        "SELECT proname, proacl FROM pg_proc WHERE oid >= 16384 ORDER BY 1",
        db=db)


def rows(db, columns="*", table=TABLE):
    return cluster.sql(f"SELECT {columns} FROM {table} ORDER BY id", db=db)


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, f"audit verify: {done}")


def drift(db, identity="i-1", **fields):
    """A real failure of the loader: the payload and the incident."""
    payload = dict(ORDER, **fields)
    failure = load(cluster, db, TABLE, payload)
    return payload, incident(identity, TABLE, payload, failure)


@test
def heals_a_missing_column_and_replays_the_row():
    db = warehouse()
    _, document = drift(db, coupon="SPRING-25", gift=True)
    equal(document["error"]["sqlstate"], "42703")
    done = heal(db, document)
    equal(done.status, 0, repr(done))
    equal(done.json["outcome"], "healed")
    equal(done.json["reason_code"], "ok")
    equal(done.json["replay"], {"rows": 1, "rejected": 0})
    equal(done.json["policy"]["verdict"], "allow")
    equal(done.json["sandbox"]["attested"], True)
    equal(done.json["model"]["planner"], "builtin")
    equal([a["op"] for a in done.json["plan"]["actions"]],
          ["add_column", "add_column"])
    equal(rows(db, "coupon, gift, customer"), "SPRING-25|t|Zoë")
    chain_verifies(db)


@test
def a_result_that_nobody_gets_is_said_and_the_exit_code_stays():
    db = warehouse()
    _, document = drift(db, coupon="x")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [os.path.join(BUILD, "pgmend"), "heal", "--db",
             cluster.conninfo(db, "healer"), "-"], text=True, stdout=full,
            input=json.dumps(document), stderr=subprocess.PIPE, timeout=60)
    equal(done.returncode, 0, done.stderr)
    holds("could not be written" in done.stderr, done.stderr)


@test
def result_names_the_last_record_of_the_chain():
    db = warehouse()
    _, document = drift(db, coupon="x")
    done = heal(db, document)
    equal(done.status, 0, repr(done))
    last = cluster.sql("SELECT seq || ' ' || encode(hash, 'hex')"
                       " FROM pgmend.event ORDER BY seq DESC LIMIT 1", db=db)
    equal(f"{done.json['audit']['seq']} {done.json['audit']['hash']}", last)


@test
def same_drift_again_is_only_replayed_without_a_planner():
    db = warehouse()
    _, document = drift(db, coupon="x")
    equal(heal(db, document).status, 0)
    second = dict(document, id="i-2", payload=dict(document["payload"], id=2))
    done = heal(db, second)
    equal((done.status, done.json["outcome"]), (0, "already_healed"),
          repr(done))
    equal(done.json["model"]["planner"], None)
    equal(rows(db, "id, coupon"), "1|x\n2|x")


@test
def same_id_again_writes_nothing():
    db = warehouse()
    _, document = drift(db, coupon="x")
    equal(heal(db, document).status, 0)
    done = heal(db, document)
    equal((done.status, done.json["outcome"]), (0, "already_healed"),
          repr(done))
    equal(rows(db, "id"), "1")


@test
def same_id_with_another_payload_is_a_bad_incident():
    db = warehouse()
    _, document = drift(db, coupon="x")
    equal(heal(db, document).status, 0)
    other = dict(document, payload=dict(document["payload"], id=2))
    done = heal(db, other)
    equal((done.status, done.json["reason_code"]), (13, "id_reused"),
          repr(done))
    equal(rows(db, "id"), "1")


@test
def prove_leaves_the_row_to_the_caller():
    db = warehouse()
    payload, document = drift(db, coupon="x")
    done = heal(db, document, "--rows", "prove")
    equal((done.status, done.json["replay"]["rows"]), (0, 0), repr(done))
    equal(rows(db), "")
    equal(load(cluster, db, TABLE, payload), None)


@test
def dry_run_shows_the_plan_and_changes_nothing():
    db = warehouse()
    _, document = drift(db, coupon="x")
    before = catalogue(db)
    done = heal(db, document, "--dry-run")
    equal((done.status, done.json["outcome"]), (12, "dry_run"), repr(done))
    holds("coupon" in done.json["plan"]["actions"][0]["sql"], done)
    equal(catalogue(db), before)
    equal(rows(db), "")
    chain_verifies(db)


@test
def several_records_are_replayed_together():
    db = warehouse()
    payload, document = drift(db, coupon="x")
    del document["payload"]
    document["payloads"] = [dict(payload, id=i, coupon=c)
                            for i, c in [(1, "a"), (2, None), (3, "c")]]
    done = heal(db, document)
    equal((done.status, done.json["replay"]["rows"]), (0, 3), repr(done))
    equal(rows(db, "id, coupon"), "1|a\n2|\n3|c")


@test
def partitioned_table_gets_the_column_everywhere():
    db = warehouse()
    cluster.sql("SET ROLE orders_owner; CREATE TABLE analytics.events"
                " (id bigint, at date NOT NULL) PARTITION BY RANGE (at);"
                "CREATE TABLE analytics.events_1 PARTITION OF analytics.events"
                " FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
                "GRANT INSERT ON analytics.events TO orders_loader", db=db)
    payload = {"id": 1, "at": "2026-05-05", "kind": "click"}
    failure = load(cluster, db, "analytics.events", payload)
    done = heal(db, incident("e-1", "analytics.events", payload, failure))
    equal(done.status, 0, repr(done))
    equal(cluster.sql("SELECT kind FROM analytics.events_1", db=db), "click")


# --- What is not healed -----------------------------------------------------

def unchanged(db, document, status, code, *options, table=TABLE):
    """The outcome is as given; catalogue and rows are as before."""
    before, held = catalogue(db), rows(db, table=table)
    done = heal(db, document, *options)
    equal((done.status, done.json["reason_code"]), (status, code), repr(done))
    equal(catalogue(db), before, "catalogue")
    equal(rows(db, table=table), held, "rows")
    chain_verifies(db)
    return done


@test
def plain_bad_data_is_not_drift():
    db = warehouse()
    cluster.sql(f"INSERT INTO {TABLE} (id, customer) VALUES (1, 'a')", db=db)
    failure = load(cluster, db, TABLE, ORDER)
    equal(failure[0], "23505")
    unchanged(db, incident("b-1", TABLE, ORDER, failure), 11, "not_drift")


@test
def trial_decides_and_not_what_the_incident_claims():
    db = warehouse()
    cluster.sql(f"INSERT INTO {TABLE} (id, customer) VALUES (1, 'a')", db=db)
    claimed = ("42703", 'column "customer" does not exist')
    unchanged(db, incident("b-2", TABLE, ORDER, claimed), 11, "not_drift")


@test
def server_that_is_down_is_a_temporary_failure():
    done = pgmend("heal", "--db", "host=/nonexistent dbname=x user=healer",
                  "-", stdin=json.dumps(incident("d-1", TABLE, ORDER,
                                                 ("42703", "x"))))
    equal((done.status, done.json["outcome"]), (75, "transient"), repr(done))


@test
def broken_incident_is_a_bad_incident():
    for text in ["", "{", "[]", '{"pgmend_incident":2}', '{"a":1,"a":2}',
                 '{"pgmend_incident":1,"id":"x","source":{"kind":"app"}}',
                 "\0"]:
        done = pgmend("heal", "--db", cluster.conninfo("postgres", "healer"),
                      "-", stdin=text)
        equal((done.status, done.json["outcome"]), (13, "error"), repr(done))


@test
def bad_options_and_policies_are_usage_errors():
    equal(pgmend("heal").status, 2)
    equal(pgmend("heal", "--no-such-option", "-").status, 2)
    equal(pgmend("heal", "--planner", "oracle", "-").status, 2)
    equal(pgmend("heal", "--db", "password=x", "-",
                 stdin=json.dumps(incident("u-1", TABLE, ORDER,
                                           ("42703", "x")))).status, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bad.policy")
        with open(path, "w") as file:
            file.write("pgmend-policy 1\ndefault deny\nallow add_colunm on"
                       " a.* as x\n")
        done = pgmend("heal", "--policy", path, "-")
        equal(done.status, 2, repr(done))
        holds("add_column" in done.err, done)


@test
def missing_audit_schema_says_how_to_make_it():
    db = cluster.database("bare")
    done = heal(db, incident("a-1", TABLE, ORDER, ("42703", "x")))
    equal((done.status, done.json["reason_code"]), (2, "audit_missing"),
          repr(done))
    holds("pgmend init" in done.json["message"], done)


@test
def audit_schema_of_before_says_to_run_init_again():
    db = make_warehouse(cluster, "before")
    cluster.sql("DROP TABLE pgmend.witness, pgmend.reservation CASCADE", db=db)
    made = incident("a-1", TABLE, {**ORDER, "gift": "x"}, ("42703", "x"))
    done = heal(db, made)
    equal((done.status, done.json["reason_code"]), (2, "audit_version"),
          repr(done))
    holds("run pgmend init again" in done.json["message"], repr(done))
    done = pgmend("init", "--db", cluster.conninfo(db), "--role", "healer")
    equal(done.status, 0, repr(done))
    equal(heal(db, made).status, 0)


@test
def superuser_may_not_heal():
    db = warehouse()
    _, document = drift(db, coupon="x")
    done = heal(db, document, user="postgres")
    equal((done.status, done.json["reason_code"]), (30, "role_powerful"),
          repr(done))


@test
def broken_chain_stops_every_run():
    db = warehouse()
    _, document = drift(db, coupon="x")
    equal(heal(db, document).status, 0)
    cluster.sql("SET session_replication_role = replica;"
                "ALTER TABLE pgmend.event DISABLE TRIGGER ALL;"
                "UPDATE pgmend.event SET body = body || ' ' WHERE seq = 2",
                db=db)
    before = catalogue(db)
    done = heal(db, dict(document, id="i-2"))
    equal((done.status, done.json["outcome"]), (40, "error"), repr(done))
    equal(catalogue(db), before)


@test
def root_becomes_the_configured_user():
    if os.geteuid() != 0:
        raise Skip("root, to drop it")
    db = warehouse()
    _, document = drift(db, coupon="x")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        config = os.path.join(folder, "pgmend.conf")
        for user, status in [("nobody", 0), ("root", 2), ("no-such-one", 2)]:
            with open(config, "w") as file:
                file.write(f"user = {user}\n")
            done = heal(db, document, "--config", config)
            equal(done.status, status, repr(done))
    equal(done.json["reason_code"], "no_such_user", repr(done))
    equal(cluster.sql("SELECT os_user FROM pgmend.run", db=db), "nobody")


def statement_is_refused(sql, code, setup="", params=None):
    db = warehouse()
    if setup:
        cluster.sql(setup, db=db)
    document = incident("s-1", TABLE, dict(ORDER), ("42703", "x"))
    document["statement"] = {"sql": sql, "params": params or list(ORDER)}
    unchanged(db, document, 11, code)
    return db


@test
def statement_that_is_no_insert_never_runs():
    db = statement_is_refused("SELECT setval('analytics.counter', 99)", "F01",
                              "CREATE SEQUENCE analytics.counter;"
                              "GRANT ALL ON analytics.counter TO PUBLIC")
    equal(cluster.sql("SELECT last_value, is_called FROM analytics.counter",
                      db=db), "1|f")


@test
def writable_with_never_runs():
    statement_is_refused(
        "WITH gone AS (DELETE FROM analytics.orders RETURNING id)"
        " INSERT INTO analytics.orders (id, customer) VALUES ($1, $2)", "F01")


@test
def two_statements_never_run():
    statement_is_refused(
        "INSERT INTO analytics.orders (id, customer) VALUES ($1, $2);"
        " DROP TABLE analytics.orders", "F03")


@test
def function_call_in_the_statement_never_runs():
    statement_is_refused("INSERT INTO analytics.orders (id, customer)"
                         " VALUES ($1, pg_read_file('/etc/passwd'))", "F05")


@test
def table_of_another_pipeline_is_refused():
    db = warehouse()
    cluster.sql("SET ROLE orders_owner; CREATE TABLE analytics.payroll"
                " (id bigint, customer text);"
                "GRANT INSERT ON analytics.payroll TO orders_loader", db=db)
    document = incident("p-1", "analytics.payroll",
                        {"id": 1, "customer": "x", "bonus": 9},
                        ("42703", "x"))
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "pgmend.conf")
        with open(config, "w") as file:
            file.write("[pipeline orders]\ntables = analytics.orders\n"
                       "role = orders_loader\n")
        unchanged(db, document, 11, "table_not_in_pipeline", "--config",
                  config, "--pipeline", "orders", table="analytics.payroll")


@test
def neighbours_trigger_escalates_and_nothing_of_it_runs():
    db = warehouse()
    cluster.sql("""
        DO $$BEGIN CREATE ROLE neighbour; EXCEPTION
           WHEN duplicate_object THEN END$$;
        CREATE SCHEMA evil AUTHORIZATION neighbour;
        CREATE TABLE evil.proof (who text);
        GRANT USAGE ON SCHEMA evil TO PUBLIC; GRANT ALL ON evil.proof TO PUBLIC;
        SET ROLE neighbour;
        CREATE FUNCTION evil.run() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN INSERT INTO evil.proof VALUES (current_user);
             RETURN NEW; END$$;
        RESET ROLE;
        CREATE TRIGGER t BEFORE INSERT ON analytics.orders
           FOR EACH ROW EXECUTE FUNCTION evil.run()""", db=db)
    document = incident("n-1", TABLE, dict(ORDER, coupon="x"),
                        ("42703", 'column "coupon" does not exist'))
    done = unchanged(db, document, 10, "policy_escalates")
    holds("neighbour" in done.json["message"], done)
    equal(cluster.sql("SELECT count(*) FROM evil.proof", db=db), "0")


@test
def published_table_waits_for_a_person():
    db = warehouse()
    cluster.sql(f"CREATE PUBLICATION p FOR TABLE {TABLE}", db=db)
    _, document = drift(db, coupon="x")
    done = unchanged(db, document, 10, "policy_escalates")
    equal(done.json["policy"]["verdict"], "escalate")
    equal(cluster.sql("SELECT count(*) FROM pgmend.approval", db=db), "1")


@test
def escalated_drift_is_answered_from_memory():
    db = warehouse()
    cluster.sql(f"CREATE PUBLICATION p FOR TABLE {TABLE}", db=db)
    _, document = drift(db, coupon="x")
    equal(heal(db, document).status, 10)
    second = dict(document, id="i-2", payload=dict(document["payload"], id=2))
    done = heal(db, second)
    equal(done.status, 10, repr(done))
    equal(done.json["model"]["planner"], None)
    equal(cluster.sql("SELECT count(*) FROM pgmend.approval", db=db), "1")


@test
def column_rights_escalate():
    db = warehouse()
    cluster.sql(f"REVOKE ALL ON {TABLE} FROM orders_loader;"
                f"GRANT INSERT (id, customer) ON {TABLE} TO orders_loader",
                db=db)
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "pgmend.conf")
        with open(config, "w") as file:
            file.write("[pipeline orders]\ntables = analytics.orders\n"
                       "role = orders_loader\n")
        document = incident("r-1", TABLE, {"id": 1, "customer": "x",
                                           "coupon": "y"},
                            ("42703", 'column "coupon" does not exist'))
        unchanged(db, document, 10, "policy_escalates", "--config", config,
                  "--pipeline", "orders")


def deferred_trigger(db, body, owner="orders_owner"):
    cluster.sql(f"""
        SET ROLE {owner};
        CREATE FUNCTION analytics.late() RETURNS trigger LANGUAGE plpgsql AS
           $body$BEGIN {body} RETURN NULL; END$body$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON analytics.orders
           DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION analytics.late()""", db=db)


@test
def deferred_trigger_that_creates_something_is_rolled_back():
    db = warehouse()
    cluster.sql("GRANT CREATE ON SCHEMA analytics TO orders_loader", db=db)
    deferred_trigger(db, "CREATE TABLE analytics.surprise (a int);")
    _, document = drift(db, coupon="x")
    unchanged(db, document, 20, "catalogue_difference")


@test
def deferred_trigger_that_creates_in_a_subtransaction_is_rolled_back():
    db = warehouse()
    cluster.sql("GRANT CREATE ON SCHEMA analytics TO orders_loader", db=db)
    deferred_trigger(db, "BEGIN CREATE FUNCTION analytics.f() RETURNS int"
                         " LANGUAGE sql AS 'SELECT 1';"
                         " EXCEPTION WHEN division_by_zero THEN NULL; END;")
    _, document = drift(db, coupon="x")
    unchanged(db, document, 20, "catalogue_difference")


@test
def deferred_trigger_that_grants_something_is_rolled_back():
    db = warehouse()
    cluster.sql("CREATE TABLE analytics.other (id int);"
                "ALTER TABLE analytics.other OWNER TO healer", db=db)
    deferred_trigger(db, "RESET ROLE; GRANT ALL ON analytics.other TO PUBLIC;")
    _, document = drift(db, coupon="x")
    unchanged(db, document, 20, "catalogue_difference")


@test
def deferred_trigger_that_drops_something_is_rolled_back():
    db = warehouse()
    cluster.sql("CREATE TABLE analytics.other (id int);"
                "ALTER TABLE analytics.other OWNER TO healer", db=db)
    deferred_trigger(db, "RESET ROLE; DROP TABLE analytics.other;")
    _, document = drift(db, coupon="x")
    unchanged(db, document, 20, "catalogue_difference")


@test
def deferred_foreign_key_that_fails_is_rolled_back():
    db = warehouse()
    cluster.sql(f"SET ROLE orders_owner; CREATE TABLE analytics.shop (id bigint"
                f" PRIMARY KEY); ALTER TABLE {TABLE} ADD COLUMN shop bigint"
                " REFERENCES analytics.shop DEFERRABLE INITIALLY DEFERRED",
                db=db)
    payload = dict(ORDER, shop=77, coupon="x")
    document = incident("f-1", TABLE, payload, ("42703", "x"))
    unchanged(db, document, 20, "rolled_back")


@test
def unexpected_error_is_an_internal_one():
    db = warehouse()
    _, document = drift(db, coupon="x")
    cluster.sql("REVOKE SELECT ON pg_publication FROM PUBLIC", db=db)
    before = catalogue(db)
    done = heal(db, document)
    equal((done.status, done.json["outcome"]), (1, "error"), repr(done))
    equal(catalogue(db), before)
    equal(rows(db), "")


@test
def held_table_lock_is_a_temporary_failure():
    db = warehouse()
    _, document = drift(db, coupon="x")
    # A reader that doesn't end its transaction.
    with Session(cluster, db, f"LOCK {TABLE} IN ACCESS SHARE MODE"):
        done = heal(db, document, "--timeout", "4s")
        equal((done.status, done.json["outcome"]), (75, "transient"),
              repr(done))
    chain_verifies(db)


main()
