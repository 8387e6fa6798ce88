"""A run that is told to stop, and a run that nobody listens to: each ends with an
exit code that agrees with the database, and with nothing half done.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from crash import (INTENT, RECEIVED, SCENARIOS, Ground,  # noqa: E402
                   event)
from harness import (BUILD, await_that, equal, holds, main,  # noqa: E402
                     pgmend, test)
from pipeline import is_waited_for  # noqa: E402
from proxy import COMMIT  # noqa: E402
from tracer import Traced  # noqa: E402

COLUMN, LABEL = SCENARIOS["column"], SCENARIOS["label"]
RECORDS = SCENARIOS["records"]
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]

ground = Ground()
for one in (COLUMN, LABEL, RECORDS):
    ground.prepare(one)


def told_to_stop(scenario, *marks, number=signal.SIGTERM, calls=0):
    """The signal comes as the run enters that call behind the last mark;
    returns the database, exit status, result and standard error."""
    db = ground.fresh(scenario)
    with ground.start(scenario, db) as run:
        for mark in marks:
            holds(run.run_to(mark), f"the run never said {mark}")
        holds(run.step(calls), "the run was over")
        os.kill(run.pid, number)
        run.release()
        status, out, err = run.finish()
    return db, status, json.loads(out), err


def goes_on(scenario, db, rows=None):
    """The same command finishes what the run left, and nothing stays open."""
    done = ground.heal(scenario, db)
    equal(done.returncode, 0, repr(done))
    state = ground.state(scenario, db)
    equal((state.rows, state.ids, state.unresolved),
          (rows or scenario.rows, rows or scenario.rows, 0), str(state))
    equal(ground.left(db), "")
    done = pgmend("audit", "verify", "--db",
                  ground.cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))
    return state


# --- Signals ------------------------------------------------------------------

@test
def signal_before_the_change_ends_the_run_at_once():
    for number in SIGNALS:
        for mark in (RECEIVED, event("evidence.collected"),
                     event("proposal.parsed")):
            db, status, result, err = told_to_stop(COLUMN, mark, number=number)
            equal((status, result["exit_code"], result["reason_code"]),
                  (75, 75, "stopped"), err)
            equal(ground.state(COLUMN, db).steps, 0)
            state = goes_on(COLUMN, db)
            # Its record was closed by the next run, and says the same.
            if len(state.runs) > 1:
                equal((state.runs[0]["exit"], state.runs[0]["reason"]),
                      (75, "recovered"))


@test
def signal_before_commit_rolls_back_and_is_recorded():
    for marks in ([INTENT], [INTENT, b"\0ALTER TABLE"],
                  [b"INSERT INTO \"pgmend\".applied"]):
        db, status, result, err = told_to_stop(COLUMN, *marks)
        equal((status, result["exit_code"], result["reason_code"]),
              (75, 75, "stopped"), err)
        state = ground.state(COLUMN, db)
        equal((state.steps, state.rows, state.unresolved), (0, 0, 0))
        equal((state.runs[0]["exit"], state.runs[0]["reason"]),
              (75, "stopped"))
        goes_on(COLUMN, db)


@test
def signal_after_commit_is_too_late():
    for marks, calls in [([INTENT, COMMIT], 1), ([event("ddl.committed")], 0),
                         ([event("run.finished")], 0)]:
        db, status, result, err = told_to_stop(COLUMN, *marks, calls=calls)
        equal((status, result["outcome"]), (0, "healed"), err)
        equal(ground.state(COLUMN, db).unresolved, 0)
        goes_on(COLUMN, db)


@test
def signal_between_label_and_row_is_partial():
    db, status, result, err = told_to_stop(LABEL, b'"step":2')
    equal((status, result["exit_code"], result["reason_code"]),
          (23, 23, "stopped"), err)
    state = ground.state(LABEL, db)
    equal((state.steps, state.rows, state.unresolved), (1, 0, 0))
    goes_on(LABEL, db)


@test
def signal_among_many_records_leaves_the_rest():
    db, status, result, err = told_to_stop(RECORDS, event("replay.batch"))
    equal((status, result["exit_code"], result["reason_code"]),
          (23, 23, "stopped"), err)
    state = ground.state(RECORDS, db)
    holds(1 < state.rows < RECORDS.rows, str(state))
    equal((result["replay"]["rows"], state.unresolved), (state.rows, 0))
    goes_on(RECORDS, db)


@test
def signal_while_a_plan_is_stored_for_people_is_too_late():
    policy = ground.write("ask.policy", "pgmend-policy 1\nlayer org\n"
                          "default deny\nallow replay on *.* as rows\n"
                          "escalate add_column on *.* as ask\n")
    db = ground.fresh(COLUMN)
    command = ground.command(COLUMN, db)
    command[command.index("--policy") + 1] = policy
    with Traced(command, ground.documents["column"][0]) as run:
        holds(run.run_to(b'INSERT INTO "pgmend".approval'), "no plan")
        os.kill(run.pid, signal.SIGTERM)
        run.release()
        status, out, err = run.finish()
    equal((status, json.loads(out)["exit_code"]), (10, 10), err)
    equal(ground.cluster.sql(
        "SELECT count(*) FROM pgmend.approval; SELECT count(*) FROM"
        " pgmend.v_unresolved", db=db), "1\n0")


@test
def run_that_waits_for_its_turn_ends_at_once():
    db = ground.fresh(COLUMN)
    with ground.start(COLUMN, db) as first:
        holds(first.run_to(INTENT), "no intent")
        second = subprocess.Popen(
            ground.command(COLUMN, db), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        second.stdin.write(ground.documents["column"][0])
        second.stdin.close()
        second.stdin = None
        await_that(lambda: is_waited_for(ground.cluster, db), "nobody waits")
        began = time.monotonic()
        second.send_signal(signal.SIGTERM)
        out, err = second.communicate(timeout=20)
        equal((second.returncode, json.loads(out)["exit_code"]), (75, 75), err)
        holds(time.monotonic() - began < 2, "it didn't end at once")
        first.release()
        equal(first.finish()[0], 0)
    goes_on(COLUMN, db)


@test
def signal_that_the_caller_ignores_stays_ignored():
    db = ground.fresh(COLUMN)
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run = ground.start(COLUMN, db)
    finally:
        signal.signal(signal.SIGHUP, old)
    with run:
        holds(run.run_to(event("evidence.collected")), "the run was over")
        os.kill(run.pid, signal.SIGHUP)
        run.release()
        equal(run.finish()[0], 0)
    goes_on(COLUMN, db)


# --- Output that nobody takes ---------------------------------------------------

def heal_with(redirections, *options, db=None):
    """By a shell, for what it does to descriptors."""
    db = db or ground.fresh(COLUMN)
    path = ground.write(f"{db}.json", ground.documents["column"][0])
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh",
         os.path.join(BUILD, "pgmend"), "heal", "--db",
         ground.cluster.conninfo(db, "healer"), *options, path],
        capture_output=True, text=True, timeout=50)
    return db, done


@test
def result_that_is_not_taken_changes_no_exit_code():
    for redirections in ("> /dev/full", ">&-", "2>&-", "<&- >&- 2>&-"):
        db, done = heal_with(redirections)
        equal(done.returncode, 0, f"{redirections}: {done}")
        goes_on(COLUMN, db)
    db = ground.fresh(COLUMN)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(ground.command(COLUMN, db), stdout=writer, text=True,
                          input=ground.documents["column"][0],
                          stderr=subprocess.PIPE, timeout=50)
    os.close(writer)
    equal(done.returncode, 0, repr(done))
    holds("could not be written" in done.stderr, done)
    goes_on(COLUMN, db)


@test
def result_without_an_output_goes_into_no_file():
    db = ground.fresh(COLUMN)
    replay = ground.write("few.ndjson", '{"id": 2}\n{"id": 3, "customer": 1,'
                                        ' "coupon": "x"}\n')
    heal_with("<&- >&- 2>&-", "--replay", replay, db=db)
    with open(f"{ground.folder}/few.rejected.ndjson") as file:
        lines = file.read().splitlines()
    equal([json.loads(line).get("line") for line in lines], [1], str(lines))


@test
def rejected_file_that_cannot_grow_leaves_the_rest():
    """A full disk: what can't be set aside isn't passed over."""
    db = ground.fresh(COLUMN)
    lines = [{"id": f"no number {number}", "customer": "x" * 500,
              "coupon": "x"} for number in range(60)]
    lines[10]["id"], lines[50]["id"] = 10, 50
    replay = ground.write("full.ndjson", "".join(
        json.dumps(line) + "\n" for line in lines))
    command = ground.command(COLUMN, db)[:-1] + ["--replay", replay, "-"]

    def run(most):
        with Traced(command, ground.documents["column"][0]) as heal:
            holds(heal.run_to(RECEIVED), "the run was over")
            resource.prlimit(heal.pid, resource.RLIMIT_FSIZE, (most, most))
            heal.release()
            status, out, err = heal.finish()
        rows = ground.cluster.sql(f"SELECT count(*) FROM {COLUMN.table}",
                                  db=db)
        equal(json.loads(out)["exit_code"], status, err)
        return status, json.loads(out), int(rows)

    status, result, rows = run(8192)
    equal((status, rows < 3), (23, True), str(result))
    holds("full.rejected.ndjson" in result["message"], str(result))
    equal(ground.state(COLUMN, db).unresolved, 0)
    status, result, rows = run(resource.RLIM_INFINITY)
    equal((status, rows), (0, 3), str(result))
    with open(f"{ground.folder}/full.rejected.ndjson") as file:
        equal(len(file.readlines()), 58)
    goes_on(COLUMN, db, rows=3)


main()
