"""Mobile and identity numbers inside texts: they are no part of what a register keeps about a place or an issue."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: What stands in the place of a number.
_HIDDEN: Final = "…"
#: Characters that neither kind of number has beside it: any digit, of half or full width.
_DIGIT: Final = "0-9０-９"
#: A mobile number in one run or in groups, or the 18 characters of an identity number: six of a district, the day of
#: birth, three and a check (GB 11643-1999). Codes of grids (15 digits) are neither.
_NUMBER: Final = re.compile(
    rf"(?<![{_DIGIT}])(?:"
    rf"[1１][3-9３-９][{_DIGIT}][ -]?[{_DIGIT}]{{4}}[ -]?[{_DIGIT}]{{4}}"
    rf"|[1-9１-９][{_DIGIT}]{{5}}(?:19|20|１９|２０)[{_DIGIT}]{{2}}[01０１][{_DIGIT}][0-3０-３][{_DIGIT}]{{4}}[{_DIGIT}XxＸ]"
    rf")(?![{_DIGIT}])"
)
#: Nothing shorter can hold one.
_SHORTEST: Final = 11


def without_numbers(text: str) -> str:
    """`text` without mobile telephone numbers and identity numbers; "…" stands in their place."""
    return _NUMBER.sub(_HIDDEN, text)


def hide_numbers(texts: NDArray[np.object_]) -> tuple[NDArray[np.object_], int]:
    """Texts as :func:`without_numbers` gives them, and in how many there was one.

    Parameters
    ----------
    texts : ndarray of str, (n,)

    Returns
    -------
    texts : ndarray of str, (n,)
    n_hidden : int
        Texts with a number in them.
    """
    out = texts.copy()
    if not _NUMBER.search("\n".join(texts)):  # one pass over all texts takes a third of the time of one each
        return out, 0
    found = [i for i, text in enumerate(texts) if len(text) >= _SHORTEST and _NUMBER.search(text)]
    for i in found:
        out[i] = without_numbers(texts[i])
    return out, len(found)
