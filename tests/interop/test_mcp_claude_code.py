"""Claude Code with `pgmend mcp` as one of its servers, set up by the commands
and files that its users write. Its health check starts the server and speaks to
it; there is no account, and no network.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, equal, holds, main,  # noqa: E402
                     test_within)
from node import FOLDER, NODE_SECONDS  # noqa: E402
from pipeline import make_roles, make_warehouse  # noqa: E402

# The program itself, which the package brings along for each machine.
PROGRAMS = os.path.join(FOLDER, "node_modules", "@anthropic-ai",
                        "claude-code-*", "claude")
NO_NETWORK = ["unshare", "--map-root-user", "--net"]
CONNECTED = "✔ Connected"

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "hosts")
SERVER = [os.path.join(BUILD, "pgmend"), "mcp", "--db",
          cluster.conninfo(db, "healer")]


class Project:
    """A folder that somebody works in, and a home of their own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pgmend-project-",
                                                  dir="/tmp")
        self.home = os.path.join(self.folder.name, "home")
        os.mkdir(self.home)

    def write(self, name, document):
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)

    def claude(self, *arguments):
        done = subprocess.run(
            [*NO_NETWORK, glob.glob(PROGRAMS)[0], "mcp", *arguments],
            cwd=self.folder.name, stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=NODE_SECONDS,
            env={"PATH": os.environ["PATH"], "HOME": self.home})
        equal(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def status(self, name):
        """What the list says of a server, behind its command line."""
        said = self.claude("list")
        for line in said.splitlines():
            if line.startswith(f"{name}: "):
                return line.rsplit(" - ", 1)[1]
        raise AssertionError(said)


@test_within(120)
def server_added_by_command_is_connected():
    project = Project()
    project.claude("add", "pgmend", "--", *SERVER)
    equal(project.status("pgmend"), CONNECTED)
    holds(CONNECTED in project.claude("get", "pgmend"), "get")


@test_within(120)
def server_in_a_file_of_the_project_is_connected_once_it_is_trusted():
    project = Project()
    project.write(".mcp.json", {"mcpServers": {"pgmend": {
        "command": SERVER[0], "args": SERVER[1:]}}})
    holds("Pending approval" in project.status("pgmend"), "not trusted yet")
    project.write("home/.claude/settings.json",
                  {"enabledMcpjsonServers": ["pgmend"]})
    equal(project.status("pgmend"), CONNECTED)


@test_within(120)
def server_that_can_not_start_is_told_from_one_that_can():
    project = Project()
    project.claude("add", "pgmend", "--", *SERVER[:-1],
                   f"host={cluster.folder} dbname=nowhere user=healer")
    holds("Failed to connect" in project.status("pgmend"), "nowhere")


main()
