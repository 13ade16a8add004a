"""How grids are coloured by their issues: rates, what is hardly chance, hot spots, change, overdue ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from gridmap.maps import palette
from gridmap.maps.classes import Legend
from gridmap.maps.grid_issues import least, rate_text, shown_grids, told_rate
from gridmap.maps.grids import GridFacts
from gridmap.maps.issues import GridIssues, MapIssues
from gridmap.maps.words import date_text, fill
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.text import Language

#: Widths of a class of rates that are easy to read, times a power of ten.
NICE: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
#: Share of the grids whose rates the classes with two ends hold; the last class is open.
HELD: Final = 0.95
#: Signs of hot and cold spots, and of how hot spots change: shape beside colour.
SPOT_SIGNS: Final = {"hot": "▲", "cold": "▽"}
EMERGING_SIGNS: Final = {
    "new": "★",
    "consecutive": "◆",
    "intensifying": "▲",
    "persistent": "■",
    "diminishing": "▽",
    "sporadic": "●",
    "historical": "◎",
}


def by_issues(
    issues: MapIssues, facts: Sequence[GridFacts], lang: Language, profile: ExportProfile
) -> list[dict[str, Any]]:
    """The colourings by issues; grids that are too few to tell are hatched in each but the last.

    Rates and smoothed rates share their classes, so that one sees how much of a pattern smoothing leaves.
    """
    shown = shown_grids(issues, facts, profile)
    few = fill("too_few", lang, n=least(issues, profile))
    town = rate_text(told_rate(issues, profile))
    edges = rate_edges([row.rate for row in shown if row.rate is not None])
    share = f"{100 * issues.share:g}"
    funnel = {"high": palette.ABOVE, "inside": palette.NEITHER, "low": palette.BELOW}
    spots = {"hot": palette.ABOVE, "cold": palette.BELOW, "none": palette.NEITHER}
    modes = [
        _by_rate("rate", shown, edges, few, fill("scale_rate", lang, rate=town), lang),
        _by_rate("smoothed", shown, edges, few, fill("scale_smoothed", lang, rate=town), lang),
        _by_state("funnel", shown, funnel, {}, few, fill("scale_funnel", lang, rate=town), lang),
        _by_state("spots", shown, spots, SPOT_SIGNS, few, fill("scale_spots", lang, share=share), lang),
        _by_state(
            "emerging",
            shown,
            palette.EMERGING,
            EMERGING_SIGNS,
            few,
            fill("scale_emerging", lang, share=share),
            lang,
        ),
        _by_overdue(issues, facts, lang),
    ]
    if all(row.emerging in ("", "few") for row in shown):
        modes = [mode for mode in modes if mode["key"] != "emerging"]
    return [mode | {"about": "issues"} for mode in modes]


def rate_edges(rates: Sequence[float]) -> tuple[float, ...]:
    """Borders between the classes of rates: equal steps of a width that is easy to read, one fewer than classes.

    Equal steps, not equal numbers of grids: where all rates are alike, the map is of one colour.
    """
    n = len(palette.RATE) - 1
    top = float(np.quantile(np.array(rates, dtype=np.float64), HELD)) if len(rates) else 1.0
    wanted = max(top / n, 1e-6)
    power = 10.0 ** np.floor(np.log10(wanted))
    step = next(width * power for width in NICE if width * power >= wanted * (1 - 1e-9))
    return tuple(float(round(step * i, 9)) for i in range(1, n + 1))


def _by_rate(
    key: str, shown: Sequence[GridIssues], edges: tuple[float, ...], few: str, title: str, lang: Language
) -> dict[str, Any]:
    legend = Legend(len(shown))
    labels = [fill("rate_step", lang, a=f"{a:g}", b=f"{b:g}") for a, b in pairwise((0.0, *edges))]
    labels.append(fill("rate_most", lang, a=f"{edges[-1]:g}"))
    values = [row.rate if key == "rate" else row.smoothed for row in shown]
    found = {i: int(np.searchsorted(edges, value, side="right")) for i, value in enumerate(values) if value is not None}
    legend.add(title, list(zip(labels, palette.RATE, strict=True)), found, tuple(f"{e:g}" for e in edges))
    _add_untold(legend, [i for i in range(len(shown)) if i not in found], shown, few, lang)
    return legend.as_mode(key, lang)


def _by_state(
    key: str,
    shown: Sequence[GridIssues],
    colours: dict[str, str],
    signs: dict[str, str],
    few: str,
    title: str,
    lang: Language,
) -> dict[str, Any]:
    legend = Legend(len(shown))
    field = "spot" if key == "spots" else key
    states = [str(getattr(row, field)) for row in shown]
    keys = list(colours)
    found = {i: keys.index(state) for i, state in enumerate(states) if state in keys}
    legend.add(title, [(fill(f"{field}_{k}", lang), colours[k]) for k in keys], found)
    for k, entry in zip(keys, legend.classes, strict=True):
        if k in signs:
            entry["sign"] = signs[k]
            entry["edge"] = "cold" if k == "cold" else "hot"
    _add_untold(legend, [i for i in range(len(shown)) if i not in found], shown, few, lang)
    return legend.as_mode(key, lang)


def _add_untold(legend: Legend, blank: list[int], shown: Sequence[GridIssues], few: str, lang: Language) -> None:
    """The grids without a class: too few to tell, hatched, and those without households."""
    no_homes = [i for i in blank if shown[i].households == 0]
    others = [i for i in blank if i not in set(no_homes)]
    for members, label, colour, hatch in (
        (others, few, palette.TOO_FEW, True),
        (no_homes, fill("without_households", lang), palette.UNKNOWN, False),
    ):
        if members:
            legend.add("", [(label, colour)], dict.fromkeys(members, 0))
            legend.classes[-1]["hatch"] = hatch


def _by_overdue(issues: MapIssues, facts: Sequence[GridFacts], lang: Language) -> dict[str, Any]:
    """Open and overdue issues, in classes that tell no small count."""
    legend = Legend(len(facts))
    rows = [issues.grids.get(fact.code, GridIssues()) for fact in facts]
    found = {i: _overdue_class(row) for i, row in enumerate(rows)}
    labels = [fill(f"overdue_{key}", lang) for key in ("none", "open", "few", "many")]
    day = date_text(issues.day.isoformat(), lang)
    legend.add(fill("scale_overdue", lang, day=day), list(zip(labels, palette.OVERDUE, strict=True)), found)
    return legend.as_mode("overdue", lang)


def _overdue_class(row: GridIssues) -> int:
    return 3 if row.n_overdue >= SMALL_COUNT else 2 if row.n_overdue else int(row.n_open > 0)
