"""What is compared: each neighbour in the most guarded way of working that its
manual describes, pgmend where it applies what policy allows without asking, all
behind one question: what becomes of this statement?
"""

import collections
import itertools
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from client import Client, Gone, Silent  # noqa: E402
from harness import BUILD, ROOT  # noqa: E402
from pipeline import incident, load  # noqa: E402

FOLDER = os.path.join(ROOT, "build", "neighbours", "node_modules")
# Where a tool can be told how long a statement may run. In seconds.
LIMIT_SECONDS = 2
# Until a statement that doesn't end has surely begun.
SOON_SECONDS = 1
# What pgmend ends with where it can't work safely.
UNSAFE_STATUS = 30

# What came back: text, whether the statement was refused or failed, and whether
# it waits for a person.
Answer = collections.namedtuple("Answer", "text refused asked",
                                defaults=[False, False])
# Where the database is, a folder for a tool's own files, and the case.
Place = collections.namedtuple("Place", "cluster db user folder case")


def environment(place, **more):
    """The place of the database as every client of PostgreSQL reads it."""
    return {"PATH": os.environ["PATH"], "PGHOST": place.cluster.folder,
            "PGUSER": place.user, "PGDATABASE": place.db, **more}


def url(place):
    """The rest is in the environment: not every URL names a socket."""
    return f"postgres:///{place.db}"


def version(package):
    with open(os.path.join(FOLDER, package, "package.json")) as file:
        return json.load(file)["version"]


class Unguarded:
    """psql: whatever the login may do. Each case must take effect here as a
    superuser, or it proves nothing about a guard."""

    title = "no guard"

    def __init__(self, place):
        cluster = place.cluster
        self.process = subprocess.Popen(
            [os.path.join(cluster.bin, "psql"), "-X", "-qAt", "-h",
             cluster.folder, "-U", place.user, "-d", place.db],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT)

    def ask(self, sql, seconds, is_wanted):
        self.process.stdin.write(f"{sql}\n;\n\\echo -- done\n")
        self.process.stdin.flush()
        if "pg_sleep" in sql:
            time.sleep(SOON_SECONDS)
            return Answer("")
        text = "".join(itertools.takewhile(
            lambda line: line != "-- done\n", self.process.stdout))
        return Answer(text, refused="ERROR:" in text)

    def close(self):
        self.process.kill()
        self.process.communicate()


class Pgmend:
    """What explain_statement denies, propose_repair must refuse. The proposal
    is for an incident: a record that the table couldn't take."""

    title = "pgmend"
    table = "analytics.orders"
    payload = {"id": 3, "customer": "Zoë", "coupon": "SPRING-25"}

    def __init__(self, place):
        self.client = Client(
            [os.path.join(BUILD, "pgmend"), "mcp", "--db",
             place.cluster.conninfo(place.db, place.user),
             "--policy", self.policy(place.folder),
             "--incident", self.incident(place)], environment(place))
        self.is_started = self.greet()

    def greet(self):
        """With a superuser's login it doesn't start."""
        try:
            self.client.greet()
        except Gone:
            if self.client.process.wait() != UNSAFE_STATUS:
                raise
            return False
        return True

    def policy(self, folder):
        """The default, but what it allows is applied without a person."""
        path = os.path.join(folder, "apply.policy")
        with open(os.path.join(ROOT, "policies", "default.policy")) as default:
            text = default.read()
        with open(path, "w") as file:
            file.write(text + "mcp {\n    propose apply\n}\n")
        return path

    def incident(self, place):
        path = os.path.join(place.folder, "incident.json")
        table = place.case.get("table", self.table)
        payload = place.case.get("payload", self.payload)
        failure = load(place.cluster, place.db, table, payload, place.user)
        with open(path, "w") as file:
            json.dump(incident(os.path.basename(place.folder), table, payload,
                               failure), file)
        return path

    def ask(self, sql, seconds, is_wanted):
        if not self.is_started:
            return Answer("", refused=True)
        text, _ = self.client.call("explain_statement", {"statement": sql},
                                   seconds)
        verdict = json.loads(text)["verdict"]
        answer, is_refused = self.client.call("propose_repair", {
            "diagnosis": "The records changed.", "risk_level": "LOW",
            "statements": [sql], "mapping": [], "advice": [],
            "reasoning": "The table has to take them."}, seconds)
        if (verdict == "deny") != is_refused:
            raise AssertionError(f"{sql}: {verdict}, but {answer}")
        return Answer(text + answer, refused=is_refused,
                      asked=json.loads(answer).get("outcome") == "escalated")

    def close(self):
        self.client.close()


class Neighbour:
    """A server of MCP that npm installed; `tool` takes the statement."""

    package = script = tool = None

    def __init__(self, place):
        self.client = Client(
            ["node", os.path.join(FOLDER, self.package, self.script),
             *self.arguments(place)],
            environment(place, **self.settings(place)))
        self.client.greet()

    @property
    def title(self):
        return f"{self.package} {version(self.package)}"

    def arguments(self, place):
        return [url(place)]

    def settings(self, place):
        return {}

    def ask(self, sql, seconds, is_wanted):
        return self.call(self.tool, {"sql": sql}, seconds)

    def call(self, tool, arguments, seconds):
        try:
            return Answer(*self.client.call(tool, arguments, seconds))
        except (Silent, Gone):
            return Answer("")

    def close(self):
        self.client.close()


class Reference(Neighbour):
    """Has one way of working: a read-only transaction."""

    package = "@modelcontextprotocol/server-postgres"
    script, tool = "dist/index.js", "query"


class Server(Neighbour):
    """Reads only unless told otherwise."""

    package, script = "mcp-postgres-server", "build/index.js"

    def settings(self, place):
        return {"DATABASE_URL": url(place), "PG_ALLOW_WRITE": "false",
                "PG_STATEMENT_TIMEOUT": str(LIMIT_SECONDS * 1000)}

    def arguments(self, place):
        return []

    def ask(self, sql, seconds, is_wanted):
        answer = self.call("query", {"sql": sql}, seconds)
        if not answer.refused:
            return answer
        return self.call("execute", {"sql": sql}, seconds)


class Dbhub(Neighbour):
    """`readonly`, with its limits of rows and time."""

    package, script, tool = "@bytebase/dbhub", "dist/index.js", "execute_sql"
    config = """[[sources]]
id = "app"
dsn = "{dsn}"
query_timeout = {seconds}

[[tools]]
name = "execute_sql"
source = "app"
readonly = true
max_rows = 100
"""

    def arguments(self, place):
        path = os.path.join(place.folder, "dbhub.toml")
        with open(path, "w") as file:
            file.write(self.config.format(dsn=url(place),
                                          seconds=LIMIT_SECONDS))
        return ["--transport", "stdio", "--config", path]


class FullAccess(Neighbour):
    """Reads by one tool; whatever else by another, whose transaction waits for
    a person to say yes to another call. Here a person says yes to what is
    wanted, and no to the rest."""

    package, script = "mcp-postgres-full-access", "dist/index.js"

    def settings(self, place):
        return {"PG_STATEMENT_TIMEOUT_MS": str(LIMIT_SECONDS * 1000)}

    def ask(self, sql, seconds, is_wanted):
        answer = self.call("execute_query", {"sql": sql}, seconds)
        if not answer.refused:
            return answer
        answer = self.call("execute_dml_ddl_dcl_tcl", {"sql": sql}, seconds)
        waits = re.search(r'"transaction_id": "(\w+)"', answer.text)
        if not waits:
            return answer
        self.call("execute_commit" if is_wanted else "execute_rollback",
                  {"transaction_id": waits.group(1)}, seconds)
        return Answer(answer.text, asked=True)


TOOLS = [Pgmend, Unguarded, Reference, Server, Dbhub, FullAccess]
