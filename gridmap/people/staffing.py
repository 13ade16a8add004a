"""Staffing: how many people each grid has, what it lacks against the rules, and the town's figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.registers.people import SOURCES
from gridmap.model.rules import Rules
from gridmap.people.roster import CHIEF, Roster, is_dedicated, roster_on


def staffing_of_grids(plan: Plan, records: Records, rules: Rules, day: date) -> pd.DataFrame:
    """Who staffs each grid on a day.

    Dedicated grids are staffed like all others: the rules name no other number for them.

    Parameters
    ----------
    plan : Plan
    records : Records
        The register ``post``; persons are told apart by ``person_id``, names are not looked at.
    rules : Rules
    day : date

    Returns
    -------
    pandas.DataFrame
        One row a grid in the order of the plan (index ``grid_code``):

        - ``jurisdiction`` (text), ``is_dedicated`` (bool), ``households`` (Int64, <NA> where they are not known);
        - ``leaders``, ``instructors``, ``members`` (Int64): distinct persons with that post in the grid;
        - ``members_committee`` … one column a source of :data:`~gridmap.model.registers.people.SOURCES`, and
          ``members_unstated``: its members by source (of a member with two, the first in that order);
        - ``leader_ids``, ``instructor_ids`` (tuples of person ids, in order);
        - ``is_leader_shared`` (bool): a leader of this grid leads others, too;
        - ``vacant_leaders``, ``vacant_instructors``, ``vacant_members`` (Int64): how many are missing to what the
          rules want at least, 0 where none; ``vacancies``, their sum;
        - ``households_per_member`` (float64): NaN without members, in a dedicated grid, and where households are
          not known.

        Where posts were never recorded, counts are <NA>, tuples empty, yes-or-no columns False.
    """
    roster = roster_on(records, plan, day)
    codes = pd.Index(plan.codes, dtype=object, name="grid_code")
    wanted = rules.staffing
    needs = {"leader": wanted.leaders, "instructor": wanted.instructors, "member": wanted.members_min}
    ids = {role: _ids_of_grids(roster, f"grid_{role}", codes) for role in needs}
    n = {role: np.array([len(i) for i in of_grids], dtype=np.int64) for role, of_grids in ids.items()}
    dedicated, has_households = is_dedicated(plan), plan.units.has_households
    households = plan.households_of_grid
    table: dict[str, Any] = {
        "jurisdiction": plan.jurisdiction_of_grid,
        "is_dedicated": dedicated,
        "households": _known(households, is_known=has_households),
    }
    table |= {f"{role}s": _known(count, is_known=roster.is_recorded) for role, count in n.items()}
    table |= _members_by_source(roster, codes)
    table |= {f"{role}_ids": _tuples(ids[role]) for role in ("leader", "instructor")}
    led = pd.Series([person for leaders in ids["leader"] for person in leaders], dtype=object).value_counts()
    shared = set(led.index[led > 1])
    table["is_leader_shared"] = np.array([not shared.isdisjoint(leaders) for leaders in ids["leader"]], dtype=bool)
    for role, need in needs.items():
        table[f"vacant_{role}s"] = _known(np.maximum(need - n[role], 0), is_known=roster.is_recorded)
    table["vacancies"] = sum(table[f"vacant_{role}s"] for role in needs)
    per_member = households / np.where(n["member"] > 0, n["member"], 1)
    is_judged = (n["member"] > 0) & ~dedicated & has_households
    table["households_per_member"] = np.where(is_judged, per_member, np.nan)
    return pd.DataFrame(table, index=codes)


def staffing_totals(plan: Plan, records: Records, rules: Rules, day: date) -> dict[str, int | None]:
    """The town's staffing figures on a day.

    Parameters
    ----------
    plan : Plan
    records : Records
    rules : Rules
    day : date

    Returns
    -------
    dict of str to int or None
        All values are None where posts were never recorded.

        - ``grid_leaders``, ``grid_instructors``, ``grid_members``, ``chief_grid_leaders``: distinct persons with such
          a post on the day, whatever grid or jurisdiction it names, unknown ones included: the number on the roster.
        - ``leaders_shared``: distinct grid leaders with more than one grid of the plan.
        - ``grids_sharing_leader``: grids of which a leader leads another grid of the plan, too.
        - ``grids_without_leader``, ``grids_without_instructor``: grids in which nobody holds that post.
        - ``grids_under_members_min``: grids with fewer distinct members than ``members_min``.
        - ``people``: ``grid_leaders + grid_instructors + grid_members``. Who holds two of these posts counts in both,
          as in the published account, and as the minimum counts posts; chiefs are not in it.
        - ``people_minimum``: grids × (leaders + instructors + members_min of the rules).
        - ``people_under_minimum``: ``people_minimum`` − ``people``, at least 0: what one grid has too
          many makes up for what another lacks.
    """
    roster = roster_on(records, plan, day)
    grids = staffing_of_grids(plan, records, rules, day)
    on_roster = {f"{role}s": len(roster.people(role)) for role in ("grid_leader", "grid_instructor", "grid_member")}
    led = roster.held("grid_leader")["person_id"].value_counts()
    people = sum(on_roster.values())
    wanted = rules.staffing
    minimum = plan.n_grids * (wanted.leaders + wanted.instructors + wanted.members_min)
    totals = on_roster | {
        "chief_grid_leaders": len(roster.people(CHIEF)),
        "leaders_shared": int((led > 1).sum()),
        "grids_sharing_leader": int(grids["is_leader_shared"].sum()),
        "grids_without_leader": int((grids["leaders"] == 0).sum()),
        "grids_without_instructor": int((grids["instructors"] == 0).sum()),
        "grids_under_members_min": int((grids["members"] < wanted.members_min).sum()),
        "people": people,
        "people_minimum": minimum,
        "people_under_minimum": max(0, minimum - people),
    }
    return {key: value if roster.is_recorded else None for key, value in totals.items()}


def _ids_of_grids(roster: Roster, role: str, codes: pd.Index) -> list[tuple[str, ...]]:
    held = roster.held(role)
    by_grid = {str(grid): tuple(people) for grid, people in held.groupby("grid")["person_id"]}
    return [by_grid.get(code, ()) for code in codes]


def _members_by_source(roster: Roster, codes: pd.Index) -> dict[str, Any]:
    posts = roster.posts[(roster.posts["role"] == "grid_member") & (roster.posts["place"] == "grid")]
    order = {source: n for n, source in enumerate([*SOURCES, ""])}
    first = posts.assign(rank=posts["source"].map(order)).groupby(["grid", "person_id"])["rank"].min().reset_index()
    at, rank = codes.get_indexer(pd.Index(first["grid"], dtype=object)), first["rank"].to_numpy(np.int64)
    counts = np.zeros((len(codes), len(order)), dtype=np.int64)
    np.add.at(counts, (at, rank), 1)
    names = [f"members_{source or 'unstated'}" for source in order]
    return {name: _known(counts[:, n], is_known=roster.is_recorded) for n, name in enumerate(names)}


def _known(values: Any, *, is_known: bool) -> Any:
    return pd.array(values if is_known else [pd.NA] * len(values), dtype="Int64")


def _tuples(values: list[tuple[str, ...]]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
