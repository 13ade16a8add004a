"""A survey goes into the database and comes out the same, once, and never changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import geopandas.testing
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from gridmap.cells.town import build_town
from gridmap.data.survey import read_survey
from gridmap.errors import GridmapError, InvalidInput, NotStored, StoreError
from gridmap.model.rules import load_rules
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.connect import Store
from gridmap.storage.towns import load_town, save_town

SAMPLE = Path(__file__).resolve().parents[2] / "geodata" / "shanyang.gpkg"


def assert_same(one: Town, two: Town) -> None:
    geopandas.testing.assert_geodataframe_equal(one.units.frame, two.units.frame)
    geopandas.testing.assert_geodataframe_equal(one.units.jurisdictions, two.units.jurisdictions)
    assert one.units.has_households == two.units.has_households
    for name in ("barriers", "premises"):
        a, b = getattr(one, name), getattr(two, name)
        assert (a is None) == (b is None)
        if a is not None:
            geopandas.testing.assert_geodataframe_equal(a.reset_index(drop=True), b)  # layers have no ids
    assert set(one.context) == set(two.context)
    for name in one.context:
        geopandas.testing.assert_geodataframe_equal(one.context[name].reset_index(drop=True), two.context[name])
    assert (one.name, one.source, one.date, one.is_synthetic) == (two.name, two.source, two.date, two.is_synthetic)


def test_a_survey_comes_back_the_same(store: Store, town: Town) -> None:
    assert_same(town, load_town(store, save_town(store, town)))


def test_the_sample_town_comes_back_the_same(store: Store) -> None:
    town, _ = build_town(read_survey(SAMPLE)[0], load_rules())
    assert_same(town, load_town(store, save_town(store, town)))


LOCAL = CRS.from_proj4("+proj=tmerc +lat_0=31.2353 +lon_0=121.4645 +k=1 +x_0=-3457 +y_0=-5552 +ellps=GRS80").to_wkt()


@pytest.mark.parametrize("crs", ["EPSG:4528", "EPSG:3826", LOCAL], ids=["4528", "3826", "local"])
def test_other_coordinate_systems(store: Store, town: Town, crs: str) -> None:
    frame, areas = (f.set_crs(crs, allow_override=True) for f in (town.units.frame, town.units.jurisdictions))
    other = Town(Units(frame, areas), name="甲镇")
    back = load_town(store, save_town(store, other))
    assert_same(other, back)
    with store.read() as connection:
        srid = connection.execute(sa.text("SELECT DISTINCT ST_SRID(geom) FROM gridmap.unit")).scalar_one()
    assert srid == (int(crs[5:]) if crs.startswith("EPSG") else 0)


def test_the_same_survey_is_stored_once(store: Store, town: Town) -> None:
    first = save_town(store, town)
    assert save_town(store, town) == first
    moved = replace(town, units=Units(town.units.frame.assign(households=1), town.units.jurisdictions))
    assert save_town(store, moved) != first
    assert save_town(store, replace(town, name="另一镇")) != first


def test_a_town_needs_a_name(store: Store, town: Town) -> None:
    with pytest.raises(InvalidInput, match="needs a name"):
        save_town(store, replace(town, name=" "))


def test_no_such_survey(store: Store) -> None:
    with pytest.raises(NotStored, match="no such survey: 7"):
        load_town(store, 7)


@pytest.mark.parametrize("layer", ["premises", "roads"])
def test_shapes_must_have_finite_coordinates(store: Store, town: Town, layer: str) -> None:
    bad = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(0, float("inf"))], crs="EPSG:4549")
    given_ = replace(town, premises=bad) if layer == "premises" else replace(town, context={"roads": bad})
    with pytest.raises(InvalidInput, match=f"{layer}: shapes with coordinates that are no numbers"):
        save_town(store, given_)
    with store.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM gridmap.unit_set")).scalar_one() == 0


def test_layers_must_have_the_crs_of_the_units(store: Store, town: Town) -> None:
    assert town.barriers is not None
    with pytest.raises(InvalidInput, match="must have the CRS of the units"):
        save_town(store, replace(town, barriers=town.barriers.to_crs(4528)))


STATEMENTS = [
    "UPDATE gridmap.unit SET households = 0",
    "DELETE FROM gridmap.unit",
    "TRUNCATE gridmap.unit CASCADE",
    "UPDATE gridmap.jurisdiction SET name = 'x'",
    "DELETE FROM gridmap.layer_feature",
    "UPDATE gridmap.unit_set SET source = 'x'",
    "DELETE FROM gridmap.unit_set",
    "UPDATE gridmap.store SET id = gen_random_uuid()",
    (
        "INSERT INTO gridmap.jurisdiction SELECT unit_set_id, code || 'x', srid, 9, name, kind, null, geom"
        " FROM gridmap.jurisdiction"
    ),
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_survey_never_changes(store: Store, town: Town, statement: str) -> None:
    number = save_town(store, town)
    with pytest.raises(StoreError, match="never changed or taken away"), store.begin() as connection:
        connection.execute(sa.text(statement))
    assert_same(town, load_town(store, number))


GOOD = {
    "unit_id": "a",
    "srid": 4549,
    "jurisdiction": "J",
    "kind": "group",
    "households": 1,
    "geom": "SRID=4549;POLYGON((0 0,0 1,1 1,1 0,0 0))",
}
BAD_UNITS = [
    ("unit_counts_not_negative", {"households": -1}),
    ("unit_kind_known", {"kind": "raster"}),
    ("unit_id_given", {"unit_id": ""}),
    ("unit_geom_valid", {"geom": "SRID=4528;POLYGON((0 0,0 1,1 1,1 0,0 0))"}),
    ("unit_geom_valid", {"geom": "SRID=4549;POLYGON((0 0,1 1,1 0,0 1,0 0))"}),
    ("unit_geom_valid", {"geom": "SRID=4549;POINT(0 0)"}),
    ("unit_geom_valid", {"geom": "SRID=4549;POLYGON EMPTY"}),
]


def open_survey(connection: sa.Connection, unit: dict[str, object] | None) -> int:
    """A survey that is not sealed yet, with one jurisdiction and at most one unit."""
    connection.execute(sa.text("INSERT INTO gridmap.town (name) VALUES ('t')"))
    number = connection.execute(
        sa.text(
            "INSERT INTO gridmap.unit_set (town_id, source, surveyed_on, is_synthetic, has_households, srid, crs,"
            " n_units, layers, fingerprint, created_by) SELECT id, '', '', true, true, 4549, 'EPSG:4549', 1, '{}', 'x',"
            " 'me' FROM gridmap.town RETURNING id"
        )
    ).scalar_one()
    connection.execute(
        sa.text("INSERT INTO gridmap.jurisdiction VALUES (:s, 'J', 4549, 0, 'j', 'village', null, :geom)"),
        {"s": number, "geom": GOOD["geom"]},
    )
    if unit is not None:
        connection.execute(
            sa.text(
                "INSERT INTO gridmap.unit (unit_set_id, unit_id, srid, position, jurisdiction, name, kind, households,"
                " buildings, premises, compound, dedicated, geom) VALUES (:s, :unit_id, :srid, 0, :jurisdiction, '',"
                " :kind, :households, 0, 0, '', '', :geom)"
            ),
            {"s": number, **unit},
        )
    return int(number)


def seal(store: Store, unit: dict[str, object] | None) -> None:
    with store.begin() as connection:
        number = open_survey(connection, unit)
        connection.execute(sa.text("UPDATE gridmap.unit_set SET sealed_at = now() WHERE id = :s"), {"s": number})


def plan_on_open_survey(store: Store) -> None:
    with store.begin() as connection:
        number = open_survey(connection, GOOD)
        connection.execute(
            sa.text(
                "INSERT INTO gridmap.plan (town_id, unit_set_id, name, created_by)"
                " SELECT town_id, id, 'p', 'me' FROM gridmap.unit_set WHERE id = :s"
            ),
            {"s": number},
        )


@pytest.mark.parametrize(("constraint", "change"), BAD_UNITS)
def test_the_database_refuses_units_that_are_none(store: Store, constraint: str, change: dict[str, object]) -> None:
    with pytest.raises(StoreError, match=constraint):
        seal(store, GOOD | change)
    seal(store, GOOD)


@pytest.mark.parametrize(
    ("unit", "why"),
    [
        (GOOD | {"jurisdiction": "K"}, "do not fit together"),
        (GOOD | {"srid": 4528, "geom": "SRID=4528;POLYGON((0 0,0 1,1 1,1 0,0 0))"}, "do not fit together"),
        (None, "break a rule"),
    ],
    ids=["unknown jurisdiction", "another SRID", "incomplete"],
)
def test_sealing_looks_at_nesting_and_completeness(store: Store, unit: dict[str, object] | None, why: str) -> None:
    with pytest.raises(StoreError, match=why):
        seal(store, unit)


def test_no_plan_on_a_survey_that_is_not_sealed(store: Store) -> None:
    with pytest.raises(GridmapError, match="complete and sealed"):
        plan_on_open_survey(store)


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))), min_size=18, max_size=18
    )
)
def test_any_text_comes_back(make_store: Callable[..., Store], town: Town, texts: list[str]) -> None:
    store = make_store()
    frame = town.units.frame.assign(name=texts, note=pd.Series(texts, index=town.units.frame.index, dtype=object))
    other = replace(town, units=Units(frame, town.units.jurisdictions))
    back = load_town(store, save_town(store, other))
    assert back.units.frame["name"].tolist() == texts
    assert back.units.frame["note"].tolist() == texts


def test_a_text_with_a_zero_byte_is_refused(store: Store, town: Town) -> None:
    frame = town.units.frame.assign(name="a\0b")
    with pytest.raises(InvalidInput, match="zero byte"):
        save_town(store, replace(town, units=Units(frame, town.units.jurisdictions)))


def test_columns_of_many_kinds_come_back_or_are_refused(store: Store, town: Town) -> None:
    n = len(town.units)
    kinds = {
        "zoned": pd.to_datetime(["2026-01-01T08:00:00Z"] * n),
        "day": pd.to_datetime(["2026-01-01"] * n),
        "whole": pd.array([1, None] * (n // 2), dtype="Int64"),
        "yes": pd.array([True, None] * (n // 2), dtype="boolean"),
        "words": pd.array(["a", None] * (n // 2), dtype="string"),
    }
    good = replace(town, units=Units(town.units.frame.assign(**kinds), town.units.jurisdictions))
    assert_same(good, load_town(store, save_town(store, good)))
    for values in ([b"x"] * n, [float("inf")] * n, [pd.Timestamp("2026-01-01").date()] * n):
        frame = town.units.frame.assign(odd=pd.Series(values, index=town.units.frame.index))
        with pytest.raises(InvalidInput, match="units, column odd: holds values of a kind"):
            save_town(store, replace(town, units=Units(frame, town.units.jurisdictions)))
