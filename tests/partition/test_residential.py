"""One jurisdiction by households: dead zones, oversized units, locks, islands, each named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridmap.model.rules import Profile
from gridmap.partition.area import AreaPlan
from gridmap.partition.residential import OBJECTIVE, partition_residential
from gridmap.partition.search import Effort

QUICK = Effort(starts=4, proposals=60, improved=1, windows=4)


def solved(lattice: Any, profile: Profile, cells: Any, households: Any, **options: Any) -> AreaPlan:
    """The plan of a town of squares, with what holds of every plan asserted."""
    units = lattice.units(cells, households, options.pop("compounds", None), options.pop("dedicated", None))
    graph = lattice.graph(cells, options.pop("walls", None))
    plan = partition_residential(units, graph, profile, seed=options.pop("seed", 0), effort=QUICK, **options)
    pieces = lattice.pieces(graph, plan.labels)
    assert sorted(pieces) == list(range(plan.n_grids))  # every unit in a grid, no grid empty
    first = [plan.labels.tolist().index(g) for g in range(plan.n_grids)]
    assert first == sorted(first)  # numbered by first unit
    in_parts = {g for g, n in pieces.items() if n > 1}
    locked = options.get("locked", ())
    assert in_parts <= {e.label for e in plan.exceptions if e.rule == "R3"} | set(locked)
    sums = np.bincount(plan.labels, households)
    outside = {g for g, h in enumerate(sums) if not profile.lower <= h <= profile.upper}
    assert outside <= {e.label for e in plan.exceptions if e.rule == "R5"}
    assert all(e.text.zh and e.text.en for e in plan.exceptions)
    assert plan.objective_names == OBJECTIVE
    return plan


def sums(plan: AreaPlan, households: Any) -> list[int]:
    return [int(h) for h in np.bincount(plan.labels, households)]


def test_a_dead_zone_is_shared_evenly_and_says_what_would_do(lattice: Any, residential: Profile) -> None:
    households = [43] * 10
    plan = solved(lattice, residential, lattice.rectangle(5, 2), households)
    assert sums(plan, households) == [215, 215]
    assert [(e.label, e.rule, e.reason) for e in plan.exceptions] == [(0, "R5", "dead_zone"), (1, "R5", "dead_zone")]
    for text in (plan.exceptions[0].text.zh, plan.exceptions[0].text.en, plan.explanation[0].en):
        assert "360" in text
        assert "480" in text
    assert "430" in plan.explanation[0].zh


@pytest.mark.parametrize(("total", "k"), [(240, 1), (360, 1), (480, 2), (720, 2), (1080, 4)])
def test_totals_on_the_band_s_edges_are_lawful(lattice: Any, residential: Profile, total: int, k: int) -> None:
    households = [total // 12] * 12
    plan = solved(lattice, residential, lattice.rectangle(4, 3), households)
    assert plan.n_grids == k
    assert plan.exceptions == ()
    assert sums(plan, households) == [total // k] * k


@pytest.mark.parametrize("total", [239, 361, 479])
def test_totals_beside_the_edges_are_not(lattice: Any, residential: Profile, total: int) -> None:
    households = [total - 11 * (total // 12)] + [total // 12] * 11
    plan = solved(lattice, residential, lattice.rectangle(4, 3), households)
    assert {e.reason for e in plan.exceptions} == {"too_small" if total < 240 else "dead_zone"}
    assert plan.n_grids == (2 if total == 479 else 1)


def test_an_oversized_unit_is_a_grid_of_its_own(lattice: Any, residential: Profile) -> None:
    households = [500] + [30] * 10
    plan = solved(lattice, residential, [(x, 0) for x in range(11)], households)
    assert sums(plan, households) == [500, 300]
    assert [(e.label, e.rule, e.reason) for e in plan.exceptions] == [(0, "R5", "oversized_unit")]
    assert "1号楼" in plan.exceptions[0].text.zh
    assert "500" in plan.exceptions[0].text.en


def test_a_few_homes_behind_an_oversized_unit_join_it(lattice: Any, residential: Profile) -> None:
    households = [10, 20, 500] + [30] * 10  # 30 households lie cut off at the left
    plan = solved(lattice, residential, [(x, 0) for x in range(13)], households)
    assert sums(plan, households) == [530, 300]
    assert any("30" in note.en and "cut off" in note.en for note in plan.explanation)


def test_enough_homes_behind_an_oversized_unit_are_divided_by_themselves(lattice: Any, residential: Profile) -> None:
    households = [30] * 10 + [500] + [30] * 20
    plan = solved(lattice, residential, [(x, 0) for x in range(31)], households)
    assert sums(plan, households) == [300, 500, 300, 300]


def test_dedicated_units_are_their_own_grid_whatever_they_hold(lattice: Any, residential: Profile) -> None:
    cells = lattice.rectangle(6, 4)
    dedicated = ["万达广场" if y == 0 and x < 2 else "" for x, y in cells]
    households = [0 if d else 30 for d in dedicated]
    plan = solved(lattice, residential, cells, households, dedicated=dedicated)
    mall = set(plan.labels[[d != "" for d in dedicated]].tolist())
    rest = set(plan.labels[[d == "" for d in dedicated]].tolist())
    assert len(mall) == 1
    assert not mall & rest
    assert [(e.label, e.rule, e.reason) for e in plan.exceptions] == [(mall.pop(), "R5", "dedicated")]
    assert "万达广场" in plan.exceptions[0].text.zh


def test_locked_grids_do_not_change(lattice: Any, residential: Profile) -> None:
    cells = lattice.rectangle(12, 5)
    existing = np.array([0 if x < 2 else 1 + (x > 6) for x, _ in cells], dtype=np.int64)  # 100 | 250 | 250
    plan = solved(lattice, residential, cells, [10] * 60, existing=existing, locked=[0])
    kept = plan.labels[existing == 0]
    assert len(set(kept.tolist())) == 1
    assert (plan.labels == kept[0]).sum() == 10
    assert [(e.rule, e.reason) for e in plan.exceptions] == [("R5", "locked")]
    assert sums(plan, [10] * 60) == [100, 250, 250]


def test_units_without_households_ride_along(lattice: Any, residential: Profile) -> None:
    cells = lattice.rectangle(10, 6)
    households = [30 if (x + y) % 3 == 0 else 0 for x, y in cells]
    plan = solved(lattice, residential, cells, households)
    assert sums(plan, households) == [300, 300]
    assert plan.exceptions == ()


def test_an_area_without_households_is_one_named_grid(lattice: Any, residential: Profile) -> None:
    plan = solved(lattice, residential, lattice.rectangle(3, 2), [0] * 6)
    assert plan.labels.tolist() == [0] * 6
    assert [e.reason for e in plan.exceptions] == ["too_small"]


def test_no_more_grids_than_units_with_households(lattice: Any, residential: Profile) -> None:
    households = [0, 350, 0, 350, 0, 0]  # 700: two grids of 350, and no third from units without households
    plan = solved(lattice, residential, lattice.rectangle(6, 1), households)
    assert sorted(sums(plan, households)) == [350, 350]
    plan = solved(lattice, residential, lattice.rectangle(3, 2), [0, 0, 340, 0, 0, 0])
    assert plan.n_grids == 1


def test_two_lawful_islands_far_apart_are_divided_by_themselves(lattice: Any, residential: Profile) -> None:
    cells = [(x, 0) for x in range(10)] + [(x + 50, 0) for x in range(10)]
    households = [30] * 20
    plan = solved(lattice, residential, cells, households)
    assert sums(plan, households) == [300, 300]
    assert plan.labels.tolist() == [0] * 10 + [1] * 10
    assert plan.exceptions == ()


def test_a_small_island_joins_the_mainland_by_a_named_ferry(lattice: Any, residential: Profile) -> None:
    cells = [(x, 0) for x in range(10)] + [(40, 0)]
    plan = solved(lattice, residential, cells, [30] * 11)
    assert plan.n_grids == 1
    assert [(e.label, e.rule, e.reason) for e in plan.exceptions] == [(0, "R3", "isolated")]
    assert "2" in plan.exceptions[0].text.en


def test_a_heavy_cut_unit_is_named_with_proof(lattice: Any, residential: Profile) -> None:
    households = [150, 350, 100]  # lawful by its total, 600, but not by its graph
    plan = solved(lattice, residential, [(0, 0), (1, 0), (2, 0)], households)
    assert {e.reason for e in plan.exceptions} == {"forbidden_by_graph"}
    assert plan.status == "OPTIMAL"
    assert all("350" in e.text.en for e in plan.exceptions if plan.labels[1] == e.label)


def test_no_grid_lies_on_both_banks_of_a_river(lattice: Any, residential: Profile) -> None:
    cells = lattice.rectangle(16, 10)
    plan = solved(lattice, residential, cells, [15] * 160, walls=lambda c, d: c[0] == 7 and d[0] == 8)
    west = {int(g) for (x, _), g in zip(cells, plan.labels, strict=True) if x <= 7}
    east = {int(g) for (x, _), g in zip(cells, plan.labels, strict=True) if x > 7}
    assert not west & east
    assert plan.n_grids == 8


def test_compounds_stay_whole_where_that_costs_nothing(lattice: Any, residential: Profile) -> None:
    cells = lattice.rectangle(6, 4)
    compounds = [f"小区{x // 2}" if x < 4 else f"小区{2 + y // 2}" for x, y in cells]
    households = [300 // 8 if x < 4 else 75 for x, _ in cells]
    plan = solved(lattice, residential, cells, households, compounds=compounds)
    assert len(set(zip(compounds, plan.labels.tolist(), strict=True))) == len(set(compounds)) == plan.n_grids


def test_the_same_seed_gives_the_same_plan(lattice: Any, residential: Profile) -> None:
    cells, households = lattice.rectangle(15, 12), lattice.buildings(180, 6)
    plans = [solved(lattice, residential, cells, households, seed=s) for s in (4, 4, 5)]
    assert (plans[0].labels == plans[1].labels).all()
    assert plans[0].exceptions == plans[1].exceptions
    assert (plans[0].labels != plans[2].labels).any()
