"""Parts of the catalogue's queries are left out where there is nothing for them:
that changes nothing of what they say, whatever a table has.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import ROOT, Cluster, equal, holds, main, test  # noqa: E402

EVERYTHING = r"""
CREATE SCHEMA zoo;
CREATE FUNCTION zoo.f() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RETURN NEW; END$$;
CREATE TABLE zoo.plain (id int PRIMARY KEY, note text);
CREATE TABLE zoo.empty ();
CREATE TYPE zoo.composite AS (a int, b text);
CREATE TABLE zoo.typed OF zoo.composite;
CREATE TABLE zoo.watched (id int UNIQUE, note text);
CREATE TRIGGER t BEFORE UPDATE OF id ON zoo.watched
    FOR EACH ROW EXECUTE FUNCTION zoo.f();
CREATE TABLE zoo.ruled (id int);
CREATE RULE r AS ON DELETE TO zoo.ruled DO ALSO NOTIFY x;
CREATE TABLE zoo.guarded (id int);
CREATE POLICY p ON zoo.guarded USING (id > 0) WITH CHECK (id > 1);
CREATE TABLE zoo.measured (a int, b int);
CREATE STATISTICS zoo.s ON a, b FROM zoo.measured;
CREATE TABLE zoo.viewed (id int, note text);
CREATE VIEW zoo.v1 AS SELECT note FROM zoo.viewed;
CREATE VIEW zoo.v2 AS SELECT note FROM zoo.v1;
CREATE TABLE zoo.counted (id int);
CREATE MATERIALIZED VIEW zoo.v3 AS SELECT count(*) FROM zoo.counted;
CREATE TABLE zoo.parent (id int CHECK (id > 0) NOT NULL);
CREATE TABLE zoo.child () INHERITS (zoo.parent);
CREATE TABLE zoo.parts (id int, day date, ref int REFERENCES zoo.plain,
    CHECK (id > 0), PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TRIGGER each AFTER INSERT ON zoo.parts
    FOR EACH ROW EXECUTE FUNCTION zoo.f();
CREATE TABLE zoo.part PARTITION OF zoo.parts
    FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY LIST (id);
CREATE TABLE zoo.leaf PARTITION OF zoo.part FOR VALUES IN (1, 2);
CREATE TABLE zoo.rest PARTITION OF zoo.parts DEFAULT;
CREATE VIEW zoo.v4 AS SELECT l.id FROM zoo.leaf l JOIN zoo.parts USING (id);
CREATE POLICY p ON zoo.leaf USING (true);
CREATE TABLE zoo.childless (a int, b text) PARTITION BY RANGE (a, b);
CREATE TABLE zoo.computed (a int) PARTITION BY LIST ((a + 1));
CREATE TABLE zoo.referring (id int, day date,
    FOREIGN KEY (id, day) REFERENCES zoo.parts ON UPDATE CASCADE);
CREATE TABLE zoo.itself (id int PRIMARY KEY, up int REFERENCES zoo.itself);
"""
# What belongs to the whole server or to a schema makes a difference to all.
MOODS = """
CREATE TYPE zoo.mood AS ENUM ('sad', 'fine');
CREATE TYPE zoo.nothing AS ENUM ();
CREATE TABLE zoo.moody (mood zoo.mood, id serial);
CREATE FUNCTION zoo.number(zoo.mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE CAST (zoo.mood AS int) WITH FUNCTION zoo.number(zoo.mood);
CREATE PUBLICATION one FOR TABLE zoo.parts, zoo.plain;
CREATE PUBLICATION schema FOR TABLES IN SCHEMA zoo;
"""

cluster = Cluster()
cluster.database("parts")
cluster.sql(EVERYTHING, db="parts")


def query(name):
    with open(os.path.join(ROOT, "supervisor", f"{name}.sql")) as file:
        return file.read()


def without(sql, kinds):
    """Without what there is none of; all of it for None."""
    kept, is_kept = [], True
    for line in sql.splitlines():
        mark = re.match(r"-- (if|unless|end)\b ?(\w*)$", line)
        if mark is None:
            kept += [line] * is_kept
        elif mark[1] == "end":
            is_kept = True
        else:
            is_there = kinds is None or f" {mark[2]} " in kinds
            is_kept = is_there == (mark[1] == "if")
    return "\n".join(kept)


def run(sql, types, *values):
    """Rows in any order."""
    given = ", ".join(f"'{value}'" for value in values)
    rows = cluster.sql("SET search_path = pg_catalog, pg_temp;"
                       f"PREPARE q ({types}) AS {sql};\n"
                       "\\pset recordsep '\\x1e'\n"
                       f"EXECUTE q ({given})", db="parts")
    return sorted(rows.rstrip("\x1e").split("\x1e"))


def tree_of(oid):
    """The oids of the table and its partitions, and the kinds."""
    return run(query("tree"), "oid", oid)[0].split("|")[:2]


def tables():
    return dict(line.split("|") for line in cluster.sql(
        "SELECT relname, oid FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = 'zoo'::regnamespace", db="parts").splitlines())


def compare():
    for table, oid in tables().items():
        tree, kinds = tree_of(oid)
        for name, types, *values in [("facts", "oid[], name", tree, "postgres"),
                                     ("columns", "oid[]", tree),
                                     ("snapshot", "oid[]", tree)]:
            sql = query(name)
            whole = run(without(sql, None), types, *values)
            equal(run(without(sql, kinds), types, *values), whole,
                  f"{name} of {table}, which has {kinds}")
            holds(name != "snapshot" or len(whole) > 20, whole)


@test
def nothing_is_missed_whatever_a_table_has():
    compare()


@test
def of_a_plain_table_most_is_left_out():
    _, kinds = tree_of(tables()["plain"])
    # The foreign key that leads to it, its row type, its index.
    equal(set(kinds.split()), {"pg_class", "pg_constraint", "pg_type"})
    sql = without(query("snapshot"), kinds)
    for catalogue in ["pg_trigger g\n WHERE g.tgrelid", "pg_policy",
                      "pg_statistic_ext", "pg_rewrite", "pg_enum",
                      "pg_publication_rel"]:
        holds(catalogue not in sql, catalogue)


@test
def nothing_is_missed_of_what_others_have_beside_it():
    cluster.sql(MOODS, db="parts")
    compare()
    _, kinds = tree_of(tables()["plain"])
    for kind in ["pg_enum", "pg_publication", "pg_publication_rel", "pg_cast"]:
        holds(f" {kind} " in kinds, kinds)


main()
