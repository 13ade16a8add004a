"""`gridmap figures`: what a town's grid system is published with, computed from what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gridmap.cli.issue_kept import stored_issues
from gridmap.cli.kept import Asked, Kept, kept, note_synthetic
from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen
from gridmap.model.issues import TIERS
from gridmap.model.text import Text
from gridmap.reports.figures import Figure, figures_document, figures_of, write_figures


def show_figures(asked: Asked, out: str | None, screen: Screen, *, as_json: bool, force: bool) -> None:
    """Print the figures as a table or as JSON, and write them.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({out: ".json"}, (), force=force)
    with kept(asked) as at:
        figures = figures_of(at.plan, at.records, at.rules, day=at.day, issues=stored_issues(at))
        about = _about(at)
    if out is not None:
        write_figures(out, figures, about)
    if as_json:
        document = {**about, "figures": figures_document(figures)}
        screen.out.print(json.dumps(document, ensure_ascii=False, indent=2), markup=False)
        return
    note_synthetic(at, screen)
    rows = [
        (f.label.in_language(screen.lang), _shown(f, screen), f.definition.in_language(screen.lang)) for f in figures
    ]
    screen.table("", screen.words("指标,数值,口径", "figure,value,how it is computed").split(","), rows)
    if out is not None:
        screen.say(Text(f"已写出 {out}", f"written: {out}"))


def _about(at: Kept) -> dict[str, Any]:
    entry = at.stored.entry
    return {
        "town": at.town.name,
        "plan": entry.name,
        "version": at.stored.version,
        "day": at.day.isoformat(),
        "rules": at.rules.name,
        "is_synthetic": at.is_synthetic,
    }


def _shown(figure: Figure, screen: Screen) -> str:
    value = figure.value
    if value is None:
        return screen.words("— 未登记", "— not recorded")
    if isinstance(value, Mapping):
        names = {k: TIERS[k].text.in_language(screen.lang) if k in TIERS else k for k in value}
        return screen.words("，", "; ").join(f"{names[k]} {100 * v:.1f} %" for k, v in value.items())
    unit = figure.unit.in_language(screen.lang)
    if isinstance(value, float):
        return f"{value:,.1f} {unit}" if unit else f"{100 * value:.1f} %"
    return f"{value:,} {unit}".strip()
