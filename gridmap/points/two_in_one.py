"""Two points in one (两点合一): derived from where points are, never typed in, and each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidInput
from gridmap.model.plan import Plan
from gridmap.model.registers.points import PARTY_POINTS
from gridmap.model.text import Text
from gridmap.points.place import place_points
from gridmap.points.status import is_built_point, status_on
from gridmap.points.words import grid_title, kind_title, point_title, status_title

#: Within this distance, inside one grid, two points are one place: our decision.
DISTANCE_M: Final = 30.0
#: Up to this distance a grid point and a Party point are worth a look, and points of one premises are believed to
#: stand on the same premises: our decision, about the length of a large building's plot.
NEAR_M: Final = 150.0
#: What a coordinate in metres loses to rounding.
_ROUNDING_M: Final = 1e-6

#: Form by the kind of the partner.
FORMS: Final = {"party_service_point": "rural", "party_service_station": "residential"}
FORM_TITLES: Final = {"rural": Text("农村型", "rural form"), "residential": Text("居民区型", "residential form")}

PAIR_COLUMNS: Final = (
    "point_id", "partner_id", "grid", "jurisdiction", "form", "reason", "distance_m", "is_built", "text_zh", "text_en",
)  # fmt: skip
NEAR_MISS_COLUMNS: Final = (
    "point_id", "partner_id", "grid", "partner_grid", "jurisdiction", "reason", "distance_m", "text_zh", "text_en",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TwoInOne:
    """Which grid points are two in one, which nearly are, and the rates.

    Attributes
    ----------
    pairs : pandas.DataFrame
        One row a grid point that is two in one, by point id; columns :data:`PAIR_COLUMNS`. ``grid`` and
        ``jurisdiction`` are those of the grid point by place; ``form`` is ``rural`` (with a Party service point) or
        ``residential`` (with a station); ``reason`` is ``same_premises`` or ``within_distance``; ``is_built`` is
        whether the grid point has premises of its own and so counts in the rate; the texts say why.
    near_misses : pandas.DataFrame
        One row a grid point that is not two in one though a Party point is near, by point id; columns
        :data:`NEAR_MISS_COLUMNS`. ``reason`` is what stands against it: ``not_open`` (the partner is not in use),
        ``premises_apart`` (one premises id, but places farther apart than `near_m`), ``too_far`` or ``other_grid``.
    rates : pandas.DataFrame
        Index ``jurisdiction``: the codes of the plan in their order, then "" for the town; columns ``built``
        (grid points built, Int64), ``two_in_one`` (those of them that are, Int64), ``rate`` (NaN where none is
        built). The town counts points outside every jurisdiction too.
    day : datetime.date
    distance_m, near_m : float
    """

    pairs: pd.DataFrame
    near_misses: pd.DataFrame
    rates: pd.DataFrame
    day: date
    distance_m: float
    near_m: float


def find_two_in_one(
    points: gpd.GeoDataFrame, plan: Plan, *, day: date, distance_m: float = DISTANCE_M, near_m: float = NEAR_M
) -> TwoInOne:
    """Which grid points and Party points are one place.

    A grid point in use is two in one with a Party service point or station in use if both have the same premises id,
    or if they lie within `distance_m` inside the same grid of the plan.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        n records of the register ``point``, in the CRS of the units of `plan`.
    plan : Plan
        Any version: by another plan other points may be two in one by distance, the same are by premises.
    day : datetime.date
    distance_m : float
        Metres.
    near_m : float
        Metres, not less than `distance_m`: how far a near miss may be.

    Raises
    ------
    InvalidInput
        If the points have another CRS than the units, a place is no point, or the distances are not
        0 ≤ `distance_m` ≤ `near_m`.

    Notes
    -----
    Each grid point counts once, with one partner: of those with the same premises first, then the nearest, then the
    first by id. A Party point may be the partner of several grid points: the place is one for each of them.
    Premises belong to one grid (R12), so points of the same premises are one place even where a border of the plan runs
    between their coordinates; farther apart than `near_m` they are a near miss, since an id or a place must be wrong.
    """
    if not 0 <= distance_m <= near_m < np.inf:
        raise InvalidInput(
            f"distances must be 0 ≤ distance_m ≤ near_m; got {distance_m} and {near_m}",
            f"距离须满足 0 ≤ distance_m ≤ near_m；现为 {distance_m} 和 {near_m}。",
        )
    sites = _sites(points, plan, day)
    links = _links(sites, np.asarray(points.geometry.values, dtype=object), near_m)
    is_pair = (links["same_premises"] & links["is_near"]) | (
        links["same_grid"] & (links["distance_m"] <= distance_m + _ROUNDING_M)
    )
    is_pair &= links["is_open"]
    pairs = _first_of_each(links[is_pair], ["by_premises", "distance_m", "partner_id"])
    others = links[~links["point_id"].isin(pairs["point_id"])]
    is_far = others["distance_m"] > distance_m + _ROUNDING_M
    n_faults = (~others["is_open"]).astype(int) + ~others["same_grid"] + is_far
    missed = _first_of_each(others.assign(faults=n_faults), ["by_premises", "faults", "distance_m", "partner_id"])
    pairs = _pairs(pairs, distance_m)
    return TwoInOne(
        pairs=pairs,
        near_misses=_near_misses(missed, distance_m),
        rates=_rates(sites, set(pairs["point_id"]), plan),
        day=day,
        distance_m=float(distance_m),
        near_m=float(near_m),
    )


def _sites(points: gpd.GeoDataFrame, plan: Plan, day: date) -> pd.DataFrame:
    """What is asked of each point, one row a point, numbered from 0."""
    place = place_points(points, plan)
    values: dict[str, Any] = {c: points[c].to_numpy(object) for c in ("point_id", "name", "kind")}
    values["premises"] = points["premises_id"].str.strip().to_numpy(object)
    values["status"] = status_on(points, day).to_numpy(object)
    values["is_built"] = is_built_point(points, day).to_numpy(bool)
    values |= {c: place[c].to_numpy(object) for c in ("grid", "jurisdiction")}
    return pd.DataFrame(values)


def _links(sites: pd.DataFrame, places: NDArray[np.object_], near_m: float) -> pd.DataFrame:
    """Each grid point in use with each Party point that is near or has its premises, whatever its status."""
    own = np.flatnonzero((sites["kind"] == "grid_point") & (sites["status"] == "in_use"))
    party = np.flatnonzero(sites["kind"].isin(PARTY_POINTS))
    near = shapely.STRtree(places[party]).query(places[own], predicate="dwithin", distance=near_m + _ROUNDING_M)
    by_premises = (
        sites.loc[own, ["premises"]]
        .assign(point=own)
        .merge(sites.loc[party, ["premises"]].assign(partner=party), on="premises")
    )
    by_premises = by_premises[by_premises["premises"] != ""]
    links = pd.DataFrame(
        {
            "point": np.concatenate([own[near[0]], by_premises["point"].to_numpy(np.int64)]),
            "partner": np.concatenate([party[near[1]], by_premises["partner"].to_numpy(np.int64)]),
        }
    ).drop_duplicates()
    mine, theirs = sites.iloc[links["point"]], sites.iloc[links["partner"]]
    distance = shapely.distance(places[links["point"]], places[links["partner"]])
    columns: dict[str, Any] = {c: mine[c].to_numpy() for c in sites.columns}
    columns |= {f"partner_{c}": theirs[c].to_numpy() for c in sites.columns if c != "point_id"}
    columns |= {"partner_id": theirs["point_id"].to_numpy(), "distance_m": distance}
    full = pd.DataFrame(columns)
    full["same_premises"] = (full["premises"] != "") & (full["premises"] == full["partner_premises"])
    full["same_grid"] = (full["grid"] != "") & (full["grid"] == full["partner_grid"])
    full["is_open"] = full["partner_status"] == "in_use"
    full["is_near"] = full["distance_m"] <= near_m + _ROUNDING_M
    full["by_premises"] = ~full["same_premises"]  # sorts those with the same premises first
    return full


def _first_of_each(links: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    return links.sort_values(["point_id", *order]).drop_duplicates("point_id").reset_index(drop=True)


def _pairs(links: pd.DataFrame, distance_m: float) -> pd.DataFrame:
    table = links.assign(
        reason=np.where(links["same_premises"], "same_premises", "within_distance"),
        form=[FORMS[kind] for kind in links["partner_kind"]],
    )
    return _with_texts(table, [_pair_text(row, distance_m) for row in table.to_dict("records")], PAIR_COLUMNS)


def _near_misses(links: pd.DataFrame, distance_m: float) -> pd.DataFrame:
    reason = np.select(
        [~links["is_open"], links["same_premises"], links["distance_m"] > distance_m + _ROUNDING_M],
        ["not_open", "premises_apart", "too_far"],
        default="other_grid",
    )
    table = links.assign(reason=reason)
    texts = [_near_miss_text(row, distance_m) for row in table.to_dict("records")]
    return _with_texts(table, texts, NEAR_MISS_COLUMNS)


def _with_texts(table: pd.DataFrame, texts: list[Text], columns: tuple[str, ...]) -> pd.DataFrame:
    told = table.assign(text_zh=[t.zh for t in texts], text_en=[t.en for t in texts])[list(columns)]
    kept = {"distance_m": np.float64, "is_built": np.bool_}
    return told.astype({c: kept.get(c, object) for c in columns})


def _both(row: dict[Any, Any]) -> Text:
    """The grid point and its partner, as a sentence begins."""
    own, partner = point_title(row["name"], row["point_id"]), point_title(row["partner_name"], row["partner_id"])
    kind = kind_title(row["partner_kind"])
    return Text(f"网格点{own.zh}与{kind.zh}{partner.zh}", f"Grid point {own.en} and {kind.en} {partner.en}")


def _pair_text(row: dict[Any, Any], distance_m: float) -> Text:
    both, form, far = _both(row), FORM_TITLES[row["form"]], f"{row['distance_m']:.0f}"
    if row["reason"] == "same_premises":
        return Text(
            f"{both.zh}同在场所 {row['premises']}：两点合一（{form.zh}）",
            f"{both.en} share premises {row['premises']}: two in one ({form.en})",
        )
    return Text(
        f"{both.zh}同在网格 {row['grid']}，相距 {far} 米（不超过 {distance_m:.0f} 米）：两点合一（{form.zh}）",
        f"{both.en} lie {far} m apart (at most {distance_m:.0f} m) in grid {row['grid']}: two in one ({form.en})",
    )


def _near_miss_text(row: dict[Any, Any], distance_m: float) -> Text:
    both, far = _both(row), f"{row['distance_m']:.0f}"
    if row["reason"] == "not_open":
        status = status_title(row["partner_status"])
        return Text(
            f"{both.zh}相距 {far} 米，但后者未在使用（{status.zh}）",
            f"{both.en} lie {far} m apart, but the latter is not in use ({status.en.lower()})",
        )
    if row["reason"] == "premises_apart":
        return Text(
            f"{both.zh}登记在同一场所 {row['premises']}，位置却相距 {far} 米；请核对场所编号和位置",
            f"{both.en} have the same premises {row['premises']}, yet lie {far} m apart; "
            "check the premises id and both places",
        )
    own, partner = grid_title(row["grid"]), grid_title(row["partner_grid"])
    apart = Text(f"，分别在{own.zh}、{partner.zh}", f", in {own.en} and in {partner.en}")
    if row["same_grid"]:
        apart = Text("", "")
    if row["reason"] == "too_far":
        return Text(
            f"{both.zh}相距 {far} 米（超过 {distance_m:.0f} 米）{apart.zh}",
            f"{both.en} lie {far} m apart (more than {distance_m:.0f} m){apart.en}",
        )
    return Text(f"{both.zh}相距 {far} 米，但{apart.zh[1:]}", f"{both.en} lie {far} m apart, but{apart.en[1:]}")


def _rates(sites: pd.DataFrame, paired: set[str], plan: Plan) -> pd.DataFrame:
    built = sites[sites["is_built"]]
    both = built[built["point_id"].isin(paired)]
    codes = [str(c) for c in plan.units.jurisdictions.index]
    counts = {
        name: [*(frame["jurisdiction"].value_counts().reindex(codes, fill_value=0)), len(frame)]
        for name, frame in (("built", built), ("two_in_one", both))
    }
    rates = pd.DataFrame(counts, index=pd.Index([*codes, ""], dtype=object, name="jurisdiction"), dtype="Int64")
    n, of = rates["two_in_one"].to_numpy(np.float64), rates["built"].to_numpy(np.float64)
    rates["rate"] = np.divide(n, of, out=np.full(len(rates), np.nan), where=of > 0)
    return rates
