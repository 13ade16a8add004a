"""Villages small enough to check by hand or by every partition, and two real towns."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import box

from gridmap.errors import InvalidInput
from gridmap.measure.connect import build_graph
from gridmap.measure.shape import barrier_crossed_m, grid_perimeters_m, grid_sums, polsby_popper
from gridmap.model.graph import DualGraph
from gridmap.model.rules import Profile, load_rules
from gridmap.model.units import Units
from gridmap.partition.area import AreaPlan
from gridmap.partition.rural import partition_village
from gridmap.partition.rural_part import RuralParams

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PROFILE = load_rules().profile("village")


def village(
    cells: list[tuple[int, int]], households: list[int] | None = None, compounds: list[str] | None = None
) -> Units:
    """A village of squares of 100 m at these (column, row) places; households unknown unless given."""
    n = len(cells)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"{i + 1}组" for i in range(n)],
            "households": households or [0] * n,
            "jurisdiction": "310116113202",
            "kind": "group",
            "compound": compounds or [""] * n,
        },
        geometry=[box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in cells],
        index=[f"g{i}" for i in range(n)],
        crs="EPSG:4549",
    )
    ring = gpd.GeoDataFrame(
        {"name": ["向阳村"], "kind": ["village"]}, geometry=[frame.union_all()], index=["310116113202"], crs=frame.crs
    )
    return Units(frame, ring, has_households=households is not None)


def grids(plan: AreaPlan) -> set[tuple[int, ...]]:
    return {tuple(np.flatnonzero(plan.labels == k).tolist()) for k in range(plan.n_grids)}


def with_barrier(graph: DualGraph, pairs: list[tuple[int, int]]) -> DualGraph:
    crossed = {*pairs, *((b, a) for a, b in pairs)}
    on = np.array([(int(a), int(b)) in crossed for a, b in zip(graph.source, graph.indices, strict=True)])
    return DualGraph(graph.indptr, graph.indices, graph.length_m, np.where(on, graph.length_m, 0.0), graph.bridged)


def row(n: int) -> list[tuple[int, int]]:
    return [(i, 0) for i in range(n)]


def plan_of(units: Units, **options: object) -> AreaPlan:
    return partition_village(units, build_graph(units), PROFILE, **options)  # type: ignore[arg-type]


def test_seven_groups_in_a_row_make_two_twos_and_a_three() -> None:
    plan = plan_of(village(row(7)))
    assert sorted(len(g) for g in grids(plan)) == [2, 2, 3]
    assert plan.status == "OPTIMAL"
    assert plan.exceptions == ()
    # a 1 × 2 has P²/4πA = 6²/8π, a 1 × 3 has 8²/12π
    assert plan.objective[-1] == pytest.approx(2 * (36 / (8 * math.pi) - 1) + 64 / (12 * math.pi) - 1)
    assert plan.bound == pytest.approx(plan.objective)


def test_households_aimed_at_decide_where_they_are_known() -> None:
    # 150 + 150 | 100 + 100 + 100 hit 300 twice; any other cut of the row misses both
    plan = plan_of(village(row(5), [150, 150, 100, 100, 100]))
    assert grids(plan) == {(0, 1), (2, 3, 4)}
    plan = plan_of(village(row(5), [100, 100, 100, 150, 150]))
    assert grids(plan) == {(0, 1, 2), (3, 4)}


def test_a_barrier_weighs_more_than_shape() -> None:
    units = village([(x, y) for y in range(2) for x in range(3)])  # 0 1 2 / 3 4 5
    free = partition_village(units, build_graph(units), PROFILE)
    river = with_barrier(build_graph(units), [(0, 3), (1, 4), (2, 5)])
    assert grids(partition_village(units, river, PROFILE)) == {(0, 1, 2), (3, 4, 5)}
    assert partition_village(units, river, PROFILE).objective[2] == 0
    wall = with_barrier(build_graph(units), [(0, 1), (1, 2), (3, 4), (4, 5)])
    assert grids(partition_village(units, wall, PROFILE)) == {(0, 3), (1, 4), (2, 5)}
    assert free.objective[-1] <= partition_village(units, wall, PROFILE).objective[-1] + 1e-9


def test_a_compound_is_kept_whole_before_shape() -> None:
    units = village(row(5), compounds=["", "", "甲", "甲", "甲"])
    assert grids(plan_of(units)) == {(0, 1), (2, 3, 4)}
    units = village(row(5), compounds=["甲", "甲", "甲", "", ""])
    assert grids(plan_of(units)) == {(0, 1, 2), (3, 4)}


def test_an_existing_plan_is_kept_where_it_is_as_good() -> None:
    units = village([(x, y) for y in range(2) for x in range(2)])
    assert grids(plan_of(units, existing_labels=np.array([5, 5, 9, 9]))) == {(0, 1), (2, 3)}
    assert grids(plan_of(units, existing_labels=np.array([5, 9, 5, 9]))) == {(0, 2), (1, 3)}
    assert plan_of(units, existing_labels=np.array([5, 9, 5, 9])).objective[-1] == pytest.approx(
        2 * (36 / (8 * math.pi) - 1)
    )


def test_a_village_of_one_group_is_a_named_exception() -> None:
    plan = plan_of(village(row(1)))
    assert (plan.n_grids, plan.status, plan.objective[0]) == (1, "INFEASIBLE", 1.0)
    (odd,) = plan.exceptions
    assert (odd.label, odd.rule, odd.reason) == (0, "R4", "too_small")
    assert odd.text.zh == "网格（1组）有1个村民小组，规定为2–3个：全村只有1个村民小组。"
    assert [t.zh for t in plan.explanation] == [
        "1个村民小组，每个网格2–3个，划为1个网格。",
        "已证明：网格不超过4个村民小组时，至少有1个例外网格。",
        "方案已证明最优。",
    ]
    assert plan.explanation[1].en == (
        "It is proven that every division into grids of at most 4 has at least 1 exception."
    )
    assert plan.explanation[0].en == "1 villager group, 2 to 3 a grid, make 1 grid."
    assert odd.text.en == "The grid of 1组 has 1 villager group where 2 to 3 are asked: the whole village has only 1."


def test_an_island_of_one_group_is_isolated() -> None:
    plan = plan_of(village([*row(4), (9, 9)]))
    assert grids(plan) == {(0, 1), (2, 3), (4,)}
    assert [(e.label, e.reason) for e in plan.exceptions] == [(2, "isolated")]
    assert plan.bound is not None
    assert plan.bound[0] == 1
    assert plan.bound == pytest.approx(plan.objective)


def test_a_ferry_joins_two_islands_but_not_one_to_the_mainland() -> None:
    units = village([*row(4), (9, 9), (20, 9)])
    ferries = np.array([[4, 5], [3, 4]])
    plan = plan_of(units, ferries=ferries)
    assert (4, 5) in grids(plan)
    assert [(e.rule, e.reason) for e in plan.exceptions] == [("R3", "isolated")]
    assert plan.objective[:2] == (1, 2)
    alone = plan_of(village([*row(4), (9, 9)]), ferries=np.array([[3, 4]]))
    assert (4,) in grids(alone)  # a grid of one is the lesser evil than one across the water
    assert alone.objective[:2] == (1, 1)


def test_a_star_of_four_leaves_has_two_exceptions_by_its_graph() -> None:
    # the centre takes two or three leaves, the others are left alone: four together count less than two alone
    units = village([(1, 1), (0, 1), (2, 1), (1, 0), (1, 2)])
    plan = plan_of(units)
    assert plan.objective[:2] == (2, 1)
    assert sorted(len(g) for g in grids(plan)) == [1, 4]
    assert {e.reason for e in plan.exceptions} == {"forbidden_by_graph"}
    assert plan.status == "INFEASIBLE"


def test_a_star_of_three_leaves_takes_one_group_too_many() -> None:
    plan = plan_of(village([(1, 1), (0, 1), (2, 1), (1, 0)]))
    assert grids(plan) == {(0, 1, 2, 3)}
    assert plan.objective[:2] == (1, 0)


def test_parity() -> None:
    profile = Profile("units", 3, 4, 3.5, 0.25, 300)
    units = village(row(5))
    plan = partition_village(units, build_graph(units), profile)
    assert {e.reason for e in plan.exceptions} == {"parity"}
    assert grids(plan) == {(0, 1, 2, 3, 4)}


def test_locked_grids_stay_and_what_they_enclose_is_named() -> None:
    old = np.array([7, 7, 7, 7, 3, 3])  # four in one grid: against the rule, but locked
    units = village(row(6))
    plan = plan_of(units, existing_labels=old, locked={7})
    assert grids(plan) == {(0, 1, 2, 3), (4, 5)}
    assert (plan.exceptions, plan.status) == ((), "OPTIMAL")
    plan = plan_of(units, existing_labels=np.array([1, 7, 7, 3, 3, 3]), locked={7})
    assert grids(plan) == {(0,), (1, 2), (3, 4, 5)}
    assert [(e.label, e.reason) for e in plan.exceptions] == [(0, "isolated")]
    assert "locked" in plan.exceptions[0].text.en


def test_everything_locked() -> None:
    plan = plan_of(village(row(4)), existing_labels=np.array([2, 2, 1, 1]), locked={1, 2})
    assert plan.labels.tolist() == [0, 0, 1, 1]
    assert plan.status == "OPTIMAL"


def test_bad_calls_say_what_was_expected() -> None:
    units = village(row(3))
    graph = build_graph(units)
    with pytest.raises(InvalidInput, match="counts units"):
        partition_village(units, graph, load_rules().profile("residential_area"))
    with pytest.raises(InvalidInput, match="3 units, 2 labels"):
        partition_village(units, graph, PROFILE, existing_labels=np.array([1, 1]))
    with pytest.raises(InvalidInput, match="not one: 8"):
        partition_village(units, graph, PROFILE, existing_labels=np.array([1, 1, 1]), locked={8})
    with pytest.raises(InvalidInput, match="3 units, 1 nodes"):
        partition_village(units, graph.subgraph(np.array([0])), PROFILE)


def every_partition(n: int) -> list[list[list[int]]]:
    plans: list[list[list[int]]] = [[]]
    for unit in range(n):
        plans = [
            [*p[:k], [*p[k], unit], *p[k + 1 :]] if k < len(p) else [*p, [unit]]
            for p in plans
            for k in range(len(p) + 1)
        ]
    return plans


def value_by_hand(
    units: Units, graph: DualGraph, plan: list[list[int]], old: NDArray[np.int64], n_parts: dict[tuple[int, ...], int]
) -> tuple[float, ...] | None:
    """The objective recomputed with the formulas of measure and plain loops; None for a plan not offered."""
    labels = np.empty(len(units), dtype=np.int64)
    for k, grid in enumerate(plan):
        labels[grid] = k
    sizes = [len(g) for g in plan]
    if max(sizes) > 4 or any(n_parts[tuple(g)] > 1 for g in plan):
        return None
    area = grid_sums(units.frame.area.to_numpy(), labels, len(plan))
    perimeter = grid_perimeters_m(units.frame.length.to_numpy(), graph, labels, len(plan))
    cost = float((1 / polsby_popper(area, perimeter) - 1).sum())
    for grid in plan:
        cost += 25 * ((units.households[grid].sum() - 300) / 300) ** 2
    reach = _part_labels(graph, tuple(range(len(units))))
    for a, b in combinations(range(len(units)), 2):
        if old[a] == old[b] >= 0 and labels[a] != labels[b] and reach[a] == reach[b]:
            cost += 8 * ((units.households[a] + units.households[b]) / 2 + 0.2) / 300
    barrier = barrier_crossed_m(graph, labels, len(plan))
    odd = [s for s in sizes if not 2 <= s <= 3]
    off, count = off_the_wanted_number(units, plan, old, reach)
    tiers = float((np.round(barrier / 10) * 10).sum()), 0.0, round(cost, 5)
    return len(odd), sum(s == 1 for s in odd), off, count, *tiers


def off_the_wanted_number(
    units: Units, plan: list[list[int]], old: NDArray[np.int64], reach: list[int]
) -> tuple[int, int]:
    """How far the number of grids of each connected part is from the one wanted, and that number, summed."""
    off = count = 0
    for part in set(reach):
        members = [u for u in range(len(units)) if reach[u] == part]
        k = sum(reach[grid[0]] == part for grid in plan)
        least, most = -(-len(members) // 3), max(len(members) // 2, 1)
        before = len({int(old[u]) for u in members if old[u] >= 0})
        wanted = min(range(1, 99), key=lambda k: (abs(units.households[members].sum() / k - 300), k))
        wanted = before if before and least <= before <= most else min(max(wanted, least), most)
        off, count = off + abs(k - wanted), count + k
    return off, count


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_the_best_of_all_partitions(data: st.DataObject) -> None:
    places = [(x, y) for x in range(4) for y in range(3)]
    cells = data.draw(st.lists(st.sampled_from(places), unique=True, min_size=2, max_size=7))
    households = data.draw(st.lists(st.integers(0, 250), min_size=len(cells), max_size=len(cells)))
    old = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=len(cells), max_size=len(cells))), dtype=np.int64)
    units = village(cells, households)
    graph = build_graph(units)
    edges = [(int(a), int(b)) for a, b in zip(graph.source, graph.indices, strict=True) if a < b]
    walls = data.draw(st.lists(st.sampled_from(edges), unique=True)) if edges else []
    graph = with_barrier(graph, walls)
    n_parts = {
        g: len(set(_part_labels(graph, g))) for size in range(1, 8) for g in combinations(range(len(cells)), size)
    }
    values = [v for p in every_partition(len(cells)) if (v := value_by_hand(units, graph, p, old, n_parts)) is not None]
    plan = partition_village(units, graph, PROFILE, existing_labels=old)
    best = min(values)
    assert plan.objective == pytest.approx((*best[:2], *best[4:]), abs=1e-4)
    assert plan.bound == pytest.approx(plan.objective, abs=1e-4)
    assert plan.status == ("OPTIMAL" if plan.objective[0] == 0 else "INFEASIBLE")
    assert len(plan.exceptions) == plan.objective[0]


def _part_labels(graph: DualGraph, grid: tuple[int, ...]) -> list[int]:
    label = {u: u for u in grid}
    for _ in grid:
        for u in grid:
            label[u] = min([label[u], *(label[v] for v in graph.neighbours(u).tolist() if v in label)])
    return list(label.values())


def test_a_village_too_large_to_be_solved_whole_is_solved_in_pieces() -> None:
    rng = np.random.default_rng(2)
    units = village([(x, y) for y in range(10) for x in range(12)], rng.integers(60, 180, 120).tolist())
    graph = build_graph(units)
    whole = partition_village(units, graph, PROFILE)
    pieces = partition_village(units, graph, PROFILE, params=RuralParams(whole_units=60, piece_units=40))
    assert whole.status == "OPTIMAL"
    assert pieces.status == "FEASIBLE"
    assert pieces.exceptions == ()
    assert pieces.bound is not None
    assert pieces.bound[-1] <= whole.objective[-1] <= pieces.objective[-1]
    assert pieces.objective[-1] <= 1.08 * whole.objective[-1]
    assert set(np.bincount(pieces.labels).tolist()) <= {2, 3}


def test_a_wide_band_with_too_many_candidates_is_solved_in_pieces() -> None:
    profile = Profile("units", 5, 8, 6.5, 0.25, 300)
    units = village([(x, y) for y in range(6) for x in range(6)])
    plan = partition_village(units, build_graph(units), profile, params=RuralParams(most_candidates=3000))
    assert plan.status == "FEASIBLE"
    assert np.bincount(plan.labels).sum() == 36
    assert plan.n_grids >= 4


def test_same_plan_again() -> None:
    units = village([(x, y) for y in range(6) for x in range(7)])
    graph = build_graph(units)
    first, second = (partition_village(units, graph, PROFILE, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)


@pytest.mark.parametrize(("file", "mean"), [("tw_67000050_units.gpkg", 0.622), ("tw_10007120_units.gpkg", 0.5998)])
def test_real_towns_need_no_exception(file: str, mean: float) -> None:
    if not (DATA / file).exists():
        pytest.skip("the real data sets are not here")
    frame = pyogrio.read_dataframe(DATA / file).set_index("unit_id")
    frame["households"], frame["jurisdiction"] = 0, "town"
    ring = gpd.GeoDataFrame(
        {"name": ["town"], "kind": ["village"]}, geometry=[frame.union_all()], index=["town"], crs=frame.crs
    )
    units = Units(frame, ring, has_households=False)
    graph = build_graph(units)
    plan = partition_village(units, graph, PROFILE)
    assert plan.status == "OPTIMAL"
    assert plan.objective[0] == 0
    assert set(np.bincount(plan.labels).tolist()) <= {2, 3}
    area = grid_sums(units.frame.area.to_numpy(), plan.labels, plan.n_grids)
    perimeter = grid_perimeters_m(units.frame.length.to_numpy(), graph, plan.labels, plan.n_grids)
    assert polsby_popper(area, perimeter).mean() >= mean - 5e-4


def test_villages_need_no_numba() -> None:
    code = (
        "import sys; import gridmap.partition.rural; import gridmap.partition.codes, gridmap.partition.lineage;"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
