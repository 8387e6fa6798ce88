"""The ways to Claude: gateways, bearer tokens, a proxy, SigV4, plain http on
this machine; and where a key is not taken.
"""

import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, tool, turn  # noqa: E402
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import (incident, load, make_roles,  # noqa: E402
                      make_warehouse)

TABLE = "analytics.orders"

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "routes")
runs = 0
NAMES = ["weather", "kilogram", "zephyr", "squash", "bumblebee", "fjord",
         "quartz", "violin", "jackdaw", "oxygen", "hammock", "pudding",
         "lighthouse", "marmalade", "umbrella", "tricycle"]


def heal(server, env, config=None):
    """One heal with the right proposal; returns the run."""
    global runs
    name = NAMES[runs]
    runs += 1
    payload = {"id": runs, "customer": "x", name: "y"}
    document = incident(f"r-{runs}", TABLE, payload,
                        load(cluster, db, TABLE, payload))
    if server is not None:
        server.script.append(turn(tool(
            "propose_repair", diagnosis="d", risk_level="LOW",
            statements=[f"ALTER TABLE {TABLE} ADD COLUMN {name} text"],
            mapping=[], advice=[], reasoning="r")))
    with tempfile.TemporaryDirectory() as folder:
        options = []
        if config is not None:
            path = os.path.join(folder, "pgmend.conf")
            with open(path, "w") as file:
                file.write(config)
            options = ["--config", path]
        return pgmend("heal", "--db", cluster.conninfo(db, "healer"),
                      "--planner", "claude", *options, "-",
                      stdin=json.dumps(document), env=env)


def healed(done, server):
    equal((done.status, server.complaints), (0, []), repr(done))
    equal(len(server.requests), 1)


@test
def bearer_token_goes_by_authorization():
    with ClaudeServer() as server:
        env = server.environment()
        env["ANTHROPIC_AUTH_TOKEN"] = env.pop("ANTHROPIC_API_KEY")
        healed(heal(server, env), server)
        equal(server.requests[0].headers.get("authorization"),
              f"Bearer {server.key}")
        equal(server.requests[0].headers.get("x-api-key"), None)


@test
def gateway_has_a_path_in_front():
    with ClaudeServer(prefix="/llm/anthropic") as server:
        healed(heal(server, server.environment()), server)


@test
def plain_http_is_for_this_machine_only():
    with ClaudeServer(certificate=None) as server:
        healed(heal(server, server.environment()), server)
    done = heal(None, {"ANTHROPIC_API_KEY": "x",
                       "ANTHROPIC_BASE_URL": "http://example.org"})
    equal(done.status, 2, repr(done))
    holds("http only to this machine" in done.json["message"], done)


@test
def stored_key_goes_nowhere_else():
    with tempfile.TemporaryDirectory() as folder, ClaudeServer() as server:
        path = os.path.join(folder, "api-key")
        with open(path, "w") as file:
            file.write("sk-stored\n")
        os.chmod(path, 0o600)
        env = server.environment()
        del env["ANTHROPIC_API_KEY"]
        done = heal(None, {**env, "CREDENTIALS_DIRECTORY": folder})
        equal((done.status, done.json["reason_code"]),
              (2, "endpoint_differs"), repr(done))
        equal(server.requests, [])


@test
def key_file_that_others_can_read_is_refused():
    with tempfile.TemporaryDirectory() as folder, ClaudeServer() as server:
        path = os.path.join(folder, "key")
        with open(path, "w") as file:
            file.write("sk-open\n")
        os.chmod(path, 0o644)
        done = heal(None, {"PGMEND_CA_FILE": server.ca_file},
                    f"base_url = {server.url}\napi_key_file = {path}\n")
        equal(done.status, 30, repr(done))
        holds("sk-open" not in done.out + done.err, "the key is shown")


@test
def no_key_is_a_usage_error():
    done = heal(None, {})
    equal((done.status, done.json["reason_code"]), (2, "no_model"),
          repr(done))


@test
def root_is_found_by_its_hash_in_a_folder():
    with tempfile.TemporaryDirectory() as folder, ClaudeServer() as server:
        shutil.copy(server.ca_file, os.path.join(folder, "root.pem"))
        subprocess.run(["openssl", "rehash", folder], check=True,
                       capture_output=True)
        env = server.environment()
        del env["PGMEND_CA_FILE"]
        healed(heal(server, env, f"ca_path = {folder}\n"), server)
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        done = heal(None, env, f"ca_path = {folder}\n")
        equal(done.status, 75, repr(done))


class Proxy:
    """Answers CONNECT, and then only passes bytes on."""

    def __init__(self):
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.connect, args=(client,),
                             daemon=True).start()

    def connect(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        line = head.split(b"\r\n")[0].decode()
        self.asked.append(line)
        host, port = line.split()[1].rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=self.pump, args=(server, client),
                         daemon=True).start()
        self.pump(client, server)

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@test
def proxy_is_asked_to_connect():
    proxy = Proxy()
    with ClaudeServer() as server:
        done = heal(server, server.environment(),
                    f"proxy = http://127.0.0.1:{proxy.port}\n")
        healed(done, server)
        equal(proxy.asked, [f"CONNECT localhost:{server.port} HTTP/1.1"])


def sigv4(request, secret, scope, url_path):
    """The signature that AWS would compute over what was sent."""
    names = request.headers["authorization"].split("SignedHeaders=")[1] \
        .split(",")[0]
    headers = "".join(f"{name}:{request.headers[name].strip()}\n"
                      for name in names.split(";"))
    canonical = "\n".join(["POST", url_path, "", headers, names,
                           hashlib.sha256(request.raw).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@test
def aws_request_is_signed():
    with ClaudeServer(prefix="/anthropic") as server:
        env = {"PGMEND_CA_FILE": server.ca_file,
               "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
               "AWS_SECRET_ACCESS_KEY": "secretexample",
               "AWS_SESSION_TOKEN": "tokenexample"}
        done = heal(server, env, f"base_url = {server.url}\n"
                    "auth = sigv4 eu-west-1 bedrock-mantle\n")
        healed(done, server)
        request = server.requests[0]
        equal(request.headers["x-amz-security-token"], "tokenexample")
        given = request.headers["authorization"]
        scope = given.split("Credential=AKIAEXAMPLE/")[1].split(",")[0]
        holds(scope.endswith("/eu-west-1/bedrock-mantle/aws4_request"), scope)
        equal(given.split("Signature=")[1],
              sigv4(request, "secretexample", scope,
                    "/anthropic/v1/messages"))
        holds("secretexample" not in json.dumps(dict(request.headers)),
              "the secret left")


@test
def auto_asks_claude_only_with_a_key():
    global runs
    payload = {"id": 900, "customer": "x", "lantern": "y"}
    document = incident("r-auto", TABLE, payload,
                        load(cluster, db, TABLE, payload))
    done = pgmend("heal", "--db", cluster.conninfo(db, "healer"), "-",
                  stdin=json.dumps(document))
    equal((done.status, done.json["model"]["planner"]), (0, "builtin"),
          repr(done))


@test
def builtin_first_asks_claude_when_it_gives_up():
    payload = {"id": 901, "customer": "x", "sandcastle": None}
    failure = load(cluster, db, TABLE, payload)
    with tempfile.TemporaryDirectory() as folder, ClaudeServer([turn(tool(
            "propose_repair", diagnosis="d", risk_level="LOW",
            statements=[f"ALTER TABLE {TABLE} ADD COLUMN sandcastle text"],
            mapping=[], advice=[], reasoning="r"))]) as server:
        policy = os.path.join(folder, "first.policy")
        with open(policy, "w") as file:
            file.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                       "allow add_column on *.* as a {\n    type *.*\n}\n"
                       "allow replay on *.* as r\n"
                       "model {\n    planner builtin-first\n}\n")
        done = pgmend("heal", "--db", cluster.conninfo(db, "healer"),
                      "--policy", policy, "-", env=server.environment(),
                      stdin=json.dumps(incident("r-first", TABLE, payload,
                                                failure)))
        equal((done.status, done.json["model"]["planner"]), (0, "claude"),
              repr(done))
        payload = {"id": 902, "customer": "x", "drawbridge": "y"}
        failure = load(cluster, db, TABLE, payload)
        done = pgmend("heal", "--db", cluster.conninfo(db, "healer"),
                      "--policy", policy, "-", env=server.environment(),
                      stdin=json.dumps(incident("r-second", TABLE, payload,
                                                failure)))
        equal((done.status, done.json["model"]["planner"]), (0, "builtin"),
              repr(done))
        equal(len(server.requests), 1)


main()
