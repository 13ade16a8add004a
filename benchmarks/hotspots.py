"""Hot spots of issues: how often chance is taken for trouble, how often trouble is found, and how long it takes.

Usage: python benchmarks/hotspots.py [--seeds 200] [--first-seed 0] [--claims-only]
       [--issues 1000000] [--skip-town] [--out hotspots.json]

Maps are drawn on the 200 grids of the sample town (its plan, its neighbours at 30 m; with --skip-town on a lattice of
20 × 10) with 7.5 issues a grid, by households: with no difference; with issues that come in clumps (negative binomial,
the variance a multiple of the mean); with three grids in one piece that have 2 or 3 times as many. Times are of random
places in the town. Boston's issues of 2015 are cut by a lattice of 500 m where ../shared/data is there.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse, stats

from gridmap.cells import build_town
from gridmap.data.survey import read_survey
from gridmap.flow import plan_town
from gridmap.issues.emerging import emergence_of, emerging_of_grids
from gridmap.issues.heat import heat_of
from gridmap.issues.hotspots import hotspots_of_grids, neighbours_of_grids, spots_of
from gridmap.issues.rates import PER, rates_of_grids
from gridmap.issues.recut import recut
from gridmap.measure.local import false_discovery, getis_ord_star, moran_chance
from gridmap.measure.neighbours import near_neighbours
from gridmap.measure.rates import dispersion
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues
from gridmap.model.plan import Plan
from gridmap.model.rules import load_rules
from gridmap.model.units import Units

ROOT = Path(__file__).resolve().parents[1]
BOSTON = ROOT.parent / "shared" / "data" / "boston_311_2015.csv.gz"
DEFAULT_POINT = (42.3594, -71.0587)
MEAN, FEWEST = 7.5, 5

Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def poisson(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    return rng.poisson(mean)


def clumped(times: float) -> Draw:
    return lambda rng, mean: rng.poisson(rng.gamma(mean / (times - 1.0), times - 1.0))


def three_grids(rng: np.random.Generator, neighbours: sparse.csr_array, *, close: bool = False) -> np.ndarray:
    """Three grids in one piece: a random one, a neighbour of it, and one beside either; `close`: beside both."""
    while True:
        one = int(rng.integers(neighbours.shape[0]))
        around = neighbours[[one]].indices
        if not len(around):
            continue
        two = int(rng.choice(around))
        join = np.intersect1d if close else np.union1d
        left = np.setdiff1d(join(around, neighbours[[two]].indices), [one, two])
        if len(left):
            return np.array([one, two, int(rng.choice(left))])


def share_of_claims(
    households: np.ndarray,
    neighbours: sparse.csr_array,
    seeds: range,
    draw: Draw,
    times: float = 1.0,
    *,
    close: bool = False,
) -> dict[str, float]:
    """Of maps with `times` as many issues in three grids: how often, where and what is claimed."""
    mean, rows = MEAN * households / households.mean(), []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        mu, piece = mean.copy(), np.array([], dtype=np.int64)
        if times > 1:
            piece = three_grids(rng, neighbours, close=close)
            mu[piece] *= times
        spots = spots_of(draw(rng, mu), households, neighbours, fewest=FEWEST)
        hot = (spots["state"] == "hot").to_numpy()
        near = np.zeros(len(hot), dtype=bool)
        near[piece] = True
        near |= neighbours @ near.astype(float) > 0
        rows.append(
            {
                "any_hot": hot.any(),
                "any_hot_or_cold": spots["state"].isin(["hot", "cold"]).any(),
                "found_one": hot[piece].any(),
                "found_two": hot[piece].sum() >= 2,
                "found_all": len(piece) > 0 and hot[piece].all(),
                "of_three": hot[piece].sum(),
                "hot_neighbours": (hot & near).sum() - hot[piece].sum(),
                "hot_elsewhere": (hot & ~near).sum(),
                "dispersion": spots["dispersion"][0],
            }
        )
    table = pd.DataFrame(rows).astype(float).mean().round(4)
    return table.to_dict() if times > 1 else table[["any_hot", "any_hot_or_cold", "dispersion"]].to_dict()


def share_by_normal(households: np.ndarray, neighbours: sparse.csr_array, seeds: int) -> dict[str, float]:
    """What the usual ways claim of maps without any difference: p of Gi* by the normal distribution, with and without
    false-discovery control, and any grid above the 95 % line of its own count."""
    mean, rows = MEAN * households / households.mean(), []
    for seed in range(seeds):
        n = np.random.default_rng(seed).poisson(mean)
        p = stats.norm.sf(getis_ord_star(PER * n / households, neighbours))
        rows.append({"plain_5_percent": (p <= 0.05).any(), "controlled": (false_discovery(p) <= 0.05).any()})
    return pd.DataFrame(rows).astype(float).mean().to_dict()


def share_of_moran(households: np.ndarray, neighbours: sparse.csr_array, seeds: int, draw: Draw) -> float:
    mean, claims = MEAN * households / households.mean(), 0
    for seed in range(seeds):
        n = draw(np.random.default_rng(seed), mean)
        spread = dispersion(n, n.sum() * households / households.sum())
        p = moran_chance(n, households, neighbours, seed=seed, spread=spread)
        claims += bool((false_discovery(p) <= 0.05).any())
    return claims / seeds


def share_of_emerging(households: np.ndarray, neighbours: sparse.csr_array, seeds: int) -> dict[str, float]:
    """Six months: without difference; and three grids with 3 times as many in the last two months, at 7.5 a month."""
    mean = households / households.mean()
    rows = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        still = emergence_of(
            rng.poisson(np.repeat(mean[:, None] * MEAN / 6, 6, axis=1)), households, neighbours, fewest=FEWEST
        )
        row = {"null_any": (~still["state"].isin(["none", "few"])).any()}
        piece = three_grids(rng, neighbours)
        for name, monthly in (("1.25", MEAN / 6), ("7.5", MEAN)):
            mu = np.repeat(mean[:, None] * monthly, 6, axis=1)
            mu[piece, 4:] *= 3
            state = emergence_of(rng.poisson(mu), households, neighbours, fewest=FEWEST)["state"].to_numpy()
            row[f"found_{name}_a_month"] = np.isin(state[piece], ["new", "consecutive", "sporadic"]).any()
        rows.append(row)
    return pd.DataFrame(rows).astype(float).mean().to_dict()


def random_issues(plan: Plan, n: int) -> Issues:
    rng = np.random.default_rng(0)
    west, south, east, north = plan.units.jurisdictions.total_bounds
    places = shapely.points(rng.uniform(west, east, n), rng.uniform(south, north, n))
    at = np.datetime64("2026-01-01", "s") + rng.integers(0, 181 * 86_400, n)
    category = np.array(["environment", "fire", "other"], dtype=object)[rng.integers(0, 3, n)]
    frame = make_issues(
        {"geometry": places, "reported_at": at, "category": category},
        [f"i{k}" for k in range(n)],
        plan.units.frame.crs,
    )
    return Issues(frame, is_synthetic=True)


def seconds_of(plan: Plan, n: int) -> dict[str, float]:
    issues, policy = random_issues(plan, n), load_policy()
    first, last = date(2026, 1, 1), date(2026, 6, 30)
    works: dict[str, Callable[[], object]] = {
        "recut": lambda: recut(issues, plan),
        "rates": lambda: rates_of_grids(issues, plan, policy, first=first, last=last),
        "hotspots": lambda: hotspots_of_grids(issues, plan, policy, first=first, last=last),
        "emerging": lambda: emerging_of_grids(issues, plan, policy, first=first, last=last),
        "heat": lambda: heat_of(issues, plan, policy, first=first, last=last),
    }
    took = {}
    for name, work in works.items():
        started = perf_counter()
        work()
        took[name] = round(perf_counter() - started, 3)
    return took


def lattice_plan(households: int = 300) -> Plan:
    """20 × 10 squares of 250 m, about 300 households each (± 10 %)."""
    rng = np.random.default_rng(0)
    squares = [shapely.box(x * 250, y * 250, x * 250 + 250, y * 250 + 250) for y in range(10) for x in range(20)]
    return squares_plan(squares, rng.integers(round(households * 0.9), round(households * 1.1) + 1, 200), "EPSG:4549")


def squares_plan(squares: list[shapely.Polygon], households: np.ndarray, crs: str) -> Plan:
    index = [f"s{k:04}" for k in range(len(squares))]
    frame = gpd.GeoDataFrame({"households": households, "jurisdiction": "J"}, geometry=squares, index=index, crs=crs)
    homes = gpd.GeoDataFrame(
        {"name": ["J"], "kind": ["village"]}, geometry=[shapely.union_all(squares)], index=["J"], crs=crs
    )
    return Plan(Units(frame, homes), np.arange(len(squares), dtype=np.int32), tuple(index))


def sample_plan() -> Plan:
    rules = load_rules("shanyang-2020")
    survey, _ = read_survey(ROOT / "geodata" / "shanyang.gpkg")
    town, _ = build_town(survey, rules)
    return plan_town(town, rules, seed=0).result.plan


def boston() -> dict[str, object]:
    """Cells of 500 m: all issues by area, with and without the default point; one type among all issues."""
    table = pd.read_csv(BOSTON, usecols=["case_id", "opened_at", "type", "lat", "lon"])
    table = table[table["lat"].notna()]
    is_default = ((table["lat"] - DEFAULT_POINT[0]).abs() < 5e-5) & ((table["lon"] - DEFAULT_POINT[1]).abs() < 5e-5)
    places = gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs=4326).to_crs(26986)
    side = 500.0
    column = (places.x // side).astype(int).to_numpy()
    row = (places.y // side).astype(int).to_numpy()
    cells, cell_of = np.unique(np.stack([column, row]), axis=1, return_inverse=True)
    cell_of = cell_of.reshape(-1)
    squares = [shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side) for x, y in cells.T]
    near = near_neighbours(np.array(squares, dtype=object), 0.0)
    ones = np.full(len(squares), 100)
    default = is_default.to_numpy()

    def told(mask: np.ndarray, exposure: np.ndarray) -> dict[str, object]:
        spots = spots_of(np.bincount(cell_of[mask], minlength=len(squares)), exposure, near, fewest=FEWEST)
        found = {str(k): int(v) for k, v in spots["state"].value_counts().items()}
        return {"issues": int(mask.sum()), "dispersion": round(float(spots["dispersion"][0]), 1), **found}

    every = np.ones(len(table), dtype=bool)
    results: dict[str, object] = {
        "issues": len(table),
        "on_default_point": int(default.sum()),
        "cells_of_500_m": len(squares),
        "by_area": told(every, ones),
        "by_area_without_default": told(~default, ones),
    }
    centre = cell_of[default][0]
    for name in ("Rodent Activity", "Graffiti Removal", "Pothole", "Parking Enforcement", "Request for Pothole Repair"):
        kind = table["type"].str.startswith(name).to_numpy()
        if not kind.any():
            continue
        for label, kept in (("", every), ("_without_default", ~default)):
            exposure = np.bincount(cell_of[kept], minlength=len(squares))
            spots = spots_of(np.bincount(cell_of[kind & kept], minlength=len(squares)), exposure, near, fewest=FEWEST)
            found = {str(k): int(v) for k, v in spots["state"].value_counts().items()}
            results[f"{name}{label}"] = {
                "issues": int((kind & kept).sum()),
                "dispersion": round(float(spots["dispersion"][0]), 2),
                "cell_of_default_point": str(spots["state"][centre]),
                **found,
            }
    return results


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=200)
    arguments.add_argument("--first-seed", type=int, default=0, help="of the maps of which claims are counted")
    arguments.add_argument("--claims-only", action="store_true")
    arguments.add_argument("--issues", type=int, default=1_000_000)
    arguments.add_argument("--skip-town", action="store_true")
    arguments.add_argument("--out", type=Path)
    options = arguments.parse_args()
    plan = lattice_plan() if options.skip_town else sample_plan()
    near, told = neighbours_of_grids(plan, 30.0), np.flatnonzero(plan.households_of_grid > 0)
    near, households = near[told][:, told], plan.households_of_grid[told]
    results: dict[str, object] = {
        "seeds": options.seeds,
        "first_seed": options.first_seed,
        "grids": len(told),
        "neighbours": near.nnz / len(told),
    }
    claims = partial(share_of_claims, households, near, range(options.first_seed, options.first_seed + options.seeds))
    results["no_difference"] = claims(poisson)
    results["no_difference_usual_ways"] = share_by_normal(households, near, options.seeds)
    for spread in (1.5, 2.0, 4.0):
        results[f"no_difference_variance_x{spread:g}"] = claims(clumped(spread))
    results["three_grids_x3"] = claims(poisson, 3.0)
    results["three_grids_x3_close"] = claims(poisson, 3.0, close=True)
    results["three_grids_x2"] = claims(poisson, 2.0)
    results["three_grids_x3_variance_x2"] = claims(clumped(2.0), 3.0)
    if not options.claims_only:
        results["moran_no_difference"] = share_of_moran(households, near, options.seeds // 2, poisson)
        results["moran_no_difference_variance_x2"] = share_of_moran(households, near, options.seeds // 2, clumped(2.0))
        results["emerging"] = share_of_emerging(households, near, options.seeds)
        results["seconds"] = {"issues": options.issues, **seconds_of(plan, options.issues)}
        results["boston"] = boston() if BOSTON.exists() else "../shared/data is not there"
    for name, value in results.items():
        print(f"{name:34}", value)
    if options.out:
        machine = {"python": platform.python_version(), "processor": platform.machine()}
        options.out.write_text(json.dumps({"machine": machine, **results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
