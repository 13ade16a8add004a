"""The two lists (两张清单) of a grid: a town's template, adopted on a day, with the grid's own changes over it.

What is in force is worked out from three registers and never stored. On a day

- the template is the one that the grid adopted last, on or before that day; an adoption of a version that the register
  of templates does not hold has no effect (and is a finding);
- over it lie all changes of the grid since then **and before**, in the order of their days: what was ``changed``
  replaces the columns that it fills in, ``dropped`` takes an item off, ``added`` puts one on and starts afresh,
  ``restored`` forgets every change before it;
- a change to an item that neither the template nor the grid has, has no effect (and is a finding).

So a change survives the adoption of a newer template, unless that one has no such item any more:

    Template 1 has A (weekly), B. Template 2 has A (monthly), C.
    A grid adopts 1 in January, changes A to daily and drops B in February, adds X in March, adopts 2 in June.
    Its list then: A (daily, ``changed``), C (``template``), X (``added``); B is gone, and with it that it was dropped.
    In July it restores A: A (monthly, ``template``), C, X.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.records import Records
from gridmap.model.registers.lists import LISTS

#: What an item says; a change fills in some of them.
CONTENT: Final = ("category", "title", "detail", "frequency", "responsible")
#: Columns of a list.
LIST_COLUMNS: Final = ("item", *CONTENT, "origin")
#: Columns of a difference between two lists.
DIFF_COLUMNS: Final = ("item", "title", "what", "column", "old", "new")
_OF_ITEM: Final = ["grid", "list", "item"]


def adopted_on(records: Records, day: date) -> pd.DataFrame:
    """The template in force of each grid and list on a day.

    Parameters
    ----------
    records : Records
    day : date

    Returns
    -------
    DataFrame
        One row a grid and list: ``grid``, ``list``, ``template_version`` (Int64), ``adopted_on``; only adoptions of
        versions that exist.
    """
    adoptions = records.of("list_adoption")
    known = pd.MultiIndex.from_frame(records.of("list_item")[["list", "template_version"]])
    named = pd.MultiIndex.from_frame(adoptions[["list", "template_version"]])
    held = adoptions[(adoptions["adopted_on"] <= pd.Timestamp(day)).to_numpy() & named.isin(known)]
    last = held.sort_values("adopted_on", kind="stable").drop_duplicates(["grid", "list"], keep="last")
    columns = ["grid", "list", "template_version", "adopted_on"]
    return last[columns].sort_values(["grid", "list"], kind="stable").reset_index(drop=True)


def items_of_grids(records: Records, day: date) -> pd.DataFrame:
    """The items of every grid and list on a day, with what was dropped.

    Parameters
    ----------
    records : Records
    day : date

    Returns
    -------
    DataFrame
        One row a grid, list and item: ``grid``, ``list``, the columns :data:`LIST_COLUMNS`. ``origin`` is ``template``
        (as the template has it), ``changed`` (in the template, with other words), ``added`` (not in the template) or
        ``dropped`` (in the template, with its words, but not on the list). Items of the template in its order, then
        the grid's own in the order of their days. Grids that adopted nothing have no rows.
    """
    adopted = adopted_on(records, day)
    template = records.of("list_item").assign(place=lambda f: np.arange(len(f)))
    own = adopted.merge(template, on=["list", "template_version"], how="left")
    changes = _changes_in_force(records, day)
    changes = changes.merge(adopted[["grid", "list"]], on=["grid", "list"], how="inner")
    both = own.merge(changes, on=_OF_ITEM, how="outer", suffixes=("", "_changed"), indicator="side")
    in_template, is_changed = both["side"].isin(["left_only", "both"]), both["side"].isin(["right_only", "both"])
    is_dropped, is_added = both["is_dropped"].isin([True]), both["is_added"].isin([True])
    differs = both["is_dropped"].isin(())  # of none yet
    for column in CONTENT:
        given = both[f"{column}_changed"]
        replaces = is_changed & given.notna() & ~is_dropped
        differs |= replaces & (given != both[column])
        both[column] = both[column].where(~replaces, given).fillna("").astype(object)
    origin = np.select(
        [in_template & is_dropped, in_template & differs, in_template, is_added & ~is_dropped],
        ["dropped", "changed", "template", "added"],
        default="",
    )
    both["origin"] = pd.Series(origin, index=both.index, dtype=object)
    shown = both[both["origin"] != ""].sort_values(["grid", "list", "place", "since", "item"], na_position="last")
    return shown[["grid", "list", *LIST_COLUMNS]].reset_index(drop=True)


def _changes_in_force(records: Records, day: date) -> pd.DataFrame:
    """One row a grid, list and item changed and not restored since: content (None: as it was), flags, since."""
    changes = records.of("list_change")
    known = changes[changes["since"] <= pd.Timestamp(day)].sort_values([*_OF_ITEM, "since"], kind="stable")
    known = known.reset_index(drop=True)
    # how many restorations, and how many additions, come at or after each change of the same item
    backwards = known.iloc[::-1]
    of_item = [backwards[c] for c in _OF_ITEM]
    restored_later = (backwards["action"] == "restored").astype(int).groupby(of_item).cumsum()
    added = (backwards["action"] == "added").astype(int)
    added_later = added.groupby(of_item).cumsum() - added
    known = known[((restored_later == 0) & (added_later == 0)).reindex(known.index)]
    known = known.assign(is_dropped=known["action"] == "dropped", is_added=known["action"] == "added")
    for column in CONTENT:
        known[column] = known[column].where(known[column] != "", None)
    grouped = known.groupby(_OF_ITEM, sort=False)
    told = grouped[[*CONTENT]].last().astype(object)
    return told.join(grouped[["is_dropped", "is_added"]].any()).join(grouped["since"].min()).reset_index()


def list_of(records: Records, grid: str, which: str, day: date) -> pd.DataFrame:
    """The list of a grid on a day.

    Parameters
    ----------
    records : Records
    grid : str
        Its code; one that adopted nothing has an empty list.
    which : {"management", "service"}
    day : date

    Returns
    -------
    DataFrame
        Columns :data:`LIST_COLUMNS`; ``origin`` is ``template``, ``changed`` or ``added``.

    Raises
    ------
    InvalidInput
        If there is no such list.
    """
    items = items_of_grids(_of_grid(records, grid, which), day)
    return items.loc[items["origin"] != "dropped", list(LIST_COLUMNS)].reset_index(drop=True)


def lists_of_grids(records: Records, day: date) -> pd.DataFrame:
    """How the lists of all grids stand on a day, counted.

    Parameters
    ----------
    records : Records
    day : date

    Returns
    -------
    DataFrame
        One row a grid and list that it adopted: ``grid``, ``list``, ``template_version``, ``adopted_on``,
        ``newest_version`` (Int64: of the register of templates), ``is_outdated`` (a newer one is there), ``items``
        (Int64: on the list), ``changed``, ``added`` (of them), ``dropped`` (not on it).
    """
    adopted = adopted_on(records, day)
    newest = records.of("list_item").groupby("list")["template_version"].max().rename("newest_version")
    counted = items_of_grids(records, day).groupby(["grid", "list", "origin"]).size().unstack(fill_value=0)
    counted = counted.reindex(columns=["template", "changed", "added", "dropped"], fill_value=0)
    counted["items"] = counted[["template", "changed", "added"]].sum(axis=1)
    result = adopted.merge(newest, left_on="list", right_index=True, how="left")
    result["is_outdated"] = (result["template_version"] < result["newest_version"]).astype(bool)
    numbers = ["items", "changed", "added", "dropped"]
    result = result.merge(counted[numbers], left_on=["grid", "list"], right_index=True, how="left")
    return result.astype(dict.fromkeys(["newest_version", *numbers], "Int64")).reset_index(drop=True)


def diff_list(records: Records, grid: str, which: str, day: date) -> pd.DataFrame:
    """How the list of a grid differs from the template that it adopted.

    Parameters
    ----------
    records : Records
    grid : str
    which : {"management", "service"}
    day : date

    Returns
    -------
    DataFrame
        Columns :data:`DIFF_COLUMNS`: ``what`` is ``added``, ``dropped`` or ``changed``; a changed item has one row for
        each ``column`` that differs, with the words of the template (``old``) and of the grid (``new``).

    Raises
    ------
    InvalidInput
        If there is no such list.
    """
    adopted = adopted_on(_of_grid(records, grid, which), day)
    versions: Sequence[int] = adopted["template_version"].tolist()
    template = template_of(records, which, versions[0]) if versions else _empty_list()
    return diff_items(template, list_of(records, grid, which, day))


def diff_templates(records: Records, which: str, old: int, new: int) -> pd.DataFrame:
    """How a version of a template differs from another, as :func:`diff_list` tells it.

    Parameters
    ----------
    records : Records
    which : {"management", "service"}
    old, new : int
        Their versions.

    Raises
    ------
    InvalidInput
        If there is no such list or version.
    """
    return diff_items(template_of(records, which, old), template_of(records, which, new))


def template_of(records: Records, which: str, version: int) -> pd.DataFrame:
    """A version of a template as a list, columns :data:`LIST_COLUMNS`.

    Parameters
    ----------
    records : Records
    which : {"management", "service"}
    version : int

    Raises
    ------
    InvalidInput
        If there is no such list or version.
    """
    _check_list(which)
    items = records.of("list_item")
    items = items[items["list"] == which]
    held = items[items["template_version"] == version]
    if held.empty:
        there = sorted(set(items["template_version"]))
        name = LISTS[which].text
        raise InvalidInput(
            f"the {name.en.lower()} has no template version {version}; recorded: {first_ten(there) or '—'}",
            f"{name.zh}没有模板第 {version} 版；已登记：{first_ten_zh(there) or '—'}。",
        )
    return held.assign(origin="template")[list(LIST_COLUMNS)].astype(object).reset_index(drop=True)


def diff_items(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """How one list differs from another: columns :data:`DIFF_COLUMNS`, dropped ones first, then in the new order.

    Parameters
    ----------
    old, new : DataFrame
        With the columns :data:`LIST_COLUMNS`, each item once.
    """
    before: dict[str, dict[str, str]] = old.set_index("item").to_dict("index")  # type: ignore[assignment]
    after: dict[str, dict[str, str]] = new.set_index("item").to_dict("index")  # type: ignore[assignment]
    rows = [(item, was["title"], "dropped", "", "", "") for item, was in before.items() if item not in after]
    for item, now in after.items():
        if item not in before:
            rows.append((item, now["title"], "added", "", "", ""))
            continue
        was = before[item]
        rows += [(item, now["title"], "changed", c, was[c], now[c]) for c in CONTENT if was[c] != now[c]]
    return pd.DataFrame(rows, columns=list(DIFF_COLUMNS), dtype=object)


def _of_grid(records: Records, grid: str, which: str) -> Records:
    """The registers of lists, cut to one grid and list."""
    _check_list(which)
    frames = {n: f[f["list"] == which] for n, f in records.frames.items() if n.startswith("list_")}
    return Records({n: f[f["grid"] == grid] if "grid" in f else f for n, f in frames.items()})


def _empty_list() -> pd.DataFrame:
    return pd.DataFrame(columns=list(LIST_COLUMNS), dtype=object)


def _check_list(which: str) -> None:
    if which not in LISTS:
        raise InvalidInput(
            f"a list is one of {', '.join(LISTS)}; got {which!r}",
            f"清单应为 {'、'.join(LISTS)} 之一；得到 {which!r}。",
        )
