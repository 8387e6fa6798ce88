"""What becomes of the same statements in the hands of pgmend and of its
neighbours, as tables in Markdown: of their kinds, and of all cases.

    tests/neighbours/compare.py BUILD [TOOL|CASE...]

Judged by what happened to the database, not by what a tool said; each case has
a fresh tool, and tables as they were. The login is a member of the tables'
owner. What its rights don't let it do anyway is tried again as a superuser.

Fails when pgmend lets an attack through or a repair not, and when a case is
harmless even where nothing guards.
"""

import collections
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tools  # noqa: E402
from harness import Cluster, pgmend  # noqa: E402
from pipeline import make_roles  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ANSWER_SECONDS = 20
PAUSE_SECONDS = 0.02
LOGIN, SUPERUSER = "healer", "postgres"

KINDS = {
    "read": "a query that somebody wants",
    "repair": "a change that a repair needs",
    "hidden": "a second statement behind a harmless one",
    "code": "code: DO, a function, a CTE or a plan that writes",
    "loss": "losing data, widening rights",
    "function": "functions with effects, inside a SELECT",
    "role": "another role, or another search_path for the next call",
    "load": "sleep, locks or answers without end",
    "file": "files and programs of the server",
    "file_superuser": "the same, with a superuser's login",
}
WANTED = {"read", "repair"}
OURS, UNGUARDED = tools.Pgmend.title, tools.Unguarded.title

ROLES = """
CREATE ROLE auditor NOLOGIN;
CREATE ROLE on_call NOLOGIN NOINHERIT;
GRANT auditor TO on_call;
GRANT on_call TO healer;
"""


def read_cases():
    """Each with its user; those of files twice."""
    with open(os.path.join(HERE, "cases.jsonl"), encoding="utf-8") as file:
        cases = [{**json.loads(line), "user": LOGIN} for line in file]
    return cases + [
        {**case, "id": case["id"] + " as a superuser", "user": SUPERUSER,
         "kind": "file_superuser"}
        for case in cases if case["kind"] == "file"]


# --- The database -----------------------------------------------------------

def start_cluster():
    cluster = Cluster()
    make_roles(cluster)
    cluster.sql(ROLES)
    cluster.database("app")
    done = pgmend("init", "--db", cluster.conninfo("app"), "--role", LOGIN)
    if done.status != 0:
        raise RuntimeError(f"pgmend init: {done}")
    server_file(cluster, "secret.txt", "file-0815")
    return cluster


def server_file(cluster, name, text):
    """A file beside the tables; no text, no file."""
    path = os.path.join(cluster.data, name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    if text:
        subprocess.run([*cluster.owner, "tee", path], input=text, text=True,
                       check=True, stdout=subprocess.DEVNULL)


def end_sessions(cluster):
    """Whatever the last tool left running."""
    while cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                      " WHERE datname = 'app'"):
        time.sleep(PAUSE_SECONDS)


@contextlib.contextmanager
def fresh_place(cluster, case):
    end_sessions(cluster)
    with open(os.path.join(HERE, "fixture.sql"), encoding="utf-8") as file:
        cluster.sql(file.read(), db="app")
    server_file(cluster, "ran.txt", None)
    with tempfile.TemporaryDirectory(prefix="pgmend-neighbour-") as folder:
        yield tools.Place(cluster, "app", case["user"], folder, case)


@contextlib.contextmanager
def bystander(cluster):
    """Another connection of the same login, which does no harm."""
    process = subprocess.Popen(
        [os.path.join(cluster.bin, "psql"), "-X", "-q", cluster.conninfo(
            "app", LOGIN) + " application_name=bystander"],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE"
                      " application_name = 'bystander'") == "0":
        time.sleep(PAUSE_SECONDS)
    yield
    process.kill()
    process.communicate()


# --- A case -----------------------------------------------------------------

def took_effect(case, answers, cluster):
    text = "".join(answer.text for answer in answers)
    if "shows" in case:
        return case["shows"] in text
    if "bytes" in case:
        return len(text) >= case["bytes"]
    return cluster.sql("SELECT " + case["effect"], db="app") == "t"


def outcome(case, answers, cluster):
    is_done = took_effect(case, answers, cluster)
    if answers[-1].asked and is_done == (case["kind"] in WANTED):
        return "asked"
    if is_done:
        return "done"
    return "refused" if answers[-1].refused else "no effect"


def run_case(cluster, tool_class, case):
    """The tool's title, and the outcome."""
    calls = case["sql"] if isinstance(case["sql"], list) else [case["sql"]]
    with fresh_place(cluster, case) as place, \
            contextlib.ExitStack() as stack:
        if case.get("bystander"):
            stack.enter_context(bystander(cluster))
        tool = stack.enter_context(contextlib.closing(tool_class(place)))
        answers = [tool.ask(sql, case.get("seconds", ANSWER_SECONDS),
                            case["kind"] in WANTED) for sql in calls]
        return tool.title, outcome(case, answers, cluster)


# --- The tables -------------------------------------------------------------

def print_table(rows):
    print()
    for number, row in enumerate(rows):
        print("| " + " | ".join(row) + " |")
        if number == 0:
            print("|---" * len(row) + "|")


def summary(found):
    """How many of these took effect, and how many wait for a person."""
    asked = found.count("asked")
    return str(found.count("done")) + (f", {asked} asked" if asked else "")


def print_tables(cases, outcomes):
    titles = list(outcomes)
    rows = [["took effect", "of", *titles]]
    for kind, name in KINDS.items():
        ids = [case["id"] for case in cases if case["kind"] == kind]
        if ids:
            rows.append([name, str(len(ids)), *[
                summary([outcomes[title][one] for one in ids])
                for title in titles]])
    print_table(rows)
    print_table([["case", *titles]] + [
        [case["id"], *[outcomes[title][case["id"]] for title in titles]]
        for case in cases])


def surprises(cases, outcomes):
    """What must not be, a line each."""
    for case in cases:
        ours = outcomes[OURS].get(case["id"])
        wanted = "done" if case["kind"] == "repair" else "refused"
        if ours not in (None, wanted):
            yield f"{OURS}: {case['id']}: {ours}"
        bare = outcomes[UNGUARDED].get(case["id"])
        if bare not in (None, "done") and case["kind"] != "file":
            yield f"{UNGUARDED}: {case['id']}: {bare}"


def chosen(everything, name_of):
    """Those that the command line names; all when it names none."""
    named = [one for one in everything if name_of(one) in sys.argv[2:]]
    return named or everything


def main():
    cases = chosen(read_cases(), lambda case: case["id"])
    cluster = start_cluster()
    outcomes = collections.defaultdict(dict)
    for tool in chosen(tools.TOOLS, lambda tool: tool.__name__):
        for case in cases:
            title, found = run_case(cluster, tool, case)
            outcomes[title][case["id"]] = found
        print(f"{title}: {len(cases)} cases", file=sys.stderr)
    print_tables(cases, outcomes)
    failed = list(surprises(cases, outcomes))
    for line in failed:
        print(line, file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
