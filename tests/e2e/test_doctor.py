"""pgmend doctor: what is there, what isn't, and how to mend it; and the tables
of allowed system calls.
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (Cluster, Result, Skip, as_user, equal,  # noqa: E402
                     holds, main, pgmend, test)
from pipeline import build_with, make_roles, make_warehouse  # noqa: E402

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "doctor")


def doctor(*arguments, **how):
    return pgmend("doctor", *arguments, **how)


def findings(done):
    """By name; each that isn't as it should be says how to mend it."""
    for finding in done.json["findings"]:
        equal(finding["mend"] is None, finding["state"] == "ok", finding)
    equal(done.json["ok"], done.status == 0, repr(done))
    equal(done.json["exit_code"], done.status)
    return {finding["name"]: finding for finding in done.json["findings"]}


def states(done, *names):
    found = findings(done)
    return [found[name]["state"] for name in names]


LAYERS = ["seccomp", "lock", "landlock", "memory", "secrets", "namespaces",
          "agent", "courier"]


@test
def everything_that_is_required_is_there():
    done = doctor()
    equal(done.status, 0, repr(done))
    holds(set(states(done, *LAYERS)) <= {"ok", "weaker"}, done)
    holds("proven sealed" in findings(done)["courier"]["found"], done)


@test
def ordinary_user_has_it_as_well():
    user = "postgres" if os.geteuid() == 0 else None
    done = doctor(user=user, build=build_with())
    equal(done.status, 0, repr(done))
    equal(states(done, "user", "agent", "courier"), ["ok"] * 3)


@test
def words_say_the_same():
    done = doctor("--text")
    equal(done.status, 0, repr(done))
    for layer in LAYERS:
        holds(f" {layer} " in done.out, done)


@test
def place_without_namespaces_is_unsafe():
    if shutil.which("unshare") is None:
        raise Skip("unshare")
    build = build_with()
    shell = ("echo 0 > /proc/sys/user/max_user_namespaces;"
             f" exec {build}/pgmend doctor")
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", shell]
    if os.geteuid() == 0:
        command = as_user("postgres") + command
    done = Result(subprocess.run(command, capture_output=True, text=True,
                                 cwd="/", timeout=60))
    equal(done.status, 30, repr(done))
    equal(states(done, "namespaces", "agent"), ["missing", "missing"])
    holds("max_user_namespaces" in findings(done)["namespaces"]["mend"], done)


@test
def worker_that_is_not_sealed_is_unsafe():
    for build, name in [(build_with("unsealed"), "agent"),
                        (build_with(courier="unsealed"), "courier")]:
        done = doctor(build=build)
        equal((done.status, states(done, name)), (30, ["missing"]), repr(done))
        holds("attestation_seccomp" in findings(done)[name]["found"], done)


@test
def older_kernel_is_weaker_and_no_more():
    done = doctor(build=build_with("older", "abi 2\n"))
    equal(done.status, 0, repr(done))
    holds("landlock=2 mdwe=0" in findings(done)["agent"]["found"], done)
    done = doctor(build=build_with("older", "abi 1\n"))
    equal((done.status, states(done, "agent")), (30, ["missing"]), repr(done))


@test
def every_allowed_call_has_its_reason():
    done = doctor("--filters")
    equal(done.status, 0, repr(done))
    for name, rows in [(n, done.json[n])
                       for n in ("agent", "courier", "supervisor")]:
        equal(rows[-1].split(None, 2)[-1], "kills the process", name)
        for row in rows[:-1]:
            holds(row.rpartition(": ")[2].strip(), row)
    text = doctor("--filters", "--text")
    for row in done.json["courier"]:
        holds(row in text.out, row)


DATABASE = ["connection", "server", "role", "audit", "audit-key", "durability",
            "writable", "encryption"]


@test
def database_that_is_ready_is_well():
    done = doctor("--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))
    # No key is configured, and the cluster of a test isn't durable.
    equal(states(done, *DATABASE),
          ["ok", "ok", "ok", "ok", "weaker", "weaker", "ok", "ok"])


@test
def powerful_login_is_unsafe():
    done = doctor("--db", cluster.conninfo(db))
    equal((done.status, states(done, "role")), (30, ["missing"]), repr(done))
    holds("superuser" in findings(done)["role"]["found"], done)


@test
def database_without_audit_is_unsafe():
    cluster.database("bare")
    done = doctor("--db", cluster.conninfo("bare", "healer"))
    equal((done.status, states(done, "audit")), (30, ["missing"]), repr(done))
    holds("pgmend init" in findings(done)["audit"]["mend"], done)


@test
def database_that_is_not_there_is_said_so():
    done = doctor("--db", "host=/nonexistent user=healer")
    equal((done.status, states(done, "connection")), (30, ["missing"]),
          repr(done))


@test
def options_are_checked():
    equal(doctor("--help").status, 0)
    equal(doctor("--nonsense").status, 2)
    equal(doctor("patient").status, 2)


main()
