"""How long coverage takes: a month of patrols on the plan of the sample town.

Usage: python benchmarks/patrols.py [--patrols 500]

Each patrol walks up to seven streets that lie within 400 m of one another, with a position each 10 m that is 4 m off.
The patrols of the sample (geodata/ledgers/patrols.gpkg) are read and covered too.
"""

from __future__ import annotations

import argparse
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import numpy as np
import shapely

from gridmap.cells import build_town
from gridmap.data.survey import read_survey
from gridmap.data.tracks import read_tracks
from gridmap.flow import plan_town
from gridmap.issues.patrols import coverage
from gridmap.model.patrols import Patrols, make_patrols
from gridmap.model.plan import Plan
from gridmap.model.rules import load_rules
from gridmap.model.town import Town

GEODATA = Path(__file__).resolve().parents[1] / "geodata"
FIRST, LAST = date(2020, 2, 1), date(2020, 2, 29)


def walks(roads: gpd.GeoDataFrame, n: int, rng: np.random.Generator) -> Patrols:
    """Patrols along streets, each in as many pieces as streets."""
    streets = shapely.get_parts(roads[roads["road_class"] > 1].geometry.values)
    tree = shapely.STRtree(streets)
    ways = []
    for start in rng.integers(len(streets), size=n):
        near = rng.permutation(tree.query(streets[start], "dwithin", 400.0))[:7]
        exact = [shapely.get_coordinates(shapely.segmentize(streets[s], 10.0)) for s in near]
        ways.append(shapely.multilinestrings([shapely.linestrings(xy + rng.normal(0, 4.0, xy.shape)) for xy in exact]))
    began = [datetime.combine(FIRST, datetime.min.time()) + timedelta(days=int(d)) for d in rng.integers(29, size=n)]
    return Patrols(make_patrols({"geometry": ways, "started_at": began}, [f"P{i}" for i in range(n)], roads.crs))


def told(name: str, patrols: Patrols, town: Town, plan: Plan) -> None:
    start = perf_counter()
    found = coverage(patrols, town, plan, first=FIRST, last=LAST)
    seconds = perf_counter() - start
    ways = patrols.frame.geometry
    print(
        f"{name}: {found.n_patrols} patrols, {ways.length.sum() / 1000:,.0f} km, "
        f"{shapely.get_num_coordinates(ways.values).sum():,} positions on {plan.n_grids} grids, "
        f"{len(found.streets)} streets, {found.street_m / 1000:,.1f} km: {seconds:.2f} s, walked {found.share:.1%}, "
        f"{len(found.missed)} streets missed"
    )


def main() -> None:
    """Print a line for each."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--patrols", type=int, default=500)
    n = asked.parse_args().patrols
    survey, _ = read_survey(GEODATA / "shanyang.gpkg")
    rules = load_rules("shanyang-2020")
    town, _ = build_town(survey, rules)
    plan = plan_town(town, rules, seed=0).result.plan
    roads, crs = town.context["roads"], plan.units.frame.crs
    start = perf_counter()
    read = read_tracks(
        GEODATA / "ledgers" / "patrols.gpkg",
        crs=crs,
        places=plan.units.jurisdictions,
        roads=roads,
        grids=plan.codes,
        is_synthetic=True,
    )
    print(f"sample read in {perf_counter() - start:.2f} s: {dict(read.counts)}")
    assert read.patrols is not None, read.errors
    told("sample", read.patrols, town, plan)
    told("made", walks(roads, n, np.random.default_rng(0)), town, plan)


if __name__ == "__main__":
    main()
