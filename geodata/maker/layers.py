"""The layers of the GeoPackage, put together from the sheet, the ground and what is built on it."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .core_town import draw_core
from .countryside import Countryside, build_countryside
from .estates import Estates, build_estates, frame_table
from .ground import CRS, Ground, bend, jurisdictions
from .names import TOWN_CODE, TOWN_NAME, VILLAGES
from .plan import Sheet
from .rural_town import EAST, SOUTH, WEST, draw_villages
from .services import place_premises
from .waters import build_water

#: Day that the sample stands for: the town published its grid system in February 2020.
DATE: Final = "2020-02-29"

Layers = dict[str, gpd.GeoDataFrame | pd.DataFrame]


def make_layers(seed: int) -> Layers:
    """All layers of the sample town, in `CRS`; the same for the same seed."""
    rng = np.random.default_rng(seed)
    plan_rng, rural_rng, estate_rng, country_rng, service_rng = rng.spawn(5)
    sheet = Sheet()
    draw_core(sheet, plan_rng)
    draw_villages(sheet, rural_rng)
    ground = bend(sheet)
    areas = jurisdictions(ground.plots)
    water = build_water(ground, areas)
    wet = shapely.union_all(water.geometry.values)
    estates = build_estates(ground, wet, estate_rng)
    groups = _groups(ground, areas, rng.spawn(1)[0])
    country = build_countryside(ground, groups, wet, country_rng)
    buildings = gpd.GeoDataFrame(frame_table(estates), geometry="geometry", crs=CRS)
    return {
        "jurisdictions": areas,
        "villager_groups": groups,
        "buildings": buildings,
        "roads": _roads(ground, estates),
        "railways": country.railways,
        "water": pd.concat([water, country.ponds, _lakes(estates)], ignore_index=True),
        "dikes": _dike(ground),
        "walls": gpd.GeoDataFrame(pd.DataFrame(estates.walls), geometry="geometry", crs=CRS),
        "premises": place_premises(ground, estates, buildings, country, service_rng),
        "green": _green(water, areas, estates, country),
        "village_houses": country.houses,
        "about": _about(seed),
    }


def _groups(ground: Ground, areas: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Villager groups, numbered in reading order inside their village, with households that add up to the village's."""
    rows = []
    names = dict(zip(areas["code"], areas["name"], strict=True))
    for village in VILLAGES:
        code = TOWN_CODE + village.suffix
        mine = ground.plots[(ground.plots["jurisdiction"] == code).to_numpy()]
        if len(mine) != village.groups:
            raise RuntimeError(f"{names[code]}: {village.groups} groups wanted, {len(mine)} drawn")
        points = shapely.get_coordinates(shapely.point_on_surface(mine.geometry.values))
        order = np.lexsort((points[:, 0], -np.round(points[:, 1] / 500)))
        shares = _sizes(points[order], rng)
        counts = np.floor(shares / shares.sum() * village.households).astype(int)
        counts[: village.households - counts.sum()] += 1
        for number, (at, n) in enumerate(zip(order, counts, strict=True), start=1):
            rows.append((f"{code}{number:02d}", f"{names[code]}{number}组", int(n), code, mine.geometry.values[at]))
    columns = ["unit_id", "name", "households", "jurisdiction", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=CRS)


def _sizes(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Relative households of groups at `points` (n, 2): large groups (two make a grid) beside one another, and small
    ones (three make a grid), as along a market road and away from it.
    """
    phase = rng.uniform(0.0, 2 * np.pi, 2)
    wave = np.sin(points[:, 0] / 430 + phase[0]) + np.sin(points[:, 1] / 520 + phase[1])
    is_large = wave >= np.quantile(wave, 0.62)
    return np.where(is_large, 1.5, 1.0) * rng.uniform(0.93, 1.07, len(points))


def _roads(ground: Ground, estates: Estates) -> gpd.GeoDataFrame:
    drawn = ground.ways[ground.ways["kind"] == "road"][["name", "road_class", "geometry"]]
    # Pieces of one road come from several plots of the plan: one line a name.
    named = drawn[drawn["name"] != ""].dissolve(["name", "road_class"], as_index=False)
    lines = [*drawn.geometry[drawn["name"] == ""], *estates.lanes]
    lanes = gpd.GeoDataFrame({"name": "", "road_class": 4}, index=range(len(lines)), geometry=lines, crs=CRS)
    roads = pd.concat([named, lanes], ignore_index=True)[["name", "road_class", "geometry"]]
    roads["geometry"] = shapely.line_merge(roads.geometry.values)
    return roads.sort_values("road_class", kind="stable", ignore_index=True)


def _green(
    water: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, estates: Estates, country: Countryside
) -> gpd.GeoDataFrame:
    """Green in the order of drawing: banks of rivers first, gardens last."""
    rivers = shapely.union_all(water.geometry.values[(water["kind"] == "river").to_numpy()])
    banks = rivers.buffer(11.0, quad_segs=2).difference(rivers).intersection(shapely.union_all(areas.geometry.values))
    banks = shapely.set_precision(shapely.simplify(banks, 0.5), 0.01)
    parts = [p for p in shapely.get_parts(banks) if p.geom_type == "Polygon"]
    rows = [{"kind": "riverside", "name": "", "geometry": shapely.MultiPolygon(parts)}]
    mine = gpd.GeoDataFrame(pd.DataFrame([*rows, *estates.green]), geometry="geometry", crs=CRS)
    order = {"riverside": 0, "shelter_belt": 0, "lawn": 1, "campus": 1}
    mine = mine.iloc[np.argsort([order.get(k, 2) for k in mine["kind"]], kind="stable")]
    return pd.concat([country.green, mine], ignore_index=True)[["kind", "name", "geometry"]]


def _lakes(estates: Estates) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": "", "kind": "lake"}, index=range(len(estates.lakes)), geometry=estates.lakes, crs=CRS
    )


def _dike(ground: Ground) -> gpd.GeoDataFrame:
    inland = SOUTH + 14.0
    line = ground.warp(shapely.LineString([(WEST, inland), (EAST, inland)]))
    return gpd.GeoDataFrame({"name": ["杭州湾海塘"], "kind": ["dike"]}, geometry=[line], crs=CRS)


def _about(seed: int) -> pd.DataFrame:
    entries = {
        "name": TOWN_NAME,
        "name_en": "Shanyang Town",
        "code": TOWN_CODE,
        "source": "合成示例数据：真实的村居名称与代码，虚构的边界、道路、房屋与户数",
        "source_en": "Synthetic sample: real names and codes of jurisdictions, invented geometry and households",
        "date": DATE,
        "synthetic": "true",
        "crs": CRS,
        "licence": "CC0-1.0",
        "seed": str(seed),
        "made_by": "geodata/make_sample.py",
    }
    return pd.DataFrame({"key": list(entries), "value": list(entries.values())})
