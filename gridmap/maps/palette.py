"""The colours and symbols of every map, page and figure. Nothing else in the project names a colour of a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gridmap.model.text import Text


@dataclass(frozen=True)
class Step:
    """One class of a diverging scale: from `lower` (included) to `upper` (not included), as fractions."""

    lower: float
    upper: float
    colour: str
    label: Text


_INF: Final = float("inf")

#: Household deviation from the target, seven classes, blue (too few) to red (too many). The middle class
#: takes both its ends; the outer bounds mirror each other (see :func:`deviation_class`).
DEVIATION: Final[tuple[Step, ...]] = (
    Step(-_INF, -0.20, "#2166ac", Text("少 20% 以上", "more than 20 % under")),
    Step(-0.20, -0.10, "#67a9cf", Text("少 10–20%", "10–20 % under")),
    Step(-0.10, -0.05, "#d1e5f0", Text("少 5–10%", "5–10 % under")),
    Step(-0.05, 0.05, "#f7f7f7", Text("±5% 以内", "within ±5 %")),
    Step(0.05, 0.10, "#fddbc7", Text("多 5–10%", "5–10 % over")),
    Step(0.10, 0.20, "#ef8a62", Text("多 10–20%", "10–20 % over")),
    Step(0.20, _INF, "#b2182b", Text("多 20% 以上", "more than 20 % over")),
)

#: A grid that counts whole units (villager groups): under, inside, over its band.
BAND: Final[tuple[str, str, str]] = ("#67a9cf", "#f7f7f7", "#ef8a62")

#: Fill of a grid by the kind of its jurisdiction, and of a dedicated grid (专属网格).
KIND: Final[dict[str, str]] = {
    "village": "#b4dccb",
    "residential_area": "#f6dfae",
    "preparatory_group": "#dcc6e0",
    "dedicated": "#c9bfe3",
}

#: A value that is not known.
UNKNOWN: Final = "#d9d9d9"

#: Muted hues for neighbours that colour only tells apart.
HUES: Final[tuple[str, ...]] = (
    "#bcd4e6",
    "#f3dcae",
    "#c7dfc4",
    "#e6c8c0",
    "#d5cbe4",
    "#cfe3e1",
    "#e9d3e0",
    "#dcdcc0",
)

#: Symbols of points: grid point, Party service point or station, other kinds, and a closed point of any kind.
POINTS: Final[dict[str, str]] = {
    "grid_point": "#0f5fa6",
    "party": "#a8201a",
    "other": "#4a3f7a",
    "closed": "#5c5c5c",
}

#: Fill of a grid by its points, from the best, and by its staffing.
POINT_STATE: Final[tuple[str, str, str, str]] = ("#8db8d9", "#cfe1ef", "#f6e3bd", "#f7f7f7")
STAFF_STATE: Final[tuple[str, str, str]] = ("#cfe1ef", "#f6e3bd", "#eeb28a")

#: Fill of a grid by its Party organisations, and by its lists, from the best.
PARTY_STATE: Final[tuple[str, str, str]] = ("#e7b7ae", "#f6e0d6", "#f7f7f7")
LIST_STATE: Final[tuple[str, str, str, str]] = ("#cfe1ef", "#f6e3bd", "#eeb28a", "#f7f7f7")
#: Fill where nothing of the kind happened.
NOTHING: Final = "#f7f7f7"

#: Rates, five classes of 20 %, light is low.
RATE: Final[tuple[str, ...]] = ("#fffde0", "#e0f0c8", "#b9ded0", "#92c5dd", "#72a8d4")

#: Fill of a grid by its issues: above the town or hot, below it or cold, neither, too few to tell (hatched).
ABOVE, BELOW, NEITHER, TOO_FEW = "#f6c48f", "#a9cbe6", "#f7f7f7", "#efefef"
#: How a hot spot changes over time.
EMERGING: Final[dict[str, str]] = {
    "new": "#f3a45f",
    "consecutive": "#f6b97f",
    "intensifying": "#ec8b3e",
    "persistent": "#f2ac6b",
    "diminishing": "#f9d8b4",
    "sporadic": "#fbe8d3",
    "historical": "#ece4da",
    "none": "#f7f7f7",
}
#: Overdue issues of a grid: none open, open, few and many overdue.
OVERDUE: Final[tuple[str, str, str, str]] = ("#f7f7f7", "#e3edf5", "#f9d8b4", "#ec8b3e")
#: Outlines of hot and of cold spots, lines of the hatching of grids that are too few to tell.
SPOT_LINES: Final[dict[str, str]] = {"hot": "#7a2e00", "cold": "#0b3d6b", "few": "#8f8f8f"}
#: Heat, viridis from its light end: light is low.
HEAT: Final[tuple[str, ...]] = (
    "#fde725",
    "#b5de2b",
    "#6ece58",
    "#35b779",
    "#1f9e89",
    "#26828e",
    "#31688e",
    "#3e4989",
    "#482878",
)
#: Symbols of issues: fill, writing and outline.
ISSUES: Final[dict[str, str]] = {"fill": "#ffc247", "ink": "#1f2933", "line": "#5a3d00", "closed": "#ffffff"}

#: Ground of the map and lines drawn over it.
GROUND: Final[dict[str, str]] = {
    "paper": "#fbfaf7",
    "land": "#fffefc",
    "rim": "#ece6d8",
    "water": "#cfe3f1",
    "water_line": "#a9cbe3",
    "water_text": "#3f6f94",
    "green": "#e4efdc",
    "building": "#d8d3c8",
    "unit": "#bbbbbb",
    "grid": "#555555",
    "jurisdiction": "#333333",
    "ink": "#1f2933",
    "halo": "#ffffff",
    "hatch": "#3a3a3a",
    "broken": "#111111",
    "chosen": "#0b3d6b",
    "premises": "#6b5a3a",
    "road_text": "#555555",
}

#: Roads by class, 1 trunk … 4 lane: line colour, casing colour, width in pixels at street scale.
ROADS: Final[dict[int, tuple[str, str, float]]] = {
    1: ("#ffffff", "#8a8a8a", 7.0),
    2: ("#ffffff", "#a6a6a6", 5.0),
    3: ("#ffffff", "#c2c2c2", 3.2),
    4: ("#ffffff", "#d6d6d6", 2.0),
}

#: Barriers that are neither road nor river: line colour, width in pixels, dashes.
BARRIERS: Final[dict[str, tuple[str, float, tuple[int, ...]]]] = {
    "railway": ("#6e6e6e", 2.0, (9, 4)),
    "dike": ("#8a7a5c", 2.4, (2, 3)),
    "wall": ("#8d8d8d", 1.2, ()),
}


def deviation_class(deviation: float) -> int:
    """Position in :data:`DEVIATION` of a relative deviation (0.05 = 5 % over).

    Both ends of a class belong to the class nearer the target: exactly ±5 % is "within ±5 %", exactly
    +20 % is "10–20 % over", so that a grid at the end of its band is never painted as outside it.
    """
    size = abs(deviation) - 1e-9  # 360/300 − 1 is 0.2 and not a hair more
    step = sum(size > bound for bound in (0.05, 0.10, 0.20))
    return 3 - step if deviation < 0 else 3 + step
