"""The case: a plan and its rosters, and everything that a staffing check may look at, each thing worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import pandas as pd
from shapely.geometry.base import BaseGeometry

from gridmap.model.plan import Plan
from gridmap.model.records import Records, is_current
from gridmap.model.registers.people import ROLES
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.people.loads import loads_of_people
from gridmap.people.roster import Roster, chiefs_of_jurisdictions, roster_on
from gridmap.people.staffing import staffing_of_grids


@dataclass(frozen=True, eq=False)
class StaffCase:
    """What a staffing check may look at.

    Attributes
    ----------
    plan : Plan
    records : Records
    rules : Rules
    day : date
    retired : frozenset of str
        Codes that were given up and may never come back.
    names : mapping of str to str
        Grid code → name of the grid, where grids have names.
    """

    plan: Plan
    records: Records
    rules: Rules
    day: date
    retired: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def posts(self) -> pd.DataFrame | None:
        """All posts, past ones too, by key; None where they were never recorded."""
        return self.records.of("post").sort_index() if self.records.has("post") else None

    @property
    def people(self) -> pd.DataFrame | None:
        """Persons by id; None where they were never recorded, or are kept back."""
        return self.records.of("person").sort_index() if self.records.has("person") else None

    @cached_property
    def roster(self) -> Roster:
        """Posts that are held on the day."""
        return roster_on(self.records, self.plan, self.day)

    @cached_property
    def grids(self) -> pd.DataFrame:
        """The staffing of each grid."""
        return staffing_of_grids(self.plan, self.records, self.rules, self.day)

    @cached_property
    def loads(self) -> pd.DataFrame:
        """What each person carries."""
        return loads_of_people(self.plan, self.records, self.rules, self.day)

    @cached_property
    def chiefs(self) -> pd.DataFrame:
        """Chief grid leaders of each jurisdiction."""
        return chiefs_of_jurisdictions(self.plan, self.records, self.day)

    @cached_property
    def home(self) -> Mapping[str, str]:
        """Grid code → code of its jurisdiction."""
        return self.plan.home_of_grid

    @cached_property
    def not_over(self) -> pd.DataFrame:
        """Posts that are held on the day or begin later, by key."""
        posts = self.records.of("post").sort_index()
        begun = posts.assign(since=posts["since"].where(posts["since"] <= pd.Timestamp(self.day)))
        return posts[is_current(begun, self.day, since="since", until="until")]

    @cached_property
    def _shapes(self) -> Mapping[str, BaseGeometry]:
        dissolved = self.plan.dissolve()
        return dict(zip(dissolved.index, dissolved.geometry, strict=True))

    def shape(self, code: str) -> BaseGeometry | None:
        """Polygon of a grid of the plan, None for any other code."""
        return self._shapes.get(code)

    def place_shape(self, code: str) -> BaseGeometry | None:
        """Polygon of a jurisdiction of the plan, None for any other code."""
        places = self.plan.units.jurisdictions.geometry
        return places.loc[code] if code in places.index else None

    def in_plan(self, code: str) -> str:
        """The code, "" if the plan has no such grid: what a finding may be about."""
        return code if code in self.home else ""

    def called(self, code: str) -> Text:
        """A grid's code with its name, where it has one."""
        name = self.names.get(code, "")
        return Text(f"{code}（{name}）", f"{code} ({name})") if name else Text(code, code)


def role_text(role: str) -> Text:
    """What a post is called; the English in lower case, for the middle of a sentence."""
    title = ROLES[role].text
    return Text(title.zh, title.en.lower())
