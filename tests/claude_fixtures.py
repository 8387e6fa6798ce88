"""Drifts of every size, each with what a model would answer: what the requests
to Claude cost, and whether other people's software accepts them, is tried with
these.
"""

from claude_server import text, tool, turn
from pipeline import incident, load

SCHEMA = "analytics"


class Fixture:
    """A table, a record that it can't take, and the answers of one run."""

    def __init__(self, name, columns, payload, answers, behind=""):
        self.name, self.columns, self.payload = name, columns, payload
        self.answers, self.behind = answers, behind
        self.table = f"{SCHEMA}.{name.lower().replace(' ', '_')}"

    def prepare(self, cluster, db, number):
        """The table as it was before any healing, and a failure of its own.
        Returns the incident."""
        cluster.sql(
            f"DROP TABLE IF EXISTS {self.table}; SET ROLE orders_owner;"
            f" CREATE TABLE {self.table} ({self.columns}) {self.behind};"
            f" GRANT INSERT ON {self.table} TO orders_loader", db=db)
        if self.behind:
            cluster.sql(f"SET ROLE orders_owner; CREATE TABLE {self.table}_all"
                        f" PARTITION OF {self.table} DEFAULT", db=db)
        payload = dict(self.payload, id=number)
        return incident(f"{self.name}-{number}", self.table, payload,
                        load(cluster, db, self.table, payload))

    def turns(self):
        return [turn(*blocks) for blocks in self.answers(self)]


def repair(table, **columns):
    added = ", ".join(f"ADD COLUMN {name} {kind}"
                      for name, kind in columns.items())
    names = ", ".join(columns)
    return tool(
        "propose_repair", risk_level="LOW", mapping=[], advice=[],
        diagnosis=f"The records of {table} carry {names}, which the table "
                  "doesn't have.",
        statements=[f"ALTER TABLE {table} {added}"],
        reasoning=f"The INSERT names {names}; nothing in the table resembles "
                  "it. A nullable column of the widest type that fits takes "
                  "every shape that was seen, and rewrites nothing.")


def once(**columns):
    """The answer of a model that needs one request."""
    return lambda fixture: [[repair(fixture.table, **columns)]]


def refused_then_better(fixture):
    spoilt = repair(fixture.table, coupon="text")
    spoilt["input"]["statements"].append(
        f"UPDATE {fixture.table} SET coupon = ''")
    return [[spoilt], [text("Without the backfill, then."),
                       repair(fixture.table, coupon="text")]]


def look_first(fixture):
    name = fixture.table.split(".")[1]
    return [[tool("describe_table", schema=SCHEMA, table=name)],
            [tool("list_constraints", schema=SCHEMA, table=name)],
            [repair(fixture.table, coupon="text")]]


def give_up(fixture):
    return [[tool("give_up", reason="The new name customer_nme looks like the "
                  "column customer_name under another name: a person must say "
                  "which of the two it is.")]]


PLAIN = "id bigint PRIMARY KEY, customer_name text NOT NULL, amount numeric"
ROW = {"id": 1, "customer_name": "Zoë", "amount": 12.5}
WIDE = ", ".join(["id bigint PRIMARY KEY"]
                 + [f"measure_{n:02} double precision" for n in range(2, 41)])

FIXTURES = [
    Fixture("one new field", PLAIN, dict(ROW, coupon="SPRING-25"),
            once(coupon="text")),
    Fixture("three new fields", PLAIN,
            dict(ROW, coupon="SPRING-25", points=7,
                 shipped_at="2026-11-02T08:00:00Z"),
            once(coupon="text", points="bigint",
                 shipped_at="timestamp with time zone")),
    Fixture("nested JSON", PLAIN,
            dict(ROW, address={"city": "Graz", "zip": "8010",
                               "geo": {"lat": 47.07, "lon": 15.44},
                               "tags": ["home", "office"]}),
            once(address="jsonb")),
    Fixture("table of 40 columns", WIDE,
            dict({"id": 1}, **{f"measure_{n:02}": n / 8
                               for n in range(2, 41)}, measure_41=5.125),
            once(measure_41="numeric")),
    Fixture("partitioned table", PLAIN, dict(ROW, coupon="SPRING-25"),
            once(coupon="text"), behind="PARTITION BY RANGE (id)"),
    Fixture("refused then better", PLAIN, dict(ROW, coupon="SPRING-25"),
            refused_then_better),
    Fixture("look first", PLAIN, dict(ROW, coupon="SPRING-25"), look_first),
    Fixture("give up", PLAIN,
            {"id": 1, "customer_name": "Zoë", "customer_nme": "Zoë"}, give_up),
]
