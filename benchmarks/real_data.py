"""Real towns from files to a plan: shares of grids near the ideal, shape, faults and time, in one table.

Usage: python benchmarks/real_data.py [--seed 0] [--out real_data.json] [SET …]

The share of a set is that of its grids within ±10 % and ±20 % of the ideal H/k of their jurisdiction, k the whole
number that brings H/k nearest to 300. Units above 360 households (grids of their own) and jurisdictions below 150
households are counted apart and leave H. "must" is what a release has to reach, "best" what a hard search reached
(= proved optimal).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from gridmap.cells.town import build_town
from gridmap.check import check_plan
from gridmap.data.survey import read_survey
from gridmap.flow import plan_town
from gridmap.measure.size import nearest_k
from gridmap.model.plan import Plan
from gridmap.model.rules import load_rules

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Case:
    """A set, how it is read, and what is asked of it."""

    source: str
    must: tuple[float, float] = (0.0, 0.0)
    best: str = ""
    kind: str = "residential"
    jurisdictions: str | None = None
    bridge_m: float = 0.0
    must_shape: float = 0.0
    columns: tuple[tuple[str, str], ...] = ()


#: The official groups do not keep to the villages, so the whole town is one jurisdiction.
_TOWN = (("jurisdiction", "TOWN_ID"),)

CASES = {
    "walnut-hills": Case("walnut_hills_units.gpkg:units", (92, 96), "92.5= / 96.2="),
    "cambridge-blocks": Case("cambridge_ma.gpkg:block_units", (96, 98), "97.0 / 98.5"),
    "cambridge-parcels": Case("cambridge_ma.gpkg:parcel_units", (92.5, 94.5), "93.6 / 95.7", bridge_m=25.0),
    "hdb-cells": Case("hdb_3areas.gpkg:cells_voronoi_derived", (72, 92), "79.3 / 94.0="),
    "taiwan-67000050": Case(
        "tw_67000050_units.gpkg:units", best="0 exc, PP .622", kind="rural", must_shape=0.622, columns=_TOWN
    ),
    "taiwan-10007120": Case(
        "tw_10007120_units.gpkg:units", best="0 exc, PP .600", kind="rural", must_shape=0.5995, columns=_TOWN
    ),
}


@dataclass(frozen=True)
class Outcome:
    """One row of the table; shares in percent, times in seconds."""

    name: str
    units: int
    grids: int
    within_10: float
    within_20: float
    polsby_popper: float
    oversized: int
    too_small: int
    unassigned: int
    hard_broken: int
    exceptions: int
    read_s: float
    plan_s: float
    slowest_area_s: float
    proven: int
    areas: int


def run(name: str, seed: int) -> Outcome:
    """Read, divide and judge one set."""
    case = CASES[name]
    started = perf_counter()
    survey, _ = read_survey(str(DATA / case.source), kind=case.kind, columns=dict(case.columns))
    rules = load_rules()
    town, _ = build_town(survey, rules)
    read = perf_counter()
    planned = plan_town(town, rules, seed=seed, bridge_m=case.bridge_m)
    plan, areas = planned.result.plan, planned.result.areas
    report = check_plan(plan, rules, graph=planned.graph)
    within_10, within_20, oversized, too_small = shares(plan) if case.kind == "residential" else (0.0, 0.0, 0, 0)
    return Outcome(
        name,
        len(town.units),
        plan.n_grids,
        within_10,
        within_20,
        float(report.totals["mean_polsby_popper"]),
        oversized,
        too_small,
        int((plan.grid_of < 0).sum()),
        len(report.broken),
        len({e.grid for e in plan.exceptions}),
        read - started,
        perf_counter() - read,
        max(a.seconds for a in areas),
        sum(a.status == "OPTIMAL" for a in areas),
        len(areas),
    )


def shares(plan: Plan) -> tuple[float, float, int, int]:
    """Percent of grids within ±10 % and ±20 % of the ideal; oversized units and jurisdictions too small."""
    households, at = plan.units.households, plan.units.jurisdiction_of
    big = households > 360
    holds_big = np.zeros(plan.n_grids, dtype=bool)
    holds_big[plan.grid_of[big]] = True
    grid_at = np.zeros(plan.n_grids, dtype=np.int64)
    grid_at[plan.grid_of] = at
    deviations, too_small = [], 0
    for place in np.unique(at):
        total = int(households[(at == place) & ~big].sum())
        if total < 150:
            too_small += 1
            continue
        ideal = total / nearest_k(total, 300)
        counted = plan.households_of_grid[(grid_at == place) & ~holds_big]
        deviations.append(np.abs(counted / ideal - 1))
    every = np.concatenate(deviations)
    return (
        float(100 * np.mean(every <= 0.1 + 1e-9)),
        float(100 * np.mean(every <= 0.2 + 1e-9)),
        int(big.sum()),
        too_small,
    )


def main() -> None:
    """Print the table, and write it as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(CASES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if not DATA.is_dir():
        print(f"skipped: no real data at {DATA.parent.name}/{DATA.name} beside the repository")
        return
    outcomes = []
    print("set                 units grids  ±10 %  ±20 %    PP", end="  ")
    print("must         best          broken exc  read  plan  area max")
    for name in options.sets or CASES:
        o = run(name, options.seed)
        outcomes.append(asdict(o))
        must = " / ".join(f"{m:g}" for m in CASES[name].must)
        print(
            f"{o.name:18} {o.units:6} {o.grids:5} {o.within_10:6.1f} {o.within_20:6.1f} {o.polsby_popper:6.3f}"
            f"  {must:12} {CASES[name].best:14} {o.hard_broken:5} {o.exceptions:4}"
            f" {o.read_s:5.1f} {o.plan_s:5.1f} {o.slowest_area_s:6.2f}",
            flush=True,
        )
    if options.out:
        options.out.write_text(json.dumps(outcomes, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
