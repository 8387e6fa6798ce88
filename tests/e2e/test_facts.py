"""What the catalogue says of a change, before anything is done: facts for the
judge, effects for a person.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402

POLICY = """pgmend-policy 1
layer org
default deny
allow add_column, widen_type, alter_type on *.* as columns
allow drop_not_null, set_default, comment on *.* as properties
allow add_enum_value, create_partition, add_constraint on *.* as others
allow replay on *.* as replays
"""

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "facts")
cluster.sql("""
    CREATE ROLE neighbour;
    SET ROLE orders_owner;
    CREATE TYPE analytics.mood AS ENUM ('bad', 'fine');
    CREATE TABLE analytics.ref (id bigint PRIMARY KEY);
    CREATE TABLE analytics.t (id bigint PRIMARY KEY, plain varchar(10),
        keyed integer UNIQUE, ref integer REFERENCES analytics.ref,
        seen varchar(10) DEFAULT 'x', part varchar(10), checked varchar(10)
        CHECK (checked <> ''), made integer, twice integer
        GENERATED ALWAYS AS (made * 2) STORED, mood analytics.mood,
        must integer NOT NULL);
    CREATE INDEX ON analytics.t (plain);
    CREATE INDEX ON analytics.t (id) WHERE part IS NOT NULL;
    CREATE TABLE analytics.kid (k integer REFERENCES analytics.t (keyed));
    CREATE VIEW analytics.v1 AS SELECT seen FROM analytics.t;
    CREATE VIEW analytics.v2 AS SELECT seen FROM analytics.v1;
    CREATE TABLE analytics.p (id bigint, day date, code varchar(10))
        PARTITION BY RANGE (day);
    CREATE TABLE analytics.p_1 PARTITION OF analytics.p
        FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE analytics.p_2 PARTITION OF analytics.p
        FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    CREATE INDEX ON analytics.p_1 (code)""", db=db)

folder = tempfile.TemporaryDirectory()
policy = os.path.join(folder.name, "all.policy")
with open(policy, "w") as file:
    file.write(POLICY)


def explain(statement, *options):
    done = pgmend("policy", "explain", "-p", policy, "--db",
                  cluster.conninfo(db, "healer"), *options, statement)
    equal(done.status, 0, repr(done))
    return done


def facts(statement, **expected):
    got = explain(statement, "--json").json["facts"]
    for name, value in expected.items():
        fact = name.replace("__", ".")
        equal(got.get(fact), value, f"{statement}: {fact}")


def alter(column, change, **expected):
    facts(f"ALTER TABLE analytics.t ALTER COLUMN {column} {change}",
          **expected)


# --- Facts of a column --------------------------------------------------------

@test
def plain_column():
    alter("plain", "TYPE text", column__type="character varying(10)",
          column__nullable=True, column__has_default=False,
          column__indexed=True, column__in_key=False, column__views=0,
          change__rewrite=False, change__scan=False, change__lossy=False,
          change__lock="access_exclusive", risk="low")


@test
def keys_and_references():
    for column in ["keyed", "ref", "id"]:
        alter(column, "SET DEFAULT 1", column__in_key=True, risk="high")
    alter("ref", "TYPE bigint", change__rewrite=True, change__scan=True)
    alter("must", "DROP NOT NULL", column__in_key=False, risk="low")


@test
def views_are_counted_at_any_distance():
    alter("seen", "TYPE text", column__views=2, column__has_default=True)
    alter("plain", "TYPE text", table__views=2, column__views=0)
    alter("must", "DROP NOT NULL", column__views=0)


@test
def predicates_and_checks_are_gone_through():
    alter("part", "TYPE text", column__indexed=True, change__rewrite=False,
          change__scan=True, risk="medium")
    alter("checked", "TYPE text", change__rewrite=False, change__scan=True)


@test
def narrowing_is_lossy():
    alter("plain", "TYPE varchar(5)", change__lossy=True, risk="critical")


@test
def partitions_count():
    facts("ALTER TABLE analytics.p ALTER COLUMN code TYPE text",
          table__partitioned=True, column__indexed=True)
    facts("CREATE TABLE analytics.p_3 PARTITION OF analytics.p FOR VALUES"
          " FROM ('2026-03-01') TO ('2026-04-01')", change__scan=False,
          table__partitioned=True)
    cluster.sql("SET ROLE orders_owner; CREATE TABLE analytics.p_x PARTITION"
                " OF analytics.p DEFAULT", db=db)
    facts("CREATE TABLE analytics.p_3 PARTITION OF analytics.p FOR VALUES"
          " FROM ('2026-03-01') TO ('2026-04-01')", change__scan=True,
          risk="medium")
    cluster.sql("DROP TABLE analytics.p_x", db=db)


@test
def references_to_the_table_are_counted():
    facts("ALTER TABLE analytics.t ADD COLUMN x text", table__fk_in=1,
          table__views=2, table__subscribed=False, db__replica_lag=0)


@test
def publications_make_a_change_risky():
    facts("ALTER TABLE analytics.kid ADD COLUMN x text", risk="low",
          table__published=False)
    cluster.sql("CREATE PUBLICATION pub FOR TABLE analytics.kid", db=db)
    facts("ALTER TABLE analytics.kid ADD COLUMN x text", risk="high",
          table__published=True, table__publications=["pub"])


# --- Personal data ------------------------------------------------------------

def heal(payload, rule, disclose=""):
    path = os.path.join(folder.name, "pii.policy")
    with open(path, "w") as file:
        file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                   f"allow add_column on *.* as plain {{\n    when {rule}\n}}\n"
                   f"allow replay on *.* as replays\n{disclose}")
    document = incident("f-1", "analytics.orders", payload,
                        ("42703", "missing"))
    return pgmend("heal", "--dry-run", "--db", cluster.conninfo(db, "healer"),
                  "--policy", path, "-", stdin=json.dumps(document))


@test
def personal_data_is_known_by_policy_or_detector():
    row = {"id": 1, "customer": "a"}
    for number, (value, disclose, is_pii) in enumerate([
            ("hello", "", False), ("zoe@example.org", "", True),
            ("hello", "disclose {\n    masked *.*.a2, *.*.b2\n}\n", True),
            ("hello", "disclose {\n    full *.*.a3, *.*.b3\n}\n", False)]):
        for rule, wanted in [("column.pii", True), ("not column.pii", False)]:
            # A drift of its own each time: an earlier answer would stand.
            column = ("a" if wanted else "b") + str(number)
            done = heal({**row, column: value}, rule, disclose)
            equal(done.status, 12 if is_pii == wanted else 11,
                  f"{value} {disclose} {rule}: {done}")


# --- Effects ------------------------------------------------------------------

@test
def effects_are_told_to_a_person():
    text = explain("ALTER TABLE analytics.t ALTER COLUMN must TYPE bigint",
                   "--text").out
    for line in ["locks     access_exclusive: readers and writers wait",
                 "rewrites  the whole table, ", "scans     the whole table, ",
                 "hangs on  the table: rule _RETURN on view analytics.v1",
                 "undo      ALTER TABLE analytics.t ALTER COLUMN must TYPE"]:
        holds(line in text, text)
    text = explain("ALTER TYPE analytics.mood ADD VALUE 'great'", "--target",
                   "analytics.t", "--text").out
    for line in ["locks     none: nobody waits", "rewrites  nothing",
                 "undo      nothing undoes it"]:
        holds(line in text, text)
    text = explain("ALTER TABLE analytics.p ADD COLUMN x text", "--text").out
    holds("access_exclusive, with 2 partitions" in text, text)


@test
def what_hangs_on_the_very_column_and_who_has_rights_is_told():
    cluster.sql("""
        SET ROLE orders_owner;
        CREATE TABLE analytics.hung (id bigint PRIMARY KEY, note text
            DEFAULT 'x', size integer CONSTRAINT sized CHECK (size > 0));
        CREATE INDEX noted ON analytics.hung (note);
        CREATE VIEW analytics.sizes AS SELECT size FROM analytics.hung;
        GRANT SELECT ON analytics.hung TO PUBLIC;
        GRANT INSERT (note), UPDATE (note) ON analytics.hung
           TO orders_loader""", db=db)
    note = explain("ALTER TABLE analytics.hung ALTER COLUMN note TYPE"
                   " varchar(9)", "--text").out
    for line in ["hangs on  the column: index analytics.noted\n",
                 "rights    on the column: orders_loader insert, update\n",
                 "rights    on the table: everybody select\n"]:
        holds(line in note, note)
    size = explain("ALTER TABLE analytics.hung ALTER COLUMN size TYPE bigint",
                   "--text").out
    holds("hangs on  the column: constraint sized on table analytics.hung; "
          "rule _RETURN on view analytics.sizes\n" in size, size)
    holds("rights    on the column" not in size, size)


# --- Code on the way (F19) ----------------------------------------------------

def asks(statement, word=None):
    answer = explain(statement, "--json").json
    equal(answer["verdict"], "escalate" if word else "allow",
          f"{statement}: {answer}")
    holds(word is None or word in answer["reason"], answer)


@test
def neighbours_code_concerns_what_would_run_it():
    cluster.sql("""
        CREATE FUNCTION public.yes(text) RETURNS boolean LANGUAGE plpgsql
           IMMUTABLE AS 'BEGIN RETURN true; END';
        ALTER FUNCTION public.yes(text) OWNER TO neighbour;
        SET ROLE orders_owner;
        CREATE TABLE analytics.c (id bigint, code varchar(9) NOT NULL);
        CREATE INDEX ON analytics.c (public.yes(code))""", db=db)
    asks("ALTER TABLE analytics.c ALTER COLUMN code TYPE text", "neighbour")
    asks("ALTER TABLE analytics.c ALTER COLUMN code SET DEFAULT 'a'",
         "neighbour")
    asks("ALTER TABLE analytics.c ADD CHECK (id > 0) NOT VALID", "neighbour")
    asks("ALTER TABLE analytics.c ADD COLUMN x text")
    asks("COMMENT ON TABLE analytics.c IS 'x'")
    asks("ALTER TABLE analytics.c ALTER COLUMN code DROP NOT NULL")


@test
def neighbours_trigger_would_be_a_new_partitions_too():
    cluster.sql("""
        CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql
           AS 'BEGIN RETURN NEW; END';
        ALTER FUNCTION public.fire() OWNER TO neighbour;
        CREATE TRIGGER t BEFORE INSERT ON analytics.p
           FOR EACH ROW EXECUTE FUNCTION public.fire()""", db=db)
    asks("CREATE TABLE analytics.p_4 PARTITION OF analytics.p FOR VALUES"
         " FROM ('2026-04-01') TO ('2026-05-01')", "neighbour")


@test
def whole_row_triggers_and_children_concern_changes_of_columns():
    cluster.sql("""
        SET ROLE orders_owner;
        CREATE TABLE analytics.h (id bigint, n integer NOT NULL);
        CREATE TABLE analytics.heir () INHERITS (analytics.h);
        CREATE TABLE analytics.w (id bigint, n integer NOT NULL);
        CREATE FUNCTION analytics.whole() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN PERFORM to_jsonb(NEW); RETURN NEW; END';
        CREATE TRIGGER t BEFORE INSERT ON analytics.w
           FOR EACH ROW EXECUTE FUNCTION analytics.whole()""", db=db)
    asks("ALTER TABLE analytics.w ADD COLUMN x text", "whole row")
    asks("ALTER TABLE analytics.w ALTER COLUMN n DROP NOT NULL")
    asks("ALTER TABLE analytics.h ALTER COLUMN n DROP NOT NULL", "inherits")
    asks("COMMENT ON TABLE analytics.h IS 'x'")


@test
def neighbours_event_trigger_concerns_every_change():
    cluster.sql("""
        CREATE FUNCTION public.event() RETURNS event_trigger LANGUAGE plpgsql
           AS 'BEGIN END';
        CREATE EVENT TRIGGER e ON ddl_command_end
           EXECUTE FUNCTION public.event();
        ALTER FUNCTION public.event() OWNER TO neighbour""", db=db)
    for statement in ["COMMENT ON TABLE analytics.kid IS 'x'",
                      "ALTER TABLE analytics.kid ADD COLUMN x text"]:
        asks(statement, "event trigger")
    cluster.sql("DROP EVENT TRIGGER e", db=db)


main()
