"""Rules as data: presets in TOML, each number with its source."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal, get_args

from gridmap.errors import InvalidRules, first_ten
from gridmap.model.text import Text
from gridmap.model.units import JURISDICTION_KINDS

Counted = Literal["units", "households"]

#: Names of the presets that come with gridmap.
PRESETS: Final = ("shanyang-2020", "300-500", "micro-grid", "dedicated")


@dataclass(frozen=True)
class Profile:
    """What a grid must be in one kind of jurisdiction.

    Attributes
    ----------
    counted : {"units", "households"}
        What `lower`, `upper` and `target` count: whole units (villager groups, R4) or households (R5).
    lower, upper : int
        The hard band, both ends allowed.
    target : float
        The size aimed at.
    quality : float
        Relative deviation from the ideal within which a grid is called good (0.10 = ±10 %).
    households_target : int
        The number of households that k is chosen by and that maps compare with; in a profile
        that counts units it is a soft aim.
    """

    counted: Counted
    lower: int
    upper: int
    target: float
    quality: float
    households_target: int


@dataclass(frozen=True)
class CodeScheme:
    """How a grid's code is made: jurisdiction code + sequence (R10).

    Attributes
    ----------
    jurisdiction_digits : int
        Digits taken from the jurisdiction's code, right-padded with zeros (12 for NBS codes).
    sequence_digits : int
        Digits of the sequence inside the jurisdiction.
    """

    jurisdiction_digits: int
    sequence_digits: int


@dataclass(frozen=True)
class Staffing:
    """Posts of a grid, and how much one person may carry (R11).

    Attributes
    ----------
    leaders, instructors : int
        How many a grid has.
    members_min, members_max : int
        Grid members of a grid, both ends allowed.
    households_per_leader_max : int
        Households of all grids that one person leads.
    households_per_member_max : int
        Households of a grid divided by its members.
    grids_per_leader_max, grids_per_instructor_max, grids_per_member_max : int
        Grids in which one person may hold this post at the same time.
    """

    leaders: int
    instructors: int
    members_min: int
    members_max: int
    households_per_leader_max: int
    households_per_member_max: int
    grids_per_leader_max: int
    grids_per_instructor_max: int
    grids_per_member_max: int


@dataclass(frozen=True)
class Rules:
    """A named set of rules.

    Attributes
    ----------
    name : str
    title : Text
    profiles : mapping of jurisdiction kind to Profile
    codes : CodeScheme
    staffing : Staffing
    dedicated_kinds : tuple of str
        Kinds of premises that may be a grid of their own without a household bound (R12).
    barrier_kinds : tuple of str
        Kinds of line that count as barriers (R7).
    barrier_road_class : int
        Roads of this class or heavier (1 trunk … 4 lane) count as barriers.
    sources : mapping of str to str
        Dotted path of every number to its source, or the words "our decision".
    text : str
        The TOML it was read from, stored with every plan.
    """

    name: str
    title: Text
    profiles: Mapping[str, Profile]
    codes: CodeScheme
    staffing: Staffing
    dedicated_kinds: tuple[str, ...]
    barrier_kinds: tuple[str, ...]
    barrier_road_class: int
    sources: Mapping[str, str] = field(repr=False, default_factory=dict)
    text: str = field(repr=False, default="")

    def profile(self, jurisdiction_kind: str) -> Profile:
        """The profile for a kind of jurisdiction.

        Raises
        ------
        InvalidRules
            If the rules have none for it.
        """
        if jurisdiction_kind not in self.profiles:
            raise InvalidRules(
                f"rules {self.name!r} have no profile for {jurisdiction_kind!r}",
                f"规则 {self.name!r} 没有 {jurisdiction_kind!r} 一类辖区的规定",
            )
        return self.profiles[jurisdiction_kind]


def load_rules(source: str | Path = "shanyang-2020") -> Rules:
    """Read a preset by its name or a town's own TOML file by its path.

    Parameters
    ----------
    source : str or Path
        One of :data:`PRESETS`, or the path of a file.

    Raises
    ------
    InvalidRules
        If there is no such preset or file, or the file breaks the format; the message names the entry.
    """
    if str(source) in PRESETS:
        text = resources.files("gridmap.model").joinpath("presets", f"{source}.toml").read_text("utf-8")
        return parse_rules(text, where=f"preset {source}")
    path = Path(source)
    if not path.is_file():
        raise InvalidRules(
            f"no rules {str(source)!r}: give a preset ({', '.join(PRESETS)}) or the path of a TOML file",
            f"找不到规则 {str(source)!r}：请给出预设名（{'、'.join(PRESETS)}）或 TOML 文件的路径",
        )
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRules(
            f"{path}: a rule file must be UTF-8 text ({error.reason} at byte {error.start})",
            f"{path}：规则文件必须是 UTF-8 文本（第 {error.start} 字节起不是）；请另存为 UTF-8",
        ) from error
    except OSError as error:
        raise InvalidRules(
            f"{path}: the rule file cannot be read ({error.strerror})", f"{path}：读不了规则文件（{error.strerror}）"
        ) from error
    return parse_rules(text, where=str(path))


def parse_rules(text: str, where: str = "rules") -> Rules:
    """Rules from the text of a TOML file.

    Raises
    ------
    InvalidRules
        If the text is no TOML, or an entry is missing, unknown, of the wrong type or contradictory.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRules(f"{where}: not valid TOML: {error}", f"{where}：不是合格的 TOML：{error}") from error
    reader = _Reader(table, where)
    profiles = {kind: _profile(reader, kind) for kind in JURISDICTION_KINDS}
    rules = Rules(
        name=reader.plain("name"),
        title=Text(reader.plain("title.zh"), reader.plain("title.en")),
        profiles=profiles,
        codes=CodeScheme(
            reader.number("codes.jurisdiction_digits", least=1), reader.number("codes.sequence_digits", least=1)
        ),
        staffing=_staffing(reader, profiles),
        dedicated_kinds=reader.words("dedicated.kinds"),
        barrier_kinds=reader.words("barriers.kinds"),
        barrier_road_class=reader.number("barriers.road_class", least=1, most=4),
        sources=reader.sources,
        text=text,
    )
    reader.refuse_unknown()
    return rules


def _staffing(reader: _Reader, profiles: Mapping[str, Profile]) -> Staffing:
    members_min, members_max = reader.number("staffing.members_min"), reader.number("staffing.members_max")
    if members_min > members_max:
        got = f"{members_min}, {members_max}"
        raise reader.refusal(
            f"staffing needs members_min ≤ members_max; got {got}",
            f"staffing 须 members_min ≤ members_max，现为 {got}",
        )
    spans = {
        name: reader.number(f"staffing.{name}", least=1, otherwise=default)
        for name, default in _spans(profiles, members_min).items()
    }
    return Staffing(
        leaders=reader.number("staffing.leaders"),
        instructors=reader.number("staffing.instructors"),
        members_min=members_min,
        members_max=members_max,
        **spans,
    )


def _spans(profiles: Mapping[str, Profile], members_min: int) -> dict[str, tuple[int, str]]:
    """How much one person may carry where a rule file says nothing, with the source.

    Files written before these entries existed are stored with plans and must stay readable. What holds for them is
    worked out from their own band, as the values in the presets were, so that an old file of 300 to 500 households is
    not judged by a span made for 240 to 360.
    """
    largest = max(p.upper if p.counted == "households" else p.households_target for p in profiles.values())
    unsaid = "our decision, as the rule file does not say"
    return {
        "households_per_leader_max": (2 * largest, f"{unsaid}: two of the largest grids"),
        "households_per_member_max": (
            math.ceil(largest / max(members_min, 1)),
            f"{unsaid}: the largest grid among the smallest team",
        ),
        "grids_per_leader_max": (2, f"{unsaid}: a second grid while a post is vacant, not a third"),
        "grids_per_instructor_max": (2, f"{unsaid}: a second grid while a post is vacant, not a third"),
        "grids_per_member_max": (1, f"{unsaid}: a member knows one grid"),
    }


def _profile(reader: _Reader, kind: str) -> Profile:
    counted = reader.plain(f"{kind}.counted")
    if counted not in get_args(Counted):
        raise reader.refusal(
            f"{kind}.counted must be 'units' or 'households'; got {counted!r}",
            f"{kind}.counted 须为 'units' 或 'households'，现为 {counted!r}",
        )
    profile = Profile(
        counted="units" if counted == "units" else "households",
        lower=reader.number(f"{kind}.lower", least=1),
        upper=reader.number(f"{kind}.upper", least=1),
        target=reader.real(f"{kind}.target"),
        quality=reader.real(f"{kind}.quality"),
        households_target=reader.number(f"{kind}.households_target", least=1),
    )
    if not profile.lower <= profile.target <= profile.upper:
        got = f"{profile.lower}, {profile.target:g}, {profile.upper}"
        raise reader.refusal(
            f"{kind} needs lower ≤ target ≤ upper; got {got}", f"{kind} 须 lower ≤ target ≤ upper，现为 {got}"
        )
    if not 0 < profile.quality < 1:
        raise reader.refusal(
            f"{kind}.quality must lie between 0 and 1; got {profile.quality:g}",
            f"{kind}.quality 须在 0 与 1 之间，现为 {profile.quality:g}",
        )
    return profile


class _Reader:
    """Takes entries out of a TOML table by dotted path and notes which were taken and their sources."""

    def __init__(self, table: dict[str, Any], where: str) -> None:
        self.table = table
        self.where = where
        self.sources: dict[str, str] = {}
        self.taken: set[str] = set()

    def refusal(self, en: str, zh: str) -> InvalidRules:
        return InvalidRules(f"{self.where}: {en}", f"{self.where}：{zh}")

    def _entry(self, path: str) -> Any:
        here: Any = self.table
        for step in path.split("."):
            if not isinstance(here, dict) or step not in here:
                raise self.refusal(f"entry {path!r} is missing", f"缺少条目 {path!r}")
            here = here[step]
        self.taken.add(path)
        return here

    def _has(self, path: str) -> bool:
        section, _, name = path.partition(".")
        return name in self.table.get(section, {})

    def plain(self, path: str) -> str:
        value = self._entry(path)
        if not isinstance(value, str) or not value:
            raise self.refusal(
                f"{path} must be text that is not empty; got {value!r}", f"{path} 须为非空文字，现为 {value!r}"
            )
        return value

    def _sourced(self, path: str) -> Any:
        entry = self._entry(path)
        if not isinstance(entry, dict) or set(entry) != {"value", "source"} or not isinstance(entry["source"], str):
            raise self.refusal(
                f'{path} must read {{ value = …, source = "…" }} (or source = "our decision"); got {entry!r}',
                f'{path} 须写成 {{ value = …, source = "…" }}（无出处时写 source = "our decision"），现为 {entry!r}',
            )
        self.sources[path] = entry["source"]
        return entry["value"]

    def real(self, path: str) -> float:
        value = self._sourced(path)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self.refusal(f"{path} must be a number above 0; got {value!r}", f"{path} 须大于 0，现为 {value!r}")
        return float(value)

    def number(
        self, path: str, least: int = 0, most: float = math.inf, otherwise: tuple[int, str] | None = None
    ) -> int:
        """A whole number; `otherwise` is what holds, and from where, if the table has no such entry."""
        if otherwise is not None and not self._has(path):
            value, self.sources[path] = otherwise
            return value
        value = self._sourced(path)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            en, zh = ("", "") if most == math.inf else (f" to {most}", f"、不大于 {most}")
            raise self.refusal(
                f"{path} must be a whole number from {least}{en}; got {value!r}",
                f"{path} 须为不小于 {least}{zh} 的整数，现为 {value!r}",
            )
        return value

    def words(self, path: str) -> tuple[str, ...]:
        value = self._sourced(path)
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.refusal(f"{path} must be a list of words; got {value!r}", f"{path} 须为词的列表，现为 {value!r}")
        return tuple(value)

    def refuse_unknown(self) -> None:
        unknown = [p for p in _leaves(self.table, "") if p not in self.taken]
        if unknown:
            raise self.refusal(
                f"unknown entries (misspelt?): {first_ten(unknown)}",
                f"不认识的条目（是否拼错？）：{first_ten(unknown)}",
            )


def _leaves(table: dict[str, Any], prefix: str) -> list[str]:
    paths = []
    for key, value in table.items():
        if isinstance(value, dict) and "value" not in value:
            paths += _leaves(value, f"{prefix}{key}.")
        else:
            paths.append(f"{prefix}{key}")
    return paths
