"""What a profile lets a map tell: small counts, names of people, telephone numbers, private homes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gridmap.maps.life import MapLife, PointShown
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.text import Language

#: What stands in a payload for a count that is too small to be told.
FEW: Final = "few"
#: Points nearer to a private home than this are as good as its address, metres.
AT_HOME_M: Final = 5.0
#: A mobile number as people write it, in one run or in groups.
_PHONE: Final = re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_SOMEONE: Final = {"zh": "某某", "en": "N. N."}


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
        bare = _PHONE.sub("…", text)
        if self.is_internal or self._names is None:
            return bare
        return self._names.sub(_SOMEONE[self.lang], bare)

    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        meant = [n for n in self.life.names if len(n) > 1 and not any(n in place for place in self.spared)]
        if not meant:
            return None
        return re.compile("|".join(re.escape(n) for n in sorted(meant, key=lambda n: (-len(n), n))))

    @cached_property
    def withheld(self) -> frozenset[str]:
        """Ids of the points whose place and address are not told: private homes, and what lies in or at one."""
        points = self.life.points or ()
        if self.is_internal:
            return frozenset()
        homes = [p for p in points if p.is_private_home]
        partners = {p.partner for p in homes} | {p.id for p in points if p.partner in {h.id for h in homes}}
        buildings = {h.premises for h in homes if h.premises}
        return frozenset(
            p.id
            for p in points
            if p.is_private_home or p.id in partners or p.premises in buildings or any(_is_at(p, h) for h in homes)
        )

    @property
    def home_premises(self) -> frozenset[str]:
        """Ids of premises that are private homes and are not drawn."""
        return frozenset(p.premises for p in self.life.points or () if p.id in self.withheld and p.premises)


def _is_at(point: PointShown, home: PointShown) -> bool:
    if point.place is None or home.place is None:
        return False
    return abs(point.place[0] - home.place[0]) < AT_HOME_M and abs(point.place[1] - home.place[1]) < AT_HOME_M
