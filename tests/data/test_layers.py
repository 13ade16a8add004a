"""Roads, rivers, walls and premises, as other people's files have them."""

import geopandas as gpd
import pytest
import shapely

from gridmap.data.layers import barrier_frame, premises_frame, road_class, role_of, unit_kind_of

LINE = shapely.LineString([(0, 0), (10, 0)])
POND = shapely.box(0, 0, 5, 5)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("roads", "roads"),
        ("道路", "roads"),
        ("村民小组", "villager_groups"),
        ("Villager_Groups", "villager_groups"),
        ("x", None),
    ],
)
def test_roles(name: str, role: str | None) -> None:
    assert role_of(name) == role


@pytest.mark.parametrize(
    ("name", "kind"), [("parcel_units", "parcel"), ("block_units", "block"), ("小组2020", "group"), ("units", "")]
)
def test_unit_kinds(name: str, kind: str) -> None:
    assert unit_kind_of(name) == kind


@pytest.mark.parametrize(
    ("value", "column", "number"),
    [
        (1, "road_class", 1),
        ("国道", "道路等级", 1),
        ("次干路", "道路等级", 2),
        ("支路", "道路等级", 3),
        ("巷", "道路等级", 4),
        ("trunk_link", "highway", 1),
        ("residential", "highway", 3),
        ("footway", "highway", 4),
        (None, "highway", 3),
        (1.0, "MajorRoad", 1),
        (2.0, "MajorRoad", 2),
        (0.0, "MajorRoad", 3),
        (None, "MajorRoad", 3),
    ],
)
def test_road_classes(value: object, column: str, number: int) -> None:
    assert road_class(value, column) == number


def test_a_layer_given_as_barriers_tells_by_its_words_and_shapes() -> None:
    frame = gpd.GeoDataFrame(
        {"类型": ["围墙", "铁路", "海塘", "河道", "", "", "池塘"], "名称": list("abcdefg"), "全称": list("tuvwxyz")},
        geometry=[LINE, LINE, LINE, LINE, LINE, POND, POND],
        crs=4549,
    )
    out, faults = barrier_frame(frame, "", "b.gpkg:b", {})
    assert out[["kind", "road_class", "name"]].to_numpy().tolist() == [
        ["wall", 0, "a"],
        ["railway", 0, "b"],
        ["dike", 0, "c"],
        ["river", 0, "d"],
        ["road", 1, "e"],
        ["river", 0, "f"],
    ]
    assert ["all taken as class 1" in f.what.en for f in faults] == [True]


def test_roads_without_classes_are_streets() -> None:
    out, faults = barrier_frame(gpd.GeoDataFrame(geometry=[LINE, None], crs=4549), "roads", "a:roads", {})
    assert out["road_class"].tolist() == [3]
    assert "3 级" in faults[0].what.zh


def test_premises_get_ids() -> None:
    frame = gpd.GeoDataFrame({"名称": ["万达广场", "五金店"], "类型": ["mall", None]}, geometry=[POND, POND], crs=4549)
    out = premises_frame(frame, "a:premises", {})
    assert out.drop(columns="geometry").to_numpy().tolist() == [["P1", "万达广场", "mall"], ["P2", "五金店", ""]]
