"""The sample town holds what its README promises; every figure is computed from the committed files."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from math import ceil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

GEODATA = Path(__file__).resolve().parents[2] / "geodata"
PACKAGE = GEODATA / "shanyang.gpkg"
TOWN = "310116113"
LOWER, TARGET, UPPER = 240, 300, 360

VILLAGES = {
    "向阳": "202", "九龙": "205", "杨家": "207", "东方": "208", "中兴": "210",
    "长兴": "213", "华新": "214", "渔业": "215", "新江": "216", "卫东": "217",
}  # fmt: skip
AREAS = (
    "山新", "金海岸", "戚家墩", "海趣", "三岛龙洲", "联江", "金世纪", "金豪", "海云", "康建", "蓝色收获", "海尚",
    "海欣", "红树林", "金天地", "金悦", "金韵", "龙泽园", "金湾", "万盛", "旭辉", "万皓", "海悦",
)  # fmt: skip


def layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(PACKAGE, layer=name)


@pytest.fixture(scope="module")
def jurisdictions() -> gpd.GeoDataFrame:
    return layer("jurisdictions").set_index("code")


@pytest.fixture(scope="module")
def groups() -> gpd.GeoDataFrame:
    return layer("villager_groups").set_index("unit_id")


@pytest.fixture(scope="module")
def buildings() -> gpd.GeoDataFrame:
    return layer("buildings").set_index("unit_id")


@pytest.fixture(scope="module")
def premises() -> gpd.GeoDataFrame:
    return layer("premises").set_index("premises_id")


def neighbours(shapes: gpd.GeoSeries) -> dict[str, set[str]]:
    """Rook contiguity, by the plain definition: a shared border with a length."""
    values, ids = shapes.to_numpy(), list(shapes.index)
    near: dict[str, set[str]] = {i: set() for i in ids}
    for a, b in zip(*shapely.STRtree(values).query(values, predicate="intersects"), strict=True):
        if a != b and shapely.length(shapely.intersection(values[a], values[b])) > 0.01:
            near[ids[a]].add(ids[b])
    return near


def parts(near: dict[str, set[str]]) -> list[set[str]]:
    left, found = set(near), []
    while left:
        part, edge = set(), {min(left)}
        while edge:
            part |= edge
            edge = {n for e in edge for n in near[e]} - part
        found.append(part)
        left -= part
    return found


def can_be_covered(near: dict[str, set[str]], left: frozenset[str]) -> bool:
    """Whether connected sets of two or three cover `left` exactly: every way is tried."""
    if not left:
        return True
    first = min(left, key=lambda i: (len(near[i] & left), i))
    pairs = [{first, n} for n in near[first] & left]
    threes = [pair | {n} for pair in pairs for m in pair for n in (near[m] & left) - pair]
    chosen = {frozenset(s) for s in [*pairs, *threes]}
    return any(can_be_covered(near, left - s) for s in sorted(chosen, key=sorted))


def nearest_count(households: int) -> int:
    low = max(households // TARGET, 1)
    return min((low, low + 1), key=lambda k: abs(households / k - TARGET))


def is_dead(households: int) -> bool:
    return not any(k * LOWER <= households <= k * UPPER for k in range(1, households // LOWER + 2))


# --- names, codes, place ---


def test_the_published_jurisdictions_with_names_and_codes(jurisdictions: gpd.GeoDataFrame) -> None:
    assert len(jurisdictions) == 33
    is_village = jurisdictions["kind"] == "village"
    assert is_village.sum() == 10
    wanted = {TOWN + suffix: f"{name}村" for name, suffix in VILLAGES.items()}
    assert jurisdictions.loc[is_village, "name"].to_dict() == wanted
    others = jurisdictions[~is_village].sort_index()
    assert list(others.index) == [f"{TOWN}{n:03d}" for n in range(1, 24)]
    for name, full in zip(AREAS, others["name"], strict=True):
        assert full in {f"{name}居民区", f"{name}居民区筹建组"}
    assert set(others["kind"]) == {"residential_area", "preparatory_group"}
    assert 1 <= (others["kind"] == "preparatory_group").sum() <= 2
    assert (others["name"].str.contains("筹建") == (others["kind"] == "preparatory_group")).all()


def test_the_town_lies_where_shanyang_lies(jurisdictions: gpd.GeoDataFrame) -> None:
    assert jurisdictions.crs.to_epsg() == 4549
    west, south, east, north = jurisdictions.to_crs(4490).total_bounds
    assert 121.30 < west < 121.36 < east < 121.42
    assert 30.68 < south < 30.73 < north < 30.78
    assert 41e6 < jurisdictions.area.sum() < 43e6


def test_every_layer_is_valid_and_in_one_crs() -> None:
    names = [name for name, kind in pyogrio.list_layers(PACKAGE) if kind is not None]
    assert {"jurisdictions", "villager_groups", "buildings", "roads", "water", "dikes", "premises", "green"} <= set(
        names
    )
    for name in names:
        frame = layer(name)
        assert frame.crs.to_epsg() == 4549, name
        assert frame.geometry.is_valid.all(), name
        assert not frame.geometry.is_empty.any(), name


def test_about_says_that_it_is_synthetic() -> None:
    about = pyogrio.read_dataframe(PACKAGE, layer="about").set_index("key")["value"]
    assert about["name"] == "山阳镇"
    assert about["synthetic"] == "true"
    assert about["source"]
    assert pd.Timestamp(about["date"])


# --- coverages ---


def test_jurisdictions_tile_the_town(jurisdictions: gpd.GeoDataFrame) -> None:
    shapes = jurisdictions.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    town = shapely.coverage_union_all(shapes)
    assert all(len(part.interiors) == 0 for part in shapely.get_parts(town))  # no hole between jurisdictions


def test_villager_groups_tile_their_villages(groups: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame) -> None:
    assert shapely.coverage_is_valid(groups.geometry.to_numpy())
    for code, mine in groups.groupby("jurisdiction"):
        village = jurisdictions.loc[code]
        assert village["kind"] == "village"
        union = shapely.coverage_union_all(mine.geometry.to_numpy())
        assert shapely.area(shapely.symmetric_difference(union, village.geometry)) < 1e-3
        assert sorted(mine.index) == [f"{code}{n:02d}" for n in range(1, len(mine) + 1)]
        assert set(mine["name"]) == {f"{village['name']}{n}组" for n in range(1, len(mine) + 1)}


def test_group_sizes_are_plausible(groups: gpd.GeoDataFrame) -> None:
    assert groups["households"].between(70, 180).all()
    assert 100 < groups["households"].mean() < 140
    assert groups.area.min() > 3e4


# --- buildings, water, roads ---


def test_buildings_are_separate_rectangles_inside_their_jurisdiction(
    buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame
) -> None:
    assert 5000 <= len(buildings) <= 6000
    assert buildings.index.is_unique
    shapes = buildings.geometry.to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (a == b).all()
    around = jurisdictions.geometry.loc[buildings["jurisdiction"]].to_numpy()
    assert shapely.covers(around, shapes).all()
    assert (jurisdictions.loc[buildings["jurisdiction"], "kind"] != "village").all()
    # Corners are rounded to centimetres, so a rectangle fills its least rectangle but for a little.
    full = shapely.area(shapes) / shapely.area(shapely.minimum_rotated_rectangle(shapes))
    assert full.min() > 0.98


def test_every_residential_area_has_buildings_and_households(
    buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame
) -> None:
    households = buildings.groupby("jurisdiction")["households"].sum()
    areas = jurisdictions.index[jurisdictions["kind"] != "village"]
    assert set(households.index) == set(areas)
    assert households.min() > 100
    by_kind = buildings.groupby("building_kind")["households"].agg(["min", "max"])
    assert (by_kind.loc["villa"] == 1).all()
    assert by_kind.loc["walkup", "min"] >= 4
    assert by_kind.loc["walkup", "max"] <= 30
    assert (by_kind.loc["public"] == 0).all()


def test_names_are_unique_inside_a_compound(buildings: gpd.GeoDataFrame) -> None:
    homes = buildings[buildings["compound"] != ""]
    assert not homes.duplicated(["jurisdiction", "compound", "name"]).any()


def test_nothing_is_built_on_water_or_on_a_road(buildings: gpd.GeoDataFrame) -> None:
    water = shapely.union_all(layer("water").geometry.to_numpy())
    roads = layer("roads")
    streets = shapely.union_all(roads.geometry[roads["road_class"] <= 3].to_numpy()).buffer(5.0)
    built = np.concatenate([buildings.geometry.to_numpy(), layer("village_houses").geometry.to_numpy()])
    for ground in (water, streets):
        shapely.prepare(ground)
        assert not shapely.intersects(ground, built).any()
    houses = shapely.get_parts(layer("village_houses").geometry.to_numpy())
    a, b = shapely.STRtree(houses).query(houses, predicate="intersects")
    assert (a == b).all()


def test_roads_form_one_network_without_the_lanes() -> None:
    roads = layer("roads")
    assert set(roads["road_class"]) == {1, 2, 3, 4}
    network = shapely.union_all(roads.geometry[roads["road_class"] <= 3].to_numpy()).buffer(0.5)
    sizes = shapely.area(shapely.get_parts(network))
    assert sizes.max() / sizes.sum() > 0.97


def test_the_bay_is_no_part_of_the_town(jurisdictions: gpd.GeoDataFrame) -> None:
    water = layer("water")
    sea = shapely.union_all(water.geometry[water["kind"] == "sea"].to_numpy())
    town = shapely.coverage_union_all(jurisdictions.geometry.to_numpy())
    # A centimetre along the coast: the sea is snapped to its own grid.
    assert shapely.area(shapely.intersection(sea, town)) < 0.02 * shapely.length(town)


def test_premises_lie_in_one_jurisdiction_each(premises: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame) -> None:
    assert premises.index.is_unique
    assert {"shop", "enterprise", "mall", "market", "school", "clinic"} == set(premises["kind"])
    tree = shapely.STRtree(jurisdictions.geometry.to_numpy())
    which, _ = tree.query(premises.geometry.to_numpy(), predicate="within")
    assert sorted(which) == list(range(len(premises)))


# --- the difficult cases ---


def test_a_residential_area_lies_in_a_dead_zone(buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame) -> None:
    households = buildings.groupby("jurisdiction")["households"].sum()
    mine = households[jurisdictions.loc[households.index, "kind"] == "residential_area"]
    assert [h for h in mine if is_dead(h) and h > UPPER]


def test_a_building_is_larger_than_any_grid_may_be(buildings: gpd.GeoDataFrame) -> None:
    assert (buildings["households"] > UPPER).sum() == 1


def test_preparatory_groups_are_one_grid_or_less(buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame) -> None:
    households = buildings.groupby("jurisdiction")["households"].sum()
    codes = jurisdictions.index[jurisdictions["kind"] == "preparatory_group"]
    assert (households[codes] <= UPPER).all()
    assert (households[codes] < LOWER).any()


def test_the_mall_stands_alone_in_one_residential_area(
    premises: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame
) -> None:
    malls = premises[premises["kind"] == "mall"].geometry
    assert len(malls) == 1
    mall = malls.iloc[0]
    assert mall.geom_type in {"Polygon", "MultiPolygon"}
    assert shapely.covers(jurisdictions.geometry.to_numpy(), mall).sum() == 1
    assert not shapely.intersects(buildings.geometry.to_numpy(), mall).any()
    points = premises[premises["kind"] != "mall"].geometry
    assert set(points.geom_type) == {"Point"}


def test_an_island_and_a_forbidding_graph_and_nothing_else_is_hard(groups: gpd.GeoDataFrame) -> None:
    islands, forbidden, stars = [], [], []
    for code, mine in groups.groupby("jurisdiction"):
        near = neighbours(mine.geometry)
        for part in parts(near):
            if len(part) == 1:
                islands.append(code)
            elif not can_be_covered(near, frozenset(part)):
                forbidden.append(code)
        stars += [code for hub in near if sum(near[leaf] == {hub} for leaf in near[hub]) >= 4]
    assert len(islands) == 1
    assert len(forbidden) == 1
    assert forbidden == stars
    assert islands != forbidden


def test_a_village_of_seven_groups_can_be_counted_out_in_one_way_only(groups: gpd.GeoDataFrame) -> None:
    """Seven groups make 2 + 2 + 3, three grids, though their households ask for two."""
    found = []
    for _, mine in groups.groupby("jurisdiction"):
        for part in parts(neighbours(mine.geometry)):
            n, households = len(part), int(mine.loc[sorted(part), "households"].sum())
            if n > 3 and ceil(n / 3) == n // 2 and nearest_count(households) != n // 2:
                found.append(n)
    assert found == [7]


# --- how many grids ---


def test_sizes_ask_for_two_hundred_grids(
    groups: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, premises: gpd.GeoDataFrame
) -> None:
    """By arithmetic alone, without the engine: households by 300, within what groups allow, one for each giant."""
    total = int((premises["kind"] == "mall").sum())
    for _, mine in buildings.groupby("jurisdiction"):
        households = mine["households"]
        total += nearest_count(int(households[households <= UPPER].sum())) + int((households > UPPER).sum())
    for _, mine in groups.groupby("jurisdiction"):
        for part in parts(neighbours(mine.geometry)):
            n, households = len(part), int(mine.loc[sorted(part), "households"].sum())
            total += 1 if n == 1 else min(max(nearest_count(households), ceil(n / 3)), n // 2)
    assert total == 200


# --- the files ---


def test_the_manifest_fits_the_file() -> None:
    manifest = tomllib.loads((GEODATA / "MANIFEST.toml").read_text("utf-8"))
    entries = {entry["name"]: entry for entry in manifest["file"]}
    files = [p for ending in ("*.gpkg", "*.xlsx") for p in GEODATA.rglob(ending)]
    assert set(entries) == {p.relative_to(GEODATA).as_posix() for p in files}
    entry = entries[PACKAGE.name]
    assert entry["sha256"] == hashlib.sha256(PACKAGE.read_bytes()).hexdigest()
    assert entry["synthetic"] is True
    assert entry["crs"] == "EPSG:4549"
    assert all(entry[key] for key in ("title", "source", "date", "licence", "made_by"))
    assert entry["layers"] == {name: pyogrio.read_info(PACKAGE, layer=name)["features"] for name in entry["layers"]}
    assert set(entry["layers"]) == {name for name, _ in pyogrio.list_layers(PACKAGE)}


def test_the_folder_stays_small() -> None:
    files = [p for p in GEODATA.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) <= 6_000_000


def build(folder: Path, *options: str) -> Path:
    subprocess.run(
        [sys.executable, str(GEODATA / "make_sample.py"), "--out", str(folder), *options],
        check=True,
        capture_output=True,
    )
    return folder / PACKAGE.name


@pytest.mark.slow
def test_the_script_makes_the_committed_content_again(tmp_path: Path) -> None:
    again = build(tmp_path)
    assert pyogrio.list_layers(again).tolist() == pyogrio.list_layers(PACKAGE).tolist()
    for name, kind in pyogrio.list_layers(PACKAGE):
        was, now = (pyogrio.read_dataframe(path, layer=name) for path in (PACKAGE, again))
        if kind is not None:
            # Another GEOS may number the vertices of a ring from elsewhere: the same shape is the same content.
            assert shapely.equals_exact(was.geometry.normalize(), now.geometry.normalize(), 0.011).all(), name
            was, now = was.drop(columns="geometry"), now.drop(columns="geometry")
        pd.testing.assert_frame_equal(pd.DataFrame(was), pd.DataFrame(now))


@pytest.mark.slow
def test_another_seed_makes_another_town_of_the_same_size(tmp_path: Path) -> None:
    other = build(tmp_path, "--seed", "7")
    was, now = (pyogrio.read_dataframe(path, layer="buildings") for path in (PACKAGE, other))
    assert not was.geometry.head(50).geom_equals(now.geometry.head(50)).all()
    pd.testing.assert_series_equal(
        was.groupby("jurisdiction")["households"].sum(), now.groupby("jurisdiction")["households"].sum()
    )


def test_the_readme_tells_the_sizes(groups: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    readme = (GEODATA / "README.md").read_text("utf-8")
    for frame in (groups, buildings):
        assert f"{len(frame):,}" in readme
        assert f"{frame['households'].sum():,}" in readme
