"""Records of registers: types, keys, refusals."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap.errors import InvalidInput
from gridmap.model.records import Records, is_current, make_records
from gridmap.model.register import Register
from gridmap.model.registers import REGISTERS, registers_of

POINT = REGISTERS["point"]
PLAIN = {
    "point_id": ["a", "b"],
    "name": ["一号", "二号"],
    "kind": ["grid_point", "party_service_station"],
    "status": ["in_use", "planned"],
    "geometry": [shapely.Point(0, 0), shapely.Point(1, 1)],
}


def test_types_are_the_same_with_and_without_rows() -> None:
    for register in REGISTERS.values():
        for column in register.columns:
            empty = make_records(register, {})[column.name].dtype
            wanted = {"count": "Int64", "day": "datetime64[s]", "yes": "bool", "place": "geometry"}
            assert str(empty) == wanted.get(column.type, "object")
    full = make_records(POINT, PLAIN | {"capacity": [300, None], "opened_on": [dt.date(2020, 1, 2), ""]})
    assert [str(t) for t in full.dtypes] == [str(t) for t in make_records(POINT, {}).dtypes]
    assert full["capacity"].isna().tolist() == [False, True]
    assert full["opened_on"].iloc[0] == pd.Timestamp("2020-01-02")
    assert full["services"].tolist() == [(), ()]


def test_key_is_made_of_its_columns() -> None:
    posts = make_records(
        REGISTERS["post"],
        {"person_id": ["P1"], "role": ["grid_leader"], "grid": ["310116113001001"], "since": ["2020-01-01"]},
    )
    assert posts.index.tolist() == ["P1 / grid_leader /  / 310116113001001 / 2020-01-01"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"point_id": ["a", "a"]}, "recorded twice: a"),
        ({"kind": ["grid_point", "tower"]}, "tower"),
        ({"name": ["一号", ""]}, "1 records have no name"),
        ({"capacity": [-1, 2]}, "not negative"),
        ({"opened_on": ["yesterday", None]}, "opened_on"),
        ({"colour": ["red", "blue"]}, "colour"),
        ({"geometry": [shapely.Point(0, 0), None]}, "no geometry"),
    ],
)
def test_refusals(change: dict[str, list[object]], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        make_records(POINT, PLAIN | change)
    assert refused.value.zh != str(refused.value)


def test_records_know_what_was_never_recorded() -> None:
    points = make_records(POINT, PLAIN, crs="EPSG:4549")
    records = Records({"point": points})
    assert records.has("point")
    assert not records.has("post")
    assert len(records.of("post")) == 0
    assert isinstance(records.points, gpd.GeoDataFrame)
    assert records.points.crs == "EPSG:4549"
    with pytest.raises(InvalidInput, match="register"):
        Records({"tower": points})
    with pytest.raises(InvalidInput, match="columns"):
        Records({"point": points.drop(columns="name")})


def test_names_can_be_left_out() -> None:
    person = make_records(REGISTERS["person"], {"person_id": ["1"], "name": ["甲"], "phone": ["1"]})
    assert not Records({"person": person}).without_people().has("person")


def test_current_from_since_up_to_until() -> None:
    frame = make_records(
        REGISTERS["post"],
        {
            "person_id": ["1", "2", "3"],
            "role": ["grid_member"] * 3,
            "since": [None, "2020-01-01", "2020-01-02"],
            "until": ["2020-01-01", None, None],
        },
    )
    held = is_current(frame, dt.date(2020, 1, 1), since="since", until="until")
    assert held.tolist() == [False, True, False]


@pytest.mark.parametrize("register", REGISTERS.values(), ids=lambda r: r.name)
def test_registers_are_whole(register: Register) -> None:
    names = [c.name for c in register.columns]
    assert len(set(names)) == len(names)
    assert set(register.key) <= set(names)
    assert all(c.title.zh and c.title.en for c in register.columns)
    assert all((c.choices is not None) == (c.type == "word") for c in register.columns)
    assert register in registers_of(register.group)
    with pytest.raises(KeyError):
        register.column("no such column")
