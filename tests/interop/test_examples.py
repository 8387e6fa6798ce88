"""The example for Node.js: what its driver throws is healed, row and all."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import BUILD, Cluster, equal, main, test  # noqa: E402
from node import FOLDER, NODE_SECONDS  # noqa: E402
from pipeline import make_roles, make_warehouse  # noqa: E402

cluster = Cluster()
make_roles(cluster)


def load(db, record):
    """The finished loader."""
    return subprocess.run(
        ["node", os.path.join(FOLDER, "handover.mjs"), "--db",
         cluster.conninfo(db, "healer"), "--planner", "builtin"],
        input=json.dumps(record), text=True, capture_output=True,
        timeout=NODE_SECONDS,
        env={**os.environ, "PGHOST": cluster.folder, "PGDATABASE": db,
             "PGUSER": "orders_loader",
             "PATH": BUILD + os.pathsep + os.environ["PATH"]})


@test
def a_failed_insert_of_node_is_handed_over_and_healed():
    db = make_warehouse(cluster, "node")
    record = {"id": 1, "customer": "Zoë O'Neil", "amount": 19.5,
              "coupon": "SPRING", "gift wrap": False}
    done = load(db, record)
    equal(done.returncode, 0, f"{done.stdout}{done.stderr}")
    result = json.loads(done.stdout)
    equal((result["outcome"], result["incident_id"], result["replay"]["rows"]),
          ("healed", "orders/1", 1))
    equal(cluster.sql('SELECT customer, amount, coupon, "gift wrap" '
                      "FROM analytics.orders", db=db),
          "Zoë O'Neil|19.50|SPRING|f")


@test
def an_insert_that_works_needs_no_healing():
    db = make_warehouse(cluster, "works")
    done = load(db, {"id": 1, "customer": "a"})
    equal((done.returncode, done.stdout), (0, ""), done.stderr)
    equal(cluster.sql("SELECT count(*) FROM analytics.orders", db=db), "1")


@test
def what_is_no_drift_stays_a_failure():
    db = make_warehouse(cluster, "failure")
    load(db, {"id": 1, "customer": "a"})
    done = load(db, {"id": 1, "customer": "a"})
    equal(done.returncode, 11, f"{done.stdout}{done.stderr}")


main()
