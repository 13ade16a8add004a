"""Findings about registers (points, people, lists, Party life, services) as a file for programs."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Final

from gridmap import __version__
from gridmap.data.written import written_whole
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.town import Town
from gridmap.reports.report_file import finding_rows, plain_value

#: Version of the form of the file.
SCHEMA_VERSION: Final = "1.0"


def write_findings(path: str | Path, report: Report, plan: Plan, *, town: Town, day: date) -> None:
    """Write a report on registers as JSON (UTF-8, keys sorted).

    Parameters
    ----------
    path : str or Path
    report : Report
        What ``check_points``, ``check_staffing`` or ``check_life`` returned.
    plan : Plan
        The plan whose grids the records were held against.
    town : Town
        For the name, source and date of the data.
    day : date
        The day that was looked at.

    Raises
    ------
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "gridmap_version": __version__,
        "catalogue_version": report.catalogue_version,
        "fingerprint": plan.fingerprint,
        "day": day.isoformat(),
        "is_lawful": report.is_lawful,
        "rules": report.rules_name,
        "checks": list(report.checks),
        "crs": plan.units.frame.crs.to_string(),
        "totals": plain_value(report.totals),
        "grids": [{"code": str(c), **plain_value(r)} for c, r in report.grids.to_dict("index").items()],
        "findings": finding_rows(report),
        "town": {"name": town.name, "source": town.source, "date": town.date, "is_synthetic": town.is_synthetic},
    }
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    with written_whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
