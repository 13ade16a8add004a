"""Reports that are stored with the version they judged, and whether they still hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import geopandas as gpd
import numpy as np
import sqlalchemy as sa
from pyproj import CRS

from gridmap.check.catalog import catalogue_version
from gridmap.errors import InvalidInput, NotStored
from gridmap.model.plan import Plan
from gridmap.model.report import FINDING_COLUMNS, Report
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.reports.report_file import report_document
from gridmap.storage.commit import put_rules
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, check_version, get_entry
from gridmap.storage.frames import ewkb, shapes_back, split_crs
from gridmap.storage.plan_schema import GridFigureRow, PlanRow, ReportRow, StateLogRow
from gridmap.storage.rows import copy_rows, read_columns

_FINDING: Final = {
    "report_id": "int4",
    "seq": "int4",
    "check_id": "text",
    "severity": "text",
    "excepted": "bool",
    "jurisdiction": "text",
    "grid_code": "text",
    "unit_id": "text",
    "value": "float8",
    "limit_value": "float8",
    "measure_unit": "text",
    "message_zh": "text",
    "message_en": "text",
    "geom": "geometry",
}


@dataclass(frozen=True, eq=False)
class StoredReport:
    """A report as it was stored.

    Attributes
    ----------
    plan, version : str, int
        What was judged.
    rules_name : str
        The rules that judged.
    catalogue_version : str
        Version of the check catalogue that judged.
    is_stale : bool
        Whether this gridmap checks otherwise than the one that judged: judge again.
    is_lawful : bool
    findings : geopandas.GeoDataFrame
        Columns as in :class:`gridmap.Report`, in the CRS of the units.
    document : mapping
        The whole report as ``docs/reference/report.md`` describes it.
    actor, at : str, datetime
        Who had it judged, and when.
    """

    plan: str
    version: int
    rules_name: str
    catalogue_version: str
    is_stale: bool
    is_lawful: bool
    findings: gpd.GeoDataFrame
    document: Mapping[str, Any]
    actor: str
    at: datetime


def save_report(
    store: Store, plan: str | int, version: int, judged: Plan, report: Report, rules: Rules, town: Town
) -> None:
    """Store a report with the version that it judged; a draft at that version becomes ``checked``.

    Parameters
    ----------
    store : Store
    plan : str or int
    version : int
    judged : Plan
        The plan as it was judged; it must be what the database holds at that version.
    report : Report
    rules : Rules
        The rules that judged.
    town : Town

    Raises
    ------
    NotStored, InvalidInput
        If there is no such plan or version, or the report is one of another assignment.
    StoreError
        If the database cannot be reached or refuses.
    """
    with store.begin() as connection:
        entry = get_entry(connection, plan)
        at = check_version(entry, version)
        codes = zip(judged.units.ids, judged.code_of_unit().tolist(), strict=True)
        if {u: c for u, c in codes if c} != content_at(connection, entry, at):
            raise InvalidInput(
                f"the report judges another assignment than version {at} of plan {entry.name}; "
                "load that version and judge it",
                f"报告所检查的不是方案「{entry.name}」第 {at} 版的划分；请载入该版后重新检查。",
            )
        put_report(connection, store, entry, judged, report, rules, town, version=at)


def put_report(
    connection: sa.Connection,
    store: Store,
    entry: PlanEntry,
    judged: Plan,
    report: Report,
    rules: Rules,
    town: Town,
    *,
    version: int | None = None,
) -> None:
    """:func:`save_report` inside a transaction of the caller, of the current version where none is given."""
    at = entry.version if version is None else version
    document = report_document(judged, report, rules=rules, town=town)
    report_id = connection.execute(
        sa.insert(ReportRow)
        .values(
            plan_id=entry.id,
            version=at,
            rules_hash=put_rules(connection, rules),
            catalogue_version=report.catalogue_version,
            is_lawful=report.is_lawful,
            document=document,
            actor=store.actor,
        )
        .returning(ReportRow.id)
    ).scalar_one()
    _put_findings(connection, report_id, report)
    _put_figures(connection, report_id, document)
    checked = connection.execute(
        sa.update(PlanRow)
        .where(PlanRow.id == entry.id, PlanRow.version == at, PlanRow.state == "draft")
        .values(state="checked")
        .returning(PlanRow.id)
    ).scalar()
    if checked is not None:
        connection.execute(
            sa.insert(StateLogRow).values(
                plan_id=entry.id, version=at, state="checked", actor=store.actor, client=store.client
            )
        )


def load_report(store: Store, plan: str | int, version: int | None = None) -> StoredReport:
    """The latest report on a version of a plan, the current one by default.

    Raises
    ------
    NotStored
        If there is no such plan or version, or it was not judged yet.
    InvalidInput
        If several towns have a plan of that name.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection:
        entry = get_entry(connection, plan)
        at = check_version(entry, version)
        row = connection.execute(
            sa.text(
                "SELECT r.id, r.catalogue_version, r.is_lawful, r.document, r.actor, r.at, u.name AS rules_name, s.crs"
                " FROM gridmap.report r JOIN gridmap.rules u ON u.hash = r.rules_hash"
                " JOIN gridmap.plan p ON p.id = r.plan_id JOIN gridmap.unit_set s ON s.id = p.unit_set_id"
                " WHERE r.plan_id = :plan AND r.version = :version ORDER BY r.at DESC, r.id DESC LIMIT 1"
            ),
            {"plan": entry.id, "version": at},
        ).one_or_none()
        if row is None:
            raise NotStored(
                f"version {at} of plan {entry.name} was not judged yet; run: gridmap store check",
                f"方案「{entry.name}」第 {at} 版尚未检查；请运行 gridmap store check。",
            )
        findings = _get_findings(connection, row.id, row.crs)
    return StoredReport(
        entry.name,
        at,
        row.rules_name,
        row.catalogue_version,
        row.catalogue_version != catalogue_version(),
        row.is_lawful,
        findings,
        row.document,
        row.actor,
        row.at,
    )


def _put_findings(connection: sa.Connection, report_id: int, report: Report) -> None:
    frame = report.findings
    srid, _ = split_crs(frame.crs)
    shapes = [None if g is None or g.is_empty else w for g, w in zip(frame.geometry, ewkb(frame, srid), strict=True)]
    plain = frame.drop(columns="geometry")
    values = [plain[c].astype(object).where(plain[c].notna(), None).tolist() for c in plain.columns]
    rows = zip(*values, shapes, strict=True)
    copy_rows(connection, "finding", _FINDING, ((report_id, i, *row) for i, row in enumerate(rows)))


def _put_figures(connection: sa.Connection, report_id: int, document: Mapping[str, Any]) -> None:
    grids = document["grids"]
    if grids:
        connection.execute(
            sa.insert(GridFigureRow),
            [
                {
                    "report_id": report_id,
                    "grid_code": g["code"],
                    "deviation": g.get("deviation"),
                    "polsby_popper": g.get("polsby_popper"),
                    "in_band": g.get("in_band"),
                }
                for g in grids
            ],
        )


def _get_findings(connection: sa.Connection, report_id: int, crs: str) -> gpd.GeoDataFrame:
    *columns, shapes = read_columns(
        connection,
        "SELECT check_id, severity, excepted, jurisdiction, grid_code, unit_id, value, limit_value, measure_unit,"
        " message_zh, message_en, geom FROM gridmap.finding WHERE report_id = %s ORDER BY seq",
        report_id,
    )
    names = [c for c in FINDING_COLUMNS if c != "geometry"]
    data = dict(zip(names, columns, strict=True))
    numbers = {n: np.array([np.nan if v is None else v for v in data[n]], dtype=np.float64) for n in ("value", "limit")}
    return gpd.GeoDataFrame(data | numbers, geometry=shapes_back(shapes), crs=CRS.from_user_input(crs))
