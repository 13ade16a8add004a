"""Residential areas on made-up towns: time, balance, shape and memory as the number of units grows.

Usage: python benchmarks/residential.py [--sizes 200 500 2000 10000 100000] [--seeds 3] [--out residential.json]

A made-up town has blocks of 6 × 4 buildings, 15 % of them without households, 40 % of the blocks compounds, and
roads every two blocks that count as barriers. "solve" is the search alone, "end to end" the graph, the search and
the dissolved grids; compiled code is warm.
"""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path
from statistics import median
from time import perf_counter

import geopandas as gpd
import numpy as np
import shapely

from gridmap.measure.connect import build_graph
from gridmap.measure.shape import barrier_crossed_m, grid_perimeters_m, grid_sums, polsby_popper
from gridmap.model.plan import Plan
from gridmap.model.rules import load_rules
from gridmap.model.units import Units
from gridmap.partition.residential import partition_residential

PROFILE = load_rules().profile("residential_area")
BLOCK_X, BLOCK_Y = 120.0, 90.0


def made_up_town(n: int, seed: int) -> tuple[Units, gpd.GeoDataFrame]:
    """Voronoi cells of n buildings in blocks between barrier roads, and those roads."""
    rng = np.random.default_rng([n, seed])
    across = int(np.ceil(np.sqrt(n / 24 * 1.5)))
    down = int(np.ceil(n / 24 / across))
    block_x, block_y, a, b = (v.ravel() for v in np.mgrid[0:across, 0:down, 0:6, 0:4])
    x = block_x * BLOCK_X + a * 18 + 10 + rng.normal(0, 2, block_x.size)
    y = block_y * BLOCK_Y + b * 20 + 10 + rng.normal(0, 2, block_x.size)
    kept = np.sort(rng.choice(len(x), n, replace=False))  # full blocks would be more than n
    x, y, block_x, block_y = x[kept], y[kept], block_x[kept], block_y[kept]
    xs = np.append(np.arange(0, across, 2) * BLOCK_X, across * BLOCK_X)
    ys = np.append(np.arange(0, down, 3) * BLOCK_Y, down * BLOCK_Y)
    tile = np.searchsorted(xs, x, "right") * 10_000 + np.searchsorted(ys, y, "right")
    cells = np.empty(len(x), dtype=object)
    for members in np.split(np.argsort(tile, kind="stable"), np.flatnonzero(np.diff(np.sort(tile))) + 1):
        i, j = divmod(int(tile[members[0]]), 10_000)
        box = shapely.box(xs[i - 1], ys[j - 1], xs[i], ys[j])
        points = shapely.MultiPoint(np.column_stack([x[members], y[members]]))
        voronoi = shapely.voronoi_polygons(points, extend_to=box, ordered=True)
        cells[members] = shapely.set_precision(shapely.intersection(shapely.get_parts(voronoi), box), 1e-6)
    draw = rng.random(len(x))
    heavy = np.minimum(200, np.exp(rng.normal(2.6, 1.0, len(x))).astype(int) + 1)
    households = np.where(draw < 0.15, 0, np.where(draw < 0.7, rng.integers(1, 5, len(x)), heavy))
    is_compound = rng.random(across * down) < 0.4
    block = block_x * down + block_y
    frame = gpd.GeoDataFrame(
        {
            "households": households,
            "jurisdiction": "310116113001",
            "compound": np.where(is_compound[block], block.astype(str), ""),
        },
        geometry=cells,
        index=[f"u{i}" for i in range(len(x))],
        crs=4549,
    )
    whole = shapely.box(0, 0, xs[-1], ys[-1])
    place = gpd.GeoDataFrame(
        {"name": ["made up"], "kind": ["residential_area"]}, geometry=[whole], index=["310116113001"], crs=4549
    )
    lines = [shapely.LineString([(v, 0), (v, ys[-1])]) for v in xs[1:-1]]
    lines += [shapely.LineString([(0, v), (xs[-1], v)]) for v in ys[1:-1]]
    return Units(frame, place), gpd.GeoDataFrame({"kind": ["road"] * len(lines)}, geometry=lines, crs=4549)


def measure(n: int, seed: int) -> dict[str, float]:
    """One town, from its units to dissolved grids."""
    units, barriers = made_up_town(n, seed)
    started = perf_counter()
    graph = build_graph(units, barriers)
    begun = perf_counter()
    area = partition_residential(units, graph, PROFILE, seed=seed)
    solved = perf_counter()
    plan = Plan(units, area.labels, tuple(f"g{i}" for i in range(area.n_grids)))
    plan.dissolve()
    done = perf_counter()
    k, labels = plan.n_grids, plan.grid_of
    perimeter = grid_perimeters_m(shapely.length(units.polygons), graph, labels, k)
    shape = polsby_popper(grid_sums(shapely.area(units.polygons), labels, k), perimeter)
    deviation = np.abs(plan.households_of_grid / area.ideal - 1)
    side = float(np.sqrt(shapely.area(units.polygons).sum() / k))
    return {
        "units": len(units),
        "grids": k,
        "beyond_10": int((deviation > 0.1).sum()),
        "polsby_popper": float(shape.mean()),
        "barrier_sides": float(barrier_crossed_m(graph, labels, k).sum()) / side,
        "graph_s": begun - started,
        "solve_s": solved - begun,
        "end_to_end_s": done - started,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Print a row a size (medians over the seeds), and write all runs as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 500, 2000, 10_000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    measure(200, 99)  # loads the compiled code
    every = []
    print("units   grids beyond ±10 %   PP  barrier  graph  solve  end to end  peak MB")
    for n in options.sizes:
        runs = [measure(n, seed) for seed in range(options.seeds)]
        every += runs
        m = {key: median(r[key] for r in runs) for key in runs[0]}
        print(
            f"{m['units']:6.0f} {m['grids']:6.0f} {m['beyond_10']:12.0f} {m['polsby_popper']:5.3f}"
            f" {m['barrier_sides']:8.2f} {m['graph_s']:6.2f} {m['solve_s']:6.2f}"
            f" {m['end_to_end_s']:11.2f} {m['peak_mb']:8.0f}",
            flush=True,
        )
    if options.out:
        options.out.write_text(json.dumps(every, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
