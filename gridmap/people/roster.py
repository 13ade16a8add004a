"""The roster of a day: which posts are held, and in which grid or jurisdiction of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.model.plan import Plan
from gridmap.model.records import Records, is_current
from gridmap.model.registers.people import ROLES

#: Posts that are held in a grid, in the order in which they are shown.
GRID_ROLES: Final = ("grid_leader", "grid_instructor", "grid_member")
#: The post that is held in a jurisdiction.
CHIEF: Final = "chief_grid_leader"


@dataclass(frozen=True, eq=False)
class Roster:
    """Posts that are held on a day, joined to a plan.

    Attributes
    ----------
    day : date
    posts : pandas.DataFrame
        One row a post; index key of the record; the columns of the register ``post`` and

        - ``place``: ``grid`` (a grid of the plan), ``other_grid`` (a code that is not in the plan), ``jurisdiction``
          (no grid, a jurisdiction of the plan), ``other_jurisdiction`` (no grid, a code that is not among the plan's),
          ``nowhere`` (neither);
        - ``home``: code of the jurisdiction of the grid where the plan has it, else the one that the post names.

        The order does not depend on the order of the records.
    is_recorded : bool
        False where the town never recorded its posts; ``posts`` then has no rows.
    """

    day: date
    posts: pd.DataFrame
    is_recorded: bool

    def held(self, role: str) -> pd.DataFrame:
        """Grids of the plan and who holds a post there: columns ``grid``, ``person_id``, each pair once, in order."""
        posts = self.posts[(self.posts["role"] == role) & (self.posts["place"] == "grid")]
        pairs = posts[["grid", "person_id"]].drop_duplicates()
        return pairs.sort_values(["grid", "person_id"]).reset_index(drop=True)

    def people(self, role: str) -> list[str]:
        """Ids of all who hold a post, wherever it is, each once, in order."""
        return sorted(set(self.posts.loc[self.posts["role"] == role, "person_id"]))


def roster_on(records: Records, plan: Plan, day: date) -> Roster:
    """Posts that are held on a day, and what of the plan each of them names.

    Parameters
    ----------
    records : Records
        The register ``post``.
    plan : Plan
        Grids and jurisdictions that posts may name.
    day : date
        A post holds from ``since`` (blank: ever) up to, but not on, ``until`` (blank: for ever).
    """
    every = records.of("post")
    posts = every[is_current(every, day, since="since", until="until")]
    home_of_grid = plan.home_of_grid
    grid, named = posts["grid"], posts["jurisdiction"]
    conditions = [
        grid.isin(plan.codes),
        grid != "",
        named.isin(plan.units.jurisdictions.index.to_numpy(object)),
        named != "",
    ]
    place = np.select(
        [c.to_numpy(bool) for c in conditions], ["grid", "other_grid", "jurisdiction", "other_jurisdiction"], "nowhere"
    )
    home = [home_of_grid.get(g, j) for g, j in zip(grid, named, strict=True)]
    joined = posts.assign(
        place=pd.Series(place.astype(object), index=posts.index, dtype=object),
        home=pd.Series(home, index=posts.index, dtype=object),
    )
    rank = joined["role"].map({role: n for n, role in enumerate(ROLES)})
    order = pd.DataFrame({"role": rank, "home": joined["home"], "grid": joined["grid"], "person": joined["person_id"]})
    order["record"] = joined.index
    order = order.reset_index(drop=True).sort_values(["role", "home", "grid", "person", "record"])
    return Roster(day, joined.iloc[order.index.to_numpy()], records.has("post"))


def chiefs_of_jurisdictions(plan: Plan, records: Records, day: date) -> pd.DataFrame:
    """Who is chief grid leader of each jurisdiction.

    Parameters
    ----------
    plan : Plan
    records : Records
    day : date

    Returns
    -------
    pandas.DataFrame
        One row a jurisdiction of the plan in its order (index ``jurisdiction``); columns ``name``, ``chiefs`` (Int64,
        distinct persons; <NA> where posts were never recorded), ``chief_ids`` (tuple, in order), ``is_missing``,
        ``is_several`` (bool, False where never recorded). A chief's post that names only a grid counts for the
        jurisdiction of that grid.
    """
    roster = roster_on(records, plan, day)
    jurisdictions = plan.units.jurisdictions
    posts = roster.posts[roster.posts["role"] == CHIEF]
    ids = {str(home): tuple(sorted(set(people))) for home, people in posts.groupby("home")["person_id"]}
    chief_ids = [ids.get(str(code), ()) for code in jurisdictions.index]
    n = np.array([len(i) for i in chief_ids], dtype=np.int64)
    return pd.DataFrame(
        {
            "name": jurisdictions["name"].to_numpy(object),
            "chiefs": pd.array(n if roster.is_recorded else [pd.NA] * len(n), dtype="Int64"),
            "chief_ids": pd.Series(chief_ids, dtype=object).to_numpy(object),
            "is_missing": (n == 0) & roster.is_recorded,
            "is_several": n > 1,
        },
        index=pd.Index(jurisdictions.index, name="jurisdiction"),
    )


def is_dedicated(plan: Plan) -> NDArray[np.bool_]:
    """Whether each grid consists of dedicated units only (专属网格): it has no household bound, (k,)."""
    ordinary = (plan.units.frame["dedicated"] == "").to_numpy(np.int64)
    return np.asarray(plan.total(ordinary) == 0, dtype=np.bool_)
