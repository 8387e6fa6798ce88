"""The builtin planner on tables of every class: what it is sure of heals with
the right value under default.policy; what it isn't sure of writes nothing.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from claude_server import ClaudeServer, tool, turn  # noqa: E402
from harness import (Cluster, equal, holds, main, pgmend, test,  # noqa: E402
                     test_within)
from pipeline import (incident, load, make_roles, make_warehouse)  # noqa: E402

cluster = Cluster()
make_roles(cluster)
db = make_warehouse(cluster, "builtin")
numbers = 0


def table(columns, *more):
    """A fresh table that the loader may write to; in what follows it, $t stands
    for its name without the schema."""
    global numbers
    numbers += 1
    name = f"tab{numbers}"
    text = ";".join([f"CREATE TABLE $t ({columns})", *more])
    text = text.replace("$$", "$body$")
    cluster.sql("SET ROLE orders_owner; SET search_path = analytics;"
                + text.replace("$t", name)
                + f"; GRANT INSERT ON {name} TO orders_loader", db=db)
    return name


def partitioned(columns, by, *partitions):
    """The same, with its partitions as (end of the name, bound)."""
    global numbers
    numbers += 1
    name = f"tab{numbers}"
    made = [f"CREATE TABLE {name} ({columns}) PARTITION BY {by}"]
    made += [f"CREATE TABLE {name}_{end} PARTITION OF {name} {bound}"
             for end, bound in partitions]
    cluster.sql("SET ROLE orders_owner; SET search_path = analytics;"
                + ";".join(made)
                + f"; GRANT INSERT ON {name} TO orders_loader", db=db)
    return name


def heal(name, *payloads, options=()):
    failure = load(cluster, db, f"analytics.{name}", payloads[0])
    holds(failure is not None, "the write works")
    document = incident(f"b-{name}", f"analytics.{name}", payloads[0], failure)
    if len(payloads) > 1:
        del document["payload"]
        document["payloads"] = list(payloads)
    return pgmend("heal", "--planner", "builtin", "--db",
                  cluster.conninfo(db, "healer"), *options, "-",
                  stdin=json.dumps(document))


def rows(name, columns="*"):
    return cluster.sql(f"SELECT {columns} FROM analytics.{name} ORDER BY 1",
                       db=db)


def heals(name, payloads, columns, expected, options=()):
    done = heal(name, *payloads, options=options)
    equal(done.status, 0, repr(done))
    equal(rows(name, columns), expected)
    return done


def leaves(name, payloads, status, reason="", options=()):
    """Nothing is written, and the table stays as it is."""
    before = cluster.sql(f"SELECT pg_get_expr(relpartbound, oid), relnatts"
                         f" FROM pg_class WHERE relname ~ '^{name}'", db=db)
    done = heal(name, *payloads, options=options)
    equal(done.status, status, repr(done))
    holds(reason in repr(done), repr(done))
    equal(rows(name), "")
    equal(cluster.sql(f"SELECT pg_get_expr(relpartbound, oid), relnatts"
                      f" FROM pg_class WHERE relname ~ '^{name}'", db=db),
          before)
    return done


@test
def a_key_in_another_spelling_goes_to_its_column():
    done = heals(table("id int, user_name text"),
                 [{"id": 1, "userName": "Zoë"}], "*", "1|Zoë")
    holds("user_name" in done.json["statement"], repr(done))
    name = table("id int, status text")
    heals(name, [{"id": 1, f"{name}_status": "new"}], "*", "1|new")


@test
def a_name_that_only_resembles_one_is_left_to_a_person():
    leaves(table("id int, note text"), [{"id": 1, "notes": "x"}], 11,
           "notes may be the column note")
    leaves(table("id int, user_name text, username text"),
           [{"id": 1, "userName": "x"}], 11, "under another name")
    leaves(table("id int, user_name int"), [{"id": 1, "userName": "x"}], 11,
           "under another name")


@test
def a_text_that_is_too_long_gets_a_longer_column():
    name = table("id int, code varchar(8), note varchar(4)")
    heals(name, [{"id": 1, "code": "ABCDEFGHIJ", "note": "12345"}], "*",
          "1|ABCDEFGHIJ|12345")
    equal(cluster.sql("SELECT string_agg(format_type(atttypid, atttypmod), ','"
                      " ORDER BY attnum) FROM pg_attribute WHERE attnum > 0"
                      f" AND attrelid = 'analytics.{name}'::regclass", db=db),
          "integer,character varying(16),character varying(16)")


@test
def a_column_that_a_view_shows_is_advice():
    name = table("id int, code varchar(8)",
                 "CREATE VIEW $t_v AS SELECT code FROM $t")
    done = leaves(name, [{"id": 1, "code": "ABCDEFGHIJ"}], 10)
    holds(f"analytics.{name}_v" in done.json["plan"]["advice"][0], repr(done))
    equal(done.json["plan"]["actions"], [])


@test
def a_fraction_for_an_integer_asks_for_numeric():
    done = leaves(table("id int, amount int"), [{"id": 1, "amount": 1.5}], 10)
    holds("TYPE numeric" in done.json["plan"]["actions"][0]["sql"],
          repr(done))


@test
def an_epoch_fed_iso_8601_goes_through_a_transform():
    name = table("id int, at bigint",
                 "INSERT INTO $t SELECT i, 1700000000 + i"
                 " FROM generate_series(1, 300) i")
    cluster.sql(f"ANALYZE analytics.{name}; DELETE FROM analytics.{name}",
                db=db)
    heals(name, [{"id": 1, "at": "2026-11-24T18:04:11Z"}], "*",
          "1|1795543451")
    # Another size of number, or none: what it counts isn't known.
    leaves(table("id int, at bigint"),
           [{"id": 1, "at": "2026-11-24T18:04:11Z"}], 11)


@test
def a_timestamp_fed_an_epoch_goes_through_a_transform():
    heals(table("id int, at timestamptz"), [{"id": 1, "at": 1795543451123}],
          "id, at AT TIME ZONE 'UTC'", "1|2026-11-24 18:04:11.123")


@test
def a_day_and_an_hour_in_one_number_are_no_epoch():
    for value in (202611241804, 2611241804, "261124180411", 99999999999):
        leaves(table("id int, at timestamptz"), [{"id": 1, "at": value}], 11)
    # Nor is what a column holds that has as many digits.
    name = table("id int, at bigint", "INSERT INTO $t SELECT i, 2611240000 + i"
                 " FROM generate_series(1, 300) i")
    cluster.sql(f"ANALYZE analytics.{name}; DELETE FROM analytics.{name}",
                db=db)
    leaves(name, [{"id": 1, "at": "2026-11-24T18:04:11Z"}], 11)


@test
def a_document_gets_a_column_beside_the_old_one():
    heals(table("id int, size int"), [{"id": 1, "size": {"w": 1.5}}],
          "id, size, size_json", '1||{"w": 1.5}')
    heals(table("id int, size int"), [{"id": 1, "size": [1, 2]}],
          "id, size, size_list", '1||{1,2}')
    heals(table("id int, tags text[]"), [{"id": 1, "tags": "a b"}],
          "*", '1|{"a b"}')


MOOD = "CREATE TYPE $t_mood AS ENUM ('sad', 'ok'); ALTER TABLE $t ADD m $t_mood"


@test
def a_new_label_heals_when_three_records_have_it():
    three = [{"id": i, "m": "happy"} for i in (1, 2, 3)]
    heals(table("id int", MOOD), three, "*", "1|happy\n2|happy\n3|happy")
    leaves(table("id int", MOOD), three[:1], 10)
    leaves(table("id int", MOOD),
           [dict(one, m="SAD") for one in three], 11, "another spelling")


@test
def two_new_labels_heal_together():
    cluster.sql("SET ROLE orders_owner; CREATE TYPE analytics.size AS"
                " ENUM ('m')", db=db)
    heals(table("id int, s analytics.size"),
          [{"id": number, "s": "sl"[number % 2]} for number in range(6)],
          "*", "0|s\n1|l\n2|s\n3|l\n4|s\n5|l")
    equal(cluster.sql("SELECT enum_range(NULL::analytics.size)", db=db),
          "{m,s,l}")


@test
def three_records_with_a_label_each_make_none_of_them():
    cluster.sql("SET ROLE orders_owner; CREATE TYPE analytics.mood AS"
                " ENUM ('good')", db=db)
    name = table("id int, m analytics.mood")
    for number, label in enumerate(["one", "two", "three", "four"]):
        done = heal(name, {"id": number, "m": label})
        equal(done.status, 10, repr(done))
        holds(label in repr(done.json["plan"]), repr(done))
    equal(cluster.sql("SELECT enum_range(NULL::analytics.mood)", db=db),
          "{good}")


@test
def a_name_that_is_withheld_makes_no_column():
    leaves(table("id int"), [{"id": 1, "jane.doe@example.com": "x"}], 11,
           "withheld")


@test
def a_field_no_longer_sent_may_be_null_when_three_records_lack_it():
    name = table("id int, note text, qty int NOT NULL")
    heals(name, [{"id": i, "note": "x"} for i in (1, 2, 3)], "*",
          "1|x|\n2|x|\n3|x|")
    parted = partitioned("id int, qty int NOT NULL", "RANGE (id)",
                         ("0", "FOR VALUES FROM (0) TO (100)"))
    heals(parted, [{"id": i} for i in (1, 2, 3)], "*", "1|\n2|\n3|")


@test
def what_a_trigger_may_fill_in_keeps_its_not_null():
    name = table("id int, maker text NOT NULL",
                 "CREATE FUNCTION $t_f() RETURNS trigger LANGUAGE plpgsql AS"
                 " $$BEGIN NEW.maker := 'me'; RETURN NEW; END$$",
                 "CREATE TRIGGER fill BEFORE INSERT ON $t FOR EACH ROW"
                 " EXECUTE FUNCTION $t_f()")
    done = heal(name, {"id": 1, "gift": True})
    equal([one["op"] for one in done.json["plan"]["actions"]],
          ["add_column"], repr(done))


@test
def digits_that_are_no_number_stay_text():
    heals(table("id int"), [{"id": 1, "zip": "10115", "phone": "+4930",
                             "ref": "007", "total": "12.50"}],
          "zip, phone, ref, total", "10115|+4930|007|12.50")


@test
def what_the_policy_withholds_makes_no_label():
    three = [{"id": i, "m": "ada@example.com"} for i in (1, 2, 3)]
    leaves(table("id int", MOOD), three, 11)


RANGES = [
    # The key's type, its partitions, a value, the new one's name and bound.
    ("date", [("2024", "('2024-01-01') TO ('2025-01-01')")], "2027-03-05",
     "2027", "('2027-01-01') TO ('2028-01-01')"),
    ("date", [("2024_01", "('2024-01-01') TO ('2024-02-01')"),
              ("2024_02", "('2024-02-01') TO ('2024-03-01')")], "2024-12-31",
     "2024_12", "('2024-12-01') TO ('2025-01-01')"),
    ("timestamptz", [("20240229", "('2024-02-29') TO ('2024-03-01')")],
     "2024-03-01T00:30:00-01:00", "20240301",
     "('2024-03-01 00:00:00+00') TO ('2024-03-02 00:00:00+00')"),
    ("timestamp", [("2024_q1", "('2024-01-01') TO ('2024-04-01')")],
     "2023-11-05T10:00:00", "2023_q4",
     "('2023-10-01 00:00:00') TO ('2024-01-01 00:00:00')"),
    ("date", [("2024_01_01", "('2024-01-01') TO ('2024-01-08')")],
     "2024-01-15", "2024_01_15", "('2024-01-15') TO ('2024-01-22')"),
    ("bigint", [("0", "(0) TO (1000)"), ("1000", "(1000) TO (2000)")], 5999,
     "5000", "('5000') TO ('6000')"),
]


@test_within(120)
def a_partition_is_cut_as_its_siblings_are():
    for key, siblings, value, end, bound in RANGES:
        name = partitioned(f"id int, k {key}", "RANGE (k)", *[
            (one, f"FOR VALUES FROM {cut}") for one, cut in siblings])
        done = heal(name, {"id": 1, "k": value})
        equal(done.status, 0, f"{key} {value}: {done}")
        equal(cluster.sql(
            "SET TimeZone = 'UTC'; SELECT pg_get_expr(c.relpartbound, c.oid)"
            f" FROM pg_class c JOIN analytics.{name} t ON t.tableoid = c.oid"
            f" WHERE c.relname = '{name}_{end}'", db=db),
            f"FOR VALUES FROM {bound}")


@test
def a_partition_of_a_list_or_a_hash_is_made():
    heals(partitioned("id int, r text", "LIST (r)",
                      ("eu", "FOR VALUES IN ('eu')")),
          [{"id": i, "r": "us-east"} for i in (1, 2, 3)], "id, r",
          "1|us-east\n2|us-east\n3|us-east")
    name = partitioned("id int", "HASH (id)",
                       ("0", "FOR VALUES WITH (MODULUS 3, REMAINDER 0)"))
    lost = next(i for i in range(20, 60) if load(
        cluster, db, f"analytics.{name}", {"id": i}) is not None)
    done = heal(name, {"id": lost})
    equal(done.status, 0, repr(done))
    equal(cluster.sql("SELECT count(*) FROM pg_inherits WHERE inhparent ="
                      f" 'analytics.{name}'::regclass", db=db), "3")


SELDOM_ASKS = """pgmend-policy 1
layer org
default deny
allow replay, create_partition on *.* as all
escalate create_partition on *.* as seldom {
    when partition.strategy = list and incident.witnesses < 3
}
"""


@test
def policy_may_want_witnesses_for_a_value_of_a_list():
    def regions():
        return partitioned("id int, r text", "LIST (r)",
                           ("eu", "FOR VALUES IN ('eu')"),
                           ("us", "FOR VALUES IN ('us')"))

    with tempfile.NamedTemporaryFile("w", suffix=".policy") as file:
        file.write(SELDOM_ASKS)
        file.flush()
        asks = ("--policy", file.name)
        leaves(regions(), [{"id": 1, "r": "garbage"}], 10, options=asks)
        # Neither good records nor other garbage bear witness to it.
        leaves(regions(), [{"id": 1, "r": "garbage"}]
               + [{"id": i, "r": "eu"} for i in range(2, 9)], 10, options=asks)
        leaves(regions(), [{"id": i, "r": f"garbage{i}"} for i in range(4)],
               10, options=asks)
        name = regions()
        for number in (1, 2):
            leaves(name, [{"id": number, "r": "apac"}], 10, options=asks)
        heals(name, [{"id": 3, "r": "apac"}], "*", "3|apac", options=asks)


@test
def one_odd_record_among_good_ones_changes_nothing():
    good = [{"id": i, "m": "ok"} for i in range(2, 9)]
    leaves(table("id int", MOOD), [{"id": 1, "m": "happy"}, *good], 10)
    leaves(table("id int, m text NOT NULL"), [{"id": 1, "m": None}, *good], 10)
    # Each of the labels has one record.
    leaves(table("id int", MOOD),
           [{"id": i, "m": label} for i, label in
            enumerate(["glad", "wild", "calm"])], 10)


@test
def a_number_beyond_every_limit_keeps_the_limit():
    for number in (10**40, 1e40, "1e9", 10**38):
        leaves(table("id int, price numeric(6,2)"),
               [{"id": 1, "price": number}], 11, "no limit surely holds")
    heals(table("id int, price numeric(6,2)"), [{"id": 1, "price": 12345.67}],
          "*", "1|12345.67")


@test
def reserved_words_are_names_like_others():
    def heal_words(name, *words):
        payload = {"id": 1, **{word: word[0] for word in words}}
        document = incident(f"b-{name}", f"analytics.{name}", payload,
                            ("42703", 'column "if" does not exist'))
        document["statement"]["sql"] = (
            f"INSERT INTO analytics.{name} (id, "
            + ", ".join(f'"{word}"' for word in words) + ") VALUES ("
            + ", ".join(f"${i + 1}" for i in range(len(payload))) + ")")
        return pgmend("heal", "--planner", "builtin", "--db",
                      cluster.conninfo(db, "healer"), "-",
                      stdin=json.dumps(document))

    name = table("id int")
    done = heal_words(name, "if", "select", "table", "user", "end", "order")
    equal((done.status, done.json["outcome"]), (0, "healed"), repr(done))
    equal(rows(name), "1|i|s|t|u|e|o")
    # What no name needs is code, or wants to be taken for it.
    done = heal_words(table("id int"), "x); drop table y")
    equal((done.status, done.json["reason_code"]), (11, "F11"), repr(done))


@test
def first_in_line_it_sees_values_that_no_model_is_shown():
    three = [{"id": i, "m": "melancholy"} for i in (1, 2, 3)]
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as policy, \
            ClaudeServer([turn(tool("give_up", reason="unclear"))]) as server:
        policy.write("pgmend-policy 1\nlayer org\ndefault deny\n"
                     "allow replay, add_enum_value on *.* as all\n"
                     "model {\n    planner builtin-first\n}\n")
        policy.flush()
        os.chmod(policy.name, 0o644)

        def heal_first(name):
            document = incident(f"b-{name}", f"analytics.{name}", three[0],
                                load(cluster, db, f"analytics.{name}",
                                     three[0]))
            del document["payload"]
            document["payloads"] = three
            return pgmend("heal", "--policy", policy.name, "--db",
                          cluster.conninfo(db, "healer"), "-",
                          stdin=json.dumps(document),
                          env=server.environment())

        name = table("id int", MOOD)
        done = heal_first(name)
        equal((done.status, done.json["model"]["planner"]), (0, "builtin"),
              repr(done))
        equal(rows(name, "m"), "melancholy\nmelancholy\nmelancholy")
        equal(len(server.requests), 0)
        # Another spelling of a label it leaves to Claude, with shapes alone.
        done = heal_first(table("id int", MOOD.replace("'sad'",
                                                       "'MELANCHOLY'")))
        equal((done.status, done.json["model"]["planner"]), (11, "claude"),
              repr(done))
        equal(len(server.requests), 1)
        holds(b"melancholy" not in server.requests[0].raw,
              "a value was told")


@test
def bounds_that_siblings_do_not_tell_are_left_to_a_person():
    mixed = partitioned("id int, k date", "RANGE (k)",
                        ("2024", "FOR VALUES FROM ('2024-01-01') TO"
                         " ('2025-01-01')"),
                        ("2025_01", "FOR VALUES FROM ('2025-01-01') TO"
                         " ('2025-02-01')"))
    leaves(mixed, [{"id": 1, "k": "2027-01-01"}], 11, "siblings")
    yearly = partitioned("id int, k date", "RANGE (k)",
                         ("2025", "FOR VALUES FROM ('2025-01-01') TO"
                          " ('2026-01-01')"))
    for value in ["1970-01-01", "2000-01-01", "2099-12-31"]:
        leaves(yearly, [{"id": 1, "k": value}], 11, "siblings")
    several = partitioned("id int, r text", "LIST (r)",
                          ("west", "FOR VALUES IN ('fr', 'es')"))
    leaves(several, [{"id": 1, "r": "pl"}], 11, "siblings")


@test
def an_identity_that_is_written_asks_to_leave_it_out():
    done = leaves(table("id int GENERATED ALWAYS AS IDENTITY, note text"),
                  [{"id": 7, "note": "x"}], 10)
    equal(done.json["plan"]["mapping"],
          [{"field": "id", "column": "id", "transform": "omit"}])


@test
def several_drifts_of_one_record_heal_together():
    heals(table("id int, code varchar(4), user_name text"),
          [{"id": 1, "code": "ABCDE", "userName": "Zoë", "gift": True}],
          "id, code, user_name, gift", "1|ABCDE|Zoë|t")


main()
