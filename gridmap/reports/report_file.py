"""The report file (report.json): everything that was found and measured, in a stable form for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from gridmap import __version__
from gridmap.check import CHECKS, GRID_METRICS, PLAN_METRICS
from gridmap.check.catalog import RULES
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.result import AreaResult, Result
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Town

#: Version of the form of the file: the first number rises when an entry is renamed or dropped, the
#: second when one is added.
SCHEMA_VERSION: Final = "1.0"


def write_report(
    path: str | Path,
    result: Result | Plan,
    report: Report,
    *,
    rules: Rules,
    town: Town | None = None,
    lineage: pd.DataFrame | None = None,
) -> None:
    """Write the report of a plan as JSON (UTF-8, keys sorted); ``docs/reference/report.md`` documents each entry.

    Parameters
    ----------
    path : str or Path
    result : Result or Plan
        What a search returned, with the account of every jurisdiction; a plan alone leaves that out.
    report : Report
    rules : Rules
    town : Town, optional
        For the name, source and date of the data.
    lineage : pandas.DataFrame, optional
        Columns ``old_code``, ``new_code``, ``kind``, ``households``.

    Raises
    ------
    InvalidInput
        If the report is one of another plan.
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    document = report_document(result, report, rules=rules, town=town, lineage=lineage)
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    with written_whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def report_document(
    result: Result | Plan,
    report: Report,
    *,
    rules: Rules,
    town: Town | None = None,
    lineage: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """What :func:`write_report` writes, as plain lists, tables, texts and numbers; null is "not known".

    Raises
    ------
    InvalidInput
        If the report is one of another plan.
    """
    plan = result.plan if isinstance(result, Result) else result
    if list(report.grids.index) != list(plan.codes):
        raise InvalidInput("the report must be the report of this plan; its grids differ")
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "gridmap_version": __version__,
        "catalogue_version": report.catalogue_version,
        "fingerprint": plan.fingerprint,
        "is_lawful": report.is_lawful,
        "has_households": plan.units.has_households,
        "crs": plan.units.frame.crs.to_string(),
        "totals": {name: plain_value(value) for name, value in report.totals.items()},
        "grids": _grids(plan, report),
        "findings": finding_rows(report),
        "exceptions": [
            {"grid": e.grid, "rule": e.rule, "reason": e.reason, "text": _text(e.text)} for e in plan.exceptions
        ],
        "locked": sorted(plan.locked),
        "rules": _rules(rules),
        "checks": _checks(report),
        "metrics": _metrics(),
        "lineage": [] if lineage is None else [_record(r) for r in lineage.to_dict("records")],
        "search": _search(result) if isinstance(result, Result) else None,
    }
    if town is not None:
        document["town"] = {
            "name": town.name,
            "source": town.source,
            "date": town.date,
            "is_synthetic": town.is_synthetic,
        }
    return document


def _search(result: Result) -> dict[str, Any]:
    """The account of the search; seconds are left out so that the same plan gives the same file."""
    return {
        "status": result.status,
        "seed": result.seed,
        "params": {str(k): plain_value(v) for k, v in result.params.items()},
        "versions": {str(k): str(v) for k, v in result.versions.items()},
        "areas": [_area(a) for a in sorted(result.areas, key=lambda a: a.jurisdiction)],
    }


def _area(area: AreaResult) -> dict[str, Any]:
    bounds = area.bound if area.bound is not None else (math.nan,) * len(area.objective)
    return {
        "jurisdiction": area.jurisdiction,
        "status": area.status,
        "n_grids": area.n_grids,
        "ideal": plain_value(area.ideal),
        "objective": [
            {"name": name, "value": plain_value(value), "bound": plain_value(bound)}
            for name, value, bound in zip(area.objective_names, area.objective, bounds, strict=True)
        ],
        "explanation": [_text(t) for t in area.explanation],
    }


def _grids(plan: Plan, report: Report) -> list[dict[str, Any]]:
    places = plan.home_of_grid
    records = report.grids.sort_index().to_dict("index")
    return [
        {"code": str(code), "jurisdiction": str(places[str(code)]), **_record(values)}
        for code, values in records.items()
    ]


def finding_rows(report: Report) -> list[dict[str, Any]]:
    """Findings in the order of the catalogue, each with a point on its fault instead of the whole geometry."""
    points = report.findings.geometry.representative_point()
    rows = report.findings.drop(columns=["geometry", "message_zh", "message_en"]).to_dict("records")
    texts = zip(report.findings["message_zh"], report.findings["message_en"], strict=True)
    return [
        {
            **_record(row),
            "message": {"zh": zh, "en": en},
            "point": None if point is None or point.is_empty else [round(point.x, 3), round(point.y, 3)],
        }
        for row, (zh, en), point in zip(rows, texts, points, strict=True)
    ]


def _rules(rules: Rules) -> dict[str, Any]:
    return {
        "name": rules.name,
        "title": _text(rules.title),
        "sources": dict(rules.sources),
        "toml": rules.text,
    }


def _checks(report: Report) -> list[dict[str, Any]]:
    run = set(report.checks)
    return [
        {
            "id": c.id,
            "rule": c.rule,
            "rule_text": _text(RULES[c.rule]),
            "name": _text(c.name),
            "severity": c.severity,
            "measure_unit": c.measure_unit,
            "version": c.version,
            "was_run": c.id in run,
        }
        for c in CHECKS
    ]


def _metrics() -> dict[str, dict[str, Any]]:
    return {
        scope: {m.name: {"label": _text(m.label), "measure_unit": m.measure_unit, "version": m.version} for m in table}
        for scope, table in (("grids", GRID_METRICS), ("totals", PLAN_METRICS))
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _record(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): plain_value(value) for key, value in row.items()}


def plain_value(value: Any) -> Any:
    """A value as JSON knows it: numpy numbers as numbers, NaN and missing values as null."""
    if isinstance(value, Mapping):
        return _record(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(v) for v in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if value is None or value is pd.NA or (isinstance(value, float | np.floating) and not math.isfinite(value)):
        return None
    if isinstance(value, bool | int | np.bool_ | np.integer):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float | np.floating):
        return round(float(value), 9)
    return str(value)
