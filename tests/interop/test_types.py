"""Our requests against the types of the official SDK, by the compiler: every
member that is sent is one that the SDK knows, of a type that it takes.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_fixtures import FIXTURES  # noqa: E402
from claude_server import ClaudeServer  # noqa: E402
from harness import (Cluster, equal, holds, main, pgmend,  # noqa: E402
                     test)
from node import FOLDER  # noqa: E402
from pipeline import make_roles, make_warehouse  # noqa: E402

PROGRAM = """import type Anthropic from "@anthropic-ai/sdk";

export const request: Anthropic.MessageCreateParamsStreaming = %s;
"""
COMPILE = [os.path.join(FOLDER, "node_modules", ".bin", "tsc"), "--strict",
           "--noEmit", "--skipLibCheck", "--module", "nodenext", "--target",
           "es2022"]

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "types")
runs = 0


def heal(fixture, *options, server=None):
    global runs
    runs += 1
    document = fixture.prepare(cluster, db, runs)
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), "--planner",
                  "claude", *options, "-", stdin=json.dumps(document),
                  env=server.environment() if server
                  else {"ANTHROPIC_API_KEY": "test-key"})


def findings(name, request):
    """What the compiler says of a request; empty when it takes it."""
    path = os.path.join(FOLDER, f"{name.replace(' ', '-')}.ts")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PROGRAM % request)
    done = subprocess.run([*COMPILE, path], cwd=FOLDER, text=True,
                          capture_output=True, timeout=50)
    equal(done.returncode != 0, bool(done.stdout), done.stderr)
    return done.stdout


def recorded(fixture):
    """The bodies of a whole conversation."""
    with ClaudeServer(fixture.turns()) as server:
        heal(fixture, server=server)
        equal(server.complaints, [])
        return [one.raw.decode() for one in server.requests]


@test
def shown_prompts_compile():
    for fixture in FIXTURES:
        done = heal(fixture, "--show-prompt")
        equal(done.status, 12, repr(done))
        equal(findings(f"shown {fixture.name}", done.out), "")


@test
def whole_conversations_compile():
    for fixture in FIXTURES:
        bodies = recorded(fixture)
        equal(len(bodies), len(fixture.turns()), fixture.name)
        for number, body in enumerate(bodies):
            equal(findings(f"sent {fixture.name} {number}", body), "")


SPOILT = {
    "a member that nobody knows": lambda body: body.update(temprature=1),
    "no limit of tokens": lambda body: body.pop("max_tokens"),
    "not a stream": lambda body: body.update(stream=False),
    "another role": lambda body: body["messages"][0].update(role="robot"),
    "another effort": lambda body: body["output_config"].update(effort="most"),
    "another choice": lambda body: body["tool_choice"].update(type="perhaps"),
    "a tool without a schema": lambda body:
        body["tools"][0].pop("input_schema"),
    "another cache": lambda body:
        body["system"][0]["cache_control"].update(type="lasting"),
    "a result of no call": lambda body:
        body["messages"][-1]["content"][0].pop("tool_use_id"),
}


@test
def spoilt_requests_do_not_compile():
    body = recorded(next(fixture for fixture in FIXTURES
                         if fixture.name == "look first"))[-1]
    equal(findings("whole", body), "")
    for name, spoil in SPOILT.items():
        request = json.loads(body)
        spoil(request)
        found = findings(f"spoilt {name}", json.dumps(request))
        holds("error TS2" in found, f"{name}: {found or 'taken'}")


main()
