"""The versions of a grid's list: each day on which it became another one."""

from __future__ import annotations

from datetime import date
from typing import Final

import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.life.lists import adopted_on, diff_items, list_of
from gridmap.model.records import Records
from gridmap.model.text import Text

#: Columns of a history of versions.
VERSION_COLUMNS: Final = (
    "version",
    "since",
    "template_version",
    "items",
    "added",
    "dropped",
    "changed",
    "what_zh",
    "what_en",
)


def versions_of(records: Records, grid: str, which: str) -> pd.DataFrame:
    """The versions of a grid's list, numbered from 1.

    A day on which something was recorded that changes nothing (an item dropped twice) begins no version; the adoption
    of another template always does.

    Parameters
    ----------
    records : Records
    grid : str
    which : {"management", "service"}

    Returns
    -------
    DataFrame
        Columns :data:`VERSION_COLUMNS`: number, first day (datetime64[s]), version of the template (Int64), items on
        the list (Int64), against the version before: items ``added``, ``dropped``, ``changed`` (tuples of text), and
        the same in a sentence in Chinese and English. No rows for a grid that adopted nothing.

    Raises
    ------
    InvalidInput
        If there is no such list.
    """
    before = list_of(records, grid, which, date.min)
    adopted: int | None = None
    rows: list[tuple[object, ...]] = []
    for day in _days(records, grid, which):
        now, template = list_of(records, grid, which, day), _template_on(records, grid, which, day)
        diff = diff_items(before, now)
        if template is None or (diff.empty and template == adopted):
            continue
        parts = {w: tuple(dict.fromkeys(diff.loc[diff["what"] == w, "item"])) for w in ("added", "dropped", "changed")}
        told = _sentence(template if template != adopted else None, parts if adopted is not None else {})
        rows.append((len(rows) + 1, pd.Timestamp(day), template, len(now), *parts.values(), told.zh, told.en))
        before, adopted = now, template
    frame = pd.DataFrame(rows, columns=list(VERSION_COLUMNS), dtype=object)
    types = {"version": "Int64", "since": "datetime64[s]", "template_version": "Int64", "items": "Int64"}
    return frame.astype(types)


def list_at_version(records: Records, grid: str, which: str, version: int) -> pd.DataFrame:
    """The list of a grid as a version of :func:`versions_of` had it.

    Parameters
    ----------
    records : Records
    grid : str
    which : {"management", "service"}
    version : int
        From 1.

    Returns
    -------
    DataFrame
        As :func:`gridmap.life.lists.list_of`.

    Raises
    ------
    InvalidInput
        If there is no such list or version.
    """
    versions = versions_of(records, grid, which)
    if not 1 <= version <= len(versions):
        raise InvalidInput(
            f"the {which} list of grid {grid} has versions 1 to {len(versions)}; got {version}",
            f"网格 {grid} 的清单共 {len(versions)} 版；没有第 {version} 版。",
        )
    return list_of(records, grid, which, versions["since"].iloc[version - 1].date())


def _days(records: Records, grid: str, which: str) -> list[date]:
    """The days on which the grid adopted or changed something, ascending."""
    found: set[date] = set()
    for register, column in (("list_adoption", "adopted_on"), ("list_change", "since")):
        frame = records.of(register)
        own = frame.loc[(frame["grid"] == grid) & (frame["list"] == which), column]
        found |= {d.date() for d in own.dropna()}
    return sorted(found)


def _template_on(records: Records, grid: str, which: str, day: date) -> int | None:
    adopted = adopted_on(records, day)
    own = adopted.loc[(adopted["grid"] == grid) & (adopted["list"] == which), "template_version"]
    return None if own.empty else int(own.iloc[0])


def _sentence(adopted: int | None, parts: dict[str, tuple[str, ...]]) -> Text:
    zh = [] if adopted is None else [f"采用模板第 {adopted} 版"]
    en = [] if adopted is None else [f"adopted template version {adopted}"]
    words = {"added": ("增加", "added"), "dropped": ("删除", "dropped"), "changed": ("调整", "changed")}
    for what, items in parts.items():
        if items:
            zh.append(f"{words[what][0]} {'、'.join(items)}")
            en.append(f"{words[what][1]} {', '.join(items)}")
    return Text("；".join(zh), "; ".join(en))
