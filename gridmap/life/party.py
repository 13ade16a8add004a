"""Party life in the grids: branches and groups, members who reported, theme days, activities, deliberations.

Nothing is hidden here, however small the count; the exports hide (:data:`gridmap.model.profile.SMALL_COUNT`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.life.place import located
from gridmap.model.plan import Plan
from gridmap.model.records import Records, is_current
from gridmap.model.registers.party import ACTIVITY_KINDS, PROJECT_STATUS


@dataclass(frozen=True, eq=False)
class ThemeDays:
    """Monthly theme days: which grid had one in which month.

    Attributes
    ----------
    held : DataFrame
        Index grid code, one column a month ("2020-03"): how many theme days covered the grid (int64).
    """

    held: pd.DataFrame

    @property
    def share(self) -> pd.Series:
        """Share of the grids that had at least one, 0 … 1, of each month."""
        return (self.held > 0).mean()

    @property
    def share_of_grid(self) -> pd.Series:
        """Share of the months in which it had at least one, 0 … 1, of each grid."""
        return (self.held > 0).mean(axis=1)

    @property
    def missing(self) -> pd.DataFrame:
        """Columns ``grid``, ``month``: each grid and month without one, by grid, then month."""
        at, month = np.nonzero(self.held.to_numpy() == 0)
        return pd.DataFrame({"grid": self.held.index[at], "month": self.held.columns[month]}, dtype=object)


@dataclass(frozen=True, eq=False)
class Activities:
    """Activities of a period, counted.

    Attributes
    ----------
    n : int
        All of them, also those of grids that are not in the plan.
    attendance : int
        People who came, each time counted; activities without a number add nothing.
    by_kind, by_jurisdiction, by_grid : DataFrame
        Columns ``activities``, ``attendance`` (int64); index a kind, the code of a jurisdiction or of a grid, all of
        them, in the order of the register or of the plan.
    """

    n: int
    attendance: int
    by_kind: pd.DataFrame
    by_jurisdiction: pd.DataFrame
    by_grid: pd.DataFrame

    @property
    def n_covered(self) -> int:
        """Grids with at least one activity."""
        return int((self.by_grid["activities"] > 0).sum())

    @property
    def coverage(self) -> float:
        """Share of the grids with at least one activity, 0 … 1."""
        return self.n_covered / len(self.by_grid)


@dataclass(frozen=True, eq=False)
class Deliberations:
    """Deliberations of a period, and what became of them.

    Attributes
    ----------
    n : int
        Deliberations.
    attendance : int
        People who came.
    n_from_issues : int
        Those that an issue led to.
    n_projects : int
        Those that led to a project, whatever became of it.
    n_issue_projects : int
        Issues turned into projects: from an issue, with a project that was not dropped; an issue that was talked over
        twice counts once.
    by_status : Series
        Projects by status, index the keys of ``PROJECT_STATUS`` and "" for those without one (int64).
    projects : DataFrame
        The records with a project, by day.
    """

    n: int
    attendance: int
    n_from_issues: int
    n_projects: int
    n_issue_projects: int
    by_status: pd.Series
    projects: pd.DataFrame


def branches_on(records: Records, day: date) -> pd.DataFrame:
    """The branches and groups that are in force on a day: founded by then (or with no date), not yet dissolved."""
    branches = records.of("branch")
    return branches[is_current(branches, day, since="founded_on", until="dissolved_on")]


def branch_of_grids(plan: Plan, records: Records, day: date) -> pd.DataFrame:
    """Which branches and groups cover each grid.

    Parameters
    ----------
    plan : Plan
    records : Records
    day : date

    Returns
    -------
    DataFrame
        Index grid code, in the order of the plan: ``branches``, ``groups`` (tuples of ids), ``names`` (of both),
        ``members`` (Int64: of all of them; <NA> where no branch tells; a branch of three grids counts whole in each,
        so the column has no meaningful sum), ``is_covered``.
    """
    pairs = branches_on(records, day).explode("grids").dropna(subset="grids")
    pairs = pairs.drop_duplicates(["branch_id", "grids"])
    grouped = pairs.groupby("grids", sort=False)
    index = pd.Index(plan.codes, name="grid_code", dtype=object)
    result = pd.DataFrame(index=index)
    chosen = {"branches": pairs["kind"] == "branch", "groups": pairs["kind"] == "group", "names": pairs["kind"] != ""}
    for column, mask in chosen.items():
        told = pairs[mask].groupby("grids")["name" if column == "names" else "branch_id"].agg(tuple)
        result[column] = [told.get(code, ()) for code in plan.codes]
    result["members"] = grouped["members"].sum(min_count=1).reindex(index).astype("Int64")
    result["is_covered"] = index.isin(pairs["grids"])
    return result


def reported_on(records: Records, day: date, plan: Plan | None = None) -> pd.DataFrame:
    """In-service members who reported to each grid: the latest count on or before a day.

    Parameters
    ----------
    records : Records
    day : date
    plan : Plan, optional
        Only its grids; without it also grids that were given up since, whose members would count twice in the sum
        where they were counted anew in the grids that followed.

    Returns
    -------
    DataFrame
        Index grid code: ``members`` (Int64), ``counted_on``.
    """
    counts = records.of("in_service")
    counts = counts[counts["counted_on"] <= pd.Timestamp(day)]
    if plan is not None:
        counts = counts[counts["grid"].isin(plan.codes)]
    latest = counts.sort_values("counted_on", kind="stable").drop_duplicates("grid", keep="last")
    return latest.set_index("grid")[["members", "counted_on"]].sort_index().rename_axis("grid_code")


def theme_days(
    records: Records, plan: Plan, first: date, last: date, *, grid_of_point: Mapping[str, str] | None = None
) -> ThemeDays:
    """Which grids the monthly theme days covered.

    A theme day covers the grid in which it was held, or else that of its point, and all grids of the branch that held
    it: a branch of three grids meets in one of them, with the members of all. Only where it tells neither grid nor
    branch, it covers every grid of its jurisdiction. Months that the period only touches count as whole months.

    Parameters
    ----------
    records : Records
    plan : Plan
    first, last : date
        Both counted.
    grid_of_point : mapping of str to str, optional
        As in :func:`activities_of`.

    Raises
    ------
    InvalidInput
        If `last` is before `first`.
    """
    held = _held(records.of("activity"), first, last)
    held = located(held[held["kind"] == "theme_day"], records, plan, grid_of_point)
    months = [str(m) for m in pd.period_range(first, last, freq="M")]
    held = held.assign(month=held["held_on"].dt.strftime("%Y-%m"))
    branches = records.of("branch").explode("grids")[["branch_id", "grids"]]
    homes = pd.DataFrame({"jurisdiction": plan.jurisdiction_of_grid, "grids": list(plan.codes)}, dtype=object)
    named = held[["activity_id", "month", "grid"]].rename(columns={"grid": "grids"})
    of_branch = held[held["branch_id"] != ""].merge(branches, on="branch_id")
    nowhere = held[(held["grid"] == "") & (held["branch_id"] == "")].merge(homes, on="jurisdiction")
    columns = ["activity_id", "month", "grids"]
    pairs = pd.concat([named, of_branch[columns], nowhere[columns]]).drop_duplicates()
    counted = pd.crosstab(pairs["grids"], pairs["month"]).reindex(index=list(plan.codes), columns=months, fill_value=0)
    return ThemeDays(counted.astype(np.int64).rename_axis(index="grid_code", columns="month"))


def activities_of(
    records: Records, plan: Plan, first: date, last: date, *, grid_of_point: Mapping[str, str] | None = None
) -> Activities:
    """The activities of a period by kind, jurisdiction and grid.

    An activity counts for the grid that it names, else for the grid of its point; for the jurisdiction that it names,
    else for that of its grid. One of a whole jurisdiction counts for none of its grids: it was not held nearby.

    Parameters
    ----------
    records : Records
    plan : Plan
    first, last : date
        Both counted.
    grid_of_point : mapping of str to str, optional
        Id of a point → code of the grid in which it lies; without it the grid that the register of points names.

    Raises
    ------
    InvalidInput
        If `last` is before `first`.
    """
    held = located(_held(records.of("activity"), first, last), records, plan, grid_of_point)
    return Activities(
        n=len(held),
        attendance=int(held["attendance"].fillna(0).sum()),
        by_kind=_counted(held, "kind", list(ACTIVITY_KINDS), "kind"),
        by_jurisdiction=_counted(held, "jurisdiction", list(plan.units.jurisdictions.index), "jurisdiction"),
        by_grid=_counted(held, "grid", list(plan.codes), "grid_code"),
    )


def deliberations_of(records: Records, first: date, last: date) -> Deliberations:
    """The deliberations of a period and what became of them.

    Parameters
    ----------
    records : Records
    first, last : date
        Both counted.

    Raises
    ------
    InvalidInput
        If `last` is before `first`.
    """
    held = _held(records.of("deliberation"), first, last)
    projects = held[held["project"] != ""].sort_values("held_on", kind="stable")
    turned = projects[(projects["issue_id"] != "") & (projects["project_status"] != "dropped")]
    by_status = projects["project_status"].value_counts().reindex([*PROJECT_STATUS, ""], fill_value=0)
    return Deliberations(
        n=len(held),
        attendance=int(held["attendance"].fillna(0).sum()),
        n_from_issues=int((held["issue_id"] != "").sum()),
        n_projects=len(projects),
        n_issue_projects=turned["issue_id"].nunique(),
        by_status=by_status.astype(np.int64),
        projects=projects,
    )


def _held(frame: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    if last < first:
        raise InvalidInput(f"the last day {last} is before the first {first}", f"末日 {last} 早于首日 {first}。")
    return frame[frame["held_on"].between(pd.Timestamp(first), pd.Timestamp(last))]


def _counted(held: pd.DataFrame, column: str, keys: list[str], name: str) -> pd.DataFrame:
    grouped = held.groupby(column)
    frame = pd.DataFrame({"activities": grouped.size(), "attendance": grouped["attendance"].sum()})
    return frame.reindex(keys).fillna(0).astype(np.int64).rename_axis(name)
