"""A wire that breaks around COMMIT: the exit code must agree with the database.

A proxy on a unix socket stands between pgmend and the server, and looks for
the statement COMMIT.
"""

import atexit
import json
import os
import shutil
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "coupon": "SPRING-25"}
# Parse of an unnamed statement COMMIT, as the extended protocol sends it.
COMMIT = b"\0COMMIT\0"

cluster = Cluster()
make_roles(cluster)
databases = 0


class Proxy:
    """`on_commit` is told the two sockets and the bytes that hold COMMIT, and
    returns whether this connection goes on."""

    def __init__(self, on_commit):
        self.folder = tempfile.mkdtemp(prefix="pgmend-proxy-", dir="/tmp")
        atexit.register(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)
        self.on_commit = on_commit
        self.connections = []
        self.deaf = set()  # connections whose server isn't heard any more
        self.committed = threading.Event()
        self.is_open = True
        self.listener = socket.socket(socket.AF_UNIX)
        path = os.path.join(self.folder, ".s.PGSQL.5432")
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            if not self.is_open:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(os.path.join(cluster.folder, ".s.PGSQL.5432"))
            pair = (client, server)
            self.connections.append(pair)
            for source, sink in [pair, pair[::-1]]:
                threading.Thread(target=self.pump, args=(source, sink, pair),
                                 daemon=True).start()

    def pump(self, source, sink, pair):
        try:
            while data := source.recv(1 << 16):
                if source is pair[0] and COMMIT in data and \
                        not self.on_commit(self, pair, data):
                    break
                if source is pair[1] and pair in self.deaf:
                    self.committed.set()
                    break
                sink.sendall(data)
        except OSError:
            pass
        self.cut(pair)

    @staticmethod
    def cut(pair):
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def heal_through(on_commit):
    global databases
    databases += 1
    db = make_warehouse(cluster, f"commit{databases}")
    failure = load(cluster, db, TABLE, ORDER)
    proxy = Proxy(on_commit)
    done = pgmend("heal", "--db", f"host={proxy.folder} dbname={db}"
                  " user=healer", "-",
                  stdin=json.dumps(incident("c-1", TABLE, ORDER, failure)))
    return db, done


def state(db):
    """Is the column there, how many rows, how many markers."""
    return cluster.sql(
        "SELECT count(*) FROM pg_attribute WHERE attname = 'coupon'"
        f" AND attrelid = '{TABLE}'::regclass;"
        f"SELECT count(*) FROM {TABLE};"
        "SELECT count(*) FROM pgmend.applied", db=db).split()


def chain_verifies(db):
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


@test
def proxy_alone_changes_nothing():
    db, done = heal_through(lambda proxy, pair, data: True)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])


@test
def wire_cut_before_commit_is_rolled_back():
    db, done = heal_through(lambda proxy, pair, data: False)
    equal((done.status, done.json["outcome"]), (20, "rolled_back"),
          repr(done))
    equal(state(db), ["0", "0", "0"])
    chain_verifies(db)


def deliver_and_cut(proxy, pair, data):
    """The server commits; its reply never arrives."""
    proxy.deaf.add(pair)
    pair[1].sendall(data)
    holds(proxy.committed.wait(10), "the server doesn't answer COMMIT")
    return False


@test
def reply_lost_after_commit_is_resolved_by_the_marker():
    db, done = heal_through(deliver_and_cut)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])
    chain_verifies(db)


def cut_for_good(proxy, pair, data):
    proxy.is_open = False
    for other in proxy.connections:
        if other is not pair:
            proxy.cut(other)
    return deliver_and_cut(proxy, pair, data)


@test
def server_gone_at_commit_is_an_unknown_outcome():
    db, done = heal_through(cut_for_good)
    equal((done.status, done.json["outcome"]), (21, "unknown"), repr(done))
    holds("COMMIT" in done.json["message"], done)


def cut_records(proxy, pair, data):
    """The audit connection breaks while the change is committed."""
    for other in proxy.connections:
        if other is not pair:
            proxy.cut(other)
    return True


@test
def change_without_closing_record_is_said_so():
    db, done = heal_through(cut_records)
    equal((done.status, done.json["outcome"]), (22, "healed"), repr(done))
    equal(state(db), ["1", "1", "1"])


main()
