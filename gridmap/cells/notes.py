"""Sentences about what was noteworthy while units were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gridmap.model.text import Text


def merged_buildings(groups: Sequence[Sequence[str]]) -> Text:
    """Buildings on one spot share a cell."""
    n = sum(len(g) for g in groups)
    named = _listed_zh("＋".join(g) for g in groups)
    return Text(
        f"{n} 栋建筑位置重合或轮廓重叠，合为 {len(groups)} 个单元，户数相加：{named}。",
        f"{n} buildings coincide or overlap and share {len(groups)} cells, their households added up: "
        f"{_listed_en(' + '.join(g) for g in groups)}.",
    )


def outside(ids: Sequence[str], households: int) -> Text:
    """Buildings that lie in no jurisdiction are left out."""
    return Text(
        f"{len(ids)} 栋建筑（{households} 户）不在任何村居范围内，未计入：{_listed_zh(ids)}。",
        f"{len(ids)} buildings ({households} households) lie in no jurisdiction and are left out: {_listed_en(ids)}.",
    )


def moved_in(ids: Sequence[str]) -> Text:
    """Buildings just outside the jurisdiction that the table gives are drawn inside of it."""
    return Text(
        f"{len(ids)} 栋建筑略在所登记村居的边界之外，仍按登记归属，在界内取最近处：{_listed_zh(ids)}。",
        f"{len(ids)} buildings lie just outside the jurisdiction they are recorded in; "
        f"the record is kept and the nearest place inside taken: {_listed_en(ids)}.",
    )


def other_jurisdiction(ids: Sequence[str]) -> Text:
    """Buildings far from the jurisdiction that the table gives are counted where they lie."""
    return Text(
        f"{len(ids)} 栋建筑的位置与登记的村居不符，按位置归属：{_listed_zh(ids)}。",
        f"{len(ids)} buildings lie far from the jurisdiction they are recorded in and count where they lie: "
        f"{_listed_en(ids)}.",
    )


def over_the_edge(ids: Sequence[str]) -> Text:
    """Footprints that reach into another jurisdiction end at its border."""
    return Text(
        f"{len(ids)} 栋建筑跨越村居边界，整栋归其主体所在村居，轮廓以边界为限：{_listed_zh(ids)}。",
        f"{len(ids)} buildings reach over the border of their jurisdiction; each counts wholly where most of it lies, "
        f"its outline ending at the border: {_listed_en(ids)}.",
    )


def bent_around(ids: Sequence[str]) -> Text:
    """Footprints that a barrier runs through stay whole."""
    return Text(
        f"{len(ids)} 栋建筑被道路、河流等分隔线穿过，保持完整，单元边界绕行：{_listed_zh(ids)}。",
        f"{len(ids)} buildings have a barrier running through them; they stay whole and the border bends around them: "
        f"{_listed_en(ids)}.",
    )


def trimmed(ids: Sequence[str]) -> Text:
    """Footprints that overlap an earlier one by a strip."""
    return Text(
        f"{len(ids)} 栋建筑的轮廓与相邻建筑略有重叠，重叠部分归先列出的建筑：{_listed_zh(ids)}。",
        f"{len(ids)} buildings overlap a neighbour by a strip, which goes to the one that is listed first: "
        f"{_listed_en(ids)}.",
    )


def empty_cells(n: int, area_m2: float) -> Text:
    """Enclosures without a building are cells with 0 households."""
    return Text(
        f"{n} 个被分隔线围合的地块内没有建筑（共 {area_m2 / 1e4:.1f} 公顷），各成一个 0 户单元。",
        f"{n} enclosures hold no building ({area_m2 / 1e4:.1f} ha); each is a cell with 0 households.",
    )


def apart(ids: Sequence[str]) -> Text:
    """Cells of several parts: their building has several."""
    return Text(
        f"{len(ids)} 个单元由不相连的几部分组成（建筑本身分离）：{_listed_zh(ids)}。",
        f"{len(ids)} cells consist of parts that lie apart, as their buildings do: {_listed_en(ids)}.",
    )


def without_group(ids: Sequence[str]) -> Text:
    """Buildings of a village that carry no group."""
    return Text(
        f"{len(ids)} 栋建筑未注明村民小组，归入相邻边界最长的小组：{_listed_zh(ids)}。",
        f"{len(ids)} buildings name no villager group and join the one with the longest common border: "
        f"{_listed_en(ids)}.",
    )


def stray_parts(ids: Sequence[str]) -> Text:
    """Cells whose land went to the group around them."""
    return Text(
        f"{len(ids)} 个单元与本小组其余部分不相连，土地划入周围小组，户数仍计入本小组：{_listed_zh(ids)}。",
        f"{len(ids)} cells lie apart from their villager group; their land goes to the group around them, "
        f"their households stay in their own: {_listed_en(ids)}.",
    )


def groups_apart(ids: Sequence[str]) -> Text:
    """Groups that keep several parts."""
    return Text(
        f"{len(ids)} 个村民小组由不相连的几部分组成：{_listed_zh(ids)}。",
        f"{len(ids)} villager groups consist of parts that lie apart: {_listed_en(ids)}.",
    )


def islands(codes: Sequence[str]) -> Text:
    """Jurisdictions of several parts, declared."""
    return Text(
        f"{len(codes)} 个村居本身由不相连的几部分（岛屿、飞地）组成，予以说明，不作为错误：{_listed_zh(codes)}。",
        f"{len(codes)} jurisdictions consist of parts that lie apart (islands, exclaves); declared, not a fault: "
        f"{_listed_en(codes)}.",
    )


def without_units(codes: Sequence[str]) -> Text:
    """Jurisdictions for which there is nothing to make units of."""
    return Text(
        f"{len(codes)} 个村居既无单元也无建筑，不予划分：{_listed_zh(codes)}。",
        f"{len(codes)} jurisdictions have neither units nor buildings and are not divided: {_listed_en(codes)}.",
    )


def dedicated(names: Sequence[str]) -> Text:
    """Premises that became a unit of a dedicated grid."""
    return Text(
        f"{len(names)} 处场所单独成为专属网格的单元：{_listed_zh(names)}。",
        f"{len(names)} premises are units of dedicated grids of their own: {_listed_en(names)}.",
    )


def dedicated_with_households(names: Sequence[str], households: int) -> Text:
    """Dedicated units in which people live."""
    return Text(
        f"{len(names)} 处专属网格场所与住宅同处一个单元，其中 {households} 户随之计入专属网格：{_listed_zh(names)}。",
        f"{len(names)} dedicated premises share their unit with homes; {households} households count in the dedicated "
        f"grid: {_listed_en(names)}.",
    )


def not_dedicated(names: Sequence[str]) -> Text:
    """Premises inside units that may not be cut."""
    return Text(
        f"{len(names)} 处场所位于不可拆分的有住户单元内，不单设专属网格，随所在单元归属：{_listed_zh(names)}。",
        f"{len(names)} premises lie inside inhabited units that are not cut; they belong to the grid of that unit "
        f"instead of one of their own: {_listed_en(names)}.",
    )


def premises_outside(ids: Sequence[str]) -> Text:
    """Premises in no unit."""
    return Text(
        f"{len(ids)} 处场所不在任何单元内，未计入：{_listed_zh(ids)}。",
        f"{len(ids)} premises lie in no unit and are not counted: {_listed_en(ids)}.",
    )


def _listed_zh(values: Iterable[str]) -> str:
    return _listed(values, "、", "等")


def _listed_en(values: Iterable[str]) -> str:
    return _listed(values, ", ", " …")


def _listed(values: Iterable[str], separator: str, more: str) -> str:
    listed = list(values)
    return separator.join(listed[:10]) + (more if len(listed) > 10 else "")
