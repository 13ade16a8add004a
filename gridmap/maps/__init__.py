"""Values → one folium map that opens anywhere, and the file it is written to."""

from gridmap.maps.draw import draw
from gridmap.maps.gather import life_of
from gridmap.maps.gather_issues import issues_of
from gridmap.maps.issues import MapIssues
from gridmap.maps.life import MapLife
from gridmap.maps.offline import save_offline

__all__ = ["MapIssues", "MapLife", "draw", "issues_of", "life_of", "save_offline"]
