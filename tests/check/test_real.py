"""The official grouping of two rural towns in Taiwan, judged: what is known of it comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.check import judge_polygons
from gridmap.model.plan import Plan
from gridmap.model.units import Units

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data (../shared/data) is absent")


def official(name: str) -> Plan:
    frame = gpd.read_file(DATA / f"tw_{name}_units.gpkg").set_index("unit_id")
    frame.index = frame.index.astype(str).astype(object)
    frame["jurisdiction"] = frame["jurisdiction"].astype(str)
    frame.geometry = shapely.make_valid(frame.geometry.to_numpy())
    shapes = frame.geometry.groupby(frame["jurisdiction"].to_numpy()).agg(shapely.union_all)
    places = gpd.GeoDataFrame(
        {"name": shapes.index, "kind": "village"}, geometry=shapes.to_numpy(), index=shapes.index, crs=frame.crs
    )
    groups, labels = np.unique(frame["official_group"].astype(str), return_inverse=True)
    units = Units(frame.assign(kind="group", households=0), places, has_households=False)
    return Plan(units, labels, tuple(groups))


@pytest.mark.parametrize(("name", "compactness"), [("67000050", 0.538), ("10007120", 0.547)])
def test_the_official_grouping_as_it_is_known(on: Any, name: str, compactness: float) -> None:
    plan = official(name)
    report = on.judge(plan)
    assert on.found(report, "R3.parts").empty
    assert on.found(report, "R2.unassigned").empty
    assert report.totals["mean_polsby_popper"] == pytest.approx(compactness, abs=0.02)
    n_units = plan.n_units_of_grid
    assert report.totals["share_in_band"] == pytest.approx(((n_units >= 2) & (n_units <= 3)).mean())
    assert len(on.found(report, "R4.units")) == int(((n_units < 2) | (n_units > 3)).sum())


def test_the_official_groups_drawn_as_polygons_come_back() -> None:
    plan = official("67000050")
    back, notes = judge_polygons(plan.dissolve().reset_index(), plan.units)
    assert back.fingerprint == plan.fingerprint
    assert set(notes["kind"]) <= {"overlap", "gap"}
