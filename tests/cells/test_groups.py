"""Villager groups from labelled buildings."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from gridmap.cells import build_groups

Frame = gpd.GeoDataFrame
Make = Callable[..., Frame]


def row_of_points(n: int) -> list[Point]:
    """Points 10 m apart in a strip of n × 10 m: cells are squares."""
    return [Point(10 * i + 5, 5) for i in range(n)]


def test_cells_are_joined_by_group(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 40, 10), kind="village")
    groups, said = build_groups(make_buildings(*row_of_points(4), group=["一组", "一组", "二组", "二组"]), areas)
    assert said == []
    assert groups.index.tolist() == ["j0-一组", "j0-二组"]
    assert groups["households"].tolist() == [3, 7]
    assert groups["buildings"].tolist() == [2, 2]
    assert groups["kind"].tolist() == ["group", "group"]
    assert groups["name"].tolist() == ["一组", "二组"]
    assert groups.geometry.iloc[0].equals(box(0, 0, 20, 10))


def test_groups_of_one_name_in_two_villages_are_two(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 20, 10), box(20, 0, 40, 10), kind="village")
    groups, _ = build_groups(make_buildings(*row_of_points(4), group=["一组"] * 4), areas)
    assert groups.index.tolist() == ["j0-一组", "j1-一组"]
    assert groups["households"].tolist() == [3, 7]


def test_building_without_a_group_joins_the_longest_border(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 40, 10), kind="village")
    buildings = make_buildings(*row_of_points(4), group=["a", "a", "", ""])
    groups, said = build_groups(buildings, areas)
    assert groups["households"].tolist() == [10]
    assert groups.geometry.iloc[0].equals(areas.geometry.iloc[0])
    assert [t.en for t in said] == [
        "2 buildings name no villager group and join the one with the longest common border: b2, b3."
    ]


def test_a_few_stray_houses_give_their_land_but_keep_their_people(make_areas: Make, make_buildings: Make) -> None:
    # the tenth house of group a stands among those of group b
    labels = ["a"] * 9 + ["b"] * 5 + ["a"] + ["b"] * 5
    areas = make_areas(box(0, 0, 200, 10), kind="village")
    groups, said = build_groups(make_buildings(*row_of_points(20), group=labels), areas)
    assert groups.geometry["j0-a"].equals(box(0, 0, 90, 10))
    assert groups.geometry["j0-b"].equals(box(90, 0, 200, 10))
    assert groups["households"].tolist() == [sum(range(1, 10)) + 15, sum(range(10, 15)) + sum(range(16, 21))]
    assert groups["buildings"].tolist() == [10, 10]
    assert len(said) == 1
    assert said[0].en.endswith("b14.")


def test_a_hamlet_of_its_own_stays_a_part(make_areas: Make, make_buildings: Make) -> None:
    labels = ["a"] * 4 + ["b"] * 4 + ["a"] * 2
    areas = make_areas(box(0, 0, 100, 10), kind="village")
    groups, said = build_groups(make_buildings(*row_of_points(10), group=labels), areas)
    assert shapely.get_num_geometries(groups.geometry["j0-a"]) == 2
    assert groups["buildings"].tolist() == [6, 4]
    assert said[0].en.startswith("1 villager groups consist of parts")


def test_empty_land_goes_to_the_groups_around(make_areas: Make, make_buildings: Make) -> None:
    road = Frame({"kind": ["road"]}, geometry=[shapely.LineString([(200, -5), (200, 105)])], crs="EPSG:4549")
    areas = make_areas(box(0, 0, 400, 100), kind="village")
    groups, _ = build_groups(make_buildings(Point(50, 50), Point(150, 50), group=["a", "b"]), areas, road)
    assert groups.geometry["j0-b"].equals(box(100, 0, 400, 100))


def test_island_without_a_group_is_not_lost(make_areas: Make, make_buildings: Make) -> None:
    island = shapely.MultiPolygon([box(0, 0, 40, 10), box(100, 0, 110, 10)])
    areas = make_areas(island, kind="village")
    groups, _ = build_groups(make_buildings(*row_of_points(4), group=["a", "a", "b", "b"]), areas)
    assert groups.area.sum() == pytest.approx(island.area)


def test_village_without_groups_keeps_its_cells(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 20, 10), box(20, 0, 40, 10), kind="village")
    groups, _ = build_groups(make_buildings(*row_of_points(4), group=["a", "a", "", ""]), areas)
    assert groups["kind"].tolist() == ["group", "cell", "cell"]
    assert groups.index.tolist() == ["j0-a", "b2", "b3"]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60))
def test_groups_tile_and_keep_all_people(
    random_town: Callable[..., tuple[Frame, Frame, Frame]], seed: int, n: int
) -> None:
    buildings, areas, lines = random_town(seed, n=n)
    labels = np.random.default_rng(seed).choice(["", "a", "b", "c"], n)
    buildings["group"] = labels
    groups, _ = build_groups(buildings, areas.assign(kind="village"), lines)
    assert groups["households"].sum() == buildings["households"].sum()
    assert groups["buildings"].sum() == n
    assert shapely.coverage_is_valid(groups.geometry.values)
    for code, area in areas.geometry.items():
        assert groups[groups["jurisdiction"] == code].area.sum() == pytest.approx(area.area, rel=1e-6)
    for code, group in {(c, g) for c, g in zip(groups["jurisdiction"], groups["name"], strict=True) if g in ("a", "b")}:
        assert groups.index.tolist().count(f"{code}-{group}") == 1
