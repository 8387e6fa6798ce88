"""A client of MCP on the standard input and output of a server that it starts:
just enough to call tools, and nothing between the caller and the pipe.
"""

import json
import os
import select
import subprocess
import time

REVISION = "2025-11-25"
START_SECONDS = 30
END_SECONDS = 2
CHUNK = 1 << 20


class Silent(Exception):
    """No answer came in time."""


class Gone(Exception):
    """The server ended."""


class Client:
    """A server that runs, and greets no one yet."""

    def __init__(self, command, environment, log=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log, bufsize=0)
        self.buffer = b""
        self.number = 0

    def greet(self):
        """What the server says of itself; from here on it takes requests."""
        answer = self.request("initialize", {
            "protocolVersion": REVISION, "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"}}, START_SECONDS)
        self._send({"method": "notifications/initialized"})
        return answer["result"]

    def request(self, method, params, seconds):
        """The whole answer, `result` or `error` in it."""
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        deadline = time.monotonic() + seconds
        while True:
            answer = json.loads(self._line(deadline))
            if answer.get("id") == self.number and "method" not in answer:
                return answer

    def call(self, tool, arguments, seconds):
        """The text of a tool's answer, and whether it says that it failed."""
        answer = self.request("tools/call", {
            "name": tool, "arguments": arguments}, seconds)
        if "error" in answer:
            return answer["error"]["message"], True
        result = answer["result"]
        text = "".join(part.get("text", "") for part in result["content"])
        return text, result.get("isError", False)

    def close(self):
        """As hosts do: the end of its input, then force."""
        self.process.stdin.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def _send(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}) + "\n"
        try:
            self.process.stdin.write(line.encode())
        except BrokenPipeError:
            raise Gone from None

    def _line(self, deadline):
        while b"\n" not in self.buffer:
            left = max(0, deadline - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                raise Silent
            chunk = os.read(self.process.stdout.fileno(), CHUNK)
            if not chunk:
                raise Gone
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line
