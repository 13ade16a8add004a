"""A million issues in PostGIS: import, import again, queries, counts, load, undo.

Usage: python benchmarks/issues.py [--issues 1000000] [--changed 100000] [--undo] [--out issues.json]

A private cluster of its own is made in a temporary folder and taken away afterwards, with the settings that
gridmap gives the embedded database (everything durable). Times are wall seconds, of queries the median of seven.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gridmap.issues.fold import fold, new_event
from gridmap.issues.state import IssueState
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.connect import Store, open_store
from gridmap.storage.embedded.cluster import start_cluster, stop_cluster
from gridmap.storage.issue_log import add_events, advance_issue, load_events
from gridmap.storage.issue_query import IssueFilter, count_issues
from gridmap.storage.issues import load_issues, save_issues, undo_issues
from gridmap.storage.towns import save_town

TOWN, GRIDS, YEARS = "bench", 200, 5
POLICY = load_policy()
FIRST = np.datetime64("2021-01-01T00:00:00", "s")


def small_town(name: str = TOWN) -> Town:
    """One block: issues need a town and nothing else of it."""
    block = shapely.box(0, 0, 100, 100)
    units = gpd.GeoDataFrame(
        {"households": [100], "jurisdiction": ["A"], "kind": ["block"], "name": [""]},
        geometry=[block],
        index=["u"],
        crs="EPSG:4549",
    )
    area = gpd.GeoDataFrame({"name": ["A"], "kind": ["village"]}, geometry=[block], index=["A"], crs="EPSG:4549")
    return Town(Units(units, area), name=name, is_synthetic=True)


def made_up(n: int, seed: int = 0) -> Issues:
    """Issues of five years in 200 grids, 35 / 63 / 2 over the tiers, one in a hundred open, each with its own text."""
    rng = np.random.default_rng(seed)
    reported = FIRST + np.sort(rng.integers(0, YEARS * 365 * 86_400, n)).astype("timedelta64[s]")
    grid = rng.integers(0, GRIDS, n)
    codes = np.array([f"3101161130{i // 10:02}{i % 10:03}" for i in range(GRIDS)], dtype=object)
    homes = np.array([code[:12] for code in codes], dtype=object)
    is_open = rng.random(n) < 0.01

    def later(times: Any, hours: int) -> Any:
        return times + rng.integers(600, hours * 3600, n).astype("timedelta64[s]")

    begun = later(reported, 8)
    settled = later(begun, 96)
    table = {
        "source": np.full(n, "12345", dtype=object),
        "channel": np.array(["热线", "巡查", "上级交办"], dtype=object)[rng.integers(0, 3, n)],
        "category": np.array(list(POLICY.categories), dtype=object)[rng.integers(0, len(POLICY.categories), n)],
        "kind": np.array(["暴露垃圾", "占道经营", "路灯不亮", "乱停车"], dtype=object)[rng.integers(0, 4, n)],
        "description": np.array(
            [f"{i % 97} 号楼前有杂物堆放，影响通行，请尽快处理（{i}）" for i in range(n)], dtype=object
        ),
        "address": np.array([f"卫清路 {i % 3000} 号" for i in range(n)], dtype=object),
        "step": np.where(is_open, "disposing", "closed").astype(object),
        "tier": np.array(["grid", "jurisdiction", "department"], dtype=object)[rng.choice(3, n, p=[0.35, 0.63, 0.02])],
        "handler": codes[grid],
        "reporter": np.array([f"R{i % 500:03}" for i in range(n)], dtype=object),
        "reported_at": reported,
        "disposed_at": begun,
        "settled_at": np.where(is_open, np.datetime64("NaT"), settled),
        "verified_at": np.where(is_open, np.datetime64("NaT"), later(settled, 48)),
        "due_at": later(begun, 120),
        "grid": codes[grid],
        "jurisdiction": homes[grid],
        "unit": np.array([f"U{i % 5000:05}" for i in range(n)], dtype=object),
        "plan": np.full(n, "2020", dtype=object),
        "plan_version": np.full(n, 3),
        "geometry": shapely.points(rng.uniform([5e5, 3.4e6], [5.1e5, 3.41e6], (n, 2))),
    }
    return Issues(make_issues(pd.DataFrame(table), [f"12345:{i:09}" for i in range(n)], "EPSG:4549"), is_synthetic=True)


def timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def milliseconds(work: Callable[[], object]) -> dict[str, float]:
    """Median and slowest of seven, after one that warms."""
    work()
    seconds = [timed(work) for _ in range(7)]
    return {"median_ms": round(1000 * median(seconds), 1), "slowest_ms": round(1000 * max(seconds), 1)}


def queries(store: Store) -> dict[str, object]:
    """Lists of the newest 100 and counts, by grid, time, category and tier."""
    grid, half = ("310116113005003",), {"first": date(2025, 1, 1), "last": date(2025, 6, 30)}
    asked: dict[str, IssueFilter] = {
        "newest": IssueFilter(),
        "grid": IssueFilter(grids=grid),
        "grid and half year": IssueFilter(grids=grid, **half),
        "half year": IssueFilter(**half),
        "an old half year": IssueFilter(first=date(2021, 7, 1), last=date(2021, 12, 31)),
        "category": IssueFilter(categories=("fire",)),
        "tier grid": IssueFilter(tiers=("grid",)),
        "tier department": IssueFilter(tiers=("department",)),
        "category, tier, half year": IssueFilter(categories=("fire",), tiers=("department",), **half),
        "jurisdiction": IssueFilter(jurisdictions=("310116113005",)),
        "open": IssueFilter(steps=("disposing",)),
        "overdue": IssueFilter(overdue_at=datetime.fromisoformat("2025-06-30")),
        "id": IssueFilter(ids=("12345:000500000",)),
    }
    found: dict[str, object] = {}
    for name, wanted in asked.items():
        found[f"list 100, {name}"] = milliseconds(lambda w=wanted: load_issues(store, TOWN, wanted=w, limit=100))
        found[f"count, {name}"] = milliseconds(lambda w=wanted: count_issues(store, TOWN, wanted=w))
    for by in (("grid",), ("category",), ("tier",), ("month",), ("jurisdiction", "tier"), ("grid", "month")):
        name = " and ".join(by)
        found[f"count by {name}"] = milliseconds(lambda b=by: count_issues(store, TOWN, b))
        wanted = IssueFilter(**half)
        found[f"count by {name}, half year"] = milliseconds(
            lambda b=by, w=wanted: count_issues(store, TOWN, b, wanted=w)
        )
    found["load grid, half year (whole)"] = milliseconds(
        lambda: load_issues(store, TOWN, wanted=IssueFilter(grids=grid, **half))
    )
    return found


def explained(store: Store) -> dict[str, list[str]]:
    """How the server answers the counts."""
    asked = {
        "count by grid": "SELECT grid, count(*) FROM gridmap.issue WHERE town_id = 1 AND reported_at IS NOT NULL"
        " AND step = ANY ('{closed,detected,disposing,verifying,deferred}') GROUP BY grid",
        "count of a tier": "SELECT count(*) FROM gridmap.issue WHERE town_id = 1 AND reported_at IS NOT NULL"
        " AND tier = 'department' AND step = ANY ('{closed,detected,disposing,verifying,deferred}')",
    }
    with store.read() as connection:
        return {
            name: list(connection.execute(sa.text(f"EXPLAIN (ANALYZE, BUFFERS) {query}")).scalars())
            for name, query in asked.items()
        }


def sizes(store: Store) -> dict[str, float]:
    """Megabytes of tables and indexes."""
    query = (
        "SELECT relname, pg_relation_size(oid) / 1e6 FROM pg_class WHERE relnamespace = 'gridmap'::regnamespace"
        " AND relname LIKE 'issue%' AND relkind IN ('r', 'i') ORDER BY relname"
    )
    with store.read() as connection:
        return {name: round(float(size), 1) for name, size in connection.execute(sa.text(query))}


def one_by_one(store: Store, n: int) -> Iterator[tuple[str, object]]:
    """One step of one issue, and what a device did offline: 200 reports and 200 disposals of them."""
    at = datetime.fromisoformat("2026-01-05T09:00")

    def step(i: int) -> None:
        state = fold(load_events(store, TOWN, f"12345:{i:09}"))
        note = new_event(state, "note", at=at, actor="R1", role="member", policy=POLICY, note="已回访")
        advance_issue(store, TOWN, note)

    seconds = [timed(lambda i=i: step(i)) for i in range(0, n, n // 50)]
    events = []
    for i in range(200):
        state = IssueState(f"dev:{i}")
        facts = {"category": "fire", "place": [5e5, 3.4e6], "crs": "EPSG:4549"}
        first = new_event(state, "report", at=at, actor="R1", role="member", policy=POLICY, facts=facts)
        second = new_event(fold([first]), "settle", at=at, actor="R1", role="member", policy=POLICY)
        events += [second, first]
    yield "advance_one_median", median(seconds)
    yield "add_400_events", timed(lambda: add_events(store, TOWN, events))


def measured(store: Store, issues: Issues, n_changed: int) -> Iterator[tuple[str, object]]:
    """Name and figure, one after another, so that what was measured is known where the rest is not waited for."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kB on Linux
    yield "save", timed(lambda: save_issues(store, TOWN, issues))
    yield "save_more_memory_mb", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before)
    yield "sizes_mb", sizes(store)
    yield "queries", queries(store)
    yield "explained", explained(store)
    yield "load_all", timed(lambda: load_issues(store, TOWN))
    yield "save_unchanged", timed(lambda: save_issues(store, TOWN, issues))
    frame = issues.frame.iloc[:n_changed]
    other = Issues(frame.assign(handler=pd.Series("改", index=frame.index, dtype=object)), is_synthetic=True)
    started = perf_counter()
    batch = save_issues(store, TOWN, other).batch
    yield "save_changed", perf_counter() - started
    assert batch is not None
    yield "undo_changed", timed(lambda: undo_issues(store, TOWN, batch.id))
    yield from one_by_one(store, len(issues))
    yield "queries_later", queries(store)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--issues", type=int, default=1_000_000)
    arguments.add_argument("--changed", type=int, default=100_000)
    arguments.add_argument("--undo", action="store_true", help="also take the whole import back and do it again")
    arguments.add_argument("--out", type=Path)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the cluster is taken away then, too
    folder = Path(tempfile.mkdtemp(prefix="gridmap-bench-"))
    folder.chmod(0o755)
    start_cluster(folder)
    results: dict[str, Any] = {"issues": options.issues}
    issues = made_up(options.issues)
    try:
        with open_store(actor="benchmark", folder=folder) as store:
            save_town(store, small_town())
            for name, value in measured(store, issues, options.changed):
                results[name] = value
                print(name, json.dumps(value, indent=1, ensure_ascii=False), flush=True)
            if options.undo:
                save_town(store, small_town("other"))
                number = save_issues(store, "other", issues).batch
                assert number is not None
                results["undo_all"] = timed(lambda: undo_issues(store, "other", number.id))
                results["save_again_after_undo"] = timed(lambda: save_issues(store, "other", issues))
                print(results["undo_all"], results["save_again_after_undo"])
    finally:
        stop_cluster(folder)
        shutil.rmtree(folder)
    if options.out:
        machine = {"python": platform.python_version(), "processor": platform.machine(), "load": os.getloadavg()}
        options.out.write_text(json.dumps({"machine": machine, **results}, indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
