"""A scripted Messages API for the tests: strict about what it is sent, and able
to misbehave in every way that a network or an API can.

    from claude_server import ClaudeServer, Fault, text, tool, turn

    script = [turn(tool("describe_table", schema="app", table="orders")),
              Fault(status=529, headers={"retry-after-ms": "10"}),
              turn(text("Done."), tool("give_up", reason="..."))]
    with ClaudeServer(script) as server:
        ... server.url, server.ca_file, server.requests, server.complaints

Each request takes the script's next step, a turn or a fault; a script that is a
function gets the request's body and returns one. A request that the real API
would refuse is answered as the real one would, takes no step, and is noted in
server.complaints, so that a test can assert that there were none.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time

VERSION = "2026-10-21"
PATH = "/v1/messages"
KEY = "test-key"
BODY_MAX = 32 << 20
GARBAGE_BYTES = 10 << 20
SOCKET_SECONDS = 30


# --- What a script is made of -----------------------------------------------

def text(words):
    """A text block."""
    return {"type": "text", "text": words}


def thinking(words="Hm."):
    """A thinking block, signed so that a changed echo shows."""
    return {"type": "thinking", "thinking": words,
            "signature": signature_of(words)}


def tool(name, tool_id=None, /, **arguments):
    """A call of a tool; the id is made up unless it is given."""
    if tool_id is None:
        seed = json.dumps([name, arguments, time.monotonic_ns()])
        tool_id = "toolu_" + hashlib.sha256(seed.encode()).hexdigest()[:20]
    return {"type": "tool_use", "id": tool_id, "name": name,
            "input": arguments}


def turn(*blocks, stop_reason=None, **usage):
    """One answer: its blocks, why it ended, and usage where it matters."""
    if stop_reason is None:
        calls = any(block["type"] == "tool_use" for block in blocks)
        stop_reason = "tool_use" if calls else "end_turn"
    return Turn(list(blocks), stop_reason, usage)


class Turn:
    def __init__(self, blocks, stop_reason, usage):
        self.blocks, self.stop_reason, self.usage = blocks, stop_reason, usage


class Fault:
    """What goes wrong with one request, in the place of or on top of a turn.

    status, headers, error: an HTTP error with the API's body, or `body` bytes.
    turn:          the answer that is spoilt by what follows (default: a text).
    cut_after:     the connection ends behind that many bytes of the body.
    error_event:   this error type comes as an event behind the first block.
    drop_stop:     the stream ends in good order, without message_stop.
    content_type:  another one.
    insert:        bytes in front of the stream (invalid UTF-8, say).
    byte_by_byte:  each byte is sent alone.
    drip_seconds:  between any two bytes.
    silence:       nothing is sent for so long, then the connection ends.
    garbage:       so many bytes that are no events.
    line_end:      of the events: LF, CRLF or CR.
    close:         the connection ends at once, without an answer.
    location:      a redirect to there.
    """

    def __init__(self, status=200, **how):
        self.status = status
        self.headers = how.pop("headers", {})
        self.error = how.pop("error", None)
        self.body = how.pop("body", None)
        self.turn = how.pop("turn", None) or turn(text("Nothing."))
        self.cut_after = how.pop("cut_after", None)
        self.error_event = how.pop("error_event", None)
        self.drop_stop = how.pop("drop_stop", False)
        self.content_type = how.pop("content_type", None)
        self.insert = how.pop("insert", b"")
        self.byte_by_byte = how.pop("byte_by_byte", False)
        self.drip_seconds = how.pop("drip_seconds", 0)
        self.silence = how.pop("silence", 0)
        self.garbage = how.pop("garbage", 0)
        self.line_end = how.pop("line_end", "\n")
        self.close = how.pop("close", False)
        self.location = how.pop("location", None)
        if how:
            raise TypeError(f"no such fault: {', '.join(how)}")

    def leaves_whole(self):
        """True when the turn arrives in full, however it travels: then, and
        only then, it may be in the next request."""
        return self.cut_after is None and self.error_event is None and \
            self.body is None and not self.drop_stop and not self.garbage


ERROR_TYPES = {400: "invalid_request_error", 401: "authentication_error",
               402: "billing_error", 403: "permission_error",
               404: "not_found_error", 405: "invalid_request_error",
               409: "conflict_error", 413: "request_too_large",
               415: "invalid_request_error", 429: "rate_limit_error",
               500: "api_error", 504: "timeout_error",
               529: "overloaded_error"}


def signature_of(words):
    return base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()


def error_body(status, message, request_id="req_test"):
    kind = ERROR_TYPES.get(status, "api_error")
    return json.dumps({"type": "error", "request_id": request_id,
                       "error": {"type": kind, "message": message}}).encode()


# --- Events -----------------------------------------------------------------

def pieces(whole, count=3):
    """A text in that many parts, none of them empty."""
    size = max(1, -(-len(whole) // count))
    return [whole[at:at + size] for at in range(0, len(whole), size)]


def block_events(index, block):
    """The events that make up one block."""
    kind = block["type"]
    if kind == "text":
        start, deltas = {"type": "text", "text": ""}, [
            {"type": "text_delta", "text": piece}
            for piece in pieces(block["text"])]
    elif kind == "thinking":
        start = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": piece}
                  for piece in pieces(block["thinking"])]
        deltas.append({"type": "signature_delta",
                       "signature": block["signature"]})
    elif kind == "tool_use":
        start = dict(block, input={})
        whole = "" if block["input"] == {} else json.dumps(block["input"])
        deltas = [{"type": "input_json_delta", "partial_json": piece}
                  for piece in pieces(whole)]
    else:
        start, deltas = block, []
    yield "content_block_start", {"index": index, "content_block": start}
    for delta in deltas:
        yield "content_block_delta", {"index": index, "delta": delta}
    yield "content_block_stop", {"index": index}


def turn_events(answer, model, message_id):
    """All events of an answer, from message_start to message_stop."""
    usage = {"input_tokens": 100, "output_tokens": 1,
             "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    usage.update(answer.usage)
    yield "message_start", {"message": {
        "id": message_id, "type": "message", "role": "assistant",
        "model": model, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": dict(usage, output_tokens=1)}}
    yield "ping", {}
    for index, block in enumerate(answer.blocks):
        yield from block_events(index, block)
    final = {"output_tokens": answer.usage.get("output_tokens", 50)}
    yield "message_delta", {
        "delta": {"stop_reason": answer.stop_reason, "stop_sequence": None},
        "usage": final}
    yield "message_stop", {}


def encode_event(name, data, line_end="\n"):
    body = json.dumps(dict({"type": name}, **data), ensure_ascii=False)
    return f"event: {name}{line_end}data: {body}{line_end}{line_end}".encode()


def encode_stream(answer, model, message_id, fault=None):
    """The bytes of an answer, as spoilt as the fault wants it."""
    line_end = fault.line_end if fault else "\n"
    stream, blocks = b"", 0
    for name, data in turn_events(answer, model, message_id):
        if name == "message_stop" and fault and fault.drop_stop:
            break
        stream += encode_event(name, data, line_end)
        blocks += name == "content_block_stop"
        if fault and fault.error_event and blocks == 1:
            error = {"type": fault.error_event, "message": "Overloaded"}
            return stream + encode_event("error", {"error": error}, line_end)
    return (fault.insert if fault else b"") + stream


def message_json(answer, model, message_id):
    """The same answer to a request that doesn't stream."""
    usage = dict({"input_tokens": 100, "output_tokens": 50}, **answer.usage)
    return json.dumps({
        "id": message_id, "type": "message", "role": "assistant",
        "model": model, "content": answer.blocks, "stop_sequence": None,
        "stop_reason": answer.stop_reason, "usage": usage}).encode()


# --- What a request must be -------------------------------------------------

class Bad(Exception):
    """The request isn't acceptable: an HTTP status and what is wrong."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def need(claim, message, status=400):
    if not claim:
        raise Bad(status, message)


def unique_object(pairs):
    names = [name for name, _ in pairs]
    need(len(names) == len(set(names)), f"a member twice in {names}")
    return dict(pairs)


def parse_body(raw):
    try:
        body = json.loads(raw.decode("utf-8", "strict"),
                          object_pairs_hook=unique_object)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Bad(400, f"body: {error}") from error
    need(isinstance(body, dict), "body: an object wanted")
    return body


def check_members(what, value, required, optional=()):
    """Exactly these members; types by name, a tuple where several will do."""
    need(isinstance(value, dict), f"{what}: an object wanted")
    allowed = dict(required, **dict(optional))
    for name in value:
        need(name in allowed, f"{what}.{name}: extra inputs are not permitted")
    for name in required:
        need(name in value, f"{what}.{name}: field required")
    for name, types in allowed.items():
        if name in value:
            is_type = isinstance(value[name], types) and \
                not (isinstance(value[name], bool) and types is int)
            need(is_type, f"{what}.{name}: of another type")


def check_cache_control(what, block):
    if "cache_control" not in block:
        return 0
    control = block["cache_control"]
    check_members(f"{what}.cache_control", control, {"type": str},
                  {"ttl": str})
    need(control["type"] == "ephemeral", f"{what}.cache_control.type")
    need(control.get("ttl", "5m") in ("5m", "1h"), f"{what}.cache_control.ttl")
    return 1


STRICT_KEYWORDS = {"minLength", "maxLength", "minimum", "maximum", "pattern",
                   "minItems", "maxItems", "multipleOf", "uniqueItems"}


def check_schema(what, schema, is_strict):
    """A JSON Schema as far as tools use it."""
    need(isinstance(schema, dict), f"{what}: a schema is an object")
    for name in schema.get("required", []):
        need(name in schema.get("properties", {}),
             f"{what}: requires {name}, which it doesn't describe")
    need(not is_strict or schema.get("type") != "object"
         or schema.get("additionalProperties") is False,
         f"{what}: strict needs additionalProperties false")
    need(not is_strict or not STRICT_KEYWORDS & set(schema),
         f"{what}: strict knows no {STRICT_KEYWORDS & set(schema)}")
    for name, inner in schema.get("properties", {}).items():
        check_schema(f"{what}.{name}", inner, is_strict)
    if "items" in schema:
        check_schema(f"{what}.items", schema["items"], is_strict)


def check_tools(body):
    """Returns the names and the cache breakpoints."""
    names, breakpoints = set(), 0
    for index, one in enumerate(body.get("tools", [])):
        what = f"tools.{index}"
        check_members(what, one, {"name": str, "input_schema": dict},
                      {"description": str, "strict": bool,
                       "cache_control": dict, "type": str,
                       "eager_input_streaming": bool,
                       "input_examples": list, "defer_loading": bool})
        need(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one["name"]),
             f"{what}.name: {one['name']!r}")
        need(one["name"] not in names, "tools: names must be unique")
        need(one["input_schema"].get("type") == "object",
             f"{what}.input_schema.type: object wanted")
        check_schema(f"{what}.input_schema", one["input_schema"],
                     one.get("strict", False))
        names.add(one["name"])
        breakpoints += check_cache_control(what, one)
    return names, breakpoints


def check_choice(body, names):
    choice = body.get("tool_choice")
    if choice is None:
        return
    check_members("tool_choice", choice, {"type": str},
                  {"name": str, "disable_parallel_tool_use": bool})
    need(choice["type"] in ("auto", "any", "tool", "none"),
         "tool_choice.type")
    need(names, "tool_choice: without tools")
    need((choice["type"] == "tool") == ("name" in choice),
         "tool_choice.name: only with type tool")
    need(choice.get("name", next(iter(names))) in names,
         "tool_choice.name: no such tool")


def check_options(body):
    """thinking, output_config and what else stands beside the messages."""
    if "thinking" in body:
        check_members("thinking", body["thinking"], {"type": str},
                      {"budget_tokens": int, "display": str})
        need(body["thinking"]["type"] in
             ("adaptive", "disabled", "between_tools"),
             "thinking.type: not supported by this model")
    if "output_config" in body:
        config = body["output_config"]
        check_members("output_config", config, {},
                      {"effort": str, "format": dict})
        need(config.get("effort", "low") in
             ("low", "medium", "high", "xhigh", "max"),
             "output_config.effort")
    if "metadata" in body:
        check_members("metadata", body["metadata"], {}, {"user_id": str})


BLOCKS = {
    "text": ({"text": str}, {"cache_control": dict, "citations": list}),
    "tool_use": ({"id": str, "name": str, "input": dict},
                 {"cache_control": dict, "caller": dict}),
    "tool_result": ({"tool_use_id": str},
                    {"content": (str, list), "is_error": bool,
                     "cache_control": dict}),
    "thinking": ({"thinking": str, "signature": str}, {}),
    "redacted_thinking": ({"data": str}, {}),
}
ROLES = {"user": {"text", "tool_result"},
         "assistant": {"text", "tool_use", "thinking", "redacted_thinking"}}


def check_block(what, block, role):
    need(isinstance(block, dict), f"{what}: an object wanted")
    kind = block.get("type")
    need(kind in ROLES[role], f"{what}.type: {kind!r} in a {role} message")
    required, optional = BLOCKS[kind]
    check_members(what, block, dict({"type": str}, **required), optional)
    need(kind != "text" or block["text"], f"{what}.text: empty")
    need(kind != "thinking"
         or block["signature"] == signature_of(block["thinking"]),
         f"{what}: thinking blocks cannot be modified")
    for index, inner in enumerate(block.get("content", [])
                                  if kind == "tool_result"
                                  and isinstance(block.get("content"), list)
                                  else []):
        check_block(f"{what}.content.{index}", inner, "user")
    return check_cache_control(what, block)


def check_results(what, content, calls):
    """Results first, one for each call and for nothing else."""
    results = [block["tool_use_id"] for block in content
               if block["type"] == "tool_result"]
    first = [block["type"] for block in content[:len(results)]]
    need(set(first) <= {"tool_result"},
         f"{what}: tool_result blocks must come first")
    need(sorted(results) == sorted(calls),
         f"{what}: results {results} for calls {calls}")


def check_messages(body):
    """Roles alternate, calls and results pair up. Returns the breakpoints."""
    messages, calls, breakpoints = body["messages"], [], 0
    need(messages, "messages: at least one")
    for index, message in enumerate(messages):
        what, role = f"messages.{index}", ("user", "assistant")[index % 2]
        check_members(what, message, {"role": str, "content": (str, list)})
        need(message["role"] == role, f"{what}.role: {role} wanted")
        content = message["content"]
        need(content, f"{what}.content: empty")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for at, block in enumerate(content):
            breakpoints += check_block(f"{what}.content.{at}", block, role)
        if role == "user":
            check_results(what, content, calls)
        calls = [block["id"] for block in content
                 if block["type"] == "tool_use"]
        need(len(calls) == len(set(calls)), f"{what}: an id twice")
    need(len(messages) % 2 == 1, "messages: the last must be the user's")
    return breakpoints


def check_system(body):
    system = body.get("system", [])
    if isinstance(system, str):
        return 0
    return sum(check_block(f"system.{index}", block, "user")
               for index, block in enumerate(system))


def check_body(body):
    """Raises Bad unless it is a request of version 2026-10-21."""
    check_members("body", body, {
        "model": str, "max_tokens": int, "messages": list}, {
        "system": (str, list), "tools": list, "tool_choice": dict,
        "thinking": dict, "output_config": dict, "stream": bool,
        "stop_sequences": list, "metadata": dict, "service_tier": str,
        "cache_control": dict})
    need(body["model"], "model: empty")
    need(0 < body["max_tokens"] <= 128000, "max_tokens: out of range")
    names, breakpoints = check_tools(body)
    check_choice(body, names)
    check_options(body)
    breakpoints += check_system(body) + check_messages(body)
    need(breakpoints <= 4, f"cache_control: {breakpoints} breakpoints")
    used = any(block["type"] == "tool_use" for message in body["messages"]
               if isinstance(message["content"], list)
               for block in message["content"])
    need(not used or names, "tools: wanted, since messages hold tool calls")


def check_echo(body, answers):
    """Every assistant message must be an answer that was given, unchanged."""
    for index, message in enumerate(body["messages"]):
        if message["role"] != "assistant":
            continue
        content = message["content"]
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        plain = [{name: value for name, value in block.items()
                  if name != "cache_control"} for block in content]
        need(plain in answers,
             f"messages.{index}: not what the assistant said")


# --- HTTP -------------------------------------------------------------------

class Request:
    """One request as it came: .headers in lower case, .raw, .body (parsed)."""

    def __init__(self, method, path, headers, raw):
        self.method, self.path, self.headers, self.raw = \
            method, path, headers, raw
        self.at, self.body = time.monotonic(), None


def read_head(reader):
    """The request line and the headers, or None at the end of the stream."""
    line = reader.readline(65537)
    if not line:
        return None
    parts = line.decode("latin-1").rstrip("\r\n").split(" ")
    need(len(parts) == 3 and parts[2] == "HTTP/1.1", f"request line: {line!r}")
    headers = {}
    while (line := reader.readline(65537)) not in (b"\r\n", b""):
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.lower()
        need(colon and re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", name),
             f"header: {line!r}")
        need(name not in headers, f"header {name} twice")
        headers[name] = value.strip()
    return parts[0], parts[1], headers


def read_body(reader, headers):
    need("transfer-encoding" not in headers or
         "content-length" not in headers, "two lengths of the body")
    if headers.get("transfer-encoding") == "chunked":
        raw = b""
        while size := int(reader.readline(64), 16):
            raw += reader.read(size)
            need(reader.read(2) == b"\r\n", "a torn chunk")
            need(len(raw) <= BODY_MAX, "request too large", 413)
        reader.readline(64)
        return raw
    size = headers.get("content-length", "0")
    need(size.isdigit(), "content-length")
    need(int(size) <= BODY_MAX, "request too large", 413)
    return reader.read(int(size))


def check_head(request, path, key):
    """Method, path and headers; the status that the API gives for each."""
    headers = request.headers
    need(request.path == path, f"no such path: {request.path}", 404)
    need(request.method == "POST", f"method {request.method}", 405)
    need("host" in headers, "host: required")
    need(("x-api-key" in headers) != ("authorization" in headers),
         "x-api-key or authorization: exactly one", 401)
    given = headers.get("x-api-key", headers.get("authorization"))
    is_signed = given.startswith("AWS4-HMAC-SHA256 ")
    need(is_signed or given in (key, f"Bearer {key}"), "invalid key", 401)
    need(("authorization" in headers) == (is_signed or
                                          given.startswith("Bearer ")),
         "the key is in the wrong header", 401)
    need(headers.get("anthropic-version") == VERSION, "anthropic-version")
    need(headers.get("content-type", "").split(";")[0].strip() ==
         "application/json", "content-type", 415)
    need("expect" not in headers, "expect: not wanted here")


class Handler(socketserver.StreamRequestHandler):
    """One connection, with any number of requests on it."""

    timeout = SOCKET_SECONDS

    def handle(self):
        server = self.server.owner
        with server.lock:
            server.connections += 1
        try:
            if server.plain_garbage:
                self.wfile.write(b"\x00\x01 this is no TLS\r\n" * 100)
                return
            while self.answer_one(server):
                pass
        except (OSError, ValueError):
            pass

    def answer_one(self, server):
        """False when the connection is to end."""
        request = None
        try:
            head = read_head(self.rfile)
            if head is None:
                return False
            request = Request(*head, b"")
            request.raw = read_body(self.rfile, request.headers)
            server.accept(request)
        except Bad as bad:
            server.complain(request, bad)
            self.send(bad.status, {}, error_body(bad.status, str(bad)))
            return False
        step = server.next_step(request)
        return self.play(server, request, step) and \
            request.headers.get("connection", "").lower() != "close"

    def send(self, status, headers, body, content_type="application/json"):
        lines = [f"HTTP/1.1 {status} Status", f"content-type: {content_type}",
                 f"content-length: {len(body)}", "request-id: req_test"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join(lines + ["", ""]).encode() + body)
        self.wfile.flush()

    def play(self, server, request, step):
        """Does what the step says; False when the connection is to end."""
        fault = step if isinstance(step, Fault) else None
        answer = fault.turn if fault else step
        if fault and fault.close:
            return False
        if fault and fault.silence:
            time.sleep(fault.silence)
            return False
        if fault and fault.location:
            self.send(fault.status if fault.status >= 300 else 307,
                      {"location": fault.location}, b"")
            return False
        if fault and fault.status != 200:
            body = fault.body if fault.body is not None else error_body(
                fault.status, fault.error or "scripted")
            self.send(fault.status, fault.headers, body,
                      fault.content_type or "application/json")
            return True
        return self.stream(server, request, answer, fault)

    def stream(self, server, request, answer, fault):
        model, message_id = request.body["model"], server.new_id()
        if not request.body.get("stream") and fault is None:
            server.remember(answer)
            self.send(200, {}, message_json(answer, model, message_id))
            return True
        body = encode_stream(answer, model, message_id, fault)
        if fault and fault.body is not None:
            body = fault.body
        if fault and fault.garbage:
            noise = b"\xff\xfe garbage without an end "
            body = (noise * (fault.garbage // len(noise) + 1))[:fault.garbage]
        if fault is None or fault.leaves_whole():
            server.remember(answer)
        kind = fault.content_type if fault and fault.content_type \
            else "text/event-stream; charset=utf-8"
        headers = dict(fault.headers if fault else {})
        lines = ["HTTP/1.1 200 OK", f"content-type: {kind}",
                 "transfer-encoding: chunked", "request-id: req_test"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join(lines + ["", ""]).encode())
        return self.send_chunks(body, fault)

    def send_chunks(self, body, fault):
        cut = fault.cut_after if fault else None
        sent = body if cut is None else body[:cut]
        slow = fault.drip_seconds if fault else 0
        size = 1 if fault and (fault.byte_by_byte or slow) else 1000
        for at in range(0, len(sent), size):
            piece = sent[at:at + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if size == 1:
                self.wfile.flush()
            time.sleep(slow)
        if cut is None:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        return cut is None


class Listener(socketserver.ThreadingTCPServer):
    """Accepts, and does TLS in the connection's own thread."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def finish_request(self, request, client_address):
        context = self.owner.context
        request.settimeout(SOCKET_SECONDS)
        try:
            if context is not None:
                request = context.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError) as error:
            self.owner.handshakes_failed.append(str(error))
            return
        try:
            super().finish_request(request, client_address)
        finally:
            if context is not None:
                close_tls(request)

    def handle_error(self, request, client_address):
        pass


def close_tls(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


# --- Certificates -----------------------------------------------------------

def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def make_ca(folder, name):
    """A CA of one file, which has no trust but what a test gives it."""
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN=pgmend test {name}", "-keyout", f"{name}.key",
            "-out", f"{name}.pem", "-addext",
            "basicConstraints=critical,CA:TRUE", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign")


def make_leaf(folder, kind):
    """server.pem and server.key, right or wrong in one way."""
    host = "DNS:elsewhere.example" if kind == "wrong-host" \
        else "DNS:localhost,IP:127.0.0.1,IP:::1"
    with open(os.path.join(folder, "leaf.conf"), "w",
              encoding="ascii") as file:
        file.write(f"subjectAltName={host}\nbasicConstraints=CA:FALSE\n"
                   "extendedKeyUsage=serverAuth\n")
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
            "/CN=server", "-keyout", "server.key", "-out", "server.csr")
    signer = ["-signkey", "server.key"] if kind == "self-signed" \
        else ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
    days = ["-days", "2"] if kind != "expired" else ["-days", "-1"]
    openssl(folder, "x509", "-req", "-in", "server.csr", *signer, *days,
            "-extfile", "leaf.conf", "-out", "server.pem")


def make_context(folder, kind):
    """What a server presents: good, expired, wrong-host or self-signed."""
    make_ca(folder, "ca")
    make_leaf(folder, kind)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.pem"),
                            os.path.join(folder, "server.key"))
    return context


# --- The server -------------------------------------------------------------

class ClaudeServer:
    """Runs from `with` to its end, on a free port of 127.0.0.1.

    certificate: good, expired, wrong-host, self-signed, or None for plain
    http. prefix: a path in front of /v1/messages. plain_garbage: what isn't
    TLS in the place of TLS. echo: assistant messages must be what was said.
    """

    def __init__(self, script=(), certificate="good", prefix="", key=KEY,
                 plain_garbage=False, echo=True):
        self.script = script if callable(script) else list(script)
        self.prefix, self.key, self.echo = prefix, key, echo
        self.plain_garbage = plain_garbage
        self.requests, self.complaints = [], []
        self.handshakes_failed = []
        self.connections = self.steps = self.answers = 0
        self.said = []
        self.lock = threading.RLock()
        self.folder = tempfile.mkdtemp(prefix="pgmend-claude-")
        os.chmod(self.folder, 0o755)
        self.context = None
        self.certificate = certificate

    def __enter__(self):
        is_tls = self.certificate is not None
        if is_tls:
            context = make_context(self.folder, self.certificate)
            self.context = None if self.plain_garbage else context
        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.listener.owner = self
        self.port = self.listener.server_address[1]
        scheme = "https" if is_tls else "http"
        self.url = f"{scheme}://localhost:{self.port}{self.prefix}"
        self.ca_file = os.path.join(self.folder, "ca.pem") if is_tls else None
        self.thread = threading.Thread(target=self.listener.serve_forever,
                                       kwargs={"poll_interval": 0.05},
                                       daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self):
        """What tells pgmend of this server."""
        variables = {"ANTHROPIC_BASE_URL": self.url,
                     "ANTHROPIC_API_KEY": self.key}
        if self.ca_file:
            variables["PGMEND_CA_FILE"] = self.ca_file
        return variables

    def accept(self, request):
        """Checks a request, and records it, right or wrong."""
        with self.lock:
            self.requests.append(request)
        check_head(request, self.prefix + PATH, self.key)
        request.body = parse_body(request.raw)
        check_body(request.body)
        if self.echo:
            with self.lock:
                check_echo(request.body, self.said)

    def complain(self, request, bad):
        with self.lock:
            self.complaints.append(str(bad))

    def next_step(self, request):
        with self.lock:
            self.steps += 1
            if callable(self.script):
                return self.script(request.body)
            if not self.script:
                return Fault(500, error="the script is at its end")
            return self.script.pop(0)

    def new_id(self):
        with self.lock:
            self.answers += 1
            return f"msg_{self.answers:04}"

    def remember(self, answer):
        with self.lock:
            self.said.append(answer.blocks)
