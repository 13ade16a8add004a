"""What a town has decided about its issues: categories, deadlines, duplicates, from how many on a rate is told."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from importlib import resources
from pathlib import Path
from typing import Final

from gridmap.errors import InvalidRules
from gridmap.model.issues import TIERS
from gridmap.model.policy_table import PolicyTable
from gridmap.model.text import Text, why_unreadable

#: The policy that comes with gridmap; its numbers are our decisions.
DEFAULT_POLICY: Final = "issues-2020"
_TOP: Final = (
    *("name", "fewest", "bandwidth_m", "office_ends", "verify_days"),
    *("calendar", "duplicates", "categories"),
)


@dataclass(frozen=True)
class Category:
    """A kind of issue.

    Attributes
    ----------
    text : Text
    synonyms : tuple of str
        What ledgers and other platforms call it.
    weight : float
        Of one issue in a heat map.
    days : mapping of str to int
        Tier → working days from the beginning of disposal to its end.
    duplicate_m, duplicate_hours : float
        Two issues of the category this near in space and time are suggested as duplicates.
    """

    text: Text
    synonyms: tuple[str, ...]
    weight: float
    days: Mapping[str, int]
    duplicate_m: float
    duplicate_hours: float


@dataclass(frozen=True)
class IssuePolicy:
    """The decisions of a town about its issues.

    Attributes
    ----------
    name : str
    categories : mapping of str to Category
        In the order in which they are shown; ``other`` is always one.
    fewest : int
        A grid with fewer issues is "too few to tell": neither coloured nor ranked.
    bandwidth_m : float
        Of the heat map.
    office_ends : datetime.time
        A deadline ends on its day at this time.
    verify_days : int
        Working days for the verification.
    holidays, workdays : frozenset of date
        Beside the national calendar: further days off, and days on which work is done.
    """

    name: str
    categories: Mapping[str, Category]
    fewest: int
    bandwidth_m: float
    office_ends: time
    verify_days: int
    holidays: frozenset[date] = field(default_factory=frozenset)
    workdays: frozenset[date] = field(default_factory=frozenset)

    def category_of(self, written: str) -> str:
        """Key of the category that is written so: its key, one of its names or synonyms; "" for none."""
        return self._names.get(" ".join(written.split()).casefold(), "")

    @property
    def _names(self) -> dict[str, str]:
        known = self.__dict__.get("_known_names")
        if known is None:
            known = {
                name.casefold(): key
                for key, c in self.categories.items()
                for name in (key, c.text.zh, c.text.en, *c.synonyms)
            }
            object.__setattr__(self, "_known_names", known)
        return known


def load_policy(source: str | Path = DEFAULT_POLICY) -> IssuePolicy:
    """Read a policy: one that comes with gridmap by its name, or a TOML file of the town's own.

    Raises
    ------
    InvalidRules
        If there is no such policy, or the file has a fault.
    """
    return parse_policy(policy_text(source), str(source))


def policy_text(source: str | Path = DEFAULT_POLICY) -> str:
    """The TOML of a policy, as it stands.

    Raises
    ------
    InvalidRules
        If there is no such policy, or the file cannot be read.
    """
    text = str(source)
    if text.endswith(".toml"):
        try:
            return Path(text).expanduser().read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = why_unreadable(error)
            raise InvalidRules(f"{text}: {why.en}", f"{text}：{why.zh}。") from error
    if text != DEFAULT_POLICY:
        raise InvalidRules(
            f"no policy is called {text!r}; there is {DEFAULT_POLICY}, or give a file that ends in .toml",
            f"没有名为「{text}」的问题处置规则；内置：{DEFAULT_POLICY}，或给出 .toml 文件。",
        )
    return resources.files("gridmap.model").joinpath("policies", f"{text}.toml").read_text("utf-8")


def parse_policy(toml: str, where: str) -> IssuePolicy:
    """The policy that a TOML text holds; `where` is named in errors.

    Raises
    ------
    InvalidRules
        If the text is no TOML, or an entry is missing, unknown, of the wrong type or out of range.
    """
    try:
        given = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+), column (\d+)", str(error))
        at_zh = f"第 {at[1]} 行第 {at[2]} 个字符处" if at else "结尾处"
        raise InvalidRules(f"{where}: is no proper TOML: {error}", f"{where}：{at_zh}不合 TOML 格式。") from error
    return _policy(PolicyTable(given, where))


def _policy(top: PolicyTable) -> IssuePolicy:
    top.refuse_unknown(_TOP)
    duplicates = top.table("duplicates")
    duplicates.refuse_unknown(("metres", "hours"))
    near = {"duplicate_m": duplicates.number("metres"), "duplicate_hours": duplicates.number("hours")}
    kinds = top.table("categories")
    categories = {key: _category(kinds.table(key, f"类别 {key}", f"category {key}"), near) for key in kinds.given}
    if "other" not in categories:
        raise top.refused("there is no category 'other'", "缺少类别 other（其他）")
    calendar = top.table("calendar") if "calendar" in top.given else PolicyTable({}, top.where)
    calendar.refuse_unknown(("holidays", "workdays"))
    return IssuePolicy(
        name=top.text("name"),
        categories=categories,
        fewest=top.whole("fewest", 1),
        bandwidth_m=top.number("bandwidth_m"),
        office_ends=top.clock("office_ends"),
        verify_days=top.whole("verify_days", 1),
        holidays=calendar.days("holidays"),
        workdays=calendar.days("workdays"),
    )


def _category(given: PolicyTable, near: Mapping[str, float]) -> Category:
    given.refuse_unknown(("zh", "en", "synonyms", "weight", "days", *near))
    days = given.table("days")
    days.refuse_unknown(tuple(TIERS))
    return Category(
        text=Text(given.text("zh"), given.text("en")),
        synonyms=given.texts("synonyms"),
        weight=given.number("weight", 1.0),
        days={tier: days.whole(tier, 0) for tier in TIERS},
        duplicate_m=given.number("duplicate_m", near["duplicate_m"]),
        duplicate_hours=given.number("duplicate_hours", near["duplicate_hours"]),
    )
