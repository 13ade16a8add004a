"""The plan: labels that cannot be written, moves that can be undone, totals that a person can check."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from gridmap import GridException, Plan, Text, Units
from gridmap.errors import InvalidPlan, InvalidUnits
from gridmap.model.plan import UNASSIGNED

A, B, C = "310116113202001", "310116113001001", "310116113001002"
EXCEPTION = GridException(A, "R4", "parity", Text("一组一格", "one group a grid"))


@pytest.fixture
def plan(units: Units) -> Plan:
    """u0, u1 in grid A (30 households), u2 in B (30), u3 in C (40)."""
    return Plan(units, np.array([0, 0, 1, 2]), (A, B, C))


class TestValues:
    def test_figures_by_hand(self, plan: Plan) -> None:
        assert plan.n_grids == 3
        assert plan.households_of_grid.tolist() == [30, 30, 40]
        assert plan.n_units_of_grid.tolist() == [2, 1, 1]
        assert plan.jurisdiction_of_grid.tolist() == ["310116113202", "310116113001", "310116113001"]
        assert plan.code_of_unit().tolist() == [A, A, B, C]
        assert plan.total(np.array([1, 1, 1, 5])).tolist() == [2, 1, 5]

    def test_units_without_a_grid_count_nowhere(self, units: Units) -> None:
        plan = Plan(units, np.array([0, UNASSIGNED, UNASSIGNED, 0]), (A,))
        assert plan.households_of_grid.tolist() == [50]
        assert plan.n_units_of_grid.tolist() == [2]
        assert plan.code_of_unit().tolist() == [A, "", "", A]
        assert list(plan.dissolve()["n_units"]) == [2]

    def test_a_plan_without_grids(self, units: Units) -> None:
        plan = Plan(units, np.full(4, UNASSIGNED), ())
        assert plan.n_grids == 0
        assert plan.households_of_grid.tolist() == []
        assert len(plan.dissolve()) == 0

    def test_labels_are_copied_and_cannot_be_written(self, units: Units) -> None:
        labels = np.array([0, 0, 1, 1])
        plan = Plan(units, labels, (A, B))
        labels[:] = 0
        assert plan.grid_of.tolist() == [0, 0, 1, 1]
        assert plan.grid_of.dtype == np.int32
        with pytest.raises(ValueError, match="read-only"):
            plan.grid_of[0] = 1
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            plan.grid_of.flags.writeable = True


class TestPromises:
    @pytest.mark.parametrize(
        ("labels", "codes", "said"),
        [
            ([0.0, 0.0, 1.0, 1.0], (A, B), r"one whole number a unit, shape \(4,\); got float64 \(4,\)"),
            ([0, 0, 1], (A, B), r"shape \(4,\); got int64 \(3,\)"),
            ([[0, 0, 1, 1]], (A, B), r"got int64 \(1, 4\)"),
            ([True, False, True, True], (A, B), "got bool"),
            ([0, 0, 1, 2], (A, B), "labels must lie in -1 … 1; got 0 … 2"),
            ([0, 0, 1, -2], (A, B), "got -2 … 1"),
            ([0, 0, 0, 0], (A, B), f"a grid needs at least one unit; none in {B}"),
            ([0, 0, 1, 1], (A, A), "a code of its own"),
            ([0, 0, 1, 1], (A, ""), "not empty"),
            ([0, 0, 1, 2**33], (A, B), "labels must lie in"),
        ],
    )
    def test_broken_assignments(self, units: Units, labels: list[object], codes: tuple[str, ...], said: str) -> None:
        with pytest.raises(InvalidPlan, match=said):
            Plan(units, np.array(labels), codes)

    def test_exceptions_and_locks_name_grids_of_the_plan(self, units: Units) -> None:
        with pytest.raises(InvalidPlan, match=f"must name grids of the plan; not one: {A}$"):
            Plan(units, np.zeros(4, dtype=int), (B,), exceptions=(EXCEPTION,))
        with pytest.raises(InvalidPlan, match=f"must name grids of the plan; not one: {A}$"):
            Plan(units, np.zeros(4, dtype=int), (B,), locked=frozenset({A}))


class TestFingerprint:
    def test_relabelling_changes_nothing(self, units: Units, plan: Plan) -> None:
        assert Plan(units, np.array([2, 2, 0, 1]), (B, C, A)).fingerprint == plan.fingerprint

    def test_the_order_of_units_changes_nothing(self, units: Units, plan: Plan) -> None:
        order = [3, 1, 0, 2]
        turned = Units(units.frame.iloc[order], units.jurisdictions)
        assert Plan(turned, plan.grid_of[order], plan.codes).fingerprint == plan.fingerprint

    def test_another_assignment_changes_it(self, units: Units, plan: Plan) -> None:
        others = [([0, 1, 1, 2], (A, B, C)), ([0, 0, 1, 2], (A, C, B)), ([0, 0, 1, UNASSIGNED], (A, B))]
        prints = {Plan(units, np.array(labels), codes).fingerprint for labels, codes in others}
        assert len(prints | {plan.fingerprint}) == 4

    def test_it_is_what_its_docstring_says(self, plan: Plan) -> None:
        rows = f"u0\x1f{A}\x1eu1\x1f{A}\x1eu2\x1f{B}\x1eu3\x1f{C}\x1e"
        assert plan.fingerprint == hashlib.sha256(rows.encode()).hexdigest()


class TestMove:
    def test_a_move_makes_a_new_plan(self, plan: Plan) -> None:
        moved = plan.move(["u2"], to=C)
        assert moved.code_of_unit().tolist() == [A, A, C, C]
        assert moved.codes == (A, C), "a grid without units is gone"
        assert plan.code_of_unit().tolist() == [A, A, B, C]

    def test_a_unit_without_a_grid_can_be_given_one(self, units: Units) -> None:
        plan = Plan(units, np.array([0, UNASSIGNED, 0, 0]), (A,))
        assert plan.move(["u1"], to=A).grid_of.tolist() == [0, 0, 0, 0]

    def test_exceptions_and_locks_go_with_their_grid(self, units: Units) -> None:
        plan = Plan(units, np.array([0, 1, 1, 2]), (A, B, C), exceptions=(EXCEPTION,), locked=frozenset({C}))
        assert plan.move(["u1"], to=A).exceptions == (EXCEPTION,)
        gone = plan.move(["u0"], to=B)
        assert gone.exceptions == ()
        assert gone.locked == {C}

    def test_locked_grids_do_not_change(self, plan: Plan) -> None:
        locked = Plan(plan.units, plan.grid_of, plan.codes, locked=frozenset({B}))
        for unit, to in (("u2", C), ("u3", B)):
            with pytest.raises(InvalidPlan, match=f"locked grids do not change: {B}$"):
                locked.move([unit], to=to)
        assert locked.move(["u3"], to=A).locked == {B}

    def test_unknown_names(self, plan: Plan) -> None:
        with pytest.raises(InvalidPlan, match="no such grid: x"):
            plan.move(["u0"], to="x")
        with pytest.raises(InvalidUnits, match="no such unit: u9"):
            plan.move(["u9"], to=A)

    @given(data=st.data())
    def test_a_move_and_its_undo_restore_the_fingerprint(self, data: st.DataObject) -> None:
        plan = data.draw(plans())
        unit = data.draw(st.sampled_from(plan.units.ids))
        home = plan.code_of_unit()[plan.units.ids.index(unit)]
        to = data.draw(st.sampled_from(plan.codes))
        moved = plan.move([unit], to=to)
        assert moved.households_of_grid.sum() == plan.households_of_grid.sum()
        if home in moved.codes:
            assert moved.move([unit], to=home).fingerprint == plan.fingerprint
            assert (moved.fingerprint == plan.fingerprint) == (home == to)

    @given(data=st.data())
    def test_relabelling_changes_no_figure(self, data: st.DataObject) -> None:
        plan = data.draw(plans())
        order = np.array(data.draw(st.permutations(range(plan.n_grids))))
        codes = tuple(plan.codes[i] for i in order)
        other = Plan(plan.units, np.argsort(order)[plan.grid_of], codes)
        assert other.fingerprint == plan.fingerprint
        assert dict(zip(codes, other.households_of_grid, strict=True)) == dict(
            zip(plan.codes, plan.households_of_grid, strict=True)
        )
        assert other.dissolve().loc[list(plan.codes), "n_units"].tolist() == plan.n_units_of_grid.tolist()


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan of up to eight squares in a row, every unit in a grid."""
    n = draw(st.integers(2, 8))
    k = draw(st.integers(1, n))
    labels = draw(st.permutations([*range(k), *draw(st.lists(st.integers(0, k - 1), min_size=n - k, max_size=n - k))]))
    return Plan(row_of_squares(n), np.array(labels), tuple(f"{i:03}" for i in range(k)))


def row_of_squares(n: int) -> Units:
    jurisdictions = gpd.GeoDataFrame(
        {"name": ["向阳村"], "kind": ["village"]}, geometry=[box(0, 0, 100 * n, 100)], index=["v"], crs="EPSG:4549"
    )
    frame = gpd.GeoDataFrame(
        {"households": [3 * i + 1 for i in range(n)], "jurisdiction": "v"},
        geometry=[box(100 * i, 0, 100 * i + 100, 100) for i in range(n)],
        index=[f"u{i}" for i in range(n)],
        crs="EPSG:4549",
    )
    return Units(frame, jurisdictions)


class TestDissolve:
    def test_polygons_by_hand(self, plan: Plan) -> None:
        grids = plan.dissolve()
        assert list(grids.index) == [A, B, C]
        assert grids.index.name == "grid_code"
        assert grids.crs == plan.units.frame.crs
        assert grids.loc[A].geometry.equals(box(0, 0, 200, 100))
        assert grids["households"].tolist() == [30, 30, 40]
        assert grids["jurisdiction"].tolist() == ["310116113202", "310116113001", "310116113001"]

    def test_parts_that_do_not_touch_stay_apart(self, make_units: Callable[..., Units]) -> None:
        shape = Plan(make_units(3), np.array([0, 1, 0]), (A, B)).dissolve().loc[A].geometry
        assert shape.geom_type == "MultiPolygon"
        assert shape.area == 20_000

    def test_overlapping_units_are_merged_exactly(self, make_units: Callable[..., Units]) -> None:
        units = make_units(2)
        frame = units.frame.set_geometry([box(0, 0, 100, 100), box(50, 0, 200, 100)], crs=units.frame.crs)
        grid = Plan(Units(frame, units.jurisdictions), np.array([0, 0]), (A,)).dissolve()
        assert grid.loc[A].geometry.equals(box(0, 0, 200, 100))
