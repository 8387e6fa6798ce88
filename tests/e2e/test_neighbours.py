"""Neighbours in the database: whoever owns a type, a function, an event trigger
or a schema near the table may make a heal escalate, and never has code run.

What a neighbour plants draws from a sequence: that shows even what was rolled
back.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402
from scripted import proposing  # noqa: E402

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "coupon": "SPRING-25"}
MISSING = ("42703", 'column "coupon" does not exist')

EVIL = """
GRANT CREATE ON DATABASE base TO neighbour;
CREATE SCHEMA evil AUTHORIZATION neighbour;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
SET ROLE neighbour;
CREATE SEQUENCE evil.ran;
GRANT ALL ON evil.ran TO PUBLIC;
CREATE FUNCTION evil.yes(anyelement) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
   AS $$BEGIN PERFORM nextval('evil.ran'); RETURN true; END$$;
CREATE FUNCTION evil.text(anyelement) RETURNS text LANGUAGE plpgsql IMMUTABLE
   AS $$BEGIN PERFORM nextval('evil.ran'); RETURN 'x'; END$$;
CREATE FUNCTION evil.fire() RETURNS trigger LANGUAGE plpgsql
   AS $$BEGIN PERFORM nextval('evil.ran'); RETURN NEW; END$$;
CREATE FUNCTION evil.event() RETURNS event_trigger LANGUAGE plpgsql
   AS $$BEGIN PERFORM nextval('evil.ran'); END$$;
"""

CONFIG = """[pipeline orders]
tables = {table}
role = orders_loader
"""

cluster = Cluster()
make_roles(cluster)
cluster.sql("CREATE ROLE neighbour LOGIN")
make_warehouse(cluster, "base")
cluster.sql(EVIL, db="base")
databases = 0


def warehouse(setup=""):
    """A copy of the base with what the test needs."""
    global databases
    databases += 1
    db = f"near{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    cluster.sql(setup, db=db)
    return db


def heal(db, document, *options, as_pipeline=False, table=TABLE):
    command = ["heal", "--db", cluster.conninfo(db, "healer")]
    with tempfile.TemporaryDirectory() as folder:
        if as_pipeline:
            path = os.path.join(folder, "pgmend.conf")
            with open(path, "w") as file:
                file.write(CONFIG.format(table=table))
            command += ["--config", path, "--pipeline", "orders"]
        return pgmend(*command, *options, "-", stdin=json.dumps(document))


def state(db):
    """Columns of all tables, their rows, and what the neighbour drew."""
    return cluster.sql(
        "SELECT attrelid::regclass, attname, atttypid FROM pg_attribute"
        " WHERE attnum > 0 AND attrelid >= 16384 ORDER BY 1, 2;"
        f"SELECT * FROM {TABLE} ORDER BY id;"
        "SELECT is_called FROM evil.ran", db=db)


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, f"audit verify: {done}")


def unchanged(db, document, status, code, word="", **how):
    before = state(db)
    done = heal(db, document, **how)
    equal((done.status, done.json["reason_code"]), (status, code), repr(done))
    holds(word in done.json["message"], done)
    equal(state(db), before)
    chain_verifies(db)
    return done


def escalates(setup, word="neighbour", payload=None, **how):
    """The set-up makes a person be asked, and nothing of it runs."""
    db = warehouse(setup)
    document = incident("n-1", TABLE, payload or ORDER, MISSING)
    unchanged(db, document, 10, "policy_escalates", word, **how)


# --- Types ------------------------------------------------------------------

@test
def composite_type_with_a_neighbours_domain():
    escalates("SET ROLE neighbour;"
              "CREATE DOMAIN evil.d AS int CHECK (evil.yes(VALUE));"
              "CREATE TYPE evil.pair AS (a evil.d, b int); RESET ROLE;"
              f"ALTER TABLE {TABLE} ADD COLUMN pair evil.pair",
              payload=dict(ORDER, pair="(1,2)"))


@test
def owners_composite_type_with_a_neighbours_domain():
    escalates("SET ROLE neighbour;"
              "CREATE DOMAIN evil.d AS int CHECK (evil.yes(VALUE));"
              "SET ROLE orders_owner;"
              "CREATE TYPE analytics.pair AS (a evil.d, b int);"
              f"ALTER TABLE {TABLE} ADD COLUMN pair analytics.pair",
              payload=dict(ORDER, pair="(1,2)"))


@test
def range_over_a_neighbours_domain():
    escalates("SET ROLE neighbour;"
              "CREATE DOMAIN evil.d AS int CHECK (evil.yes(VALUE));"
              "RESET ROLE; SET ROLE orders_owner;"
              "CREATE TYPE analytics.span AS RANGE (subtype = evil.d);"
              f"ALTER TABLE {TABLE} ADD COLUMN span analytics.span",
              payload=dict(ORDER, span="[1,2]"))


@test
def owners_domain_whose_default_is_a_neighbours_function():
    escalates("SET ROLE orders_owner;"
              "CREATE DOMAIN analytics.d AS text DEFAULT evil.text(1);"
              f"ALTER TABLE {TABLE} ADD COLUMN extra analytics.d")


@test
def neighbours_enum_may_get_a_cast_at_any_time():
    escalates("SET ROLE neighbour; CREATE TYPE evil.colour AS ENUM ('red');"
              "RESET ROLE;"
              f"ALTER TABLE {TABLE} ADD COLUMN colour evil.colour",
              payload=dict(ORDER, colour="red"))


@test
def neighbours_cast_from_boolean():
    db = warehouse("""
        SET ROLE neighbour;
        CREATE TYPE evil.colour AS ENUM ('red');
        CREATE FUNCTION evil.paint(boolean) RETURNS evil.colour
           LANGUAGE plpgsql AS $$BEGIN PERFORM nextval('evil.ran');
           RETURN 'red'; END$$;
        CREATE CAST (boolean AS evil.colour) WITH FUNCTION evil.paint(boolean)
           AS ASSIGNMENT;
        RESET ROLE;
        ALTER TYPE evil.colour OWNER TO orders_owner;
        ALTER TABLE analytics.orders ADD COLUMN colour evil.colour""")
    document = incident("n-1", TABLE, ORDER, MISSING)
    document["statement"]["sql"] = (
        f"INSERT INTO {TABLE} (id, customer, coupon, colour)"
        " VALUES ($1, $2, $3, true)")
    unchanged(db, document, 10, "policy_escalates", "neighbour")


# --- Code on the table --------------------------------------------------------

@test
def partition_key_that_calls_a_neighbours_function():
    db = warehouse("""
        SET ROLE orders_owner;
        CREATE TABLE analytics.events (id bigint, kind text)
           PARTITION BY LIST (evil.text(kind));
        CREATE TABLE analytics.events_x PARTITION OF analytics.events DEFAULT;
        GRANT INSERT ON analytics.events TO orders_loader""")
    document = incident("n-1", "analytics.events", {"id": 1, "kind": "a"},
                        MISSING)
    unchanged(db, document, 10, "policy_escalates", "neighbour")


@test
def trigger_of_a_partition():
    db = warehouse("""
        SET ROLE orders_owner;
        CREATE TABLE analytics.events (id bigint, kind text)
           PARTITION BY RANGE (id);
        CREATE TABLE analytics.events_1 PARTITION OF analytics.events
           FOR VALUES FROM (0) TO (100);
        RESET ROLE;
        CREATE TRIGGER t BEFORE INSERT ON analytics.events_1
           FOR EACH ROW EXECUTE FUNCTION evil.fire()""")
    document = incident("n-1", "analytics.events",
                        {"id": 1, "kind": "a", "coupon": "x"}, MISSING)
    unchanged(db, document, 10, "policy_escalates", "neighbour")


@test
def partition_of_somebody_else():
    db = warehouse("""
        SET ROLE orders_owner;
        CREATE TABLE analytics.events (id bigint, kind text)
           PARTITION BY RANGE (id);
        CREATE TABLE analytics.events_1 PARTITION OF analytics.events
           FOR VALUES FROM (0) TO (100);
        RESET ROLE; ALTER TABLE analytics.events_1 OWNER TO neighbour""")
    document = incident("n-1", "analytics.events",
                        {"id": 1, "kind": "a", "coupon": "x"}, MISSING)
    unchanged(db, document, 10, "policy_escalates", "neighbour")


@test
def foreign_partition_is_refused():
    db = warehouse("""
        CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        SET ROLE orders_owner;
        CREATE TABLE analytics.events (id bigint, kind text)
           PARTITION BY RANGE (id);
        RESET ROLE;
        CREATE FOREIGN TABLE analytics.events_1 PARTITION OF analytics.events
           FOR VALUES FROM (0) TO (100) SERVER s""")
    document = incident("n-1", "analytics.events",
                        {"id": 1, "kind": "a", "coupon": "x"}, MISSING)
    unchanged(db, document, 11, "F19", "foreign")


@test
def check_default_index_and_policy_of_a_neighbour():
    for change in ["ADD CHECK (evil.yes(id))",
                   "ADD COLUMN extra text DEFAULT evil.text(1)",
                   "ADD COLUMN extra text GENERATED ALWAYS AS"
                   " (evil.text(id)) STORED"]:
        escalates(f"ALTER TABLE {TABLE} {change}")
    escalates(f"CREATE INDEX ON {TABLE} (evil.text(customer))")
    escalates(f"CREATE INDEX ON {TABLE} (id) WHERE evil.yes(id)")
    escalates(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY;"
              f"CREATE POLICY p ON {TABLE} WITH CHECK (evil.yes(id))",
              payload={"id": 1, "customer": "a"})


@test
def policy_that_reads_a_neighbours_view():
    escalates("SET ROLE neighbour; CREATE VIEW evil.v AS SELECT evil.yes(1) y;"
              "GRANT SELECT ON evil.v TO PUBLIC; RESET ROLE;"
              f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY;"
              f"CREATE POLICY p ON {TABLE} WITH CHECK"
              " (EXISTS (SELECT FROM evil.v WHERE y))",
              payload={"id": 1, "customer": "a"})


@test
def operator_of_a_neighbour_in_a_check():
    escalates("SET ROLE neighbour;"
              "CREATE FUNCTION evil.more(bigint, bigint) RETURNS boolean"
              " LANGUAGE plpgsql IMMUTABLE AS"
              " $$BEGIN PERFORM nextval('evil.ran'); RETURN true; END$$;"
              "CREATE OPERATOR evil.>>> (LEFTARG = bigint, RIGHTARG = bigint,"
              " FUNCTION = evil.more); RESET ROLE;"
              f"ALTER TABLE {TABLE} ADD CHECK (id OPERATOR(evil.>>>) 0)")


@test
def rules_on_insert_ask_a_person():
    for rule in ["INSTEAD NOTHING", "ALSO INSERT INTO analytics.copy"
                 " VALUES (NEW.id)"]:
        escalates("SET ROLE orders_owner;"
                  "CREATE TABLE analytics.copy (id bigint);"
                  f"CREATE RULE r AS ON INSERT TO {TABLE} DO {rule}", "rule")


@test
def cascade_of_an_updated_key_asks_a_person():
    db = warehouse(f"""
        GRANT REFERENCES ON {TABLE} TO neighbour;
        GRANT USAGE ON SCHEMA analytics TO neighbour;
        SET ROLE orders_owner;
        ALTER TABLE {TABLE} ADD COLUMN ref bigint UNIQUE;
        INSERT INTO {TABLE} (id, customer, ref) VALUES (1, 'a', 7);
        SET ROLE neighbour;
        CREATE TABLE evil.child (ref bigint REFERENCES {TABLE} (ref)
           ON UPDATE CASCADE);
        INSERT INTO evil.child VALUES (7);
        CREATE TRIGGER t BEFORE UPDATE ON evil.child
           FOR EACH ROW EXECUTE FUNCTION evil.fire()""")
    document = incident("n-1", TABLE, {"id": 1, "customer": "b", "ref": 8},
                        MISSING)
    document["statement"]["sql"] += (" ON CONFLICT (id) DO UPDATE"
                                     " SET ref = EXCLUDED.ref")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "wide.policy")
        with open(path, "w") as file:
            file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                       "allow replay on *.* as r\n")
        before = state(db)
        done = heal(db, document, "--policy", path)
    equal((done.status, done.json["outcome"]), (10, "escalated"), repr(done))
    equal(state(db), before)


@test
def owners_trigger_that_writes_where_a_neighbours_code_runs():
    for payload, log, when in [
            (ORDER, "TABLE analytics.log (id bigint)", "BEFORE"),
            ({"id": 1, "customer": "a"}, "TABLE analytics.log (id bigint)",
             "BEFORE"),
            (ORDER, "VIEW analytics.log AS SELECT id FROM analytics.base",
             "INSTEAD OF")]:
        db = warehouse(f"""
            SET ROLE orders_owner;
            CREATE TABLE analytics.base (id bigint);
            CREATE {log};
            GRANT INSERT ON analytics.log TO PUBLIC;
            CREATE FUNCTION analytics.note() RETURNS trigger LANGUAGE plpgsql
               AS $$BEGIN INSERT INTO analytics.log VALUES (NEW.id);
               RETURN NEW; END$$;
            CREATE TRIGGER t AFTER INSERT ON {TABLE}
               FOR EACH ROW EXECUTE FUNCTION analytics.note()""")
        done = heal(db, incident("n-0", TABLE, {"id": 7, "customer": "b"},
                                 MISSING))
        equal((done.status, done.json["reason_code"]), (0, "ok"), repr(done))
        cluster.sql(f"CREATE TRIGGER t {when} INSERT ON analytics.log"
                    " FOR EACH ROW EXECUTE FUNCTION evil.fire()", db=db)
        done = heal(db, incident("n-1", TABLE, payload, MISSING))
        equal((done.status, done.json["reason_code"]), (20, "foreign_code"),
              repr(done))
        equal(cluster.sql(f"SELECT id FROM {TABLE};"
                          "SELECT id FROM analytics.log", db=db), "7\n7")
        chain_verifies(db)


@test
def owners_trigger_that_leaves_its_role_is_rolled_back():
    for body in ["RESET ROLE; SET LOCAL ROLE other_owner;"
                 "DELETE FROM analytics.theirs; SET LOCAL ROLE orders_owner;",
                 "RESET ROLE; INSERT INTO pgmend.applied (run_id, step,"
                 " sql_hash, intent_hash) VALUES"
                 " ('0199aaaa-0000-7000-8000-000000000000', 1, '', '');",
                 "RESET ROLE; PERFORM pgmend.append("
                 "'0199aaaa-0000-7000-8000-000000000000', 1, 'supervisor',"
                 " 'run.finished', '{}', '');"]:
        db = warehouse(f"""
            DO $$BEGIN CREATE ROLE other_owner; EXCEPTION
               WHEN duplicate_object THEN END$$;
            GRANT other_owner TO healer;
            GRANT USAGE ON SCHEMA analytics TO other_owner;
            CREATE TABLE analytics.theirs AS SELECT 1 AS id;
            ALTER TABLE analytics.theirs OWNER TO other_owner;
            SET ROLE orders_owner;
            CREATE FUNCTION analytics.leave() RETURNS trigger LANGUAGE plpgsql
               AS $$BEGIN {body} RETURN NEW; END$$;
            CREATE TRIGGER t BEFORE INSERT ON {TABLE}
               FOR EACH ROW EXECUTE FUNCTION analytics.leave()""")
        for document in [incident("n-1", TABLE, ORDER, MISSING),
                         incident("n-2", TABLE, {"id": 1, "customer": "a"},
                                  MISSING)]:
            unchanged(db, document, 20, "foreign_code")
        equal(cluster.sql("REVOKE other_owner FROM healer;"
                          "SELECT id FROM analytics.theirs", db=db), "1")


# --- What a change would reach ------------------------------------------------

@test
def children_that_inherit_ask_a_person():
    escalates("SET ROLE orders_owner;"
              f"CREATE TABLE analytics.old () INHERITS ({TABLE})", "inherits")
    escalates(f"CREATE TABLE evil.old () INHERITS ({TABLE});"
              "ALTER TABLE evil.old OWNER TO neighbour", "inherits")


@test
def children_that_inherit_are_no_matter_to_a_replay():
    db = warehouse("SET ROLE orders_owner;"
                   f"CREATE TABLE analytics.old () INHERITS ({TABLE})")
    done = heal(db, incident("n-1", TABLE, {"id": 1, "customer": "a"},
                             MISSING))
    equal((done.status, done.json["outcome"]), (0, "already_healed"),
          repr(done))


@test
def partition_and_typed_table_ask_a_person():
    db = warehouse("""
        SET ROLE orders_owner;
        CREATE TABLE analytics.events (id bigint, kind text)
           PARTITION BY RANGE (id);
        CREATE TABLE analytics.events_1 PARTITION OF analytics.events
           FOR VALUES FROM (0) TO (100);
        CREATE TYPE analytics.thing AS (id bigint, kind text);
        CREATE TABLE analytics.things OF analytics.thing""")
    payload = {"id": 1, "kind": "a", "coupon": "x"}
    unchanged(db, incident("n-1", "analytics.events_1", payload, MISSING), 10,
              "policy_escalates", "partition")
    unchanged(db, incident("n-2", "analytics.things", payload, MISSING), 10,
              "policy_escalates", "type")


@test
def column_of_the_tables_row_type_asks_a_person():
    escalates("SET ROLE orders_owner; CREATE TABLE analytics.history"
              f" (was {TABLE})", "history")


@test
def event_trigger_with_a_neighbours_function():
    for event in ["ddl_command_start", "ddl_command_end"]:
        escalates(f"CREATE EVENT TRIGGER e ON {event}"
                  " EXECUTE FUNCTION evil.event()")


@test
def event_trigger_that_refuses_is_rolled_back():
    db = warehouse("CREATE FUNCTION public.no() RETURNS event_trigger LANGUAGE"
                   " plpgsql AS $$BEGIN RAISE EXCEPTION 'no DDL'; END$$;")
    cluster.sql("CREATE EVENT TRIGGER e ON ddl_command_start"
                " EXECUTE FUNCTION public.no()", db=db)
    unchanged(db, incident("n-1", TABLE, ORDER, MISSING), 20, "rolled_back",
              "no DDL")


# --- The search_path ----------------------------------------------------------

PLANTED = """
CREATE SCHEMA shared; GRANT ALL ON SCHEMA shared TO PUBLIC;
ALTER ROLE orders_loader IN DATABASE {db} SET search_path = {path};
SET ROLE orders_owner;
CREATE FUNCTION analytics.fill() RETURNS trigger LANGUAGE plpgsql {own} AS
   $$BEGIN NEW.customer := price(NEW.customer); RETURN NEW; END$$;
CREATE FUNCTION analytics.price(text) RETURNS text LANGUAGE sql AS
   'SELECT $1';
CREATE TRIGGER t BEFORE INSERT ON analytics.orders
   FOR EACH ROW EXECUTE FUNCTION analytics.fill();
SET ROLE neighbour;
CREATE FUNCTION shared.price(text) RETURNS text LANGUAGE plpgsql AS
   $$BEGIN PERFORM nextval('evil.ran'); RETURN 'x'; END$$;
"""


def planted(path, own=""):
    db = warehouse()
    cluster.sql(PLANTED.format(db=db, path=path, own=own), db=db)
    return db


@test
def schema_of_the_path_that_anybody_may_fill():
    for path in ["shared, analytics", '"shared" ,analytics']:
        db = planted(path)
        unchanged(db, incident("n-1", TABLE, ORDER, MISSING), 10,
                  "policy_escalates", "shared", as_pipeline=True)


@test
def function_with_a_path_of_its_own_is_no_matter():
    db = planted("shared, analytics", "SET search_path = analytics")
    done = heal(db, incident("n-1", TABLE, ORDER, MISSING), as_pipeline=True)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(cluster.sql("SELECT is_called FROM evil.ran", db=db), "f")


@test
def operator_planted_for_nullif():
    db = warehouse()
    cluster.sql(f"""
        CREATE SCHEMA shared; GRANT ALL ON SCHEMA shared TO PUBLIC;
        ALTER ROLE orders_loader IN DATABASE {db}
           SET search_path = shared, pg_catalog;
        SET ROLE neighbour;
        CREATE FUNCTION shared.same(text, text) RETURNS boolean LANGUAGE
           plpgsql AS $$BEGIN PERFORM nextval('evil.ran'); RETURN false; END$$;
        CREATE OPERATOR shared.= (LEFTARG = text, RIGHTARG = text,
           FUNCTION = shared.same)""", db=db)
    document = incident("n-1", TABLE, ORDER, MISSING)
    document["statement"]["sql"] = (
        f"INSERT INTO {TABLE} (id, customer, coupon)"
        " VALUES ($1, NULLIF($2, ''), $3)")
    unchanged(db, document, 10, "policy_escalates", "shared",
              as_pipeline=True)


@test
def open_schema_alone_is_no_matter():
    db = warehouse()
    cluster.sql("CREATE SCHEMA shared; GRANT ALL ON SCHEMA shared TO PUBLIC;"
                f"ALTER ROLE orders_loader IN DATABASE {db}"
                " SET search_path = shared, pg_catalog", db=db)
    done = heal(db, incident("n-1", TABLE, ORDER, MISSING), as_pipeline=True)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))


# --- Which table is meant -----------------------------------------------------

@test
def same_name_in_two_schemas_of_the_path_is_ambiguous():
    db = warehouse()
    cluster.sql("CREATE SCHEMA shared; GRANT ALL ON SCHEMA shared TO PUBLIC;"
                f"ALTER ROLE orders_loader IN DATABASE {db}"
                " SET search_path = shared, analytics; SET ROLE neighbour;"
                "CREATE TABLE shared.orders (id bigint, customer text)", db=db)
    document = incident("n-1", "orders", ORDER, MISSING)
    unchanged(db, document, 11, "ambiguous_target", as_pipeline=True)


@test
def unqualified_name_is_found_along_the_loaders_path():
    db = warehouse()
    cluster.sql(f"ALTER ROLE orders_loader IN DATABASE {db} SET search_path ="
                ' "$user", analytics', db=db)
    done = heal(db, incident("n-1", "orders", ORDER, MISSING),
                as_pipeline=True)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))


@test
def tables_of_the_audit_are_never_the_target():
    db = warehouse()
    payload = {"source_kind": "app", "source_name": "orders-loader",
               "incident_id": "victim", "ordinal": 0, "payload_hash": "x",
               "run_id": "0199aaaa-0000-7000-8000-000000000000"}
    document = incident("n-1", "pgmend.replayed", payload, MISSING)
    unchanged(db, document, 11, "F07")
    document = incident("n-2", "replayed", payload, MISSING)
    document["error"]["schema"] = "pgmend"
    unchanged(db, document, 11, "F07")


@test
def tables_of_an_audit_by_another_name_are_never_the_target():
    db = cluster.database("ledger")
    done = pgmend("init", "--db", cluster.conninfo(db), "--role", "healer",
                  "--schema", "ledger")
    equal(done.status, 0, repr(done))
    payload = {"source_kind": "app", "source_name": "orders-loader",
               "incident_id": "victim", "ordinal": 0, "payload_hash": "x",
               "run_id": "0199aaaa-0000-7000-8000-000000000000"}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pgmend.conf")
        with open(path, "w") as file:
            file.write("audit_schema = ledger\n")
        done = pgmend("heal", "--db", cluster.conninfo(db, "healer"),
                      "--config", path, "-",
                      stdin=json.dumps(incident("n-1", "ledger.replayed",
                                                payload, MISSING)))
    equal((done.status, done.json["reason_code"]), (11, "F07"), repr(done))
    equal(cluster.sql("SELECT count(*) FROM ledger.replayed", db=db), "0")


# --- Settings that others give ------------------------------------------------

@test
def settings_of_server_database_and_role_change_nothing():
    db = warehouse()
    for setting in ["standard_conforming_strings = off",
                    "row_security = off", "client_encoding = 'LATIN1'",
                    "search_path = evil", "transform_null_equals = on",
                    "default_transaction_isolation = serializable",
                    "statement_timeout = '1min'", "timezone = 'Asia/Tokyo'",
                    "datestyle = 'SQL, DMY'", "quote_all_identifiers = on",
                    "bytea_output = 'escape'", "role = 'orders_loader'",
                    "idle_session_timeout = '50ms'"]:
        cluster.sql(f"ALTER ROLE healer IN DATABASE {db} SET {setting}")
    done = heal(db, incident("n-1", TABLE, dict(ORDER, customer="Zoë \\ 'x"),
                             MISSING))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(cluster.sql(f"SELECT customer FROM {TABLE}", db=db), "Zoë \\ 'x")
    chain_verifies(db)


@test
def login_whose_triggers_are_switched_off_is_unsafe():
    db = warehouse()
    cluster.sql(f"ALTER ROLE healer IN DATABASE {db}"
                " SET session_replication_role = replica")
    unchanged(db, incident("n-1", TABLE, ORDER, MISSING), 30,
              "triggers_are_off")


# --- Foreign keys -----------------------------------------------------------

# The neighbour's column has a type of his own, and casts that lead to the key.
KID = f"""GRANT REFERENCES ON {TABLE} TO neighbour;
GRANT USAGE ON SCHEMA analytics TO neighbour;
SET ROLE neighbour;
CREATE TYPE evil.pair AS (a int);
CREATE FUNCTION evil.to_int(evil.pair) RETURNS int LANGUAGE plpgsql IMMUTABLE
   AS $$BEGIN PERFORM nextval('evil.ran'); RETURN ($1).a; END$$;
CREATE FUNCTION evil.to_bigint(evil.pair) RETURNS bigint LANGUAGE plpgsql
   IMMUTABLE AS $$BEGIN PERFORM nextval('evil.ran'); RETURN ($1).a; END$$;
CREATE CAST (evil.pair AS int) WITH FUNCTION evil.to_int AS IMPLICIT;
CREATE CAST (evil.pair AS bigint) WITH FUNCTION evil.to_bigint AS IMPLICIT;
CREATE TABLE evil.kid (p evil.pair REFERENCES {TABLE} (code));
INSERT INTO evil.kid VALUES (ROW(7));
RESET ROLE; SELECT setval('evil.ran', 1, false)"""


@test
def type_of_a_column_that_a_neighbours_key_refers_to():
    db = warehouse(f"SET ROLE orders_owner; ALTER TABLE {TABLE} ADD COLUMN"
                   f" code int UNIQUE; INSERT INTO {TABLE} VALUES"
                   f" (0, 'a', 1, NULL, 7); RESET ROLE; {KID}")
    build = proposing(f"ALTER TABLE {TABLE} ALTER COLUMN code TYPE bigint")
    policy = os.path.join(build, "types.policy")
    with open(policy, "w") as file:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   "allow widen_type, alter_type, replay on *.* as all\n")
    before = state(db)
    document = incident("n-1", TABLE, {"id": 1, "customer": "a",
                                       "code": 5_000_000_000},
                        ("22003", "integer out of range"))
    done = pgmend("heal", "--db", cluster.conninfo(db, "healer"), "--policy",
                  policy, "-", stdin=json.dumps(document), build=build)
    equal((done.status, done.json["reason_code"]), (10, "policy_escalates"),
          repr(done))
    holds("neighbour" in done.json["message"], done)
    equal(state(db), before)
    chain_verifies(db)


main()
