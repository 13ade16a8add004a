"""R6, R12: what is never cut, and where every premises belongs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from gridmap.check.case import Case
from gridmap.model.finding import Row
from gridmap.model.text import Text


def compounds_whole(case: Case) -> list[Row]:
    """R6: compounds (小区) that lie in more than one grid; information where one is too large for the band."""
    grid_of, units = case.plan.grid_of, case.plan.units
    counted = np.flatnonzero((case.compound_of_unit != "") & (grid_of >= 0))
    names, number = np.unique(case.compound_of_unit[counted].astype(str), return_inverse=True)
    order = np.argsort(number, kind="stable")
    members_of = np.split(counted[order], np.cumsum(np.bincount(number, minlength=len(names)))[:-1])
    upper = case.of_profiles("upper")
    rows = []
    for members in members_of:
        labels, n_units = np.unique(grid_of[members], return_counts=True)
        if len(labels) < 2:
            continue
        by_size = sorted(zip(-n_units, (case.plan.codes[g] for g in labels), labels.tolist(), strict=True))
        main = int(by_size[0][2])  # the most units; of equal grids the first code
        total = int(units.households[members].sum())
        too_large = bool(case.counts_households[main]) and total > upper[main]
        zh = f"，共 {total:,} 户，一个网格容纳不下" if too_large else ""
        en = f"; with {total:,} households it is too large for one grid" if too_large else ""
        others = sorted(code for _, code, _ in by_size[1:])
        compound = str(units.frame["compound"].iloc[members[0]])
        rows.append(
            Row(
                Text(
                    f"小区“{compound}”分属 {len(labels)} 个网格（另有 {'、'.join(others)}）{zh}",
                    f"Compound {compound!r} lies in {len(labels)} grids (also {', '.join(others)}){en}",
                ),
                grid=case.plan.codes[main],
                value=float(len(labels)),
                limit=1.0,
                geometry=case.merged(members[grid_of[members] != main]),
                severity="info" if too_large else "",
            )
        )
    return rows


def premises_in_one_grid(case: Case) -> list[Row]:
    """R12: premises that lie in no grid; one on the border of two counts for one of them and is told."""
    if case.premises is None or case.premises.empty:
        return []
    points = shapely.point_on_surface(np.asarray(case.premises.geometry.values, dtype=object))
    names = case.premises["name"].fillna("") if "name" in case.premises else pd.Series("", case.premises.index)
    ids = list(case.premises.get("premises_id", case.premises.index))
    units = case.plan.units
    point, unit = shapely.STRtree(units.polygons).query(points, predicate="intersects")
    grid = case.plan.grid_of[unit]
    pairs = np.unique(np.stack([point[grid >= 0], grid[grid >= 0]], axis=1), axis=0)
    n_grids = np.bincount(pairs[:, 0], minlength=len(points))
    rows = []
    for i in np.flatnonzero(n_grids != 1):
        label = f"{names.iloc[i]}（{ids[i]}）" if names.iloc[i] else f"{ids[i]}"
        n = int(n_grids[i])
        zh = f"场所 {label}不在任何网格内" if n == 0 else f"场所 {label}恰在 {n} 个网格的边界上，按其中一个统计"
        en = f"Premises {label} lie in no grid" if n == 0 else f"Premises {label} lie on the border of {n} grids"
        rows.append(Row(Text(zh, en), value=float(n), limit=1.0, geometry=points[i], severity="info" if n else ""))
    return rows


def dedicated_alone(case: Case) -> list[Row]:
    """R12: dedicated units (专属网格) that are spread over several grids or share a grid with other units."""
    frame, grid_of = case.plan.units.frame, case.plan.grid_of
    name_of = frame["dedicated"].to_numpy(object)
    rows = []
    for name in sorted(set(name_of) - {""}):
        members = np.flatnonzero((name_of == name) & (grid_of >= 0))
        labels = np.unique(grid_of[members])
        for label in labels:
            inside = case.members(int(label))
            strangers = inside[name_of[inside] != name]
            if not len(strangers) and len(labels) == 1:
                continue
            mixed = f"，并含 {len(strangers)} 个其他单元" if len(strangers) else ""
            mixed_en = f", with {len(strangers)} other units" if len(strangers) else ""
            rows.append(
                Row(
                    Text(
                        f"“{name}”应单独成为一个专属网格，现分在 {len(labels)} 个网格{mixed}",
                        f"{name!r} must be a dedicated grid of its own; it lies in {len(labels)} grids{mixed_en}",
                    ),
                    grid=case.plan.codes[label],
                    value=float(len(labels)),
                    limit=1.0,
                    geometry=case.merged(members[grid_of[members] == label]),
                )
            )
    return rows
