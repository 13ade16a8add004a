"""Units keep their promises from birth: each promise has a test that breaks it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point, Polygon, box

from gridmap import Units
from gridmap.errors import GridmapError, InvalidUnits
from gridmap.model.units import UNIT_COLUMNS

WEST, EAST = "310116113202", "310116113001"
BOWTIE = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def rebuilt(
    units: Units, frame: gpd.GeoDataFrame | None = None, jurisdictions: gpd.GeoDataFrame | None = None
) -> Units:
    return Units(
        units.frame if frame is None else frame, units.jurisdictions if jurisdictions is None else jurisdictions
    )


def with_value(units: Units, column: str, value: object, row: str = "u1") -> gpd.GeoDataFrame:
    frame = units.frame.copy()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame


def with_shape(frame: gpd.GeoDataFrame, position: int, shape: object) -> gpd.GeoDataFrame:
    shapes = list(frame.geometry)
    shapes[position] = shape
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


class TestValues:
    def test_missing_columns_are_filled(self, units: Units) -> None:
        assert set(UNIT_COLUMNS) < set(units.frame.columns)
        assert list(units.frame["kind"]) == ["cell"] * 4
        assert list(units.frame["compound"]) == [""] * 4
        assert units.frame["premises"].sum() == 0
        assert units.frame.index.name == "unit_id"
        assert units.jurisdictions.index.name == "code"

    def test_further_columns_are_kept(self, make_units: Callable[..., Units]) -> None:
        assert list(make_units(floors=[1, 2, 3, 4]).frame["floors"]) == [1, 2, 3, 4]

    def test_empty_texts_become_empty_words(self, make_units: Callable[..., Units]) -> None:
        units = make_units(compound=["金湾", None, float("nan"), "海尚"])
        assert list(units.frame["compound"]) == ["金湾", "", "", "海尚"]

    def test_whole_floats_become_integers(self, make_units: Callable[..., Units]) -> None:
        units = make_units(households=[1.0, 2.0, 0.0, 3.0])
        assert units.households.dtype == np.int64
        assert units.households.tolist() == [1, 2, 0, 3]

    def test_arrays_follow_the_rows(self, units: Units) -> None:
        assert len(units) == 4
        assert units.ids == ["u0", "u1", "u2", "u3"]
        assert units.households.tolist() == [10, 20, 30, 40]
        assert units.jurisdiction_of.tolist() == [0, 0, 1, 1]
        assert [p.area for p in units.polygons] == [10_000.0] * 4

    def test_the_given_frame_is_neither_changed_nor_shared(self, units: Units) -> None:
        given = units.frame[["households", "jurisdiction", "geometry"]].copy()
        born = rebuilt(units, given)
        assert list(given.columns) == ["households", "jurisdiction", "geometry"]
        given.loc["u0", "households"] = 999
        assert born.households[0] == 10

    def test_fields_cannot_be_replaced(self, units: Units) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            units.has_households = False  # type: ignore[misc]

    def test_no_units_at_all_is_a_value(self, units: Units) -> None:
        none = units.subset(np.zeros(4, dtype=bool))
        assert len(none) == 0
        assert none.households.tolist() == []
        assert len(none.jurisdictions) == 0


class TestPositionsAndSubset:
    def test_positions_follow_the_order_asked_for(self, units: Units) -> None:
        assert units.positions(["u3", "u0"]).tolist() == [3, 0]
        assert units.positions([]).tolist() == []

    def test_an_unknown_unit_is_named(self, units: Units) -> None:
        with pytest.raises(InvalidUnits, match=r"no such unit: u9, x$"):
            units.positions(["u0", "u9", "x"])

    def test_subset_drops_jurisdictions_without_units(self, units: Units) -> None:
        part = units.subset(np.array([False, False, True, False]))
        assert part.ids == ["u2"]
        assert list(part.jurisdictions.index) == [EAST]
        assert part.jurisdiction_of.tolist() == [0]
        assert len(units) == 4

    def test_subset_keeps_what_is_not_known(self, units: Units) -> None:
        unknown = Units(units.frame, units.jurisdictions, has_households=False)
        assert not unknown.subset(np.array([True, False, False, False])).has_households


class TestPromises:
    @pytest.mark.parametrize("column", ["households", "jurisdiction"])
    def test_needed_columns(self, units: Units, column: str) -> None:
        with pytest.raises(InvalidUnits, match=f"need a column '{column}'"):
            rebuilt(units, units.frame.drop(columns=column))

    @pytest.mark.parametrize("column", ["households", "buildings", "premises"])
    @pytest.mark.parametrize("value", [-1, 2.5, float("inf")])
    def test_counts_are_whole_numbers_from_0(self, units: Units, column: str, value: float) -> None:
        frame = with_value(units, column, value)
        frame[column] = frame[column].astype(float)
        with pytest.raises(InvalidUnits, match=f"'{column}' must hold whole numbers from 0; not so in units u1$"):
            rebuilt(units, frame)

    @pytest.mark.parametrize("value", ["98户", None, float("nan")])
    def test_counts_are_numbers_in_every_row(self, units: Units, value: object) -> None:
        with pytest.raises(InvalidUnits, match="'households' must hold whole numbers in every row"):
            rebuilt(units, with_value(units, "households", value))

    def test_kind_of_unit(self, units: Units) -> None:
        with pytest.raises(InvalidUnits, match=r"a unit's kind is one of group, .*; got raster$"):
            rebuilt(units, with_value(units, "kind", "raster"))

    def test_kind_of_jurisdiction(self, units: Units) -> None:
        wrong = units.jurisdictions.assign(kind=["village", "town"])
        with pytest.raises(InvalidUnits, match=r"a jurisdiction's kind is one of village, .*; got town$"):
            rebuilt(units, jurisdictions=wrong)

    def test_known_jurisdiction(self, units: Units) -> None:
        with pytest.raises(InvalidUnits, match="not in the table of jurisdictions: 321023111001"):
            rebuilt(units, with_value(units, "jurisdiction", "321023111001"))

    def test_ids_are_unique(self, units: Units) -> None:
        with pytest.raises(InvalidUnits, match=r"unit ids must be unique; repeated: u0$"):
            rebuilt(units, units.frame.set_axis(["u0", "u0", "u0", "u3"], axis=0))
        with pytest.raises(InvalidUnits, match=f"jurisdiction ids must be unique; repeated: {WEST}$"):
            rebuilt(units, jurisdictions=units.jurisdictions.set_axis([WEST, WEST], axis=0))

    @pytest.mark.parametrize("index", [["u0", "", "u2", "u3"], [0, 1, 2, 3]])
    def test_ids_are_text(self, units: Units, index: list[object]) -> None:
        with pytest.raises(InvalidUnits, match=r"every unit needs an id that is text"):
            rebuilt(units, units.frame.set_axis(index, axis=0))

    @pytest.mark.parametrize("shape", [None, Polygon(), Point(1, 1), LineString([(0, 0), (1, 1)])])
    def test_geometry_is_a_polygon(self, units: Units, shape: object) -> None:
        with pytest.raises(InvalidUnits, match=r"every unit needs a polygon; not so in u2$"):
            rebuilt(units, with_shape(units.frame, 2, shape))

    def test_geometry_is_valid(self, units: Units) -> None:
        with pytest.raises(InvalidUnits, match=r"every unit needs a valid polygon; not so in u2$"):
            rebuilt(units, with_shape(units.frame, 2, BOWTIE))
        with pytest.raises(InvalidUnits, match=f"every jurisdiction needs a valid polygon; not so in {EAST}$"):
            rebuilt(units, jurisdictions=with_shape(units.jurisdictions, 1, BOWTIE))

    def test_multipolygons_are_polygons(self, units: Units) -> None:
        parts = box(200, 0, 240, 100).union(box(260, 0, 300, 100))
        assert rebuilt(units, with_shape(units.frame, 2, parts)).polygons[2].geom_type == "MultiPolygon"

    @pytest.mark.parametrize(
        ("crs", "said"),
        [(None, "got None"), ("EPSG:4490", "got EPSG:4490"), ("EPSG:2263", "foot")],
        ids=["none", "degrees", "feet"],
    )
    def test_crs_is_projected_and_in_metres(self, units: Units, crs: str | None, said: str) -> None:
        frame = units.frame.set_crs(crs, allow_override=True)
        jurisdictions = units.jurisdictions.set_crs(crs, allow_override=True)
        with pytest.raises(InvalidUnits, match=f"projected CRS in metres.*{said}"):
            rebuilt(units, frame, jurisdictions)

    def test_one_crs_for_both(self, units: Units) -> None:
        with pytest.raises(InvalidUnits, match="must share one CRS; got EPSG:4549 and EPSG:4528"):
            rebuilt(units, jurisdictions=units.jurisdictions.set_crs("EPSG:4528", allow_override=True))

    def test_only_the_first_ten_are_listed(self, make_units: Callable[..., Units]) -> None:
        units = make_units(14)
        with pytest.raises(GridmapError, match=r"u9 … and 4 more$"):
            rebuilt(units, units.frame.assign(households=-1))
