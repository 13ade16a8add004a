"""Villages: time, proof and shape on made-up villages and on two real towns.

Usage: python benchmarks/rural.py [--seeds 3] [--out rural.json]
"""

from __future__ import annotations

import argparse
import json
import platform
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from gridmap.measure.connect import build_graph
from gridmap.measure.shape import grid_perimeters_m, grid_sums, polsby_popper
from gridmap.model.graph import DualGraph
from gridmap.model.rules import load_rules
from gridmap.model.units import Units
from gridmap.partition.area import AreaPlan
from gridmap.partition.rural import partition_village

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TOWNS = ("tw_67000050_units.gpkg", "tw_10007120_units.gpkg")
PROFILE = load_rules().profile("village")


def made_up_village(n: int, seed: int) -> Units:
    """Voronoi cells of n random farmsteads, 60–200 households each, about 25 ha a group."""
    rng = np.random.default_rng([n, seed])
    side = 500.0 * np.sqrt(n)
    box = shapely.box(0, 0, side, side)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(rng.random((n, 2)) * side), extend_to=box))
    cells = shapely.set_precision(shapely.intersection(cells, box), 1e-3)
    units = gpd.GeoDataFrame(
        {"households": rng.integers(60, 200, n), "jurisdiction": "v", "kind": "group"},
        geometry=cells,
        index=[f"g{i}" for i in range(n)],
        crs="EPSG:4549",
    )
    ring = gpd.GeoDataFrame({"name": ["v"], "kind": ["village"]}, geometry=[box], index=["v"], crs=units.crs)
    return Units(units, ring)


def with_brooks(graph: DualGraph, seed: int) -> DualGraph:
    """A tenth of the borders made barriers."""
    rng = np.random.default_rng(seed)
    once = graph.source < graph.indices
    edges = np.column_stack([graph.source[once], graph.indices[once]])
    length = graph.length_m[once]
    return DualGraph.from_edges(len(graph), edges, length, np.where(rng.random(len(edges)) < 0.1, length, 0.0))


def real_town(path: Path) -> Units:
    """A town's basic statistical areas, its jurisdictions kept."""
    frame = pyogrio.read_dataframe(path).set_index("unit_id").assign(households=0)
    rings = frame[["jurisdiction", "geometry"]].dissolve("jurisdiction")
    return Units(frame, rings.assign(name=rings.index, kind="village"), has_households=False)


def mean_shape(units: Units, graph: DualGraph, labels: NDArray[np.integer]) -> float:
    """Mean Polsby–Popper of the grids."""
    k = int(labels.max()) + 1
    area = grid_sums(units.frame.area.to_numpy(), labels, k)
    return float(polsby_popper(area, grid_perimeters_m(units.frame.length.to_numpy(), graph, labels, k)).mean())


def solve(units: Units, graph: DualGraph, **options: object) -> tuple[AreaPlan, float]:
    """A plan and its wall time in seconds, graph not included."""
    started = perf_counter()
    plan = partition_village(units, graph, PROFILE, **options)  # type: ignore[arg-type]
    return plan, perf_counter() - started


def row(name: str, units: Units, graph: DualGraph, runs: list[tuple[AreaPlan, float]]) -> dict[str, object]:
    plan = runs[-1][0]  # of the units given
    return {
        "case": name,
        "n": len(units),
        "grids": plan.n_grids,
        "status": sorted({p.status for p, _ in runs}),
        "exceptions": [int(p.objective[0]) for p, _ in runs],
        "gap": max((p.objective[-1] - p.bound[-1]) / p.objective[-1] for p, _ in runs if p.bound),
        "seconds": round(median(s for _, s in runs), 4),
        "slowest": round(max(s for _, s in runs), 4),
        "mean_pp": round(mean_shape(units, graph, plan.labels), 4),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--largest", type=int, default=2000)
    arguments.add_argument("--out", type=Path)
    options = arguments.parse_args()
    warm = made_up_village(8, 0)
    solve(warm, build_graph(warm))
    rows = []
    for n in (30, 60, 100, 200, 400, 1000, 2000, 4000):
        if n > options.largest:
            continue
        runs, moved = [], []
        for seed in range(options.seeds if n <= 400 else 1):
            units = made_up_village(n, seed)
            graph = with_brooks(build_graph(units), seed)
            runs.append(solve(units, graph))
            old = np.where(np.random.default_rng(seed).random(n) < 0.05, -1, runs[-1][0].labels)
            moved.append(solve(units, graph, existing_labels=old))
        rows.append(row("made up", units, graph, runs))
        rows.append(row("made up, existing plan", units, graph, moved))
    for file in TOWNS:
        if not (DATA / file).exists():
            print(f"skipped {file}: the real data sets are not here")
            continue
        units = real_town(DATA / file)
        graph = build_graph(units)
        rows.append(row(f"{file} as one", units, graph, [solve(units, graph)]))
        parts = [units.subset(units.jurisdiction_of == j) for j in range(len(units.jurisdictions))]
        graphs = [graph.subgraph(np.flatnonzero(units.jurisdiction_of == j)) for j in range(len(parts))]
        solved = [solve(u, g) for u, g in zip(parts, graphs, strict=True)]
        labels = np.empty(len(units), dtype=np.int64)
        for j, (plan, _) in enumerate(solved):
            labels[units.jurisdiction_of == j] = plan.labels + sum(p.n_grids for p, _ in solved[:j])
        total = tuple(sum(values) for values in zip(*(p.objective for p, _ in solved), strict=True))
        bound = tuple(sum(p.bound[i] for p, _ in solved if p.bound) for i in range(len(total)))
        status = "OPTIMAL" if {p.status for p, _ in solved} == {"OPTIMAL"} else "INFEASIBLE"
        whole = replace(
            solved[0][0], labels=labels, status=status, objective=total, bound=bound, n_grids=int(labels.max()) + 1
        )
        rows.append(row(f"{file} by jurisdiction", units, graph, [(whole, sum(s for _, s in solved))]))
    for r in rows:
        print("  ".join(f"{k}={v}" for k, v in r.items()))
    if options.out:
        machine = {"python": platform.python_version(), "processor": platform.machine()}
        options.out.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
