"""What the map knows about each grid: its size against its rule, its class in each colouring, its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gridmap.maps.words import fill
from gridmap.model.plan import Plan
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.report import Report
from gridmap.model.rules import Profile, Rules
from gridmap.model.text import Language

#: Names of units or compounds that a card lists before it says how many there are.
LISTED: Final = 8
#: Findings that a card shows before it says how many more there are.
SHOWN_FINDINGS: Final = 6


@dataclass(frozen=True)
class GridFacts:
    """One grid against the rules that hold for it.

    Attributes
    ----------
    code, short, name : str
        Code; number inside the jurisdiction ("03"); jurisdiction and number.
    jurisdiction : int
        Position in ``Units.jurisdictions``.
    kind : str
        Kind of the jurisdiction, or ``dedicated``.
    profile : Profile
    households : int or None
        None when not known or not to be shown.
    n_units : int
    counted : int or None
        What the profile counts: units or households.
    deviation : float or None
        ``counted / target − 1``; None for a dedicated grid and where the count is not known.
    is_kept : bool or None
        Whether `counted` lies in the band; None where `deviation` is.
    is_hidden : bool
        True when the count is known but too small to be shown outside.
    """

    code: str
    short: str
    name: str
    jurisdiction: int
    kind: str
    profile: Profile
    households: int | None
    n_units: int
    counted: int | None
    deviation: float | None
    is_kept: bool | None
    is_hidden: bool


def grid_facts(plan: Plan, rules: Rules, *, lang: Language, profile: ExportProfile) -> list[GridFacts]:
    """The facts of every grid, in the order of ``plan.codes``.

    Raises
    ------
    InvalidRules
        If the rules have no profile for a kind of jurisdiction in the plan.
    """
    units = plan.units
    table = units.jurisdictions
    names, kinds = table["name"].tolist(), table["kind"].tolist()
    at = table.index.get_indexer(plan.jurisdiction_of_grid).tolist()
    households, n_units = plan.households_of_grid.tolist(), plan.n_units_of_grid.tolist()
    dedicated = _is_dedicated(plan)
    facts = []
    for i, code in enumerate(plan.codes):
        size = rules.profile(kinds[at[i]])
        known = households[i] if units.has_households else None
        is_hidden = profile != "internal" and known is not None and 0 < known < SMALL_COUNT
        shown = None if is_hidden else known
        counted = n_units[i] if size.counted == "units" else shown
        judged = None if dedicated[i] else counted
        short = short_code(code, rules)
        facts.append(
            GridFacts(
                code=code,
                short=short,
                name=fill("grid_name", lang, jurisdiction=names[at[i]], short=short),
                jurisdiction=at[i],
                kind="dedicated" if dedicated[i] else kinds[at[i]],
                profile=size,
                households=shown,
                n_units=n_units[i],
                counted=counted,
                deviation=None if judged is None else judged / size.target - 1,
                is_kept=None if judged is None else size.lower <= judged <= size.upper,
                is_hidden=is_hidden,
            )
        )
    return facts


def short_code(code: str, rules: Rules) -> str:
    """The number of a grid inside its jurisdiction, at least two digits; of a foreign code its last four signs."""
    tail = code[-rules.codes.sequence_digits :]
    full = rules.codes.jurisdiction_digits + rules.codes.sequence_digits
    if len(code) == full and tail.isascii() and tail.isdigit():
        return f"{int(tail):02d}"
    return code if len(code) <= 6 else code[-4:]


def _is_dedicated(plan: Plan) -> NDArray[np.bool_]:
    marked = (plan.units.frame["dedicated"].to_numpy(object) != "").astype(np.int64)
    return np.asarray((plan.total(marked) == plan.n_units_of_grid) & (plan.n_units_of_grid > 0))


def cards(plan: Plan, report: Report, facts: list[GridFacts], lang: Language) -> list[dict[str, Any]]:
    """What the card of each grid shows beside its geometry and classes."""
    frame = plan.units.frame
    order = np.argsort(plan.grid_of, kind="stable")
    order = order[plan.grid_of[order] >= 0]
    ends = np.searchsorted(plan.grid_of[order], np.arange(plan.n_grids + 1))
    area_m2 = np.array([p.area for p in plan.units.polygons])
    columns = {c: frame[c].to_numpy(object) for c in ("name", "compound", "dedicated", "kind", "buildings", "premises")}
    findings = _findings_of_grid(report, lang)
    reasons: dict[str, list[dict[str, str]]] = {}
    for e in plan.exceptions:
        reasons.setdefault(e.grid, []).append({"rule": e.rule, "reason": e.reason, "text": e.text.in_language(lang)})
    rows = []
    for i, fact in enumerate(facts):
        mine = order[ends[i] : ends[i + 1]]
        found = findings.get(fact.code, [])
        named = reasons.get(fact.code, [])
        if fact.is_hidden:  # sentences name the count too
            found, named = ([row | {"text": fill("hidden_text", lang)} for row in told] for told in (found, named))
        rows.append(
            {
                "code": fact.code,
                "short": fact.short,
                "name": fact.name,
                "j": fact.jurisdiction,
                "kind": fact.kind,
                "counts": fact.profile.counted,
                "hh": fact.households,
                "hidden": fact.is_hidden,
                "units": fact.n_units,
                "counted": fact.counted,
                "lower": fact.profile.lower,
                "upper": fact.profile.upper,
                "target": fact.profile.target,
                "soft": fact.profile.households_target,
                "dev": None if fact.deviation is None else round(fact.deviation, 4),
                "kept": fact.is_kept,
                "unitKind": str(columns["kind"][mine[0]]),
                "buildings": int(columns["buildings"][mine].sum()),
                "premises": int(columns["premises"][mine].sum()),
                "ha": round(float(area_m2[mine].sum()) / 10_000, 1),
                "names": _listed(columns["name"][mine]),
                "compounds": _listed(columns["compound"][mine]),
                "dedicated": _listed(columns["dedicated"][mine]),
                "locked": fact.code in plan.locked,
                "exceptions": named,
                "broken": sum(f["severity"] == "hard" for f in found),
                "findings": found[:SHOWN_FINDINGS],
                "moreFindings": max(len(found) - SHOWN_FINDINGS, 0),
            }
        )
    return rows


def _listed(values: NDArray[np.object_]) -> dict[str, Any]:
    names = list(dict.fromkeys(str(v) for v in values if v))
    return {"first": names[:LISTED], "n": len(names)}


def _findings_of_grid(report: Report, lang: Language) -> dict[str, list[dict[str, str]]]:
    """Findings by grid, hard ones first; those that a named exception covers stand there as the exception."""
    found: dict[str, list[dict[str, str]]] = {}
    table = report.findings
    for check, severity, excepted, grid, message in zip(
        table["check"], table["severity"], table["excepted"], table["grid"], table[f"message_{lang}"], strict=True
    ):
        if grid and not excepted:
            found.setdefault(grid, []).append({"check": str(check), "severity": str(severity), "text": str(message)})
    rank = {"hard": 0, "soft": 1, "info": 2}
    return {grid: sorted(rows, key=lambda r: rank[r["severity"]]) for grid, rows in found.items()}
