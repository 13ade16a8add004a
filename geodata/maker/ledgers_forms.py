"""How different hands write the same: days in several forms, numbers full-width or with a measure word, codes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from .layers import DATE

#: The day of the sample.
TODAY: Final = date.fromisoformat(DATE)
_WIDE: Final = str.maketrans("0123456789", "０１２３４５６７８９")


def wide(text: object) -> str:
    """Digits in full width."""
    return str(text).translate(_WIDE)


def day_cell(day: date | None, rng: np.random.Generator) -> Any:
    """A day as somebody wrote it: mostly a date of the spreadsheet, else text in one of seven forms."""
    if day is None:
        return None
    forms = (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month:02d}/{day.day:02d}",
        f"{day:%Y%m%d}",
        f"{day.year}-{day.month}-{day.day}",
        wide(f"{day.year}年{day.month}月{day.day}日"),
    )
    return day if rng.random() < 0.7 else forms[int(rng.integers(len(forms)))]


def count_cell(number: int | None, rng: np.random.Generator, measure: str = "") -> Any:
    """A number as somebody wrote it: mostly a number, else as text, in full width or with its measure word."""
    if number is None:
        return None
    forms = (str(number), wide(number), f"{number}{measure}")
    return number if rng.random() < 0.88 else forms[int(rng.integers(len(forms)))]


def code_cell(code: str, rng: np.random.Generator, kind: str) -> Any:
    """A code as somebody wrote it: text, or now and then as `kind` says: ``number`` or ``wide``."""
    if not code:
        return None
    if rng.random() < 0.9:
        return code
    return int(code) if kind == "number" else wide(code)


def day_between(first: date, last: date, rng: np.random.Generator) -> date:
    """A day from `first` to `last`, both included."""
    return first + timedelta(days=int(rng.integers((last - first).days + 1)))


def shares(total: int, weights: np.ndarray, least: int, most: int) -> list[int]:
    """Whole numbers near their weights, from `least` to `most` each, that add up to `total`."""
    numbers = np.clip(np.floor(weights / weights.sum() * total).astype(int), least, most)
    while numbers.sum() != total:
        step = 1 if numbers.sum() < total else -1
        can = (numbers < most) if step > 0 else (numbers > least)
        gap = np.where(can, (weights / weights.sum() * total - numbers) * step, -np.inf)
        numbers[int(np.argmax(gap))] += step
    return [int(n) for n in numbers]


def sample(rng: np.random.Generator, items: list[Any], n: int) -> list[Any]:
    """`n` different items in their order."""
    return [items[i] for i in sorted(rng.permutation(len(items))[:n])]


def one(rng: np.random.Generator, items: Any) -> Any:
    """Any item."""
    return items[int(rng.integers(len(items)))]
