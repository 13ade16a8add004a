"""What is worth knowing about grids and their points: none, several, nearly two in one."""

from __future__ import annotations

from gridmap.model.finding import Row
from gridmap.model.text import Text
from gridmap.points.case import PointCase


def grids_with_a_point(case: PointCase) -> list[Row]:
    """Grids without a grid point in use; a planned or built one is named."""
    table = case.table
    coming = table[(table["kind"] == "grid_point") & table["status"].isin(["planned", "built"])]
    ids = {str(grid): list(group["point_id"]) for grid, group in coming.groupby("grid")}
    n_open = case.per_grid(case.open_grid_points)
    rows = []
    for code in sorted(c for c, n in zip(case.plan.codes, n_open, strict=True) if n == 0):
        soon = ids.get(code, [])
        note = Text("", "")
        if soon:
            note = Text(f"（{'、'.join(soon)} 尚未启用）", f" ({', '.join(soon)} not yet in use)")
        text = Text(f"网格 {code} 没有启用的网格点{note.zh}", f"Grid {code} has no grid point in use{note.en}")
        rows.append(Row(text, grid=code, value=0.0, limit=1.0))
    return rows


def grids_with_one_point(case: PointCase) -> list[Row]:
    """Grids with more than one grid point in use."""
    points = case.open_grid_points
    rows = []
    for code, group in points[points["grid"] != ""].groupby("grid", sort=True):
        ids = list(group["point_id"])
        if len(ids) > 1:
            text = Text(
                f"网格 {code} 有 {len(ids)} 个启用的网格点：{'、'.join(ids)}",
                f"Grid {code} has {len(ids)} grid points in use: {', '.join(ids)}",
            )
            rows.append(Row(text, grid=str(code), value=float(len(ids)), limit=1.0))
    return rows


def nearly_two_in_one(case: PointCase) -> list[Row]:
    """Grid points that are not two in one though a Party point is near, each with what stands against it."""
    misses = case.two_in_one.near_misses
    place = dict(zip(case.table["point_id"], case.table["place"], strict=True))
    return [
        Row(
            Text(row["text_zh"], row["text_en"]),
            grid=row["grid"],
            jurisdiction=row["jurisdiction"],
            unit=row["point_id"],
            value=float(row["distance_m"]),
            limit=case.distance_m,
            geometry=place[row["point_id"]],
        )
        for row in misses.to_dict("records")
    ]
