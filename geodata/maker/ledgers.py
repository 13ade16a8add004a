"""The sample town's ledgers: five workbooks about the grids of the default plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from .ledgers_book import Page, save_book
from .ledgers_grids import Division, divide
from .ledgers_lists import lists_pages
from .ledgers_party import make_activities, make_branches, party_pages
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
}


def make_ledgers(division: Division, seed: int) -> dict[str, list[Page]]:
    """Name of each workbook → its sheets; the same for the same grids and seed.

    The stream of random numbers is not that of the layers: a word changed here moves no house.
    """
    rng = np.random.default_rng([seed, 2020])
    point_rng, people_rng, list_rng, party_rng, service_rng = rng.spawn(5)
    points = make_points(division, point_rng)
    branches = make_branches(division, party_rng)
    activities = make_activities(division, branches, points, party_rng)
    return {
        "points": [points_page(points, point_rng)],
        "people": people_pages(make_posts(division, people_rng), division.jurisdictions, people_rng),
        "lists": lists_pages(division, list_rng),
        "party": party_pages(division, branches, activities, party_rng),
        "services": services_pages(division, points, service_rng),
    }


def write_ledgers(package: Path, folder: Path, seed: int) -> dict[Path, Mapping[str, int]]:
    """Write the workbooks about the grids of a package; path of each → records by sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[Path, Mapping[str, int]] = {}
    for name, pages in make_ledgers(divide(package), seed).items():
        path = folder / f"{name}.xlsx"
        save_book(pages, path, f"{TOWN_NAME} {TITLES[name]}（合成数据 synthetic）")
        written[path] = _counts(pages)
    return written


def _counts(pages: Sequence[Page]) -> Mapping[str, int]:
    return {page.name: len(page.rows) for page in pages}
