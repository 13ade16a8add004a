"""Coverage of patrols on four squares and three streets, small enough to measure by eye.

Grids A, B (above) and C, D (below) are squares of 200 m; between the upper and the lower two runs 中心路 (west to east,
y = 200), through A runs 长弄 (south to north, x = 100), and a trunk road passes along the top.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InvalidInput
from gridmap.issues.patrols import Coverage, coverage
from gridmap.model.patrols import Patrols, make_patrols
from gridmap.model.plan import Plan
from gridmap.model.town import Town
from gridmap.model.units import Units

CRS = "EPSG:4549"
X0, Y0 = 628_000.0, 3_400_000.0
PLACE = "310116113001"
A, B, C, D = (f"{PLACE}{n:03d}" for n in (1, 2, 3, 4))
FEBRUARY = {"first": dt.date(2020, 2, 1), "last": dt.date(2020, 2, 29)}


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X0 + x, Y0 + y) for x, y in points])


def plan() -> Plan:
    corners = [(0, 200), (200, 200), (0, 0), (200, 0)]
    squares = [shapely.box(X0 + x, Y0 + y, X0 + x + 200, Y0 + y + 200) for x, y in corners]
    frame = gpd.GeoDataFrame(
        {"households": [100] * 4, "jurisdiction": [PLACE] * 4, "kind": ["cell"] * 4},
        geometry=squares,
        index=["a", "b", "c", "d"],
        crs=CRS,
    )
    places = gpd.GeoDataFrame(
        {"name": ["山新"], "kind": ["residential_area"]}, geometry=[shapely.union_all(squares)], index=[PLACE], crs=CRS
    )
    return Plan(Units(frame, places), np.arange(4, dtype=np.int32), (A, B, C, D))


def town(roads: gpd.GeoDataFrame | None = None) -> Town:
    if roads is None:
        roads = gpd.GeoDataFrame(
            {"name": ["中心路", "长弄", "金山大道"], "road_class": [3, 4, 1]},
            geometry=[line((0, 200), (400, 200)), line((100, 205), (100, 390)), line((0, 395), (400, 395))],
            crs=CRS,
        )
    return Town(plan().units, context={"roads": roads})


def patrols(*ways: shapely.LineString | shapely.MultiLineString, days: list[int] | None = None) -> Patrols:
    started = [dt.datetime(2020, 2, d, 9) for d in days or range(1, len(ways) + 1)]
    return Patrols(
        make_patrols({"geometry": list(ways), "started_at": started}, [f"p{i}" for i in range(len(ways))], CRS)
    )


def covered(*ways: Any, days: list[int] | None = None, **options: Any) -> Coverage:
    return coverage(patrols(*ways, days=days), town(), plan(), **(FEBRUARY | options))


def test_streets_are_cut_by_grids_and_one_between_two_grids_is_in_both() -> None:
    found = covered()
    streets = {(g, n): m for g, n, m in found.streets[["grid", "name", "length_m"]].itertuples(index=False)}
    # 中心路 is 400 m: each grid has its 200 m and up to 15 m of the next square
    assert set(streets) == {(A, "中心路"), (B, "中心路"), (C, "中心路"), (D, "中心路"), (A, "长弄")}
    assert all(streets[g, "中心路"] == pytest.approx(215, abs=5) for g in (A, B, C, D))
    assert streets[A, "长弄"] == pytest.approx(185)
    # the town counts each once: 400 + 185; the trunk road is none of them
    assert found.street_m == pytest.approx(585)
    assert found.grids["street_m"].sum() > found.street_m
    assert found.streets.crs == CRS


def test_nothing_was_walked_without_patrols() -> None:
    found = covered()
    assert found.walked_m == found.share == 0
    assert len(found.missed) == len(found.streets) == 5
    assert found.missed["grid"].is_monotonic_increasing
    assert list(found.missed["name"][:2]) == ["中心路", "长弄"]  # of one grid the longest first
    assert found.grids["n_pieces_missed"].tolist() == [2, 1, 1, 1]
    assert found.grids["last_on"].isna().all()
    assert found.streets["last_walked_on"].isna().all()


def test_a_patrol_counts_for_every_grid_whose_streets_it_walks() -> None:
    found = covered(line((0, 195), (200, 195)), days=[5])
    assert found.walked_m == pytest.approx(200 + 20 + 10, abs=5)  # the street, 20 m beyond its end, the foot of 长弄
    walked = found.streets.set_index(["grid", "name"])
    assert walked["is_walked"].to_dict() == {
        (A, "中心路"): True,
        (A, "长弄"): False,
        (B, "中心路"): False,
        (C, "中心路"): True,
        (D, "中心路"): False,
    }
    assert found.grids["n_patrols"].tolist() == [1, 0, 1, 0]
    assert found.grids["n_days"].tolist() == [1, 0, 1, 0]
    assert found.grids.loc[A, "last_on"] == dt.datetime(2020, 2, 5)
    assert walked["last_walked_on"][A, "中心路"] == dt.datetime(2020, 2, 5)
    assert np.isnat(walked["last_walked_on"].to_numpy()[1])  # to pass the mouth of a lane is not to walk it


def test_patrols_and_days_are_counted_apart() -> None:
    way = line((0, 200), (400, 200))
    found = covered(way, way, way, days=[7, 7, 3])
    assert found.n_patrols == 3
    assert found.grids["n_patrols"].tolist() == [3, 3, 3, 3]
    assert found.grids["n_days"].tolist() == [2, 2, 2, 2]
    assert (found.grids["last_on"] == dt.datetime(2020, 2, 7)).all()


def test_only_patrols_of_the_period_count_both_days_included() -> None:
    way = line((0, 200), (400, 200))
    found = covered(way, way, way, days=[9, 10, 11], first=dt.date(2020, 2, 10), last=dt.date(2020, 2, 10))
    assert found.n_patrols == 1
    assert (found.grids["n_patrols"] == 1).all()
    assert covered(way, days=[9], first=dt.date(2020, 2, 10)).walked_m == 0


@pytest.mark.parametrize(("away", "is_walked"), [(15.0, True), (25.0, False)])
def test_a_way_walks_streets_within_the_distance(away: float, is_walked: bool) -> None:
    found = covered(line((0, 200 - away), (400, 200 - away)))
    assert found.streets.set_index(["grid", "name"])["is_walked"][B, "中心路"] == is_walked
    assert bool(found.grids.loc[D, "n_patrols"]) == is_walked


def test_who_only_crosses_a_street_does_not_visit_its_grid() -> None:
    found = covered(line((300, 100), (300, 300)))
    assert found.walked_m == pytest.approx(40, abs=5)  # 20 m to each side
    assert found.grids["n_patrols"].sum() == 0
    assert found.streets["last_walked_on"].isna().all()
    assert not found.streets["is_walked"].any()


def test_two_patrols_that_walk_a_half_each_walk_the_whole() -> None:
    found = covered(line((100, 205), (100, 290)), line((100, 310), (100, 390)))
    lane = found.streets[found.streets["name"] == "长弄"].iloc[0]
    assert lane["share"] == pytest.approx(1)
    assert lane["is_walked"]
    assert lane["last_walked_on"] == dt.datetime(2020, 2, 2)


def test_a_way_in_pieces_is_not_walked_between_them() -> None:
    whole = covered(line((0, 200), (400, 200)))
    pieces = covered(shapely.MultiLineString([line((0, 200), (100, 200)), line((300, 200), (400, 200))]))
    # between the pieces 200 m, less the 20 m around the end of each
    assert whole.walked_m - pieces.walked_m == pytest.approx(160, abs=10)


def test_a_road_that_ends_at_the_border_is_no_street_of_the_next_grid() -> None:
    roads = gpd.GeoDataFrame({"name": ["断头路"]}, geometry=[line((50, 300), (200, 300))], crs=CRS)
    found = coverage(patrols(), town(roads), plan(), **FEBRUARY)
    assert found.streets["grid"].tolist() == [A]
    assert found.grids["share"].isna().tolist() == [False, True, True, True]


def test_patrols_in_another_crs_are_the_same() -> None:
    here = patrols(line((0, 200), (400, 200)))
    there = Patrols(here.frame.to_crs("EPSG:4490"))
    found = coverage(there, town(), plan(), **FEBRUARY)
    assert found.walked_m == pytest.approx(covered(line((0, 200), (400, 200))).walked_m)


def test_every_grid_of_the_plan_has_a_row_and_every_street_a_line() -> None:
    found = covered(line((0, 200), (400, 200)))
    assert found.grids.index.tolist() == [A, B, C, D]
    assert found.streets.geometry.length.to_numpy() == pytest.approx(found.streets["length_m"].to_numpy(), abs=0.1)
    assert (found.streets["walked_m"] <= found.streets["length_m"] + 1e-9).all()


def test_what_cannot_be_answered_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no layer of roads"):
        coverage(patrols(), Town(plan().units), plan(), **FEBRUARY)
    with pytest.raises(InvalidInput, match="lies before the first"):
        covered(first=dt.date(2020, 3, 1))
    with pytest.raises(InvalidInput, match="more than 0 metres"):
        covered(within_m=0.0)
