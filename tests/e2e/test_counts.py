"""The proof looks through no catalogue where every row that was written is
accounted for by the server's own count of them; and no way of hiding a row from
that count hides it from the proof.

What writes the row is an event trigger of a superuser's, who alone could stop
the counting.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402

TABLE = "analytics.orders"
MISSING = ("42703", 'column "coupon" of relation "orders" does not exist')
ELSEWHERE = "COMMENT ON TABLE analytics.other IS 'not planned'"

cluster = Cluster(log_statement="all")
make_roles(cluster)
make_warehouse(cluster, "base")
cluster.sql("SET ROLE orders_owner; CREATE TABLE analytics.other (id int)",
            db="base")
databases = 0


def warehouse(body=None, settings=""):
    """A copy of the base. After the heal's ALTER TABLE the body runs, once."""
    global databases
    databases += 1
    db = f"counts{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    if body is not None:
        cluster.sql(f"""
            CREATE FUNCTION public.more() RETURNS event_trigger
               LANGUAGE plpgsql SECURITY DEFINER {settings} AS $more$BEGIN
               IF current_setting('more.on', true) IS DISTINCT FROM 'no' THEN
                  PERFORM set_config('more.on', 'no', true);
                  {body};
               END IF; END$more$;
            CREATE EVENT TRIGGER more ON ddl_command_end
               WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.more()""",
                    db=db)
    return db


def heal(db):
    """The result, and what of the proof went through catalogues: the queries
    for planned rows and those for others."""
    payload = {"id": 1, "customer": "Zoë", "coupon": "SPRING-25"}
    start = len(cluster.log())
    done = pgmend("heal", "--db", cluster.conninfo(db, "healer"), "-",
                  stdin=json.dumps(incident(db, TABLE, payload, MISSING)))
    proofs = [line for line in cluster.log()[start:].splitlines()
              if "WITH own AS MATERIALIZED" in line]
    others = [line for line in proofs if "AND NOT (false" in line]
    return done, len(proofs) - len(others), others


def heals(db):
    done, planned, others = heal(db)
    equal(done.status, 0, done)
    equal(cluster.sql(f"SELECT coupon FROM {TABLE}", db=db), "SPRING-25")
    return planned, others


def rolls_back(db):
    """And it is the comment that is found."""
    done, _, others = heal(db)
    equal(done.json["reason_code"], "catalogue_difference", done)
    holds("pg_description" in done.json["message"], done)
    equal(len(others), 1, others)
    equal(cluster.sql("SELECT count(*) FROM pg_attribute WHERE attname ="
                      " 'coupon'", db=db), "0")
    return others[0]


@test
def what_is_accounted_for_is_not_looked_for():
    equal(heals(warehouse()), (1, []))


@test
def only_where_more_was_written_is_it_looked_for():
    query = rolls_back(warehouse(ELSEWHERE))
    holds("FROM pg_catalog.pg_description x" in query, query)
    holds("FROM pg_catalog.pg_attribute x" not in query, query)


@test
def a_sub_transaction_counts():
    rolls_back(warehouse(f"BEGIN {ELSEWHERE}; EXCEPTION WHEN others THEN"
                         " NULL; END"))


@test
def what_was_rolled_back_is_looked_for_and_not_there():
    planned, others = heals(warehouse(
        f"BEGIN {ELSEWHERE}; RAISE 'no'; EXCEPTION WHEN others THEN NULL;"
        " END"))
    equal(planned, 1)
    equal(len(others), 1, others)
    holds("FROM pg_catalog.pg_description x" in others[0], others)


@test
def a_row_of_the_same_catalogue_does_not_hide_behind_planned_ones():
    db = warehouse("ALTER TABLE analytics.other ADD COLUMN sly int")
    done, _, _ = heal(db)
    equal(done.json["reason_code"], "catalogue_difference", done)
    holds("pg_attribute" in done.json["message"], done)


@test
def a_reset_of_the_statistics_resets_no_count():
    rolls_back(warehouse(
        f"{ELSEWHERE}; PERFORM pg_stat_reset(), pg_stat_clear_snapshot(),"
        " pg_stat_reset_single_table_counters('pg_description'::regclass),"
        " pg_stat_force_next_flush()"))


def counts_stopped(body, settings=""):
    query = rolls_back(warehouse(body, settings))
    for catalogue in ["pg_attribute", "pg_proc", "pg_depend"]:
        holds(f"FROM pg_catalog.{catalogue} x" in query, query)


@test
def a_function_that_stops_the_counting_makes_everything_be_looked_through():
    for word in ["track_counts", "TRACK_COUNTS"]:
        counts_stopped(f"SET LOCAL {word} = off; {ELSEWHERE};"
                       f" SET LOCAL {word} = on")
    counts_stopped(ELSEWHERE, settings="SET track_counts = off")


@test
def so_does_one_that_only_somebody_else_calls():
    db = warehouse(f"PERFORM public.quiet(false); {ELSEWHERE};"
                   " PERFORM public.quiet(true)")
    cluster.sql("""CREATE FUNCTION public.quiet(loud boolean) RETURNS text
        BEGIN ATOMIC SELECT set_config('track_counts', loud::text, true); END
        """, db=db)
    rolls_back(db)


@test
def so_does_the_right_to_stop_it():
    cluster.sql("GRANT SET ON PARAMETER track_counts TO orders_loader")
    try:
        counts_stopped(f"PERFORM set_config('track' || '_counts', 'off', true);"
                       f" {ELSEWHERE}; PERFORM set_config('track' ||"
                       " '_counts', 'on', true)")
    finally:
        cluster.sql("REVOKE SET ON PARAMETER track_counts FROM orders_loader")


@test
def without_counting_everything_is_looked_through():
    db = warehouse()
    cluster.sql(f"ALTER DATABASE {db} SET track_counts = off")
    _, others = heals(db)
    holds("FROM pg_catalog.pg_proc x" in others[0], others)
    db = warehouse(ELSEWHERE)
    cluster.sql(f"ALTER DATABASE {db} SET track_counts = off")
    rolls_back(db)


main()
