"""The table of texts: complete in both languages, and neither more nor less than the page asks for."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from gridmap.maps import words
from gridmap.maps.draw import SCRIPTS

TABLES = {
    name: getattr(words, name) for name in ("PAGE", "KINDS", "KINDS_COUNTED", "REASONS", "MODES", "LAYERS", "SENTENCES")
}


@pytest.mark.parametrize("table", TABLES)
def test_both_languages_say_the_same_blanks(table: str) -> None:
    for key, text in TABLES[table].items():
        blanks = [sorted(set(re.findall(r"\{\w+\}", t)) - {"{s}"}) for t in text]
        assert blanks[0] == blanks[1], key
        assert text.zh or key == "unit_places"
        if text.en and table != "SENTENCES":
            assert not re.search(r"[\u4e00-\u9fff]", text.en), key


def test_the_scripts_use_exactly_the_words_there_are() -> None:
    folder = resources.files("gridmap.maps").joinpath("page")
    source = "\n".join(folder.joinpath(name).read_text("utf-8") for name in SCRIPTS)
    used = set(re.findall(r"\bwords\.(\w+)", source))
    picked = {"groups", "group_n", "buildings", "building_n", "units", "unit_n"}  # chosen by the kind of unit
    assert all(f"'{key}'" in source for key in picked)
    by_python = {"waiting", "too_old", "broken_file"}
    assert used | picked | by_python == set(words.PAGE)


def test_fill_does_not_read_values_as_patterns() -> None:
    text = words.fill("grid_name", "zh", jurisdiction="{short}{n}\\1", short="07")
    assert text == "{short}{n}\\1 07 网格"


@pytest.mark.parametrize(
    ("iso", "zh", "en"),
    [
        ("2026-02-05", "2026年2月5日", "5 Feb 2026"),
        ("2020", "2020", "2020"),
        ("五月", "五月", "五月"),
        ("2026-13-01", "2026-13-01", "2026-13-01"),
        ("", "", ""),
    ],
)
def test_dates(iso: str, zh: str, en: str) -> None:
    assert words.date_text(iso, "zh") == zh
    assert words.date_text(iso, "en") == en
