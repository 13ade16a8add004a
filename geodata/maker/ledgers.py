"""The sample town's ledgers: six workbooks, and the ways of patrols, about the grids of the default plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np

from .ledgers_book import Page, save_book
from .ledgers_grids import Division, divide
from .ledgers_issues import make_issues
from .ledgers_issues_ground import Ground, survey_ground
from .ledgers_issues_page import issues_page
from .ledgers_lists import lists_pages
from .ledgers_party import make_activities, make_branches, make_talks, party_pages
from .ledgers_patrols import LAYER, make_patrols, write_patrols
from .ledgers_people import make_posts, people_pages
from .ledgers_points import make_points, points_page
from .ledgers_services import services_pages
from .names import TOWN_NAME

FOLDER: Final = "ledgers"
TITLES: Final = {
    "points": "网格点位 / Points",
    "people": "网格队伍 / People",
    "lists": "两张清单 / The two lists",
    "party": "党建活动 / Party life",
    "services": "服务进网格 / Services",
    "issues": "问题处置 / Issues",
    "patrols": "巡查轨迹 / Patrols",
}


def make_ledgers(
    division: Division, ground: Mapping[str, Ground], seed: int
) -> tuple[dict[str, list[Page]], gpd.GeoDataFrame]:
    """Name of each workbook → its sheets, and the patrols; the same for the same grids and seed.

    The stream of random numbers is not that of the layers: a word changed here moves no house.
    """
    rng = np.random.default_rng([seed, 2020])
    point_rng, people_rng, list_rng, party_rng, service_rng, talk_rng, issue_rng, patrol_rng = rng.spawn(8)
    points = make_points(division, point_rng)
    branches = make_branches(division, party_rng)
    activities = make_activities(division, branches, points, party_rng)
    posts = make_posts(division, people_rng)
    talks = make_talks(division, talk_rng)
    issues = make_issues(division, ground, posts, talks, issue_rng)
    talked = {i.talk: i.id for i in issues if i.talk is not None}
    books = {
        "points": [points_page(points, point_rng)],
        "people": people_pages(posts, division.jurisdictions, people_rng),
        "lists": lists_pages(division, list_rng),
        "party": party_pages(division, branches, activities, talks, talked, party_rng),
        "services": services_pages(division, points, service_rng),
        "issues": [issues_page(issues, issue_rng)],
    }
    return books, make_patrols(ground, posts, patrol_rng)


def write_ledgers(package: Path, folder: Path, seed: int) -> dict[Path, Mapping[str, int]]:
    """Write the workbooks and the patrols about the grids of a package; path of each → records by sheet or layer."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[Path, Mapping[str, int]] = {}
    division = divide(package)
    books, patrols = make_ledgers(division, survey_ground(package, division), seed)
    for name, pages in books.items():
        path = folder / f"{name}.xlsx"
        save_book(pages, path, f"{TOWN_NAME} {TITLES[name]}（合成数据 synthetic）")
        written[path] = _counts(pages)
    written[write_patrols(patrols, folder)] = {LAYER: len(patrols)}
    return written


def _counts(pages: Sequence[Page]) -> Mapping[str, int]:
    return {page.name: len(page.rows) for page in pages}
