"""How points are called in sentences: by name and id, never by address, since a point may be a private home."""

from __future__ import annotations

from gridmap.model.registers.points import POINT_KINDS, POINT_STATUS
from gridmap.model.text import Text


def point_title(name: str, point_id: str) -> Text:
    """A point's name with its id; the id alone where the point has no name."""
    if not name:
        return Text(point_id, point_id)
    return Text(f"「{name}」（{point_id}）", f"{name} ({point_id})")


def kind_title(kind: str) -> Text:
    """What a kind of point is called; the key itself where there is no such kind."""
    return POINT_KINDS[kind].text if kind in POINT_KINDS else Text(kind, kind)


def status_title(status: str) -> Text:
    """What a status is called; the key itself where there is no such status."""
    return POINT_STATUS[status].text if status in POINT_STATUS else Text(status, status)


def grid_title(code: str) -> Text:
    """A grid by its code, or that there is none."""
    return Text(f"网格 {code}", f"grid {code}") if code else Text("网格以外", "no grid")
