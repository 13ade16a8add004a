"""Settings of a machine, read from variables that are handed in."""

from __future__ import annotations

import pytest

from gridmap.errors import InvalidInput
from gridmap.settings import Settings


def test_nothing_set() -> None:
    assert Settings.from_environment({}) == Settings(tianditu_key="", jobs=1)
    assert Settings.from_environment({"GRIDMAP_JOBS": " "}).jobs == 1


def test_what_is_set_is_read() -> None:
    assert Settings.from_environment({"GRIDMAP_JOBS": "4", "GRIDMAP_TIANDITU_KEY": " k "}) == Settings("k", 4)


def test_this_process_is_read_when_nothing_is_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_JOBS", "3")
    assert Settings.from_environment().jobs == 3


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5", "²", "٣"])
def test_wrong_numbers_of_workers(jobs: str) -> None:
    with pytest.raises(InvalidInput, match="GRIDMAP_JOBS must be a whole number from 1; got"):
        Settings.from_environment({"GRIDMAP_JOBS": jobs})


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(Settings("secret"))
    assert repr(Settings()) == "Settings(tianditu_key='', jobs=1)"
