"""Every exception of gridmap. Messages say what was wanted, what was got, and which (the first ten).

::

    GridmapError
    ├── InvalidInput(ValueError)      a file, a layer, a column or a value that cannot be used
    │   ├── InvalidUnits              units that break what a Units value promises
    │   ├── InvalidGraph              arrays that are no dual graph of the units
    │   ├── InvalidPlan               an assignment that does not fit its units
    │   ├── InvalidRules              a preset or rule file with a wrong or missing number
    │   └── NotStored                 a plan, version or survey that the database does not hold
    ├── MissingCrs(InvalidInput)      coordinates of which nobody knows where they lie
    ├── RefusedSource(InvalidInput)   a path or format that gridmap does not open, on purpose
    ├── OutputError(OSError)          a result that could not be written
    ├── MissingProgram(RuntimeError)  something that must be installed first, and how
    ├── StoreError(RuntimeError)      the database cannot be reached, or refused
    └── Conflict(RuntimeError)        somebody else's work stands against a save; names both
"""

from __future__ import annotations

from collections.abc import Iterable


class GridmapError(Exception):
    """The root: whoever catches it catches everything that gridmap raises on purpose.

    Parameters
    ----------
    message : str
        The sentence in English; it is also ``str(error)``.
    zh : str
        The same sentence in Chinese; where none was given, the English one.
    """

    def __init__(self, message: str = "", zh: str = "") -> None:
        super().__init__(message)
        self.zh = zh or message


class InvalidInput(GridmapError, ValueError):
    """A file, a layer, a column or a value that cannot be used as it is."""


class InvalidUnits(InvalidInput):
    """Units that break a promise of :class:`gridmap.Units`."""


class InvalidGraph(InvalidInput):
    """Arrays that are no dual graph of the units they are given with."""


class InvalidPlan(InvalidInput):
    """An assignment that does not fit its units."""


class InvalidRules(InvalidInput):
    """A preset or rule file with a wrong, missing or contradictory number."""


class NotStored(InvalidInput):
    """A plan, a version or a survey that the database does not hold."""


class MissingCrs(InvalidInput):
    """A layer without a coordinate reference system."""


class RefusedSource(InvalidInput):
    """A path or format that gridmap does not open, on purpose (virtual paths, KML, VRT)."""


class OutputError(GridmapError, OSError):
    """A result that could not be written; nothing half-written is left."""


class MissingProgram(GridmapError, RuntimeError):
    """A program or optional package that must be installed first; the message says how."""


class StoreError(GridmapError, RuntimeError):
    """The database that keeps the plans cannot be reached, or it refused; nothing was changed in it."""


class Conflict(GridmapError, RuntimeError):
    """A save that stands against what somebody else saved meanwhile; nothing was changed.

    Parameters
    ----------
    message, zh : str
        The sentence in English and in Chinese.
    clashes : tuple
        One entry a clash (:class:`gridmap.storage.clash.Clash`): unit, both grids, who, when.
    """

    def __init__(self, message: str = "", zh: str = "", clashes: tuple[object, ...] = ()) -> None:
        super().__init__(message, zh)
        self.clashes = clashes


def first_ten(values: Iterable[object]) -> str:
    """The first ten values as text, and how many more there are, for the end of a message."""
    listed = [str(v) for v in values]
    more = f" … and {len(listed) - 10} more" if len(listed) > 10 else ""
    return ", ".join(listed[:10]) + more


def first_ten_zh(values: Iterable[object]) -> str:
    """:func:`first_ten` for a sentence in Chinese."""
    listed = [str(v) for v in values]
    return "、".join(listed[:10]) + (f" 等共 {len(listed)} 个" if len(listed) > 10 else "")
