"""The tree of exceptions: what is drawn is what is there."""

from __future__ import annotations

import inspect
import re

import pytest

from gridmap import errors
from gridmap.errors import GridmapError, InvalidUnits, first_ten

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, GridmapError)]


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = dict(re.findall(r"── (\w+)(?:\((\w+)\))?", errors.__doc__ or ""))
    assert set(drawn) == {c.__name__ for c in CLASSES} - {"GridmapError"}
    for kind in CLASSES:
        parent = drawn.get(kind.__name__)
        assert not parent or parent in {base.__name__ for base in kind.__mro__}


@pytest.mark.parametrize("kind", [c for c in CLASSES if c is not GridmapError])
def test_every_exception_is_also_a_builtin(kind: type[GridmapError]) -> None:
    assert issubclass(kind, ValueError | OSError | RuntimeError)


def test_an_exception_speaks_both_languages() -> None:
    both = InvalidUnits("no such unit: u9", "没有这个单元：u9")
    assert (str(both), both.zh) == ("no such unit: u9", "没有这个单元：u9")
    assert InvalidUnits("no such unit").zh == "no such unit"


def test_first_ten() -> None:
    assert first_ten([]) == ""
    assert first_ten(range(10)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert first_ten(range(12)).endswith("8, 9 … and 2 more")
