"""What may be told of the issues of each grid and of the town, and the figures of the first line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from gridmap.issues.rates import PER
from gridmap.maps.figures import NOT_KNOWN, figure
from gridmap.maps.grids import GridFacts
from gridmap.maps.issues import GridIssues, MapIssues
from gridmap.maps.telling import FEW, told_count, told_part, told_parts
from gridmap.maps.words import date_text, fill
from gridmap.maps.words_issues import TIERS_SHORT
from gridmap.model.issues import TIERS
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.text import Language
from gridmap.reports.figures import half_year

#: Whole per cent of fewer issues would tell a tier's count under five.
SHARES_FROM: Final = 400


def shown_grids(issues: MapIssues, facts: Sequence[GridFacts], profile: ExportProfile) -> list[GridIssues]:
    """The figures of each grid, in the order of `facts`, without the rates of grids that are too few to tell.

    Outside the internal profile that is also a grid with 1 to 4 issues, whatever the policy says, and one whose
    number of households is not told, because a rate would tell it; of such grids no state is told either.
    """
    few = least(issues, profile)
    rows = [issues.grids.get(fact.code, GridIssues()) for fact in facts]
    blank: dict[str, Any] = dict.fromkeys(("rate", "low", "high", "smoothed"))
    if profile != "internal":
        blank |= dict.fromkeys(("funnel", "spot", "emerging"), "few")
    return [replace(r, **blank) if r.n < few or f.is_hidden else r for r, f in zip(rows, facts, strict=True)]


def least(issues: MapIssues, profile: ExportProfile) -> int:
    """From how many issues on a grid is told apart from chance in this profile."""
    return issues.fewest if profile == "internal" else max(issues.fewest, SMALL_COUNT)


def grid_issues(
    issues: MapIssues, facts: Sequence[GridFacts], lang: Language, profile: ExportProfile
) -> list[dict[str, Any]]:
    """What the card of each grid tells of its issues, in the order of `facts`."""
    shown = shown_grids(issues, facts, profile)
    return [
        _card(issues.grids.get(fact.code, GridIssues()), row, lang, profile)
        for fact, row in zip(facts, shown, strict=True)
    ]


def _card(own: GridIssues, shown: GridIssues, lang: Language, profile: ExportProfile) -> dict[str, Any]:
    n = told_count(own.n, profile)
    return {
        "n": n,
        "state": shown.funnel,
        "verdict": fill(f"funnel_{shown.funnel}", lang),
        "spot": fill(f"spot_{shown.spot}", lang) if shown.spot in ("hot", "cold") else "",
        "rate": _rounded(shown.rate),
        "low": _rounded(shown.low),
        "high": _rounded(shown.high),
        "smoothed": _rounded(shown.smoothed),
        "tiers": [] if n == FEW else _tiers(own, lang, profile),
        "open": told_part(own.n_open, own.n, profile),
        "overdue": told_part(own.n_overdue, own.n_open, profile),
        "hours": _hours(own, profile),
    }


def _tiers(own: GridIssues, lang: Language, profile: ExportProfile) -> list[dict[str, Any]]:
    """How many were disposed of at each tier; those that are at none yet count as a part that is not shown."""
    counts = [own.tiers.get(key, 0) for key in TIERS]
    told = told_parts([*counts, max(own.n - sum(counts), 0)], profile)
    if None in told:
        return []
    return [{"label": TIERS_SHORT[t].in_language(lang), "n": n} for t, n in zip(TIERS, told, strict=False)]


def _hours(own: GridIssues, profile: ExportProfile) -> float | None:
    is_told = told_count(own.n_timed, profile) != FEW
    return round(own.hours, 1) if own.hours is not None and is_told else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def rate_text(value: float | None) -> str:
    """A rate as it stands in sentences: one decimal under ten, none above."""
    return NOT_KNOWN if value is None else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def is_rounded(issues: MapIssues, profile: ExportProfile) -> bool:
    """Whether totals of the town go by tens, because a count of a grid or month that is not told could be had."""
    counts = [*issues.grids.values()]
    told = [told_count(n, profile) for row in counts for n in (row.n, row.n_open, row.n_overdue)]
    told += [told_count(frame.n, profile) for frame in (issues.heat.frames if issues.heat else ())]
    return FEW in told


def told_rate(issues: MapIssues, profile: ExportProfile) -> float | None:
    """The town's rate; where totals go by tens, that of such a total, because the rate would tell the exact one."""
    rate, households = issues.town.rate, issues.town.households
    if rate is None or not is_rounded(issues, profile):
        return rate
    return PER * _tens(rate * households / PER) / households


def _tens(n: float) -> int:
    return int((n + 5) // 10 * 10)


def issue_figures(issues: MapIssues, lang: Language, profile: ExportProfile) -> list[dict[str, str]]:
    """Issues of the period with their tier shares, and those that are open."""
    town, rounds = issues.town, is_rounded(issues, profile)
    total = sum(town.tiers.values())
    first, last, day = (date_text(d.isoformat(), lang) for d in (issues.first, issues.last, issues.day))
    is_half_year = (issues.first, issues.last) == half_year(issues.last)
    period = fill("half_year" if is_half_year else "period", lang, a=first, b=last)
    is_told = total >= SHARES_FROM or FEW not in (told_count(town.tiers.get(key, 0), profile) for key in TIERS)
    parts = [f"{100 * town.tiers.get(key, 0) / total:.0f}" for key in TIERS] if total and is_told else []
    shares = "/".join(parts) or NOT_KNOWN
    tiers = "/".join(text.in_language(lang) for text in TIERS_SHORT.values())
    settled = told_total(total, profile, lang, rounds=rounds)
    note = f"{fill('tier_shares', lang, n=settled, tiers=tiers, shares=shares)}\n{period}"
    overdue = told_total(town.n_overdue, profile, lang, rounds=rounds)
    open_note = fill("issues_open_note", lang, n=overdue, day=day)
    key = "issues" if is_half_year else "issues_period"
    return [
        figure(key, told_total(town.n, profile, lang, rounds=rounds), "unit_issues", note, lang) | {"key": "issues"},
        figure("issues_open", told_total(town.n_open, profile, lang, rounds=rounds), "unit_issues", open_note, lang),
    ]


def told_total(n: int, profile: ExportProfile, lang: Language, *, rounds: bool) -> str:
    """A total of the town as text: by tens where it would otherwise tell a count that is hidden."""
    if told_count(n, profile) == FEW:
        return fill("few_note", lang)
    if not rounds:
        return f"{n:,}"
    return f"≈{_tens(n):,}"
