"""Which issues are wanted, as conditions of SQL; counts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, LiteralString

import pandas as pd
from psycopg import sql

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.issues import COUNTED_STEPS
from gridmap.storage.connect import Store
from gridmap.storage.entries import get_town_entry
from gridmap.storage.rows import object_array, read_columns

#: In the order in which they are common: most rows are done with the first.
_COUNTED: Final = sorted(COUNTED_STEPS, key=lambda step: step != "closed")
#: By what issues are counted; each is a column.
_BY: Final = ("grid", "jurisdiction", "category", "tier", "step", "month")


@dataclass(frozen=True)
class IssueFilter:
    """Which issues are wanted: those for which every part that is given holds.

    Attributes
    ----------
    first, last : date or None
        Days of report, both inclusive.
    categories, tiers, steps, grids, jurisdictions, ids : tuple of str
        One of these; empty for any.
    overdue_at : datetime or None
        Those that are past their deadline at this time, civil time of the town.
    """

    first: date | None = None
    last: date | None = None
    categories: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    overdue_at: datetime | None = None


#: No condition at all.
EVERY_ISSUE: Final = IssueFilter()


def conditions(town_id: int, wanted: IssueFilter) -> tuple[sql.Composed, list[Any]]:
    """The condition of SQL with its values; issues of which nothing is known but that events wait are none."""
    parts: list[LiteralString] = ["town_id = %s", "reported_at IS NOT NULL"]
    values: list[Any] = [town_id]

    def add(part: LiteralString, *more: Any) -> None:
        parts.append(part)
        values.extend(more)

    if wanted.first is not None:
        add("reported_at >= %s::date", wanted.first)
    if wanted.last is not None:
        add("reported_at < %s::date", wanted.last + timedelta(days=1) if wanted.last < date.max else date.max)
    words: tuple[tuple[LiteralString, Sequence[str]], ...] = (
        ("category = ANY (%s::text[])", wanted.categories),
        ("tier = ANY (%s::text[])", wanted.tiers),
        ("step = ANY (%s::text[])", wanted.steps),
        ("grid = ANY (%s::text[])", wanted.grids),
        ("jurisdiction = ANY (%s::text[])", wanted.jurisdictions),
        ("issue_id = ANY (%s::text[])", wanted.ids),
    )
    for part, given in words:
        if given:
            add(part, list(given))
    if wanted.overdue_at is not None:
        # as the index has it: the steps of CLOCK_STEPS
        add("step IN ('detected', 'disposing', 'verifying', 'deferred')")
        add("due_at < %s::timestamp", wanted.overdue_at)
    return sql.SQL(" AND ").join(map(sql.SQL, parts)), values


def count_issues(
    store: Store, town: str | int, by: Sequence[str] = (), *, wanted: IssueFilter = EVERY_ISSUE
) -> pd.DataFrame:
    """How many issues count, by what is asked for.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    by : sequence of str
        Of ``grid``, ``jurisdiction``, ``category``, ``tier``, ``step``, ``month`` (of the report; its first day);
        none for one number.
    wanted : IssueFilter
        Without its ``steps``, duplicates, void and withdrawn ones are left out.

    Returns
    -------
    DataFrame
        The columns `by` and ``n``, in the order of `by`; groups without an issue are absent.

    Raises
    ------
    InvalidInput
        If something is in `by` that issues are not counted by.
    NotStored
        If there is no such town.
    StoreError
        If the database cannot be reached.
    """
    strangers = [b for b in by if b not in _BY]
    if strangers or len(set(by)) < len(by):
        raise InvalidInput(
            f"issues are counted by {', '.join(_BY)}, each once; got {first_ten(by)}",
            f"问题可按 {'、'.join(_BY)} 统计，各写一次；得到 {first_ten_zh(by)}。",
        )
    with store.read() as connection:
        entry = get_town_entry(connection, town)
        condition, values = conditions(entry.id, wanted)
        if not wanted.steps:
            condition, values = condition + sql.SQL(" AND step = ANY (%s::text[])"), [*values, _COUNTED]
        query = sql.SQL("SELECT {} count(*) FROM gridmap.issue WHERE {}").format(
            sql.SQL("").join(sql.Identifier(b) + sql.SQL(", ") for b in by), condition
        )
        if by:
            places = sql.SQL(", ").join(sql.Literal(i + 1) for i in range(len(by)))
            query += sql.SQL(" GROUP BY {0} ORDER BY {0}").format(places)
        *groups, n = read_columns(connection, query, *values)
    data: dict[str, Any] = {
        b: pd.to_datetime(pd.Series(group)).astype("datetime64[s]") if b == "month" else object_array(group)
        for b, group in zip(by, groups, strict=True)
    }
    return pd.DataFrame({**data, "n": pd.Series(n, dtype="int64")}, columns=[*by, "n"])
