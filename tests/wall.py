"""A warehouse behind the wall: each run gets a failure of its own, and what a
run must leave as it was is read before and after it.
"""

import hashlib
import json
import os
import socket

from harness import Cluster, equal, holds, pgmend
from pipeline import incident, load, make_roles, make_warehouse

TABLE = "analytics.orders"
ORDER = {"customer": "Zoë", "amount": 12.5}
# A worker that wants to run on is given so long, and the rest of the run so
# much more.
PATIENCE = "2s"
GRACE_SECONDS = 8


class TcpCluster(Cluster):
    """Listens on the loopback, too; so not on the port that others have."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        os.environ["PGPORT"] = str(self.port)
        super().__init__(listen_addresses="127.0.0.1", port=str(self.port))

    def conninfo(self, db="postgres", user="postgres"):
        return f"{super().conninfo(db, user)} port={self.port}"


class Wall:
    def __init__(self):
        self.cluster = TcpCluster()
        make_roles(self.cluster)
        self.db = make_warehouse(self.cluster, "wall")
        self.runs = 0

    def conninfo(self):
        return self.cluster.conninfo(self.db, "healer")

    def drift(self):
        """A failure of its own for each run: no earlier answer stands."""
        self.runs += 1
        # Names so unlike that none is taken for another one under a new name.
        digest = hashlib.sha256(str(self.runs).encode()).hexdigest()
        name = "f" + digest[:12]
        payload = dict(ORDER, id=self.runs, **{name: "x"})
        return name, incident(f"wall-{self.runs}", TABLE, payload,
                              load(self.cluster, self.db, TABLE, payload))

    def state(self):
        """Catalogue and rows, as one text."""
        return self.cluster.sql(
            "SELECT c.oid::regclass, relacl, attname, atttypid FROM pg_class c"
            "  JOIN pg_attribute ON attrelid = c.oid AND attnum > 0"
            "  JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = 'analytics' ORDER BY 1, 3;"
            f" SELECT * FROM {TABLE}", db=self.db)

    def last_end(self):
        return json.loads(self.cluster.sql(
            "SELECT body FROM pgmend.event WHERE kind = 'run.finished'"
            " ORDER BY seq DESC LIMIT 1", db=self.db))

    def chain_verifies(self):
        done = pgmend("audit", "verify", "--db", self.conninfo())
        equal(done.status, 0, repr(done))

    def heal(self, document, build=None, *options, env=None):
        return pgmend("heal", "--db", self.conninfo(), *options, "-",
                      stdin=json.dumps(document), build=build, env=env)

    def refused(self, done, before, *codes, what=""):
        """The run was refused for one of these reasons, and left nothing."""
        holds(done.status == 11 and done.json["reason_code"] in codes,
              f"{what}: {done}")
        equal(self.last_end()["reason_code"], done.json["reason_code"], what)
        holds(self.last_end()["message"], "no message in the audit")
        equal(self.state(), before, what)
        self.chain_verifies()


# --- What an agent says -----------------------------------------------------

def add_column(name):
    return f"ALTER TABLE {TABLE} ADD COLUMN {name} text"


def script(*lines):
    return "".join(line + "\n" for line in lines)
