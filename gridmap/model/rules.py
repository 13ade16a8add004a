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
    """Posts of a grid (R11)."""

    leaders: int
    instructors: int
    members_min: int
    members_max: int


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
            raise InvalidRules(f"rules {self.name!r} have no profile for {jurisdiction_kind!r}")
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
        raise InvalidRules(f"no rules {str(source)!r}: give a preset ({', '.join(PRESETS)}) or the path of a TOML file")
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRules(f"{path}: a rule file must be UTF-8 text ({error.reason} at byte {error.start})") from error
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
        raise InvalidRules(f"{where}: not valid TOML: {error}") from error
    reader = _Reader(table, where)
    profiles = {kind: _profile(reader, kind) for kind in JURISDICTION_KINDS}
    rules = Rules(
        name=reader.plain("name"),
        title=Text(reader.plain("title.zh"), reader.plain("title.en")),
        profiles=profiles,
        codes=CodeScheme(
            reader.number("codes.jurisdiction_digits", least=1), reader.number("codes.sequence_digits", least=1)
        ),
        staffing=Staffing(
            reader.number("staffing.leaders"),
            reader.number("staffing.instructors"),
            reader.number("staffing.members_min"),
            reader.number("staffing.members_max"),
        ),
        dedicated_kinds=reader.words("dedicated.kinds"),
        barrier_kinds=reader.words("barriers.kinds"),
        barrier_road_class=reader.number("barriers.road_class", least=1, most=4),
        sources=reader.sources,
        text=text,
    )
    reader.refuse_unknown()
    if rules.staffing.members_min > rules.staffing.members_max:
        raise InvalidRules(
            f"{where}: staffing needs members_min ≤ members_max; "
            f"got {rules.staffing.members_min}, {rules.staffing.members_max}"
        )
    return rules


def _profile(reader: _Reader, kind: str) -> Profile:
    counted = reader.plain(f"{kind}.counted")
    if counted not in get_args(Counted):
        raise InvalidRules(f"{reader.where}: {kind}.counted must be 'units' or 'households'; got {counted!r}")
    profile = Profile(
        counted="units" if counted == "units" else "households",
        lower=reader.number(f"{kind}.lower", least=1),
        upper=reader.number(f"{kind}.upper", least=1),
        target=reader.real(f"{kind}.target"),
        quality=reader.real(f"{kind}.quality"),
        households_target=reader.number(f"{kind}.households_target", least=1),
    )
    if not profile.lower <= profile.target <= profile.upper:
        raise InvalidRules(
            f"{reader.where}: {kind} needs lower ≤ target ≤ upper; "
            f"got {profile.lower}, {profile.target:g}, {profile.upper}"
        )
    if not 0 < profile.quality < 1:
        raise InvalidRules(f"{reader.where}: {kind}.quality must lie between 0 and 1; got {profile.quality:g}")
    return profile


class _Reader:
    """Takes entries out of a TOML table by dotted path and notes which were taken and their sources."""

    def __init__(self, table: dict[str, Any], where: str) -> None:
        self.table = table
        self.where = where
        self.sources: dict[str, str] = {}
        self.taken: set[str] = set()

    def _entry(self, path: str) -> Any:
        here: Any = self.table
        for step in path.split("."):
            if not isinstance(here, dict) or step not in here:
                raise InvalidRules(f"{self.where}: entry {path!r} is missing")
            here = here[step]
        self.taken.add(path)
        return here

    def plain(self, path: str) -> str:
        value = self._entry(path)
        if not isinstance(value, str) or not value:
            raise InvalidRules(f"{self.where}: {path} must be text that is not empty; got {value!r}")
        return value

    def _sourced(self, path: str) -> Any:
        entry = self._entry(path)
        if not isinstance(entry, dict) or set(entry) != {"value", "source"} or not isinstance(entry["source"], str):
            raise InvalidRules(
                f'{self.where}: {path} must read {{ value = …, source = "…" }} (or source = "our decision"); '
                f"got {entry!r}"
            )
        self.sources[path] = entry["source"]
        return entry["value"]

    def real(self, path: str) -> float:
        value = self._sourced(path)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise InvalidRules(f"{self.where}: {path} must be a number above 0; got {value!r}")
        return float(value)

    def number(self, path: str, least: int = 0, most: float = math.inf) -> int:
        value = self._sourced(path)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            limits = f"from {least}" if most == math.inf else f"from {least} to {most}"
            raise InvalidRules(f"{self.where}: {path} must be a whole number {limits}; got {value!r}")
        return value

    def words(self, path: str) -> tuple[str, ...]:
        value = self._sourced(path)
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise InvalidRules(f"{self.where}: {path} must be a list of words; got {value!r}")
        return tuple(value)

    def refuse_unknown(self) -> None:
        unknown = [p for p in _leaves(self.table, "") if p not in self.taken]
        if unknown:
            raise InvalidRules(f"{self.where}: unknown entries (misspelt?): {first_ten(unknown)}")


def _leaves(table: dict[str, Any], prefix: str) -> list[str]:
    paths = []
    for key, value in table.items():
        if isinstance(value, dict) and "value" not in value:
            paths += _leaves(value, f"{prefix}{key}.")
        else:
            paths.append(f"{prefix}{key}")
    return paths
