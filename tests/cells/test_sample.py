"""The sample town becomes units."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from gridmap.cells import build_town
from gridmap.data.survey import read_survey
from gridmap.measure.connect import build_graph, components
from gridmap.model.rules import load_rules

SAMPLE = Path(__file__).resolve().parents[2] / "geodata" / "shanyang.gpkg"


@pytest.mark.skipif(not SAMPLE.is_file(), reason="needs the sample town in geodata/")
def test_sample_town_is_tiled_and_connected() -> None:
    survey, _ = read_survey(SAMPLE)
    town, _ = build_town(survey, load_rules())
    units, areas = town.units, survey.jurisdictions
    assert survey.buildings is not None
    assert survey.units is not None
    households = survey.buildings["households"].sum() + survey.units["households"].sum()
    assert units.households.sum() == households
    frame = units.frame
    for code in frame.loc[frame["kind"] == "cell", "jurisdiction"].unique():
        cells = frame[frame["jurisdiction"] == code].geometry
        assert cells.area.sum() == pytest.approx(areas.geometry[code].area, rel=1e-6)
        assert shapely.coverage_is_valid(cells.values)
    graph = build_graph(units, town.barriers)
    parts = components(graph, units.jurisdiction_of)
    # as many parts as the jurisdictions have themselves
    assert parts.max() + 1 == shapely.get_num_geometries(areas.geometry.values).sum()
