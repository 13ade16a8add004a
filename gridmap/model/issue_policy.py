"""What a town has decided about its issues: categories, deadlines, duplicates, from how many on a rate is told."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from importlib import resources
from pathlib import Path
from typing import Any, Final

from gridmap.errors import InvalidRules, first_ten, first_ten_zh
from gridmap.model.issues import TIERS
from gridmap.model.text import Text

#: The policy that comes with gridmap; its numbers are our decisions.
DEFAULT_POLICY: Final = "issues-2020"


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
            raise InvalidRules(f"{text}: cannot be read: {error}", f"{text}：无法读取：{error}。") from error
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
        If it has a fault.
    """
    try:
        return _policy(tomllib.loads(toml), where)
    except InvalidRules:
        raise
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        said = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise InvalidRules(f"{where}: {said}", f"{where}：内容有误：{said}。") from error


def _policy(given: Mapping[str, Any], name: str) -> IssuePolicy:
    duplicates = given["duplicates"]
    categories = {k: _category(k, c, duplicates, name) for k, c in given["categories"].items()}
    if "other" not in categories:
        raise InvalidRules(f"{name}: there is no category 'other'", f"{name}：缺少类别 other（其他）。")
    calendar = given.get("calendar", {})
    days = [frozenset(calendar.get(key, ())) for key in ("holidays", "workdays")]
    wrong = [d for part in days for d in part if not isinstance(d, date)]
    if wrong:
        raise InvalidRules(
            f"{name}: days are written 2026-02-17, without quotes; got {first_ten(wrong)}",
            f"{name}：日期应写作 2026-02-17（不加引号）；得到 {first_ten_zh(wrong)}。",
        )
    numbers = {"fewest": int(given["fewest"]), "bandwidth_m": float(given["bandwidth_m"])}
    verify_days = int(given["verify_days"])
    if min(*numbers.values(), verify_days) <= 0:
        raise InvalidRules(
            f"{name}: fewest, bandwidth_m and verify_days are greater than 0",
            f"{name}：fewest、bandwidth_m、verify_days 须大于 0。",
        )
    return IssuePolicy(
        name=str(given["name"]),
        categories=categories,
        fewest=int(numbers["fewest"]),
        bandwidth_m=numbers["bandwidth_m"],
        office_ends=time.fromisoformat(str(given["office_ends"])),
        verify_days=verify_days,
        holidays=days[0],
        workdays=days[1],
    )


def _category(key: str, given: Mapping[str, Any], duplicates: Mapping[str, Any], name: str) -> Category:
    days = {tier: int(given["days"][tier]) for tier in TIERS}
    made = Category(
        text=Text(str(given["zh"]), str(given["en"])),
        synonyms=tuple(map(str, given.get("synonyms", ()))),
        weight=float(given.get("weight", 1.0)),
        days=days,
        duplicate_m=float(given.get("duplicate_m", duplicates["metres"])),
        duplicate_hours=float(given.get("duplicate_hours", duplicates["hours"])),
    )
    if made.weight <= 0 or min(days.values()) < 0 or made.duplicate_m <= 0 or made.duplicate_hours <= 0:
        raise InvalidRules(
            f"{name}, category {key}: weight, metres and hours are greater than 0, days at least 0",
            f"{name}，类别 {key}：weight、米数、小时数须大于 0，天数不能为负。",
        )
    return made
