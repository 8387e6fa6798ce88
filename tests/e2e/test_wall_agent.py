"""An agent that was taken over: whatever it says or does, its run ends by its
deadline, refused, with the database as it was, the chain intact and the reason
in the audit.
"""

import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import equal, holds, main, test, workers_of  # noqa: E402
from pipeline import build_with  # noqa: E402
from scripted import call, proposal, request  # noqa: E402
from wall import (GRACE_SECONDS, PATIENCE, TABLE, Wall,  # noqa: E402
                  add_column, script)

LOOK = request(1, "tools/list")
GIVE_UP = call(99, "give_up", reason="that was all")

wall = Wall()


def agent_is_refused(lines, *codes, timeout=PATIENCE):
    _, document = wall.drift()
    before, start = wall.state(), time.monotonic()
    done = wall.heal(document, build_with("scripted", lines), "--timeout", timeout)
    wall.refused(done, before, *codes, what=repr(lines[:70]))
    holds(time.monotonic() - start < GRACE_SECONDS, "past its deadline")


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
    name, document = wall.drift()
    done = wall.heal(document, build_with("scripted", script(
        f"!say {proposal(1, add_column(name))}",
        f"!flood {proposal(2, f'DROP TABLE {TABLE}')}")))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    wall.chain_verifies()


@test
def agent_that_is_stopped_from_outside_is_ended():
    _, document = wall.drift()
    before = wall.state()
    build = build_with("scripted", script("!silence"))
    run = subprocess.Popen(
        [os.path.join(build, "pgmend"), "heal", "--timeout", PATIENCE, "--db",
         wall.conninfo(), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
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
    equal(wall.state(), before)


main()
