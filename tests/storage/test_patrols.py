"""Patrols: what comes in comes back, the same twice is harmless, what was walked does not change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from gridmap.errors import Conflict, InvalidInput, MissingCrs, NotStored
from gridmap.model.patrols import Patrols, make_patrols
from gridmap.model.town import Town
from gridmap.storage.batches import list_batches, undo_batch
from gridmap.storage.connect import Store
from gridmap.storage.issues import undo_issues
from gridmap.storage.patrols import load_patrols, save_patrols
from gridmap.storage.towns import save_town

TOWN = "山阳镇"


def make(n: int = 3, crs: str | None = "EPSG:4549", **values: Any) -> Patrols:
    table = {
        "grid": [f"G{i}" for i in range(n)],
        "member": ["R1"] * n,
        "started_at": [datetime(2026, 3, 1 + i, 8) for i in range(n)],
        "ended_at": [datetime(2026, 3, 1 + i, 9, 30) for i in range(n)],
        "geometry": [shapely.LineString([(i, 0), (i + 1, 10.125)]) for i in range(n)],
        **values,
    }
    return Patrols(make_patrols(table, [f"P{i}" for i in range(n)], crs))


@pytest.fixture
def at_home(store: Store, town: Town) -> Store:
    """A database that knows the town."""
    save_town(store, town)
    return store


def test_everything_comes_back_as_it_was(at_home: Store) -> None:
    patrols = make(4, geometry=[*make().frame.geometry, None], member=["", "R1", "𠮷\t", "R2"])
    done = save_patrols(at_home, TOWN, patrols, source="/x/三月.gpx", message="三月")
    assert (done.n_new, done.n_unchanged) == (4, 0)
    assert (done.batch.registers, done.batch.source, done.batch.crs) == (("patrol",), "三月.gpx", "EPSG:4549")
    found = load_patrols(at_home, TOWN)
    assert found.frame.crs == "EPSG:4549"
    assert [None if s is None else s.wkb for s in found.frame.geometry] == [
        None if s is None else s.wkb for s in patrols.frame.geometry
    ]
    assert_frame_equal(
        pd.DataFrame(found.frame.drop(columns="geometry")), pd.DataFrame(patrols.frame.drop(columns="geometry"))
    )
    assert not found.is_synthetic


def test_the_same_twice_is_harmless(at_home: Store) -> None:
    op = uuid4()
    first = save_patrols(at_home, TOWN, make(2), op_id=op)
    assert save_patrols(at_home, TOWN, make(2), op_id=op) == first
    done = save_patrols(at_home, TOWN, Patrols(make(3).frame, is_synthetic=True))
    assert (done.n_new, done.n_unchanged) == (1, 2)
    assert load_patrols(at_home, TOWN).is_synthetic
    assert not load_patrols(at_home, TOWN, last=date(2026, 3, 2)).is_synthetic


def test_what_was_walked_does_not_change(at_home: Store) -> None:
    save_patrols(at_home, TOWN, make())
    with pytest.raises(Conflict, match="stored already and come in otherwise: P1;") as caught:
        save_patrols(at_home, TOWN, make(5, member=["R1", "R2", "R1", "R1", "R1"]))
    assert "P1" in caught.value.zh
    assert len(load_patrols(at_home, TOWN)) == 3
    assert len(list_batches(at_home, TOWN)) == 1


def test_days_and_crs(at_home: Store) -> None:
    save_patrols(at_home, TOWN, make())
    assert load_patrols(at_home, TOWN, date(2026, 3, 2)).frame.index.tolist() == ["P1", "P2"]
    assert load_patrols(at_home, TOWN, last=date(2026, 3, 2)).frame.index.tolist() == ["P0", "P1"]
    assert len(load_patrols(at_home, TOWN, date(2027, 1, 1), date.max)) == 0
    lonlat = load_patrols(at_home, TOWN, crs="EPSG:4490").frame
    back = lonlat.to_crs("EPSG:4549").geometry
    assert np.allclose([s.length for s in back], [s.length for s in make().frame.geometry])
    assert load_patrols(at_home, TOWN, date(2027, 1, 1)).frame.crs is None


def test_what_cannot_be_kept(at_home: Store) -> None:
    for bad in (make(1, member=["a\0"]), make(1, grid=["\ud800"]), Patrols(make(1).frame.rename(index={"P0": ""}))):
        with pytest.raises(InvalidInput, match="without an id, or with a text"):
            save_patrols(at_home, TOWN, bad)
    with pytest.raises(MissingCrs, match="in which CRS"):
        save_patrols(at_home, TOWN, make(crs=None))
    with pytest.raises(NotStored, match="no such town"):
        load_patrols(at_home, "金山")
    assert list_batches(at_home, TOWN) == []


def test_patrols_are_never_taken_back(at_home: Store, town: Town) -> None:
    batch = save_patrols(at_home, TOWN, make()).batch
    with pytest.raises(InvalidInput, match="wrote patrol, which is only added") as caught:
        undo_batch(at_home, TOWN, batch.id)
    assert "只增不减" in caught.value.zh
    with pytest.raises(InvalidInput, match="wrote no issues"):
        undo_issues(at_home, TOWN, batch.id)
    save_town(at_home, replace(town, name="金山卫镇"))
    assert len(load_patrols(at_home, "金山卫镇")) == 0
