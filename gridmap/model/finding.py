"""Checks and what they find: one shape for every room that judges something."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.model.plan import Plan
from gridmap.model.report import FINDING_COLUMNS, Severity
from gridmap.model.text import Text

CaseT = TypeVar("CaseT")


@dataclass(frozen=True)
class Row:
    """One finding as a check returns it.

    Attributes
    ----------
    text : Text
        The sentence.
    grid, jurisdiction, unit : str
        What it is about; "" where it is about none. Of a grid the jurisdiction is filled in later. `unit` is the id
        of a unit, or of a record (a point, a person, an activity) where a register is judged.
    value, limit : float
        What was found and what is allowed, in the unit of measure of the check; NaN where neither is a number.
    geometry : shapely geometry or None
        Where it is, in the CRS of the units.
    severity : str
        "" for the severity of the check, else a milder one for this row.
    """

    text: Text
    grid: str = ""
    jurisdiction: str = ""
    unit: str = ""
    value: float = float("nan")
    limit: float = float("nan")
    geometry: BaseGeometry | None = None
    severity: str = ""


@dataclass(frozen=True)
class Check(Generic[CaseT]):
    """A rule that something is held against.

    Attributes
    ----------
    id : str
        Rule and subject ("R2.gap", "point.outside").
    name : Text
    severity : {"hard", "soft", "info"}
        Of its findings, unless a row is milder.
    measure_unit : str
        Unit of ``value`` and ``limit`` ("户", "m²", "m", "%", "" for plain numbers).
    find : callable
        Case to rows.
    needs : tuple of str
        Attributes of the case of which at least one must be given, else the check is not run.
    version : int
    """

    id: str
    name: Text
    severity: Severity
    measure_unit: str
    find: Callable[[CaseT], list[Row]]
    needs: tuple[str, ...] = ()
    version: int = 1

    @property
    def rule(self) -> str:
        """Id of the rule, by which exceptions are named ("R2")."""
        return self.id.partition(".")[0]


def run_checks(
    checks: Iterable[Check[CaseT]], case: CaseT, plan: Plan
) -> tuple[gpd.GeoDataFrame, tuple[Check[CaseT], ...]]:
    """Hold a case against all checks for which it has what they need.

    Parameters
    ----------
    checks : iterable of Check
    case
        What is judged.
    plan : Plan
        Gives the jurisdiction of a grid where a row names none, and the exceptions: a row that one covers is
        ``excepted``, with the reason after its sentence.

    Returns
    -------
    findings : geopandas.GeoDataFrame
        As ``Report.findings`` holds them, in the order of the checks.
    run : tuple of Check
        The checks that were run.
    """
    run = tuple(c for c in checks if not c.needs or any(getattr(case, need) is not None for need in c.needs))
    return _frame(((c, row) for c in run for row in c.find(case)), plan), run


def _frame(found: Iterable[tuple[Check[CaseT], Row]], plan: Plan) -> gpd.GeoDataFrame:
    home = plan.home_of_grid
    reasons: dict[tuple[str, str], list[Text]] = {}
    for exception in plan.exceptions:
        reasons.setdefault((exception.grid, exception.rule), []).append(exception.text)
    records = []
    for entry, row in found:
        named = reasons.get((row.grid, entry.rule), ())
        zh = row.text.zh + (f"（例外：{'；'.join(t.zh for t in named)}）" if named else "")
        en = row.text.en + (f" (exception: {'; '.join(t.en for t in named)})" if named else "")
        records.append(
            (
                entry.id,
                row.severity or entry.severity,
                bool(named),
                row.jurisdiction or home.get(row.grid, ""),
                row.grid,
                row.unit,
                row.value,
                row.limit,
                entry.measure_unit,
                zh,
                en,
                row.geometry if row.geometry is not None else shapely.GeometryCollection(),
            )
        )
    frame = pd.DataFrame.from_records(records, columns=list(FINDING_COLUMNS))
    types = {"excepted": np.bool_, "value": np.float64, "limit": np.float64}
    frame = frame.astype(types | {c: object for c in FINDING_COLUMNS if c not in types})
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=plan.units.frame.crs)


def version_of(checks: Iterable[Check[Any]], lines: Iterable[str] = ()) -> str:
    """Version of a catalogue: the first 12 hex digits of a SHA-256 over its checks and further lines."""
    told = [f"{c.id}\t{c.severity}\t{c.measure_unit}\t{c.version}" for c in checks]
    return hashlib.sha256("\n".join(sorted([*told, *lines])).encode()).hexdigest()[:12]
