"""Density of issues."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InvalidInput
from gridmap.issues.heat import coarse_squares, heat_by_month, heat_of, heat_squares
from gridmap.measure.density import quartic_kernel
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues
from gridmap.model.plan import Plan
from gridmap.model.units import Units

POLICY = load_policy()
CRS = "EPSG:4549"


def square_plan(side_m: float = 2000.0) -> Plan:
    square = [shapely.box(0, 0, side_m, side_m)]
    homes = gpd.GeoDataFrame({"name": ["J"], "kind": ["village"]}, geometry=square, index=["J"], crs=CRS)
    frame = gpd.GeoDataFrame({"households": [300], "jurisdiction": ["J"]}, geometry=square, index=["u"], crs=CRS)
    return Plan(Units(frame, homes), np.zeros(1, dtype=np.int32), ("g",))


def issues_at(xy: np.ndarray, **columns: Any) -> Issues:
    values = {"reported_at": np.full(len(xy), np.datetime64("2020-01-15")), **columns}
    values["geometry"] = shapely.points(xy)
    return Issues(make_issues(values, [f"i{k}" for k in range(len(xy))], CRS))


def test_one_issue_is_the_kernel_per_hectare() -> None:
    """In the middle: 3 / (π 200²) · 10,000 = 0.2387 issues per hectare; all of them together are one issue."""
    heat = heat_of(issues_at(np.array([[1000.0, 1000.0]])), square_plan(), POLICY)
    assert heat.cell_m == 25.0
    assert heat.top == pytest.approx(10_000 * quartic_kernel(np.zeros(1), 200.0)[0], rel=0.04)
    assert np.nansum(heat.density) * heat.cell_m**2 / 10_000 == pytest.approx(1.0)
    x = heat.west + (np.arange(heat.density.shape[1]) + 0.5) * heat.cell_m
    assert abs(x[int(np.unravel_index(np.nanargmax(heat.density), heat.density.shape)[1])] - 1000) <= 12.5
    assert heat.support.max() == 1
    assert heat.n_issues == 1


def test_outside_the_town_nothing_is_told() -> None:
    heat = heat_of(issues_at(np.array([[1000.0, 1000.0]])), square_plan(), POLICY)
    assert np.isnan(heat.density[0]).all()  # the rim
    assert not np.isnan(heat.density[1:-1, 1:-1]).any()


def test_even_issues_are_even_to_the_very_border() -> None:
    """40,000 issues on 400 hectares: 100 each; without correction corners would show 25 and sides 50."""
    xy = np.random.default_rng(0).uniform(0, 2000, (40_000, 2))
    density = heat_of(issues_at(xy), square_plan(), POLICY, weighted=False).density[1:-1, 1:-1]
    rim = np.concatenate([density[0], density[-1], density[:, 0], density[:, -1]])
    assert rim.mean() == pytest.approx(100, rel=0.05)
    assert density.mean() == pytest.approx(100, rel=0.03)
    assert rim.min() > 70


def test_support_is_never_more_than_the_issues_that_make_the_density() -> None:
    xy = np.random.default_rng(1).uniform(0, 2000, (300, 2))
    heat = heat_of(issues_at(xy), square_plan(), POLICY)
    x = heat.west + (np.arange(heat.support.shape[1]) + 0.5) * heat.cell_m
    y = heat.south + (np.arange(heat.support.shape[0]) + 0.5) * heat.cell_m
    middles = np.stack(np.meshgrid(x, y), axis=-1)
    distance = np.hypot(*np.moveaxis(middles[:, :, None] - xy, -1, 0))
    reach = (distance < 200.0 + 25.0 * 2**0.5).sum(axis=2)  # an issue is shared among middles one cell away
    within = (distance < 200.0).sum(axis=2)
    assert (heat.support <= reach).all()
    assert -1 < (heat.support - within).mean() <= 0  # rounded down
    assert ((heat.density > 0) <= (reach > 0))[~np.isnan(heat.density)].all()


def test_categories_weigh_as_the_policy_says() -> None:
    """Fire weighs 2; a category that the policy does not know weighs 1."""
    xy = np.array([[500.0, 1000.0], [1500.0, 1000.0]])
    issues = issues_at(xy, category=["fire", "unheard of"])
    density = heat_of(issues, square_plan(), POLICY).density
    plain = heat_of(issues, square_plan(), POLICY, weighted=False).density
    half = density.shape[1] // 2
    assert np.nanmax(density[:, :half]) == pytest.approx(2 * np.nanmax(density[:, half:]))
    assert np.nanmax(plain[:, :half]) == pytest.approx(np.nanmax(plain[:, half:]))


def test_only_issues_that_count_with_a_known_place_in_the_period() -> None:
    issues = issues_at(
        np.full((5, 2), 1000.0),
        step=["closed", "void", "closed", "closed", "closed"],
        place_state=["ok", "ok", "default", "outside", "ok"],
        reported_at=np.array(["2020-01-15"] * 4 + ["2020-02-15"], dtype="datetime64[s]"),
    )
    assert heat_of(issues, square_plan(), POLICY).n_issues == 2
    assert heat_of(issues, square_plan(), POLICY, last=date(2020, 1, 31)).n_issues == 1


def test_months_share_lattice_and_scale() -> None:
    """Two in January, none in February, one in March."""
    issues = issues_at(
        np.array([[1000.0, 1000.0], [1000.0, 1000.0], [400.0, 400.0]]),
        reported_at=np.array(["2020-01-15", "2020-01-31T23:59", "2020-03-01"], dtype="datetime64[s]"),
    )
    months = heat_by_month(issues, square_plan(), POLICY)
    assert [(name, heat.n_issues) for name, heat in months] == [("2020-01", 2), ("2020-02", 0), ("2020-03", 1)]
    heats = [heat for _, heat in months]
    assert len({(h.west, h.south, h.cell_m, h.density.shape, h.top) for h in heats}) == 1
    assert heats[0].top == np.nanmax(heats[0].density)
    whole = heat_of(issues, square_plan(), POLICY)
    assert np.nansum(sum(h.density for h in heats)) == pytest.approx(np.nansum(whole.density))
    asked = heat_by_month(issues, square_plan(), POLICY, first=date(2020, 2, 1), last=date(2020, 4, 30))
    assert [name for name, _ in asked] == ["2020-02", "2020-03", "2020-04"]


def test_without_issues_there_is_an_empty_map() -> None:
    nothing = issues_at(np.zeros((0, 2)))
    heat = heat_of(nothing, square_plan(), POLICY)
    assert (heat.n_issues, heat.top) == (0, 0.0)
    assert heat_by_month(nothing, square_plan(), POLICY) == ()
    assert heat_squares(heat).empty


def test_places_without_coordinates_are_no_error(street: Any) -> None:
    heat = heat_of(street.issues({"x": None}, {"x": 50}), street.plan("a1 a2"), POLICY)
    assert heat.n_issues == 1


def test_squares_are_where_the_density_is() -> None:
    heat = heat_of(issues_at(np.array([[1000.0, 1000.0]])), square_plan(), POLICY)
    squares = heat_squares(heat)
    assert squares.crs == CRS
    assert (squares.area == heat.cell_m**2).all()
    assert (squares["density"] * squares.area / 10_000).sum() == pytest.approx(1.0)
    top = squares.loc[squares["density"].idxmax(), "geometry"]
    assert top.distance(shapely.Point(1000, 1000)) < 1.0


def test_coarse_squares_tell_no_next_issue() -> None:
    at = np.vstack([np.full((9, 2), 1000.0), [[1030.0, 1000.0]]])
    squares = heat_squares(heat_of(issues_at(at), square_plan(), POLICY))
    coarse = coarse_squares(squares)
    assert {9, 10} <= set(squares["support"])
    assert set(coarse["support"]) <= {0, 5, 10}
    assert (coarse["support"] <= squares["support"]).all()
    assert coarse["density"].to_numpy() == pytest.approx(squares["density"].to_numpy(), rel=0.05)
    assert coarse["density"].nunique() < squares["density"].nunique() / 2


def test_a_large_town_gets_larger_cells() -> None:
    nothing = issues_at(np.zeros((0, 2)))
    assert heat_of(nothing, square_plan(20_000), POLICY).cell_m == 50.0
    assert heat_of(nothing, square_plan(60_000), POLICY).cell_m == pytest.approx(200 / 3)
    assert heat_of(nothing, square_plan(), POLICY, bandwidth_m=80.0).cell_m == 10.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bandwidth_m": 0.0}, "the bandwidth of a heat map must be above 0 metres; got 0"),
        ({"cell_m": 101.0}, "at most half of the bandwidth, 100 m; got 101"),
        ({"cell_m": 0.5}, "at most 4,000,000. Give larger cells or a larger bandwidth"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        heat_of(issues_at(np.zeros((0, 2))), square_plan(), POLICY, **options)
