"""The points on the map: a row each for the page's scripts, and how their kinds and states are called."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridmap.maps import palette
from gridmap.maps.geometry import Encoder
from gridmap.maps.life import PointShown
from gridmap.maps.telling import Teller
from gridmap.maps.words_life import SIGNS
from gridmap.model.plan import Plan
from gridmap.model.registers.points import POINT_KINDS, POINT_STATUS
from gridmap.model.text import Language


def point_rows(plan: Plan, teller: Teller, encoder: Encoder) -> list[dict[str, Any]] | None:
    """A row for each point, in the order of the records; None where points were never recorded.

    The place of a private home, and of what lies at it, is left out where the profile does not let it be told.
    """
    points = teller.life.points
    if points is None:
        return None
    grid_at = {code: i for i, code in enumerate(plan.codes)}
    point_at = {p.id: i for i, p in enumerate(points)}
    rows = [_row(p, teller, grid_at.get(p.grid, -1)) for p in points]
    for row, point in zip(rows, points, strict=True):
        if point.partner in point_at:
            row["two"] = True
            row["why"] = ""
            if not {point.id, point.partner} & teller.withheld:  # the reason tells the distance to a home
                row["with"] = point_at[point.partner]
                row["why"] = teller.text(point.reason.in_language(teller.lang)) if point.reason else ""
    placed = [i for i, p in enumerate(points) if p.place is not None and p.id not in teller.withheld]
    if placed:
        places = encoder.points(np.array([points[i].place for i in placed], dtype=np.float64))
        for i, at in zip(placed, places, strict=True):
            rows[i]["at"] = at
    return rows


def _row(point: PointShown, teller: Teller, grid: int) -> dict[str, Any]:
    is_withheld = point.id in teller.withheld
    return {
        "id": point.id,
        "name": teller.text(point.name),
        "kind": point.kind,
        "status": point.status,
        "g": grid,
        "opening": teller.text(point.opening),
        "services": [teller.text(s) for s in point.services],
        "cap": point.capacity,
        "address": "" if is_withheld else teller.text(point.address),
        "home": point.is_private_home,
        "two": False,
        "why": "",
    }


def point_words(lang: Language) -> dict[str, dict[str, str]]:
    """What kinds and states are called, and the letters of the kinds that are drawn as one."""
    return {
        "kinds": {key: choice.text.in_language(lang) for key, choice in POINT_KINDS.items()},
        "status": {key: choice.text.in_language(lang) for key, choice in POINT_STATUS.items()},
        "signs": {key: text.in_language(lang) for key, text in SIGNS.items()},
        "colours": palette.POINTS,
    }
