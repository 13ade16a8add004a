"""The whole way, readable in one go: a town becomes a plan, and the plan a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridmap.check import check_plan
from gridmap.check.polygons import judge_polygons
from gridmap.errors import InvalidPlan, first_ten, first_ten_zh
from gridmap.measure.connect import build_graph
from gridmap.model.graph import DualGraph
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.result import Result
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.partition.lineage import build_lineage
from gridmap.partition.whole import Runner, in_turn, partition_units

#: What a caller is told while it waits.
Stage = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan of a town with its account, its report and what became of the old grids.

    Attributes
    ----------
    town : Town
    graph : DualGraph
    result : Result
    report : Report
    lineage : pandas.DataFrame or None
        Old and new codes; None where there was no earlier plan.
    retired : tuple of str
        Every code that is no longer in use and never may be again.
    """

    town: Town
    graph: DualGraph
    result: Result
    report: Report
    lineage: pd.DataFrame | None
    retired: tuple[str, ...]


def plan_town(
    town: Town,
    rules: Rules,
    *,
    seed: int = 0,
    bridge_m: float = 0.0,
    previous: Plan | None = None,
    locked: Collection[str] = (),
    retired: Collection[str] = (),
    run: Runner = in_turn,
    stage: Stage = lambda _: None,
) -> Planned:
    """Divide a town into grids and judge the plan.

    Parameters
    ----------
    town : Town
    rules : Rules
    seed : int
    bridge_m : float
        Units that face each other across a gap of at most this many metres are neighbours.
    previous : Plan, optional
        The plan in use: grids that stay keep their codes and few households are moved.
    locked : collection of str
        Codes of grids of `previous` that must not change.
    retired : collection of str
        Codes that were given up before and may never come back.
    run : Runner, optional
        How the jurisdictions are worked through.
    stage : callable, optional
        Told ``graph``, ``partition`` and ``check`` as each begins.

    Raises
    ------
    InvalidPlan
        If grids are locked without a previous plan, or are none of it.
    InvalidInput, InvalidRules
        As :func:`gridmap.partition.whole.partition_units` and :func:`gridmap.check.check_plan` say.
    """
    stage("graph")
    graph = build_graph(town.units, town.barriers, bridge_m=bridge_m)
    existing = None if previous is None else codes_on(town.units, previous)
    _check_locks(previous, existing, locked)
    stage("partition")
    taken = {*retired, *(previous.codes if previous else ())}
    result = partition_units(
        town.units, graph, rules, seed=seed, existing=existing, locked=locked, taken=taken, run=run
    )
    gone = tuple(sorted(taken - set(result.plan.codes)))
    lineage = None if existing is None else build_lineage(town.units, existing, list(result.plan.code_of_unit()))
    stage("check")
    report = check_plan(
        result.plan,
        rules,
        graph=graph,
        premises=town.premises,
        previous=_same_units(previous, town.units),
        retired=gone,
        lineage=lineage,
    )
    return Planned(town, graph, result, report, lineage, gone)


def codes_on(units: Units, previous: Plan) -> list[str]:
    """The code of each unit's grid in an earlier plan, "" for none, (n,).

    By unit id where most ids are still in use; otherwise (a new survey with new ids) by where the unit lies.
    """
    known = dict(zip(previous.units.ids, previous.code_of_unit().tolist(), strict=True))
    if sum(i in known for i in units.ids) * 2 > len(units):
        return [str(known.get(i, "")) for i in units.ids]
    grids = previous.dissolve().reset_index()
    plan, _ = judge_polygons(gpd.GeoDataFrame(grids[["grid_code", "geometry"]], crs=previous.units.frame.crs), units)
    return [str(c) for c in plan.code_of_unit()]


def _check_locks(previous: Plan | None, existing: Sequence[str] | None, locked: Collection[str]) -> None:
    if not locked:
        return
    if previous is None or existing is None:
        raise InvalidPlan(
            "locks need an existing plan: give it with --existing", "锁定网格需要现有方案：请用 --existing 给出"
        )
    unknown = sorted(set(locked) - set(existing))
    if unknown:
        raise InvalidPlan(
            f"the existing plan has no grid {first_ten(unknown)}; locked codes must be its codes",
            f"现有方案中没有网格 {first_ten_zh(unknown)}；锁定的编号必须是现有方案的网格编号",
        )


def _same_units(previous: Plan | None, units: Units) -> Plan | None:
    """The earlier plan if it is one of units with these ids, so that moves can be counted."""
    if previous is None or not set(previous.units.ids) & set(units.ids):
        return None
    return previous
