"""Old grids and new grids, each case by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from gridmap.errors import InvalidInput
from gridmap.model.units import Units
from gridmap.partition.lineage import LINEAGE_COLUMNS, build_lineage, match_existing


def row(households: list[int], jurisdictions: str = "") -> Units:
    """Squares in a row; `jurisdictions` holds one letter a unit."""
    codes = list(jurisdictions or "V" * len(households))
    frame = gpd.GeoDataFrame(
        {"households": households, "jurisdiction": codes},
        geometry=[box(100 * i, 0, 100 * i + 100, 100) for i in range(len(households))],
        index=[f"u{i}" for i in range(len(households))],
        crs="EPSG:4549",
    )
    names = sorted(set(codes))
    ring = gpd.GeoDataFrame(
        {"name": names, "kind": "village"}, geometry=[box(0, 0, 1, 1)] * len(names), index=names, crs=frame.crs
    )
    return Units(frame, ring)


def kept(units: Units, new: str, old: list[str]) -> dict[int, str]:
    return match_existing(units, np.array([int(c) for c in new]), old)


def lineage(households: list[int], old: str, new: str) -> list[tuple[str, str, str, int, int]]:
    """Grids named by one letter a unit, "." for none."""
    before, after = (["" if c == "." else c for c in text] for text in (old, new))
    table = build_lineage(row(households), before, after)
    assert tuple(table.columns) == LINEAGE_COLUMNS
    return list(table.itertuples(index=False, name=None))


def test_a_grid_keeps_the_code_of_most_of_its_households() -> None:
    # B loses its unit of 10 households to A: both keep their codes
    assert kept(row([50, 50, 10, 90]), "0001", ["A", "A", "B", "B"]) == {0: "A", 1: "B"}


def test_the_larger_half_of_a_split_and_the_larger_part_of_a_merger_keep_the_code() -> None:
    assert kept(row([60, 40]), "01", ["A", "A"]) == {0: "A"}
    assert kept(row([60, 70]), "00", ["A", "B"]) == {0: "B"}


def test_no_part_keeps_a_code_of_which_it_holds_less_than_half() -> None:
    assert kept(row([40, 35, 35]), "012", ["A", "A", "A"]) == {}


def test_units_decide_where_there_are_no_households() -> None:
    assert kept(row([0, 0, 0]), "011", ["A", "A", "A"]) == {1: "A"}
    # equal households: two units against one
    assert kept(row([50, 25, 25]), "011", ["A", "A", "A"]) == {1: "A"}


def test_codes_stay_in_their_jurisdiction() -> None:
    # old grid A reached into W by its smaller part: only the grid in V may keep A
    assert kept(row([30, 20, 10], "VWW"), "011", ["A", "A", "B"]) == {0: "A", 1: "B"}


def test_nothing_to_keep() -> None:
    assert kept(row([1, 2]), "01", ["", ""]) == {}
    assert match_existing(row([1]), np.array([-1]), ["A"]) == {}
    with pytest.raises(InvalidInput, match="2 units, 1 codes"):
        kept(row([1, 2]), "01", ["A"])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=9))
def test_every_code_is_kept_once_and_by_a_grid_that_overlaps(rows: list[tuple[int, int, int]]) -> None:
    old, new = ["ABCD"[r[0]] for r in rows], np.unique([r[1] for r in rows], return_inverse=True)[1]
    found = match_existing(row([r[2] for r in rows]), new, old)
    assert len(set(found.values())) == len(found)
    for label, code in found.items():
        assert any(new[i] == label and old[i] == code for i in range(len(rows)))


def test_unchanged_split_merged() -> None:
    assert lineage([1, 2, 3, 4, 5, 6], "AABBCD", "aabcdd") == [
        ("A", "a", "unchanged", 3, 2),
        ("B", "b", "split", 3, 1),
        ("B", "c", "split", 4, 1),
        ("C", "d", "merged", 5, 1),
        ("D", "d", "merged", 6, 1),
    ]


def test_a_boundary_that_moved_is_irregular() -> None:
    assert lineage([1, 2, 3, 4], "AABB", "ABBB") == [
        ("A", "A", "irregular", 1, 1),
        ("A", "B", "irregular", 2, 1),
        ("B", "B", "irregular", 7, 2),
    ]


def test_new_and_retired_ground() -> None:
    assert lineage([1, 2, 3, 4, 5], ".AAB.", "aaaa.") == [
        ("", "a", "new", 1, 1),
        ("A", "a", "irregular", 5, 2),
        ("B", "a", "irregular", 4, 1),
    ]
    assert lineage([1, 2, 3], "AAB", "a.b") == [
        ("A", "", "retired", 2, 1),
        ("A", "a", "irregular", 1, 1),
        ("B", "b", "unchanged", 3, 1),
    ]
    assert lineage([7], ".", "a") == [("", "a", "new", 7, 1)]
    assert lineage([7], ".", ".") == []


@given(st.lists(st.tuples(st.sampled_from("ABC."), st.sampled_from("abc."), st.integers(0, 9)), min_size=1, max_size=9))
def test_no_household_is_lost_and_backwards_is_the_mirror(rows: list[tuple[str, str, int]]) -> None:
    old, new, households = ("".join(r[0] for r in rows), "".join(r[1] for r in rows), [r[2] for r in rows])
    there = lineage(households, old, new)
    back = lineage(households, new, old)
    assert sum(r[3] for r in there) == sum(h for o, n, h in rows if (o, n) != (".", "."))
    mirror = {"split": "merged", "merged": "split", "new": "retired", "retired": "new"}
    assert sorted((b, a, mirror.get(k, k), h, n) for a, b, k, h, n in there) == sorted(back)
