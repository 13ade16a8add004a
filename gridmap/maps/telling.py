"""What a profile lets a map tell: small counts, names of people, telephone numbers, private homes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from gridmap.maps.life import MapLife
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.text import Language
from gridmap.reports.discretion import points_at_homes, without_numbers, without_people

#: What stands in a payload for a count that is too small to be told.
FEW: Final = "few"


@dataclass(frozen=True)
class Teller:
    """Decides what of the records may be written into a map.

    Parameters
    ----------
    life : MapLife
    profile : ExportProfile
    lang : Language
    spared : frozenset of str
        Names of places: a person's name that is part of one is left in texts, where it means the place.
    """

    life: MapLife
    profile: ExportProfile
    lang: Language
    spared: frozenset[str] = frozenset()

    @property
    def is_internal(self) -> bool:
        """Whether names and homes may stand in the map."""
        return self.profile == "internal"

    @property
    def has_staffing(self) -> bool:
        """Whether staffing is recorded and may be told."""
        return self.life.staff is not None and self.profile != "public"

    def count(self, n: int | None) -> int | str | None:
        """`n`, or the word for a count that is too small to be told."""
        if n is None or self.is_internal or n == 0 or n >= SMALL_COUNT:
            return n
        return FEW

    def text(self, text: str) -> str:
        """`text` without telephone numbers, and outside the internal profile without names of people."""
        return without_numbers(text) if self.is_internal else self._without_people(text)

    @cached_property
    def _without_people(self) -> Callable[[str], str]:
        return without_people(self.life.names, self.spared, self.lang)

    @cached_property
    def withheld(self) -> frozenset[str]:
        """Ids of the points whose place and address are not told: private homes, and what lies in or at one."""
        points = self.life.points or ()
        if self.is_internal:
            return frozenset()
        return points_at_homes(
            [p.id for p in points],
            [p.is_private_home for p in points],
            [p.premises for p in points],
            [p.partner for p in points],
            np.array([p.place or (np.nan, np.nan) for p in points], dtype=np.float64).reshape(-1, 2),
        )

    @property
    def home_premises(self) -> frozenset[str]:
        """Ids of premises that are private homes and are not drawn."""
        return frozenset(p.premises for p in self.life.points or () if p.id in self.withheld and p.premises)
