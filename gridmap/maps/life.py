"""What the registers of a town tell about its grids, as a map shows it: one value, in no language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gridmap.model.text import Text


@dataclass(frozen=True)
class PointShown:
    """A point as it is on a day.

    Attributes
    ----------
    id, name, kind, status : str
        `kind` and `status` are words of the register of points.
    grid : str
        Code of the grid that holds it in the plan; "" where none does.
    place : (float, float) or None
        In the CRS of the plan's units, metres.
    opening, address, premises : str
        `premises` is the id of the building that it lies in; never written into a map.
    services : tuple of str
    capacity : int or None
        Households that it can serve.
    is_private_home : bool
    partner : str
        Id of the Party service point or station with which a grid point is two in one; "" where it is not.
    reason : Text or None
        Why they are two in one.
    """

    id: str
    name: str
    kind: str
    status: str
    grid: str = ""
    place: tuple[float, float] | None = None
    opening: str = ""
    address: str = ""
    premises: str = ""
    services: tuple[str, ...] = ()
    capacity: int | None = None
    is_private_home: bool = False
    partner: str = ""
    reason: Text | None = None

    @property
    def is_built(self) -> bool:
        """Whether it is a grid point in use with premises of its own: such points are published as built."""
        return self.kind == "grid_point" and self.status == "in_use" and self.premises != ""


@dataclass(frozen=True)
class PostShown:
    """A post of a grid: how many hold it, who, and whether one of them holds it in other grids too."""

    n: int = 0
    names: tuple[str, ...] = ()
    is_shared: bool = False


@dataclass(frozen=True)
class StaffShown:
    """One leader, one instructor and the members of a grid."""

    leader: PostShown = field(default_factory=PostShown)
    instructor: PostShown = field(default_factory=PostShown)
    members: int = 0


@dataclass(frozen=True)
class StaffTotals:
    """People of the whole town, each counted once a post: who they are, and how many the rules want at least."""

    leaders: int
    instructors: int
    members: int
    minimum: int

    @property
    def people(self) -> int:
        """All of them."""
        return self.leaders + self.instructors + self.members


@dataclass(frozen=True)
class ReachShown:
    """Households of a grid by reach of a point: served, served by one that is full, out of reach."""

    served: int
    full: int
    out: int

    @property
    def households(self) -> int:
        """All households that were counted."""
        return self.served + self.full + self.out


@dataclass(frozen=True)
class BranchShown:
    """A Party branch or group that covers the grid; `members` of the whole branch, None where not recorded."""

    name: str
    members: int | None = None
    is_group: bool = False


@dataclass(frozen=True)
class ReportedShown:
    """In-service Party members who reported to a grid, as last counted."""

    members: int
    counted_on: date


@dataclass(frozen=True)
class ActivityShown:
    """An activity; `kind` is a word of the register, `attendance` None where not recorded."""

    held_on: date
    kind: str
    title: str
    attendance: int | None = None


@dataclass(frozen=True)
class ActivitiesShown:
    """Activities of a grid in the half year before the day: how many, and the last ones, newest first."""

    n: int = 0
    attendance: int | None = None
    last: tuple[ActivityShown, ...] = ()


@dataclass(frozen=True)
class ListShown:
    """One of the two lists of a grid.

    Attributes
    ----------
    list : {"management", "service"}
    version : int or None
        Of the template that the grid adopted; None where it adopted none.
    newest : int or None
        Newest version of the template that exists.
    titles : tuple of str
        Items of the grid's list, in order.
    n_adjusted : int
        Items that the grid added, dropped or changed.
    """

    list: str
    version: int | None
    newest: int | None
    titles: tuple[str, ...] = ()
    n_adjusted: int = 0


@dataclass(frozen=True)
class ServiceShown:
    """A service that is given in a grid next: day (None where it has none), hours, title and department."""

    title: str
    department: str = ""
    day: date | None = None
    hours: str = ""


@dataclass(frozen=True)
class MapLife:
    """Everything about points, people, lists, Party life and services that a map shows.

    What was never recorded is None, which a map says; a grid that is missing from a mapping has no record.

    Attributes
    ----------
    day : datetime.date
        The day on which it holds.
    points : tuple of PointShown or None
    staff, reach, branches, reported, activities, lists, services : mapping of grid code, or None
    staff_totals : StaffTotals or None
    n_elsewhere : int
        Activities of the town that are in none of its grids, as of a whole village.
    walking_m : float
        Walking distance that `reach` was counted with, metres.
    names : frozenset of str
        Names of people: outside the internal profile they are taken out of every text of the records.
    is_synthetic : bool
    """

    day: date
    points: tuple[PointShown, ...] | None = None
    staff: Mapping[str, StaffShown] | None = None
    staff_totals: StaffTotals | None = None
    reach: Mapping[str, ReachShown] | None = None
    walking_m: float = 500.0
    branches: Mapping[str, tuple[BranchShown, ...]] | None = None
    reported: Mapping[str, ReportedShown] | None = None
    activities: Mapping[str, ActivitiesShown] | None = None
    n_elsewhere: int = 0
    lists: Mapping[str, tuple[ListShown, ...]] | None = None
    services: Mapping[str, tuple[ServiceShown, ...]] | None = None
    names: frozenset[str] = frozenset()
    is_synthetic: bool = False
