"""Before COMMIT the catalogue is exactly as planned: each operation heals, with
its row in place; and whatever else a transaction did, or somebody else did to
the same table, rolls all of it back.

The plans come from a scripted agent. What disturbs them is an event trigger of
a superuser's, which no policy sees and nothing escalates.
"""

import json
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (Cluster, await_that, equal, holds, main,  # noqa: E402
                     pgmend, test)
from pipeline import (Session, incident, is_waited_for,  # noqa: E402
                      make_roles, make_warehouse)
from scripted import proposing  # noqa: E402

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
make_warehouse(cluster, "base")
databases = 0

folder = tempfile.TemporaryDirectory()
policy = os.path.join(folder.name, "all.policy")
with open(policy, "w") as file:
    file.write(POLICY)


def warehouse(setup=""):
    """A copy of the base with a table of the owner's."""
    global databases
    databases += 1
    db = f"proof{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    cluster.sql(f"SET ROLE orders_owner; {setup}", db=db)
    return db


def heal(db, table, payload, *statements):
    document = incident("p-1", table, payload, ("42703", "drift"))
    names = ", ".join('"' + key.replace('"', '""') + '"' for key in payload)
    places = ", ".join(f"${i + 1}" for i in range(len(payload)))
    document["statement"]["sql"] = (f"INSERT INTO {table} ({names})"
                                    f" VALUES ({places})")
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), "--policy",
                  policy, "-", stdin=json.dumps(document),
                  build=proposing(*statements))


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, f"audit verify: {done}")


def state(db):
    """All that a heal could change."""
    return cluster.sql("""
        SELECT c.oid::regclass, relkind, relacl, relowner::regrole,
               pg_get_expr(relpartbound, c.oid), relfilenode, reloptions
          FROM pg_class c WHERE c.oid >= 16384 AND relkind <> 't'
           AND relnamespace <> 'pgmend'::regnamespace ORDER BY 1;
        SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod),
               attnotnull, pg_get_expr(adbin, adrelid), attoptions
          FROM pg_attribute LEFT JOIN pg_attrdef
            ON adrelid = attrelid AND adnum = attnum
         WHERE attrelid >= 16384 AND attnum > 0 ORDER BY 1, 2;
        SELECT conname, conrelid::regclass, pg_get_constraintdef(oid),
               convalidated FROM pg_constraint WHERE oid >= 16384 ORDER BY 1;
        SELECT enumlabel, enumsortorder FROM pg_enum ORDER BY 2;
        SELECT objoid, objsubid, description FROM pg_description
         WHERE objoid >= 16384 ORDER BY 1, 2;
        SELECT evtname FROM pg_event_trigger;
        SELECT proname FROM pg_proc WHERE oid >= 16384 ORDER BY 1""", db=db)


def heals(db, table, payload, *statements, select="*", expected=None):
    done = heal(db, table, payload, *statements)
    equal((done.status, done.json["reason_code"]), (0, "ok"), repr(done))
    equal(cluster.sql(f"SELECT {select} FROM {table} ORDER BY 1", db=db),
          expected)
    equal(cluster.sql("SELECT count(*) FROM pgmend.applied", db=db),
          "2" if "ADD VALUE" in statements[0] else "1")
    chain_verifies(db)
    return done


def rolls_back(db, table, payload, *statements, code="catalogue_difference",
               word="", status=20):
    before = state(db)
    done = heal(db, table, payload, *statements)
    equal((done.status, done.json["reason_code"]), (status, code), repr(done))
    holds(word in done.json["message"], done)
    equal(state(db), before)
    equal(cluster.sql(f"SELECT count(*) FROM {table};"
                      "SELECT count(*) FROM pgmend.applied", db=db), "0\n0")
    chain_verifies(db)
    return done


def saboteur(db, tag, body):
    """A superuser's event trigger: after each command of that tag it does more.
    It is switched off while it acts, so that it doesn't call itself."""
    cluster.sql(f"""
        CREATE FUNCTION public.more() RETURNS event_trigger LANGUAGE plpgsql
           SECURITY DEFINER AS $$BEGIN
           IF pg_trigger_depth() = 0 AND current_setting('more.on', true)
              IS DISTINCT FROM 'no' THEN
              PERFORM set_config('more.on', 'no', true);
              {body};
           END IF; END$$;
        CREATE EVENT TRIGGER more ON ddl_command_end
           WHEN TAG IN ('{tag}') EXECUTE FUNCTION public.more()""", db=db)


# --- Columns ------------------------------------------------------------------

PLAIN = """CREATE TABLE analytics.t (id bigint PRIMARY KEY, n integer NOT NULL,
    code varchar(3) DEFAULT 'abc', amount numeric(6,2), mood text);
CREATE INDEX ON analytics.t (code) WHERE code IS NOT NULL;
CREATE INDEX ON analytics.t (n);
ALTER TABLE analytics.t ADD CHECK (length(code) < 100)"""

PARTED = """CREATE TABLE analytics.t (id bigint, day date NOT NULL,
    code varchar(3) DEFAULT 'abc', n integer NOT NULL, PRIMARY KEY (id, day))
    PARTITION BY RANGE (day);
CREATE INDEX ON analytics.t (code);
ALTER TABLE analytics.t ADD CHECK (id > 0);
CREATE TABLE analytics.t_1 PARTITION OF analytics.t
    FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE analytics.t_2 PARTITION OF analytics.t
    FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')"""

T = "analytics.t"
SEVERAL = [
    "ALTER TABLE analytics.t ADD COLUMN a integer NOT NULL DEFAULT 5,"
    " ADD COLUMN b text COLLATE \"C\", ADD COLUMN c timestamptz(3)[]"]
WIDER = "ALTER TABLE analytics.t ALTER COLUMN code TYPE varchar(20)"
TO_TEXT = "ALTER TABLE analytics.t ALTER COLUMN code TYPE text"
TO_BIGINT = "ALTER TABLE analytics.t ALTER COLUMN n TYPE bigint"
NULLABLE = "ALTER TABLE analytics.t ALTER COLUMN n DROP NOT NULL"
DEFAULTED = "ALTER TABLE analytics.t ALTER COLUMN n SET DEFAULT 7"


@test
def several_new_columns():
    heals(warehouse(PLAIN), T, {"id": 1, "n": 2, "b": "x"}, *SEVERAL,
          expected="1|2|abc|||5|x|")


@test
def wider_text_keeps_file_and_indexes():
    db = warehouse(PLAIN)
    files = "SELECT relfilenode FROM pg_class WHERE relname = 't'"
    before = cluster.sql(files, db=db)
    heals(db, T, {"id": 1, "n": 2, "code": "abcdef"}, WIDER,
          expected="1|2|abcdef||")
    equal(cluster.sql(files, db=db), before)


@test
def text_over_an_index_a_check_and_a_default():
    heals(warehouse(PLAIN), T, {"id": 1, "n": 2, "code": "abcdef"}, TO_TEXT,
          expected="1|2|abcdef||")


@test
def integer_becomes_bigint_in_every_partition():
    db = warehouse(PARTED)
    heals(db, T, {"id": 1, "day": "2026-01-05", "n": 5_000_000_000},
          TO_BIGINT, expected="1|2026-01-05|abc|5000000000")
    equal(cluster.sql("SELECT DISTINCT atttypid::regtype FROM pg_attribute"
                      " WHERE attname = 'n' AND attrelid::regclass::text"
                      " LIKE 'analytics.t%'", db=db), "bigint")


@test
def number_with_more_digits():
    heals(warehouse(PLAIN), T, {"id": 1, "n": 2, "amount": 123456789.25},
          "ALTER TABLE analytics.t ALTER COLUMN amount TYPE numeric(12,2)",
          expected="1|2|abc|123456789.25|")


@test
def integer_that_becomes_a_fraction():
    heals(warehouse(PLAIN), T, {"id": 1, "n": 2.5},
          "ALTER TABLE analytics.t ALTER COLUMN n TYPE numeric",
          expected="1|2.5|abc||")


@test
def not_null_is_dropped():
    heals(warehouse(PLAIN), T, {"id": 1}, NULLABLE, expected="1||abc||")
    heals(warehouse(PARTED), T, {"id": 1, "day": "2026-01-05"}, NULLABLE,
          expected="1|2026-01-05|abc|")


@test
def default_is_set():
    heals(warehouse(PLAIN), T, {"id": 1}, DEFAULTED, expected="1|7|abc||")
    heals(warehouse(PARTED), T, {"id": 1, "day": "2026-01-05"}, DEFAULTED,
          expected="1|2026-01-05|abc|7")


@test
def several_operations_in_one_statement():
    heals(warehouse(PLAIN), T, {"id": 1, "code": "abcdef", "x": 3},
          TO_TEXT + ", ALTER COLUMN n DROP NOT NULL, ALTER COLUMN mood"
          " SET DEFAULT 'fine', ADD COLUMN x integer",
          expected="1||abcdef||fine|3")


@test
def type_of_a_referenced_column():
    db = warehouse(PLAIN + """;
        CREATE TABLE analytics.kid (n integer);
        CREATE UNIQUE INDEX ON analytics.t (n);
        ALTER TABLE analytics.kid ADD FOREIGN KEY (n)
           REFERENCES analytics.t (n)""")
    heals(db, T, {"id": 1, "n": 5_000_000_000}, TO_BIGINT,
          expected="1|5000000000|abc||")


@test
def comments():
    for target in ["TABLE analytics.t", "COLUMN analytics.t.n"]:
        db = warehouse(PLAIN)
        heals(db, T, {"id": 1, "x": 2},
              "ALTER TABLE analytics.t ADD COLUMN x integer,"
              " ALTER COLUMN n DROP NOT NULL",
              f"COMMENT ON {target} IS 'it''s \"new\"'",
              expected="1||abc|||2")
        equal(cluster.sql("SELECT description FROM pg_description"
                          " WHERE objoid = 'analytics.t'::regclass", db=db),
              "it's \"new\"")


@test
def checks_and_foreign_keys_that_are_not_valid():
    for constraint in ["CONSTRAINT few CHECK (x < 10 AND n > 0)",
                       "CHECK (x IS NOT NULL OR id IN (1, 2))",
                       "CONSTRAINT ref FOREIGN KEY (x) REFERENCES"
                       " analytics.other (id)",
                       "FOREIGN KEY (x) REFERENCES analytics.other",
                       "FOREIGN KEY (x) REFERENCES analytics.t (id)"]:
        db = warehouse(PLAIN + """; CREATE TABLE analytics.other
                       (id bigint PRIMARY KEY);
                       INSERT INTO analytics.other VALUES (1)""")
        heals(db, T, {"id": 1, "n": 2, "x": 1},
              "ALTER TABLE analytics.t ADD COLUMN x bigint",
              f"ALTER TABLE analytics.t ADD {constraint} NOT VALID",
              expected="1|2|abc|||1")


@test
def check_of_a_partitioned_table():
    db = warehouse(PARTED)
    heals(db, T, {"id": 1, "day": "2026-01-05", "n": 1, "x": 2},
          "ALTER TABLE analytics.t ADD COLUMN x bigint",
          "ALTER TABLE analytics.t ADD CONSTRAINT few CHECK (x < 10) NOT VALID",
          expected="1|2026-01-05|abc|1|2")


# --- Enum labels --------------------------------------------------------------

ENUM = """CREATE TYPE analytics.mood AS ENUM ('bad', 'fine');
CREATE TABLE analytics.t (id bigint PRIMARY KEY, mood analytics.mood)"""


@test
def enum_labels():
    for place in ["", " BEFORE 'bad'", " AFTER 'bad'", " BEFORE 'fine'",
                  " AFTER 'fine'"]:
        db = warehouse(ENUM)
        done = heals(db, T, {"id": 1, "mood": "great"},
                     f"ALTER TYPE analytics.mood ADD VALUE 'great'{place}",
                     expected="1|great")
        equal(done.json["plan"]["actions"][0]["inverse_sql"], None)


@test
def two_labels_and_a_column():
    heals(warehouse(ENUM), T, {"id": 1, "mood": "great", "x": 5},
          "ALTER TYPE analytics.mood ADD VALUE 'good'",
          "ALTER TYPE analytics.mood ADD VALUE 'great' AFTER 'good'",
          "ALTER TABLE analytics.t ADD COLUMN x integer",
          expected="1|great|5")


@test
def label_that_is_live_without_its_row_is_partial():
    db = warehouse(ENUM + "; ALTER TABLE analytics.t ADD CHECK"
                   " (id > 0 AND mood::text <> 'great')")
    done = heal(db, T, {"id": 1, "mood": "great"},
                "ALTER TYPE analytics.mood ADD VALUE 'great'")
    equal(done.status, 23, repr(done))
    equal(cluster.sql("SELECT count(*) FROM analytics.t;"
                      "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder;"
                      "SELECT step FROM pgmend.applied", db=db),
          "0\nbad\nfine\ngreat\n1")
    chain_verifies(db)


@test
def label_with_more_beside_it_is_rolled_back():
    db = warehouse(ENUM)
    saboteur(db, "ALTER TYPE", "ALTER TYPE analytics.mood ADD VALUE 'worse'")
    rolls_back(db, T, {"id": 1, "mood": "great"},
               "ALTER TYPE analytics.mood ADD VALUE 'great'", word="worse")


# --- Partitions ---------------------------------------------------------------

RICH = PARTED + """;
CREATE TABLE analytics.ref (id bigint PRIMARY KEY);
INSERT INTO analytics.ref VALUES (7);
ALTER TABLE analytics.t ADD COLUMN ref bigint REFERENCES analytics.ref;
CREATE TABLE analytics.kid (id bigint, day date,
    FOREIGN KEY (id, day) REFERENCES analytics.t);
CREATE UNIQUE INDEX ON analytics.t (n, day) WHERE n > 0;
CREATE INDEX ON analytics.t (lower(code));
CREATE STATISTICS analytics.st ON n, code FROM analytics.t;
COMMENT ON COLUMN analytics.t.n IS 'how many';
ALTER TABLE analytics.t ALTER COLUMN code SET STORAGE EXTERNAL;
CREATE TABLE analytics.log (id bigint);
CREATE FUNCTION analytics.note() RETURNS trigger LANGUAGE plpgsql AS
   $$BEGIN INSERT INTO analytics.log VALUES (NEW.id); RETURN NEW; END$$;
CREATE TRIGGER note AFTER INSERT ON analytics.t
   FOR EACH ROW EXECUTE FUNCTION analytics.note();
CREATE TRIGGER each AFTER INSERT ON analytics.t
   FOR EACH STATEMENT EXECUTE FUNCTION analytics.note()"""

MARCH = ("CREATE TABLE analytics.t_3 PARTITION OF analytics.t"
         " FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')")
IN_MARCH = {"id": 1, "day": "2026-03-05", "n": 1}


@test
def partition_of_a_plain_parent():
    db = warehouse(PARTED)
    done = heals(db, T, IN_MARCH, MARCH, select="tableoid::regclass, *",
                 expected="analytics.t_3|1|2026-03-05|abc|1")
    equal(cluster.sql("SELECT relowner::regrole, relacl FROM pg_class"
                      " WHERE relname = 't_3'", db=db), "orders_owner|")
    equal(done.json["plan"]["actions"][0]["lock"], "share_update_exclusive")
    equal(done.json["plan"]["actions"][0]["inverse_sql"],
          "DROP TABLE analytics.t_3")


@test
def partition_has_all_that_the_parent_has():
    setup = RICH.replace("INSERT INTO analytics.log VALUES (NEW.id);", "")
    db = warehouse(setup)
    heals(db, T, {**IN_MARCH, "ref": 7}, MARCH,
          select="tableoid::regclass, *",
          expected="analytics.t_3|1|2026-03-05|abc|1|7")
    # As the server itself would have made it.
    cluster.sql("SET ROLE orders_owner; CREATE TABLE analytics.t_4 PARTITION OF"
                " analytics.t FOR VALUES FROM ('2026-04-01') TO ('2026-05-01')",
                db=db)
    for table in ["SELECT attname, atttypid, attnotnull, attstorage,"
                  " pg_get_expr(adbin, adrelid) FROM pg_attribute LEFT JOIN"
                  " pg_attrdef ON adrelid = attrelid AND adnum = attnum"
                  " WHERE attrelid = '{}'::regclass AND attnum > 0 ORDER BY 1",
                  "SELECT replace(indexrelid::regclass::text, '{}', ''),"
                  " indisunique, indisvalid, (SELECT inhparent::regclass FROM"
                  " pg_inherits WHERE inhrelid = indexrelid) FROM pg_index"
                  " WHERE indrelid = '{}'::regclass ORDER BY 1",
                  "SELECT replace(conname, substr('{}', 11), ''), contype,"
                  " convalidated, conislocal, coninhcount FROM pg_constraint"
                  " WHERE conrelid = '{}'::regclass ORDER BY 1",
                  "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT"
                  " tgisinternal AND tgrelid = '{}'::regclass"]:
        equal(cluster.sql(table.replace("{}", "analytics.t_3"), db=db),
              cluster.sql(table.replace("{}", "analytics.t_4"), db=db), table)


@test
def partitions_by_list_and_hash_and_several_columns():
    for key, bound, values in [
            ("LIST (kind)", "IN ('b', 'c', NULL)", "IN ('a')"),
            ("LIST (n)", "IN (1, -5)", "IN (2)"),
            ("LIST (ok)", "IN (true)", "IN (false)"),
            ("RANGE (n, kind)", "FROM (1, 'a') TO (2, 'b')",
             "FROM (2, 'b') TO (3, 'c')"),
            ("RANGE (at)", "FROM ('2026-03-01 00:00+01') TO ('2026-04-01')",
             "FROM ('2026-01-01') TO ('2026-02-01')"),
            ("HASH (id)", "WITH (MODULUS 2, REMAINDER 1)",
             "WITH (MODULUS 2, REMAINDER 0)")]:
        db = warehouse(f"""
            CREATE TABLE analytics.t (id bigint, n numeric(5,1), kind text,
               ok boolean, at timestamptz) PARTITION BY {key};
            CREATE TABLE analytics.t_1 PARTITION OF analytics.t
               FOR VALUES {values}""")
        identity = cluster.sql("""
            SELECT n FROM generate_series(1, 99) n, pg_partitioned_table
             WHERE partstrat <> 'h' OR satisfies_hash_partition(
                   'analytics.t'::regclass, 2, 1, n::bigint) LIMIT 1""", db=db)
        heals(db, T, {"id": int(identity), "n": 1, "kind": "b", "ok": True,
                      "at": "2026-03-05T00:00:00Z"},
              "CREATE TABLE analytics.t_2 PARTITION OF analytics.t"
              f" FOR VALUES {bound}", select="tableoid::regclass, id",
              expected=f"analytics.t_2|{identity}")


@test
def expression_in_the_key_asks_a_person():
    db = warehouse("""
        CREATE TABLE analytics.t (id bigint, kind text)
           PARTITION BY LIST (lower(kind));
        CREATE TABLE analytics.t_1 PARTITION OF analytics.t
           FOR VALUES IN ('a')""")
    rolls_back(db, T, {"id": 1, "kind": "b"},
               "CREATE TABLE analytics.t_2 PARTITION OF analytics.t"
               " FOR VALUES IN ('b')", status=10, code="policy_escalates",
               word="expression")


@test
def rows_in_the_default_partition_are_nobodys_to_move():
    db = warehouse(PARTED + "; CREATE TABLE analytics.t_x PARTITION OF"
                   " analytics.t DEFAULT")
    heals(db, T, IN_MARCH, MARCH, expected="1|2026-03-05|abc|1")


@test
def rights_that_the_owner_gives_by_default_are_planned():
    give = ("ALTER DEFAULT PRIVILEGES{} GRANT {} ON TABLES TO orders_loader;")
    for setup in [give.format("", "SELECT"),
                  give.format(" IN SCHEMA analytics", "INSERT"),
                  give.format("", "SELECT") + give.format(
                      " IN SCHEMA analytics", "INSERT, SELECT"),
                  "ALTER DEFAULT PRIVILEGES REVOKE TRIGGER ON TABLES FROM"
                  " orders_owner;"]:
        heals(warehouse(setup + PARTED), T, IN_MARCH, MARCH,
              expected="1|2026-03-05|abc|1")
    db = warehouse(give.format("", "SELECT") + PARTED)
    saboteur(db, "ALTER TABLE", "GRANT DELETE ON analytics.t_3 TO PUBLIC")
    rolls_back(db, T, IN_MARCH, MARCH, word="acl")


@test
def disturbed_partitions_are_rolled_back():
    for body, word in [
            ("ALTER TABLE analytics.t_3 OWNER TO healer", "owner"),
            ("GRANT SELECT ON analytics.t_3 TO PUBLIC", "acl"),
            ("CREATE INDEX evil ON analytics.t_3 (n)", "evil"),
            ("ALTER TABLE analytics.t_3 ENABLE ROW LEVEL SECURITY",
             "row_security"),
            ("ALTER TABLE analytics.t_3 ALTER n SET DEFAULT 6", "default"),
            ("CREATE TABLE analytics.t_9 PARTITION OF analytics.t FOR VALUES"
             " FROM ('2027-03-01') TO ('2027-04-01')", "t_9"),
            ("CREATE TABLE analytics.evil (id bigint)", "")]:
        db = warehouse(PARTED)
        saboteur(db, "ALTER TABLE", body)
        rolls_back(db, T, IN_MARCH, MARCH, word=word)


@test
def other_bound_is_rolled_back():
    db = warehouse(PARTED)
    saboteur(db, "ALTER TABLE", "ALTER TABLE analytics.t DETACH PARTITION"
             " analytics.t_3; ALTER TABLE analytics.t ATTACH PARTITION"
             " analytics.t_3 FOR VALUES FROM ('2026-03-01') TO ('2026-05-01')")
    rolls_back(db, T, IN_MARCH, MARCH, word="2026-05-01")


# --- What else could have happened --------------------------------------------

# The new column makes the write fail at first, whatever the disturbance does.
NEW = ", ADD COLUMN z integer"
ROW = {"id": 1, "n": 1, "z": 2}
PLANS = {
    "ADD COLUMN": "ALTER TABLE analytics.t ADD COLUMN x integer" + NEW,
    "TYPE text": TO_TEXT + NEW,
    "TYPE bigint": TO_BIGINT + NEW,
    "DROP NOT NULL": NULLABLE + NEW,
    "SET DEFAULT": DEFAULTED + NEW,
    "ADD CONSTRAINT": "ALTER TABLE analytics.t ADD CONSTRAINT few"
                      " CHECK (n < 10) NOT VALID" + NEW,
}

DISTURBANCES = {
    "ALTER TABLE analytics.t ADD COLUMN evil text": "evil",
    "ALTER TABLE analytics.t ALTER amount TYPE numeric(9,2)": "amount",
    "ALTER TABLE analytics.t ALTER id SET DEFAULT 5": "id",
    "ALTER TABLE analytics.t ALTER amount SET STATISTICS 7": "amount",
    "ALTER TABLE analytics.t ALTER amount SET (n_distinct = 7)": "amount",
    "ALTER TABLE analytics.t ALTER mood SET COMPRESSION pglz": "mood",
    "ALTER TABLE analytics.t SET (toast.autovacuum_enabled = off)":
        "toast_options",
    "ALTER TABLE analytics.t ADD CONSTRAINT evil CHECK (id > 0)": "evil",
    "ALTER TABLE analytics.t DROP COLUMN amount": "amount",
    "DROP FUNCTION analytics.victim()": "pg_proc",
    "DROP TYPE analytics.victims": "pg_class",
    "GRANT SELECT ON analytics.t TO PUBLIC": "acl",
    "GRANT UPDATE (id) ON analytics.t TO PUBLIC": "acl",
    "ALTER TABLE analytics.t OWNER TO healer": "owner",
    "COMMENT ON TABLE analytics.t IS ''evil''": "evil",
    "CREATE INDEX evil ON analytics.t (amount)": "evil",
    "DROP INDEX analytics.t_n_idx": "t_n_idx",
    "CREATE VIEW analytics.evil AS SELECT 1 AS x": "pg_",
    "CREATE FUNCTION analytics.evil() RETURNS int LANGUAGE sql AS ''SELECT 1''":
        "pg_",
    "CREATE ROLE evil": "",
    "ALTER ROLE healer CONNECTION LIMIT 99": "healer",
    "GRANT pg_read_all_data TO orders_loader": "",
    "DROP TABLE analytics.other": "",
    "COMMENT ON SCHEMA analytics IS ''evil''": "pg_description",
    "ALTER TABLE analytics.other ADD COLUMN evil text": "",
}


@test
def disturbances_of_each_operation_are_rolled_back():
    # Each disturbance with one plan, each plan with several of them.
    plans = list(PLANS.values())
    for number, (body, word) in enumerate(DISTURBANCES.items()):
        db = warehouse(PLAIN + """; CREATE TABLE analytics.other (id bigint);
            CREATE FUNCTION analytics.victim() RETURNS int LANGUAGE sql
               AS 'SELECT 1'; CREATE TYPE analytics.victims AS (id bigint)""")
        saboteur(db, "ALTER TABLE", f"EXECUTE '{body}'")
        rolls_back(db, T, ROW, plans[number % len(plans)], word=word)


@test
def other_outcome_of_each_operation_is_rolled_back():
    for plan, body, word in [
            ("ADD COLUMN", "ALTER x TYPE bigint", "x"),
            ("ADD COLUMN", "ALTER x SET DEFAULT 5", "x"),
            ("TYPE text", "ALTER code TYPE varchar(30)", "code"),
            ("TYPE bigint", "ALTER n TYPE numeric", "n"),
            ("DROP NOT NULL", "ALTER n SET NOT NULL", "n"),
            ("SET DEFAULT", "ALTER n DROP DEFAULT", "n"),
            ("ADD CONSTRAINT", "DROP CONSTRAINT few", "few"),
            ("ADD CONSTRAINT", "VALIDATE CONSTRAINT few", "few")]:
        db = warehouse(PLAIN)
        saboteur(db, "ALTER TABLE", f"ALTER TABLE analytics.t {body}")
        rolls_back(db, T, ROW, PLANS[plan], word=word)


@test
def neighbours_of_a_foreign_key_stay_as_they_are():
    for body in ["GRANT SELECT ON analytics.other TO PUBLIC",
                 "ALTER TABLE analytics.other OWNER TO healer",
                 "ALTER TABLE analytics.other ENABLE ROW LEVEL SECURITY",
                 "ALTER TABLE analytics.other RENAME TO more",
                 "CREATE RULE r AS ON UPDATE TO analytics.other DO NOTHING"]:
        db = warehouse(PLAIN + """; CREATE TABLE analytics.other
                       (id bigint PRIMARY KEY);
                       INSERT INTO analytics.other VALUES (1)""")
        saboteur(db, "ALTER TABLE", body)
        rolls_back(db, T, ROW,
                   "ALTER TABLE analytics.t ADD CONSTRAINT ref FOREIGN KEY (n)"
                   " REFERENCES analytics.other (id) NOT VALID" + NEW)


@test
def comment_that_became_another_is_rolled_back():
    db = warehouse(PLAIN)
    saboteur(db, "COMMENT", "COMMENT ON TABLE analytics.t IS 'evil'")
    rolls_back(db, T, {"id": 1, "n": 1, "x": 1},
               "ALTER TABLE analytics.t ADD COLUMN x integer",
               "COMMENT ON TABLE analytics.t IS 'good'", word="evil")


@test
def rewrite_that_was_not_foretold_is_rolled_back():
    db = warehouse(PLAIN)
    saboteur(db, "ALTER TABLE", "ALTER TABLE analytics.t ALTER n TYPE bigint;"
             " ALTER TABLE analytics.t ALTER n TYPE integer")
    rolls_back(db, T, {"id": 1, "n": 1, "x": 2},
               "ALTER TABLE analytics.t ADD COLUMN x integer",
               code="rewrite_not_foretold", word="rewritten")


@test
def lock_that_was_not_foretold_is_rolled_back():
    db = warehouse(ENUM)
    saboteur(db, "ALTER TYPE", "LOCK TABLE analytics.t IN EXCLUSIVE MODE")
    rolls_back(db, T, {"id": 1, "mood": "great"},
               "ALTER TYPE analytics.mood ADD VALUE 'great'",
               code="lock_not_foretold", word="ExclusiveLock")


@test
def names_that_need_quotes_and_words_that_do_not():
    for name in ["type", "value", "select", "user", "dollar$", "ref", "key"]:
        quoted = f'"{name}"'
        table = f"analytics.{quoted}"
        db = warehouse(f"CREATE TABLE {table} (id bigint, {quoted} varchar(2),"
                       " n integer NOT NULL)")
        heals(db, table, {"id": 1, name: "abc"},
              f"ALTER TABLE {table} ALTER {quoted} TYPE text, ALTER n DROP"
              f" NOT NULL, ADD CONSTRAINT {quoted} CHECK ({quoted} <> 'x')"
              " NOT VALID", f"COMMENT ON COLUMN {table}.{quoted} IS 'c'",
              expected="1|abc|")


# --- Somebody faster ----------------------------------------------------------

def overtaken(setup, payload, statement, faster, held=None):
    """While the heal waits for its lock, somebody else does `faster`."""
    db = warehouse(setup)
    session = Session(cluster, db, held or
                      f"LOCK TABLE {T} IN SHARE UPDATE EXCLUSIVE MODE")
    done = []
    healing = threading.Thread(
        target=lambda: done.append(heal(db, T, payload, statement)))
    healing.start()
    await_that(lambda: is_waited_for(cluster, db), "nobody waits")
    session.end(f"SET ROLE orders_owner; {faster}; COMMIT")
    healing.join()
    equal((done[0].status, done[0].json["reason_code"]),
          (75, "facts_changed"), repr(done[0]))
    equal(cluster.sql(f"SELECT count(*) FROM {T};"
                      "SELECT count(*) FROM pgmend.applied", db=db), "0\n0")
    chain_verifies(db)


@test
def what_somebody_else_did_meanwhile_is_not_done_again():
    for setup, payload, statement, faster in [
            (PLAIN, {"id": 1, "n": 5_000_000_000}, TO_BIGINT,
             "ALTER TABLE analytics.t ALTER n TYPE numeric"),
            (PLAIN, {"id": 1}, NULLABLE, NULLABLE),
            (PLAIN, {"id": 1}, DEFAULTED,
             "ALTER TABLE analytics.t ALTER n SET DEFAULT 8"),
            (PARTED, IN_MARCH, MARCH, MARCH),
            (ENUM, {"id": 1, "mood": "great"},
             "ALTER TYPE analytics.mood ADD VALUE 'great'",
             "ALTER TYPE analytics.mood ADD VALUE 'great'")]:
        overtaken(setup, payload, statement, faster)


@test
def label_that_somebody_else_is_adding_is_waited_for():
    label = "ALTER TYPE analytics.mood ADD VALUE 'great'"
    overtaken(ENUM, {"id": 1, "mood": "great"}, label, "SELECT 1", held=label)


@test
def what_was_there_all_along_is_nobody_elses_doing():
    setup = ENUM + "; ALTER TABLE analytics.t ADD COLUMN a integer"
    row = {"id": 1, "mood": "bad", "x": 1}
    new = "ALTER TABLE analytics.t ADD COLUMN x integer"
    for label, done_before in [("IF NOT EXISTS 'bad'", True), ("'bad'", False)]:
        db = warehouse(setup)
        done = heal(db, T, row, f"ALTER TYPE analytics.mood ADD VALUE {label}",
                    new)
        equal(done.status, 0 if done_before else 20, repr(done))
    done = heal(warehouse(setup), T, row,
                new + ", ADD COLUMN IF NOT EXISTS a integer")
    equal(done.status, 0, repr(done))
    rolls_back(warehouse(setup), T, row, new + ", ADD COLUMN a integer",
               code="rolled_back")


# --- What the server refuses --------------------------------------------------

@test
def dependent_view_asks_a_person_and_is_named():
    db = warehouse(PLAIN + "; CREATE VIEW analytics.v AS"
                   " SELECT code FROM analytics.t")
    rolls_back(db, T, {"id": 1, "n": 1, "code": "abcdef"}, TO_TEXT, status=10,
               code="server_refuses", word="view analytics.v")


@test
def setting_that_a_new_type_would_reset_asks_a_person():
    for setting in ["STORAGE EXTERNAL", "COMPRESSION pglz"]:
        rolls_back(warehouse(PLAIN + "; ALTER TABLE analytics.t ALTER code SET "
                             + setting), T,
                   {"id": 1, "n": 1, "code": "abcdef"}, TO_TEXT, status=10,
                   code="policy_escalates", word=setting.split()[0].lower())


@test
def column_of_the_partition_key_asks_a_person():
    rolls_back(warehouse(PARTED), T,
               {"id": 1, "day": "2026-01-05T10:00:00", "n": 1, "z": 1},
               "ALTER TABLE analytics.t ADD COLUMN z integer",
               "ALTER TABLE analytics.t ALTER COLUMN day TYPE timestamp",
               status=10, code="server_refuses")


@test
def owner_without_create_on_the_schema_asks_a_person():
    db = warehouse(PARTED)
    cluster.sql("ALTER SCHEMA analytics OWNER TO postgres;"
                "GRANT USAGE ON SCHEMA analytics TO orders_owner,"
                " orders_loader, healer", db=db)
    rolls_back(db, T, IN_MARCH, MARCH, status=10, code="server_refuses")


main()
