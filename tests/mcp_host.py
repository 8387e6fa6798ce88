"""An MCP host for tests: raw lines over the pipes of `pgmend mcp`, and no
library between, so that also what no library would send can be sent.
"""

import json
import os
import select
import subprocess
import time

from harness import BUILD

VERSION = "2026-07-28"
LEGACY = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
SECONDS = 20


def meta(version=VERSION, **members):
    """The _meta of a modern request."""
    return {"io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {}, **members}


class Host:
    """One server; `with` ends it, and its exit status must be 0."""

    def __init__(self, *arguments, build=BUILD, **environment):
        self.process = subprocess.Popen(
            [os.path.join(build, "pgmend"), "mcp", *arguments],
            bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **environment})
        self.received = b""
        self.notifications = []
        self.next_id = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.end()
        if kind is None and self.process.returncode != 0:
            raise AssertionError(f"exit {self.process.returncode}: "
                                 f"{self.process.stderr.read()}")

    def send(self, line):
        """A whole line: bytes, text, or an object."""
        if not isinstance(line, (bytes, str)):
            line = json.dumps(line)
        if isinstance(line, str):
            line = line.encode()
        self.process.stdin.write(line + b"\n")

    def line(self, seconds=SECONDS):
        """The next line as text; None when none comes in time, or ever."""
        end = time.monotonic() + seconds
        out = self.process.stdout.fileno()
        while b"\n" not in self.received:
            left = end - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                return None
            some = os.read(out, 65536)
            if not some:
                return None
            self.received += some
        text, self.received = self.received.split(b"\n", 1)
        return text.decode()

    def message(self, seconds=SECONDS):
        text = self.line(seconds)
        return None if text is None else json.loads(text)

    def answer(self, seconds=SECONDS):
        """The next message that is no notification."""
        end = time.monotonic() + seconds
        while True:
            message = self.message(max(0, end - time.monotonic()))
            if message is None or "id" in message or "error" in message:
                return message
            self.notifications.append(message)

    def say(self, line, seconds=SECONDS):
        self.send(line)
        return self.answer(seconds)

    def request(self, method, params=None, modern=True, **more):
        """Sends one; returns its id."""
        self.next_id += 1
        params = dict(params or {})
        if modern:
            params["_meta"] = {**meta(), **params.get("_meta", {})}
        self.send({"jsonrpc": "2.0", "id": self.next_id, "method": method,
                   "params": params, **more})
        return self.next_id

    def ask(self, method, params=None, modern=True, seconds=SECONDS):
        wanted = self.request(method, params, modern)
        found = self.answer(seconds)
        if found is None and self.process.poll() is not None:
            raise AssertionError(f"exit {self.process.returncode}: "
                                 f"{self.process.stderr.read()}")
        if found is None or found.get("id") != wanted:
            raise AssertionError(f"{method} was answered {found}")
        return found

    def call(self, tool, arguments=None, modern=True, seconds=SECONDS):
        """The structured content of a tool's result, and whether it refused.
        The text must say the same."""
        found = self.ask("tools/call", {"name": tool,
                                        "arguments": arguments or {}},
                         modern, seconds)
        result = found["result"]
        texts = [json.loads(part["text"]) for part in result["content"]]
        if texts != [result["structuredContent"]]:
            raise AssertionError(f"{tool}: the text differs: {result}")
        return result["structuredContent"], result["isError"]

    def notify(self, method, params=None):
        self.send({"jsonrpc": "2.0", "method": method,
                   **({} if params is None else {"params": params})})

    def initialize(self, version=LEGACY[0]):
        found = self.ask("initialize", {
            "protocolVersion": version, "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}}, modern=False)
        self.notify("notifications/initialized")
        return found["result"]

    def end(self, seconds=10):
        """Closes its input; the seconds that it took to end."""
        start = time.monotonic()
        self.process.stdin.close()
        self.process.wait(seconds)
        return time.monotonic() - start

    def status(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file
                        if ":\t" in line)

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return file.read().split()


# --- Schemas ----------------------------------------------------------------

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "null": type(None), "number": (int, float), "integer": int}


def is_type(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def mistakes(schema, value, where="$"):
    """What of JSON Schema 2020-12 the tools' schemas use; a keyword that isn't
    known here is a mistake, too."""
    known = {"type", "enum", "const", "properties", "required", "items",
             "additionalProperties", "anyOf", "minimum", "maximum", "default"}
    found = [f"{where}: {name}?" for name in set(schema) - known]
    types = schema.get("type", list(TYPES))
    if not any(is_type(value, one)
               for one in ([types] if isinstance(types, str) else types)):
        return found + [f"{where}: {value!r} is no {types}"]
    if value not in schema.get("enum", [value]) or \
            value != schema.get("const", value):
        found.append(f"{where}: {value!r} is none of the words")
    for name in schema.get("required", []) if isinstance(value, dict) else []:
        if name not in value:
            found.append(f"{where}: lacks {name}")
    more = schema.get("additionalProperties", True)
    for name, member in value.items() if isinstance(value, dict) else []:
        part = schema.get("properties", {}).get(name, more)
        if part is False:
            found.append(f"{where}: has {name}")
        elif part is not True:
            found += mistakes(part, member, f"{where}.{name}")
    for i, item in enumerate(value if isinstance(value, list) else []):
        found += mistakes(schema.get("items", {}), item, f"{where}[{i}]")
    choices = schema.get("anyOf", [])
    if choices and all(mistakes(one, value) for one in choices):
        found.append(f"{where}: suits none of {choices}")
    return found
