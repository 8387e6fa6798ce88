"""A proxy between pgmend and a test's server, on a unix socket of its own: what
passes may be looked at, held up, or swallowed.
"""

import atexit
import os
import shutil
import socket
import tempfile
import threading

SOCKET = ".s.PGSQL.5432"
# Of an unnamed statement COMMIT, as the extended protocol sends it.
COMMIT = b"\0COMMIT\0"
BYTES_AT_ONCE = 1 << 16


class Connection:
    """A client's, and what the proxy keeps of it."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.waits = False

    def cut(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Proxy:
    """Passes everything on; a test's own says what it does beside that.
    `folder` is the host to connect to; `failures` holds what a test's own
    claimed in vain."""

    def __init__(self, cluster):
        self.folder = tempfile.mkdtemp(prefix="pgmend-proxy-", dir="/tmp")
        atexit.register(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)
        self.target = os.path.join(cluster.folder, SOCKET)
        self.is_open = True
        self.connections = []
        self.failures = []
        self.listener = socket.socket(socket.AF_UNIX)
        path = os.path.join(self.folder, SOCKET)
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def from_client(self, connection, data):
        """Called before these bytes are passed on; false ends the
        connection."""
        return True

    def from_server(self, connection, data):
        return True

    def passes(self, connection):
        """False swallows what comes, and lets the connection be."""
        return True

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.socket(socket.AF_UNIX)
            try:
                if not self.is_open:
                    raise OSError("closed")
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            connection = Connection(client, server)
            self.connections.append(connection)
            for source, sink, look in [(client, server, self.from_client),
                                       (server, client, self.from_server)]:
                threading.Thread(target=self._pump, daemon=True,
                                 args=(connection, source, sink, look)).start()

    def _pump(self, connection, source, sink, look):
        try:
            while data := source.recv(BYTES_AT_ONCE):
                if not look(connection, data):
                    break
                if self.passes(connection):
                    sink.sendall(data)
        except OSError:
            pass
        except AssertionError as failure:
            self.failures.append(failure)
        connection.cut()
