"""A courier that was taken over, and what it could be told by a server: its run
ends by its deadline, refused, with the database as it was, the chain intact and
the reason in the audit.
"""

import contextlib
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, Fault, tool, turn  # noqa: E402
from harness import equal, holds, main, test, test_within  # noqa: E402
from pipeline import build_with  # noqa: E402
from wall import GRACE_SECONDS, Wall, script  # noqa: E402

wall = Wall()

STATUS = '{"status":200,"headers":{}}'
CHUNK = '{"bytes":"ZGF0YTogeAoK"}'
QUESTION = '{"certificate":"1f3e9a44"}'


def courier_is_refused(lines, *codes, timeout="4s"):
    """The first frame that it reads is its start; a request comes next."""
    _, document = wall.drift()
    before, start = wall.state(), time.monotonic()
    with ClaudeServer([]) as server:
        done = wall.heal(document, build_with(courier="scripted",
                                              courier_script=lines),
                         "--planner", "claude", "--timeout", timeout,
                         env=server.environment())
        equal(server.requests, [])
    wall.refused(done, before, *codes, what=repr(lines[:70]))
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
        _, document = wall.drift()
        before, sink = wall.state(), Sink(echoes)
        done = wall.heal(document, build_with(
            courier="scripted", courier_script=after_request(
                f"!pour 0{'x' * 4000}")), "--planner", "claude", "--timeout",
            "30s", env=sink.environment())
        wall.refused(done, before, "courier_flooded")
        equal(sink.connections, 1)


@test
def courier_has_four_connections_and_no_fifth():
    _, document = wall.drift()
    before, sink = wall.state(), Sink(False)
    done = wall.heal(document, build_with(
        courier="scripted", courier_script=after_request(
            *(f"!send {slot}x" for slot in [0, 1, 2, 3, 0, 2]), "!silence")),
        "--planner", "claude", "--timeout", "3s", env=sink.environment())
    wall.refused(done, before, "worker_silent")
    equal(sink.connections, 4)


@test
def slot_that_is_none_kills_the_courier():
    courier_is_refused(after_request("!send 4x"), "courier_died")
    courier_is_refused(after_request("!send /x"), "courier_died")

# What a server may say that wants a library which the courier doesn't have:
# the reason of the run, and how often the model was asked.
LACKING = [({"transfer-encoding": "gzip"}, "model_failed", 3),
           ({"transfer-encoding": "deflate"}, "model_failed", 3),
           ({"transfer-encoding": "br"}, "model_failed", 3),
           ({"transfer-encoding": "zstd"}, "model_failed", 3),
           ({"content-encoding": "gzip, br, zstd"}, "planner_gave_up", 1),
           ({"set-cookie": "a=b; domain=co.uk"}, "planner_gave_up", 1),
           ({"alt-svc": 'h2=":1"; h3=":1"'}, "planner_gave_up", 1),
           ({"upgrade": "h2c", "connection": "upgrade"}, "planner_gave_up", 1)]


def ask(fault):
    """Returns the result, and how often the model was asked."""
    _, document = wall.drift()
    with ClaudeServer([fault] * 5) as server:
        done = wall.heal(document, None, "--planner", "claude",
                         env=server.environment())
        return done, len(server.requests)


@test
def server_that_wants_what_the_courier_lacks_is_an_ordinary_failure():
    """The courier lives on, and says that it can't."""
    answer = turn(tool("give_up", reason="that was all"))
    for headers, reason, requests in LACKING:
        done, asked = ask(Fault(turn=answer, headers=headers))
        equal((done.status, done.json["reason_code"], asked),
              (11, reason, requests), repr(done))
    for scheme in ["Negotiate", "NTLM", "Digest"]:
        done, asked = ask(Fault(status=401,
                                headers={"www-authenticate": scheme}))
        equal((done.status, done.json["reason_code"], asked),
              (2, "model_failed", 1), repr(done))


main()
