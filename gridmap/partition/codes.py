"""Grid codes: jurisdiction code and sequence, numbered in reading order, never used twice (rule R10)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, groupby

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidInput, InvalidPlan, first_ten
from gridmap.model.rules import CodeScheme
from gridmap.model.units import Units

#: Centroids are compared in whole millimetres, so that rounding noise changes no order.
_MILLIMETRES = 3


def assign_codes(
    units: Units,
    labels: NDArray[np.integer],
    jurisdiction_of_grid: Sequence[str],
    scheme: CodeScheme,
    *,
    taken: Collection[str] = (),
    kept: Mapping[int, str] | None = None,
) -> tuple[str, ...]:
    """The code of every grid.

    Parameters
    ----------
    units : Units
        n units.
    labels : ndarray of int, shape (n,)
        Grid of each unit, 0 … k − 1; −1 for none.
    jurisdiction_of_grid : sequence of str, shape (k,)
        Code of the jurisdiction that each grid lies in.
    scheme : CodeScheme
        12 + 3 digits by default; 14- and 20-digit codes are schemes of 12 + 2 and 12 + 8.
    taken : collection of str
        Codes in use or retired: none of them is given to a new grid.
    kept : mapping of int to str, optional
        Codes that grids keep from an existing plan, by label
        (:func:`gridmap.partition.lineage.match_existing`).

    Returns
    -------
    tuple of str, shape (k,)

    Raises
    ------
    InvalidPlan
        If a grid has no unit, or two grids keep one code.
    InvalidInput
        If a jurisdiction has no usable code (:func:`code_prefix`), two jurisdictions would share one,
        or the digits of the sequence run out.

    Notes
    -----
    New grids continue after the highest number known in their jurisdiction, in kept and taken codes alike;
    only past the last number are gaps below filled. They are numbered as a page is read, west to east in
    rows from north to south: a row starts at the northernmost grid left and holds every grid whose centroid
    lies less than the side of a typical grid of the jurisdiction (the square root of the mean area, m) south
    of it. Rows, not plain coordinates, because neighbours side by side seldom have one latitude.
    """
    kept = dict(kept or {})
    _check(labels, jurisdiction_of_grid, kept)
    prefixes = _prefixes(units, scheme)
    used = set(taken) | set(kept.values())
    codes = dict(kept)
    numbers: dict[str, Iterator[int]] = {}
    for label in _reading_order(units, labels, jurisdiction_of_grid):
        if label in kept:
            continue
        jurisdiction = jurisdiction_of_grid[label]
        prefix = prefixes[jurisdiction]
        if jurisdiction not in numbers:
            numbers[jurisdiction] = free_numbers(prefix, used, scheme.sequence_digits)
        number = next(numbers[jurisdiction], None)
        if number is None:
            raise InvalidInput(
                f"jurisdiction {jurisdiction} has used all {10**scheme.sequence_digits - 1} numbers of "
                f"{scheme.sequence_digits} digits; choose a scheme with a longer sequence (codes.sequence_digits)"
            )
        codes[label] = f"{prefix}{number:0{scheme.sequence_digits}d}"
    return tuple(codes[label] for label in range(len(jurisdiction_of_grid)))


def code_prefix(jurisdiction: str, digits: int) -> str:
    """What the codes of a jurisdiction's grids begin with.

    Parameters
    ----------
    jurisdiction : str
        Its code or, in data from elsewhere, any text.
    digits : int
        Digits of a numeric prefix.

    Returns
    -------
    str
        Of a numeric code: `digits` digits, right-padded with zeros (310116113 is a town, 310116113000 the
        same in full), or cut where only zeros are cut off. Of other text: its letters and digits,
        everything else one hyphen, and a hyphen at the end: ``Tract 12/a`` gives ``Tract-12-a-``.

    Raises
    ------
    InvalidInput
        If a numeric code has more digits that are not zeros, or a text has no letter or digit.
    """
    text = unicodedata.normalize("NFKC", jurisdiction).strip()
    if text.isascii() and text.isdigit():
        if text[digits:].strip("0"):
            raise InvalidInput(
                f"jurisdiction code {jurisdiction} has {len(text)} digits where the code scheme takes {digits}; "
                "cut off, different jurisdictions would look alike: choose a longer scheme (codes.jurisdiction_digits)"
            )
        return text[:digits].ljust(digits, "0")
    words = "".join(c if c.isalnum() else " " for c in text).split()
    if not words:
        raise InvalidInput(f"jurisdiction {jurisdiction!r} has no letter or digit that a grid code could begin with")
    return "-".join(words) + "-"


def free_numbers(prefix: str, used: Collection[str], digits: int) -> Iterator[int]:
    """The numbers that a new grid may get, the next one first.

    Parameters
    ----------
    prefix : str
        What the codes of the jurisdiction begin with (:func:`code_prefix`).
    used : collection of str
        Every code that is or was in use.
    digits : int
        Digits of the sequence.
    """
    rests = (code[len(prefix) :] for code in used if code.startswith(prefix))
    known = {int(rest) for rest in rests if len(rest) == digits and rest.isascii() and rest.isdigit()}
    highest = max(known, default=0)
    return (i for i in chain(range(highest + 1, 10**digits), range(1, highest)) if i not in known)


def _check(labels: NDArray[np.integer], jurisdiction_of_grid: Sequence[str], kept: Mapping[int, str]) -> None:
    k = len(jurisdiction_of_grid)
    if int(labels.max(initial=-1)) >= k or not set(kept) <= set(range(k)):
        raise InvalidPlan(f"labels and kept codes must name grids 0 … {k - 1}, one jurisdiction a grid")
    empty = np.flatnonzero(np.bincount(labels[labels >= 0], minlength=k) == 0)
    if len(empty):
        raise InvalidPlan(f"a grid needs at least one unit to get a code; none in grid {first_ten(empty)}")
    twice = sorted({code for code in kept.values() if list(kept.values()).count(code) > 1})
    if twice:
        raise InvalidPlan(f"two grids cannot keep one code: {first_ten(twice)}")


def _prefixes(units: Units, scheme: CodeScheme) -> dict[str, str]:
    jurisdictions = [str(code) for code in units.jurisdictions.index]
    prefixes = {code: code_prefix(code, scheme.jurisdiction_digits) for code in jurisdictions}
    for prefix, group in groupby(sorted(jurisdictions, key=prefixes.__getitem__), key=prefixes.__getitem__):
        alike = list(group)
        if len(alike) > 1:
            raise InvalidInput(
                f"jurisdictions {first_ten(alike)} would share the code {prefix}: make their codes differ"
            )
    return prefixes


def _reading_order(units: Units, labels: NDArray[np.integer], jurisdiction_of_grid: Sequence[str]) -> list[int]:
    """Labels by jurisdiction, then row by row from the north, each from the west."""
    held = labels >= 0
    k = len(jurisdiction_of_grid)
    area = shapely.area(units.polygons[held])
    centre = shapely.get_coordinates(shapely.centroid(units.polygons[held]))
    total = np.bincount(labels[held], weights=area, minlength=k)
    x, y = (
        np.round(np.bincount(labels[held], weights=area * centre[:, i], minlength=k) / total, _MILLIMETRES)
        for i in (0, 1)
    )
    order: list[int] = []
    by_jurisdiction = sorted(range(k), key=lambda g: (jurisdiction_of_grid[g], -y[g], x[g]))
    for _, group in groupby(by_jurisdiction, key=lambda g: jurisdiction_of_grid[g]):
        waiting = list(group)  # from north to south
        side = float(np.sqrt(total[waiting].mean()))
        while waiting:
            row = [g for g in waiting if y[g] > y[waiting[0]] - side]
            order += sorted(row, key=lambda g: (x[g], -y[g]))
            waiting = waiting[len(row) :]
    return order
