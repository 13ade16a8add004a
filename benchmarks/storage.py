"""PostGIS: import, load, save, diff and history, records, beside raw COPY and raw SELECT in the same run.

Usage: python benchmarks/storage.py [--units 20000] [--saves 1000] [--large 200000] [--out storage.json]

A private cluster of its own is made in a temporary folder and taken away afterwards, with the settings that
gridmap gives the embedded database (everything durable). Times are wall seconds.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.model.plan import Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.rules import load_rules
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.batches import undo_batch
from gridmap.storage.connect import Store, open_store
from gridmap.storage.diff import diff_versions
from gridmap.storage.embedded.cluster import start_cluster, stop_cluster
from gridmap.storage.entries import find_plan
from gridmap.storage.history import restore_version, undo
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.records import load_records, save_records
from gridmap.storage.rows import raw, read_columns
from gridmap.storage.save import save_moves
from gridmap.storage.towns import save_town

RULES = load_rules()
#: Units of a grid.
GRID = 33


def made_up_town(n: int, seed: int, name: str) -> Town:
    """Voronoi cells of n random buildings, 0–30 households each, in one residential area."""
    rng = np.random.default_rng([n, seed])
    side = 30.0 * np.sqrt(n)
    box = shapely.box(0, 0, side, side)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(rng.random((n, 2)) * side), extend_to=box))
    cells = shapely.set_precision(shapely.intersection(cells, box), 1e-3)
    centre = shapely.get_coordinates(shapely.centroid(cells))
    order = np.lexsort((centre[:, 0], np.floor(centre[:, 1] / 180)))  # strips, so that a grid's units lie together
    frame = gpd.GeoDataFrame(
        {"households": rng.integers(0, 30, n), "jurisdiction": "310116113001", "kind": "cell", "name": "楼"},
        geometry=cells[order],
        index=[f"u{i:06}" for i in range(n)],
        crs="EPSG:4549",
    )
    area = gpd.GeoDataFrame(
        {"name": ["山新"], "kind": ["residential_area"]}, geometry=[box], index=["310116113001"], crs="EPSG:4549"
    )
    return Town(Units(frame, area), name=name, is_synthetic=True)


def made_up_plan(town: Town) -> Plan:
    """Grids of 33 units in the order of the strips."""
    labels = (np.arange(len(town.units)) // GRID).astype(np.int32)
    codes = tuple(f"310116113001{i:05}" for i in range(int(labels.max()) + 1))
    return Plan(town.units, labels, codes)


def timed(work: Callable[[], object], times: int) -> list[float]:
    seconds = []
    for _ in range(times):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return seconds


COLUMNS = {"unit_id": "text", "jurisdiction": "text", "name": "text", "kind": "text", "households": "int8"} | {
    "buildings": "int8",
    "premises": "int8",
    "compound": "text",
    "dedicated": "text",
    "geom": "bytea",
}


def raw_copy(store: Store, town: Town, *, is_indexed: bool) -> None:
    """The frame into a plain table by binary COPY: nothing checked; with or without key and spatial index."""
    with store.begin() as connection:
        inner = raw(connection)
        inner.execute("DROP TABLE IF EXISTS public.raw_units")
        inner.execute(
            "CREATE TABLE public.raw_units (unit_id text, jurisdiction text, name text, kind text, households int8,"
            " buildings int8, premises int8, compound text, dedicated text, geom geometry)"
        )
        if is_indexed:
            inner.execute("ALTER TABLE public.raw_units ADD PRIMARY KEY (unit_id)")
            inner.execute("CREATE INDEX ON public.raw_units USING gist (geom)")
    started = perf_counter()
    with store.begin() as connection:
        frame = town.units.frame
        shapes = shapely.to_wkb(shapely.set_srid(frame.geometry.to_numpy(), 4549), include_srid=True)
        rows = zip(town.units.ids, *(frame[c].tolist() for c in list(COLUMNS)[1:-1]), shapes, strict=True)
        with (
            raw(connection).cursor() as cursor,
            cursor.copy("COPY public.raw_units FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(list(COLUMNS.values()))
            for row in rows:
                copy.write_row(row)
    RAW_COPY.append(perf_counter() - started)


RAW_COPY: list[float] = []


def raw_select(store: Store) -> None:
    """The plain table into shapes by a binary cursor."""
    with store.read() as connection:
        columns = read_columns(connection, "SELECT * FROM public.raw_units")
        shapely.from_wkb(np.array(columns[-1], dtype=object))


def measure_import(store: Store, n: int, times: int) -> dict[str, object]:
    """Import of a survey against raw COPY, in turn."""
    plain, indexed, ours, whole = [], [], [], []
    for i in range(times):
        town = made_up_town(n, i, f"import {n} {i}")
        for kept, is_indexed in ((plain, False), (indexed, True)):
            raw_copy(store, town, is_indexed=is_indexed)
            kept.append(RAW_COPY.pop())
        ours += timed(lambda town=town: save_town(store, town), 1)
        other = made_up_town(n, 100 + i, f"whole {n} {i}")
        plan = made_up_plan(other)
        whole += timed(lambda other=other, plan=plan: save_plan(store, "plan", other, plan, RULES), 1)
    return {
        "raw_copy": median(plain),
        "raw_copy_with_key_and_index": median(indexed),
        "import_survey": median(ours),
        "ratio": median(a / b for a, b in zip(ours, plain, strict=True)),
        "ratio_with_key_and_index": median(a / b for a, b in zip(ours, indexed, strict=True)),
        "import_survey_and_plan": median(whole),
    }


def random_moves(rng: np.random.Generator, plan: Plan, n: int) -> dict[str, str]:
    """n units, each to the grid of a unit near by in the order."""
    at = rng.choice(len(plan.units), n, replace=False)
    to = np.clip(at + rng.integers(-GRID, GRID, n), 0, len(plan.units) - 1)
    codes = plan.code_of_unit()
    ids = plan.units.ids
    return {ids[i]: str(codes[j]) for i, j in zip(at, to, strict=True)}


def measure_plan(store: Store, n: int, saves: int) -> dict[str, object]:
    """Load, save, history and diff of one plan."""
    town = made_up_town(n, 0, "plan")
    plan = made_up_plan(town)
    entry = save_plan(store, "the plan", town, plan, RULES)
    raw_copy(store, town, is_indexed=True)
    rng = np.random.default_rng(7)
    loads = timed(lambda: load_plan(store, entry.id), 15)
    selects = timed(lambda: raw_select(store), 15)
    seconds = []
    for base in range(1, saves + 1):
        moves = random_moves(rng, plan, 50)
        started = perf_counter()
        save_moves(store, entry.id, base, moves)
        seconds.append(perf_counter() - started)
    last = find_plan(store, entry.id).version
    return {
        "load": median(loads),
        "load_slowest": max(loads),
        "raw_select": median(selects),
        "load_ratio": median(loads) / median(selects),
        "save_50_median": median(seconds),
        "save_50_p95": float(np.quantile(seconds, 0.95)),
        "save_50_first_100_median": median(seconds[:100]),
        "save_50_last_100_median": median(seconds[-100:]),
        "versions": last,
        "load_first_version": median(timed(lambda: load_plan(store, entry.id, 1), 5)),
        "diff_last_two": median(timed(lambda: diff_versions(store, entry.id, last - 1, last), 5)),
        "diff_first_and_last": median(timed(lambda: diff_versions(store, entry.id, 1, last), 5)),
        "undo": median(timed(lambda: undo(store, entry.id, find_plan(store, entry.id).version), 5)),
        "restore_first": timed(lambda: restore_version(store, entry.id, find_plan(store, entry.id).version, 1), 1)[0],
    }


def measure_large(store: Store, n: int) -> dict[str, object]:
    """A large survey in and out."""
    town = made_up_town(n, 0, "large")
    plan = made_up_plan(town)
    imported = timed(lambda: save_plan(store, "large", town, plan, RULES), 1)[0]
    loaded = median(timed(lambda: load_plan(store, "large/large"), 3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kB on Linux
    return {"units": n, "import": imported, "load": loaded, "peak_memory_mb": round(peak)}


def made_up_posts(n: int, source: str) -> Records:
    """A grid member for each of n people, 60 of them a grid."""
    grids = [f"310116113202{i // 60:03}" for i in range(n)]
    table = {"person_id": [f"R{i:05}" for i in range(n)], "role": "grid_member", "grid": grids, "source": source}
    return Records({"post": make_records(REGISTERS["post"], pd.DataFrame(table | {"since": "2025-01-01"}))})


def made_up_points(n: int) -> Records:
    places = list(shapely.points(np.random.default_rng(3).uniform(0, 1e4, (n, 2))))
    table = {"point_id": [f"P{i:05}" for i in range(n)], "name": "点", "kind": "grid_point", "status": "in_use"}
    points = make_records(REGISTERS["point"], pd.DataFrame(table | {"geometry": places}), crs="EPSG:4549")
    return Records({"point": points})


def measure_records(store: Store, n: int) -> dict[str, object]:
    """Posts and points in and out, changed and undone."""
    save_town(store, made_up_town(500, 1, "records"))
    first, other, points = made_up_posts(n, "volunteer"), made_up_posts(n, "other"), made_up_points(n)
    found: dict[str, object] = {}

    def measure(name: str, work: Callable[[], object]) -> None:
        (found[f"records_{name}"],) = timed(work, 1)

    measure("save_posts", lambda: save_records(store, "records", first))
    measure("save_posts_unchanged", lambda: save_records(store, "records", first))
    measure("load_posts", lambda: load_records(store, "records"))
    batch = save_records(store, "records", made_up_posts(1, "committee")).id
    measure("undo_one", lambda: undo_batch(store, "records", batch))
    changed = perf_counter()
    batch = save_records(store, "records", other).id
    found["records_save_posts_changed"] = perf_counter() - changed
    measure("undo_posts", lambda: undo_batch(store, "records", batch))
    measure("save_points", lambda: save_records(store, "records", points))
    lonlat = "EPSG:4490"
    measure("load_points_in_crs", lambda: load_records(store, "records", registers=["point"], crs=lonlat))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--units", type=int, default=20_000)
    arguments.add_argument("--saves", type=int, default=1_000)
    arguments.add_argument("--large", type=int, default=200_000)
    arguments.add_argument("--out", type=Path)
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gridmap-bench-"))
    folder.chmod(0o755)
    started = perf_counter()
    start_cluster(folder)
    results: dict[str, object] = {"cluster_made_and_started": perf_counter() - started}
    try:
        with open_store(actor="benchmark", folder=folder) as store:
            measure_import(store, 500, 1)  # warm
            results |= {"units": options.units, **measure_import(store, options.units, 5)}
            results |= measure_plan(store, options.units, options.saves)
            results |= measure_records(store, options.units)
            if options.large:
                results["large"] = measure_large(store, options.large)
    finally:
        stop_cluster(folder)
        shutil.rmtree(folder)
    for name, value in results.items():
        print(f"{name:32}", f"{value:.4f}" if isinstance(value, float) else value)
    if options.out:
        machine = {"python": platform.python_version(), "processor": platform.machine()}
        options.out.write_text(json.dumps({"machine": machine, **results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
