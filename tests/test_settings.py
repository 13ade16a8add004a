"""Settings of a machine, read from variables that are handed in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridmap.errors import InvalidInput
from gridmap.settings import Settings


def test_nothing_set() -> None:
    assert Settings.from_environment({"GRIDMAP_ACTOR": "a"}) == Settings(tianditu_key="", jobs=1, actor="a")
    assert Settings.from_environment({}).actor
    assert Settings.from_environment({"GRIDMAP_JOBS": " "}).jobs == 1


def test_what_is_set_is_read() -> None:
    assert Settings.from_environment({"GRIDMAP_JOBS": "4", "GRIDMAP_TIANDITU_KEY": " k "}) == replace(
        Settings.from_environment({}), tianditu_key="k", jobs=4
    )
    where = {"GRIDMAP_DATABASE_URL": " postgresql://h/d ", "GRIDMAP_DATA": "/d", "GRIDMAP_ACTOR": "王芳"}
    assert Settings.from_environment(where) == Settings("", 1, "postgresql://h/d", "/d", "王芳")


def test_this_process_is_read_when_nothing_is_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_JOBS", "3")
    assert Settings.from_environment().jobs == 3


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5", "²", "٣"])
def test_wrong_numbers_of_workers(jobs: str) -> None:
    with pytest.raises(InvalidInput, match="GRIDMAP_JOBS must be a whole number from 1; got"):
        Settings.from_environment({"GRIDMAP_JOBS": jobs})


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(Settings("secret"))
    assert "secret" not in repr(Settings(database_url="postgresql://u:secret@h/d"))
    assert repr(Settings()) == "Settings(tianditu_key='', jobs=1, database_url='', data_folder='', actor='')"
