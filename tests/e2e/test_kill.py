"""A sample of the sweep that `make kill` makes: a heal is killed, cut off or
loses its server somewhere behind its intent.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from crash import SCENARIOS, Ground  # noqa: E402
from harness import equal, holds, main, test  # noqa: E402
from kill import (both_cut, killed, records_cut, server_away,  # noqa: E402
                  server_crashed, spread, try_point, work_cut)

SEED = 4
ground = Ground()


def hold(name, *ways):
    """A point for each way to die, one from each stretch of the run."""
    scenario = SCENARIOS[name]
    ground.prepare(scenario)
    _, count = ground.count_calls(scenario)
    calls = spread(random.Random(f"{SEED} {name}"), count, len(ways))
    outcomes = [try_point(ground, scenario, way, call)
                for way, call in zip(ways, calls, strict=True)]
    equal([f"{one.name}: {one.problems}" for one in outcomes if one.problems],
          [])
    holds(any(one.was_killed for one in outcomes), "nothing was killed")


@test
def column_is_there_with_its_row_or_not_at_all():
    hold("column", killed, work_cut, killed, server_crashed, killed)


@test
def label_and_row_are_told_apart():
    hold("label", killed, both_cut, killed, server_away)


@test
def many_records_are_written_once():
    hold("records", killed, records_cut, server_crashed, killed)


main()
