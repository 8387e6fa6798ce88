"""`policy check --db`: patterns are held against the tables of a database."""

import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402

POLICY = """pgmend-policy 1
layer org
default deny
tables @shops = raw_shop.*, raw_shp.*
allow comment on @shops, app.orders, "App"."T 1" as a1
deny comment on app.ordrs, pg_catalog.pg_class as d1
test "nothing is dropped" {
    expect deny "DROP TABLE hr.pay" by floor F01
}
"""
TABLES = """
CREATE SCHEMA raw_shop;
CREATE TABLE raw_shop.events (id bigint) PARTITION BY RANGE (id);
CREATE SCHEMA app;
CREATE TABLE app.orders (id bigint);
CREATE SCHEMA "App";
CREATE TABLE "App"."T 1" (id bigint);
"""

cluster = Cluster()
cluster.database("shop")
cluster.sql(TABLES, db="shop")


def check(*options, db="shop"):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "org.policy")
        with open(path, "w", encoding="utf-8") as file:
            file.write(POLICY)
        return pgmend("policy", "check", "--db", cluster.conninfo(db),
                      *options, path)


@test
def names_the_patterns_that_match_no_table():
    found = re.findall(r":(\d+:\d+): warning\[W305\]: '(.*)' matches no table "
                       r"in the catalogue snapshot of [\d-]{10} [\d:]{5}\n"
                       r".*\n.*\n(?: *= hint: (.*)\n)?", check().out)
    equal(found, [("4:29", "raw_shp.*", "did you mean 'raw_shop.*'?"),
                  ("6:17", "app.ordrs", "did you mean 'app.orders'?"),
                  ("6:28", "pg_catalog.pg_class", "")])


@test
def counts_them_among_the_warnings():
    done = check()
    equal(done.status, 0)
    holds(re.search(r"^0 errors, [3-9] warnings", done.out, re.MULTILINE), done)
    equal(check("--strict").status, 1)


@test
def says_when_the_database_cannot_be_asked():
    done = check(db="nowhere")
    equal(done.status, 2, done)
    holds("nowhere" in done.err, done)


main()
