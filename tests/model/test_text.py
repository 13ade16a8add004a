"""A sentence in both languages."""

from __future__ import annotations

from gridmap import Text


def test_a_sentence_is_given_in_the_language_asked_for() -> None:
    text = Text("12 个网格", "12 grids")
    assert text.in_language("zh") == "12 个网格"
    assert text.in_language("en") == "12 grids"
