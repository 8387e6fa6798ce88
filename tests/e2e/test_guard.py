"""`pgmend init --guard`: event triggers that hold the healing login to what a
heal needs, whatever role it takes on, and let a heal pass.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import WAREHOUSE, incident, load, make_roles  # noqa: E402

TABLE = "analytics.orders"

cluster = Cluster()
make_roles(cluster)


def init(db, *options, user="postgres", role="healer"):
    return pgmend("init", "--db", cluster.conninfo(db, user), "--role", role,
                  *options)


def guarded(name):
    cluster.database(name)
    cluster.sql(WAREHOUSE, db=name)
    done = init(name, "--guard", "--json")
    equal((done.status, done.json["guard"]), (0, True), repr(done))
    return name


db = guarded("guarded")


def by_healer(statement, setting="SET ROLE orders_owner"):
    return cluster.psql(f"{setting}; {statement}", user="healer", db=db)


def heal(number, payload):
    failure = load(cluster, db, TABLE, payload)
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), "-",
                  stdin=json.dumps(incident(f"g-{number}", TABLE, payload,
                                            failure)))


@test
def heal_passes():
    done = heal(1, {"id": 1, "customer": "a", "coupon": "x"})
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(cluster.sql(f"SELECT id, coupon FROM {TABLE}", db=db), "1|x")


@test
def whatever_a_heal_does_passes():
    cluster.sql("""
        SET ROLE orders_owner;
        CREATE TYPE analytics.mood AS ENUM ('bad');
        CREATE TABLE analytics.p (id bigint, n integer NOT NULL DEFAULT 1,
            code varchar(9) DEFAULT 'x' CHECK (code <> ''), mood
            analytics.mood, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        CREATE INDEX ON analytics.p (code) WHERE code IS NOT NULL""", db=db)
    for statement in [
            "CREATE TABLE analytics.p_1 (LIKE analytics.p INCLUDING ALL)",
            "ALTER TABLE analytics.p ATTACH PARTITION analytics.p_1"
            " FOR VALUES FROM (0) TO (9)",
            "ALTER TABLE analytics.p ALTER code TYPE text",
            "ALTER TABLE analytics.p ALTER n TYPE bigint",
            "ALTER TABLE analytics.p ALTER n SET DEFAULT 2",
            "ALTER TABLE analytics.p ALTER n DROP NOT NULL",
            "ALTER TABLE analytics.p ADD CHECK (n > 0) NOT VALID",
            "ALTER TABLE analytics.p ADD COLUMN x integer",
            "ALTER TYPE analytics.mood ADD VALUE 'fine'",
            "COMMENT ON COLUMN analytics.p.n IS 'how many'"]:
        done = by_healer(statement)
        equal(done.returncode, 0, f"{statement}: {done.stderr}")


@test
def everything_else_is_stopped():
    for statement, word in [
            (f"DROP TABLE {TABLE}", "DROP TABLE"),
            (f"ALTER TABLE {TABLE} DROP COLUMN amount", "table column"),
            (f"ALTER TABLE {TABLE} DROP CONSTRAINT orders_pkey", "constraint"),
            (f"GRANT SELECT ON {TABLE} TO PUBLIC", "GRANT"),
            (f"REVOKE INSERT ON {TABLE} FROM orders_loader", "REVOKE"),
            ("CREATE FUNCTION analytics.f() RETURNS int LANGUAGE sql"
             " AS 'SELECT 1'", "CREATE FUNCTION"),
            (f"CREATE TRIGGER t BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE"
             " FUNCTION suppress_redundant_updates_trigger()",
             "CREATE TRIGGER"),
            (f"CREATE RULE r AS ON INSERT TO {TABLE} DO NOTHING",
             "CREATE RULE"),
            (f"CREATE VIEW analytics.v AS SELECT * FROM {TABLE}",
             "CREATE VIEW"),
            (f"CREATE TABLE analytics.copy AS SELECT * FROM {TABLE}",
             "CREATE TABLE AS"),
            (f"CREATE INDEX ON {TABLE} (amount)", "CREATE INDEX"),
            (f"CREATE POLICY p ON {TABLE}", "CREATE POLICY"),
            ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
             "ALTER DEFAULT PRIVILEGES")]:
        for setting in ["SET ROLE orders_owner",
                        "SET ROLE orders_owner; SET search_path = analytics"]:
            done = by_healer(statement, setting)
            holds(done.returncode != 0 and word in done.stderr
                  and "guard" in done.stderr, f"{statement}: {done.stderr}")


@test
def others_are_not_held_to_it():
    cluster.sql(f"SET ROLE orders_owner; CREATE INDEX x ON {TABLE} (amount);"
                "DROP INDEX analytics.x; RESET ROLE;"
                f"GRANT SELECT ON {TABLE} TO PUBLIC", db=db)


@test
def small_rewrite_passes_and_a_large_one_does_not():
    change = f"ALTER TABLE {TABLE} ALTER amount TYPE double precision"
    equal(by_healer(f"BEGIN; {change}; ROLLBACK").returncode, 0)
    cluster.sql("UPDATE pgmend.guard SET rewrite_max = 1000", db=db)
    done = by_healer(change)
    holds("refuses to rewrite analytics.orders" in done.stderr, done.stderr)
    holds(by_healer("UPDATE pgmend.guard SET rewrite_max = 9",
                    "RESET ROLE").returncode != 0, "its limit is its own")
    cluster.sql("UPDATE pgmend.guard SET rewrite_max = 1000000", db=db)


@test
def guard_can_not_be_switched_off_by_whom_it_guards():
    for statement in ["ALTER EVENT TRIGGER pgmend_guard_drop DISABLE",
                      "DROP EVENT TRIGGER pgmend_guard_drop",
                      "DELETE FROM pgmend.guard",
                      "SET session_replication_role = replica"]:
        holds(by_healer(statement, "RESET ROLE").returncode != 0, statement)


@test
def again_it_changes_nothing_and_adds_a_role():
    objects = ("SELECT evtname, evtenabled, evtfoid FROM pg_event_trigger"
               " ORDER BY 1")
    before = cluster.sql(objects, db=db)
    equal(init(db, "--guard").status, 0)
    equal(cluster.sql(objects, db=db), before)
    equal(before.count("|A|"), 3)
    cluster.sql("CREATE ROLE \"other's\" LOGIN")
    equal(init(db, "--guard", role="other's").status, 0)
    equal(cluster.sql("SELECT role FROM pgmend.guard ORDER BY 1", db=db),
          "healer\nother's")


@test
def guard_needs_a_superuser():
    cluster.sql("CREATE ROLE admin LOGIN CREATEROLE;"
                "GRANT CREATE ON DATABASE postgres TO admin")
    done = init("postgres", "--guard", user="admin")
    equal((done.status, done.json["reason_code"]), (2, "init_refused"),
          repr(done))


@test
def printed_sql_does_the_same():
    cluster.database("printed")
    sql = pgmend("init", "--role", "healer", "--guard", "--print-sql")
    equal(sql.status, 0, repr(sql))
    cluster.sql(sql.out, db="printed")
    equal(cluster.sql("SELECT count(*) FROM pg_event_trigger;"
                      "SELECT role FROM pgmend.guard", db="printed"),
          "3\nhealer")
    plain = pgmend("init", "--role", "healer", "--print-sql")
    holds("EVENT TRIGGER" not in plain.out, "without --guard there is none")


main()
