"""A host that keeps every line that it hears, and knows silence from an answer:
for tests of what a server may never say.
"""

import json

from harness import equal, holds
from mcp_host import SECONDS, Host, meta

QUIET_SECONDS = 0.3
END_SECONDS = 2


def request(number, method, **params):
    """A request of the newest revision, not sent yet."""
    return {"jsonrpc": "2.0", "id": number, "method": method,
            "params": {"_meta": meta(), **params}}


class Listener(Host):
    """`heard` holds the lines."""

    def __init__(self, *options):
        super().__init__(*options)
        self.heard = []

    def line(self, seconds=SECONDS):
        text = super().line(seconds)
        if text is not None:
            self.heard.append(text)
        return text

    def hear(self, seconds=SECONDS):
        """The next message, which must come."""
        found = self.message(seconds)
        holds(found is not None, "neither an answer nor a word")
        return found

    def ask(self, *words, **options):
        """The answer; of a server that has ended, why it did."""
        try:
            return super().ask(*words, **options)
        except AssertionError as failure:
            if self.process.poll() is None:
                raise
            raise AssertionError(self.process.stderr.read()) from failure

    def says_nothing(self, seconds=QUIET_SECONDS):
        """Neither a word nor its end."""
        equal(self.line(seconds), None)
        equal(self.process.poll(), None, "the server's end")

    def result(self, tool, **arguments):
        """What a tool answers, whatever its arguments: the same twice, for
        programs and for people."""
        answer = self.ask("tools/call", {"name": tool, "arguments": arguments})
        holds("result" in answer, f"{tool} {arguments}: {answer}")
        result = answer["result"]
        equal([json.loads(part["text"]) for part in result["content"]],
              [result["structuredContent"]], tool)
        return result

    def ends(self):
        """By the end of its input, in time and well: what it says on standard
        error."""
        holds(self.end() < END_SECONDS, "it took too long")
        equal(self.process.returncode, 0)
        return self.process.stderr.read().decode(errors="replace")
