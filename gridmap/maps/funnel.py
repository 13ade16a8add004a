"""The funnel for the page: every grid by its households and rate, between the limits of chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gridmap.maps.grid_issues import is_rounded, rate_text, shown_grids, told_rate
from gridmap.maps.grids import GridFacts
from gridmap.maps.issues import MapIssues
from gridmap.model.profile import ExportProfile


def funnel_payload(issues: MapIssues, facts: Sequence[GridFacts], profile: ExportProfile) -> dict[str, Any] | None:
    """Limits and grids of the funnel; grids that are too few to tell stand in none.

    Where the town's total goes by tens, so does the rate, and the limits have one decimal: they follow from it.
    """
    funnel = issues.funnel
    if funnel is None:
        return None
    shown, rounds = shown_grids(issues, facts, profile), is_rounded(issues, profile)
    rate = (told_rate(issues, profile) if rounds else None) or funnel.rate
    points = [
        [i, row.households, round(row.rate, 3), row.funnel] for i, row in enumerate(shown) if row.rate is not None
    ]
    return {
        "rate": round(rate, 3),
        "rateText": rate_text(rate),
        "levels": [f"{100 * level:g}" for level in funnel.levels],
        "lines": [
            [_line(funnel.households, values, 1 if rounds else 3) for values in (low, high)]
            for low, high in funnel.limits
        ],
        "points": points,
    }


def _line(households: Sequence[float], values: Sequence[float], digits: int) -> list[list[float]]:
    return [[round(x, 1), round(y, digits)] for x, y in zip(households, values, strict=True)]
