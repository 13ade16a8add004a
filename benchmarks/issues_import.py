"""A million issues from a CSV file into PostGIS by the command line, as a user would: `gridmap issues import`.

Usage: python benchmarks/issues_import.py [--issues 1000000] [--out import.json]

The sample town is planned and stored in a private database in a temporary folder, which is taken away afterwards. The
file is made up: places all over the town, five years, every category, the columns of a platform's export. Wall seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.model.issue_policy import load_policy
from gridmap.storage.embedded.cluster import stop_cluster

SAMPLE = Path(__file__).resolve().parents[1] / "geodata" / "shanyang.gpkg"


def made_up(path: Path, n: int, seed: int = 0) -> None:
    """Write a CSV file of n issues."""
    rng = np.random.default_rng(seed)
    areas = gpd.read_file(SAMPLE, layer="jurisdictions").to_crs("EPSG:4490")
    west, south, east, north = areas.total_bounds
    town = areas.union_all()
    places = np.empty((0, 2))
    while len(places) < n:
        given = rng.uniform((west, south), (east, north), size=(n, 2))
        places = np.vstack([places, given[shapely.contains_xy(town, given[:, 0], given[:, 1])]])
    kinds = [c.text.zh for c in load_policy().categories.values()]
    reported = pd.Timestamp("2015-03-01") + pd.to_timedelta(rng.integers(0, 5 * 365 * 24 * 60, n), unit="min")
    settled = reported + pd.to_timedelta(rng.integers(10, 10_000, n), unit="min")
    is_open = rng.random(n) < 0.03
    tier = rng.choice(["网格", "村居", "部门"], n, p=[0.35, 0.63, 0.02])
    form = "%Y-%m-%d %H:%M:%S"
    frame = pd.DataFrame(
        {
            "案件编号": np.char.add("AJ", np.arange(n).astype(str)),
            "问题类型": rng.choice(kinds, n),
            "问题描述": np.char.add("巡查发现的第", np.char.add(np.arange(n).astype(str), "件问题")),
            "上报时间": reported.strftime(form),
            "派遣时间": (reported + pd.Timedelta(minutes=5)).strftime(form),
            "处置完成时间": np.where(is_open, "", settled.strftime(form)),
            "核查时间": np.where(is_open, "", (settled + pd.Timedelta(hours=4)).strftime(form)),
            "案件状态": np.where(is_open, "处置中", "已结案"),
            "上报人": np.char.add("WG", rng.integers(0, 1280, n).astype(str)),
            "处置层级": tier,
            "地址": "示例路1号",
            "经度": places[:n, 0].round(6),
            "纬度": places[:n, 1].round(6),
        }
    )
    frame.to_csv(path, index=False, encoding="utf-8-sig")


def run(folder: Path, *arguments: str) -> float:
    """Seconds that a command of gridmap takes."""
    program = Path(sys.executable).with_name("gridmap")
    environment = {**os.environ, "GRIDMAP_DATA": str(folder), "LC_ALL": "C.UTF-8"}
    environment.pop("GRIDMAP_DATABASE_URL", None)
    start = perf_counter()
    done = subprocess.run(
        [str(program), *arguments], env=environment, check=False, capture_output=True, text=True, timeout=900
    )
    if done.returncode:
        raise SystemExit(f"gridmap {' '.join(arguments)}: {done.stdout}{done.stderr}")
    print("  " + done.stdout.strip().replace("\n", "\n  "))
    return perf_counter() - start


def main() -> None:
    """Print and write what was measured."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--issues", type=int, default=1_000_000)
    arguments.add_argument("--out", type=Path)
    given = arguments.parse_args()
    found: dict[str, object] = {"machine": platform.platform(), "cores": os.cpu_count(), "issues": given.issues}
    with tempfile.TemporaryDirectory(prefix="gridmap-", ignore_cleanup_errors=True) as room:
        Path(room).chmod(0o755)
        data, plan, source = Path(room) / "data", Path(room) / "plan.gpkg", Path(room) / "export.csv"
        data.mkdir()
        made_up(source, given.issues)
        found["file_mb"] = round(source.stat().st_size / 1e6, 1)
        try:
            run(data, "plan", str(SAMPLE), "--out", str(plan), "--quiet")
            run(data, "store", "import", str(plan), "--name", "p", "--quiet")
            found["import_s"] = round(run(data, "issues", "import", str(source), "--day", "2020-02-29"), 1)
            found["import_again_s"] = round(run(data, "issues", "import", str(source), "--day", "2020-02-29"), 1)
            found["list_grid_s"] = round(run(data, "issues", "list", "--grid", "310116113019004"), 1)
        finally:
            stop_cluster(data)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    print(text)
    if given.out is not None:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
