"""A register: what a table that a town keeps about its grids looks like. Its form in Excel is a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gridmap.model.text import Text

#: What a column holds. ``text``; ``word`` (one key of `choices`); ``words`` (a tuple of texts); ``count`` (whole
#: number ≥ 0); ``day``; ``yes`` (true or false); ``grid`` (a grid's code); ``grids`` (a tuple of codes);
#: ``jurisdiction`` (a code); ``place`` (a point in the CRS of the frame).
ColumnType = Literal["text", "word", "words", "count", "day", "yes", "grid", "grids", "jurisdiction", "place"]

#: Groups of registers, as the command line names them.
Group = Literal["points", "people", "lists", "party", "services"]


@dataclass(frozen=True)
class Choice:
    """A value that a ``word`` column may hold.

    Attributes
    ----------
    text : Text
        What it is called in ledgers and on maps.
    synonyms : tuple of str
        What else ledgers call it.
    """

    text: Text
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a register.

    Attributes
    ----------
    name : str
    type : str
        One of :data:`ColumnType`.
    title : Text
        Its heading in a ledger.
    synonyms : tuple of str
        What else ledgers call it.
    is_needed : bool
        Whether every record must have a value.
    choices : mapping of str to Choice
        What a ``word`` column may hold, in order.
    is_personal : bool
        Whether it names a person or tells how to reach one: kept apart, and never in files for sharing.
    """

    name: str
    type: ColumnType
    title: Text
    synonyms: tuple[str, ...] = ()
    is_needed: bool = False
    choices: Mapping[str, Choice] | None = None
    is_personal: bool = False


@dataclass(frozen=True)
class Register:
    """A table that a town keeps about its grids.

    Attributes
    ----------
    name : str
        Its key, in the singular ("point").
    group : str
        What it belongs to on the command line.
    title : Text
        What it is called; the name of its sheet in a ledger.
    synonyms : tuple of str
        What else its sheet is called.
    columns : tuple of Column
    key : tuple of str
        Columns that together tell one record from another.
    """

    name: str
    group: Group
    title: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    synonyms: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def place_column(self) -> str | None:
        """Name of the column of geometry, None where the register has none."""
        return next((c.name for c in self.columns if c.type == "place"), None)


def choices(**words: tuple[str, str] | tuple[str, str, tuple[str, ...]]) -> Mapping[str, Choice]:
    """Choices from ``key=(Chinese, English[, synonyms])``."""
    return {key: Choice(Text(word[0], word[1]), word[2] if len(word) > 2 else ()) for key, word in words.items()}


#: Whether, in ledgers: what counts as yes and as no.
YES: Final = ("是", "有", "√", "✓", "y", "yes", "true", "1")
NO: Final = ("否", "无", "没有", "×", "n", "no", "false", "0")
