"""Judge what is stored, with everything that the judgement needs: graph, earlier plan, retired codes."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from gridmap.check import check_plan
from gridmap.measure.connect import build_graph
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.partition.lineage import build_lineage
from gridmap.storage.codes import retired_codes
from gridmap.storage.connect import Store
from gridmap.storage.judged import save_report
from gridmap.storage.plan_schema import PlanRow
from gridmap.storage.plans import StoredPlan, load_plan


def judge_stored(
    store: Store, plan: str | int, version: int | None = None, *, rules: Rules | None = None, keep: bool = True
) -> Report:
    """Judge a version of a plan and store the report with it.

    Parameters
    ----------
    store : Store
    plan : str or int
    version : int, optional
        The current one by default.
    rules : Rules, optional
        Those of the version by default.
    keep : bool
        Whether the report is stored; without it this is a look only.

    Raises
    ------
    NotStored, InvalidInput
        If there is no such plan or version, or several of that name.
    InvalidRules
        If the rules have no profile for a kind of jurisdiction.
    StoreError
        If the database cannot be reached or refuses.
    """
    stored = load_plan(store, plan, version)
    used = rules or stored.rules
    before = _previous(store, stored)
    lineage = None
    if before is not None:
        codes = (list(map(str, p.code_of_unit())) for p in (before, stored.plan))
        lineage = build_lineage(stored.town.units, *codes)
    report = check_plan(
        stored.plan,
        used,
        graph=build_graph(stored.town.units, stored.town.barriers, bridge_m=stored.entry.bridge_m),
        premises=stored.town.premises,
        previous=before,
        retired=_retired(store, stored),
        lineage=lineage,
    )
    if keep:
        save_report(store, stored.entry.id, stored.version, stored.plan, report, used, stored.town)
    return report


def _previous(store: Store, stored: StoredPlan) -> Plan | None:
    """The plan of the same survey that this one would take the place of, unless it is that plan itself."""
    p = PlanRow
    with store.read() as connection:
        found = connection.execute(
            sa.select(p.id).where(
                p.town_id == stored.entry.town_id,
                p.unit_set_id == stored.entry.unit_set_id,
                p.id != stored.entry.id,
                p.in_force.contains(sa.func.current_date()),
            )
        ).scalar()
    if found is None:
        return None
    before = load_plan(store, int(found)).plan
    return replace(before, locked=before.locked & stored.plan.locked)  # a lock that was lifted since binds nobody


def _retired(store: Store, stored: StoredPlan) -> frozenset[str]:
    """Codes that may not be used; a plan that was in force keeps those that were retired after it."""
    return frozenset() if stored.entry.since is not None else retired_codes(store, stored.entry.town_id)
