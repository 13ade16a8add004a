"""Taking somebody's name and telephone number out of everything that the database keeps."""

from __future__ import annotations

from uuid import UUID, uuid4

import sqlalchemy as sa

from gridmap.errors import NotStored
from gridmap.storage.batches import Batch, find_repeat, get_batch, lock_town, write_batch
from gridmap.storage.connect import Store
from gridmap.storage.record_schema import RECORD_TABLES, ErasureRow


def erase_person(store: Store, town: str | int, person_id: str, *, op_id: UUID | None = None) -> Batch:
    """Make name and telephone number of a person blank in every row, past ones included; it cannot be undone.

    The id stays, and with it the posts. The log says who erased it and when, and nothing else. Backups that were
    made before still hold the name.

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
