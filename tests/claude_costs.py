"""What a heal by Claude costs, as the README's table has it: requests, bytes and
tokens by drift, and the price with each of three models.

    tests/claude_costs.py BUILD

Each drift is healed against the scripted API, whose answers claude_fixtures.py
has. It can't count tokens as the real one does: it takes 3.5 bytes for a token,
of what came and of what it answers, and the tools and instructions for written
to the cache by a run's first request and read from it by the others. The costs
are those that pgmend itself reports, by policies/prices.conf. What a model
thinks before it answers comes on top.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import table  # noqa: E402
from claude_fixtures import FIXTURES  # noqa: E402
from claude_server import ClaudeServer, turn  # noqa: E402
from harness import Cluster, pgmend  # noqa: E402
from pipeline import make_roles, make_warehouse  # noqa: E402

MODELS = ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"]
BYTES_A_TOKEN = 3.5
POLICY = """pgmend-policy 1
layer org
default deny
allow add_column on *.* as any { type *.* }
allow replay on *.* as replay
model {
    ids "%s"
    max_cost 1
}
"""


def tokens(*parts):
    """Of that much JSON, about."""
    size = sum(len(json.dumps(part, ensure_ascii=False,
                              separators=(",", ":")).encode())
               for part in parts)
    return round(size / BYTES_A_TOKEN)


def answering(fixture):
    """The fixture's answers, each with the usage of its request."""
    answers = iter(fixture.answers(fixture))
    is_first = True

    def script(body):
        nonlocal is_first
        prefix = tokens(body["tools"], body["system"])
        blocks = next(answers)
        usage = {"input_tokens": tokens(body) - prefix,
                 "output_tokens": tokens(blocks),
                 "cache_creation_input_tokens": prefix if is_first else 0,
                 "cache_read_input_tokens": 0 if is_first else prefix}
        is_first = False
        return turn(*blocks, **usage)

    return script


class Costs:
    """Heals in a cluster of its own, each time with another model."""

    def __init__(self, folder):
        self.cluster = Cluster()
        self.folder, self.runs = folder, 0
        make_roles(self.cluster)
        self.db = make_warehouse(self.cluster, "costs")

    def policy(self, model):
        path = os.path.join(self.folder, f"{model}.policy")
        with open(path, "w") as file:
            file.write(POLICY % model)
        return path

    def heal(self, fixture, model):
        """What pgmend reports of the model, and the bytes it sent."""
        self.runs += 1
        document = fixture.prepare(self.cluster, self.db, self.runs)
        with ClaudeServer(answering(fixture)) as server:
            done = pgmend("heal", "--db",
                          self.cluster.conninfo(self.db, "healer"),
                          "--planner", "claude", "--policy",
                          self.policy(model), "-", env=server.environment(),
                          stdin=json.dumps(document))
            if done.status not in (0, 11) or server.complaints:
                raise RuntimeError(f"{fixture.name}: {done}")
            return done.json["model"], sum(len(one.raw)
                                           for one in server.requests)

    def row(self, fixture):
        found = [self.heal(fixture, model) for model in MODELS]
        model, size = found[0]
        return [fixture.name, str(model["requests"]), f"{size:,}",
                f"{model['input_tokens']:,}", f"{model['output_tokens']:,}",
                *(f"${one['cost_microusd'] / 1e6:.4f}" for one, _ in found)]


def main():
    with tempfile.TemporaryDirectory(prefix="pgmend-costs-") as folder:
        costs = Costs(folder)
        table(["drift", "requests", "bytes sent", "tokens in", "tokens out",
               *(model.removeprefix("claude-") for model in MODELS)],
              *map(costs.row, FIXTURES))


if __name__ == "__main__":
    main()
