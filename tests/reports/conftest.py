"""A small town with everything that a report can hold, hostile texts included."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.check import check_plan
from gridmap.model.plan import GridException, Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules, load_rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.model.units import Units

CRS = "EPSG:4549"
VILLAGE, ESTATE = "310116113202", "310116113001"


class Case(NamedTuple):
    """A town, its plan, the report of it, lineage and rules."""

    town: Town
    plan: Plan
    report: Report
    lineage: pd.DataFrame
    rules: Rules


@pytest.fixture
def case() -> Case:
    """A village of five groups (2 + 3) and an area of six buildings, a mall and an oversized tower."""
    squares = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(5)]
    squares += [shapely.box(100 * i, 100, 100 * i + 100, 200) for i in range(8)]
    frame = gpd.GeoDataFrame(
        {
            "name": ["=1+1", "向阳2组", "3组", "4组", "5组", *[f"{n}幢" for n in range(1, 9)]],
            "households": [40, 50, 60, 70, 80, 100, 100, 90, 110, 100, 100, 0, 500],
            "jurisdiction": [VILLAGE] * 5 + [ESTATE] * 8,
            "kind": ["group"] * 5 + ["cell"] * 8,
            "compound": [""] * 5 + ["@金豪"] * 3 + ["-金悦"] * 3 + ["", "+塔楼"],
            "dedicated": [""] * 11 + ["万达广场", ""],
            "buildings": [0] * 5 + [1, 2, 1, 1, 1, 1, 1, 1],
        },
        geometry=squares,
        index=[f"u{n:02d}" for n in range(13)],
        crs=CRS,
    )
    places = gpd.GeoDataFrame(
        {"name": ["向阳", "山新"], "kind": ["village", "residential_area"]},
        geometry=[shapely.box(0, 0, 500, 100), shapely.box(0, 100, 800, 200)],
        index=[VILLAGE, ESTATE],
        crs=CRS,
    )
    codes = (*(f"{VILLAGE}{n:03d}" for n in (1, 2)), *(f"{ESTATE}{n:03d}" for n in (1, 2, 3, 4)))
    labels = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5])
    named = (
        GridException(codes[5], "R5", "oversized_unit", Text("=单栋 500 户", "-one tower of 500")),
        GridException(codes[4], "R5", "dedicated", Text("商场", "a mall")),
    )
    plan = Plan(Units(frame, places), labels, codes, named, frozenset({codes[2]}))
    town = Town(plan.units, name="山阳镇", source="示例数据", date="2026-02-05", is_synthetic=True)
    rules = load_rules()
    lineage = pd.DataFrame(
        {
            "old_code": [codes[0], ""],
            "new_code": [codes[0], codes[1]],
            "kind": ["unchanged", "new"],
            "households": [90, 210],
        }
    )
    return Case(town, plan, check_plan(plan, rules), lineage, rules)
