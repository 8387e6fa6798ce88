"""pgmend heals against a Messages API that somebody else wrote, over plain http
on this machine.
"""

import contextlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_fixtures import FIXTURES  # noqa: E402
from harness import (Cluster, equal, holds, main, pgmend,  # noqa: E402
                     test)
from node import FOLDER  # noqa: E402
from pipeline import make_roles, make_warehouse  # noqa: E402

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "mock")
runs = 0


def as_scripted(blocks):
    """An answer in the mock's own words."""
    answer = {"toolCalls": [
        {"name": block["name"], "arguments": json.dumps(block["input"])}
        for block in blocks if block["type"] == "tool_use"]}
    words = [block["text"] for block in blocks if block["type"] == "text"]
    return dict(answer, content=words[0]) if words else answer


class Mock:
    """Runs until its standard input ends."""

    def __init__(self, process, answers):
        self.process = process
        self.url = self.say(json.dumps(answers))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def journal(self):
        return json.loads(self.say("journal"))


@contextlib.contextmanager
def mocked(answers):
    process = subprocess.Popen(
        ["node", os.path.join(FOLDER, "mock.mjs")], cwd=FOLDER, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        try:
            yield Mock(process, answers)
        finally:
            process.stdin.close()
            process.wait(10)


def heal(fixture, mock, key="test-key"):
    global runs
    runs += 1
    document = fixture.prepare(cluster, db, runs)
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), "--planner",
                  "claude", "-", stdin=json.dumps(document),
                  env={"ANTHROPIC_BASE_URL": mock.url,
                       "ANTHROPIC_API_KEY": key})


@test
def every_drift_ends_as_it_does_elsewhere():
    for fixture in FIXTURES:
        answers = [as_scripted(blocks) for blocks in fixture.answers(fixture)]
        with mocked(answers) as mock:
            done = heal(fixture, mock)
            wanted = "planner_gave_up" if fixture.name == "give up" else "ok"
            equal(done.json["reason_code"], wanted, repr(done))
            equal([one["status"] for one in mock.journal()],
                  [200] * len(answers), fixture.name)
            holds(all(one["path"] == "/v1/messages"
                      for one in mock.journal()), mock.journal())


@test
def wrong_key_is_a_wrong_configuration():
    with mocked([as_scripted(FIXTURES[0].answers(FIXTURES[0])[0])]) as mock:
        done = heal(FIXTURES[0], mock, key="another-key")
        equal((done.status, done.json["reason_code"]), (2, "model_failed"),
              repr(done))


@test
def api_that_fails_is_asked_again_later():
    with mocked([{"error": {"message": "Overloaded",
                            "type": "overloaded_error"}, "status": 529}]) \
            as mock:
        done = heal(FIXTURES[0], mock)
        equal((done.status, done.json["reason_code"]), (75, "model_failed"),
              repr(done))
        equal([one["status"] for one in mock.journal()], [529] * 3)


main()
