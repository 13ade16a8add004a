"""A whole town: profiles by kind, codes, exceptions, an existing plan, several processes."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.errors import InvalidPlan
from gridmap.jobs.run import run_areas
from gridmap.measure.connect import build_graph
from gridmap.model.rules import load_rules
from gridmap.model.units import Units
from gridmap.partition.whole import partition_units

RULES = load_rules()
VILLAGE, AREA = "310116113202", "310116113402"


@pytest.fixture(scope="module")
def town(lattice: Any) -> Units:
    """A village of 5 groups beside a residential area of 12 × 5 buildings and an oversized tower."""
    village = lattice.units([(-1, y) for y in range(5)], [120] * 5, code=VILLAGE, kind="village")
    cells = [*lattice.rectangle(12, 5), (12, 2)]
    area = lattice.units(cells, [10] * 60 + [400], code=AREA)
    crs = area.frame.crs
    return Units(
        gpd.GeoDataFrame(pd.concat([village.frame, area.frame]), crs=crs),
        gpd.GeoDataFrame(pd.concat([village.jurisdictions, area.jurisdictions]), crs=crs),
    )


def codes_of(town: Units, plan: Any) -> list[str]:
    assert len(plan.grid_of) == len(town)
    return [plan.codes[g] for g in plan.grid_of]


def test_each_kind_goes_by_its_profile_and_codes_tell_the_jurisdiction(lattice: Any, town: Units) -> None:
    graph = build_graph(town)
    result = partition_units(town, graph, RULES, seed=1)
    plan = result.plan
    assert lattice.is_whole(graph, plan.grid_of, plan.n_grids)
    assert len(set(plan.codes)) == plan.n_grids == 2 + 3
    for code, jurisdiction in zip(codes_of(town, plan), town.frame["jurisdiction"], strict=True):
        assert code.startswith(jurisdiction)
        assert len(code) == 15
    village = plan.grid_of[:5]
    assert sorted(np.bincount(village)[np.unique(village)].tolist()) == [2, 3]
    tower = codes_of(town, plan)[-1]
    assert [(e.grid, e.rule, e.reason) for e in plan.exceptions] == [(tower, "R5", "oversized_unit")]
    assert [(a.jurisdiction, a.n_grids) for a in result.areas] == [(VILLAGE, 2), (AREA, 3)]
    assert result.seed == 1
    assert result.status in ("OPTIMAL", "FEASIBLE")
    assert not any(math.isnan(v) for a in result.areas for v in a.objective)


def test_two_processes_give_the_plan_of_one(town: Units) -> None:
    graph = build_graph(town)
    alone = partition_units(town, graph, RULES, seed=3)
    apart = partition_units(town, graph, RULES, seed=3, run=partial(run_areas, jobs=2))
    assert alone.plan.fingerprint == apart.plan.fingerprint
    assert alone.plan.codes == apart.plan.codes
    assert alone.plan.exceptions == apart.plan.exceptions


def test_an_existing_lawful_plan_keeps_grids_and_codes(town: Units) -> None:
    graph = build_graph(town)
    first = partition_units(town, graph, RULES, seed=1).plan
    again = partition_units(town, graph, RULES, seed=2, existing=codes_of(town, first)).plan
    assert codes_of(town, again) == codes_of(town, first)
    assert [(e.grid, e.reason) for e in again.exceptions] == [(e.grid, e.reason) for e in first.exceptions]


def test_locked_grids_stay_and_taken_codes_are_not_used(town: Units) -> None:
    graph = build_graph(town)
    first = partition_units(town, graph, RULES, seed=1).plan
    old = codes_of(town, first)
    # the left columns of the area are locked as a grid of 100; the rest had no plan
    locked = AREA + "007"
    mine = [locked if 5 <= i < 65 and (i - 5) % 12 < 2 else "" for i in range(len(town))]
    taken = {code for code in old if code.startswith(AREA)}
    plan = partition_units(town, graph, RULES, seed=1, existing=mine, locked=[locked], taken=taken).plan
    new = codes_of(town, plan)
    assert [c == locked for c in new] == [c == locked for c in mine]
    assert plan.locked == {locked}
    assert not taken & set(plan.codes)
    assert (locked, "R5", "locked") in [(e.grid, e.rule, e.reason) for e in plan.exceptions]


def test_an_existing_plan_of_another_length_or_a_strange_lock_is_refused(town: Units) -> None:
    graph = build_graph(town)
    with pytest.raises(InvalidPlan, match="66 in all; got 1"):
        partition_units(town, graph, RULES, existing=["a"])
    with pytest.raises(InvalidPlan, match="not one: x"):
        partition_units(town, graph, RULES, existing=[""] * 66, locked=["x"])
