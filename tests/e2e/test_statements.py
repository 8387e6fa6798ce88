"""Forms of statements and payloads: what is replayed is what the pipeline's own
statement would have written, and what can't be is refused, with nothing done.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import Cluster, equal, holds, main, pgmend, test  # noqa: E402
from pipeline import make_roles, make_warehouse  # noqa: E402

MISSING = {"sqlstate": "42703", "message": "a column is missing"}
COLUMNS = "id bigint PRIMARY KEY, customer text DEFAULT 'nobody', n integer"

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "statements")
tables = incidents = 0


def table(columns=COLUMNS, name=None):
    global tables
    tables += 1
    name = name or f"analytics.t{tables}"
    cluster.sql(f"SET ROLE orders_owner; CREATE TABLE {name} ({columns})",
                db=db)
    return name


def document(sql, payload, params=None, **members):
    global incidents
    incidents += 1
    statement = {"sql": sql}
    if params is not None:
        statement["params"] = params
    if isinstance(payload, list):
        members["payloads"] = payload
    elif payload is not None:
        members["payload"] = payload
    return {"pgmend_incident": 1, "id": f"s-{incidents}",
            "source": {"kind": "app", "name": "statements"},
            "error": MISSING, "statement": statement, **members}


def heal(incident, *options, text=None):
    return pgmend("heal", "--db", cluster.conninfo(db, "healer"), *options,
                  "-", stdin=text or json.dumps(incident))


def heals(sql, payload, params=None, expected=None, columns=COLUMNS,
          select="*", written=1):
    """With {t} for the table: healed, and the rows are as expected."""
    name = table(columns)
    done = heal(document(sql.format(t=name), payload, params))
    equal((done.status, done.json["reason_code"]), (0, "ok"), repr(done))
    equal(done.json["replay"], {"rows": written, "rejected": 0}, repr(done))
    equal(cluster.sql(f"SELECT {select} FROM {name} ORDER BY id", db=db),
          expected)
    return done


def is_refused(sql, payload, params=None, status=11, code=None,
               columns=COLUMNS, **members):
    name = table(columns)
    done = heal(document(sql.format(t=name), payload, params, **members))
    equal(done.status, status, repr(done))
    if code:
        equal(done.json["reason_code"], code, repr(done))
    equal(cluster.sql(f"SELECT count(*) FROM {name}", db=db), "0")
    equal(cluster.sql("SELECT count(*) FROM pg_attribute WHERE attnum > 0"
                      f" AND attrelid = '{name}'::regclass", db=db),
          str(columns.count(",") + 1))
    return done


# --- Placeholders and columns -------------------------------------------------

@test
def named_placeholders_in_both_forms():
    heals("INSERT INTO {t} (id, coupon) VALUES (%(id)s, %(coupon)s)",
          {"id": 1, "coupon": "a"}, expected="1|nobody||a")
    heals("INSERT INTO {t} (id, coupon) VALUES (:id, :coupon::text)",
          {"id": 1, "coupon": "a"}, expected="1|nobody||a")


@test
def no_column_list_means_the_first_columns():
    heals("INSERT INTO {t} VALUES ($1, $2)", {"id": 1, "who": "b"},
          ["id", "who"], "1|b|")


@test
def more_values_than_columns_without_names_is_refused():
    is_refused("INSERT INTO {t} VALUES ($1, $2, $3, $4)",
               {"a": 1, "b": 2, "c": 3, "d": 4}, list("abcd"),
               code="too_many_values")


@test
def same_parameter_twice_and_one_key_for_two():
    heals("INSERT INTO {t} (id, customer, coupon) VALUES ($1, $2, $2)",
          {"id": 7, "c": "x"}, ["id", "c"], "7|x||x")
    heals("INSERT INTO {t} (id, n, coupon) VALUES ($1, $2, $3)",
          {"id": 7, "c": "x"}, ["id", "id", "c"], "7|nobody|7|x")


@test
def params_longer_than_the_statement_are_no_matter():
    heals("INSERT INTO {t} (id, coupon) VALUES ($1, $2)",
          {"id": 7, "c": "x", "d": 1}, ["id", "c", "d"], "7|nobody||x")


@test
def params_shorter_than_the_statement_are_a_bad_incident():
    is_refused("INSERT INTO {t} (id, coupon) VALUES ($1, $2)", {"id": 7},
               ["id"], 13, "params_missing")
    is_refused("INSERT INTO {t} (id, coupon) VALUES ($1, $2)", {"id": 7},
               None, 13, "params_missing")
    is_refused("INSERT INTO {t} (id, coupon) VALUES ($1, $2)", None,
               ["id", "c"], 13, "payload_missing")


@test
def parameter_that_is_not_used_is_refused():
    is_refused("INSERT INTO {t} (id, coupon) VALUES ($1, $3)",
               {"id": 7, "c": "x"}, ["id", "id", "c"], code="F05")


@test
def default_drops_out_and_constants_stay():
    heals("INSERT INTO {t} (id, customer, n, coupon)"
          " VALUES ($1, DEFAULT, 5, $2)", {"id": 1, "c": "x"}, ["id", "c"],
          "1|nobody|5|x")
    is_refused("INSERT INTO {t} (id, customer, coupon) VALUES"
               " ($1, DEFAULT, $2), (2, 'a', $2)", {"id": 1, "c": "x"},
               ["id", "c"], code="F05")


@test
def rows_of_values_are_all_written():
    heals("INSERT INTO {t} (id, customer, coupon)"
          " VALUES ($1, 'a', $2), (2, NULL, $2), (3, $2, NULL)",
          {"id": 1, "c": "x"}, ["id", "c"], "1|a||x\n2|||x\n3|x||", written=3)
    heals("INSERT INTO {t} (id, customer, coupon)"
          " VALUES ($1, 5, $2), (2, 'a', $2)",
          {"id": 1, "c": "x"}, ["id", "c"], "1|5||x\n2|a||x", written=2)


@test
def constants_of_other_types_are_assigned_row_by_row():
    heals("INSERT INTO {t} (id, n, coupon) VALUES ($1, 1.5, $2), (2, $1, $2)",
          {"id": 1, "c": "x"}, ["id", "c"],
          "1|nobody|2|x\n2|nobody|1|x", written=2)


@test
def constants_are_read_as_the_server_reads_them():
    heals("INSERT INTO {t} (id, customer, coupon) VALUES"
          " (-5, $q$it's$q$, $1); -- the end", {"c": "x"}, ["c"], "-5|it's|x",
          select="id, customer, coupon")
    heals("INSERT /* $9 :a */ INTO {t} (id, customer, coupon) VALUES"
          " ($1, 'a' 'b', $2)".replace("' '", "'\n'"),
          {"id": 1, "c": "x"}, ["id", "c"], "ab|x",
          select="customer, coupon")


@test
def constants_whose_meaning_a_setting_decides_are_refused():
    for constant in ["'a\\b'", "E'a\\'b'", "U&'\\00e9'", "B'101'"]:
        is_refused("INSERT INTO {t} (id, customer) VALUES ($1, "
                   + constant + ")", {"id": 1}, ["id"])


@test
def casts_are_kept():
    heals("INSERT INTO {t} (id, n, customer, coupon)"
          " VALUES ($1::int, CAST($2 AS numeric), $3::varchar(2), $4)",
          {"id": "1", "n": "2.7", "w": "abcdef", "c": "x"},
          ["id", "n", "w", "c"], "1|ab|3|x")


@test
def conflict_that_does_nothing_writes_no_row():
    name = table()
    cluster.sql(f"INSERT INTO {name} (id, customer) VALUES (1, 'old')", db=db)
    done = heal(document(f"INSERT INTO {name} (id, customer, coupon)"
                         " VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
                         [{"id": 1, "w": "new", "c": "x"},
                          {"id": 2, "w": "new", "c": "x"}], ["id", "w", "c"]))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(done.json["replay"]["rows"], 1, repr(done))
    equal(cluster.sql(f"SELECT * FROM {name} ORDER BY id", db=db),
          "1|old||\n2|new||x")


@test
def conflict_that_updates_asks_a_person():
    for arbiter in ["(id)", "ON CONSTRAINT t_pkey"]:
        is_refused("INSERT INTO {t} (id, coupon) VALUES ($1, $2) ON CONFLICT "
                   + arbiter + " DO UPDATE SET n = EXCLUDED.n",
                   {"id": 1, "c": "x"}, ["id", "c"], 10)


@test
def statements_that_are_more_than_values_are_refused():
    for sql in ["INSERT INTO {t} (id, coupon) SELECT $1, $2",
                "INSERT INTO {t} (id) OVERRIDING SYSTEM VALUE VALUES ($1)",
                "INSERT INTO {t} DEFAULT VALUES",
                "INSERT INTO {t} AS x (id, coupon) VALUES ($1, $2) ON CONFLICT"
                " (id) DO UPDATE SET n = x.n",
                "INSERT INTO {t} (id, coupon) VALUES ($1, $2) ON CONFLICT (id)"
                " DO UPDATE SET n = 1 WHERE true",
                "INSERT INTO {t} (id, coupon) VALUES ($1, $2) RETURNING"
                " pg_sleep(1)",
                "COPY {t} FROM STDIN", "DELETE FROM {t}",
                "INSERT INTO {t} (id, coupon) VALUES ($1, current_user)",
                "INSERT INTO {t} (id, coupon) VALUES ($1, $2 || 'x')"]:
        is_refused(sql, {"id": 1, "c": "x"}, ["id", "c"])


@test
def update_with_a_parameter_is_refused():
    name = table()
    done = heal(document(f"INSERT INTO {name} (id, coupon) VALUES ($1, $2)"
                         " ON CONFLICT (id) DO UPDATE SET customer = $2",
                         {"id": 1, "c": "x"}, ["id", "c"]))
    holds(done.status in (10, 11), done)
    equal(cluster.sql(f"SELECT count(*) FROM {name}", db=db), "0")


# --- Keys ---------------------------------------------------------------------

@test
def keys_may_be_any_name():
    for key in ["r", "ordinality", "select", 'qu"ote', "it's", "a.b", "ключ",
                "🙂", "with space", "$1", "$$", "ctid", "tableoid", "\\x",
                "line\nbreak", "%(id)s", "--", "/*", "x" * 63]:
        heals("INSERT INTO {t} (id, coupon) VALUES ($1, $2)",
              {"id": 1, key: "v"}, ["id", key], "1|nobody||v")


@test
def columns_may_be_called_like_the_record():
    heals('INSERT INTO {t} (id, r, "R", "select") VALUES ($1, $2, $3, $4)',
          {"id": 1, "r": "a", "R": "b", "s": "c"}, ["id", "r", "R", "s"],
          "1|nobody||c|a|b",
          columns=COLUMNS + ', "select" text, r text, "R" text')


@test
def long_keys_and_the_empty_one_are_refused():
    for key in ["x" * 64, "ü" * 32, ""]:
        is_refused("INSERT INTO {t} (id, coupon) VALUES ($1, $2)",
                   {"id": 1, key: "v"}, ["id", key], code="F11")


@test
def column_names_that_the_parser_would_cut_are_refused():
    is_refused('INSERT INTO {t} (id, ' + "x" * 64 + ") VALUES ($1, $2)",
               {"id": 1, "c": "v"}, ["id", "c"])
    is_refused('INSERT INTO {t} (id, "' + "ü" * 32 + '") VALUES ($1, $2)',
               {"id": 1, "c": "v"}, ["id", "c"])


@test
def keys_that_are_one_key_in_two_spellings_are_a_bad_incident():
    name = table()
    text = json.dumps(document(f"INSERT INTO {name} (id, coupon)"
                               " VALUES ($1, $2)", {"id": 1, "c": "v"},
                               ["id", "c"]))
    done = heal(None, text=text.replace('"c": "v"',
                                        '"c": "v", "\\u0063": "w"'))
    equal((done.status, done.json["outcome"]), (13, "error"), repr(done))


@test
def keys_that_are_equal_once_cut_are_refused():
    is_refused("INSERT INTO {t} (id, n, coupon) VALUES ($1, $2, $3)",
               {"id": 1, "x" * 64 + "1": 1, "x" * 64 + "2": "v"},
               ["id", "x" * 64 + "1", "x" * 64 + "2"], code="F11")


@test
def refused_key_is_no_answer_for_others_of_the_drift():
    name = table()
    sql = f"INSERT INTO {name} (id, coupon) VALUES ($1, $2)"
    long = "x" * 64
    done = heal(document(sql, {"id": 1, long: "v"}, ["id", long]))
    equal((done.status, done.json["reason_code"]), (11, "F11"), repr(done))
    done = heal(document(sql, {"id": 1, "c": "v"}, ["id", "c"]))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))


@test
def escalated_update_is_no_answer_for_a_plain_insert():
    name = table()
    sql = f"INSERT INTO {name} (id, coupon) VALUES ($1, $2)"
    done = heal(document(sql + " ON CONFLICT (id) DO UPDATE SET n = 1",
                         {"id": 1, "c": "v"}, ["id", "c"]))
    equal(done.status, 10, repr(done))
    done = heal(document(sql, {"id": 1, "c": "v"}, ["id", "c"]))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))


@test
def column_with_a_line_break_is_another_drift():
    name = table()
    done = heal(document(
        f'INSERT INTO {name} (id, "coupon:string\ngift") VALUES ($1, $2)',
        {"id": 1, "c": "v"}, ["id", "c"]))
    holds(done.status in (10, 11), done)
    other = heal(document(
        f"INSERT INTO {name} (id, coupon, gift) VALUES ($1, $2, $3)",
        {"id": 1, "c": "v", "g": "w"}, ["id", "c", "g"]))
    equal((other.status, other.json["outcome"]), (0, "healed"), repr(other))
    holds(other.json["fingerprint"] != done.json["fingerprint"], other)


# --- Values -------------------------------------------------------------------

@test
def values_are_only_values():
    for value in ["'); DROP TABLE analytics.orders; --", "$1", "\\", "%s", "",
                  " ", "NULL", "{}", "\u2028", "a\tb\nc", "🙂" * 500]:
        name = table()
        done = heal(document(f"INSERT INTO {name} (id, coupon)"
                             " VALUES ($1, $2)", {"id": 1, "c": value},
                             ["id", "c"]))
        equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
        equal(json.loads(cluster.sql(f"SELECT to_json(coupon) FROM {name}",
                                     db=db)), value)


@test
def null_character_is_a_bad_incident():
    name = table()
    text = json.dumps(document(f"INSERT INTO {name} (id, coupon)"
                               " VALUES ($1, $2)", {"id": 1, "c": "a@b"},
                               ["id", "c"]))
    done = heal(None, text=text.replace("a@b", "a\\u0000b"))
    equal((done.status, done.json["outcome"]), (13, "error"), repr(done))
    done = heal(None, text=text.replace("a@b", "\\ud800"))
    equal((done.status, done.json["outcome"]), (13, "error"), repr(done))


@test
def value_that_is_missing_is_null():
    heals("INSERT INTO {t} (id, n, coupon) VALUES ($1, $2, $3)",
          [{"id": 1, "c": "x"}, {"id": 2, "n": None, "c": "y"}],
          ["id", "n", "c"], "1|nobody||x\n2|nobody||y", written=2)


@test
def value_of_the_payload_in_the_statement_stays_there():
    done = heals("INSERT INTO {t} (id, coupon) VALUES ($1, $2)",
                 {"id": 1, "coupon": "coupon"}, ["id", "coupon"],
                 "1|nobody||coupon")
    holds("coupon pg_catalog.text" in done.json["plan"]["actions"][0]["sql"], done)


@test
def thousand_records_are_one_heal():
    name = table()
    payloads = [{"id": i, "c": f"coupon {i}"} for i in range(1000)]
    done = heal(document(f"INSERT INTO {name} (id, coupon) VALUES ($1, $2)",
                         payloads, ["id", "c"]))
    equal((done.status, done.json["replay"]["rows"]), (0, 1000), repr(done))
    equal(cluster.sql(f"SELECT count(DISTINCT coupon) FROM {name}", db=db),
          "1000")


@test
def payload_of_two_hundred_kilobytes():
    name = table()
    done = heal(document(f"INSERT INTO {name} (id, coupon) VALUES ($1, $2)",
                         {"id": 1, "c": "x" * 200000}, ["id", "c"]))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(cluster.sql(f"SELECT length(coupon) FROM {name}", db=db), "200000")


@test
def statement_with_very_many_columns():
    count = 1100
    names = [f"c{i}" for i in range(count)]
    columns = "id bigint PRIMARY KEY, " + ", ".join(f"{n} int" for n in names)
    name = table(columns)
    params = ["id"] + names + ["coupon"]
    places = ", ".join(f"${i + 1}" for i in range(len(params)))
    payload = dict({"id": 1, "coupon": "x"},
                   **{n: i for i, n in enumerate(names)})
    done = heal(document(f"INSERT INTO {name} ({', '.join(params)})"
                         f" VALUES ({places})", payload, params))
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(cluster.sql(f"SELECT c0, c1099, coupon FROM {name}", db=db),
          "0|1099|x")


@test
def table_that_is_nearly_full_asks_a_person():
    columns = "id bigint PRIMARY KEY, " + ", ".join(
        f"c{i} int" for i in range(1300))
    is_refused("INSERT INTO {t} (id, coupon) VALUES ($1, $2)",
               {"id": 1, "c": "x"}, ["id", "c"], 10, columns=columns)


# --- Tables -------------------------------------------------------------------

@test
def strange_tables_heal():
    for kind in ["UNLOGGED TABLE {t} (id bigint)",
                 "TABLE {t} (id bigint, twice bigint GENERATED ALWAYS AS"
                 " (id * 2) STORED)",
                 "TABLE {t} (id bigint, no bigint GENERATED ALWAYS AS"
                 " IDENTITY)",
                 "TABLE {t} (id bigint, gone int);"
                 "ALTER TABLE {t} DROP COLUMN gone",
                 "TABLE {t} (id bigint) PARTITION BY HASH (id);"
                 "CREATE TABLE {t}_a PARTITION OF {t} FOR VALUES WITH"
                 " (MODULUS 2, REMAINDER 0) PARTITION BY LIST (id);"
                 "CREATE TABLE {t}_c PARTITION OF {t}_a DEFAULT;"
                 "CREATE TABLE {t}_b PARTITION OF {t} FOR VALUES WITH"
                 " (MODULUS 2, REMAINDER 1)"]:
        global tables
        tables += 1
        name = f"analytics.t{tables}"
        cluster.sql("SET ROLE orders_owner; CREATE " + kind.format(t=name),
                    db=db)
        done = heal(document(f"INSERT INTO {name} (id, coupon)"
                             " VALUES ($1, $2)",
                             [{"id": i, "c": "x"} for i in range(5)],
                             ["id", "c"]))
        equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
        equal(cluster.sql(f"SELECT sum(id), min(coupon) FROM {name}", db=db),
              "10|x")


@test
def name_that_needs_quotes_asks_a_person_and_is_only_a_name():
    for name in ['analytics."Orders"', 'analytics."a.b"', 'analytics."a""b"',
                 'analytics."x; DROP TABLE orders"', 'analytics."select"']:
        table(name=name)
        done = heal(document(f"INSERT INTO {name} (id, coupon)"
                             " VALUES ($1, $2)", {"id": 1, "c": "x"},
                             ["id", "c"]))
        holds(done.status in (0, 10), done)
        equal(cluster.sql(f"SELECT count(*) FROM {name}", db=db),
              "1" if done.status == 0 else "0")


@test
def views_and_other_relations_are_no_table():
    cluster.sql("SET ROLE orders_owner;"
                "CREATE VIEW analytics.v AS SELECT 1 AS id;"
                "CREATE MATERIALIZED VIEW analytics.m AS SELECT 1 AS id;"
                "CREATE SEQUENCE analytics.s", db=db)
    for name, code in [("v", "not_a_table"), ("m", "not_a_table"),
                       ("s", "not_a_table"), ("none", "no_such_table")]:
        done = heal(document(f"INSERT INTO analytics.{name} (id, coupon)"
                             " VALUES ($1, $2)", {"id": 1, "c": "x"},
                             ["id", "c"]))
        equal((done.status, done.json["reason_code"]), (11, code), repr(done))


@test
def system_catalogues_are_no_target():
    for sql, schema in [("pg_catalog.pg_description (objoid)", None),
                        ("pg_description (objoid)", "pg_catalog"),
                        ("pg_temp.x (id)", None),
                        ("information_schema.sql_features (feature_id)",
                         None)]:
        incident = document(f"INSERT INTO {sql} VALUES ($1)", {"a": 1}, ["a"])
        if schema:
            incident["error"] = dict(MISSING, schema=schema)
        done = heal(incident)
        equal((done.status, done.json["reason_code"]), (11, "F06"),
              repr(done))


@test
def trigger_that_takes_the_row_is_not_called_written():
    name = table()
    cluster.sql(f"""
        SET ROLE orders_owner;
        CREATE FUNCTION analytics.take() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN RETURN NULL; END$$;
        CREATE TRIGGER t BEFORE INSERT ON {name}
           FOR EACH ROW EXECUTE FUNCTION analytics.take()""", db=db)
    done = heal(document(f"INSERT INTO {name} (id, coupon) VALUES ($1, $2)",
                         {"id": 1, "c": "x"}, ["id", "c"]))
    equal((done.status, done.json["reason_code"]), (20, "rows_differ"),
          repr(done))
    equal(cluster.sql("SELECT count(*) FROM pg_attribute WHERE attname ="
                      f" 'coupon' AND attrelid = '{name}'::regclass", db=db),
          "0")


# --- Once ---------------------------------------------------------------------

@test
def one_message_for_two_tables_is_not_lost():
    first, second = table(), table()
    incident = document(f"INSERT INTO {first} (id, coupon) VALUES ($1, $2)",
                        {"id": 1, "c": "x"}, ["id", "c"])
    equal(heal(incident).status, 0)
    incident["statement"]["sql"] = incident["statement"]["sql"].replace(
        first, second)
    done = heal(incident)
    equal((done.status, done.json["reason_code"]), (13, "id_reused"),
          repr(done))
    equal(cluster.sql(f"SELECT count(*) FROM {second}", db=db), "0")


@test
def constants_under_one_id_are_not_lost():
    name = table()
    incident = document(f"INSERT INTO {name} (id, customer) VALUES (1, 'a')",
                        {})
    done = heal(incident)
    equal((done.status, done.json["outcome"]), (0, "already_healed"),
          repr(done))
    equal(heal(incident).json["reason_code"], "already_replayed")
    incident["statement"]["sql"] = incident["statement"]["sql"].replace(
        "(1, 'a')", "(2, 'b')")
    done = heal(incident)
    equal((done.status, done.json["reason_code"]), (13, "id_reused"),
          repr(done))
    equal(cluster.sql(f"SELECT id FROM {name}", db=db), "1")


@test
def chain_verifies_after_all_of_it():
    done = pgmend("audit", "verify", "--db", cluster.conninfo(db, "healer"))
    equal(done.status, 0, repr(done))


main()
