"""A plan goes over to a new survey: every new unit to the grid that covers most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray

from gridmap.check import check_plan
from gridmap.check.polygons import judge_polygons
from gridmap.errors import InvalidInput
from gridmap.measure.connect import build_graph
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.town import Town
from gridmap.partition.lineage import build_lineage
from gridmap.storage.codes import codes_for_retired, rules_of
from gridmap.storage.commit import Header, bump, get_header, write_version
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, check_version, get_entry
from gridmap.storage.judged import put_report
from gridmap.storage.plan_schema import PlanRow
from gridmap.storage.plans import new_plan, plan_of, put_lineage
from gridmap.storage.towns import get_town, put_town

#: Sizes outside the band of the rules: the checks that find them.
_SIZE_CHECKS: Final = ("R4.units", "R5.band")
#: Share by which the households of a grid may differ for its exceptions to be carried over: our decision.
_ALIKE: Final = 0.1


@dataclass(frozen=True, eq=False)
class Migrated:
    """A plan on a new survey, and what has to be looked at.

    Attributes
    ----------
    entry : PlanEntry
        The new plan, a draft with its report (so ``checked``).
    unassigned : tuple of str
        New units that lie in no grid of the old plan.
    off_size : pandas.DataFrame
        Grids that are under or over size now: columns ``grid_code``, ``value``, ``limit``, ``measure_unit``,
        ``excepted``, ``message_zh``, ``message_en``.
    gone : tuple of str
        Codes of grids that hold no new unit.
    new_codes : dict of str to str
        Retired code → the code that its grid has now.
    n_cut : int
        New units that no grid holds whole; each went to the grid with its larger part.
    report : Report
    """

    entry: PlanEntry
    unassigned: tuple[str, ...]
    off_size: pd.DataFrame
    gone: tuple[str, ...]
    new_codes: dict[str, str]
    n_cut: int
    report: Report


def migrate_plan(store: Store, plan: str | int, survey: Town, name: str, *, version: int | None = None) -> Migrated:
    """Make a plan of a new survey out of a plan of an earlier one, by overlap.

    Parameters
    ----------
    store : Store
    plan : str or int
    survey : Town
        The new survey; its town is the plan's, whatever it calls itself.
    name : str
        Name of the new plan.
    version : int, optional
        Version of the old plan, the current one by default.

    Raises
    ------
    InvalidInput
        If the name is taken, the new survey is the old one, or lies in another CRS or another place.
    NotStored
        If there is no such plan or version.
    InvalidRules
        If the plan's rules have no profile for a kind of jurisdiction of the survey.
    StoreError
        If the database cannot be reached or refuses; nothing is stored then.
    """
    with store.begin() as connection:
        entry = get_entry(connection, plan)
        at = check_version(entry, version)
        header = get_header(connection, entry.id, at)
        rules = rules_of(connection, entry, at)
        old = plan_of(
            get_town(connection, entry.unit_set_id), content_at(connection, entry, at), header.locked, header.exceptions
        )
        town = _renamed(survey, entry.town)
        by_place, across = _by_overlap(old, town, entry)
        unit_set_id = put_town(connection, town, store.actor)
        if unit_set_id == entry.unit_set_id:
            raise InvalidInput(
                f"plan {entry.name} is a plan of this survey already; nothing to migrate",
                f"方案「{entry.name}」用的就是这份单元数据，无需迁移。",
            )
        new_codes = codes_for_retired(connection, entry, at, sorted(set(by_place) - {""}))
        codes = [new_codes.get(c, c) for c in by_place]
        row = connection.execute(sa.select(PlanRow.bridge_m).where(PlanRow.id == entry.id)).one()
        added = new_plan(connection, store, name, unit_set_id, bridge_m=row.bridge_m, source=(entry.id, at))
        first = bump(connection, added.id, 0)
        assert first == 1
        moves = {u: c for u, c in zip(town.units.ids, codes, strict=True) if c}
        kept = _same_size(old, town, by_place)
        exceptions = tuple(
            {**e, "grid": new_codes.get(e["grid"], e["grid"])} for e in header.exceptions if e["grid"] in kept
        )
        locked = tuple(new_codes.get(c, c) for c in header.locked if new_codes.get(c, c) in set(codes))
        write_version(
            connection,
            store,
            added,
            first,
            moves,
            Header("migrate", uuid4(), header.rules_hash, locked, exceptions, source=(entry.id, at)),
        )
        put_lineage(connection, added.id, first, build_lineage(town.units, by_place, codes), entry.id)
        value = plan_of(town, moves, locked, exceptions)
        graph = build_graph(town.units, town.barriers, bridge_m=row.bridge_m)
        report = check_plan(value, rules, graph=graph, premises=town.premises)
        put_report(connection, store, get_entry(connection, added.id), value, report, rules, town)
        return Migrated(
            get_entry(connection, added.id),
            tuple(u for u, c in zip(town.units.ids, codes, strict=True) if not c),
            _off_size(report),
            tuple(sorted(set(old.codes) - set(by_place))),
            new_codes,
            across,
            report,
        )


def _same_size(old: Plan, town: Town, by_place: Sequence[str]) -> set[str]:
    """Grids whose households are within a tenth of what they were: only there an exception still says the truth."""
    now: dict[str, int] = {}
    for code, households in zip(by_place, town.units.households.tolist(), strict=True):
        now[code] = now.get(code, 0) + households
    then = dict(zip(old.codes, old.households_of_grid.tolist(), strict=True))
    return {code for code, n in then.items() if code in now and abs(now[code] - n) <= _ALIKE * n}


def _renamed(survey: Town, name: str) -> Town:
    return Town(
        survey.units,
        survey.barriers,
        survey.premises,
        survey.context,
        name,
        survey.source,
        survey.date,
        survey.is_synthetic,
    )


def _by_overlap(old: Plan, town: Town, entry: PlanEntry) -> tuple[list[str], int]:
    """Code of the grid that covers most of each new unit, "" where none does, and how many lie across a border."""
    ours, theirs = old.units.frame.crs, town.units.frame.crs
    if ours != theirs:
        raise InvalidInput(
            f"the new survey is in {theirs.name}, the survey of plan {entry.name} in {ours.name}; "
            "bring the new one into that CRS first",
            f"新的单元数据为 {theirs.name}，方案「{entry.name}」的单元数据为 {ours.name}；请先转换坐标系。",
        )
    grids = old.dissolve().reset_index()[["grid_code", "geometry"]]
    judged, notes = judge_polygons(gpd.GeoDataFrame(grids, crs=ours), town.units)
    codes = [str(c) for c in judged.code_of_unit()]
    if not any(codes):
        raise InvalidInput(
            f"no unit of the new survey lies in a grid of plan {entry.name}: it is another place, or another CRS",
            f"新的单元数据与方案「{entry.name}」的网格没有重叠；请核对地点与坐标系。",
        )
    kinds: NDArray[np.object_] = notes["kind"].to_numpy(object) if len(notes) else np.array([], dtype=object)
    return codes, int((kinds == "cut_unit").sum())


def _off_size(report: Report) -> pd.DataFrame:
    found = report.findings[report.findings["check"].isin(_SIZE_CHECKS)]
    columns = ["grid", "value", "limit", "measure_unit", "excepted", "message_zh", "message_en"]
    return pd.DataFrame(found[columns]).rename(columns={"grid": "grid_code"}).reset_index(drop=True)
