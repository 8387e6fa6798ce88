"""The warehouse that a hostile host of `pgmend mcp` meets, and how a test knows
that nothing in it has changed. The login is one whom the database itself would
let do nearly everything.
"""

import json
import os
import tempfile

from harness import ROOT, Cluster, equal, holds, pgmend
from mcp_listener import Listener
from pipeline import incident

LOOKING = ["describe_table", "list_constraints", "list_dependents"]
ADD = "ALTER TABLE app.orders ADD COLUMN note text"

# What a superuser who wants it to be easy would grant.
RIGHTS = """
CREATE ROLE healer LOGIN;
GRANT app_owner, app_writer TO healer;
GRANT USAGE ON SCHEMA app TO app_writer;
GRANT INSERT ON app.orders TO app_writer;
GRANT USAGE, CREATE ON SCHEMA hr, evil, pgmend_audit TO healer;
GRANT ALL ON ALL TABLES IN SCHEMA hr, evil, pgmend_audit TO healer;
GRANT ALL ON ALL SEQUENCES IN SCHEMA pgmend_audit TO healer;
GRANT CREATE ON DATABASE {db} TO healer;
GRANT EXECUTE ON FUNCTION pg_read_file(text), pg_ls_dir(text),
    pg_stat_file(text), pg_read_binary_file(text), pg_ls_logdir(),
    lo_import(text), lo_export(oid, text), pg_reload_conf(),
    pg_rotate_logfile(), pg_switch_wal(), pg_create_restore_point(text),
    pg_import_system_collations(regnamespace), pg_stat_reset() TO healer;
"""


class Warehouse:
    """A cluster with one database of the attacks' fixture, which `init` knows,
    and a record that its table app.orders has no column for."""

    def __init__(self, db, setup=""):
        self.db = db
        self.cluster = Cluster(autovacuum="off")
        self.cluster.database(db)
        fixture = os.path.join(ROOT, "tests", "cases", "attacks-fixture.sql")
        with open(fixture, encoding="utf-8") as file:
            self.sql(file.read())
        self.sql(RIGHTS.format(db=db) + setup)
        done = pgmend("init", "--db", self.cluster.conninfo(db), "--role",
                      "healer")
        holds(done.status == 0, done)
        self.folder = tempfile.TemporaryDirectory(prefix="pgmend-hostile-",
                                                  dir="/tmp")

    def sql(self, text):
        return self.cluster.sql(text, db=self.db)

    def state(self):
        """Every row there is but the audit's: its place and its writer, and
        outside the catalogue its text; and the files of the server's folder."""
        relations = self.sql(
            "SELECT c.oid::regclass, relkind, nspname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind IN ('r', 'm', 'S') AND nspname <> 'pgmend'"
            " ORDER BY 1")
        parts = []
        for line in relations.splitlines():
            name, kind, schema = line.rsplit("|", 2)
            text = "last_value, log_cnt, is_called" if kind == "S" else \
                "ctid, xmin" if schema == "pg_catalog" else \
                "ctid, xmin, t::text"
            parts.append(f"SELECT $${name}$$, count(*), md5(string_agg("
                         f"concat_ws(' ', {text}), ',' ORDER BY ctid))"
                         f" FROM {name} t")
        return (self.sql(" UNION ALL ".join(parts)).splitlines(),
                sorted(os.listdir(self.cluster.folder)))

    def is_same(self, before, what):
        after = self.state()
        equal(sorted(set(after[0]) ^ set(before[0])), [], what)
        equal(after[1], before[1], what)

    def clock(self):
        """Moves when anything is written, also when it is rolled back."""
        return self.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())")

    def incident_file(self, name="incident.json", **members):
        document = incident(
            name, "app.orders", {"id": 9001, "qty": 1, "price": 1, "note": "x"},
            ("42703", 'column "note" of relation "orders" does not exist'))
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(dict(document, **members), file)
        return path

    def server(self, *options, db=None):
        """One that isn't about an incident."""
        return Listener("--db", self.cluster.conninfo(db or self.db, "healer"),
                        *options)

    def host(self, *options, path=None, db=None):
        """One that is about the record."""
        return self.server("--incident", path or self.incident_file(),
                           *options, db=db)

    def lax_policy(self, fate="apply"):
        """By which whatever the floor lets through is applied at once, or
        stored; a file that is always the same."""
        path = os.path.join(self.folder.name, "lax.policy")
        with open(os.path.join(ROOT, "policies", "sandbox.policy"),
                  encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + f"\nmcp {{\n    propose {fate}\n}}\n")
        return path


def is_refused(result, code, what):
    answer = result["structuredContent"]
    equal((result.get("isError"), answer.get("reason_code")), (True, code),
          f"{what}: {answer}")
