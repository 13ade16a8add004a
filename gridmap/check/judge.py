"""Judge a plan: run the catalogue over it."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import pandas as pd

from gridmap.check.case import Case
from gridmap.check.catalog import CHECKS, GRID_METRICS, PLAN_METRICS, catalogue_version
from gridmap.errors import InvalidGraph, InvalidInput, InvalidPlan, first_ten
from gridmap.measure.connect import build_graph
from gridmap.model.finding import run_checks
from gridmap.model.graph import DualGraph
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules


def check_plan(
    plan: Plan,
    rules: Rules,
    *,
    graph: DualGraph | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    premises: gpd.GeoDataFrame | None = None,
    previous: Plan | None = None,
    retired: Collection[str] = (),
    lineage: pd.DataFrame | None = None,
    drawn: gpd.GeoDataFrame | None = None,
) -> Report:
    """How a plan stands against a set of rules (R1 to R10 and R12 of the domain).

    Nothing here knows how the plan was made; the formulas are those of :mod:`gridmap.measure`.

    Parameters
    ----------
    plan : Plan
    rules : Rules
    graph : DualGraph, optional
        Of the units of the plan; built from the units and `barriers` when absent. Give the graph with
        bridged edges where units face each other across streets, so that the bridges are declared.
    barriers : geopandas.GeoDataFrame, optional
        Lines or polygons in the CRS of the units; used only when `graph` is absent.
    premises : geopandas.GeoDataFrame, optional
        Points or polygons in the CRS of the units; columns ``premises_id`` and ``name`` are used where present.
    previous : Plan, optional
        The plan that this one replaces, over units with the same ids.
    retired : collection of str
        Codes that were given up and may never come back.
    lineage : pandas.DataFrame, optional
        Columns ``old_code``, ``new_code``, ``kind``.
    drawn : geopandas.GeoDataFrame, optional
        The notes of :func:`judge_polygons` when the plan was drawn elsewhere.

    Returns
    -------
    Report
        Findings in the order of the catalogue; ``excepted`` is true where a named exception of the plan
        covers the rule and the grid, and the reason is appended to the message.

    Raises
    ------
    InvalidGraph
        If the graph is one of other units.
    InvalidInput
        If premises or barriers have another CRS than the units, or the lineage lacks a column.
    InvalidPlan
        If the previous plan shares no unit with this one.
    InvalidRules
        If the rules have no profile for a kind of jurisdiction.
    """
    _check_arguments(plan, graph, premises, previous, lineage)
    case = Case(
        plan=plan,
        rules=rules,
        graph=build_graph(plan.units, barriers) if graph is None else graph,
        premises=premises,
        previous=previous,
        retired=frozenset(retired),
        lineage=lineage,
        drawn=drawn,
    )
    findings, run = run_checks(CHECKS, case, plan)
    grids = pd.DataFrame({m.name: m.measure(case) for m in GRID_METRICS}, index=pd.Index(plan.codes, name="grid_code"))
    return Report(
        findings=findings,
        grids=grids,
        totals={m.name: m.measure(case, findings) for m in PLAN_METRICS},
        checks=tuple(c.id for c in run),
        rules_name=rules.name,
        catalogue_version=catalogue_version(),
    )


def _check_arguments(
    plan: Plan,
    graph: DualGraph | None,
    premises: gpd.GeoDataFrame | None,
    previous: Plan | None,
    lineage: pd.DataFrame | None,
) -> None:
    if graph is not None and len(graph) != len(plan.units):
        raise InvalidGraph(f"the graph must be one of the plan's {len(plan.units)} units; got {len(graph)}")
    if premises is not None and premises.crs != plan.units.frame.crs:
        raise InvalidInput(f"premises must have the CRS of the units, {plan.units.frame.crs}; got {premises.crs}")
    if previous is not None and not set(previous.units.ids) & set(plan.units.ids):
        raise InvalidPlan(
            "the previous plan must be one of the same units (by their ids); it shares none. "
            "Give its polygons to judge_polygons with the units of today first",
            zh="原方案与本方案没有相同的单元编号，无法比较；请先用现有单元读入原方案的网格图形",
        )
    if lineage is not None:
        missing = [c for c in ("old_code", "new_code", "kind") if c not in lineage.columns]
        if missing:
            raise InvalidInput(f"the lineage needs the columns old_code, new_code, kind; missing: {first_ten(missing)}")
