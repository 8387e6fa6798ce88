"""The wall from end to end: workers that weren't sealed, a supervisor that makes
a mistake when it builds their jail, older kernels, and a supervisor that has to
go on behind its own lock. What isn't proven isn't used, and the database stays
as it was.
"""

import contextlib
import json
import os
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, Fault, tool, turn  # noqa: E402
from harness import equal, holds, main, pgmend, test  # noqa: E402
from pipeline import build_with, put_in_place  # noqa: E402
from scripted import proposal  # noqa: E402
from wall import Wall, add_column, script  # noqa: E402

wall = Wall()


# --- Not sealed, so not used ------------------------------------------------

STEPS = {"root": "attestation_mounts",
         "capabilities": "attestation_capabilities",
         "landlock": "sandbox_landlock", "memory": "attestation_ready",
         "limits": "attestation_limits", "seccomp": "attestation_seccomp",
         "filter program": "sandbox_seccomp"}


def is_unsafe(build, code, *options, env=None):
    """Refused; the database is as it was."""
    _, document = wall.drift()
    before = wall.state()
    done = wall.heal(document, build, *options, env=env)
    equal((done.status, done.json["outcome"], done.json["reason_code"]),
          (30, "unsafe", code), repr(done))
    equal(wall.last_end()["reason_code"], code)
    equal(wall.state(), before)
    wall.chain_verifies()


@test
def agent_that_leaves_out_a_step_is_not_used():
    for step, code in STEPS.items():
        is_unsafe(build_with("probe", f"without:{step}"), code)


@test
def courier_that_leaves_out_a_step_is_not_used():
    with ClaudeServer([]) as server:
        for step, code in STEPS.items():
            is_unsafe(build_with(courier="probe",
                                 courier_script=f"courier:without:{step}"),
                      code, "--planner", "claude", env=server.environment())
        equal(server.requests, [])


@test
def worker_that_lies_is_told_nothing():
    """It writes what it hears into a file, which anybody may write to."""
    with tempfile.NamedTemporaryFile() as file, ClaudeServer([]) as server:
        os.chmod(file.name, 0o666)
        for build in [build_with("unsealed", file.name),
                      build_with(courier="unsealed",
                                 courier_script=file.name)]:
            is_unsafe(build, "attestation_seccomp", "--planner", "claude",
                      env=server.environment())
        equal(os.path.getsize(file.name), 0)


# What the supervisor's half of the jail can do less than it should, and how
# that shows.
FAULTS = {"user namespace": "sandbox_namespaces",
          "mount namespace": "sandbox_namespaces",
          "pid namespace": "attestation_capabilities",
          "net namespace": "attestation_namespaces",
          "maps": "sandbox_namespaces", "narrow maps": "attestation_ids",
          "image's seals": "attestation_image",
          "environment": "attestation_environment",
          "signals": "attestation_signals", "ids": "attestation_ids",
          "session": "attestation_session", "nesting": "attestation_nesting",
          "privileges": "sandbox_landlock"}


def build_with_fault(fault):
    build = build_with()
    put_in_place(build, "pgmend", "../faulty/supervisor", fault)
    return build


@test
def worker_is_not_used_that_the_supervisor_starts_wrongly():
    with ClaudeServer([]) as server:
        for fault, code in FAULTS.items():
            is_unsafe(build_with_fault(fault), code, "--planner", "claude",
                      env=server.environment())
        equal(server.requests, [])


@test
def what_was_unsafe_once_heals_when_it_is_mended():
    _, document = wall.drift()
    done = wall.heal(document, build_with_fault("session"))
    equal((done.status, done.json["reason_code"]),
          (30, "attestation_session"), repr(done))
    is_healed(wall.heal(document, build_with_fault("nothing")))


# --- Older kernels ----------------------------------------------------------

@contextlib.contextmanager
def policy_requiring(words):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "test.policy")
        os.chmod(folder, 0o755)
        with open(path, "w") as file:
            file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                       "allow add_column on *.* as a {\n    type *.*\n}\n"
                       "allow replay on *.* as r\n"
                       f"sandbox {{\n    require {words}\n}}\n")
        os.chmod(path, 0o644)
        yield path


def heal_on(abi, *options):
    name, document = wall.drift()
    build = build_with("older", script(f"abi {abi}",
                                       proposal(1, add_column(name))))
    return wall.heal(document, build, *options)


@test
def older_landlock_without_mdwe_still_heals():
    done = heal_on(2)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    holds("landlock" in done.json["sandbox"]["agent"], done)


@test
def kernel_without_landlock_is_unsafe_where_it_is_required():
    done = heal_on(1)
    equal((done.status, done.json["reason_code"]), (30, "sandbox_landlock"),
          repr(done))
    with policy_requiring("seccomp, namespaces, attestation") as policy:
        done = heal_on(1, "--policy", policy)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    holds("landlock" not in done.json["sandbox"]["agent"], done)


@test
def required_layer_that_nobody_builds_is_unsafe():
    with policy_requiring("seccomp, cgroup") as policy:
        _, document = wall.drift()
        done = wall.heal(document, None, "--policy", policy)
    equal((done.status, done.json["reason_code"]), (30, "sandbox_cgroup"),
          repr(done))


# --- Behind the supervisor's own lock ---------------------------------------

def over_tcp(port):
    return f"host=127.0.0.1 port={port} dbname={wall.db} user=healer"


class Proxy:
    """Stands between pgmend and the server on a port of its own; cuts the first
    connection that says COMMIT, so that it never hears the answer."""

    def __init__(self):
        self.is_cut = False
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", wall.cluster.port))
            self.connections += 1
            for source, sink in [(client, server), (server, client)]:
                threading.Thread(target=self.pump, daemon=True,
                                 args=(source, sink, client)).start()

    def pump(self, source, sink, client):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if source is client and b"\0COMMIT\0" in data and \
                        not self.is_cut:
                    self.is_cut = True
                    client.shutdown(socket.SHUT_RDWR)
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def is_healed(done):
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    wall.chain_verifies()


@test
def whole_heal_works_over_tcp():
    _, document = wall.drift()
    is_healed(pgmend("heal", "--db", over_tcp(wall.cluster.port), "-",
                     stdin=json.dumps(document)))


@test
def connection_that_is_lost_is_made_again_over_tcp():
    """The reply to COMMIT is lost: only a second look tells what came of it."""
    _, document = wall.drift()
    proxy = Proxy()
    done = pgmend("heal", "--db", over_tcp(proxy.port), "-",
                  stdin=json.dumps(document))
    is_healed(done)
    equal(proxy.is_cut, True)
    holds(proxy.connections >= 3, f"{proxy.connections} connections")


@test
def api_is_dialled_again():
    name, document = wall.drift()
    column = tool("propose_repair", diagnosis="d", risk_level="LOW",
                  statements=[add_column(name)], mapping=[], advice=[],
                  reasoning="because")
    with ClaudeServer([Fault(close=True), turn(column)]) as server:
        is_healed(wall.heal(document, None, "--planner", "claude",
                            env=server.environment()))
        equal(len(server.requests), 2)


main()
