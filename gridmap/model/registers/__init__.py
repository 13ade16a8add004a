"""Every register, in the order in which they are read and shown."""

from __future__ import annotations

from typing import Final

from gridmap.model.register import Group, Register
from gridmap.model.registers.lists import LIST_ADOPTION, LIST_CHANGE, LIST_ITEM
from gridmap.model.registers.party import ACTIVITY, BRANCH, DELIBERATION, IN_SERVICE
from gridmap.model.registers.people import PERSON, POST
from gridmap.model.registers.points import POINT
from gridmap.model.registers.services import SERVICE_ITEM, SERVICE_OFFER, SERVICE_ORDER

#: Name → register.
REGISTERS: Final[dict[str, Register]] = {
    r.name: r
    for r in (
        POINT,
        PERSON,
        POST,
        LIST_ITEM,
        LIST_ADOPTION,
        LIST_CHANGE,
        BRANCH,
        IN_SERVICE,
        ACTIVITY,
        DELIBERATION,
        SERVICE_ITEM,
        SERVICE_OFFER,
        SERVICE_ORDER,
    )
}


def registers_of(group: Group) -> tuple[Register, ...]:
    """The registers of a group, in order."""
    return tuple(r for r in REGISTERS.values() if r.group == group)
