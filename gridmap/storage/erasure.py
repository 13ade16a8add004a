"""Taking somebody's name and telephone number out of everything that the database keeps."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import sqlalchemy as sa

from gridmap.errors import InvalidInput, NotStored, first_ten, first_ten_zh
from gridmap.storage.batches import Batch, find_repeat, get_batch, lock_town, write_batch
from gridmap.storage.connect import Store
from gridmap.storage.entries import TownEntry
from gridmap.storage.record_changes import Given
from gridmap.storage.record_schema import RECORD_TABLES, ErasureRow


def erase_person(store: Store, town: str | int, person_id: str, *, op_id: UUID | None = None) -> Batch:
    """Make name and telephone number of a person blank in every row, past ones included; it cannot be undone.

    The id stays, and with it the posts; a name is never recorded for it again, so that an older ledger does not
    bring it back (:func:`refuse_erased`). The log says who erased it and when, and nothing else. Backups that were made
    before still hold the name.

    Parameters
    ----------
    store : Store
        Of a member of ``gridmap_owner``.
    town : str or int
        Its name or its number.
    person_id : str
    op_id : UUID, optional
        Identity of this operation: a repeat is harmless.

    Returns
    -------
    Batch
        Of kind ``erase``; its ``n_changed`` is the number of rows.

    Raises
    ------
    NotStored
        If there is no such town, or nobody of that id was ever recorded in it.
    InvalidInput
        If `op_id` was that of another town.
    StoreError
        If the database cannot be reached, or this user may not erase.
    """
    op = op_id or uuid4()
    person = RECORD_TABLES["person"].c
    with store.begin() as connection:
        entry = lock_town(connection, town)
        repeated = find_repeat(connection, entry, op)
        if repeated is not None:
            return repeated
        counted = sa.select(sa.func.count()).where(person.town_id == entry.id, person.person_id == person_id)
        n = connection.execute(counted).scalar_one()
        if not n:
            raise NotStored(f"{entry.name} has no person {person_id}", f"{entry.name}没有编号为「{person_id}」的人员。")
        row = {
            "kind": "erase",
            "registers": ["person"],
            "op_id": op,
            "is_synthetic": False,
            "n_new": 0,
            "n_changed": n,
            "n_ended": 0,
        }
        number = write_batch(connection, store, entry, row)
        connection.execute(sa.insert(ErasureRow).values(batch_id=number, town_id=entry.id, person_id=person_id))
        return get_batch(connection, entry, number)


def refuse_erased(connection: sa.Connection, town: TownEntry, records: Sequence[Given]) -> None:
    """Refuse names and telephone numbers of people who were erased.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    town : TownEntry
    records : sequence of Given
        What comes in, of any registers. People without name and number, as they are loaded after an erasure, pass.

    Raises
    ------
    InvalidInput
        Naming their ids.
    """
    told = {
        person_id
        for given in records
        if given.register.name == "person"
        for person_id, name, phone in zip(*(given.values[c] for c in ("person_id", "name", "phone")), strict=True)
        if name or phone
    }
    if not told:
        return
    query = sa.select(ErasureRow.person_id).where(ErasureRow.town_id == town.id).distinct()
    erased = sorted(told & set(connection.execute(query).scalars()))
    if erased:
        raise InvalidInput(
            f"name and telephone number of these people were erased from {town.name} and are not recorded again: "
            f"{first_ten(erased)}. Nothing was stored; take their names out of the ledger, and give somebody who comes "
            "anew an id of his own",
            f"以下人员的姓名和电话已从{town.name}删除，不再登记：{first_ten_zh(erased)}。没有存入任何数据；"
            "请从台账中去掉其姓名和电话，重新任职的人员请另编新号。",
        )
