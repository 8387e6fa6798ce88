"""A table that isn't there: what is made is exactly what was planned, by the
owner whose it should be, and only where the pipeline can write to it; else a
person gets the plan, and nothing is made.
"""

import json
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (Cluster, await_that, equal, holds, main,  # noqa: E402
                     pgmend, test, test_within)
from pipeline import (Session, incident, is_waited_for, load,  # noqa: E402
                      make_roles, make_warehouse)
from proxy import COMMIT, Proxy  # noqa: E402
from scripted import proposing  # noqa: E402

POLICY = """pgmend-policy 1
layer org
default deny
{decision} create_table on *.* as tables
allow add_column on *.* as columns
allow replay on *.* as replays
allow create_table, replay on analytics."New Table" as unusual
"""
CONFIGURATION = """[pipeline shipments]
tables = {tables}
role   = orders_loader
"""
# The owner lets the loader write to whatever he makes.
OPEN = """ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner IN SCHEMA analytics
          GRANT INSERT ON TABLES TO orders_loader"""
TABLE = "analytics.shipments"
SHIPMENT = {"id": 7, "sent_at": "2026-11-26T08:00:00Z", "weight": 1.5,
            "zip": "01067", "parcels": [{"n": 1}], "done": False}
COLUMNS = ("id bigint, sent_at timestamp with time zone, weight numeric,"
           " zip text, parcels jsonb, done boolean")
PLAN = f"CREATE TABLE {TABLE} ({COLUMNS})"

cluster = Cluster()
make_roles(cluster)
make_warehouse(cluster, "base")
databases = 0
folder = tempfile.TemporaryDirectory()
os.chmod(folder.name, 0o755)


def written(name, text):
    path = os.path.join(folder.name, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


policies = {decision: written(f"{decision}.policy",
                              POLICY.format(decision=decision))
            for decision in ["allow", "escalate", "deny"]}


def warehouse(setup=""):
    global databases
    databases += 1
    db = f"table{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    cluster.sql(setup, db=db)
    return db


def heal(db, *options, table=TABLE, payload=None, decision="allow",
         policy=None, plan=None, host=None, identity="t-1",
         tables=f"analytics.orders, {TABLE}", **members):
    """With `plan` by a scripted agent, else by the builtin planner."""
    payload = SHIPMENT if payload is None else payload
    document = incident(identity, table, payload,
                        ("42P01", f'relation "{table}" does not exist'),
                        **members)
    conninfo = cluster.conninfo(db, "healer")
    if host is not None:
        conninfo = f"host={host} dbname={db} user=healer"
    build = {}
    if plan is not None:
        build["build"] = proposing(*plan)
    if "--pipeline" in options:
        options += ("--config", written(
            f"{db}.conf", CONFIGURATION.format(tables=tables)))
    return pgmend("heal", "--planner", "builtin", "--db", conninfo, "--policy",
                  policy or policies[decision], *options, "-",
                  stdin=json.dumps(document), **build)


def made(db):
    """What a heal could have made: relations, types, rights, rows of the
    audit."""
    return cluster.sql(
        "SELECT oid::regclass, relkind, relowner::regrole, relacl FROM pg_class"
        " WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE"
        " nspname ~ '^pg_|^info|^pgmend') ORDER BY 1;"
        " SELECT typname FROM pg_type WHERE oid >= 16384 AND typnamespace <>"
        " 'pgmend'::regnamespace ORDER BY 1; SELECT conname FROM pg_constraint"
        " WHERE conrelid >= 16384 ORDER BY 1;"
        " SELECT count(*) FROM pgmend.applied", db=db)


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, f"audit verify: {done}")


def ends(db, status, code, *options, word="", **members):
    """Nothing is made."""
    before = made(db)
    done = heal(db, *options, **members)
    equal((done.status, done.json["reason_code"]), (status, code), repr(done))
    holds(word in done.json["message"], f"{word!r} not in {done}")
    equal(made(db), before)
    chain_verifies(db)
    return done


def heals(db, *options, **members):
    done = heal(db, *options, **members)
    equal((done.status, done.json["reason_code"]), (0, "ok"), repr(done))
    chain_verifies(db)
    return done


def columns_of(db, table=TABLE):
    return cluster.sql(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod)"
        " || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END"
        " || COALESCE(' DEFAULT ' || pg_get_expr(adbin, adrelid), ''), ', '"
        " ORDER BY attnum) FROM pg_attribute LEFT JOIN pg_attrdef"
        " ON adrelid = attrelid AND adnum = attnum"
        f" WHERE attrelid = '{table}'::regclass AND attnum > 0", db=db)


def rendered(sql):
    """As pgmend writes it."""
    for word in ["text", "jsonb"]:
        sql = sql.replace(f" {word}", f" pg_catalog.{word}")
    return sql


def schema_of(owner, more=""):
    return (f"ALTER SCHEMA analytics OWNER TO {owner}; GRANT CREATE, USAGE ON"
            f" SCHEMA analytics TO orders_owner, orders_loader; {more}")


def plan_of(done):
    return [action["sql"] for action in done.json["plan"]["actions"]]


# --- Healing ------------------------------------------------------------------

@test
def table_is_made_with_the_record_in_it():
    db = warehouse()
    done = heals(db)
    equal(plan_of(done), [rendered(PLAN)])
    equal(done.json["plan"]["actions"][0]["inverse_sql"], f"DROP TABLE {TABLE}")
    equal(columns_of(db), COLUMNS)
    equal(cluster.sql(f"SELECT * FROM {TABLE}", db=db),
          '7|2026-11-26 08:00:00+00|1.5|01067|[{"n": 1}]|f')
    equal(cluster.sql("SELECT relowner::regrole FROM pg_class"
                      f" WHERE oid = '{TABLE}'::regclass", db=db),
          "orders_owner")
    # The same record again is no other.
    done = heal(db)
    equal((done.status, done.json["reason_code"]), (0, "already_replayed"))
    equal(cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db), "1")


@test
def loader_that_the_owner_lets_in_goes_on_by_itself():
    db = warehouse(OPEN)
    heals(db, "--pipeline", "shipments")
    equal(load(cluster, db, TABLE, {**SHIPMENT, "id": 8}), None)
    equal(cluster.sql(f"SELECT id FROM {TABLE} ORDER BY 1", db=db), "7\n8")


@test
def default_not_null_and_rights_are_as_planned():
    db = warehouse(OPEN)
    plan = (f"CREATE TABLE {TABLE} (id bigint NOT NULL, made timestamptz"
            " DEFAULT now(), kind varchar(9) DEFAULT 'box' NOT NULL, n numeric"
            " (6,2) DEFAULT 1, who text COLLATE \"C\" DEFAULT 'x', day date"
            " DEFAULT '2026-11-26')")
    heals(db, "--pipeline", "shipments", payload={"id": 7}, plan=[plan])
    equal(columns_of(db),
          "id bigint NOT NULL, made timestamp with time zone DEFAULT now(),"
          " kind character varying(9) NOT NULL DEFAULT 'box'::character varying,"
          " n numeric(6,2) DEFAULT 1, who text DEFAULT 'x'::text,"
          " day date DEFAULT '2026-11-26'::date")
    equal(cluster.sql(f"SELECT id, kind, n FROM {TABLE}", db=db), "7|box|1.00")


@test
def row_that_the_caller_retries_is_proven_and_taken_back():
    db = warehouse()
    heals(db, "--rows", "prove")
    equal(cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db), "0")


@test
def all_records_and_the_replay_file_are_written():
    db = warehouse()
    payloads = [{"id": n, "note": f"n{n}"} for n in range(1500)]
    lines = [json.dumps({"id": n, "note": f"n{n}"}) for n in range(1500, 4000)]
    path = written(f"{db}.ndjson", "\n".join(lines + ['{"id": "x"}', ""]))
    document = incident("t-1", TABLE, payloads[0], ("42P01", "missing"))
    del document["payload"]
    document["payloads"] = payloads
    done = pgmend("heal", "--planner", "builtin", "--db",
                  cluster.conninfo(db, "healer"), "--policy",
                  policies["allow"], "--replay", path, "-",
                  stdin=json.dumps(document))
    equal((done.status, done.json["replay"]["rows"],
           done.json["replay"]["rejected"]), (0, 4000, 1), repr(done))
    equal(cluster.sql(f"SELECT count(*), sum(id) FROM {TABLE}", db=db),
          "4000|7998000")


@test
def names_that_need_quotes():
    db = warehouse()
    payload = {"Order Id": 1, "User": "x", "type": "y"}
    heals(db, table='analytics."New Table"', payload=payload)
    equal(cluster.sql('SELECT "Order Id", "User", type FROM'
                      ' analytics."New Table"', db=db), "1|x|y")


@test
def runs_of_one_drift_make_it_once():
    db = warehouse()
    results = []

    def run(number):
        results.append(heal(db, identity=f"t-{number}",
                            payload={**SHIPMENT, "id": number}))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal([done.status for done in results], [0] * 4, repr(results))
    equal(cluster.sql(f"SELECT count(*) FROM {TABLE};"
                      "SELECT count(*) FROM pgmend.event"
                      " WHERE kind = 'ddl.intent' AND body::text ~ 'CREATE'",
                      db=db), "4\n1")
    chain_verifies(db)


# --- Whose it would be --------------------------------------------------------

@test
def policy_decides():
    done = ends(warehouse(), 10, "policy_escalates", decision="escalate")
    equal(plan_of(done), [rendered(PLAN)])
    ends(warehouse(), 11, "policy_denies", decision="deny")
    done = heal(warehouse(), "--dry-run")
    equal((done.status, plan_of(done)), (12, [rendered(PLAN)]), repr(done))


@test
def table_that_would_be_closed_to_the_pipeline_asks_a_person():
    db = warehouse()
    done = ends(db, 10, "policy_escalates", "--pipeline", "shipments",
                word="closed to the pipeline's role")
    equal(plan_of(done), [rendered(PLAN)])
    equal(done.json["plan"]["advice"],
          [f"GRANT INSERT ON {TABLE} TO orders_loader"])
    # Nothing has changed: the answer stands, without a planner.
    done = ends(db, 10, "policy_escalates", "--pipeline", "shipments",
                identity="t-2", word="decided before")
    # The owner opens what he will make: that is another question.
    cluster.sql(OPEN, db=db)
    heals(db, "--pipeline", "shipments", identity="t-3")


@test
def loader_without_the_schema_is_told_of_both_rights():
    db = warehouse("REVOKE USAGE ON SCHEMA analytics FROM orders_loader")
    done = ends(db, 10, "policy_escalates", "--pipeline", "shipments")
    equal(done.json["plan"]["advice"],
          ["GRANT USAGE ON SCHEMA analytics TO orders_loader; "
           f"GRANT INSERT ON {TABLE} TO orders_loader"])


@test
def owner_is_the_one_of_the_pipelines_other_tables():
    # The schema is a superuser's; orders_owner may make tables in it.
    db = warehouse(schema_of("postgres", OPEN))
    heals(db, "--pipeline", "shipments")
    equal(cluster.sql("SELECT relowner::regrole FROM pg_class"
                      f" WHERE oid = '{TABLE}'::regclass", db=db),
          "orders_owner")


@test
def owner_is_the_schemas_where_the_pipeline_has_no_other_table():
    heals(warehouse(OPEN), "--pipeline", "shipments", tables=TABLE)
    # Whoever owns neither is nobody whom the login needs.
    ends(warehouse(schema_of("postgres")), 30, "role_needless", "--pipeline",
         "shipments", tables=TABLE, word="orders_owner")


@test
def facts_are_those_of_an_empty_table_to_be():
    path = written("facts.policy", POLICY.format(decision="allow") + """
deny create_table on *.* as something-there {
    when table.rows > 0 or table.columns_used > 0 or table.views > 0 or table.rls
}
deny create_table on *.* as another-owner {
    when table.owner != "orders_owner" or db.in_recovery or change.rewrite
}
escalate create_table on *.* as seen-elsewhere {
    when table.published
}
""")
    done = heal(warehouse(), policy=path)
    equal(done.status, 0, repr(done))
    done = heal(warehouse("CREATE PUBLICATION p FOR TABLES IN SCHEMA analytics"),
                policy=path)
    equal((done.status, done.json["reason_code"]), (10, "policy_escalates"),
          repr(done))


@test
def owner_that_the_login_is_no_member_of_asks_a_person():
    db = warehouse("ALTER SCHEMA analytics OWNER TO postgres")
    ends(db, 10, "policy_escalates", word="would belong to 'postgres'")
    db = warehouse("REVOKE CREATE ON SCHEMA analytics FROM orders_owner;"
                   "ALTER SCHEMA analytics OWNER TO postgres")
    ends(db, 10, "policy_escalates", "--pipeline", "shipments",
         word="would belong to 'orders_owner'")


# --- Which table it is --------------------------------------------------------

@test
def bare_name_belongs_into_the_first_schema_where_it_can_be_made():
    db = warehouse("CREATE SCHEMA closed; CREATE SCHEMA other AUTHORIZATION"
                   " orders_owner; GRANT USAGE ON SCHEMA closed, other TO healer")
    cluster.sql(f"ALTER ROLE healer IN DATABASE {db} SET search_path ="
                " nowhere, closed, analytics, other", db=db)
    done = heals(db, table="shipments")
    equal(plan_of(done), [rendered(PLAN)])
    cluster.sql(f"ALTER ROLE healer IN DATABASE {db} SET search_path ="
                " nowhere, closed", db=db)
    ends(db, 11, "ambiguous_target", table="elsewhere", identity="t-2")


@test
def incident_says_which_schema():
    db = warehouse()
    document = {"error": {"sqlstate": "42P01", "message": "missing",
                          "schema": "analytics"}}
    heals(db, table="shipments", **document)
    equal(columns_of(db), COLUMNS)


@test
def what_cannot_be_made_is_no_table():
    ends(warehouse(), 11, "no_such_table", table="nowhere.shipments")
    ends(warehouse(), 11, "F07", table="pgmend.shipments")
    ends(warehouse(), 11, "table_not_in_pipeline", "--pipeline", "shipments",
         table="analytics.other")
    ends(warehouse("CREATE SEQUENCE analytics.shipments"), 11, "not_a_table")
    ends(warehouse("CREATE INDEX shipments ON analytics.orders (amount)"), 11,
         "not_a_table")
    ends(warehouse("CREATE TYPE analytics.shipments AS ENUM ('a')"), 10,
         "server_refuses", word="already exists")


@test
def other_claims_about_a_missing_table_stay_what_they_are():
    # Only 42P01 is about a table, and not the one of a function on the way.
    ends(warehouse(), 11, "no_such_table",
         error={"sqlstate": "42703", "message": "missing"})
    ends(warehouse(), 11, "no_such_table",
         error={"sqlstate": "42P01", "message": "missing",
                "context": "PL/pgSQL function f() line 1"})


@test
def table_that_a_function_misses_is_no_drift():
    db = warehouse("""SET ROLE orders_owner;
        CREATE TABLE analytics.shipments (id bigint);
        CREATE FUNCTION analytics.f() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN INSERT INTO analytics.missing VALUES (1); RETURN NEW; END$$;
        CREATE TRIGGER t BEFORE INSERT ON analytics.shipments
           FOR EACH ROW EXECUTE FUNCTION analytics.f()""")
    ends(db, 11, "not_drift", payload={"id": 1})


@test
def table_that_something_else_misses_is_no_drift():
    db = warehouse("""SET ROLE orders_owner;
        CREATE TABLE analytics.shipments (id bigint);
        CREATE FUNCTION analytics.f() RETURNS bigint LANGUAGE sql AS
           'SELECT 1';
        ALTER TABLE analytics.shipments ADD n bigint DEFAULT analytics.f();
        SET check_function_bodies = off;
        CREATE OR REPLACE FUNCTION analytics.f() RETURNS bigint LANGUAGE sql AS
           'SELECT id FROM analytics.missing'""")
    ends(db, 11, "not_drift", payload={"id": 1})


# --- What the builtin planner isn't sure of -----------------------------------

@test
def unsure_types_are_given_up():
    for payload in [{"id": 1, "note": None}, {"id": 1, "list": []}]:
        ends(warehouse(), 11, "planner_gave_up", payload=payload)


@test
def casts_keys_and_bare_columns_are_given_up():
    for sql, code in [
            ("(id) VALUES ($1::bigint)", "planner_gave_up"),
            ("(id) VALUES ($1) ON CONFLICT (id) DO NOTHING", "planner_gave_up"),
            ("(id, n) VALUES ($1, 5)", "planner_gave_up"),
            ("VALUES ($1)", "no_such_table")]:
        ends(warehouse(), 11, code, payload={"id": 1},
             statement={"sql": f"INSERT INTO {TABLE} {sql}", "params": ["id"]})


# --- Other plans --------------------------------------------------------------

def refuses(db, code, *plan, **members):
    """The scripted agent has nothing better to offer, and dies."""
    ends(db, 11, "agent_died", plan=plan, **members)
    equal(cluster.sql("SELECT body::json ->> 'reason_code' FROM pgmend.event"
                      " WHERE kind = 'policy.verdict'", db=db), code, plan)


@test
def nothing_but_that_table_can_be_made():
    for statement, code in [
            (f"ALTER TABLE {TABLE} ADD COLUMN id bigint", "F13"),
            ("CREATE TABLE analytics.other (id bigint)", "F13"),
            ("ALTER TABLE analytics.orders ADD COLUMN x text", "F13"),
            (f"CREATE TABLE {TABLE} (id bigint, kind analytics.kind)", "F10"),
            (f"CREATE TABLE {TABLE} (id bigint, \"secret of 4711\" text)",
             "F18"),
            (f"CREATE TABLE {TABLE} (id bigint, n text DEFAULT '4711')",
             "F18"),
            (f"CREATE TABLE {TABLE} (id bigint PRIMARY KEY)", "F08")]:
        db = warehouse("CREATE TYPE analytics.kind AS ENUM ('a');"
                       "ALTER TYPE analytics.kind OWNER TO orders_owner")
        refuses(db, code, statement, payload={"id": 4711})


@test
def name_that_differs_only_in_case_is_refused():
    ends(warehouse('CREATE TABLE analytics."Shipments" (id bigint)'), 11, "F11")


@test
def second_statement_about_it_is_refused():
    refuses(warehouse(), "F13", PLAN, f"COMMENT ON TABLE {TABLE} IS 'x'")
    ends(warehouse(), 20, "rolled_back", plan=[PLAN, PLAN])
    ends(warehouse(), 20, "rolled_back",
         plan=[PLAN, PLAN.replace("TABLE", "TABLE IF NOT EXISTS")])


# --- What else happens meanwhile ----------------------------------------------

def saboteur(db, body):
    """A superuser's event trigger: when the table is made it does more."""
    cluster.sql(f"""
        CREATE FUNCTION public.more() RETURNS event_trigger LANGUAGE plpgsql
           SECURITY DEFINER AS $$BEGIN
           IF current_setting('more.on', true) IS DISTINCT FROM 'no' THEN
              PERFORM set_config('more.on', 'no', true);
              {body};
           END IF; END$$;
        CREATE EVENT TRIGGER more ON ddl_command_end
           WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.more()""",
                db=db)


# What is done to the table, and the word by which the difference is shown.
DISTURBANCES = {
    "ALTER TABLE {t} ADD COLUMN evil text": "columns",
    "ALTER TABLE {t} ADD COLUMN evil text; ALTER TABLE {t} DROP COLUMN evil":
        "columns",
    "ALTER TABLE {t} DROP COLUMN zip; ALTER TABLE {t} ADD COLUMN zip text":
        "columns",
    "ALTER TABLE {t} RENAME id TO n; ALTER TABLE {t} RENAME zip TO id;"
    "ALTER TABLE {t} RENAME n TO zip": "column 1 of the new table is zip",
    "ALTER TABLE {t} ALTER zip TYPE varchar(9)": "zip",
    "ALTER TABLE {t} ALTER zip SET NOT NULL": "zip",
    "ALTER TABLE {t} ALTER zip SET DEFAULT 'x'": "zip",
    "ALTER TABLE {t} ALTER zip SET STORAGE external": "zip",
    "ALTER TABLE {t} ALTER zip SET STATISTICS 7": "zip",
    "ALTER TABLE {t} ADD PRIMARY KEY (id)": "not_null",
    "ALTER TABLE {t} ADD CHECK (id > 0)": "shipments_id_check",
    "ALTER TABLE {t} ADD FOREIGN KEY (id) REFERENCES analytics.others":
        "shipments_id_fkey",
    "ALTER TABLE {t} OWNER TO healer": "{healer=",
    "ALTER TABLE {t} SET UNLOGGED": "persistence",
    "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY;"
    " CREATE POLICY evil ON {t} USING (true)": "policy evil",
    "ALTER TABLE {t} SET (fillfactor = 50)": "options",
    "ALTER TABLE {t} REPLICA IDENTITY FULL": "replica_identity",
    "CREATE INDEX evil ON {t} (id)": "evil",
    "CREATE STATISTICS evil ON id, zip FROM {t}": "evil",
    "CREATE TRIGGER evil AFTER UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION"
    " suppress_redundant_updates_trigger()": "evil",
    "CREATE RULE evil AS ON DELETE TO {t} DO INSTEAD NOTHING": "evil",
    "CREATE VIEW analytics.evil AS SELECT id FROM {t}": "evil",
    "CREATE TABLE analytics.evil () INHERITS ({t})": "evil",
    "CREATE TABLE analytics.evil (id bigint)": "pg_",
    "GRANT SELECT ON {t} TO PUBLIC": "acl",
    "GRANT UPDATE (id) ON {t} TO PUBLIC": "acl",
    "COMMENT ON TABLE {t} IS 'evil'": "evil",
    "CREATE PUBLICATION evil FOR TABLE {t}": "evil",
    "DROP TABLE {t}; CREATE TABLE {t} (id bigint, sent_at timestamptz, weight"
    " numeric, zip text, parcels jsonb, done boolean);"
    " GRANT INSERT ON {t} TO orders_loader": "{postgres=",
    "CREATE ROLE evil": "evil",
    "GRANT pg_read_all_data TO orders_loader": "orders_loader",
    "ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT DELETE ON TABLES"
    " TO PUBLIC": "acl",
    "ALTER SCHEMA analytics OWNER TO healer": "pg_namespace",
}


@test_within(180)
def whatever_else_was_made_of_it_is_rolled_back():
    for body, word in DISTURBANCES.items():
        db = warehouse(OPEN + "; CREATE TABLE analytics.others"
                       " (id bigint PRIMARY KEY);"
                       "INSERT INTO analytics.others VALUES (7)")
        saboteur(db, body.format(t=TABLE))
        ends(db, 20, "catalogue_difference", "--pipeline", "shipments",
             word=word)


@test
def table_that_was_taken_away_again_is_rolled_back():
    db = warehouse()
    saboteur(db, f"DROP TABLE {TABLE}")
    ends(db, 20, "rolled_back")


DEFAULTED = [f"CREATE TABLE {TABLE} (id bigint, made timestamptz DEFAULT now(),"
             " kind varchar(9) DEFAULT 'box', n numeric(6,2) DEFAULT 1)"]


@test
def swapped_defaults_are_rolled_back():
    for column, default, word in [
            ("kind", "'bag'", "'bag'"), ("kind", "'box '", "'box '"),
            ("n", "2", "2 instead of 1"), ("n", "1.004", "1.004 instead"),
            ("made", "clock_timestamp()", "clock_timestamp() instead of"),
            ("made", "'2026-01-01'", "2026-01-01"),
            ("kind", "public.evil()", "evil()"), ("kind", "NULL", "NULL")]:
        db = warehouse("CREATE FUNCTION public.evil() RETURNS text LANGUAGE sql"
                       " IMMUTABLE AS 'SELECT text ''box'''")
        saboteur(db, f"ALTER TABLE {TABLE} ALTER {column} SET DEFAULT"
                     f" {default}")
        ends(db, 20, "catalogue_difference", plan=DEFAULTED, payload={"id": 7},
             word=word)


def heal_beside(db, session, end, **members):
    """Heals while the session holds the table's name, and then ends."""
    results = []
    thread = threading.Thread(target=lambda: results.append(heal(db,
                                                                 **members)))
    thread.start()
    await_that(lambda: is_waited_for(cluster, db), "nobody waits")
    session.end(end)
    thread.join()
    return results[0]


@test
def table_that_somebody_else_is_making_is_not_taken_for_ours():
    for plan in [PLAN, PLAN.replace("TABLE", "TABLE IF NOT EXISTS")]:
        db = warehouse()
        session = Session(cluster, db, f"SET LOCAL ROLE orders_owner; {PLAN}")
        done = heal_beside(db, session, "COMMIT", plan=[plan])
        equal((done.status, done.json["reason_code"]), (75, "facts_changed"),
              repr(done))
        equal(cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db), "0")
        # The retry finds it there.
        done = heal(db)
        equal((done.status, done.json["outcome"]), (0, "already_healed"))
        equal(cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db), "1")


@test
def table_that_somebody_else_gave_up_making_is_made():
    db = warehouse()
    session = Session(cluster, db, f"SET LOCAL ROLE orders_owner; {PLAN}")
    done = heal_beside(db, session, "ROLLBACK")
    equal(done.status, 0, repr(done))
    equal(cluster.sql(f"SELECT count(*) FROM {TABLE}", db=db), "1")


# --- A wire that breaks around COMMIT -----------------------------------------

class CommitProxy(Proxy):
    """Cuts the connection that commits, before or after the server has."""

    def __init__(self, commits):
        self.commits, self.cuts = commits, 0
        self.deaf, self.committed = set(), threading.Event()
        super().__init__(cluster)

    def from_client(self, connection, data):
        if COMMIT not in data or self.cuts > 0:
            return True
        self.cuts += 1
        if self.commits:
            self.deaf.add(connection)
            connection.server.sendall(data)
            holds(self.committed.wait(10), "no answer to COMMIT")
        return False

    def from_server(self, connection, data):
        if connection not in self.deaf:
            return True
        self.committed.set()
        return False


@test
def lost_reply_to_commit_is_resolved_by_the_marker():
    for commits, status, count in [(True, 0, "1"), (False, 20, "0")]:
        db = warehouse()
        path = written(f"{db}.ndjson", json.dumps({**SHIPMENT, "id": 8}) + "\n")
        proxy = CommitProxy(commits)
        done = heal(db, "--replay", path, host=proxy.folder)
        equal((done.status, proxy.cuts, proxy.failures), (status, 1, []),
              repr(done))
        equal(cluster.sql("SELECT count(*) FROM pg_class WHERE relname ="
                          " 'shipments'; SELECT count(*) FROM pgmend.applied",
                          db=db), f"{count}\n{count}")
        if commits:
            equal(cluster.sql(f"SELECT id FROM {TABLE} ORDER BY 1", db=db),
                  "7\n8")
        chain_verifies(db)


main()
