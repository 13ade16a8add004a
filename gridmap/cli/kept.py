"""What a town keeps about its grids, as a command asks for it: a plan, a version, a day, and the records stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import pandas as pd

from gridmap.cli.screen import Screen
from gridmap.cli.stored import day_of, opened
from gridmap.errors import InvalidInput, NotStored, first_ten, first_ten_zh
from gridmap.model.nearest import nearest_code
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.storage import entries
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry
from gridmap.storage.plans import StoredPlan, load_plan
from gridmap.storage.records import load_records

#: How to do without ``--plan``, in English and in Chinese.
_HINT: Final = (
    "; a plan in force is taken without it: gridmap store enforce PLAN --from DATE brings an approved plan into force",
    "；有生效方案时不必指定：gridmap store enforce 方案 --from 日期 使已批准的方案生效",
)


@dataclass(frozen=True)
class Asked:
    """Which plan, which of its versions, on which day; each has a default."""

    plan: str | None = None
    version: int | None = None
    day: str | None = None


@dataclass(frozen=True, eq=False)
class Kept:
    """A plan and the records of its town.

    Attributes
    ----------
    store : Store
    stored : StoredPlan
    records : Records
        In the CRS of the plan.
    day : date
        The day that is looked at.
    """

    store: Store
    stored: StoredPlan
    records: Records
    day: date

    @property
    def plan(self) -> Plan:
        """The assignment."""
        return self.stored.plan

    @property
    def rules(self) -> Rules:
        """The rules of the version."""
        return self.stored.rules

    @property
    def town(self) -> Town:
        """Units and the layers beside them."""
        return self.stored.town

    @property
    def is_synthetic(self) -> bool:
        """Whether the survey or the records are made up."""
        return self.town.is_synthetic or self.records.is_synthetic


@contextmanager
def kept(asked: Asked) -> Iterator[Kept]:
    """Open the database and load what was asked for.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry, day = choose_plan(store, asked)
        stored = load_plan(store, entry.id, asked.version)
        records = load_records(store, entry.town_id, crs=stored.plan.units.frame.crs)
        yield Kept(store, stored, records, day or the_day(stored.town))


def choose_plan(store: Store, asked: Asked) -> tuple[PlanEntry, date | None]:
    """The plan that is meant: the one that is named, else the one in force, else the only one beside draft branches.

    A branch is a proposal until it is checked: whoever made one still works on the plan that it began from.

    Raises
    ------
    NotStored
        If no plan is stored.
    InvalidInput
        If several could be meant, or the day is no date.
    """
    day = day_of(asked.day)
    if asked.plan is not None:
        return entries.find_plan(store, asked.plan), day
    known = entries.list_plans(store)
    if not known:
        raise NotStored(
            "no plan is stored yet; gridmap store import PLAN.gpkg stores one",
            "数据库中还没有方案；请先用 gridmap store import 方案.gpkg 存入。",
        )
    at = day or today()
    held = [e for e in known if e.since is not None and e.since <= at and (e.until is None or e.until > at)]
    meant = held or _without_proposals(known)
    if len(meant) > 1:
        names = [f"{e.town}/{e.name}" for e in meant]
        hint, hint_zh = ("", "") if held else _HINT
        raise InvalidInput(
            f"several plans could be meant: {first_ten(names)}; say which with --plan{hint}",
            f"有多个方案：{first_ten_zh(names)}；请用 --plan 指定{hint_zh}。",
        )
    return meant[0], day


def _without_proposals(known: list[PlanEntry]) -> list[PlanEntry]:
    """The one plan that is no draft branch, where the others all are and it is not retired; else every plan."""
    base = [e for e in known if e.source_plan_id is None or e.state != "draft"]
    return base if len(base) == 1 and base[0].state != "retired" else known


def today() -> date:
    """The day by this machine's clock."""
    return datetime.now(UTC).astimezone().date()


def the_day(town: Town) -> date:
    """The day that is looked at where none is given: today; of synthetic data the day that they stand for."""
    if town.is_synthetic:
        try:
            return date.fromisoformat(town.date)
        except ValueError:
            return today()
    return today()


def wanted_grids(kept_: Kept, grid: str | None, jurisdiction: str | None) -> list[str]:
    """Codes of the grids that were asked for: one, those of a jurisdiction (its code or its name), or all.

    Raises
    ------
    InvalidInput
        If the plan has no such grid or jurisdiction.
    """
    plan = kept_.plan
    home = pd.Series(plan.jurisdiction_of_grid, index=list(plan.codes))
    if grid is not None:
        if grid not in plan.codes:
            near = tuple(c for c in plan.codes if c[:12] == grid[:12])  # a wrong number in the right jurisdiction
            like, name = nearest_code(grid, near or tuple(plan.codes)), kept_.stored.entry.name
            raise InvalidInput(
                f"plan {name} has no grid {grid}; "
                + (f"the nearest code is {like}" if like else f"its codes look like {plan.codes[0]}"),
                f"方案「{name}」没有网格 {grid}；"
                + (f"最接近的编号是 {like}。" if like else f"编号形如 {plan.codes[0]}。"),
            )
        return [grid]
    if jurisdiction is not None:
        return [str(c) for c in home.index[home == find_jurisdiction(plan, jurisdiction)]]
    return [str(c) for c in home.index]


def find_jurisdiction(plan: Plan, wanted: str) -> str:
    """Code of the jurisdiction with this code or name.

    Raises
    ------
    InvalidInput
        If there is none, or several.
    """
    places = plan.units.jurisdictions
    names = places["name"].astype(str)
    found = [str(c) for c in places.index if c == wanted] or [str(c) for c in places.index[names == wanted]]
    if not found:
        found = [str(c) for c in places.index[names.str.startswith(wanted)]]
    if len(found) != 1:
        if found:
            several = [f"{n}（{c}）" for c, n in names[found].items()]
            raise InvalidInput(
                f"{wanted} could be several jurisdictions: {first_ten(several)}; write the full name or the code",
                f"「{wanted}」可能是几个村居：{first_ten_zh(several)}；请写全名或 12 位代码。",
            )
        raise InvalidInput(
            f"no jurisdiction is called {wanted}; there are {first_ten(names)}",
            f"没有村居「{wanted}」；现有：{first_ten_zh(names)}。",
        )
    return found[0]


def note_synthetic(kept_: Kept, screen: Screen) -> None:
    """Say that the data are made up, where they are, and which day is looked at."""
    entry, town = kept_.stored.entry, kept_.town
    zh, en = ("【合成数据】", "[synthetic data] ") if kept_.is_synthetic else ("", "")
    screen.say(
        Text(
            f"{zh}{town.name}，方案「{entry.name}」第 {kept_.stored.version} 版，{kept_.day} 的情况：",
            f"{en}{town.name}, plan {entry.name}, version {kept_.stored.version}, as of {kept_.day}:",
        )
    )


def note_names(kept_: Kept, screen: Screen) -> None:
    """Say that names are not known to this user, where they are not: nothing can then be taken out of texts by name."""
    if kept_.records.has("post") and not kept_.records.has("person"):
        said = screen.words(
            "当前用户无权读取姓名（gridmap_personal）：文件中没有姓名，也无法从文字中剔除姓名；分享前请核对。",
            "this user may not read names (gridmap_personal): the file has none, and none could be looked for in "
            "texts; look it over before you share it.",
        )
        screen.err.print(f"! {said}", markup=False, soft_wrap=True)
