"""For whom a file is made: what an export may carry."""

from __future__ import annotations

from typing import Final, Literal, get_args

from gridmap.errors import InvalidInput

#: ``internal``: everything, with names, private homes and the stamp 内部使用. ``leader``: for the town's leaders,
#: without names and private homes, small counts hidden. ``public``: for anybody, as for leaders and without staffing.
ExportProfile = Literal["internal", "leader", "public"]

#: Outside the internal profile, counts of people or households of 1 up to one below this are not shown
#: (personal information law; our decision for the number).
SMALL_COUNT: Final = 5

#: Outside the internal profile, squares and kernels are at least so many metres wide: smaller ones are as good as an
#: address (our decision).
LEAST_SIDE_M: Final = 100.0


def check_profile(profile: str, name: str = "profile") -> ExportProfile:
    """The profile of that name.

    Parameters
    ----------
    profile : str
    name : str
        What the message calls the argument: on the command line it is an option.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    for known in get_args(ExportProfile):
        if profile == known:
            return known  # type: ignore[no-any-return]  # get_args is untyped
    raise InvalidInput(
        f"{name} is one of {', '.join(get_args(ExportProfile))}; got {profile!r}",
        f"{name} 应为 {'、'.join(get_args(ExportProfile))} 之一；得到 {profile!r}。",
    )


def check_side(side_m: float, profile: ExportProfile) -> None:
    """Refuse squares or kernels that would tell an address in this profile.

    Parameters
    ----------
    side_m : float
        Side of a square, or bandwidth, metres.
    profile : {"internal", "leader", "public"}

    Raises
    ------
    InvalidInput
        If it is below :data:`LEAST_SIDE_M` outside the internal profile.
    """
    if profile != "internal" and side_m < LEAST_SIDE_M:
        raise InvalidInput(
            f"a bandwidth of {side_m:g} m would tell addresses; the profile {profile} takes {LEAST_SIDE_M:g} m or more",
            f"带宽 {side_m:g} 米会暴露具体地点；用途 {profile} 的带宽不得小于 {LEAST_SIDE_M:g} 米。",
        )
