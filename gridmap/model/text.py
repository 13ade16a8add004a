"""A sentence in both languages of the program."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Text(NamedTuple):
    """One sentence in Chinese and in English.

    Attributes
    ----------
    zh, en : str
        The same statement; neither is a gloss of the other.
    """

    zh: str
    en: str

    def in_language(self, lang: Language) -> str:
        """The sentence in the language that was asked for."""
        return self.zh if lang == "zh" else self.en
