"""Exactness at length: random records, written by psql's own prepared INSERT
into one table and replayed by pgmend into its twin, give the same rows, text
for text; and what psql could not write is set aside with the same SQLSTATE.

    tests/exact.py BUILD [COUNT [SEED]]

Both write under the settings of the same pipeline, whose role lives elsewhere
than the server and the healer.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Cluster, equal, pgmend  # noqa: E402
from pipeline import incident, make_roles, make_warehouse  # noqa: E402

CONFIG = """[pipeline exact]
tables = {table}
role = orders_loader
timezone = America/New_York
datestyle = SQL, DMY
intervalstyle = sql_standard
search_path = analytics
"""
SETTINGS = """SET timezone = 'America/New_York'; SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard'; SET search_path = analytics;
"""
# What rows are compared under: every digit shows.
PLAIN = "SET timezone = 'UTC'; SET extra_float_digits = 3;"
TYPES = """
CREATE TYPE analytics.mood AS ENUM ('sad', 'ok', 'very happy', '');
CREATE DOMAIN analytics.positive AS int CHECK (VALUE > 0);
CREATE DOMAIN analytics.short AS varchar(5);
CREATE DOMAIN analytics.shorter AS analytics.short CHECK (VALUE <> 'no');
CREATE DOMAIN analytics.four AS bit(4);
CREATE DOMAIN analytics.lasting AS interval day to minute;
CREATE DOMAIN analytics.papers AS json;
CREATE DOMAIN analytics.labels AS varchar(4)[];
CREATE TYPE analytics.pair AS (number int, word text);
"""


_plain = json.dumps


class Raw(float):
    """A JSON number written with exactly these digits."""

    def __new__(cls, text):
        number = super().__new__(cls, "nan")
        number.text = text
        return number

    def __repr__(self):
        return self.text


def dumps(value, **options):
    """json.dumps that keeps the digits of Raw numbers."""
    marks = {}

    def mark(item):
        if isinstance(item, Raw):
            key = f"@@{len(marks)}@@"
            marks[f'"{key}"'] = item.text
            return key
        if isinstance(item, dict):
            return {name: mark(entry) for name, entry in item.items()}
        if isinstance(item, list):
            return [mark(entry) for entry in item]
        return item

    text = _plain(mark(value), **options)
    return re.sub('"@@[0-9]+@@"', lambda found: marks.get(found[0], found[0]),
                  text)


# --- Values -------------------------------------------------------------------

class Dice(random.Random):
    """Random values; which kinds there are is the point of it all."""

    def among(self, good, bad):
        """Mostly one of the good."""
        return self.choice(bad if self.random() < 0.04 else good)

    def digits(self, most):
        count = self.randint(1, most)
        return str(self.randrange(10 ** (count - 1), 10 ** count))

    def sign(self):
        return self.choice(["", "-"])

    def integer(self, most=40):
        text = self.sign() + self.digits(most)
        return Raw(text) if self.random() < 0.8 else text

    def number(self):
        return self.among([
            Raw(self.sign() + self.digits(20) + "." + self.digits(20)),
            Raw(self.sign() + self.digits(3) + ".10"),
            Raw("1e3"), Raw("-0.0"), Raw("1.10"), Raw("0"), Raw("-0"),
            Raw("1E-7"), Raw("2.50e+10"), Raw("0.1"), " 12.50 ", "1e3", ".5",
            "NaN", "-Infinity", self.integer()], ["1_000", "", "x"])

    def text(self, most=14):
        marks = list("\"\\'{}[],:;()$%\t\n\r \x01\x7f/") + [
            "\u00e9", "e\u0301", "\u6f22", "\U0001f642", "\u202e", "\u0085",
            "NULL", "\\N", "\\u0041", "\ufeff"]
        return "".join(
            self.choice(marks) if self.random() < 0.3 else
            chr(self.choice([self.randrange(32, 127), self.randrange(48, 58),
                             self.randrange(0xA1, 0x2FF),
                             self.randrange(0x4E00, 0x9FFF)]))
            for _ in range(self.randrange(most)))

    def document(self, depth=3):
        kind = self.randrange(7 if depth > 0 else 5)
        if kind == 5:
            return [self.document(depth - 1)
                    for _ in range(self.randrange(4))]
        if kind == 6:
            return {self.text(6): self.document(depth - 1)
                    for _ in range(self.randrange(4))}
        return [self.number(), self.integer(), self.text(), None,
                self.choice([True, False])][kind]

    def zone(self):
        return self.choice(["", "Z", "+00", "+05:30", "-03:45", "+14:00",
                            "-0930", " EST", " America/Caracas",
                            " Europe/Berlin", "+01:02:03"])

    def clock(self):
        return self.among([
            f"{self.randrange(24):02}:{self.randrange(60):02}"
            f":{self.randrange(60):02}",
            f"{self.randrange(24):02}:{self.randrange(60):02}:05.123456",
            "24:00:00", "1:30", "11:59 PM", "01:30:00.9999999"], ["25:00"])

    def day(self):
        return self.among([
            f"{self.randrange(1900, 2100)}-{self.randrange(1, 13):02}"
            f"-{self.randrange(1, 29):02}",
            f"{self.randrange(1, 13):02}/{self.randrange(1, 13):02}/2026",
            "13/01/2026", "20260704", "4 July 2026", "2026-11-01"],
            ["01/13/2026", "2026-02-30", "1000-01-01 BC"])

    def time(self):
        if self.random() < 0.1:
            return self.choice(["infinity", "-infinity", "epoch",
                                "1000-01-01 10:00 BC", ""])
        return self.day() + self.choice([" ", "T"]) + self.clock() + self.zone()

    def listed(self, element):
        """An array, as JSON, or as text in the server's own form."""
        return self.among([
            [], [element()], [element(), None, element()],
            [[element(), element()], [element(), None]],
            [element() for _ in range(self.randrange(6))], "{}", None],
            ["{a,\"b c\",NULL}", "{1,2,3}", "[0:1]={7,8}", "{{1,2},{3,4}}",
             "{", [[element()], element()]])

    def span(self):
        return self.among([
            "1 day 02:03:04", "P1Y2M3DT4H5M6S", "-1-2 +3 -4:05:06", "1-2",
            "@ 1 minute ago", "3 4:05:06", "-5", "1.5 weeks", "PT0.000001S",
            f"{self.randrange(400)} mons"], ["a while"])

    def boolean(self):
        return self.among([True, False, "t", "f", "yes", "NO", "on", "off",
                          "1", "0", " true ", "tr", "TRUE", Raw("1"),
                           Raw("0")], [Raw("2"), "maybe", ""])

    def uuid(self):
        text = "%032x" % self.getrandbits(128)
        cut = "-".join([text[:8], text[8:12], text[12:16], text[16:20],
                        text[20:]])
        return self.among([text, cut, cut.upper(), "{" + cut + "}"],
                          [text[:31]])

    def raw(self):
        return self.among(["\\x" + "%08x" % self.getrandbits(32), "\\x",
                           "abc\\000\\\\", "plain", ""], ["\\xabc", "\\xzz"])

    def range(self, low, high):
        return self.among([f"[{low},{high})", f"({low},{high}]", "empty",
                           f"[{low},]", "(,)"],
                          [f"[{high},{low}]", f"[{low}"])


COLUMNS = {
    # name: type, how a value is made
    "tiny": ("smallint", lambda d: d.among([d.integer(4)], [d.integer(5)])),
    "small": ("int", lambda d: d.among([d.integer(9)], [d.integer(10)])),
    "big": ("bigint", lambda d: d.among([d.integer(18)], [d.integer(19)])),
    "whole": ("numeric", lambda d: d.integer()),
    "exact": ("numeric", lambda d: d.number()),
    "price": ("numeric(12,2)", lambda d: d.choice(
        [Raw("1.005"), Raw("-9999999999.994"), d.integer(9), d.number()])),
    "long": ("numeric(40,10)", lambda d: d.number()),
    "half": ("real", lambda d: d.choice([d.number(), d.number(), Raw("1e38"), Raw("1e39")])),
    "twice": ("double precision", lambda d: d.choice(
        [d.number(), Raw("1.7976931348623157e308"), Raw("5e-324")])),
    "thrice": ("double precision", lambda d: d.among(
        [d.number()], [Raw("1e400"), Raw("1e-400")])),
    "note": ("text", lambda d: d.choice(
        [d.text(), d.text(), d.document(), d.number(), "", True])),
    "code": ("varchar(12)", lambda d: d.choice(
        [d.text(12), d.text(12), "x" * 12 + "  ", d.integer(13), ""])),
    "fixed": ("char(6)", lambda d: d.choice(
        [d.text(6), d.text(8), "ab", "ab    ", "abcdef   "])),
    "letter": ("\"char\"", lambda d: d.text(3)),
    "named": ("name", lambda d: d.text()),
    "raw": ("bytea", lambda d: d.raw()),
    "flag": ("boolean", lambda d: d.boolean()),
    "doc": ("json", lambda d: d.choice(
        [d.document(), {"z": 1, "a": [d.document()]},
         dumps(d.document()), "\"word\"", "null", " [1.10 ] "])),
    "docb": ("jsonb", lambda d: d.choice(
        [d.document(), {"z": 1, "a": [d.document()]},
         dumps(d.document()), "\"word\"", "null", " [1.10 ] "])),
    "tags": ("text[]", lambda d: d.listed(
        lambda: d.choice([d.text(), d.number(), "", "NULL", True]))),
    "numbers": ("bigint[]", lambda d: d.listed(lambda: d.integer(18))),
    "sums": ("numeric(8,2)[]", lambda d: d.listed(
        lambda: d.among([d.integer(6), Raw("1.005"), "1e3"], [d.number()]))),
    "codes": ("varchar(9)[]", lambda d: d.listed(lambda: d.text(10))),
    "moods": ("analytics.mood[]", lambda d: d.listed(
        lambda: d.among(["sad", "ok", "very happy", ""], ["glad"]))),
    "seen": ("timestamptz[]", lambda d: d.listed(d.time)),
    "at": ("timestamptz", lambda d: d.time()),
    "at2": ("timestamptz(2)", lambda d: d.time()),
    "local": ("timestamp", lambda d: d.time()),
    "day": ("date", lambda d: d.choice([d.day(), d.time()])),
    "clock": ("time", lambda d: d.clock()),
    "clockz": ("timetz", lambda d: d.clock() + d.zone()),
    "span": ("interval", lambda d: d.span()),
    "days": ("interval day to minute", lambda d: d.span()),
    "uid": ("uuid", lambda d: d.uuid()),
    "ip": ("inet", lambda d: d.choice(
        ["10.0.0.1", "10.0.0.0/8", "::1", "fe80::1/64"])),
    "net": ("cidr", lambda d: d.among(
        ["10", "10.0.0.0/8", "2001:db8::/32"], ["10.1.2.3/8", "256.1"])),
    "span4": ("int4range", lambda d: d.range(
        d.randrange(9), d.randrange(9, 20))),
    "when_": ("tstzrange", lambda d: d.range(
        "2026-01-01 10:00", "\"03/04/2026 12:00+02\"")),
    "many": ("nummultirange", lambda d: d.among(
        ["{}", "{[1,2),[1.5,3.50]}", "{(,1]}"], ["{[2,1]}"])),
    "mood": ("analytics.mood", lambda d: d.among(
        ["sad", "ok", "very happy", ""], ["Sad", "glad"])),
    "pair": ("analytics.pair", lambda d: d.among(
        ["(1,a)", "(,)", "(2,\"a, b\")"],
        ["(x,y)", "(1)", {"number": 1, "word": "a"}])),
    "bits": ("bit(4)", lambda d: d.among(
        ["1010", "xA", Raw("1111")], ["101", "xAA"])),
    "flags": ("varbit(6)", lambda d: d.among(
        ["", "101", "xA"], ["1010101", Raw("12")])),
    "cash": ("money", lambda d: d.among(
        ["$1,000.50", "-12.345", Raw("7"), "(3.00)"], ["a lot"])),
    "place": ("point", lambda d: d.among(["(1,2.50)", "1e3,-0.0"], ["(1"])),
    "words": ("tsvector", lambda d: d.among(
        ["a:1 b:2A 'c d'", "", "fat cats"], ["'"])),
    "path": ("jsonpath", lambda d: d.among(
        ["$.a[*] ? (@ > 1)", "$"], ["$["])),
    "thing": ("oid", lambda d: d.among([d.digits(9)], [d.integer(10)])),
    "needed": ("text NOT NULL", lambda d: d.text()),
}
# EXECUTE looks at what a domain demands after all inputs, a driver's bind with
# them: of a record with two faults they name another. So these stand alone.
DOMAINS = {
    "least": ("analytics.positive", lambda d: d.integer(10)),
    "brief": ("analytics.short", lambda d: d.choice([d.text(8), "five   "])),
    "briefer": ("analytics.shorter", lambda d: d.choice([d.text(8), "no"])),
    "four": ("analytics.four", lambda d: d.choice(
        ["1010", "xA", "101", Raw("11111")])),
    "lasting": ("analytics.lasting", lambda d: d.span()),
    "papers": ("analytics.papers", lambda d: d.choice(
        [d.document(), dumps(d.document()), d.text()])),
    "labels": ("analytics.labels", lambda d: d.listed(lambda: d.text(6))),
}
ALL = {**COLUMNS, **DOMAINS}
LISTS = {"labels", *(name for name, (kind, _) in COLUMNS.items()
                    if kind.endswith("[]"))}
# Beside the key and what must be there, a record has some of them.
FIELDS_MOST = 7


def record(dice, number):
    names = dice.sample(sorted(COLUMNS), dice.randint(1, FIELDS_MOST))
    if dice.random() < 0.15:
        names = [dice.choice(sorted(DOMAINS))]
    values = {name: None if dice.random() < 0.05 else ALL[name][1](dice)
              for name in names}
    if dice.random() < 0.98 or len(names) == 1:
        values["needed"] = values.get("needed") or dice.text()
    if dice.random() < 0.5:
        values["extra"] = dice.text()
    values["id"] = number
    return values


# --- By psql ------------------------------------------------------------------

def element(value):
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) else dumps(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def array(value):
    """A list as a driver adapts it."""
    if isinstance(value, list):
        return "{" + ",".join(map(array, value)) + "}"
    return element(value)


def literal(name, value, is_ascii):
    if value is None:
        return "NULL"
    if isinstance(value, list) and name in LISTS:
        value = array(value)
    if not isinstance(value, str):
        value = dumps(value, ensure_ascii=is_ascii)
    return "'" + value.replace("'", "''") + "'"


def names_of_all():
    return ["id", *ALL, "extra"]


def statement(table):
    names = names_of_all()
    return (f"INSERT INTO {table} ({', '.join(names)}) VALUES"
            f" ({', '.join(f'${i + 1}' for i in range(len(names)))})")


def by_psql(cluster, db, table, lines):
    """What became of each: its id with the SQLSTATE, where it failed. JSON is
    spelt as it stands in the line."""
    script = [SETTINGS, "\\set VERBOSITY sqlstate\n",
              f"PREPARE load AS {statement(table)};\n"]
    for line in lines:
        payload = json.loads(line, parse_float=Raw, parse_int=Raw)
        values = ", ".join(literal(name, payload.get(name), line.isascii())
                           for name in names_of_all())
        script.append(f"\\warn #{payload['id']}\nEXECUTE load({values});\n")
    done = subprocess.run(
        [os.path.join(cluster.bin, "psql"), "-X", "-qAt", "-h",
         cluster.folder, "-U", "orders_loader", "-d", db],
        input="".join(script), text=True, capture_output=True, timeout=900)
    failed, current = {}, None
    for line in done.stderr.splitlines():
        found = re.search(r"(?:ERROR|FATAL):\s+(\w{5})$", line)
        if line.startswith("#"):
            current = line[1:]
        elif found and current is not None:
            failed[current] = found.group(1)
        else:
            raise RuntimeError(f"psql: {line}")
    return failed


# --- By pgmend ----------------------------------------------------------------

def by_pgmend(cluster, db, table, first, path):
    made = incident(f"exact-{table}", table, first,
                    ("42703", 'column "extra" does not exist'))
    made["statement"] = {"sql": statement(table), "params": names_of_all()}
    config = path + ".conf"
    with open(config, "w") as file:
        file.write(CONFIG.format(table=table))
    done = pgmend("heal", "--config", config, "--pipeline", "exact", "--db",
                  cluster.conninfo(db, "healer"), "--replay", path, "-",
                  stdin=dumps(made), timeout=900)
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    with open(path[:-len(".ndjson")] + ".rejected.ndjson") as file:
        found = [json.loads(line) for line in file]
    return {str(one["payload"]["id"]): one["sqlstate"] for one in found}


def rows(cluster, db, table):
    """Each row as one line; texts may hold line ends."""
    found = cluster.sql(
        f"{PLAIN} SELECT id || ' ' || pg_catalog.to_json(t::text) FROM {table}"
        " t ORDER BY id", db=db, timeout=300)
    return dict(line.split(" ", 1) for line in found.split("\n"))


# --- Both ---------------------------------------------------------------------

def make_tables(cluster, db, table):
    columns = ", ".join(["id bigint PRIMARY KEY"] + [
        f"{name} {kind}" for name, (kind, _) in ALL.items()])
    cluster.sql(
        f"SET ROLE orders_owner; {TYPES} CREATE TABLE {table} ({columns});"
        f" CREATE TABLE {table}_twin ({columns}, extra text);"
        f" GRANT INSERT ON {table}, {table}_twin TO orders_loader", db=db)


def differences(mine, theirs):
    return [(key, mine.get(key), theirs.get(key))
            for key in sorted(set(mine) | set(theirs), key=int)
            if mine.get(key) != theirs.get(key)]


def compare(cluster, db, count, seed):
    """Raises when they differ; else how many rows were written, how many
    records failed, and with which SQLSTATEs."""
    dice = Dice(seed)
    table = f"analytics.exact{seed}"
    make_tables(cluster, db, table)
    first = {"id": 0, "needed": "", "extra": "new"}
    lines = [dumps(record(dice, number), ensure_ascii=dice.random() < 0.5)
             for number in range(1, count + 1)]
    with tempfile.TemporaryDirectory(prefix="pgmend-exact-", dir="/tmp") as at:
        os.chmod(at, 0o755)
        path = os.path.join(at, "records.ndjson")
        with open(path, "w") as file:
            file.writelines(line + "\n" for line in lines)
        failed = by_psql(cluster, db, f"{table}_twin", [dumps(first), *lines])
        rejected = by_pgmend(cluster, db, table, first, path)
    states = differences(rejected, failed)
    if states:
        key, mine, theirs = states[0]
        raise AssertionError(
            f"{len(states)} records end otherwise; record {key}: {mine} here,"
            f" {theirs} by psql: {lines[int(key) - 1]}")
    written = rows(cluster, db, f"{table}_twin")
    others = differences(rows(cluster, db, table), written)
    if others:
        key, mine, theirs = others[0]
        raise AssertionError(f"{len(others)} rows differ; row {key}:\n{mine}\n"
                             f"{theirs}\n{lines[int(key) - 1]}")
    equal(len(written) + len(failed), count + 1)
    return len(written), len(failed), sorted(set(failed.values()))


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    cluster = Cluster()
    make_roles(cluster)
    db = make_warehouse(cluster, "exact")
    start = time.perf_counter()
    written, failed, states = compare(cluster, db, count, seed)
    print(f"seed {seed}: {written:,} rows are equal, {failed:,} records failed"
          f" alike with {', '.join(states)}; {time.perf_counter() - start:.0f}"
          " seconds")


if __name__ == "__main__":
    main()
