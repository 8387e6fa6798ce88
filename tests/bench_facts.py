"""What reading facts and proving a change cost in a database of 2,000 tables,
against a trivial round trip and against the query by which psql describes a
table, all in this one run; what counts are the ratios.

    tests/bench_facts.py BUILD

Medians of 30, turn by turn. The server's own log says how long it worked on
each statement: parsing, planning and running it. A statement is a round trip.
"""

import ctypes
import json
import os
import re
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import load_libpq, ms, table  # noqa: E402
from harness import ROOT, Cluster, pgmend  # noqa: E402
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)

ROUNDS = 30
TABLES = 2_000
TABLE = "analytics.orders"
POLICY = os.path.join(ROOT, "policies", "default.policy")
STATEMENT = f"ALTER TABLE {TABLE} ADD COLUMN coupon text"

# Of twenty tables one has partitions, three a foreign key, two a trigger, four
# a view, ten another index; and the table that is healed has one of each.
MANY = f"""
GRANT CREATE ON DATABASE facts TO orders_owner;
SET ROLE orders_owner;
CREATE FUNCTION analytics.touch() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.placed_at := coalesce(NEW.placed_at, now()); RETURN NEW; END$$;
CREATE INDEX ON {TABLE} (placed_at);
CREATE TRIGGER touch BEFORE INSERT ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION analytics.touch();
CREATE VIEW analytics.recent AS SELECT id, customer FROM {TABLE};
CREATE TABLE analytics.lines (line bigint PRIMARY KEY,
    order_id bigint REFERENCES {TABLE});
DO $$
DECLARE
    name text;
BEGIN
    FOR i IN 0..9 LOOP
        EXECUTE format('CREATE SCHEMA s%s', i);
    END LOOP;
    FOR i IN 0..{TABLES - 1} LOOP
        name := format('s%s.t%s', i % 10, i);
        IF i % 20 = 19 THEN
            EXECUTE format('CREATE TABLE %s (id bigint, day date, name text,
                PRIMARY KEY (id, day)) PARTITION BY RANGE (day)', name);
            EXECUTE format('CREATE TABLE %1$s_1 PARTITION OF %1$s FOR VALUES
                FROM (''2026-01-01'') TO (''2026-02-01'')', name);
            EXECUTE format('CREATE TABLE %1$s_2 PARTITION OF %1$s FOR VALUES
                FROM (''2026-02-01'') TO (''2026-03-01'')', name);
            CONTINUE;
        END IF;
        EXECUTE format('CREATE TABLE %s (id bigint PRIMARY KEY, parent bigint,
            name text, amount numeric(12,2) CHECK (amount >= 0),
            status varchar(20), placed_at timestamptz DEFAULT now())', name);
        IF i % 20 IN (4, 8, 12) THEN
            EXECUTE format('ALTER TABLE %s ADD FOREIGN KEY (parent)
                REFERENCES s%s.t%s', name, (i - 4) % 10, i - 4);
        END IF;
        IF i % 2 = 0 THEN
            EXECUTE format('CREATE INDEX ON %s (status)', name);
        END IF;
        IF i % 5 = 0 THEN
            EXECUTE format('CREATE VIEW %1$s_v AS SELECT id, name FROM %1$s',
                name);
        END IF;
        IF i % 10 = 3 THEN
            EXECUTE format('CREATE TRIGGER touch BEFORE INSERT ON %s
                FOR EACH ROW EXECUTE FUNCTION analytics.touch()', name);
        END IF;
    END LOOP;
END$$;
RESET ROLE;
ANALYZE;
"""

# The columns of "\d", as psql 15 asks for them.
DESCRIBE = f"""
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
       (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true)
          FROM pg_catalog.pg_attrdef d
         WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef),
       a.attnotnull,
       (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t
         WHERE c.oid = a.attcollation AND t.oid = a.atttypid
           AND a.attcollation <> t.typcollation) AS attcollation,
       a.attidentity, a.attgenerated
  FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = '{TABLE}'::pg_catalog.regclass AND a.attnum > 0
   AND NOT a.attisdropped ORDER BY a.attnum
"""

# By how each begins.
QUERIES = {
    "-- A table ($1, its oid)": "read",
    "-- One row about a table": "read",
    "-- The live columns of a table": "read",
    "-- A table, its partitions": "read",
    "-- What a write to a table": "code",
    "-- Everything that belongs": "holdings",
}
MARKER = 'INSERT INTO "pgmend".applied'
PHASES = {
    "first": "the catalogue, on a new connection",
    "code": "whose code would run, there",
    "again": "both again under the lock, on another connection",
    "proof": "the proof",
}


class Log:
    """What the server did from here on."""

    def __init__(self, cluster):
        self.path = os.path.join(cluster.folder, "log")
        self.start = os.path.getsize(self.path)

    def statements(self):
        """Of pgmend: who, what, and how many milliseconds."""
        found = []
        with open(self.path, errors="replace") as file:
            file.seek(self.start)
            text = file.read()
        for record in re.split("(?m)^@", text):
            part = re.match(r"(pgmend \w+)\|LOG:  duration: ([\d.]+) ms  "
                            r"(parse|bind|execute) [^:]*: (.*)", record, re.S)
            if part is None:
                continue
            who, took, step, sql = part.groups()
            if step == "parse" or not found or found[-1][:2] != [who, sql]:
                found.append([who, sql, 0.0])
            found[-1][2] += float(took)
        return found


def kind_of(sql):
    return next((kind for start, kind in QUERIES.items()
                 if sql.startswith(start)), None)


def phases(statements):
    """Round trips and milliseconds of each phase of a heal."""
    sums = {phase: [0, 0.0] for phase in PHASES}
    changed = proving = False
    for who, sql, took in statements:
        kind = kind_of(sql)
        changed = changed or sql.startswith("ALTER TABLE")
        proving = (proving or (changed and kind == "read")) \
            and not sql.startswith(MARKER)
        if proving:
            phase = "proof"
        elif kind is None:
            continue
        elif who == "pgmend work":
            phase = "again"
        else:
            phase = "code" if kind == "code" else "first"
        sums[phase][0] += 1
        sums[phase][1] += took
    return sums


def heal_once(cluster, number):
    payload = {"id": number, "customer": "Zoë", "coupon": "SPRING-25"}
    cluster.sql(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS coupon",
                db="facts")
    failure = load(cluster, "facts", TABLE, payload)
    log = Log(cluster)
    done = pgmend("heal", "--db", cluster.conninfo("facts", "healer"), "-",
                  stdin=json.dumps(incident(f"facts-{number}", TABLE, payload,
                                            failure)))
    if done.json is None or done.json["outcome"] != "healed":
        raise RuntimeError(done)
    return done.json["timing_ms"], phases(log.statements())


def explain_once(cluster):
    """Its time from start to end, and what of it the server worked."""
    log = Log(cluster)
    start = time.perf_counter()
    done = pgmend("policy", "explain", "-p", POLICY, "--db",
                  cluster.conninfo("facts", "healer"), STATEMENT)
    took = (time.perf_counter() - start) * 1000
    if done.status != 0:
        raise RuntimeError(done)
    statements = log.statements()
    return took, len(statements), sum(one[2] for one in statements)


class Client:
    """libpq alone, and what a statement takes with it on a new connection."""

    def __init__(self, cluster):
        self.libpq = load_libpq()
        self.libpq.PQexec.restype = ctypes.c_void_p
        self.libpq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self.libpq.PQclear.argtypes = [ctypes.c_void_p]
        self.conninfo = cluster.conninfo("facts", "healer").encode()

    def run(self, connection, sql):
        start = time.perf_counter()
        result = self.libpq.PQexec(connection, sql.encode())
        took = (time.perf_counter() - start) * 1000
        self.libpq.PQclear(result)
        return took

    def once(self):
        """A trivial round trip, and psql's query."""
        connection = self.libpq.PQconnectdb(self.conninfo)
        if self.libpq.PQstatus(connection) != 0:
            raise RuntimeError("no connection")
        self.run(connection, "SELECT 1")
        trivial = statistics.median(self.run(connection, "SELECT 1")
                                    for _ in range(20))
        described = self.run(connection, DESCRIBE)
        self.libpq.PQfinish(connection)
        return trivial, described


def measure(cluster):
    """Whatever is compared, turn by turn."""
    client = Client(cluster)
    heals, explains, clients = [], [], []
    heal_once(cluster, 0)
    for number in range(1, ROUNDS + 1):
        heals.append(heal_once(cluster, number))
        explains.append(explain_once(cluster))
        clients.append(client.once())
    return heals, explains, clients


def median(values):
    return statistics.median(list(values))


def main():
    cluster = Cluster(shared_buffers="128MB", max_locks_per_transaction="512",
                      log_min_duration_statement="0", log_line_prefix="@%a|")
    make_roles(cluster)
    make_warehouse(cluster, "facts")
    cluster.sql(MANY, db="facts", timeout=300)
    heals, explains, clients = measure(cluster)
    trivial = median(one for one, _ in clients)
    described = median(one for _, one in clients)

    def row(name, trips, took):
        return [name, str(trips), ms(took), f"{took / trivial:.0f}",
                f"{took / described:.1f}"]

    parts = {phase: (heals[0][1][phase][0],
                     median(sums[phase][1] for _, sums in heals))
             for phase in PHASES}
    table([f"{TABLES:,} tables", "round trips", "in the server",
           "/ trivial", "/ psql's"],
          *[row(PHASES[phase], *parts[phase]) for phase in PHASES],
          row("a heal's facts and proof together",
              *map(sum, zip(*parts.values()))),
          row("`policy explain --db`, all of it", explains[0][1],
              median(one[2] for one in explains)))
    # Means, because pgmend rounds these to a millisecond.
    table(["as a client sees it", "time"],
          *[[f"`timing_ms.{name}` of a heal",
             ms(statistics.mean(timing[name] for timing, _ in heals))]
            for name in ("facts", "proof", "total")],
          ["`policy explain --db`, start to end of the process",
           ms(median(one[0] for one in explains))],
          ["a trivial round trip (`SELECT 1`)", ms(trivial)],
          ["psql's query for the columns of `\\d`, on a new connection",
           ms(described)])


if __name__ == "__main__":
    main()
