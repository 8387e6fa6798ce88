"""The audit schema and its chain, against a real server. The chain is computed
here a second time, from its description alone."""

import concurrent.futures
import hashlib
import hmac
import json
import os
import subprocess
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, Cluster, equal, holds, main, pgmend, test,
                     test_within)

cluster = Cluster()
cluster.sql("CREATE ROLE loader LOGIN; CREATE ROLE boss LOGIN;"
            "CREATE ROLE stranger LOGIN")
KEY = b"a key of the test"
KEY_FILE = os.path.join(cluster.folder, "key")
with open(KEY_FILE, "wb") as file:
    file.write(KEY)
os.chmod(KEY_FILE, 0o600)
WITH_KEY = {"PGMEND_AUDIT_HMAC_FILE": KEY_FILE}


def init(db, role="loader", *more):
    return pgmend("init", "--db", cluster.conninfo(db), "--role", role, *more)


def fresh(name):
    """A database with an empty audit schema."""
    cluster.database(name)
    done = init(name)
    equal(done.status, 0, done)
    return name


def verify(db, env=None):
    return pgmend("audit", "verify", "--json", "--db",
                  cluster.conninfo(db, "loader"), env=env)


def lp(data):
    return len(data).to_bytes(4, "big") + data


def mac_of(run, run_seq, actor, kind, body, key=KEY):
    content = run.bytes + run_seq.to_bytes(4, "big") + lp(actor.encode()) + \
        lp(kind.encode()) + lp(body.encode())
    return hmac.new(key, content, hashlib.sha256).digest()


def append(db, run, run_seq, kind, body, mac=b"", user="loader"):
    return cluster.sql(f"SELECT hash FROM pgmend.append('{run}', {run_seq}, "
                       f"'supervisor', '{kind}', '{body}', '\\x{mac.hex()}')",
                       user=user, db=db)


def head(db):
    seq, digest = cluster.sql("SELECT seq, encode(hash, 'hex') FROM "
                              "pgmend.chain_head", db=db).split("|")
    return {"head": {"seq": int(seq), "hash": digest}}


def record(db, key=None, events=3):
    """A run with its events, with MACs where there is a key."""
    run = uuid.uuid4()
    bodies = [("run.received", json.dumps(head(db)))]
    bodies += [("replay.batch", '{"n":%d}' % n) for n in range(events - 1)]
    for number, (kind, body) in enumerate(bodies, 1):
        mac = mac_of(run, number, "supervisor", kind, body) if key else b""
        append(db, run, number, kind, body, mac)
    return run


def tamper(db, sql):
    """As the superuser, past the triggers."""
    cluster.sql("ALTER TABLE pgmend.event DISABLE TRIGGER ALL;"
                "ALTER TABLE pgmend.chain_head DISABLE TRIGGER ALL;" + sql,
                db=db)


# What an owner of the tables can do: compute every hash again.
REHASH = """
DO $$
DECLARE
    e pgmend.event;
    last bytea := (SELECT sha256(convert_to('pgmend-chain-v1:' || value, 'UTF8'))
                   FROM pgmend.meta WHERE key = 'chain_id');
BEGIN
    FOR e IN SELECT * FROM pgmend.event ORDER BY seq LOOP
        e.prev_hash := last;
        last := sha256('\\x01'::bytea || pgmend.lp(last) || int8send(e.seq)
            || uuid_send(e.run_id) || int4send(e.run_seq)
            || int8send((extract(epoch FROM e.at) * 1000000)::bigint)
            || pgmend.lp(convert_to(e.actor, 'UTF8'))
            || pgmend.lp(convert_to(e.kind, 'UTF8'))
            || pgmend.lp(convert_to(e.body, 'UTF8')) || pgmend.lp(e.mac));
        UPDATE pgmend.event SET prev_hash = e.prev_hash, hash = last
         WHERE seq = e.seq;
    END LOOP;
    UPDATE pgmend.chain_head SET hash = last;
END $$;
"""


def broken_at(db, seq, why, env=None):
    done = verify(db, env)
    equal(done.status, 40, done)
    equal(done.json.get("seq"), seq, done)
    holds(why in done.json["message"], done)


@test
def init_run_again_changes_nothing():
    db = fresh("again")

    def state():
        return cluster.sql("SELECT relname, relacl, relowner::regrole FROM "
                           "pg_class WHERE relnamespace = 'pgmend'::regnamespace "
                           "ORDER BY 1; SELECT proname, proacl, prosrc FROM "
                           "pg_proc WHERE pronamespace = 'pgmend'::regnamespace "
                           "ORDER BY 1; SELECT tgrelid::regclass, tgname, "
                           "tgenabled FROM pg_trigger ORDER BY 1, 2; "
                           "SELECT * FROM pgmend.meta, pgmend.chain_head; "
                           "SELECT roleid::regrole, member::regrole FROM "
                           "pg_auth_members ORDER BY 1, 2; "
                           "SELECT setrole::regrole, setconfig FROM "
                           "pg_db_role_setting", db=db)
    before = state()
    equal(init(db).status, 0)
    equal(state(), before)


@test
def the_printed_sql_is_what_init_runs():
    cluster.database("printed")
    done = init("printed", "loader", "--print-sql", "--schema", "audit2")
    equal(done.status, 0, done)
    cluster.sql(done.out, db="printed")
    equal(cluster.sql("SELECT seq FROM audit2.chain_head", user="loader",
                      db="printed"), "0")


@test
def init_for_a_role_that_is_missing_says_so():
    cluster.database("missing")
    done = init("missing", "nobody here")
    equal(done.status, 2, done)
    holds('role "nobody here" does not exist' in done.err, done)
    equal(cluster.sql("SELECT to_regnamespace('pgmend') IS NULL",
                      db="missing"), "t")


@test
def init_refuses_a_schema_that_somebody_else_made():
    cluster.database("squatted")
    cluster.sql("GRANT CREATE ON DATABASE squatted TO stranger")
    cluster.sql("CREATE SCHEMA pgmend", user="stranger", db="squatted")
    done = init("squatted")
    equal(done.status, 2, done)
    holds("owned by another role" in done.err, done)


@test
def init_needs_no_superuser():
    cluster.sql("CREATE ROLE dba LOGIN CREATEROLE")
    cluster.database("managed")
    cluster.sql("GRANT CREATE ON DATABASE managed TO dba")
    done = pgmend("init", "--db", cluster.conninfo("managed", "dba"), "--role",
                  "loader", "--schema", "managed")
    equal(done.status, 0, done)


@test
def an_empty_chain_verifies():
    done = verify(fresh("empty"))
    equal(done.status, 0, done)
    equal(done.json["events"], 0)


@test
def the_chain_is_as_described():
    db = fresh("described")
    run = record(db, KEY)
    chain_id = cluster.sql("SELECT value FROM pgmend.meta WHERE "
                           "key = 'chain_id'", db=db)
    last = hashlib.sha256(b"pgmend-chain-v1:" + chain_id.encode()).digest()
    for line in cluster.sql(
            "SELECT seq, run_seq, (extract(epoch FROM at) * 1000000)::bigint, "
            "actor, kind, encode(mac, 'hex'), encode(hash, 'hex'), body "
            "FROM pgmend.event ORDER BY seq", db=db).splitlines():
        seq, run_seq, at, actor, kind, mac, digest, body = line.split("|", 7)
        last = hashlib.sha256(
            b"\1" + lp(last) + int(seq).to_bytes(8, "big") + run.bytes
            + int(run_seq).to_bytes(4, "big") + int(at).to_bytes(8, "big")
            + lp(actor.encode()) + lp(kind.encode()) + lp(body.encode())
            + lp(bytes.fromhex(mac))).digest()
        equal(digest, last.hex())
    done = verify(db, WITH_KEY)
    equal((done.status, done.json["mac_checked"]), (0, 3), done)


@test
def the_functions_of_the_supervisor_work():
    db = fresh("functions")
    done = subprocess.run([os.path.join(BUILD, "tests/supervisor/test_audit"),
                           cluster.conninfo(db, "loader")],
                          capture_output=True, text=True, timeout=50)
    failed = [line for line in done.stdout.splitlines()
              if not line.startswith("ok ")]
    equal((done.returncode, failed), (0, []), done.stderr)
    done = verify(db, WITH_KEY)
    equal(done.status, 0, done)


@test
def a_changed_event_is_named():
    db = fresh("changed")
    record(db)
    tamper(db, "UPDATE pgmend.event SET body = '{}' WHERE seq = 2")
    broken_at(db, 2, "event 2 was changed")


@test
def an_event_with_another_time_is_named():
    db = fresh("moved")
    record(db)
    tamper(db, "UPDATE pgmend.event SET at = at + '1 us' WHERE seq = 3")
    broken_at(db, 3, "event 3 was changed")


@test
def a_deleted_event_is_named():
    db = fresh("deleted")
    record(db)
    tamper(db, "DELETE FROM pgmend.event WHERE seq = 2")
    broken_at(db, 2, "event 2 is missing")


@test
def a_deleted_tail_is_found_by_the_head():
    db = fresh("tail")
    record(db)
    tamper(db, "DELETE FROM pgmend.event WHERE seq = 3")
    broken_at(db, 3, "event 3 is missing")


@test
def a_deleted_tail_is_found_by_the_table_of_runs():
    db = fresh("tail_and_head")
    run = record(db)
    cluster.sql("INSERT INTO pgmend.run (run_id, incident_id, incident_hash, "
                "source_kind, mode, version, host, os_user) VALUES "
                f"('{run}', 'i', 'h', 'app', 'heal', '1', 'host', 'me')",
                user="loader", db=db)
    equal(verify(db).status, 0)
    tamper(db, "DELETE FROM pgmend.event; UPDATE pgmend.chain_head SET seq = 0, "
               "hash = sha256(convert_to('pgmend-chain-v1:' || (SELECT value "
               "FROM pgmend.meta WHERE key = 'chain_id'), 'UTF8'))")
    broken_at(db, None, "its event run.received is gone")


@test
def a_rewritten_chain_is_found_by_a_later_run():
    db = fresh("rewritten")
    record(db)
    record(db)
    tamper(db, "UPDATE pgmend.event SET body = '{}' WHERE seq = 2;" + REHASH)
    broken_at(db, 3, "not the one that event 4 remembers")


@test
def forging_needs_the_key():
    db = fresh("forged")
    record(db, KEY)
    tamper(db, "UPDATE pgmend.event SET body = '{}' WHERE seq = 2;" + REHASH)
    equal(verify(db).status, 0, "hashes alone are right")
    broken_at(db, 2, "event 2 was not made with the key", WITH_KEY)


@test
def taking_a_MAC_away_is_found():
    db = fresh("stripped")
    record(db, KEY)
    tamper(db, "UPDATE pgmend.event SET body = '{}', mac = '' WHERE seq = 3;"
           + REHASH)
    broken_at(db, 3, "carries no MAC", WITH_KEY)


@test
def taking_all_MACs_away_is_found():
    db = fresh("bare")
    record(db, KEY)
    tamper(db, "UPDATE pgmend.event SET mac = '';" + REHASH)
    broken_at(db, None, "not one event carries a MAC", WITH_KEY)


@test
def a_chain_with_MACs_takes_no_event_without():
    db = fresh("keyless")
    record(db, KEY)
    done = cluster.psql(f"SELECT pgmend.append('{uuid.uuid4()}', 1, 'x', "
                        "'run.received', '{}', '')", user="loader", db=db)
    holds("audit-hmac is not configured" in done.stderr, done.stderr)


@test
def a_writer_can_only_append():
    db = fresh("writer")
    record(db)
    for table in ("run", "event", "applied", "replayed", "approval",
                  "notification", "artifact", "meta", "chain_head"):
        for sql in (f"DELETE FROM pgmend.{table}",
                    f"TRUNCATE pgmend.{table}",
                    f"ALTER TABLE pgmend.{table} DISABLE TRIGGER ALL"):
            done = cluster.psql(sql, user="loader", db=db)
            holds("permission denied" in done.stderr
                  or "must be owner" in done.stderr, f"{sql}: {done.stderr}")
    for sql in ("UPDATE pgmend.event SET body = ''",
                "UPDATE pgmend.chain_head SET seq = 9",
                "INSERT INTO pgmend.event SELECT * FROM pgmend.event",
                "INSERT INTO pgmend.applied (run_id, step, xid, sql_hash, "
                f"intent_hash) VALUES ('{uuid.uuid4()}', 1, '1', 'a', 'b')",
                "SELECT * FROM pgmend.artifact",
                "SELECT pgmend.lp('')"):
        done = cluster.psql(sql, user="loader", db=db)
        holds("permission denied" in done.stderr, f"{sql}: {done.stderr}")


@test
def even_the_superuser_meets_the_triggers():
    db = fresh("superuser")
    record(db)
    for sql in ("DELETE FROM pgmend.event", "TRUNCATE pgmend.event",
                "UPDATE pgmend.event SET body = ''",
                "DELETE FROM pgmend.chain_head",
                "UPDATE pgmend.chain_head SET seq = 99"):
        done = cluster.psql("SET session_replication_role = replica;" + sql,
                            db=db)
        holds("append-only" in done.stderr, f"{sql}: {done.stderr}")


@test
def a_stranger_sees_and_appends_nothing():
    db = fresh("stranger")
    for sql in ("SELECT * FROM pgmend.event",
                f"SELECT pgmend.append('{uuid.uuid4()}', 1, 'x', 'a.b', '{{}}',"
                " '')"):
        done = cluster.psql(sql, user="stranger", db=db)
        holds("permission denied" in done.stderr, done.stderr)


@test
def only_an_approver_approves_and_only_the_plan_asked_about():
    db = fresh("approval")
    run = uuid.uuid4()
    cluster.sql("GRANT pgmend_approver TO boss")

    def decide(user, decision, plan):
        return cluster.psql(
            "INSERT INTO pgmend.approval (run_id, decision, plan_sha256) "
            f"VALUES ('{run}', '{decision}', '{plan}')", user=user,
            db=db).stderr
    cluster.sql("INSERT INTO pgmend.approval (run_id, decision, plan_sha256, "
                f"plan, approvers) VALUES ('{run}', 'requested', 'p1', '{{}}', "
                "1)", user="loader", db=db)
    holds("needs a member" in decide("loader", "granted", "p1"), "writer")
    holds("this plan" in decide("boss", "granted", "p2"), "another plan")
    equal(decide("boss", "granted", "p1"), "")
    holds("duplicate key" in decide("boss", "granted", "p1"), "twice")
    equal(cluster.sql("SELECT granted, approvers FROM pgmend.v_escalation",
                      user="loader", db=db), "1|1")
    equal(append(db, run, 1, "approval.granted", "{}", user="boss") != "", True)
    done = cluster.psql(f"SELECT pgmend.append('{run}', 2, 'x', 'ddl.intent', "
                        "'{}', '')", user="boss", db=db)
    holds("only a writer" in done.stderr, done.stderr)


@test_within(120)
def writers_at_once_make_one_chain():
    db = fresh("concurrent")

    def write(number):
        run = uuid.uuid4()
        cluster.sql(";".join(
            f"SELECT pgmend.append('{run}', {n}, 'supervisor', 'replay.batch', "
            f"'{{}}', '')" for n in range(1, 51)), user="loader", db=db)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    done = verify(db)
    equal((done.status, done.json["events"]), (0, 200), done)


@test
def the_views_tell_what_happened():
    db = fresh("views")
    healed, open_run = uuid.uuid4(), uuid.uuid4()
    for run in (healed, open_run):
        cluster.sql("INSERT INTO pgmend.run (run_id, incident_id, "
                    "incident_hash, source_kind, mode, version, host, os_user, "
                    f"occurred_at) VALUES ('{run}', 'i', 'h', 'app', 'heal', "
                    "'1', 'host', 'me', now() - interval '5 s')",
                    user="loader", db=db)
        append(db, run, 1, "run.received", json.dumps(head(db)))
        append(db, run, 2, "ddl.intent", '{"plan":{"actions":[{"op":'
               '"add_column","target":"a.b.c","sql":"ALTER","inverse_sql":'
               '"DROP"}]}}')
    cluster.sql("INSERT INTO pgmend.applied (run_id, step, sql_hash, "
                f"intent_hash) VALUES ('{healed}', 1, 'a', 'b')", user="loader",
                db=db)
    append(db, healed, 3, "ddl.committed", "{}")
    append(db, healed, 4, "run.finished", '{"outcome":"healed","exit_code":0,'
           '"fingerprint":"ff","target":{"table":"a.b"},"model":'
           '{"input_tokens":10,"output_tokens":5,"cost_microusd":20000}}')

    def ask(sql):
        return cluster.sql(sql, user="loader", db=db)
    equal(ask("SELECT outcome, exit_code, target, fingerprint, time_to_repair "
              f">= '5 s' FROM pgmend.v_run WHERE run_id = '{healed}'"),
          "healed|0|a.b|ff|t")
    equal(ask("SELECT runs, healed, healed_percent, cents_per_incident, tokens "
              "FROM pgmend.v_daily"), "2|1|50.0|1.000|15")
    equal(ask("SELECT target, incidents FROM pgmend.v_top_drift"), "a.b|1")
    equal(ask("SELECT op, inverse_sql, is_committed FROM pgmend.v_ddl "
              "ORDER BY seq"), "add_column|DROP|t\nadd_column|DROP|f")
    equal(ask("SELECT run_id, has_intent, has_marker, is_running FROM "
              "pgmend.v_unresolved"), f"{open_run}|t|f|f")


@test
def the_log_shows_events_and_can_not_steer_a_terminal():
    db = fresh("log")
    run = record(db)
    append(db, run, 4, "run.finished",
           '{"outcome":"refused","message":"a\\u001b[2Jb"}')
    where = ["--db", cluster.conninfo(db, "loader")]
    done = pgmend("audit", "log", "--json", *where, "--run", run)
    events = [json.loads(line) for line in done.out.splitlines()]
    equal([event["seq"] for event in events], [1, 2, 3, 4], done)
    equal(events[3]["body"]["message"], "a\x1b[2Jb")
    done = pgmend("audit", "log", "--text", *where, "--last", 1)
    equal(len(done.out.splitlines()), 1, done)
    holds("refused: a\\x1b[2Jb" in done.out, done)
    tamper(db, "ALTER TABLE pgmend.event DROP CONSTRAINT event_kind_check;"
           "UPDATE pgmend.event SET kind = E'\\x1b[2J' WHERE seq = 4")
    done = pgmend("audit", "log", "--text", *where, "--last", 1)
    holds("  \\x1b[2J " in done.out, done)


@test
def a_misspelt_command_line_is_refused():
    equal(pgmend("audit", "log", "--run", "x").status, 2)
    equal(pgmend("audit", "log", "--last", "-1").status, 2)
    equal(pgmend("audit", "rewrite").status, 2)
    equal(init("postgres", "loader", "--schema", "Bad Name").status, 2)
    equal(pgmend("init", "--db", "dbname=postgres").status, 2)


@test
def a_database_without_the_schema_is_refused():
    cluster.database("none")
    for command in ("verify", "log"):
        done = pgmend("audit", command, "--db", cluster.conninfo("none"))
        equal((done.status, done.json["reason_code"]), (2, "audit_missing"),
              done)


main()
