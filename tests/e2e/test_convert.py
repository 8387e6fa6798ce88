"""`pgmend incident`: what tools say of a failed write becomes incidents, field
by field; what isn't of their form is refused; and a real failure, handed over
or found in the server's log, is healed.
"""

import glob
import hashlib
import json
import os
import subprocess
import sys
import time
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (BUILD, ROOT, Cluster, Skip, equal, holds,  # noqa: E402
                     main, pgmend, test)
from pipeline import make_roles, make_warehouse  # noqa: E402

CASES = os.path.join(ROOT, "tests", "cases", "convert")
HANDOVER = os.path.join(ROOT, "tests", "examples", "handover.py")
LOG_SECONDS = 10

# Which sample is of which source; of .jsonl each line is a record.
SAMPLES = {
    "psycopg.jsonl": "psycopg", "pglog.jsonl": "pglog", "pglog.csv": "pglog",
    "kafka.jsonl": "kafka", "dbt.json": "dbt", "airflow.jsonl": "airflow",
    "airbyte.jsonl": "airbyte", "dlt.json": "dlt", "dlt-job.json": "dlt",
    "dlt-exception.txt": "dlt",
}
SOURCES = sorted(set(SAMPLES.values()))
JSON_LINES = [name for name in SAMPLES if name.endswith(".jsonl")]

cluster = Cluster(logging_collector="on", log_timezone="UTC",
                  log_destination="jsonlog,csvlog")
make_roles(cluster)


def read(name):
    with open(os.path.join(CASES, name), "rb") as file:
        return file.read()


def loads(text):
    """Numbers keep their digits."""
    return json.loads(text, parse_float=Decimal)


class Converted:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
        self.incidents = [loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"exit {self.status}\n{self.out}{self.err}"


def convert(source, data, *options):
    if isinstance(data, str):
        data = data.encode()
    return Converted(subprocess.run(
        [os.path.join(BUILD, "pgmend"), "incident", "convert", "--from",
         source, *options], input=data, capture_output=True, timeout=50))


def refused(done, why):
    """Exit 13, the reason on standard error, and nothing to mistake for an
    incident on standard output."""
    equal((done.status, done.out), (13, ""), done.err)
    holds(why in done.err, done)


# --- Samples ----------------------------------------------------------------

def hash_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def record_ids(name, data):
    """Ids of the records that could have one by their bytes."""
    if name.endswith(".jsonl"):
        return {hash_of(line) for line in data.splitlines()}
    if name.endswith(".csv"):
        first, second, third = data.split(b"\n2026")
        return {hash_of(record) for record in
                (first, b"2026" + second, b"2026" + third.rstrip(b"\n"))}
    return {hash_of(data)}


@test
def every_field_of_every_sample_is_as_expected():
    expected = loads(read("expected.json"))
    equal(sorted(expected), sorted(SAMPLES))
    for name, source in SAMPLES.items():
        data = read(name)
        done = convert(source, data)
        equal((done.status, "pgmend:" in done.err), (0, False), done)
        hashed = [one["id"] for one in done.incidents
                  if one["id"].startswith("sha256:")]
        holds(set(hashed) <= record_ids(name, data), (name, hashed))
        equal(len(set(hashed)), len(hashed), name)
        for one in done.incidents:
            if one["id"] in hashed:
                one["id"] = "sha256"
        equal(done.incidents, expected[name], name)


@test
def every_incident_passes_check():
    for name, source in SAMPLES.items():
        for line in convert(source, read(name)).out.splitlines():
            done = pgmend("incident", "check", "-", stdin=line)
            equal(done.status, 0, done)
            equal(done.json["incident_id"], json.loads(line)["id"])


@test
def the_same_input_gives_the_same_ids():
    for name, source in SAMPLES.items():
        equal(convert(source, read(name)).out, convert(source, read(name)).out)


@test
def name_and_id_are_what_the_caller_says():
    done = convert("dlt", read("dlt-job.json"), "--name", "mine", "--id", "i")
    equal(done.status, 0, done)
    equal(done.incidents[0]["id"], "i")
    equal(done.incidents[0]["source"]["name"], "mine")
    done = convert("psycopg", read("psycopg.jsonl"), "--id", "i")
    equal((done.status, len(done.incidents)), (13, 1), done)
    holds("--id names one only" in done.err, done)


@test
def a_report_without_failures_is_no_error():
    log = read("pglog.csv").splitlines()[0]
    done = convert("pglog", log)
    equal((done.status, done.out), (0, ""), done)
    holds("no failed write in 1 record" in done.err, done)
    report = json.loads(read("dbt.json"))
    report["results"] = report["results"][:1]
    equal(convert("dbt", json.dumps(report)).status, 0)


# --- What isn't of the form -------------------------------------------------

@test
def empty_input_is_refused():
    for source in SOURCES:
        refused(convert(source, b""), "empty")
        refused(convert(source, b" \n\n"), "empty" if source in
                ("psycopg", "pglog", "kafka", "airflow", "airbyte") else "")


@test
def every_truncation_is_refused_or_a_whole_incident():
    for name, source in SAMPLES.items():
        data = read(name)
        for size in range(1, len(data), len(data) // 23 + 1):
            done = convert(source, data[:size])
            holds(done.status in (0, 13), (name, size, done))
            for line in done.out.splitlines():
                equal(pgmend("incident", "check", "-", stdin=line).status, 0)
    refused(convert("dbt", read("dbt.json")[:-4]), "not acceptable JSON")


@test
def one_source_is_not_taken_for_another():
    for name, theirs in SAMPLES.items():
        for source in SOURCES:
            # A .exception file of dlt may hold any text.
            if source in (theirs, "dlt"):
                continue
            done = convert(source, read(name))
            equal((done.status, done.out), (13, ""), (name, source, done))


@test
def hostile_records_are_refused():
    deep = b'{"a":' + b"[" * 40 + b"]" * 40 + b"}"
    for name in JSON_LINES + ["dbt.json", "dlt.json", "dlt-job.json"]:
        source, data = SAMPLES[name], read(name)
        for record, why in [
                (b"{" + data.split(b"{", 1)[1][:30] + b"\0}", "a NUL"),
                (b'{"a":"\xff"}', "invalid UTF-8"),
                (b'{"a":"\\u0000"}', "escaped NUL"),
                (b'{"a":1,"\\u0061":2}', "named twice"),
                (deep, "nested too deeply"),
                (b"{}", "wanted"), (b'{"a":', "not acceptable JSON")]:
            refused(convert(source, record), why)
    refused(convert("psycopg", b"[1]"), "object wanted, not [1]")


@test
def a_huge_record_is_refused_and_passed_over():
    for name in JSON_LINES:
        source, data = SAMPLES[name], read(name)
        huge = b'{"a":"' + b"x" * (5 << 20) + b'"}\n'
        done = convert(source, huge + data)
        equal(done.status, 13, source)
        holds("record 1: larger than" in done.err, done.err)
        equal(done.out, convert(source, data).out, source)
    refused(convert("dbt", b"{" + b" " * (17 << 20)), "larger than 16777216")


@test
def a_bad_line_does_not_hide_the_failures_behind_it():
    lines = read("pglog.jsonl").splitlines(keepends=True)
    done = convert("pglog", lines[1] + lines[2][:70] + b"\n" + lines[3])
    equal((done.status, len(done.incidents)), (13, 2), done)
    holds("record 2: " in done.err and "1 of 3 records refused" in done.err,
          done)


@test
def what_is_no_incident_is_not_printed():
    for members, why in [
            ({}, "no exception of psycopg"),
            ({"query": "x"}, "error: sqlstate or message wanted"),
            ({"pgcode": "4270"}, "error.sqlstate: five of"),
            ({"pgcode": ["42703"]}, 'pgcode: string wanted, not ["42703"]'),
            ({"pgcode": "42703", "id": "x" * 257}, "id: longer than 256"),
            ({"pgcode": "42703", "query": "x" * 70000}, "statement.sql: long"),
            ({"pgcode": "42703", "diag": 5}, "diag: object wanted, not 5"),
            ({"pgcode": "42703", "params": 5}, "params: object wanted, not 5"),
            ({"pgcode": "42703", "payload": []}, "payload: object wanted"),
            ({"pgcode": "42703", "query": "INSERT INTO t VALUES (%s, %s)",
              "params": [1]}, "2 placeholders, but params has 1 values"),
            ({"pgcode": "42703", "payload": {"a": "x" * 270000}},
             "larger than 262144")]:
        refused(convert("psycopg", json.dumps(members)), why)


@test
def a_write_behind_a_comment_is_a_write():
    line = json.loads(read("pglog.jsonl").splitlines()[1])
    for sql, count in [("/* by a */ -- b\n INSERT INTO t (a) VALUES (1)", 1),
                       ("copy t from stdin", 1), ("/* INSERT ", 0),
                       ("-- INSERT INTO t", 0), ("inserted", 0)]:
        done = convert("pglog", json.dumps({**line, "statement": sql}))
        equal((done.status, len(done.incidents)), (0, count), sql)


@test
def what_is_shown_of_a_record_cannot_steer_a_terminal():
    done = convert("psycopg", json.dumps({"pgcode": ["\x9b\u202e"]},
                                         ensure_ascii=False))
    refused(done, "pgcode: string wanted")
    holds("\x9b" not in done.err and "\u202e" not in done.err, done)


@test
def long_messages_are_cut_between_characters():
    done = convert("psycopg", json.dumps({"pgcode": "42703", "diag": {
        "message_primary": "x" + "é" * 9000}}, ensure_ascii=False))
    equal(done.status, 0, done)
    message = done.incidents[0]["error"]["message"]
    holds(message.endswith("é...") and len(message.encode()) <= 8192, message)


@test
def usage_errors_leave_standard_output_alone():
    for arguments in [(), ("--from", "kafkaa"), ("--from", "dbt", "x"),
                      ("--form", "dbt")]:
        done = pgmend("incident", "convert", *arguments)
        equal((done.status, done.out), (2, ""), done)
    done = pgmend("incident", "convert", "--from", "kafkaa")
    holds("did you mean kafka?" in done.err, done)
    for arguments in [(), ("convrt",), ("check",)]:
        equal(pgmend("incident", *arguments).status, 2)
    for source in SOURCES:
        holds(f"  {source} " in pgmend("incident", "convert", "--help").out,
              source)


@test
def check_says_what_is_wrong():
    done = pgmend("incident", "check", "-", stdin='{"pgmend_incident":2}')
    equal((done.status, done.json["reason_code"]), (13, "bad_incident"), done)
    holds("pgmend_incident: 1 wanted" in done.err, done)
    equal(pgmend("incident", "check", "/nowhere").status, 13)


@test
def check_summarises_for_people():
    line = convert("psycopg", read("psycopg.jsonl")).out.splitlines()[0]
    done = pgmend("incident", "check", "--text", "-", stdin=line)
    equal(done.status, 0, done)
    holds("sqlstate  42703\n" in done.out, done)
    holds("4, 1 record, keep\n" in done.out, done)


# --- A real failure, healed -------------------------------------------------

def python_with_psycopg():
    """The one that runs this may be another than Debian's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import psycopg2"],
                          capture_output=True).returncode == 0:
            return python
    raise Skip("python3-psycopg2")


def environment(db):
    return {**os.environ, "PGHOST": cluster.folder, "PGDATABASE": db,
            "PGUSER": "orders_loader", "PGAPPNAME": "loader",
            "PATH": BUILD + os.pathsep + os.environ["PATH"]}


def healer(db):
    return ["--db", cluster.conninfo(db, "healer"), "--planner", "builtin"]


@test
def an_exception_of_psycopg_is_handed_over_and_healed():
    db = make_warehouse(cluster, "handover")
    record = {"id": 481516, "customer": "Zoë \\ O'Neil %s", "amount": 19.50,
              "placed_at": "2026-11-26T02:51:55Z", "coupon": "SPRING",
              "50% off": True}
    done = subprocess.run(
        [python_with_psycopg(), HANDOVER, *healer(db)], text=True,
        input=json.dumps(record), capture_output=True, timeout=50,
        env=environment(db))
    equal(done.returncode, 0, f"{done.stdout}{done.stderr}")
    result = json.loads(done.stdout)
    equal((result["outcome"], result["incident_id"], result["replay"]["rows"]),
          ("healed", "orders/481516", 1))
    equal(cluster.sql('SELECT customer, amount, coupon, "50% off" '
                      "FROM analytics.orders WHERE id = 481516", db=db),
          "Zoë \\ O'Neil %s|19.50|SPRING|t")
    again = subprocess.run(
        [python_with_psycopg(), HANDOVER, *healer(db)], text=True,
        input=json.dumps({**record, "id": 2}), capture_output=True,
        timeout=50, env=environment(db))
    equal((again.returncode, again.stdout), (0, ""), again.stderr)


@test
def digits_survive_from_the_exception_to_the_row():
    db = make_warehouse(cluster, "digits")
    cluster.sql("ALTER TABLE analytics.orders ALTER amount TYPE numeric",
                db=db)
    report = json.dumps({
        "id": "d", "pgcode": "42703", "query": "INSERT INTO analytics.orders "
        "(id, customer, amount, coupon) VALUES (%s, %s, %s, %s)",
        "params": [1, "a", "AMOUNT", "b"]})
    report = report.replace('"AMOUNT"', "12345678901234567890.1234567890")
    incident = convert("psycopg", report).out
    done = pgmend("heal", *healer(db), "-", stdin=incident)
    equal(done.status, 0, done)
    equal(cluster.sql("SELECT amount FROM analytics.orders", db=db),
          "12345678901234567890.1234567890")


@test
def a_dead_letter_is_healed():
    db = make_warehouse(cluster, "letter")
    cluster.sql(f"ALTER DATABASE {db} SET search_path = analytics", db=db)
    incident = convert("kafka", read("kafka.jsonl").splitlines()[0]).out
    done = pgmend("heal", *healer(db), "-", stdin=incident)
    equal((done.status, done.json["outcome"]), (0, "healed"), done)
    equal(cluster.sql("SELECT id, customer, coupon FROM orders", db=db),
          "7|Ada|SPRING")


@test
def heal_says_what_a_source_could_not_give():
    db = make_warehouse(cluster, "lacking")
    for name, status, why in [
            ("dbt.json", 11, "no statement to replay"),
            ("dlt-job.json", 11, "no statement to replay"),
            ("airflow.jsonl", 13, "2 parameters, but there is no payload")]:
        incident = convert(SAMPLES[name], read(name)).out.splitlines()[-1]
        done = pgmend("heal", *healer(db), "-", stdin=incident)
        equal(done.status, status, done)
        holds(why in done.json["message"], done)


def log_line(kind, mark):
    """The line with the mark, of the log of that kind, as it was written."""
    deadline = time.monotonic() + LOG_SECONDS
    while time.monotonic() < deadline:
        for path in glob.glob(f"{cluster.data}/log/*.{kind}"):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if mark in line and line.endswith("\n"):
                        return line
        time.sleep(0.05)
    raise AssertionError(f"no line with {mark} in the {kind} log")


def heal_from_log(kind):
    db = make_warehouse(cluster, kind)
    mark = f"SPRING-{kind}"
    failed = cluster.psql(
        "INSERT INTO analytics.orders (id, customer, amount, coupon, gift) "
        f"VALUES (7, 'O''Neil -- $1', 19.50, '{mark}', true)",
        user="orders_loader", db=db)
    holds('column "coupon"' in failed.stderr, failed.stderr)
    converted = convert("pglog", log_line(kind, mark))
    equal((converted.status, len(converted.incidents)), (0, 1), converted)
    equal(converted.incidents[0]["x"]["database"], db)
    done = pgmend("heal", *healer(db), "-", stdin=converted.out)
    equal((done.status, done.json["outcome"]), (0, "healed"), done)
    equal(cluster.sql("SELECT * FROM analytics.orders", db=db),
          f"7|O'Neil -- $1|19.50||{mark}|t")
    again = pgmend("heal", *healer(db), "-", stdin=converted.out)
    equal((again.status, again.json["outcome"]), (0, "already_healed"), again)
    equal(cluster.sql("SELECT count(*) FROM analytics.orders", db=db), "1")


@test
def a_line_of_jsonlog_is_healed():
    heal_from_log("json")


@test
def a_line_of_csvlog_is_healed():
    heal_from_log("csv")


@test
def parameters_in_the_log_become_the_record():
    db = make_warehouse(cluster, "parameters")
    cluster.sql("ALTER ROLE orders_loader SET "
                "log_parameter_max_length_on_error = -1")
    script = os.path.join(cluster.folder, "insert.sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write("\\set big 99999999999999\n\\set id 8\n"
                   "INSERT INTO analytics.orders (id, customer, amount) "
                   "VALUES (:id, 'parameters', :big);\n")
    subprocess.run(
        [os.path.join(cluster.bin, "pgbench"), "-n", "-t", "1", "-M",
         "extended", "-f", script, "-h", cluster.folder, "-U",
         "orders_loader", db], capture_output=True, timeout=30)
    done = convert("pglog", log_line("json", "'parameters'"))
    equal(done.status, 0, done)
    equal(done.incidents[0]["statement"]["params"], ["id", "amount"])
    equal(done.incidents[0]["payload"],
          {"id": "8", "amount": "99999999999999"})


main()
