"""What the server makes of a default or a check is worded its own way, and must
mean what was planned: every form that the floor admits heals, and an expression
that was swapped while the change was made rolls it back, with both shown.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (Cluster, equal, holds, main, pgmend, test,  # noqa: E402
                     test_within)
from pipeline import incident, make_roles, make_warehouse  # noqa: E402
from scripted import proposing  # noqa: E402

POLICY = """pgmend-policy 1
layer org
default deny
allow add_column, set_default, add_constraint, widen_type, alter_type on *.* as changes
allow replay on *.* as replays
"""
T = "analytics.t"
COLUMNS = """id bigint, n integer, small smallint, big bigint, price numeric(9,2),
    ratio double precision, name text, code varchar(9), flag char(3),
    day date, at timestamptz, local timestamp(3), open boolean,
    span interval, uid uuid, body jsonb, bits varbit(8), mood analytics.mood"""
PLAIN = f"CREATE TABLE {T} ({COLUMNS})"
PARTED = f"""CREATE TABLE {T} ({COLUMNS}) PARTITION BY RANGE (id);
CREATE TABLE {T}_1 PARTITION OF {T} FOR VALUES FROM (0) TO (10);
CREATE TABLE {T}_2 PARTITION OF {T} FOR VALUES FROM (10) TO (20)"""

cluster = Cluster(compute_query_id="on")
make_roles(cluster)
make_warehouse(cluster, "base")
cluster.sql("SET ROLE orders_owner; CREATE TYPE analytics.mood AS ENUM"
            " ('sad', 'glad'); CREATE TABLE analytics.other (a bigint, \"B\""
            " bigint, PRIMARY KEY (\"B\", a))", db="base")
databases = 0
policy = tempfile.NamedTemporaryFile("w", suffix=".policy")
policy.write(POLICY)
policy.flush()
os.chmod(policy.name, 0o644)


def warehouse(setup):
    global databases
    databases += 1
    db = f"wording{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    cluster.sql(f"SET ROLE orders_owner; {setup}", db=db)
    return db


def heal(db, *statements):
    """Of a drift that needs a column "new" beside what is planned."""
    document = incident("w-1", T, {"id": 1, "new": 2}, ("42703", "drift"))
    plan = [*statements, f"ALTER TABLE {T} ADD COLUMN new integer"]
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), "--policy",
                  policy.name, "-", stdin=json.dumps(document),
                  build=proposing(*plan))


def heals(setup, *statements):
    db = warehouse(setup)
    done = heal(db, *statements)
    equal((done.status, done.json["reason_code"]), (0, "ok"),
          f"{statements}: {done}")
    return db


def altered(*actions):
    """As few statements as hold them all."""
    return [f"ALTER TABLE {T} " + ", ".join(actions[i:i + 16])
            for i in range(0, len(actions), 16)]


def defaults_of(db):
    """How many there are, on how many relations."""
    return cluster.sql("SELECT count(*), count(DISTINCT adrelid) FROM"
                       " pg_attrdef WHERE adrelid::regclass::text ~"
                       " '^analytics.t'", db=db)


# --- What is planned heals ----------------------------------------------------

DEFAULTS = [
    "n 5", "n -5", "n '7'", "n '7'::integer", "n 7::bigint", "n NULL::integer",
    "small 3", "big 5", "big -5000000000", "big '5'", "price 1.5", "price 1",
    "price '1.50'", "ratio 1", "ratio 1e10", "ratio 'NaN'", "name 'it''s'",
    "name 'x'::text", "name 'x'::varchar", "name 5::text", "code 'abc'",
    "code 'abc'::varchar(9)", "code 'abc'::text", "flag 'ab'", "flag 'abc'",
    "day '2026-11-26'", "day CURRENT_DATE", "day now()", "at now()",
    "at CURRENT_TIMESTAMP", "at CURRENT_TIMESTAMP(3)", "at clock_timestamp()",
    "at '2026-11-26 10:00+02'", "at '2026-11-26'", "local LOCALTIMESTAMP",
    "local now()", "local '2026-11-26 10:00:00.1234'", "open true",
    "open 'no'", "span '1 day'", "span '36:00'::interval",
    "uid gen_random_uuid()", "uid '9f3c1f52-2c07-4e0f-8a53-d4c5d2b7e1aa'",
    "body '{\"b\": 1, \"a\": [2]}'", "body '{}'::jsonb", "bits '101'",
    "mood 'sad'",
]


@test
def every_form_of_a_default_heals():
    actions = []
    for text in DEFAULTS:
        column, value = text.split(" ", 1)
        actions.append(f"ALTER COLUMN {column} SET DEFAULT {value}")
    # One a column, so that each is there in the end.
    while actions:
        batch, seen = [], set()
        for action in list(actions):
            column = action.split()[2]
            if column not in seen:
                seen.add(column)
                batch.append(action)
                actions.remove(action)
        heals(PLAIN, *altered(*batch))


@test
def defaults_of_new_columns_and_of_partitions_heal():
    db = heals(PARTED, *altered(
        "ADD COLUMN x varchar(4) DEFAULT 'abc'", "ADD COLUMN y numeric DEFAULT"
        " -1.50", "ADD COLUMN z text DEFAULT NULL",
        "ADD COLUMN w timestamptz NOT NULL DEFAULT now()",
        "ALTER COLUMN code SET DEFAULT 'abc'"))
    equal(defaults_of(db), "12|3")


# A row of nulls breaks none of them.
CHECKS = [
    "n < 10", "n <> 5", "n != 5", "n > -5", "big > 5", "big >= small",
    "price > 0", "price >= 0.5", "price < n", "ratio < 1", "ratio <= 1.5",
    "n + small * 2 > 1", "n % 2 = 0", "-n < 5", "n / 2 - 1 < 9",
    "name = 'x'", "code = 'x'", "flag = 'ab'", "name <> code",
    "code IN ('a', 'b')", "name IN ('a', 'b')", "n IN (1, 2, 3)",
    "n NOT IN (1, 2)", "flag NOT IN ('a', 'b')", "n IN (1, small)",
    "price IN (1, 2.5)", "code IN ('a')", "day IN ('2026-01-01',"
    " '2026-02-01')", "day > '2020-01-01'", "day > '2020-01-01'::date",
    "at > '2020-01-01 00:00+02'", "at > now()", "day < CURRENT_DATE",
    "local > '2020-01-01'::timestamp", "span > '1 day'", "open",
    "NOT open", "open = true", "n IS NULL", "n IS NOT NULL OR n IS NULL",
    "n > 1 AND n < 9 AND small > 0", "n > 1 AND (n < 9 OR open)",
    "NOT (n > 1 AND open)", "(n > 1) = open", "n::text = '5'",
    "name::varchar(3) = code", "n::numeric > price", "n = NULL",
    "uid <> '9f3c1f52-2c07-4e0f-8a53-d4c5d2b7e1aa'", "true",
    "n > 1 OR true", "bits = '101'", "NOT (body IS NOT NULL)",
]


@test
def every_form_of_a_check_heals():
    for statement in altered(*[f"ADD CONSTRAINT c{i} CHECK ({check}) NOT VALID"
                               for i, check in enumerate(CHECKS)]):
        heals(PLAIN, statement)
    db = heals(PARTED, *altered(
        "ADD CONSTRAINT a CHECK (code IN ('a', 'b')) NOT VALID",
        "ADD CHECK (price > n) NOT VALID"))
    equal(cluster.sql("SELECT count(*) FROM pg_constraint WHERE contype = 'c'"
                      " AND conrelid::regclass::text ~ '^analytics.t'", db=db),
          "6")


@test
def foreign_keys_heal():
    heals(PLAIN, *altered(
        "ADD CONSTRAINT a FOREIGN KEY (n, big) REFERENCES analytics.other"
        " (\"B\", a) NOT VALID",
        "ADD CONSTRAINT b FOREIGN KEY (n, big) REFERENCES analytics.other"
        " NOT VALID"))


@test
def defaults_keep_their_meaning_through_a_new_type():
    db = heals(PLAIN + f"""; ALTER TABLE {T} ALTER n SET DEFAULT 5, ALTER code
                   SET DEFAULT 'abc', ALTER price SET DEFAULT 1.5, ALTER id SET
                   DEFAULT nextval('analytics.s'), ALTER local SET DEFAULT
                   now(), ALTER flag SET DEFAULT 'x'
               """.replace("ALTER TABLE", "CREATE SEQUENCE analytics.s;"
                           " ALTER TABLE", 1), *altered(
        "ALTER COLUMN n TYPE bigint", "ALTER COLUMN code TYPE text",
        "ALTER COLUMN price TYPE numeric(12,2)", "ALTER COLUMN id TYPE numeric",
        "ALTER COLUMN local TYPE timestamp", "ALTER COLUMN flag TYPE text"))
    equal(defaults_of(db), "6|1")
    heals(PLAIN + f"; ALTER TABLE {T} ALTER n SET DEFAULT 5", *altered(
        "ALTER COLUMN n TYPE bigint", "ALTER COLUMN n SET DEFAULT 6"))


@test
def checks_keep_their_meaning_through_a_new_type():
    checks = ["code = 'x'", "code IN ('a', 'b')", "length(code) < 100",
              "code <> name OR n > 5", "n < 10 AND n IN (1, 2, 3)",
              "price > n", "analytics.fine(code)", "n % 2 = 0 OR small > n"]
    setup = "CREATE FUNCTION analytics.fine(text) RETURNS boolean LANGUAGE sql"
    setup += " IMMUTABLE AS 'SELECT $1 IS NULL';" + PLAIN
    for i, check in enumerate(checks):
        setup += f"; ALTER TABLE {T} ADD CONSTRAINT c{i} CHECK ({check})"
        setup += [" NOT VALID", " NO INHERIT", ""][i % 3]
    heals(setup, *altered("ALTER COLUMN code TYPE text",
                          "ALTER COLUMN n TYPE bigint",
                          "ALTER COLUMN price TYPE numeric"))


# --- What was swapped rolls back ----------------------------------------------

def saboteur(db, body):
    cluster.sql(f"""
        CREATE FUNCTION public.evil(bigint) RETURNS bigint LANGUAGE plpgsql
           IMMUTABLE AS $$BEGIN
           IF current_setting('application_name') = 'pgmend audit' THEN
              RAISE EXCEPTION 'evil ran beside the audit'; END IF;
           RETURN $1; END$$;
        CREATE OPERATOR public.< (LEFTARG = integer, RIGHTARG = integer,
           FUNCTION = pg_catalog.int4lt);
        CREATE FUNCTION public.more() RETURNS event_trigger LANGUAGE plpgsql
           SECURITY DEFINER AS $$BEGIN
           IF current_setting('more.on', true) IS DISTINCT FROM 'no' THEN
              PERFORM set_config('more.on', 'no', true);
              {body};
           END IF; END$$;
        CREATE EVENT TRIGGER more ON ddl_command_end
           WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.more()""",
                db=db)


def rolls_back(setup, statement, body, word):
    db = warehouse(setup)
    saboteur(db, body)
    done = heal(db, statement)
    equal((done.status, done.json["reason_code"]), (20, "catalogue_difference"),
          f"{body}: {done}")
    holds(word in done.json["message"] and "as planned" in done.json["message"],
          f"{word}: {done}")
    equal(cluster.sql(f"SELECT count(*) FROM {T}; SELECT count(*) FROM"
                      " pgmend.applied; SELECT count(*) FROM pg_constraint"
                      " WHERE conname = 'few'; SELECT count(*) FROM"
                      " pg_attribute WHERE attname = 'new'", db=db),
          "0\n0\n0\n0", body)


@test_within(120)
def swapped_defaults_are_rolled_back():
    for statement, swap, word in [
            ("ADD COLUMN x integer DEFAULT 5", "x SET DEFAULT 6",
             "6 instead of 5"),
            ("ADD COLUMN x text DEFAULT 'good'", "x SET DEFAULT 'bad'",
             "'bad'::text instead of 'good'"),
            ("ALTER COLUMN code SET DEFAULT 'abcdefghijk'",
             "code SET DEFAULT 'abcdefghi'", "instead of 'abcdefghijk'"),
            ("ADD COLUMN x timestamptz DEFAULT now()",
             "x SET DEFAULT statement_timestamp()", "statement_timestamp()"),
            ("ALTER COLUMN big SET DEFAULT 5", "big SET DEFAULT 6",
             "6 instead of 5"),
            ("ALTER COLUMN big SET DEFAULT 5",
             "big SET DEFAULT public.evil(5)", "reaches function"),
            ("ALTER COLUMN big SET DEFAULT 5",
             "big SET DEFAULT nextval('analytics.s')", "reaches sequence"),
            ("ALTER COLUMN big SET DEFAULT 5", "big SET DEFAULT length(repeat("
             "'x', 6))", "length(repeat("),
            ("ALTER COLUMN code TYPE text", "code SET DEFAULT 'evil'",
             "'evil'::text instead of 'abc'")]:
        rolls_back(PLAIN + f"; ALTER TABLE {T} ALTER code SET DEFAULT 'abc';"
                   " CREATE SEQUENCE analytics.s",
                   f"ALTER TABLE {T} {statement}",
                   f"ALTER TABLE {T} ALTER COLUMN {swap}", word)


@test
def check_swapped_while_a_type_changes_is_rolled_back():
    for check, word in [("CHECK (code <> 'y')", "'y'"),
                        ("CHECK (code <> 'x') NO INHERIT", "NO INHERIT")]:
        rolls_back(PLAIN + f"; ALTER TABLE {T} ADD CONSTRAINT kept CHECK"
                   " (code <> 'x')",
                   f"ALTER TABLE {T} ALTER COLUMN code TYPE text",
                   f"ALTER TABLE {T} DROP CONSTRAINT kept, ADD CONSTRAINT kept"
                   f" {check}", word)


@test
def default_swapped_in_one_partition_is_rolled_back():
    rolls_back(PARTED, f"ALTER TABLE {T} ALTER COLUMN n SET DEFAULT 5",
               f"ALTER TABLE {T}_2 ALTER COLUMN n SET DEFAULT 6",
               "6 instead of 5")


@test_within(120)
def swapped_constraints_are_rolled_back():
    for planned, swapped, word in [
            ("CHECK (n < 10)", "CHECK (n < 11)", "(n < 11)"),
            ("CHECK (n < 10)", "CHECK (n <= 10)", "(n <= 10)"),
            ("CHECK (n < 10)", "CHECK (n OPERATOR(public.<) 10)", "reaches"),
            ("CHECK (n < 10)", "CHECK (n < 10 OR public.evil(5) = n)",
             "reaches function"),
            ("CHECK (n < 10)", "CHECK (n < 10) NO INHERIT", "NO INHERIT"),
            ("CHECK (code IN ('a', 'b'))",
             "CHECK (code IN ('a', 'b', 'c'))", "'c'"),
            ("CHECK (n > 1 AND open)", "CHECK (n > 1 OR open)", " OR "),
            ("FOREIGN KEY (n, big) REFERENCES analytics.other",
             "FOREIGN KEY (n, big) REFERENCES analytics.other ON DELETE"
             " CASCADE", "CASCADE"),
            ("FOREIGN KEY (n, big) REFERENCES analytics.other",
             "FOREIGN KEY (n, big) REFERENCES analytics.other MATCH FULL",
             "MATCH FULL"),
            ("FOREIGN KEY (n, big) REFERENCES analytics.other",
             "FOREIGN KEY (big, n) REFERENCES analytics.other", "(big, n)"),
            ("FOREIGN KEY (n, big) REFERENCES analytics.other",
             "FOREIGN KEY (n, big) REFERENCES analytics.other DEFERRABLE",
             "DEFERRABLE")]:
        rolls_back(PLAIN,
                   f"ALTER TABLE {T} ADD CONSTRAINT few {planned} NOT VALID",
                   f"ALTER TABLE {T} DROP CONSTRAINT few, ADD CONSTRAINT few"
                   f" {swapped} NOT VALID", word)


main()
