"""The action list: what to build first, and what each point adds."""

from __future__ import annotations

import heapq
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.model.text import Text
from gridmap.points.siting_model import value_of
from gridmap.points.siting_problem import Problem

#: Columns of an action list: place in the order (from 1); the candidate; its grid and name; households that it serves
#: beyond those before it; households newly served up to and with it; whether it makes two in one; the sentence.
ACTION_COLUMNS: Final = (
    "order",
    "candidate_id",
    "grid",
    "name",
    "serves_more",
    "serves_more_total",
    "makes_two_in_one",
    "text_zh",
    "text_en",
)


def list_actions(cover: Problem, candidates: gpd.GeoDataFrame, chosen: NDArray[np.int64]) -> pd.DataFrame:
    """The chosen candidates in the order of what each adds to those before it.

    Parameters
    ----------
    cover : Problem
        A household costs 1 if no point takes it; its candidates are the rows of `candidates`.
    candidates : geopandas.GeoDataFrame
        Index their ids; ``grid``, ``name``, ``name_en`` and ``makes_two_in_one`` where they are known.
    chosen : ndarray of int64
        Positions.
    """
    rows = candidates.iloc[chosen]
    blank = pd.Series("", index=rows.index, dtype=object)
    grid, name = (rows[c] if c in rows.columns else blank for c in ("grid", "name"))
    english = rows["name_en"] if "name_en" in rows.columns else name
    two = rows["makes_two_in_one"] if "makes_two_in_one" in rows.columns else blank.astype(bool)
    told = {
        int(site): (str(key), str(g), str(n), str(e), bool(t))
        for site, key, g, n, e, t in zip(chosen, rows.index, grid, name, english, two, strict=True)
    }
    records, total = [], 0
    for place, (site, more) in enumerate(_by_gain(cover, chosen, {s: not t[4] for s, t in told.items()}), start=1):
        key, its_grid, its_name, its_english, is_two = told[site]
        total += more
        text = action_text(Text(its_name or key, its_english or key), more, makes_two_in_one=is_two)
        records.append((place, key, its_grid, its_name, more, total, is_two, text.zh, text.en))
    frame = pd.DataFrame.from_records(records, columns=list(ACTION_COLUMNS))
    types: dict[str, type] = {"order": np.int64, "serves_more": np.int64, "serves_more_total": np.int64}
    return frame.astype({c: types.get(c, object) for c in ACTION_COLUMNS} | {"makes_two_in_one": np.bool_})


def action_text(name: Text, more: int, *, makes_two_in_one: bool) -> Text:
    """What is to be done and what it brings."""
    zh = f"在{name.zh}建点：" + (f"新增服务 {more:,} 户" if more else "缩短步行距离")
    en = f"Build at {name.en}: " + (f"serves {more:,} more households" if more else "makes walks shorter")
    if makes_two_in_one:
        return Text(f"{zh}，形成两点合一", f"{en}, makes two in one")
    return Text(zh, en)


def _by_gain(cover: Problem, chosen: NDArray[np.int64], later: dict[int, bool]) -> list[tuple[int, int]]:
    """The chosen with what each serves more, most first; of equal ones those that are not `later`.

    What a site adds only falls as others are there (households served are a submodular function of the open sites),
    so a site whose last known gain is no more than the first's need not be asked again.
    """
    done: list[int] = []
    now = value_of(cover, np.array(done, dtype=np.int64))
    queue = [(-np.inf, later[s], s, -1) for s in chosen.tolist()]
    heapq.heapify(queue)
    result: list[tuple[int, int]] = []
    while queue:
        gain, is_later, site, known_at = heapq.heappop(queue)
        if known_at == len(done):
            done.append(site)
            result.append((site, round(-gain)))
            now += gain
            continue
        after = value_of(cover, np.array([*done, site], dtype=np.int64))
        heapq.heappush(queue, (float(after - now), is_later, site, len(done)))
    return result
