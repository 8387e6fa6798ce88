"""A pipeline as the demo and the end-to-end tests have it: a warehouse with a
plain owner and a loader that may only insert, a row that fails, and the
incident written from the server's own diagnostic.
"""

import atexit
import json
import os
import re
import shutil
import subprocess
import tempfile

from harness import BUILD, ROOT, equal, pgmend

WAREHOUSE = """
CREATE SCHEMA analytics AUTHORIZATION orders_owner;
SET ROLE orders_owner;
CREATE TABLE analytics.orders (
    id bigint PRIMARY KEY,
    customer text NOT NULL,
    amount numeric(12,2),
    placed_at timestamptz
);
GRANT USAGE ON SCHEMA analytics TO orders_loader;
GRANT INSERT ON analytics.orders TO orders_loader;
RESET ROLE;
"""

ROLES = """
CREATE ROLE orders_owner NOLOGIN;
CREATE ROLE orders_loader LOGIN;
CREATE ROLE healer LOGIN;
GRANT orders_owner, orders_loader TO healer;
"""


def make_roles(cluster):
    """Once a cluster."""
    cluster.sql(ROLES)


def make_warehouse(cluster, name):
    """A fresh database with the table and the audit schema."""
    cluster.database(name)
    cluster.sql(WAREHOUSE, db=name)
    done = pgmend("init", "--db", cluster.conninfo(name), "--role", "healer")
    if done.status != 0:
        raise RuntimeError(f"pgmend init: {done}")
    return name


def quoted(value):
    """A payload's value as the pipeline's driver would send it."""
    if value is None:
        return "NULL"
    if not isinstance(value, str):
        value = json.dumps(value)
    return "'" + value.replace("'", "''") + "'"


def insert_sql(table, payload):
    names = ", ".join('"%s"' % key.replace('"', '""')
                      if not re.fullmatch("[a-z_][a-z0-9_]*", key) else key
                      for key in payload)
    places = ", ".join(f"${i + 1}" for i in range(len(payload)))
    return f"INSERT INTO {table} ({names}) VALUES ({places})"


def load(cluster, db, table, payload, user="orders_loader", settings=""):
    """The pipeline's own write, as a prepared statement. Returns SQLSTATE and
    message of the failure, or None when it worked."""
    values = ", ".join(quoted(value) for value in payload.values())
    done = cluster.psql(
        f"\\set VERBOSITY verbose\n{settings}\n"
        f"PREPARE load AS {insert_sql(table, payload)};\n"
        f"EXECUTE load({values});", user=user, db=db)
    if done.returncode == 0:
        return None
    found = re.search(r"ERROR:\s+(\w{5}): (.*)", done.stderr)
    return found.group(1), found.group(2)


def incident(identity, table, payload, failure, **members):
    """The incident, as a pipeline's error handler writes it."""
    sqlstate, message = failure
    return {
        "pgmend_incident": 1,
        "id": identity,
        "source": {"kind": "app", "name": "orders-loader"},
        "error": {"sqlstate": sqlstate, "message": message},
        "statement": {"sql": insert_sql(table, payload),
                      "params": list(payload)},
        "payload": payload,
        **members,
    }


def put_in_place(build, name, program, script):
    """Lays a program of tests/adversary where pgmend looks for a worker; the
    script is text, or bytes where it must not be text."""
    path = os.path.join(build, name)
    shutil.copy(os.path.join(BUILD, "tests/adversary", program), path)
    if isinstance(script, str):
        script = script.encode()
    with open(path, "ab") as file:
        file.write(b"\n#SCRIPT\n" + script)


def is_waited_for(cluster, db):
    """Whether somebody waits for a lock there."""
    return cluster.sql("SELECT count(*) FROM pg_locks JOIN pg_stat_activity"
                       " USING (pid) WHERE NOT granted AND datname ="
                       " current_database()", db=db) != "0"


def build_with(agent=None, script="", courier=None, courier_script=""):
    """A build folder in which pgmend finds another agent beside itself, or
    another courier."""
    folder = tempfile.mkdtemp(prefix="pgmend-agent-", dir="/tmp")
    atexit.register(shutil.rmtree, folder, True)
    os.chmod(folder, 0o755)
    build = os.path.join(folder, "build")
    os.mkdir(build)
    shutil.copytree(os.path.join(ROOT, "policies"),
                    os.path.join(folder, "policies"))
    for program in ["pgmend", "pgmend-agent", "pgmend-courier"]:
        shutil.copy(os.path.join(BUILD, program), build)
    if agent is not None:
        put_in_place(build, "pgmend-agent", agent, script)
    if courier is not None:
        put_in_place(build, "pgmend-courier", courier, courier_script)
    return build


class Session:
    """A psql that holds what it made or took until it is told to go on; `with`
    commits it."""

    def __init__(self, cluster, db, text):
        self.process = subprocess.Popen(
            [os.path.join(cluster.bin, "psql"), "-X", "-qAt", "-v",
             "ON_ERROR_STOP=1", "-h", cluster.folder, "-U", "postgres", "-d",
             db], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(f"BEGIN; {text}; SELECT 'held';\n")
        self.process.stdin.flush()
        equal(self.process.stdout.readline(), "held\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end("COMMIT")

    def end(self, text):
        self.process.communicate(f"{text};\n")
        equal(self.process.returncode, 0)
