"""Loads: how many grids and households each person answers for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.rules import Rules
from gridmap.people.roster import GRID_ROLES, is_dedicated, roster_on


def loads_of_people(plan: Plan, records: Records, rules: Rules, day: date) -> pd.DataFrame:
    """What each person carries in each post held in grids of the plan, or in one of its jurisdictions without a grid.

    Parameters
    ----------
    plan : Plan
    records : Records
    rules : Rules
        Its span of control.
    day : date

    Returns
    -------
    pandas.DataFrame
        One row a person and role, by role, then person:

        - ``person_id``, ``role`` (text);
        - ``grids``, ``jurisdictions`` (tuples of codes, in order), ``n_grids`` (int64; 0 where every post of the
          person names a jurisdiction only);
        - ``households`` (float64): of a leader or instructor, all households of these grids; of a member, the share:
          the households of each grid divided by its members. Dedicated grids count 0; NaN where households are not
          known;
        - ``grids_max`` (int64), ``households_max`` (float64; NaN for instructors): what the rules allow;
        - ``is_over`` (bool): over one of the two.
    """
    roster = roster_on(records, plan, day)
    posts = roster.posts[roster.posts["role"].isin(GRID_ROLES) & roster.posts["place"].isin(["grid", "jurisdiction"])]
    pairs = posts[["role", "person_id", "grid", "home"]].drop_duplicates().reset_index(drop=True)
    pairs["households"] = _households_of_pairs(plan, pairs)
    wanted = rules.staffing
    limits = {
        "grid_leader": (wanted.grids_per_leader_max, float(wanted.households_per_leader_max)),
        "grid_instructor": (wanted.grids_per_instructor_max, float("nan")),
        "grid_member": (wanted.grids_per_member_max, float(wanted.households_per_member_max)),
    }
    carried: dict[tuple[str, str], _Carried] = defaultdict(_Carried)
    for role, person, grid, home, households in pairs.itertuples(index=False, name=None):
        one = carried[role, person]
        one.grids |= {grid} - {""}
        one.homes.add(home)
        one.households += households
    keys = sorted(carried, key=lambda key: (GRID_ROLES.index(key[0]), key[1]))
    everything = [carried[key] for key in keys]
    columns: dict[str, tuple[list[Any], Any]] = {
        "person_id": ([person for _, person in keys], object),
        "role": ([role for role, _ in keys], object),
        "grids": ([tuple(sorted(one.grids)) for one in everything], object),
        "jurisdictions": ([tuple(sorted(one.homes)) for one in everything], object),
        "n_grids": ([len(one.grids) for one in everything], np.int64),
        "households": ([one.households for one in everything], np.float64),
        "grids_max": ([limits[role][0] for role, _ in keys], np.int64),
        "households_max": ([limits[role][1] for role, _ in keys], np.float64),
    }
    loads = pd.DataFrame({name: pd.Series(values, dtype=kind) for name, (values, kind) in columns.items()})
    is_over = (loads["n_grids"] > loads["grids_max"]) | (loads["households"] > loads["households_max"])
    return loads.assign(is_over=is_over.astype(bool))


@dataclass
class _Carried:
    """What one person carries in one role, while it is added up."""

    grids: set[str] = field(default_factory=set)
    homes: set[str] = field(default_factory=set)
    households: float = 0.0


def _households_of_pairs(plan: Plan, pairs: pd.DataFrame) -> pd.Series:
    if not plan.units.has_households:
        return pd.Series(np.nan, index=pairs.index)
    bounded = np.where(is_dedicated(plan), 0, plan.households_of_grid)
    of_grid = dict(zip(plan.codes, bounded.tolist(), strict=True))
    households = pairs["grid"].map(of_grid).fillna(0.0).astype(float)
    is_member = (pairs["role"] == "grid_member") & (pairs["grid"] != "")
    members = pairs["grid"].map(pairs.loc[is_member, "grid"].value_counts())
    return households.where(~is_member, households / members)
