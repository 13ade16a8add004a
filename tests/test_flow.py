"""The whole way on values: a town, its plan, its report, and the next plan."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InvalidPlan
from gridmap.flow import codes_on, plan_town
from gridmap.model.plan import Plan
from gridmap.model.rules import load_rules
from gridmap.model.town import Town
from gridmap.model.units import Units

RULES = load_rules()
EAST, NORTH = 628_000.0, 3_402_000.0
VILLAGE = "310116113202"


def village(n: int = 6, prefix: str = "G", households: int = 50) -> Units:
    """So many groups in a row, each a square of 100 m."""
    shapes = [shapely.box(EAST + 100 * i, NORTH, EAST + 100 * (i + 1), NORTH + 100) for i in range(n)]
    frame = gpd.GeoDataFrame(
        {
            "jurisdiction": VILLAGE,
            "households": np.full(n, households),
            "kind": "group",
            "name": [f"{i + 1}组" for i in range(n)],
        },
        geometry=shapes,
        index=[f"{prefix}{i}" for i in range(n)],
        crs="EPSG:4549",
    )
    frame.index.name = "unit_id"
    areas = gpd.GeoDataFrame(
        {"name": ["向阳村"], "kind": ["village"]},
        geometry=[shapely.union_all(shapes)],
        index=[VILLAGE],
        crs="EPSG:4549",
    )
    return Units(frame, areas)


def by_hand(units: Units, *labels: int) -> Plan:
    k = max(labels) + 1
    return Plan(units, np.array(labels, dtype=np.int32), tuple(f"{VILLAGE}{i + 1:03}" for i in range(k)))


def test_a_town_becomes_a_lawful_plan_stage_by_stage() -> None:
    told: list[str] = []
    planned = plan_town(Town(village()), RULES, stage=told.append)
    assert told == ["graph", "partition", "check"]
    assert planned.report.is_lawful
    assert planned.result.status == "OPTIMAL"
    assert set(np.bincount(planned.result.plan.grid_of)) <= {2, 3}
    assert (planned.lineage, planned.retired) == (None, ())


def test_a_lawful_plan_in_use_stays_as_it_is() -> None:
    units = village()
    before = by_hand(units, 0, 0, 0, 1, 1, 1)
    planned = plan_town(Town(units), RULES, previous=before)
    assert planned.result.plan.code_of_unit().tolist() == before.code_of_unit().tolist()
    assert planned.lineage is not None
    assert set(planned.lineage["kind"]) == {"unchanged"}


def test_a_locked_grid_stays_and_is_named_where_it_breaks_a_rule() -> None:
    units = village(7)
    before = by_hand(units, 0, 0, 0, 0, 1, 1, 1)  # the first has four groups
    free = plan_town(Town(units), RULES, previous=before).result.plan
    assert np.bincount(free.grid_of).max() == 3
    locked = plan_town(Town(units), RULES, previous=before, locked=[before.codes[0]])
    assert locked.result.plan.code_of_unit()[:4].tolist() == [before.codes[0]] * 4
    assert locked.result.plan.locked == {before.codes[0]}
    assert "R4.units" in set(locked.report.findings["check"])


def test_codes_given_up_are_retired_and_never_come_back() -> None:
    units = village()
    before = by_hand(units, 0, 0, 1, 1, 2, 2)
    fresh = plan_town(Town(units), RULES, previous=before, retired=[f"{VILLAGE}004", f"{VILLAGE}005"])
    assert {f"{VILLAGE}004", f"{VILLAGE}005"} <= set(fresh.retired)
    assert not set(fresh.retired) & set(fresh.result.plan.codes)


def test_units_with_new_ids_are_found_by_where_they_lie() -> None:
    before = by_hand(village(), 0, 0, 0, 1, 1, 1)
    assert codes_on(village(prefix="X"), before) == before.code_of_unit().tolist()


def test_units_that_were_not_there_have_no_code() -> None:
    before = by_hand(village(6), 0, 0, 0, 1, 1, 1)
    assert codes_on(village(8), before) == [*before.code_of_unit().tolist(), "", ""]


@pytest.mark.parametrize("previous", [None, by_hand(village(), 0, 0, 0, 1, 1, 1)])
def test_locks_that_lock_nothing_are_refused(previous: Plan | None) -> None:
    with pytest.raises(InvalidPlan, match="no grid 9" if previous else "--existing") as caught:
        plan_town(Town(village()), RULES, previous=previous, locked=["9"])
    assert caught.value.zh != str(caught.value)


def test_nothing_that_was_given_is_changed() -> None:
    units = village()
    frame = units.frame.copy()
    plan_town(Town(units), RULES, previous=by_hand(units, 0, 0, 0, 1, 1, 1))
    assert units.frame.equals(frame)
