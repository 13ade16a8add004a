"""Values → one folium map that opens anywhere, and the file it is written to."""

from gridmap.maps.draw import draw
from gridmap.maps.offline import save_offline

__all__ = ["draw", "save_offline"]
