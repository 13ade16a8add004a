"""Replay: the issues of a period on a plan that is only proposed, as workload of its grids and members."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

import numpy as np
import pandas as pd

from gridmap.issues.indicators import indicators
from gridmap.model.issues import Issues
from gridmap.model.plan import Plan

#: Columns of :func:`replay`, in order; the last three only beside a plan before.
REPLAY_COLUMNS: Final = (
    "jurisdiction",
    "households",
    "n",
    "rate",
    "low",
    "high",
    "share",
    "dispose_hours_median",
    "members",
    "issues_per_member",
    "n_before",
    "change",
    "code_state",
)


def replay(
    issues: Issues,
    plan: Plan,
    members: pd.Series,
    *,
    first: date,
    last: date,
    before: Plan | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """What the issues of a period would have been on a plan.

    Parameters
    ----------
    issues : Issues
        Counted where their places lie in the plan (:func:`gridmap.issues.recut.recut`).
    plan : Plan
        The one that is proposed.
    members : Series of number
        Code of a grid → its members (:func:`gridmap.people.staffing.staffing_of_grids` has them); a grid that it does
        not have, or has as missing, is "not known".
    first, last : date
        Days of report, both included.
    before : Plan, optional
        The plan in force: the same issues on it, grid by grid of the same code.
    level : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Index ``grid_code``: the grids of the plan in order, then grids of `before` that it has no more, and "" for
        issues that lie in no grid of the plan, where there are any. Columns:

        - ``jurisdiction`` (text), ``households`` (float64, NaN where not known);
        - ``n`` (Int64; <NA> of a retired code), ``share`` of all issues of the period (0 … 1);
        - ``rate`` and its interval ``low`` … ``high``; ``dispose_hours_median``: as
          :func:`gridmap.issues.indicators.indicators` has them;
        - ``members`` (float64, NaN where not known), ``issues_per_member`` (NaN without members);
        - with `before`: ``n_before`` (Int64; <NA> of a new code), ``change`` (``n`` − ``n_before``; <NA> where one is
          missing), ``code_state``: ``kept`` (both plans have the code, whatever lies in it), ``new``, ``retired``, ""
          for no grid.

    Raises
    ------
    InvalidInput
        If the places cannot be laid over the plan, or the period ends before it begins.
    """
    at = datetime.combine(last, time.max)
    of = indicators(issues, by="grid", at=at, first=first, last=last, by_place_of=plan, level=level)
    of = of.reindex([*plan.codes, *([""] if "" in of.index else [])])
    table = of.assign(
        jurisdiction=pd.Series(plan.home_of_grid, dtype=object).reindex(of.index).fillna("").astype(object),
        n=of["n"].astype("Int64"),
        share=of["n"] / max(int(of["n"].sum()), 1),
        members=members.reindex(of.index).astype("Float64").to_numpy(np.float64, na_value=np.nan),
    )
    if before is not None:
        table = _beside(table, issues, plan, before, at, first)
    has_members = table["members"] > 0
    per_member = table["n"].astype("Float64").to_numpy(np.float64, na_value=np.nan) / table["members"].where(
        has_members
    )
    table = table.assign(issues_per_member=per_member)
    table.index = pd.Index(table.index, dtype=object, name="grid_code")
    return table[[name for name in REPLAY_COLUMNS if name in table]]


def _beside(table: pd.DataFrame, issues: Issues, plan: Plan, before: Plan, at: datetime, first: date) -> pd.DataFrame:
    old = indicators(issues, by="grid", at=at, first=first, last=at.date(), by_place_of=before)["n"].astype("Int64")
    retired = [code for code in before.codes if code not in set(plan.codes)]
    rows = [*plan.codes, *retired, *([""] if "" in table.index or "" in old.index else [])]
    joined = table.reindex(rows)
    homes = {**before.home_of_grid, **plan.home_of_grid}
    states = [
        "" if not c else "retired" if c not in plan.codes else "kept" if c in before.codes else "new" for c in rows
    ]
    n, n_before = joined["n"].copy(), old.reindex(rows)
    if "" in rows:  # no issue outside is a number; an absent grid is none
        n[""], n_before[""] = n.fillna(0)[""], n_before.fillna(0)[""]
    return joined.assign(
        jurisdiction=pd.Series([homes.get(c, "") for c in rows], index=joined.index, dtype=object),
        n=n,
        n_before=n_before,
        change=n - n_before,
        code_state=pd.Series(states, index=joined.index, dtype=object),
    )


def replay_totals(replayed: pd.DataFrame, column: str = "n") -> dict[str, float]:
    """How even a workload is over the grids of a plan.

    Parameters
    ----------
    replayed : DataFrame
        As :func:`replay` gives it; grids that the plan has no more and issues in no grid are left out.
    column : str
        ``n``, ``n_before``, ``issues_per_member`` or another number; NaN is left out.

    Returns
    -------
    dict of str to float
        ``grids`` (how many have a number), ``total``, ``mean``, ``max``; ``max_to_mean``;
        ``variation``: standard deviation (of a population) / mean; ``variation_by_chance``: 1 / √mean, the variation
        that counts show where all grids are equally troubled (Poisson: variance = mean; only of counts, else NaN).
        Ratios are NaN where the mean is 0 or there are no grids.
    """
    is_grid = (replayed.index != "") & np.asarray(replayed[column].notna(), dtype=bool)
    values = replayed.loc[is_grid, column].astype("float64").to_numpy(np.float64)
    mean = float(values.mean()) if len(values) else float("nan")
    is_some = mean > 0
    is_count = column.startswith("n")
    return {
        "grids": float(len(values)),
        "total": float(values.sum()),
        "mean": mean,
        "max": float(values.max()) if len(values) else float("nan"),
        "max_to_mean": float(values.max()) / mean if is_some else float("nan"),
        "variation": float(values.std()) / mean if is_some else float("nan"),
        "variation_by_chance": mean**-0.5 if is_some and is_count else float("nan"),
    }


def replay_members(replayed: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Workload of each member: of each of his grids its issues divided by its members.

    Parameters
    ----------
    replayed : DataFrame
        As :func:`replay` gives it.
    held : DataFrame
        Columns ``grid``, ``person_id``: who is a member of which grid, each pair once, as
        :meth:`gridmap.people.roster.Roster.held` gives them. A roster joined to the plan before also has the people of
        grids that the proposed plan has no more.

    Returns
    -------
    pandas.DataFrame
        Index ``person_id``, the most loaded first: ``grids`` (tuple of codes: his grids of the plan), ``n_grids``
        (int64), ``issues`` (float64), ``lost`` (tuple: his grids that the plan has no more). Who has no grid of the
        plan has 0 issues.
    """
    of = held[["grid", "person_id"]].drop_duplicates()
    n = replayed["n"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    n_of_grid = pd.Series(n, index=replayed.index).dropna().drop("", errors="ignore")
    size = of["grid"].value_counts()
    of = of.assign(is_there=of["grid"].isin(n_of_grid.index))
    each = of["grid"].map(n_of_grid).astype("float64") / of["grid"].map(size).astype("float64")
    of["issues"] = each.fillna(0.0)
    table = pd.DataFrame({"issues": of.groupby("person_id")["issues"].sum().astype("float64")})
    for name, part in (("grids", of[of["is_there"]]), ("lost", of[~of["is_there"]])):
        codes = part.sort_values("grid").groupby("person_id")["grid"].agg(tuple).to_dict()
        table[name] = pd.Series([codes.get(person, ()) for person in table.index], index=table.index, dtype=object)
    table["n_grids"] = table["grids"].map(len).astype("int64")
    order = np.lexsort((table.index.to_numpy(object).astype(str), -table["issues"].to_numpy(np.float64)))
    return table.iloc[order][["grids", "n_grids", "issues", "lost"]]
