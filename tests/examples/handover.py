#!/usr/bin/env python3
"""A loader that hands its failed INSERT over to pgmend and says how it went.

    echo '{"id": 1, "customer": "Ada", "coupon": "SPRING"}' |
        PGHOST=... PGUSER=orders_loader handover.py --db "host=... user=healer"
"""

import json
import subprocess
import sys

import psycopg2
from psycopg2.extensions import quote_ident


def hand_over(error, key, query, params, *options):
    """The exit status of `pgmend heal`: 0 when the row is in its table."""
    fields = [name for name in dir(error.diag) if name[0] != "_"]
    report = {"name": "orders", "id": f"orders/{key}",
              "pgcode": error.pgcode, "exception": type(error).__name__,
              "diag": {name: getattr(error.diag, name) for name in fields},
              "query": query, "params": params}
    incident = subprocess.run(
        ["pgmend", "incident", "convert", "--from", "psycopg"], check=True,
        input=json.dumps(report, default=str).encode(), stdout=subprocess.PIPE)
    return subprocess.run(["pgmend", "heal", *options, "-"],
                          input=incident.stdout, check=False).returncode


record = json.load(sys.stdin)
connection = psycopg2.connect("")
insert = "INSERT INTO analytics.orders ({}) VALUES ({})".format(
    ", ".join(quote_ident(name, connection).replace("%", "%%")
              for name in record), ", ".join(["%s"] * len(record)))
values = list(record.values())
try:
    with connection, connection.cursor() as cursor:
        cursor.execute(insert, values)
except psycopg2.DatabaseError as failure:
    sys.exit(hand_over(failure, record["id"], insert, values, *sys.argv[1:]))
