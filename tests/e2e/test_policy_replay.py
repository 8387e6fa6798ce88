"""`pgmend policy replay`: what real heals recorded, judged again by another
policy.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (ROOT, Cluster, equal, holds, main, pgmend, test)  # noqa: E402
from pipeline import (incident, load, make_roles, make_warehouse)  # noqa: E402

TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "amount": 12.5,
         "placed_at": "2026-11-24T18:04:11Z"}
POLICIES = os.path.join(ROOT, "policies")

# As wide as the recorded policy for columns, and stricter than it for replays.
CANDIDATE = """pgmend-policy 1
layer org
default deny
allow add_column on analytics.* as any-column {
    type *.*
}
%s replay on analytics.* as any-replay
"""

cluster = Cluster()
make_roles(cluster)


def heal(db, identity, **fields):
    payload = dict(ORDER, **fields)
    failure = load(cluster, db, TABLE, payload)
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), "-",
                  stdin=json.dumps(incident(identity, TABLE, payload,
                                            failure)))


def recorded():
    """The log of two heals, of which one escalated: its table is published."""
    db = make_warehouse(cluster, "replayed")
    done = heal(db, "i-1", coupon="ABC")
    equal(done.status, 0, done)
    cluster.sql("CREATE PUBLICATION p FOR TABLE analytics.orders", db=db)
    done = heal(db, "i-2", id=2, voucher="XYZ")
    equal(done.status, 10, done)
    log = pgmend("audit", "log", "--json", "--db",
                 cluster.conninfo(db, "healer"))
    equal(log.status, 0, log)
    return log.out


LOG = recorded()


def replay(policy, *options, log=LOG):
    with tempfile.TemporaryDirectory() as folder:
        if "\n" in policy:
            path = os.path.join(folder, "candidate.policy")
            with open(path, "w", encoding="utf-8") as file:
                file.write(policy)
            os.chmod(path, 0o644)
            os.chmod(folder, 0o755)
            policy = path
        form = () if "--json" in options else ("--text",)
        return pgmend("policy", "replay", "-", "-p", policy, *form, *options,
                      stdin=log)


@test
def the_same_policy_decides_the_same():
    done = replay(os.path.join(POLICIES, "default.policy"))
    equal(done.status, 0, done)
    equal(done.out.splitlines()[-1], "0 wider, 0 narrower, 2 the same")
    first, second = done.out.splitlines()[:2]
    holds("ADD COLUMN coupon" in first and first.count("allow") == 2 and
          "add-nullable" in first, first)
    holds(second.count("escalate 1") == 2 and "seen-elsewhere" in second,
          second)


@test
def a_stricter_policy_is_narrower():
    done = replay(os.path.join(POLICIES, "regulated.policy"))
    equal(done.status, 0, done)
    equal(done.out.splitlines()[-1], "0 wider, 2 narrower, 0 the same")
    holds("two-people" in done.out, done.out)


@test
def a_wider_policy_fails_unless_it_is_meant():
    candidate = CANDIDATE % "allow"
    done = replay(candidate)
    equal(done.status, 1, done)
    equal(done.out.splitlines()[-1], "1 wider, 0 narrower, 1 the same")
    holds("WIDER" in done.out.splitlines()[1], done.out)
    equal(replay(candidate, "--ack-wider").status, 0)


@test
def the_replay_is_judged_with_the_change():
    done = replay(CANDIDATE % "escalate", "--json")
    equal(done.status, 0, done)
    lines = [json.loads(line) for line in done.out.splitlines()]
    equal([line.get("change") for line in lines],
          ["narrower", "same", None])
    equal([one["label"] for one in lines[0]["decided_by"]], ["any-replay"])
    equal(lines[0]["before_by"], "add-nullable, replay-rows")


@test
def facts_are_as_they_were_recorded():
    """Every fact that the rules asked for is there, the clock among them."""
    verdicts = [json.loads(line) for line in LOG.splitlines()
                if json.loads(line)["kind"] == "policy.verdict"]
    judged = verdicts[0]["body"]["judged"]
    equal([one["op"] for one in judged], ["add_column", "replay"])
    holds({"table.columns_used", "change.rewrite", "table.published",
           "incident.witnesses", "column.nullable", "clock", "today"} <=
          judged[0]["facts"].keys(), judged[0]["facts"])
    holds({"replay.conflict", "replay.session_dependent"} <=
          judged[1]["facts"].keys(), judged[1]["facts"])

    windows = CANDIDATE % "allow" + (
        "window @ever = mon-sun 00:00-24:00\n"
        "escalate add_column on *.* as never {\n"
        "    when not in @ever or incident.witnesses < 1\n}\n")
    holds("1 wider, 0 narrower, 1 the same" in replay(windows).out,
          replay(windows))


@test
def what_the_floor_refused_stays_refused():
    lines = [json.loads(line) for line in LOG.splitlines()]
    for line in lines:
        if line["kind"] == "policy.verdict":
            line["body"]["verdict"] = {"verdict": "deny", "approvers": 0,
                                       "floor": "F13", "decided_by": []}
    log = "".join(json.dumps(line) + "\n" for line in lines)
    done = replay(CANDIDATE % "allow", log=log)
    equal(done.status, 0, done)
    holds("2 the same" in done.out and "floor F13" in done.out, done.out)


@test
def what_was_not_recorded_is_not_judged():
    lines = [json.loads(line) for line in LOG.splitlines()]
    for line in lines:
        line["body"].pop("judged", None)
    log = "".join(json.dumps(line) + "\n" for line in lines)
    done = replay(CANDIDATE % "allow", log=log)
    equal(done.status, 0, done)
    holds("0 the same, 2 not judged again" in done.out, done.out)


@test
def what_is_no_log_is_refused():
    for text in ["", "nonsense\n", "{}\n", '{"kind":"policy.verdict"}\n',
                 '{"kind":"run.received","body":{}}\n']:
        done = replay(CANDIDATE % "allow", log=text)
        equal(done.status, 2, f"{text!r}: {done}")
    equal(pgmend("policy", "replay", "-").status, 2)


if __name__ == "__main__":
    main()
