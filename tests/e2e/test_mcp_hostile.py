"""How other servers of this protocol were led past their guards, as tests of
`pgmend mcp`: each case is one member of a published class, from stacked
statements to names that read alike. Afterwards every row and every row of the
catalogue is the same, and the answer says why not.
"""

import contextlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import equal, holds, main, test, test_within  # noqa: E402
from mcp_host import meta  # noqa: E402
from mcp_warehouse import ADD, LOOKING, Warehouse, is_refused  # noqa: E402
from scripted import repair  # noqa: E402
from statements import cases  # noqa: E402

PROPOSALS_A_HOST = 15
NAME_63 = "t" * 63
NEIGHBOURS = f"""
CREATE TABLE app."Orders" (id bigint);
ALTER TABLE app."Orders" OWNER TO app_owner;
CREATE TABLE app."{NAME_63}" (id bigint);
ALTER TABLE app."{NAME_63}" OWNER TO app_owner;
"""

warehouse = Warehouse("hostile", NEIGHBOURS)


# --- Statements ---------------------------------------------------------------

def classes():
    found = {}
    for case in cases("mcp-hostile.jsonl"):
        case["sql"] = case["sql"].replace("@FOLDER@", warehouse.cluster.folder)
        found.setdefault(case["id"].rsplit("-", 1)[0], []).append(case)
    return found


def explain_all(chosen):
    """Nothing was written, not even in a transaction that was rolled back."""
    with warehouse.host() as server:
        began = warehouse.clock()
        for number, case in enumerate(chosen):
            told = server.result("explain_statement",
                                 statement=case["sql"])["structuredContent"]
            equal((told["verdict"], told.get("floor", told.get("reason_code"))),
                  ("deny", case["code"]), f"{case['id']}: {told}")
            tool = LOOKING[number % len(LOOKING)]
            for schema, table in [("app", case["sql"]),
                                  (case["sql"], "orders")]:
                is_refused(server.result(tool, schema=schema, table=table),
                           "F13", f"{case['id']}: {tool}")
        equal(warehouse.clock(), began, "a transaction wrote")
        server.ends()


LAX = ["--policy", warehouse.lax_policy()]


def propose_all(chosen):
    """Alone, and behind a statement that is fine; what policy allows would be
    applied at once."""
    for start in range(0, len(chosen), PROPOSALS_A_HOST // 2):
        with warehouse.host(*LAX) as server:
            for case in chosen[start:start + PROPOSALS_A_HOST // 2]:
                for statements in [[case["sql"]], [ADD, case["sql"]]]:
                    result = server.result("propose_repair",
                                           **repair(*statements))
                    is_refused(result, case["code"], case["id"])
                    equal(result["structuredContent"]["verdict"], "deny")


def refuse_class(chosen):
    before = warehouse.state()
    explain_all(chosen)
    warehouse.is_same(before, "after it was explained")
    propose_all(chosen)
    warehouse.is_same(before, "after it was proposed")


def register(name, chosen):
    def body():
        refuse_class(chosen)
    body.__name__ = f"{name}_is_refused_by_every_tool".replace("-", "_")
    test_within(120)(body)


for name, chosen in classes().items():
    register(name, chosen)


@contextlib.contextmanager
def copied():
    warehouse.cluster.sql("CREATE DATABASE copy TEMPLATE hostile")
    try:
        yield "copy"
    finally:
        warehouse.cluster.sql("DROP DATABASE copy WITH (FORCE)")


@test
def database_itself_would_have_let_the_login_do_it():
    """So it is not the server's rights that hold."""
    for sql in ["BEGIN READ ONLY; COMMIT; DROP TABLE app.customers CASCADE",
                "DELETE FROM app.orders", "SELECT evil.f()",
                "SELECT * FROM pg_read_file('PG_VERSION')",
                "SELECT lo_import('/etc/passwd')",
                "SELECT query_to_xml('SELECT evil.f()', true, false, '')",
                "DO $$ BEGIN DELETE FROM app.orders; END $$",
                "CREATE TABLE app.copied AS SELECT * FROM hr.salaries",
                "SET ROLE app_owner; DROP TABLE app.orders CASCADE",
                "SELECT setval('pgmend_audit.events_id_seq', 7)"]:
        with copied() as copy:
            done = warehouse.cluster.psql(sql, user="healer", db=copy)
            equal(done.returncode, 0, f"{sql}: {done.stderr}")


@test
def what_is_fine_would_have_been_applied_at_once():
    """So it is not the policy that holds, either."""
    with copied() as copy:
        with warehouse.host(*LAX, db=copy) as server:
            told = server.result("propose_repair", **repair(ADD))
        equal(told["structuredContent"]["outcome"], "healed", str(told))
        equal(warehouse.cluster.sql("SELECT note FROM app.orders WHERE id ="
                                    " 9001", db=copy), "x")


@test
def statements_without_end_are_refused():
    before = warehouse.state()
    long = {
        "8 KiB": f"{ADD} DEFAULT '{'x' * 9000}'",
        "actions": "ALTER TABLE app.orders " + ", ".join(
            f"ADD COLUMN c{number} text" for number in range(17)),
        "depth": "ALTER TABLE app.orders ADD CONSTRAINT c CHECK"
                 f" ({'NOT ' * 1500}true) NOT VALID",
        "semicolons": ";" * 8000,
    }
    with warehouse.host() as server:
        for what, sql in long.items():
            answer = server.result("explain_statement",
                                   statement=sql)["structuredContent"]
            equal(answer["verdict"], "deny", what)
            result = server.result("propose_repair", **repair(sql))
            equal(result.get("isError"), True, what)
    warehouse.is_same(before, "long")


# --- Names --------------------------------------------------------------------

NAMES = [
    ("app", "Orders"), ("APP", "orders"), ("app", "ORDERS"), ("", "orders"),
    ("app", ""), ("app", "app.orders"), ("app.orders", "orders"),
    ("app", '"orders"'), ('"app"', "orders"), ("app", "orders "),
    ("app", " orders"), ("app", "orders\n"), ("app", "orders--"),
    ("app", "orders;"), ("app", "orders' OR '1'='1"),
    ("app", "orders'; DROP TABLE hr.salaries; --"),
    ("app", 'orders"; DROP TABLE hr.salaries; --'),
    ("app", "orders' UNION SELECT ssn FROM hr.salaries --"),
    ("app", "orders\\"), ("app", "%"), ("app", "order_"), ("%", "%"),
    ("app", "\u043erders"), ("app", "orders\u200b"), ("\ufeffapp", "orders"),
    ("app", "\uff4frders"), ("app", "ord\u00e9rs"), ("app", "orders\u0301"),
    ("app", 'U&"\\006frders"'), ("app", "\\157rders"),
    ("app", NAME_63), ("app", NAME_63 + "t"), ("app", "orders" + "x" * 100000),
    ("app", "customers"), ("app", "v_orders"), ("app", "orders_pkey"),
    ("app", "events"), ("hr", "salaries"), ("evil", "proof"),
    ("pg_catalog", "pg_authid"), ("pg_catalog", "pg_class"),
    ("information_schema", "columns"), ("pg_toast", "pg_toast_1255"),
    ("pg_temp", "orders"), ("public", "orders"), ("pgmend", "event"),
    ("pgmend", "approval"), ("pgmend", "artifact"), ("pgmend_audit", "events"),
    ("1259", "1259"), ("app", "16400"), ("app", "orders::regclass"),
]


@test
def no_other_table_is_looked_at_whatever_its_name():
    before = warehouse.state()
    with warehouse.host() as server:
        for schema, table in NAMES:
            for tool in LOOKING:
                is_refused(server.result(tool, schema=schema, table=table),
                           "F13", f"{tool} {schema!r} {table[:40]!r}")
    warehouse.is_same(before, "looked at")


@test
def table_of_the_incident_is_looked_at():
    """So the refusals above are about the names."""
    with warehouse.host() as server:
        for tool in LOOKING:
            result = server.result(tool, schema="app", table="orders")
            holds(not result.get("isError"), f"{tool}: {result}")


OF_NOBODY = [("pg_catalog", "pg_authid"), ("pg_catalog", "pg_class"),
             ("information_schema", "sql_features"),
             ("pg_toast", "pg_toast_1255"), ("pg_temp", "orders"),
             ("pgmend", "event"), ("pgmend", "approval")]


def shows(server, schema, table):
    """Whether the table is shown, by each of the tools that show one."""
    results = [server.result(tool, schema=schema, table=table)
               for tool in LOOKING]
    told = [result["structuredContent"].get("reason_code") for result
            in results]
    holds(told in ([None] * 3, ["F13"] * 3), f"{schema}.{table}: {told}")
    return told[0] is None


@test
def server_without_an_incident_shows_no_catalogue_and_no_audit():
    with warehouse.server() as server:
        for schema, table in OF_NOBODY:
            holds(not shows(server, schema, table), f"{schema}.{table}")
            told = server.result(
                "explain_statement", statement=f"ALTER TABLE {schema}.{table}"
                " ADD COLUMN a text")["structuredContent"]
            equal(told["verdict"], "deny", str(told))
        holds(shows(server, "app", "orders"), "a pipeline's table")


@test
def pipeline_sees_its_own_tables_alone():
    path = os.path.join(warehouse.folder.name, "pgmend.conf")
    with open(path, "w", encoding="utf-8") as file:
        for name in ["orders", "customers"]:
            file.write(f"[pipeline {name}]\ntables = app.{name}\n"
                       "role = app_writer\n")
    tables = ["orders", "customers", "events"]
    for name in tables[:2]:
        with warehouse.server("--config", path, "--pipeline", name) as server:
            seen = [table for table in tables if shows(server, "app", table)]
            equal(seen, [name])
            for table in tables:
                told = server.result(
                    "explain_statement", statement=f"ALTER TABLE app.{table}"
                    " ADD COLUMN a text")["structuredContent"]
                equal(told["verdict"] != "deny", table == name, str(told))
            for schema, table in OF_NOBODY:
                holds(not shows(server, schema, table), f"{schema}.{table}")


@test
def arguments_of_another_form_are_refused():
    before = warehouse.state()
    wrong = [{"schema": "app"}, {"table": "orders"}, {},
             {"schema": ["app"], "table": "orders"},
             {"schema": "app", "table": {"$ne": ""}},
             {"schema": None, "table": "orders"}, {"schema": 1, "table": 2},
             {"schema": "app", "table": "orders", "sql": "DROP TABLE x"},
             {"schema": "app", "table": "orders", "__proto__": {"x": 1}}]
    with warehouse.host() as server:
        for arguments in wrong:
            for tool in LOOKING:
                is_refused(server.result(tool, **arguments), "arguments",
                           f"{tool} {arguments}")
        for arguments in [{}, {"statement": [ADD]}, {"statement": None},
                          {"statement": ADD, "analyze": True},
                          {"statement": ADD, "target": "hr.salaries"}]:
            is_refused(server.result("explain_statement", **arguments),
                       "arguments", str(arguments))
        for limit in [0, -1, 101, 1.5, "1; DROP TABLE x", True, 1e300, [1]]:
            is_refused(server.result("list_runs", limit=limit), "arguments",
                       repr(limit))
    warehouse.is_same(before, "arguments")


# --- Bytes --------------------------------------------------------------------

BROKEN = {
    "NUL": b'{"statement":"DROP TABLE hr.salaries\\u0000"}',
    "lone surrogate": b'{"statement":"DROP \\ud800 TABLE hr.salaries"}',
    "overlong": b'{"statement":"DROP\xc0\xafTABLE hr.salaries"}',
    "cut": b'{"statement":"DROP TABLE hr.salaries\xe2\x82"}',
    "surrogate bytes": b'{"statement":"DROP TABLE \xed\xa0\x80"}',
    "twice": b'{"statement":"%s","statement":"DROP TABLE hr.salaries"}'
             % ADD.encode(),
}


@test
def broken_bytes_are_no_statement():
    before = warehouse.state()
    frame = (b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":'
             b'{"_meta":%s,"name":"%s","arguments":%s}}')
    with warehouse.host() as server:
        for number, (what, arguments) in enumerate(BROKEN.items()):
            server.send(frame % (900 + number, json.dumps(meta()).encode(),
                                b"explain_statement", arguments))
            answer = server.hear()
            holds(answer.get("error", {}).get("code") in (-32700, -32602) or
                  answer.get("result", {}).get("isError"), f"{what}: {answer}")
        holds("result" in server.ask("tools/list"), "the server goes on")
    warehouse.is_same(before, "bytes")


main()
