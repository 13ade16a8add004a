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


def check_profile(profile: str) -> ExportProfile:
    """The profile of that name.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    for known in get_args(ExportProfile):
        if profile == known:
            return known  # type: ignore[no-any-return]  # get_args is untyped
    raise InvalidInput(
        f"profile is one of {', '.join(get_args(ExportProfile))}; got {profile!r}",
        f"profile 应为 {'、'.join(get_args(ExportProfile))} 之一；得到 {profile!r}。",
    )
