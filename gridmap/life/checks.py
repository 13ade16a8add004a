"""Judge what was recorded about the life of the grids: lists, Party life, services."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import pandas as pd

from gridmap.life.case import LifeCase
from gridmap.life.list_checks import LIST_CHECKS
from gridmap.life.lists import lists_of_grids
from gridmap.life.orders import OPEN
from gridmap.life.party import branch_of_grids, branches_on, reported_on
from gridmap.life.party_checks import PARTY_CHECKS
from gridmap.life.place import located
from gridmap.life.service_checks import SERVICE_CHECKS
from gridmap.life.services import departments, services_of_grids
from gridmap.model.finding import Check, run_checks, version_of
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.report import Report
from gridmap.model.rules import Rules

#: Every check, in the order in which findings stand.
LIFE_CHECKS: Final[tuple[Check[LifeCase], ...]] = (*LIST_CHECKS, *PARTY_CHECKS, *SERVICE_CHECKS)
#: Columns of ``Report.grids``, and the register without which each is not known.
GRID_FIGURES: Final = {
    "branches": "branch",
    "groups": "branch",
    "members_reported": "in_service",
    "activities": "activity",
    "deliberations": "deliberation",
    "services": "service_offer",
    "open_orders": "service_order",
    "management_items": "list_adoption",
    "service_items": "list_adoption",
}


def check_life(
    plan: Plan,
    records: Records,
    rules: Rules,
    *,
    day: date,
    retired: Collection[str] = (),
    grid_of_point: Mapping[str, str] | None = None,
) -> Report:
    """How the lists, Party life and services of a town stand on a day.

    A check runs only where a register that it needs was ever recorded: a town that keeps no lists is not told so two
    hundred times.

    Parameters
    ----------
    plan : Plan
    records : Records
    rules : Rules
        Named in the report; it sets no number here.
    day : date
    retired : collection of str
        Codes of grids that were given up.
    grid_of_point : mapping of str to str, optional
        Id of a point → code of the grid in which it lies; without it the grid that the register of points names.

    Returns
    -------
    Report
        ``unit`` of a finding is the key of the record. ``grids``: :data:`GRID_FIGURES` (Int64, <NA> where the register
        was never recorded): activities, deliberations are all up to the day; services are the items on offer, those
        of the whole town too; orders open on record. ``totals``: branches, members_reported, activities, departments,
        service_items, where recorded.
    """
    case = LifeCase(plan, records, day, frozenset(retired), grid_of_point)
    findings, run = run_checks(LIFE_CHECKS, case, plan)
    return Report(
        findings=findings,
        grids=_figures(case),
        totals=_totals(case),
        checks=tuple(c.id for c in run),
        rules_name=rules.name,
        catalogue_version=version_of(LIFE_CHECKS),
    )


def _figures(case: LifeCase) -> pd.DataFrame:
    """The figures of each grid, (k, figures), Int64."""
    plan, records = case.plan, case.records
    index = pd.Index(plan.codes, name="grid_code", dtype=object)
    covered = branch_of_grids(plan, records, case.day)
    orders = records.of("service_order")
    lists = lists_of_grids(records, case.day).pivot_table(index="grid", columns="list", values="items", aggfunc="sum")
    figures: dict[str, pd.Series] = {
        "branches": covered["branches"].map(len),
        "groups": covered["groups"].map(len),
        "members_reported": reported_on(records, case.day, plan)["members"],
        "activities": _happened(case, "activity"),
        "deliberations": _happened(case, "deliberation"),
        "services": services_of_grids(records, plan, case.day, grid_of_point=case.grid_of_point),
        "open_orders": orders[orders["status"].isin(OPEN)].groupby("grid").size(),
        "management_items": lists.get("management", pd.Series(dtype="Int64")),
        "service_items": lists.get("service", pd.Series(dtype="Int64")),
    }
    never = pd.Series(pd.NA, index=index, dtype="Int64")
    told = {
        name: figures[name].reindex(index).astype("Int64").fillna(0) if records.has(register) else never
        for name, register in GRID_FIGURES.items()
    }
    return pd.DataFrame(told, index=index)


def _happened(case: LifeCase, register: str) -> pd.Series:
    held = case.records.of(register)
    held = located(held[held["held_on"] <= case.at], case.records, case.plan, case.grid_of_point)
    return held.groupby("grid").size()


def _totals(case: LifeCase) -> dict[str, float | int]:
    records, at = case.records, case.at
    held, in_force = records.of("activity"), branches_on(records, case.day)
    totals: dict[str, tuple[str, int]] = {
        "branches": ("branch", int((in_force["kind"] == "branch").sum())),
        "members_reported": ("in_service", int(reported_on(records, case.day, case.plan)["members"].sum())),
        "activities": ("activity", int((held["held_on"] <= at).sum())),
        "departments": ("service_offer", len(departments(records, case.day))),
        "service_items": ("service_item", len(records.of("service_item"))),
    }
    return {name: number for name, (register, number) in totals.items() if records.has(register)}
