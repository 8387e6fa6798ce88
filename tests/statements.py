#!/usr/bin/env python3
"""The statements of tests/cases: ddl.jsonl, as a server took them, and
attacks.jsonl, as an attacker would write them.

usage: statements.py

Prints them all, a NUL after each, for programs that read many.
"""

import json
import os
import re
import sys

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")

TABLES = ("t|p|x|z|nope|kid|vw|mv|t2|t_2024|t_2025|t_2026|t_2030|t_def|t_eu"
          "|\"Order Items\"|\"order items\"|\"app.t\"|t_quarantine")
TYPES = "mood|dfree|dpos|dnn|dtext|dvc|addr|ty"
BEFORE_TABLES = [
    r"alter table (?:if exists )?(?:only )?", r"references ",
    r"create (?:unlogged )?table (?:if not exists )?", r"partition of ",
    r"comment on table ", r"comment on column (?=\w+\.\w+ )",
    r"add column z (?=t$)"]


def cases(name):
    with open(os.path.join(CASES, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def qualified(sql):
    """The cases of ddl.jsonl are unqualified, which the floor refuses as
    such."""
    for before in BEFORE_TABLES:
        sql = re.sub(rf"\b({before})({TABLES})(?![\w.])", r"\1public.\2", sql,
                     flags=re.IGNORECASE)
    sql = re.sub(r"(comment on column )(\w+\.\w+ )", r"\1public.\2", sql)
    return re.sub(rf"(?<![\w.'])({TYPES})(?![\w'])", r"public.\1", sql)


def statements():
    for case in cases("ddl.jsonl"):
        yield qualified(case["ddl"])
    for case in cases("attacks.jsonl"):
        if case.get("sql"):
            yield case["sql"]


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    for sql in statements():
        # Text that isn't valid UTF-8 is among the attacks.
        sys.stdout.buffer.write(sql.encode(errors="surrogateescape") + b"\0")


if __name__ == "__main__":
    main()
