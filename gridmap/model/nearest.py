"""The known code that a wrong one may stand for."""

from __future__ import annotations

import difflib
from functools import lru_cache


@lru_cache(maxsize=4096)
def nearest_code(code: str, known: tuple[str, ...], likeness: float = 0.6) -> str:
    """The known code that is most like a wrong one, "" where none is.

    Parameters
    ----------
    code : str
    known : tuple of str
        In any order: of equally like ones the last of the alphabet is taken.
    likeness : float
        0 … 1: how much of the two must agree at least.
    """
    return next(iter(difflib.get_close_matches(code, known, n=1, cutoff=likeness)), "")
