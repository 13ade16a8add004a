"""Reach and siting: whom many points serve, and where the next should stand.

Usage: python benchmarks/points.py [--places 50000] [--points 200] [--candidates 300] [--new 20] [--seconds 30]
       [--out points.json]

Reach is measured on made-up places and points over the roads of the sample town, straight and along the roads, with
capacities that make it share out. Siting is measured on the buildings of the sample town with random candidates, every
objective, with a third of them two in one. Times are wall seconds, medians of five for reach.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.points.demand import Demand
from gridmap.points.network import build_network
from gridmap.points.reach import reach_points
from gridmap.points.siting import site_points

SAMPLE = Path(__file__).resolve().parents[1] / "geodata" / "shanyang.gpkg"
SEED = 7


def timed(work: Callable[[], object], times: int) -> list[float]:
    seconds = []
    for _ in range(times):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return seconds


def demand_at(xy: np.ndarray, households: np.ndarray, crs: object) -> Demand:
    """Places in 200 grids by their easting."""
    n = len(xy)
    grid = (np.argsort(np.argsort(xy[:, 0])) * 200 // n).astype(np.int32)
    codes = tuple(f"310116113001{k:03}" for k in range(200))
    return Demand(xy, households, np.arange(n), grid, np.zeros(n, bool), codes, ("310116113001",) * 200, crs)


def points_at(xy: np.ndarray, crs: object, **columns: object) -> gpd.GeoDataFrame:
    index = pd.Index([f"P{k:04}" for k in range(len(xy))], dtype=object)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*xy.T), crs=crs, index=index)


def measure_reach(roads: gpd.GeoDataFrame, n: int, m: int) -> dict[str, object]:
    rng = np.random.default_rng(SEED)
    network = build_network(roads)
    # near the roads, as buildings are
    spots = network.lines[rng.integers(0, len(network), n + m)]
    xy = np.array(
        [line.interpolate(t, normalized=True).coords[0] for line, t in zip(spots, rng.random(n + m), strict=True)]
    )
    xy += rng.normal(0, 40, xy.shape)
    demand = demand_at(xy[:n], rng.integers(1, 30, n), roads.crs)
    points = points_at(xy[n:], roads.crs, capacity=pd.array(rng.integers(500, 6000, m), dtype="Int64"))
    straight = timed(lambda: reach_points(demand, points), 5)
    along = timed(lambda: reach_points(demand, points, network=network), 5)
    return {
        "reach_places": n,
        "reach_points": m,
        "network_build": median(timed(lambda: build_network(roads), 5)),
        "network_edges": len(network),
        "network_components": network.n_components,
        "network_share_in_largest": network.share_in_largest,
        "reach_straight": median(straight),
        "reach_straight_slowest": max(straight),
        "reach_network": median(along),
        "reach_network_slowest": max(along),
    }


def measure_siting(buildings: gpd.GeoDataFrame, m: int, n_new: int, seconds: float) -> dict[str, object]:
    rng = np.random.default_rng(SEED)
    homes = buildings[buildings["households"] > 0]
    centre = homes.geometry.representative_point()
    xy = np.stack([centre.x, centre.y], axis=1)
    demand = demand_at(xy, homes["households"].to_numpy(np.int64), buildings.crs)
    picked = rng.choice(len(xy), m + 60, replace=False)
    candidates = points_at(xy[picked[:m]], buildings.crs, makes_two_in_one=rng.random(m) < 1 / 3)
    existing = points_at(xy[picked[m:]], buildings.crs)
    results: dict[str, object] = {"siting_places": len(xy), "siting_candidates": m, "siting_new": n_new}
    for objective in ("coverage", "p_median", "p_center"):
        for name, old, room in (("", existing, None), ("_from_nothing", None, None), ("_limited", existing, 400)):
            found = site_points(
                demand,
                candidates,
                n_new=n_new,
                objective=objective,
                existing=old,
                capacity=room,
                seconds=seconds,
                seed=SEED,
            )
            results[f"{objective}{name}"] = {
                "seconds": round(found.seconds, 2),
                "status": found.status,
                "gap": round(found.gap, 5),
                "value": found.value,
                "best_value": found.best_value,
                "bound": found.bound,
                "two_in_one": int(found.actions["makes_two_in_one"].sum()),
                "built": len(found.chosen),
            }
    return results


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--places", type=int, default=50_000)
    arguments.add_argument("--points", type=int, default=200)
    arguments.add_argument("--candidates", type=int, default=300)
    arguments.add_argument("--new", type=int, default=20)
    arguments.add_argument("--seconds", type=float, default=30.0)
    arguments.add_argument("--out", type=Path)
    options = arguments.parse_args()
    roads = gpd.read_file(SAMPLE, layer="roads")
    buildings = gpd.read_file(SAMPLE, layer="buildings")
    results: dict[str, object] = {"seed": SEED, **measure_reach(roads, options.places, options.points)}
    results |= measure_siting(buildings, options.candidates, options.new, options.seconds)
    for name, value in results.items():
        print(f"{name:32}", f"{value:.4f}" if isinstance(value, float) else value)
    if options.out:
        machine = {"python": platform.python_version(), "processor": platform.machine()}
        options.out.write_text(json.dumps({"machine": machine, **results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
