"""The places that serve households: what is open, and two in one once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from gridmap.points.serving import serving_points

STATION = "party_service_station"


def rooms(town: Any, *rows: dict[str, Any]) -> dict[str, int | None]:
    """Id of each serving place → its room."""
    found = serving_points(town.points(*rows), town.plan(), town.day)
    return {key: None if pd.isna(room) else int(room) for key, room in found["capacity"].items()}


def test_two_in_one_is_one_place_with_the_larger_room(town: Any) -> None:
    """A station 10 m beside a grid point: 260 can be served there, not 200 + 260."""
    station = {"kind": STATION, "geometry": town.at(110, 100)}
    assert rooms(town, {"capacity": 200}, station | {"capacity": 260}) == {"P0": 260}
    assert rooms(town, {"capacity": 200}, station | {"capacity": 160}) == {"P0": 200}
    assert rooms(town, {}, station | {"capacity": 160}) == {"P0": None}
    assert rooms(town, {"capacity": 200}, station) == {"P0": None}
    assert rooms(town, station | {"capacity": 160}, {"capacity": 200}) == {"P1": 200}


def test_two_grid_points_at_one_station_are_one_place(town: Any) -> None:
    both = {"geometry": town.at(100, 90), "capacity": 50}, {"geometry": town.at(100, 110), "capacity": 70}
    assert rooms(town, *both, {"kind": STATION, "capacity": 60}) == {"P0": 70}


def test_what_is_apart_or_not_in_use_or_serves_nobody(town: Any) -> None:
    far = {"kind": STATION, "geometry": town.at(300, 100), "capacity": 30}
    assert rooms(town, {"capacity": 20}, far) == {"P0": 20, "P1": 30}
    assert rooms(town, {"status": "planned"}, {"kind": "service_counter"}) == {}
    assert rooms(town) == {}


def test_a_station_that_opens_later_is_no_place_yet(town: Any) -> None:
    later = {"kind": STATION, "status": "built", "opened_on": date(2020, 7, 1), "capacity": 90}
    assert rooms(town, {"capacity": 20}, later) == {"P0": 20}
    assert rooms(town, {"capacity": 20}, later | {"opened_on": town.day}) == {"P0": 90}
