"""What `gridmap points` shows: where points are, which are two in one, whom they reach, where the next should stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from gridmap.cli.kept import Asked, Kept, find_jurisdiction, kept, note_synthetic, wanted_grids
from gridmap.cli.screen import Screen
from gridmap.cli.tables import Headings, check_out, in_words, percent, place_names, show_frame
from gridmap.errors import InvalidInput
from gridmap.model.registers.points import POINT_KINDS, POINT_STATUS
from gridmap.model.text import Text
from gridmap.points.change import points_changed
from gridmap.points.demand import demand_of
from gridmap.points.network import Network, build_network
from gridmap.points.place import place_points
from gridmap.points.reach import REACH_WORDS, Reach, reach_points
from gridmap.points.serving import serving_points
from gridmap.points.siting import site_points
from gridmap.points.siting_candidates import candidates_by_rule
from gridmap.points.status import status_on
from gridmap.points.two_in_one import NEAR_M, find_two_in_one
from gridmap.storage.plans import load_plan

_POINT: Final[Headings] = {
    "point_id": Text("点位编号", "point"),
    "name": Text("名称", "name"),
    "kind": Text("类型", "kind"),
    "status": Text("状态", "status"),
    "place": Text("村居", "jurisdiction"),
    "grid": Text("网格", "grid"),
    "capacity": Text("服务户数", "capacity"),
    "two_in_one": Text("两点合一", "two in one"),
}


@dataclass(frozen=True)
class Way:
    """How far people walk, and how that is measured."""

    walking_m: float
    detour: float
    roads: bool


@dataclass(frozen=True)
class Wanted:
    """What is to be sited."""

    number: int
    objective: str
    capacity: int | None
    seconds: float
    jurisdiction: str | None


def show_points(
    asked: Asked, grid: str | None, jurisdiction: str | None, out: str | None, screen: Screen, *, force: bool
) -> None:
    """List the points in the grids that were asked for.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        _need_points(at)
        points = at.records.points
        places = place_points(points, at.plan)
        reasons = find_two_in_one(points, at.plan, day=at.day).pairs.set_index("point_id")["partner_id"]
        frame = pd.DataFrame(
            {
                "point_id": points["point_id"],
                "name": points["name"],
                "kind": in_words(points["kind"], POINT_KINDS, screen),
                "status": in_words(status_on(points, at.day), POINT_STATUS, screen),
                "place": place_names(at, places["jurisdiction"]),
                "grid": places["grid"],
                "capacity": points["capacity"],
                "two_in_one": points["point_id"].map(reasons).fillna(""),
            }
        )
        if grid is not None or jurisdiction is not None:
            frame = frame[frame["grid"].isin(wanted_grids(at, grid, jurisdiction))]
        note_synthetic(at, screen)
        title = Text(f"点位 {len(frame)} 处", f"{len(frame)} points")
        show_frame(screen, at, frame, _POINT, title=title, out=out)


def show_two_in_one(asked: Asked, distance_m: float, out: str | None, screen: Screen, *, force: bool) -> None:
    """Which grid points are two in one, and which nearly.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        _need_points(at)
        near = max(NEAR_M, distance_m)
        found = find_two_in_one(at.records.points, at.plan, day=at.day, distance_m=distance_m, near_m=near)
        note_synthetic(at, screen)
        rates = found.rates.reset_index()
        rates["place"] = [n or screen.words("全镇", "town") for n in place_names(at, rates["jurisdiction"])]
        rates["share"] = percent(rates["rate"])
        heads: Headings = {
            "place": Text("村居", "jurisdiction"),
            "built": Text("已建网格点", "grid points built"),
            "two_in_one": Text("两点合一", "two in one"),
            "share": Text("比率", "rate"),
        }
        show_frame(screen, at, rates, heads, title=Text("两点合一率", "Two-in-one rate"))
        text = f"text_{screen.lang}"
        why: Headings = {
            "point_id": Text("网格点", "grid point"),
            "partner_id": Text("党建服务点（站）", "Party point"),
            "distance_m": Text("相距（米）", "metres"),
            text: Text("原因", "why"),
        }
        missed = found.near_misses.assign(distance_m=found.near_misses["distance_m"].round(1))
        if len(missed):
            show_frame(screen, at, missed, why, title=Text("接近两点合一的网格点", "Near misses"))
        pairs = found.pairs.assign(distance_m=found.pairs["distance_m"].round(1))
        show_frame(screen, at, pairs, why, title=Text("两点合一", "Two in one"), out=out)


def show_reach(asked: Asked, way: Way, out: str | None, screen: Screen, *, force: bool) -> None:
    """Which share of the households can walk to a point that has room for them.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with screen.progress() as steps, kept(asked) as at:
        _need_points(at)
        steps.stage("reach")
        found = _reach(at, way)
    note_synthetic(at, screen)
    grids = found.grids.reset_index(names="grid")
    grids["place"] = place_names(at, pd.Series(at.plan.jurisdiction_of_grid))
    grids["share"] = percent(grids["share_served"])
    heads: Headings = {
        "place": Text("村居", "jurisdiction"),
        "grid": Text("网格", "grid"),
        **REACH_WORDS,
        "share": Text("服务率", "Share served"),
    }
    worst = grids.sort_values(["share_served", "grid"], kind="stable")
    title = Text(
        f"步行 {way.walking_m:g} 米以内的服务覆盖（由低到高）",
        f"Reach within a walk of {way.walking_m:g} m, least first",
    )
    show_frame(screen, at, worst, heads, title=title, out=out)
    total = found.totals
    screen.say(
        Text(
            f"全镇 {total['households']:,} 户：已服务 {total['served']:,}，服务已满 {total['full']:,}，"
            f"未覆盖 {total['out_of_reach']:,}。",
            f"{total['households']:,} households: {total['served']:,} served, {total['full']:,} served but full, "
            f"{total['out_of_reach']:,} out of reach.",
        )
    )


def _reach(at: Kept, way: Way) -> Reach:
    return reach_points(
        demand_of(at.town, at.plan),
        serving_points(at.records.points, at.plan, at.day),
        walking_m=way.walking_m,
        detour=way.detour,
        network=_network(at, way),
    )


def _network(at: Kept, way: Way) -> Network | None:
    if not way.roads:
        return None
    roads = at.town.context.get("roads")
    if roads is None or roads.empty:
        raise InvalidInput(
            "--roads needs the roads of the survey, and it has none; leave --roads out",
            "测绘数据没有道路图层，无法按道路计算；请去掉 --roads。",
        )
    return build_network(roads)


def show_site(asked: Asked, wanted: Wanted, way: Way, out: str | None, screen: Screen, *, force: bool) -> None:
    """Where the next points should stand.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with screen.progress() as steps, kept(asked) as at:
        _need_points(at)
        steps.stage("site")
        points = at.records.points
        demand = demand_of(at.town, at.plan)
        candidates = candidates_by_rule(at.town, at.plan, points, day=at.day, demand=demand)
        if wanted.jurisdiction is not None:
            place = find_jurisdiction(at.plan, wanted.jurisdiction)
            candidates = candidates[candidates["jurisdiction"] == place]
            demand = demand.within(place)
        found = site_points(
            demand,
            candidates,
            n_new=wanted.number,
            objective=wanted.objective,  # type: ignore[arg-type]  # site_points refuses others with a sentence
            existing=serving_points(points, at.plan, at.day),
            walking_m=way.walking_m,
            detour=way.detour,
            network=_network(at, way),
            capacity=wanted.capacity,
            seconds=wanted.seconds,
        )
    note_synthetic(at, screen)
    heads: Headings = {
        "order": Text("序号", "no."),
        "candidate_id": Text("候选点", "candidate"),
        "grid": Text("网格", "grid"),
        f"text_{screen.lang}": Text("建议", "what to do"),
    }
    show_frame(screen, at, found.actions, heads, title=Text("选址建议", "Where to build"), out=out)
    if found.status == "OPTIMAL":
        screen.say(Text("已证明最优。", "Proven to be the best."))
    for text in found.explanation:
        screen.say(text)
    screen.say(
        Text(
            f"步行范围内有位置的户数：{found.served_before:,} → {found.served_after:,}（共 {found.households:,} 户）。",
            f"households within reach of a point with room: {found.served_before:,} → {found.served_after:,} of "
            f"{found.households:,}.",
        )
    )


def show_changes(before: str, after: str, day: str | None, out: str | None, screen: Screen, *, force: bool) -> None:
    """What the change from one plan to another means for points.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(Asked(after, None, day)) as at:
        _need_points(at)
        earlier = load_plan(at.store, before).plan
        points = at.records.points
        crs = earlier.units.frame.crs
        if crs != points.crs:
            raise InvalidInput(
                f"the plans are in different CRS, {crs.name} and {points.crs.name}; compare plans of one survey",
                f"两个方案的坐标系不同（{crs.name}、{points.crs.name}）；请比较同一测绘数据的方案。",
            )
        found = points_changed(points, earlier, at.plan, day=at.day)
    note_synthetic(at, screen)
    text = f"text_{screen.lang}"
    tables = (
        (found.moved, Text("换了网格的点位", "Points in another grid")),
        (found.lost, Text("失去网格点的网格", "Grids that lose their point")),
        (found.gained, Text("新有网格点的网格", "Grids that gain a point")),
    )
    every = [frame[[text]].assign(what=title.in_language(screen.lang)) for frame, title in tables]
    for frame, title in tables:
        counted = Text(f"{title.zh}（{len(frame)}）", f"{title.en} ({len(frame)})")
        show_frame(screen, at, frame, {text: Text("说明", "what")}, title=counted)
    if out is not None:
        heads: Headings = {"what": Text("变化", "change"), text: Text("说明", "what")}
        show_frame(screen, at, pd.concat(every), heads, title=Text("点位变化", "Points changed"), out=out)


def _need_points(at: Kept) -> None:
    if not at.records.has("point"):
        raise InvalidInput(
            "no points are recorded yet; gridmap points import FILE takes them in",
            "还没有登记点位；请先用 gridmap points import 导入。",
        )
