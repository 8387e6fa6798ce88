"""The attacks of attacks.jsonl that more than a judgement of one statement must
stop: hostile frames, hijacked agents, hostile replays, catalogue tricks. Each
is made here, or is named with the test that makes it; each leaves rows,
catalogue and audit chain as they were.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, ROOT, Cluster, equal, holds, main,  # noqa: E402
                     pgmend, test, test_within)
from mcp_host import meta  # noqa: E402
from pipeline import build_with, incident  # noqa: E402
from statements import CASES, cases  # noqa: E402

TABLE = "app.orders"
CARD = "4111 1111 1111 1111"

# Made elsewhere: a file, and how that file calls it.
ELSEWHERE = {
    "J01": ("tests/e2e/test_races.py",
            ["another_table_of_that_name_is_not_written"]),
    "M01": ("tests/adversary/probes.h",
            ["open /proc/self/mem", "ptrace attach 1", "process_vm_readv"]),
    "M03": ("tests/adversary/probes.h", ["socket UNIX (abstract)"]),
    "M05": ("tests/adversary/probes.h", ["socket INET",
                                         "disconnect+reconnect fd3"]),
    # No name that an agent says is dialled; the configured one is read here.
    "M07": ("tests/supervisor/test_endpoint.c",
            ["https://gateway.example@evil.example", "a\\r\\nx: y"]),
    "M09": ("tests/adversary/probes.h",
            ["int 0x80 getpid", "x32 read", "io_uring_setup", "clone3"]),
    "M11": ("tests/adversary/probes.h",
            ["unshare NEWUSER", "mount proc", "pivot_root", "setns"]),
    "M13": ("tests/adversary/probes.h", ["ioctl TIOCSTI", "ioctl TIOCLINUX"]),
    "M15": ("tests/sandbox/test_jail.c", ["test_orphan"]),
    "M17": ("tests/sandbox/test_escape.c", ["CLD_DUMPED"]),
    "M19": ("tests/fuzz/statement.c", ["LLVMFuzzerTestOneInput"]),
    "N03": ("tests/e2e/test_audit.py",
            ["a_deleted_tail_is_found_by_the_table_of_runs"]),
}
# An approval can be stored by an approver only, for the plan asked about; no
# command carries one out.
NOTHING_TO_ATTACK = {
    "J03": ("tests/e2e/test_audit.py",
            ["only_an_approver_approves_and_only_the_plan_asked_about"]),
    "J09": ("tests/e2e/test_audit.py",
            ["only_an_approver_approves_and_only_the_plan_asked_about"]),
}

cluster = Cluster()
with open(os.path.join(CASES, "attacks-fixture.sql")) as fixture:
    FIXTURE = fixture.read()
cluster.database("base")
cluster.sql(FIXTURE, db="base")
cluster.sql("""
    CREATE ROLE healer LOGIN; GRANT app_owner, app_writer TO healer;
    ALTER ROLE app_owner LOGIN; ALTER ROLE app_writer LOGIN;
    GRANT USAGE ON SCHEMA app TO app_writer;
    GRANT INSERT ON app.orders TO app_writer""", db="base")
made = pgmend("init", "--db", cluster.conninfo("base"), "--role", "healer")
holds(made.status == 0, made)
layered = {case["id"]: case for case in cases("attacks.jsonl")
           if {"layer", "replay", "setup"} & case.keys() or "sql" not in case}
tried = set()
databases = 0


def warehouse(setup=""):
    global databases
    databases += 1
    db = f"layer{databases}"
    cluster.sql(f"CREATE DATABASE {db} TEMPLATE base")
    if setup:
        cluster.sql(setup, db=db)
    return db


def state(db):
    return cluster.sql(
        "SELECT c.oid::regclass, relacl, attname, atttypid FROM pg_class c"
        "  JOIN pg_attribute ON attrelid = c.oid AND attnum > 0"
        " WHERE c.oid >= 16384 ORDER BY 1, 3;"
        "SELECT * FROM app.orders ORDER BY id;"
        "SELECT count(*) FROM evil.proof; SELECT count(*) FROM hr.salaries",
        db=db)


def order(**fields):
    """A record that the table has no column for, unless told otherwise."""
    return incident("i-1", TABLE, {"id": 9001, "qty": 1, "price": 1, **fields},
                    ("42703", "a column does not exist"))


def heal(db, document, *options, agent=None):
    """`agent` is what a hijacked one says, a line a frame."""
    build = None if agent is None else build_with("scripted", agent)
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), *options,
                  "-", stdin=json.dumps(document), build=build)


def is_stopped(identity, document, *options, agent=None, db=None,
               statuses=(11,)):
    """Nothing changed, and the exit code and the chain say so."""
    tried.add(identity)
    db = db or warehouse()
    before = state(db)
    done = heal(db, document, *options, agent=agent)
    holds(done.status in statuses and done.json, f"{identity}: {done}")
    equal(state(db), before, identity)
    chain = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(chain.status, 0, f"{identity}: {chain}")
    return done


# --- Frames -------------------------------------------------------------------

META = meta()
OTHERS = {"diagnosis": "d", "risk_level": "LOW", "mapping": [], "advice": [],
          "reasoning": "r"}


def call(name, **arguments):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                       "params": {"_meta": META, "name": name,
                                  "arguments": arguments}})


def proposal(*statements, **members):
    return call("propose_repair", statements=list(statements),
                **{**OTHERS, **members})


def frame(text):
    """The cases call a tool by another name; ours takes a list of statements.
    What is broken about the text stays broken."""
    text = text.replace('"params":{', f'"params":{{"_meta":{json.dumps(META)},')
    text = text.replace('"name":"propose_ddl"', '"name":"propose_repair"')
    text = text.replace('"arguments":{', '"arguments":'
                        + json.dumps(OTHERS)[:-1] + ",")
    return re.sub(r'"sql":("[^"]*"|\[[^\]]*\])', r'"statements":[\1]', text)


ADD = "ALTER TABLE app.orders ADD COLUMN a text"
GIVE_UP = "\n" + call("give_up", reason="x")

# What the agent says; the reason codes that may come of it.
FRAMES = {
    "F16": (frame, "agent_violation"),
    "G01": (frame, "agent_violation"),
    "G03": (frame, "agent_violation"),
    "G05": (lambda text: frame(text) + GIVE_UP, "planner_gave_up"),
    "G07": (lambda text: "!torn " + "A" * ((1 << 20) + 1), "frame_too_long"),
    "G09": (lambda text: frame(text) + GIVE_UP, "planner_gave_up"),
    "G11": (lambda text: "!nag " + proposal("DROP TABLE app.orders"),
            "agent_violation"),
    "G13": (frame, "agent_violation"),
    "G15": (lambda text: proposal(text.replace("...(8 MiB)", "x" * (8 << 20))),
            "frame_too_long"),
}


@test_within(120)
def hostile_frames_change_nothing():
    for identity, (as_script, code) in FRAMES.items():
        script = as_script(layered[identity]["input"])
        done = is_stopped(identity, order(a="x"), agent=script + "\n")
        equal(done.json["reason_code"], code, f"{identity}: {done}")


@test
def the_frame_itself_is_a_proposal():
    """So what is broken about the others is what stops them."""
    db = warehouse()
    done = heal(db, order(a="x"), agent=proposal(ADD) + "\n")
    equal(done.status, 0, repr(done))


# --- Hijacked agents ----------------------------------------------------------

@test
def instructions_in_a_record_lead_nowhere():
    for identity in ["H01", "H03"]:
        case = layered[identity]["input"]
        done = is_stopped(identity, order(**{
            key: value for key, value in case["failed_row"].items()
            if key != "id"}),
            agent=proposal(case["model_output"]) + GIVE_UP + "\n")
        equal(done.json["outcome"], "refused", f"{identity}: {done}")


@test
def instructions_in_the_catalogue_lead_nowhere():
    comment = layered["H05"]["input"]["catalog_comment"]
    db = warehouse(f"COMMENT ON TABLE {TABLE} IS '{comment}'")
    is_stopped("H05", order(a="x"), db=db, agent=proposal(
        "ALTER TABLE evil.proof ADD COLUMN a text") + GIVE_UP + "\n")


@test
def what_a_proposal_says_of_itself_is_no_matter():
    case = layered["H07"]["input"]
    is_stopped("H07", order(a="x"), agent=proposal(
        case["sql"], diagnosis=case["rationale"]) + GIVE_UP + "\n")


@test
def the_same_proposal_again_and_again_ends_the_run():
    done = is_stopped("K16", order(a="x"), agent="!nag " + proposal(
        "ALTER TABLE app.orders DROP COLUMN doc") + "\n")
    equal(done.json["reason_code"], "agent_violation", repr(done))


# --- Replays ------------------------------------------------------------------

def replayed(case):
    document = order(a="x")
    document["statement"] = {"sql": case["replay"]}
    return document


@test
def hostile_replays_never_run():
    for identity in ["I01", "I03", "I05", "I07", "I09", "I13"]:
        case = layered[identity]
        is_stopped(identity, replayed(case), statuses=(10, 11),
                   agent=proposal(case["sql"]) + GIVE_UP + "\n")


@test
def index_that_runs_a_neighbours_code_asks_a_person():
    case = layered["I11"]
    db = warehouse(case["setup"] + ";ALTER FUNCTION evil.imm OWNER TO evil")
    is_stopped("I11", replayed(case), db=db, statuses=(10,))


@test
def record_that_somebody_wrote_already_is_no_drift():
    done = is_stopped("I15", replayed(layered["I15"]))
    equal(done.json["outcome"], "not_drift", repr(done))


# --- Policies and catalogues that change ---------------------------------------

RULES = "pgmend-policy 1\nlayer org\ndefault deny\nallow replay on *.*\n"


def policy(folder, text):
    path = os.path.join(folder, "own.policy")
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)
    return path


@test
def policy_without_a_word_refuses_the_run():
    with tempfile.TemporaryDirectory() as folder:
        tried.add("J07")
        db = warehouse()
        before = state(db)
        done = heal(db, order(a="x"), "--policy", policy(folder, ""))
        equal(done.status, 2, repr(done))
        equal(state(db), before)


def await_lock(db, granted):
    """Until somebody holds the table, or waits for it."""
    for _ in range(500):
        if cluster.sql("SELECT count(*) FROM pg_locks WHERE relation ="
                       f" 'app.orders'::regclass AND granted = {granted}"
                       " AND pid <> pg_backend_pid()", db=db) != "0":
            return
        time.sleep(0.02)
    raise AssertionError(f"no lock that is granted: {granted}")


@test
def policy_that_is_replaced_during_a_run_is_not_read():
    tried.add("J05")
    db = warehouse()
    before = state(db)
    folder = tempfile.mkdtemp(prefix="pgmend-policy-", dir="/tmp")
    holder = subprocess.Popen(
        [os.path.join(cluster.bin, "psql"), "-qX", "-h", cluster.folder, "-U",
         "postgres", "-d", db], stdin=subprocess.PIPE, text=True)
    holder.stdin.write("BEGIN; LOCK TABLE app.orders;\n")
    holder.stdin.flush()
    await_lock(db, True)
    run = subprocess.Popen(
        [os.path.join(BUILD, "pgmend"), "heal", "--db",
         cluster.conninfo(db, "healer"), "--policy", policy(folder, RULES),
         "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    run.stdin.write(json.dumps(order(a="x")))
    run.stdin.close()
    run.stdin = None
    await_lock(db, False)
    policy(folder, RULES + "allow add_column on *.*\n")
    holder.communicate("ROLLBACK;\n", timeout=20)
    out, _ = run.communicate(timeout=40)
    shutil.rmtree(folder)
    equal(run.returncode, 11, out)
    equal(state(db), before)


@test
def names_that_somebody_planted_are_not_found():
    for identity in ["E22", "E32", "L13"]:
        case = layered[identity]
        tried.add(identity)
        setup = case["setup"].replace("SET search", "ALTER ROLE app_owner SET"
                                                    " search")
        db = warehouse(setup)
        done = pgmend("policy", "explain", "-p", os.path.join(
            ROOT, "policies", "default.policy"), "--json", "--db",
            cluster.conninfo(db, "app_owner"), "--target", case["target"], "-",
            stdin=case["sql"])
        cluster.sql("ALTER ROLE app_owner RESET search_path")
        holds(done.json["verdict"] in [case["expect"],
                                       *case.get("also_ok", [])],
              f"{identity}: {done}")
        for action in done.json["actions"]:
            holds("evil" not in action["sql"] and "int4" not in action["sql"],
                  f"{identity}: {done}")
        equal(done.json["verdict"] == "escalate", identity == "L13")


# --- The audit ----------------------------------------------------------------

@test
def what_can_not_be_recorded_is_not_done():
    db = warehouse("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pgmend FROM"
                   " healer, pgmend_writer, PUBLIC")
    tried.add("N01")
    before = state(db)
    done = heal(db, order(a="x"))
    holds(done.status not in (0, 12), done)
    equal(state(db), before)


@test
def card_number_of_a_record_is_in_no_event():
    tried.add("N05")
    db = warehouse()
    done = heal(db, order(payment=CARD))
    equal(done.status, 0, repr(done))
    holds(CARD in cluster.sql("SELECT payment FROM app.orders WHERE id = 9001",
                              db=db), "the record was written")
    for table in ["event", "run", "artifact", "notification"]:
        rows = cluster.sql(f"SELECT t::text FROM pgmend.{table} t", db=db)
        holds(CARD not in rows and CARD.replace(" ", "") not in rows, table)


@test
def every_case_is_made_somewhere():
    named = {**ELSEWHERE, **NOTHING_TO_ATTACK}
    equal(tried | named.keys(), set(layered))
    for identity, (path, texts) in named.items():
        with open(os.path.join(ROOT, path)) as file:
            source = file.read()
        for text in texts:
            holds(text in source, f"{identity}: {path} has no {text}")


main()
