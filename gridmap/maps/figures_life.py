"""Headline figures about points, people and Party life, and which five of all figures stand first."""

from __future__ import annotations

from typing import Final

from gridmap.maps.figures import NOT_KNOWN, figure
from gridmap.maps.grid_life import point_states, staff_states
from gridmap.maps.telling import FEW, Teller
from gridmap.maps.words import date_text, fill
from gridmap.model.plan import Plan
from gridmap.model.rules import Staffing

#: Figures in the order in which they claim a place in the first line.
CLAIMS: Final[tuple[str, ...]] = ("grids", "kept", "points", "two_in_one", "staffing", "issues")
#: How many stand there.
FIRST: Final = 5


def life_figures(plan: Plan, teller: Teller, staffing: Staffing) -> list[dict[str, str]]:
    """A figure for everything that is recorded and may be told."""
    return _of_points(plan, teller) + _of_people(plan, teller, staffing) + _of_party(plan, teller)


def first_line(
    plan_figures: list[dict[str, str]], others: list[dict[str, str]]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The five figures of the first line, and all others."""
    everything = {f["key"]: f for f in plan_figures + others}
    keys: list[str] = [k for k in CLAIMS if k in everything] if others else []
    keys += [k for k in everything if k not in keys]
    first = sorted(keys[:FIRST], key=keys.index if others else list(everything).index)
    return [everything[k] for k in first], [f for k, f in everything.items() if k not in first]


def _of_points(plan: Plan, teller: Teller) -> list[dict[str, str]]:
    lang, points = teller.lang, teller.life.points
    if points is None:
        return []
    own = [p for p in points if p.kind == "grid_point"]
    built = [p for p in own if p.is_built]
    two = sum(bool(p.partner) for p in built)
    coming = sum(p.status in ("planned", "built") for p in own)
    held = sum(state in ("two", "use") for state in point_states(plan, teller))
    note = fill("points_note", lang, n=f"{held:,}", of=f"{plan.n_grids:,}", planned=f"{coming:,}")
    share = fill("two_in_one_note", lang, share=f"{100 * two / len(built):.1f}") if built else ""
    return [
        figure("points", f"{len(built):,}", "unit_places", note, lang),
        figure("two_in_one", f"{two:,}", "unit_places", share or fill("two_in_one_none", lang), lang),
    ]


def _of_people(plan: Plan, teller: Teller, staffing: Staffing) -> list[dict[str, str]]:
    lang, totals = teller.lang, teller.life.staff_totals
    if not teller.has_staffing or totals is None:
        return []
    states = staff_states(plan, teller, staffing)
    n_recorded = sum(state != "unknown" for state in states)
    told = {k: f"{getattr(totals, k):,}" for k in ("leaders", "instructors", "members")}
    note = fill("staffing_note", lang, minimum=f"{totals.minimum:,}", vacant=f"{states.count('vacant'):,}")
    recorded = fill("posts_note", lang, n=f"{n_recorded:,}", of=f"{plan.n_grids:,}")
    return [
        figure("staffing", f"{totals.people:,}", "unit_people", note, lang),
        figure("posts", " / ".join(told.values()), "", recorded, lang),
    ]


def _of_party(plan: Plan, teller: Teller) -> list[dict[str, str]]:
    lang, life = teller.lang, teller.life
    found = []
    if life.reach is not None:
        counted = [life.reach[code] for code in plan.codes if code in life.reach]
        households = sum(r.households for r in counted)
        share = f"{100 * sum(r.served for r in counted) / households:.1f}" if households else NOT_KNOWN
        note = fill("reached_note", lang, m=f"{life.walking_m:g}")
        found.append(figure("reached", share, "unit_percent" if households else "", note, lang))
    if life.branches is not None:
        covered = sum(bool(life.branches.get(code)) for code in plan.codes)
        note = fill("branches_note", lang, of=f"{plan.n_grids:,}")
        found.append(figure("branches", f"{covered:,}", "unit_places", note, lang))
    if life.reported is not None:
        counts = [life.reported[code].members for code in plan.codes if code in life.reported]
        is_rounded = any(teller.count(n) == FEW for n in counts)  # an exact total would tell the hidden one
        total = round(sum(counts), -1) if is_rounded else sum(counts)
        value = f"{'≈' if is_rounded else ''}{total:,}"
        found.append(figure("reported", value, "unit_people", fill("reported_note", lang), lang))
    if life.activities is not None:
        held = sum(life.activities[code].n for code in plan.codes if code in life.activities) + life.n_elsewhere
        day = date_text(life.day.isoformat(), lang)
        found.append(figure("activities", f"{held:,}", "", fill("activities_note", lang, day=day), lang))
    return found
