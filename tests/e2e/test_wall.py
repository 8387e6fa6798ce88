"""The wall from end to end: workers that weren't sealed, that were taken over,
or that run on older kernels; a courier that goes wrong; and a supervisor that
has to go on behind its own lock. Every run ends by its deadline with the right
exit code, the database as it was, the chain intact, the reason in the audit.
"""

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, Fault, tool, turn  # noqa: E402
from harness import (Cluster, equal, holds, main, pgmend, test,  # noqa: E402
                     test_within, workers_of)
from pipeline import (build_with, incident, load, make_roles,  # noqa: E402
                      make_warehouse)

TABLE = "analytics.orders"
ORDER = {"customer": "Zoë", "amount": 12.5}
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}
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


cluster = TcpCluster()
make_roles(cluster)
db = make_warehouse(cluster, "wall")
runs = 0


def conninfo():
    return cluster.conninfo(db, "healer")


def drift():
    """A failure of its own for each run: no earlier answer stands."""
    global runs
    runs += 1
    # Names so unlike that none is taken for another one under a new name.
    name = "f" + hashlib.sha256(str(runs).encode()).hexdigest()[:12]
    payload = dict(ORDER, id=runs, **{name: "x"})
    return name, incident(f"wall-{runs}", TABLE, payload,
                          load(cluster, db, TABLE, payload))


def request(number, method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                       "params": {"_meta": META, **params}})


def call(number, name, **arguments):
    return request(number, "tools/call", name=name, arguments=arguments)


def proposal(number, *statements):
    return call(number, "propose_repair", diagnosis="d", risk_level="LOW",
                statements=list(statements), mapping=[], advice=[],
                reasoning="because")


def add_column(name):
    return f"ALTER TABLE {TABLE} ADD COLUMN {name} text"


LOOK = request(1, "tools/list")
GIVE_UP = call(99, "give_up", reason="that was all")


def script(*lines):
    return "".join(line + "\n" for line in lines)


def state():
    """Catalogue and rows, as one text."""
    return cluster.sql(
        "SELECT c.oid::regclass, relacl, attname, atttypid FROM pg_class c"
        "  JOIN pg_attribute ON attrelid = c.oid AND attnum > 0"
        "  JOIN pg_namespace n ON n.oid = relnamespace"
        f" WHERE nspname = 'analytics' ORDER BY 1, 3; SELECT * FROM {TABLE}",
        db=db)


def last_end():
    return json.loads(cluster.sql(
        "SELECT body FROM pgmend.event WHERE kind = 'run.finished'"
        " ORDER BY seq DESC LIMIT 1", db=db))


def chain_verifies():
    done = pgmend("audit", "verify", "--db", conninfo())
    equal(done.status, 0, repr(done))


def heal(document, build, *options, env=None):
    return pgmend("heal", "--db", conninfo(), *options, "-",
                  stdin=json.dumps(document), build=build or build_with(),
                  env=env)


def refused(done, before, *codes, what=""):
    """The run was refused for one of these reasons, and left nothing."""
    holds(done.status == 11 and done.json["reason_code"] in codes,
          f"{what}: {done}")
    equal(last_end()["reason_code"], done.json["reason_code"], what)
    holds(last_end()["message"], "no message in the audit")
    equal(state(), before, what)
    chain_verifies()


def agent_is_refused(lines, *codes, timeout=PATIENCE):
    _, document = drift()
    before, start = state(), time.monotonic()
    done = heal(document, build_with("scripted", lines), "--timeout", timeout)
    refused(done, before, *codes, what=repr(lines[:70]))
    holds(time.monotonic() - start < GRACE_SECONDS, "past its deadline")


# --- Not sealed, so not used ------------------------------------------------

STEPS = {"root": "attestation_mounts",
         "capabilities": "attestation_capabilities",
         "landlock": "sandbox_landlock", "memory": "attestation_ready",
         "limits": "attestation_limits", "seccomp": "attestation_seccomp",
         "filter program": "sandbox_seccomp"}


def is_unsafe(build, code, *options, env=None):
    """Refused; the database is as it was."""
    _, document = drift()
    before = state()
    done = heal(document, build, *options, env=env)
    equal((done.status, done.json["outcome"], done.json["reason_code"]),
          (30, "unsafe", code), repr(done))
    equal(state(), before)


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
            equal(last_end()["reason_code"], code)
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
    name, document = drift()
    build = build_with("older", script(f"abi {abi}",
                                       proposal(1, add_column(name))))
    return heal(document, build, *options)


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
        _, document = drift()
        done = heal(document, None, "--policy", policy)
    equal((done.status, done.json["reason_code"]), (30, "sandbox_cgroup"),
          repr(done))


# --- An agent that was taken over -------------------------------------------

@test
def bytes_that_are_no_text_end_the_agent():
    for line in ["80", "c0af", "eda080", "f4908080", "00",
                 LOOK.encode().hex() + "ff"]:
        agent_is_refused(script(f"!bytes {line}"), "frame_encoding")


@test
def frame_of_one_byte_too_many_ends_the_agent():
    longest = '"' + "x" * ((1 << 20) - 2) + '"'
    agent_is_refused(script(longest), "agent_violation")
    agent_is_refused(script("!say " + longest + " "), "frame_too_long")


@test
def nested_and_doubled_json_ends_the_agent():
    for text in ['{"a":' * 33 + "1" + "}" * 33, "[" * 100000,
                 LOOK[:-1] + ',"id":2}', LOOK[:-1] + ',"\\u0069d":2}',
                 LOOK[:-1] + ',"a":"\\u0000"}', LOOK[:-1] + ',"a":"\\ud800"}',
                 LOOK + LOOK, "", " ", "READY landlock=7 mdwe=1 dumpable=0"]:
        agent_is_refused(script(text), "agent_violation")


@test
def requests_without_end_end_the_agent():
    agent_is_refused(script(f"!nag {LOOK}"), "agent_violation")
    # Who never reads fills his pipe, and is silent to us.
    agent_is_refused(script(f"!flood {LOOK}"), "agent_violation",
                     "worker_silent")
    agent_is_refused(script(f"!flood {'x' * 4000}"), "agent_violation")


@test
def thousand_proposals_end_the_agent():
    drop = proposal(1, f"DROP TABLE {TABLE}")
    agent_is_refused(script(*[drop] * 1000), "agent_violation", timeout="20s")


@test
def agent_that_takes_its_time_is_ended():
    for act in ["!silence", "!spin", f"!drip {LOOK}"]:
        agent_is_refused(script(LOOK, act), "worker_silent")


@test
def agent_that_breaks_off_ends_the_run():
    agent_is_refused(script("!torn " + LOOK[:20]), "frame_torn")
    agent_is_refused(script(LOOK, "!exit"), "agent_died")
    agent_is_refused(script(LOOK, "!abort"), "agent_died")


@test
def same_id_again_is_only_its_own_loss():
    agent_is_refused(script(LOOK, LOOK, GIVE_UP), "planner_gave_up",
                     timeout="20s")


@test
def word_after_the_last_one_changes_nothing():
    name, document = drift()
    done = heal(document, build_with("scripted", script(
        f"!say {proposal(1, add_column(name))}",
        f"!flood {proposal(2, f'DROP TABLE {TABLE}')}")))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    chain_verifies()


@test
def agent_that_is_stopped_from_outside_is_ended():
    _, document = drift()
    before = state()
    build = build_with("scripted", script("!silence"))
    run = subprocess.Popen(
        [os.path.join(build, "pgmend"), "heal", "--timeout", PATIENCE, "--db",
         conninfo(), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    run.stdin.write(json.dumps(document).encode())
    run.stdin.close()
    agent = None
    for _ in range(200):
        agent = workers_of(run.pid).get("pgmend-agent")
        if agent is not None:
            break
        time.sleep(0.005)
    time.sleep(0.5)
    os.kill(agent, signal.SIGSTOP)
    result = json.loads(run.stdout.read())
    equal((run.wait(GRACE_SECONDS), result["reason_code"]),
          (11, "worker_silent"), result)
    equal(os.path.exists(f"/proc/{agent}"), False, "it lives on")
    equal(state(), before)


# --- A courier that was taken over ------------------------------------------

STATUS = '{"status":200,"headers":{}}'
CHUNK = '{"bytes":"ZGF0YTogeAoK"}'
QUESTION = '{"certificate":"1f3e9a44"}'


def courier_is_refused(lines, *codes, timeout="4s"):
    """The first frame that it reads is its start; a request comes next."""
    _, document = drift()
    before, start = state(), time.monotonic()
    with ClaudeServer([]) as server:
        done = heal(document, build_with(courier="scripted",
                                         courier_script=lines),
                    "--planner", "claude", "--timeout", timeout,
                    env=server.environment())
        equal(server.requests, [])
    refused(done, before, *codes, what=repr(lines[:70]))
    holds(time.monotonic() - start < GRACE_SECONDS, "past its deadline")


def after_request(*lines):
    return script("!hear", *lines)


@test_within(120)
def frames_out_of_order_end_the_courier():
    for lines in [[CHUNK], ['{"end":1,"failure":null}'], [STATUS, STATUS],
                  [STATUS, QUESTION], ['{"end":2,"failure":"cut"}'],
                  ['{"end":1,"failure":"bored"}'], ["hello"], ["{}"],
                  ['{"status":200,"headers":{"set-cookie":"a"}}'],
                  ['{"status":99,"headers":{}}'],
                  [STATUS, '{"bytes":"!"}'],
                  [STATUS[:-1] + ',"status":201}'],
                  ['{"certificate":"../../etc"}'],
                  ["READY landlock=7 mdwe=1 dumpable=0"]]:
        courier_is_refused(after_request(*(f"!say {line}" for line in lines),
                                         "!silence"), "courier_violation")


@test
def answer_without_end_ends_the_courier():
    courier_is_refused(after_request(f"!say {STATUS}", f"!flood {CHUNK}"),
                       "courier_violation", "wire_flooded", "worker_silent",
                       "worker_gone")


@test
def questions_without_end_end_the_courier():
    courier_is_refused(after_request(f"!nag {QUESTION}"), "courier_violation")
    courier_is_refused(after_request(f"!flood {QUESTION}"),
                       "courier_violation", "worker_silent")


@test
def answer_that_nobody_asked_for_ends_the_courier():
    courier_is_refused(script(f"!say {STATUS}", f"!say {CHUNK}",
                              '!say {"end":7,"failure":null}', "!silence"),
                       "courier_violation")


@test
def courier_that_breaks_off_or_says_nothing_ends_the_run():
    courier_is_refused(after_request("!torn {"), "frame_torn")
    courier_is_refused(after_request("!exit"), "courier_died")
    courier_is_refused(after_request("!bytes ff"), "frame_encoding")
    for act in ["!silence", "!spin", f"!drip {STATUS}"]:
        courier_is_refused(after_request(act), "worker_silent")


@test
def dead_courier_is_noticed():
    courier_is_refused(script("!exit"), "courier_died", "worker_gone")


class Sink:
    """A server that takes whatever comes, and sends it back if it is to."""

    def __init__(self, echoes):
        self.echoes = echoes
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def environment(self):
        port = self.listener.getsockname()[1]
        return {"ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
                "ANTHROPIC_API_KEY": "key"}

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self.drain, args=(client,),
                             daemon=True).start()

    def drain(self, client):
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if self.echoes:
                    client.sendall(data)


@test
def ciphertext_without_end_ends_the_courier():
    for echoes in [False, True]:
        _, document = drift()
        before, sink = state(), Sink(echoes)
        done = heal(document, build_with(
            courier="scripted", courier_script=after_request(
                f"!pour 0{'x' * 4000}")), "--planner", "claude", "--timeout",
            "30s", env=sink.environment())
        refused(done, before, "courier_flooded")
        equal(sink.connections, 1)


@test
def courier_has_four_connections_and_no_fifth():
    _, document = drift()
    before, sink = state(), Sink(False)
    done = heal(document, build_with(
        courier="scripted", courier_script=after_request(
            *(f"!send {slot}x" for slot in [0, 1, 2, 3, 0, 2]), "!silence")),
        "--planner", "claude", "--timeout", "3s", env=sink.environment())
    refused(done, before, "worker_silent")
    equal(sink.connections, 4)


@test
def slot_that_is_none_kills_the_courier():
    courier_is_refused(after_request("!send 4x"), "courier_died")
    courier_is_refused(after_request("!send /x"), "courier_died")


# --- Behind the supervisor's own lock ---------------------------------------

def over_tcp(port):
    return f"host=127.0.0.1 port={port} dbname={db} user=healer"


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
            server = socket.create_connection(("127.0.0.1", cluster.port))
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
    chain_verifies()


@test
def whole_heal_works_over_tcp():
    _, document = drift()
    is_healed(pgmend("heal", "--db", over_tcp(cluster.port), "-",
                     stdin=json.dumps(document)))


@test
def connection_that_is_lost_is_made_again_over_tcp():
    """The reply to COMMIT is lost: only a second look tells what came of it."""
    _, document = drift()
    proxy = Proxy()
    done = pgmend("heal", "--db", over_tcp(proxy.port), "-",
                  stdin=json.dumps(document))
    is_healed(done)
    equal(proxy.is_cut, True)
    holds(proxy.connections >= 3, f"{proxy.connections} connections")


@test
def api_is_dialled_again():
    name, document = drift()
    column = tool("propose_repair", diagnosis="d", risk_level="LOW",
                  statements=[add_column(name)], mapping=[], advice=[],
                  reasoning="because")
    with ClaudeServer([Fault(close=True), turn(column)]) as server:
        is_healed(heal(document, None, "--planner", "claude",
                       env=server.environment()))
        equal(len(server.requests), 2)


main()
