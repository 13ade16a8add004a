"""Grid codes: order, prefixes, schemes, and codes that may not be given again."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from gridmap.errors import InvalidInput, InvalidPlan
from gridmap.model.rules import CodeScheme, load_rules
from gridmap.model.units import Units
from gridmap.partition.codes import assign_codes, code_prefix

SCHEME = load_rules().codes
VILLAGE = "310116113202"


def squares(cells: list[tuple[float, float]], jurisdictions: list[str] | None = None) -> Units:
    """Squares of 100 m at these (column, row) places, y to the north."""
    codes = jurisdictions or [VILLAGE] * len(cells)
    frame = gpd.GeoDataFrame(
        {"households": 0, "jurisdiction": codes},
        geometry=[box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in cells],
        index=[f"u{i}" for i in range(len(cells))],
        crs="EPSG:4549",
    )
    names = sorted(set(codes))
    ring = gpd.GeoDataFrame(
        {"name": names, "kind": "village"}, geometry=[box(0, 0, 1, 1)] * len(names), index=names, crs=frame.crs
    )
    return Units(frame, ring)


def one_each(units: Units, **options: object) -> tuple[str, ...]:
    jurisdictions = units.frame["jurisdiction"].tolist()
    return assign_codes(units, np.arange(len(units)), jurisdictions, SCHEME, **options)  # type: ignore[arg-type]


def test_numbered_as_a_page_is_read() -> None:
    # north row from the west: 2, 3; south row: 0, 1. The slight stagger of 30 m does not break a row
    units = squares([(0, 0), (1, 0.3), (0, 1.3), (1, 1)])
    assert one_each(units) == tuple(VILLAGE + n for n in ("003", "004", "001", "002"))


def test_a_grid_is_placed_by_the_centroid_of_all_its_units() -> None:
    # grid 0 holds the far west and the far east (centroid in the middle), grid 1 the second from the west
    units = squares([(0, 0), (4, 0), (1, 0)])
    assert assign_codes(units, np.array([0, 0, 1]), [VILLAGE] * 2, SCHEME) == (VILLAGE + "002", VILLAGE + "001")


@given(st.permutations(range(9)), st.floats(-5e5, 5e5), st.floats(-5e5, 5e5))
def test_the_order_of_units_and_a_shift_change_no_code(order: list[int], x: float, y: float) -> None:
    cells = [(i % 3, i // 3 + 0.2 * (i % 2)) for i in range(9)]
    codes = one_each(squares(cells))
    shifted = one_each(squares([(cells[i][0] + round(x), cells[i][1] + round(y)) for i in order]))
    assert shifted == tuple(codes[i] for i in order)


def test_each_jurisdiction_counts_from_one() -> None:
    units = squares([(0, 0), (1, 0), (2, 0)], ["310116113202", "310116113205", "310116113202"])
    assert one_each(units) == ("310116113202001", "310116113205001", "310116113202002")


def test_kept_codes_stay_and_no_taken_code_is_given_again() -> None:
    units = squares([(0, 0), (1, 0), (2, 0)])
    codes = one_each(units, kept={1: VILLAGE + "002"}, taken={VILLAGE + "002", VILLAGE + "004", "310116113205009"})
    assert codes == (VILLAGE + "005", VILLAGE + "002", VILLAGE + "006")


def test_gaps_are_filled_only_past_the_last_number_and_then_the_digits_run_out() -> None:
    scheme = CodeScheme(12, 1)
    units = squares([(0, 0), (1, 0)])
    taken = {VILLAGE + str(i) for i in (1, 2, 4, 5, 6, 7, 9)}
    assert assign_codes(units, np.array([0, 1]), [VILLAGE] * 2, scheme, taken=taken) == (VILLAGE + "3", VILLAGE + "8")
    with pytest.raises(InvalidInput, match="310116113202 has used all 9 numbers of 1 digits"):
        assign_codes(units, np.array([0, 1]), [VILLAGE] * 2, scheme, taken={*taken, VILLAGE + "3"})


@pytest.mark.parametrize(("sequence", "code"), [(2, "31011611320201"), (3, VILLAGE + "001"), (8, VILLAGE + "00000001")])
def test_schemes_of_14_15_and_20_digits(sequence: int, code: str) -> None:
    units = squares([(0, 0)])
    assert assign_codes(units, np.array([0]), [VILLAGE], CodeScheme(12, sequence)) == (code,)


@pytest.mark.parametrize(
    ("jurisdiction", "prefix"),
    [
        (VILLAGE, VILLAGE),
        ("310116113", "310116113000"),
        ("310116113202000", VILLAGE),
        ("３１０１１６１１３２０２", VILLAGE),
        ("A0712-06", "A0712-06-"),
        ("Tract 12/a", "Tract-12-a-"),
        ("向阳村（东）", "向阳村-东-"),
    ],
)
def test_prefixes(jurisdiction: str, prefix: str) -> None:
    assert code_prefix(jurisdiction, 12) == prefix


def test_prefixes_that_would_be_ambiguous_are_refused() -> None:
    with pytest.raises(InvalidInput, match="310116113202001 has 15 digits where the code scheme takes 12"):
        code_prefix("310116113202001", 12)
    with pytest.raises(InvalidInput, match="no letter or digit"):
        code_prefix("——", 12)
    with pytest.raises(InvalidInput, match="310116113, 310116113000 would share the code 310116113000"):
        one_each(squares([(0, 0), (1, 0)], ["310116113", "310116113000"]))


def test_bad_plans_are_refused() -> None:
    units = squares([(0, 0), (1, 0)])
    with pytest.raises(InvalidPlan, match="none in grid 1"):
        assign_codes(units, np.array([0, 0]), [VILLAGE] * 2, SCHEME)
    with pytest.raises(InvalidPlan, match="cannot keep one code: X1"):
        one_each(units, kept={0: "X1", 1: "X1"})
    with pytest.raises(InvalidPlan, match="grids 0 … 0"):
        assign_codes(units, np.array([0, 1]), [VILLAGE], SCHEME)


def test_units_without_a_grid_need_no_code() -> None:
    assert assign_codes(squares([(0, 0), (1, 0)]), np.array([-1, 0]), [VILLAGE], SCHEME) == (VILLAGE + "001",)
