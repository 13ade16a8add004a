"""Buildings and barriers become cells, the units of residential areas."""

from gridmap.cells.build import Tessellation, build_cells, remarks, tessellate
from gridmap.cells.enclosures import EnclosureLimits
from gridmap.cells.groups import build_groups, join_groups
from gridmap.cells.town import build_town, counted_barriers

__all__ = [
    "EnclosureLimits",
    "Tessellation",
    "build_cells",
    "build_groups",
    "build_town",
    "counted_barriers",
    "join_groups",
    "remarks",
    "tessellate",
]
