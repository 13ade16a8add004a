"""A survey becomes a town."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from gridmap.cells import build_town, counted_barriers
from gridmap.errors import InvalidInput
from gridmap.measure.connect import build_graph, components
from gridmap.model.rules import Rules, load_rules
from gridmap.model.town import Survey

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CRS = "EPSG:4549"
Frame = gpd.GeoDataFrame
Make = Callable[..., Frame]


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules()


@pytest.fixture
def survey(make_areas: Make, make_buildings: Make) -> Survey:
    """A residential area of four buildings, a village of two labelled groups, one of two polygon groups."""
    areas = make_areas(
        box(0, 0, 200, 100), box(200, 0, 400, 100), box(400, 0, 600, 100), codes=["res", "lab", "pol"]
    ).assign(kind=["residential_area", "village", "village"])
    buildings = make_buildings(
        Point(50, 50), Point(150, 50), Point(250, 50), Point(350, 50), Point(450, 50), group=["", "", "甲", "乙", ""]
    )
    units = Frame(
        {"households": [70, 80], "jurisdiction": ["pol", "pol"], "kind": ["group", "group"]},
        geometry=[box(400, 0, 500, 100), box(500, 0, 600, 100)],
        index=["p1", "p2"],
        crs=CRS,
    )
    return Survey(jurisdictions=areas, buildings=buildings, units=units, name="小镇")


def premises_of(*rows: tuple[str, str, object]) -> Frame:
    return Frame(
        {
            "premises_id": [f"q{i}" for i in range(len(rows))],
            "name": [name for name, _, _ in rows],
            "kind": [kind for _, kind, _ in rows],
        },
        geometry=[shape for _, _, shape in rows],
        crs=CRS,
    )


def test_each_jurisdiction_gets_its_kind_of_unit(survey: Survey, rules: Rules) -> None:
    town, said = build_town(survey, rules)
    frame = town.units.frame
    assert frame["kind"].to_dict() == {
        "p1": "group", "p2": "group", "lab-甲": "group", "lab-乙": "group", "b0": "cell", "b1": "cell",
    }  # fmt: skip
    assert frame["households"].to_dict() == {"p1": 70, "p2": 80, "lab-甲": 3, "lab-乙": 4, "b0": 1, "b1": 2}
    assert frame.loc["p1", "buildings"] == 1
    assert said == []
    assert town.name == "小镇"
    assert len(town.context["buildings"]) == 5
    assert list(town.context["buildings"].columns) == ["geometry"]
    graph = build_graph(town.units)
    assert components(graph).max() == 0


def test_barriers_are_chosen_by_the_rules(survey: Survey, rules: Rules) -> None:
    lines = Frame(
        {
            "kind": ["road", "road", "road", "wall", "fence", ""],
            "road_class": [1.0, 3.0, float("nan"), float("nan"), float("nan"), 4.0],
            "name": list("abcdef"),
        },
        geometry=[LineString([(0, y), (200, y)]) for y in range(6)],
        crs=CRS,
    )
    kept = counted_barriers(lines, rules)
    assert kept is not None
    assert kept["name"].tolist() == ["a", "c", "d", "f"]
    assert counted_barriers(None, rules) is None
    town, _ = build_town(replace(survey, barriers=lines), rules)
    assert town.barriers is not None
    assert len(town.barriers) == 4


def test_premises_are_counted_where_they_lie(survey: Survey, rules: Rules) -> None:
    shops = premises_of(
        ("店", "shop", Point(20, 20)), ("厂", "factory", box(410, 10, 430, 30)), ("远", "shop", Point(9000, 0))
    )
    town, said = build_town(replace(survey, premises=shops), rules)
    counts = town.units.frame["premises"]
    assert counts[counts > 0].to_dict() == {"b0": 1, "p1": 1}
    assert len(said) == 1
    assert said[0].en == "1 premises lie in no unit and are not counted: q2."


def test_mall_is_a_unit_of_a_dedicated_grid(survey: Survey, rules: Rules) -> None:
    mall = premises_of(("万达", "mall", box(80, 30, 120, 70)))
    town, said = build_town(replace(survey, premises=mall), rules)
    unit = town.units.frame.loc["q0"]
    assert (unit["dedicated"], unit["households"], unit["jurisdiction"]) == ("万达", 0, "res")
    assert unit["geometry"].covers(box(80, 30, 120, 70))
    assert unit["premises"] == 1
    assert town.units.frame["dedicated"].tolist().count("") == 6
    assert "万达" in said[0].zh


def test_mall_at_a_point_and_with_homes_above(survey: Survey, rules: Rules) -> None:
    town, _ = build_town(replace(survey, premises=premises_of(("百联", "mall", Point(100, 50)))), rules)
    assert town.units.frame.loc["q0", "dedicated"] == "百联"
    town, said = build_town(replace(survey, premises=premises_of(("百联", "mall", box(40, 40, 60, 60)))), rules)
    assert town.units.frame.loc["b0", ["dedicated", "households"]].tolist() == ["百联", 1]
    assert any("1 households count in the dedicated grid" in text.en for text in said)


def test_mall_in_a_labelled_village_stays_apart_from_the_groups(survey: Survey, rules: Rules) -> None:
    town, said = build_town(replace(survey, premises=premises_of(("市集", "mall", box(290, 40, 310, 60)))), rules)
    frame = town.units.frame
    assert frame.loc[frame["dedicated"] == "市集", "kind"].tolist() == ["cell"]
    assert frame.loc[["lab-甲", "lab-乙"], "households"].tolist() == [3, 4]
    assert not any("no villager group" in text.en for text in said)


def test_polygon_units_are_never_cut_for_a_mall(survey: Survey, rules: Rules) -> None:
    small = premises_of(("甲城", "mall", box(410, 10, 430, 30)))
    town, said = build_town(replace(survey, premises=small), rules)
    assert (town.units.frame["dedicated"] == "").all()
    assert any("甲城" in text.zh and "不单设" in text.zh for text in said)
    wide = premises_of(("乙城", "mall", box(500, 0, 600, 60)))
    town, _ = build_town(replace(survey, premises=wide), rules)
    assert town.units.frame.loc["p2", "dedicated"] == "乙城"


def test_what_cannot_be_divided_is_said(survey: Survey, rules: Rules, make_areas: Make) -> None:
    areas = make_areas(
        *survey.jurisdictions.geometry, box(0, 200, 50, 250), box(100, 200, 110, 210).union(box(150, 200, 160, 210)),
        codes=["res", "lab", "pol", "bare", "isles"],
    ).assign(kind=["residential_area", "village", "village", "village", "village"])  # fmt: skip
    town, said = build_town(replace(survey, jurisdictions=areas), rules)
    texts = [t.en for t in said]
    assert any(t.startswith("1 jurisdictions consist of parts") and t.endswith("isles.") for t in texts)
    assert any(t.startswith("2 jurisdictions have neither units") and t.endswith("bare, isles.") for t in texts)
    assert len(town.units) == 6


def test_nothing_to_make_units_of(survey: Survey, rules: Rules) -> None:
    with pytest.raises(InvalidInput, match="polygon units, or buildings"):
        build_town(replace(survey, units=None, buildings=None), rules)


def test_ids_of_units_and_buildings_must_differ(survey: Survey, rules: Rules) -> None:
    assert survey.units is not None
    clash = survey.units.rename(index={"p1": "b0"})
    with pytest.raises(InvalidInput, match="both have b0"):
        build_town(replace(survey, units=clash), rules)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the folder ../shared/data")
def test_hdb_town(rules: Rules) -> None:
    buildings = gpd.read_file(DATA / "hdb_3areas.gpkg", layer="units").set_index("unit_id")
    zones = gpd.read_file(DATA / "hdb_3areas.gpkg", layer="subzones").set_index("SUBZONE_C")
    areas = zones.assign(name=zones["SUBZONE_N"], kind="residential_area")[["name", "kind", "geometry"]]
    columns = buildings.assign(jurisdiction="", compound="", group="", name="")
    town, said = build_town(Survey(jurisdictions=areas, buildings=columns), rules)
    assert len(town.units) == 976
    assert town.units.households.sum() == 120_818
    assert any("13 jurisdictions have neither units nor buildings" in text.en for text in said)
    parts = components(build_graph(town.units), town.units.jurisdiction_of)
    assert parts.max() + 1 == len(set(town.units.jurisdiction_of))
