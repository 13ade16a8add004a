"""What a profile lets a map tell: small counts, names of people, telephone numbers, private homes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from gridmap.data.private_numbers import without_numbers
from gridmap.maps.life import MapLife
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.text import Language
from gridmap.reports.discretion import points_at_homes, without_people

#: What stands in a payload for a count that is too small to be told.
FEW: Final = "few"
#: The same for a part that leaves a rest too small to be told.
MOST: Final = "most"


def told_count(n: int | None, profile: ExportProfile) -> int | str | None:
    """`n`, or the word for a count that is too small to be told in this profile."""
    if n is None or profile == "internal" or n == 0 or n >= SMALL_COUNT:
        return n
    return FEW


def told_part(n: int, whole: int, profile: ExportProfile) -> int | str | None:
    """`n` of a whole that may be told: neither it nor the rest may be too small; None where words would tell one."""
    told = told_count(n, profile)
    if profile != "internal" and SMALL_COUNT < whole <= SMALL_COUNT + 1 and 0 < n < whole:
        return None  # "5 or more" of 6 that are not all is 5
    hides = told != FEW and n > 0 and told_count(whole - n, profile) == FEW
    return MOST if hides else told


def told_parts(parts: Sequence[int], profile: ExportProfile) -> list[int | str | None]:
    """Counts that make up a whole that is told: where one is too small, the others would tell it and are not told.

    Where even the words leave one count only ("under 5" and "5 or more" make 6: 1 and 5), all are None.
    """
    told = [told_count(n, profile) for n in parts]
    if FEW not in told:
        return told
    words: list[int | str | None] = [n if n in (FEW, 0) else MOST for n in told]
    n_few, n_most = words.count(FEW), words.count(MOST)
    least, rest = n_few + SMALL_COUNT * n_most, sum(parts)
    is_alone = rest == least or (n_most == 0 and rest == (SMALL_COUNT - 1) * n_few)
    return [None] * len(parts) if is_alone else words


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
        return told_count(n, self.profile)

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
