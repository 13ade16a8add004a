"""R11: posts of grids and jurisdictions that are vacant, shared or carry too much."""

from __future__ import annotations

from gridmap.model.finding import Row
from gridmap.model.text import Text
from gridmap.people.case import StaffCase, role_text


def leaders_enough(case: StaffCase) -> list[Row]:
    """Grids with fewer, or more, leaders than the rules want."""
    return _counted(case, "grid_leader", "leaders", case.rules.staffing.leaders)


def instructors_enough(case: StaffCase) -> list[Row]:
    """Grids with fewer, or more, instructors than the rules want."""
    return _counted(case, "grid_instructor", "instructors", case.rules.staffing.instructors)


def members_enough(case: StaffCase) -> list[Row]:
    """Grids with fewer members than the least, or more than the most."""
    least, most = case.rules.staffing.members_min, case.rules.staffing.members_max
    rows = []
    n_members = case.grids["members"].astype(int)
    for code, n in n_members[(n_members < least) | (n_members > most)].items():
        limit, is_few = (least, True) if n < least else (most, False)
        zh = f"网格员 {n} 名，{'少于最低' if is_few else '超过最高'} {limit} 名（规定 {least}–{most} 名）"
        en = (
            f"{n} grid {'member' if n == 1 else 'members'}, {abs(n - limit)} {'under' if is_few else 'over'} the "
            f"{least} to {most} of the rule"
        )
        grid = str(code)
        rows.append(Row(Text(zh, en), grid=grid, value=float(n), limit=float(limit), geometry=case.shape(grid)))
    return rows


def one_chief(case: StaffCase) -> list[Row]:
    """Jurisdictions with no chief grid leader, or several."""
    rows = []
    for place in case.chiefs[case.chiefs["is_missing"] | case.chiefs["is_several"]].reset_index().to_dict("records"):
        code = str(place["jurisdiction"])
        ids = tuple(map(str, place["chief_ids"]))
        text = Text("缺总网格长", "No chief grid leader")
        if ids:
            text = Text(
                f"有 {len(ids)} 名总网格长（{'、'.join(ids)}），应为 1 名",
                f"{len(ids)} chief grid leaders ({', '.join(ids)}) where one is wanted",
            )
        rows.append(
            Row(
                text,
                jurisdiction=code,
                unit=ids[0] if ids else "",
                value=float(len(ids)),
                limit=1.0,
                geometry=case.place_shape(code),
            )
        )
    return rows


def shared_leaders(case: StaffCase) -> list[Row]:
    """Grids that share their leader with others; one row a grid and leader, so that each grid's card shows it."""
    shared = case.loads[(case.loads["role"] == "grid_leader") & (case.loads["n_grids"] > 1)]
    rows = []
    for load in shared.to_dict("records"):
        grids = tuple(map(str, load["grids"]))
        for grid in grids:
            others = [case.called(g) for g in grids if g != grid]
            zh, en = "、".join(o.zh for o in others), ", ".join(o.en for o in others)
            rows.append(
                Row(
                    Text(
                        f"网格长 {load['person_id']} 兼任 {zh} 网格长，共 {len(grids)} 个网格",
                        f"Grid leader {load['person_id']} also leads {en}: {len(grids)} grids in all",
                    ),
                    grid=grid,
                    unit=str(load["person_id"]),
                    value=float(len(grids)),
                    limit=float(case.rules.staffing.grids_per_leader_max),
                    geometry=case.shape(grid),
                )
            )
    return rows


def span_of_control(case: StaffCase) -> list[Row]:
    """Leaders with more households than one person may lead, and grids with too many households for their members."""
    limit = case.rules.staffing.households_per_leader_max
    is_over = (case.loads["role"] == "grid_leader") & (case.loads["households"] > limit)
    rows = []
    for load in case.loads[is_over].to_dict("records"):
        households, n_grids = int(load["households"]), int(load["n_grids"])
        rows.append(
            Row(
                Text(
                    f"网格长 {load['person_id']} 负责 {n_grids} 个网格共 {households:,} 户，超过 {limit:,} 户",
                    f"Grid leader {load['person_id']} answers for {households:,} households in {n_grids} "
                    f"{'grid' if n_grids == 1 else 'grids'}; at most {limit:,} are allowed",
                ),
                grid=str(load["grids"][0]),
                unit=str(load["person_id"]),
                value=float(households),
                limit=float(limit),
                geometry=case.shape(str(load["grids"][0])),
            )
        )
    most = case.rules.staffing.households_per_member_max
    per_member = case.grids["households_per_member"]
    for grid, value in per_member[per_member > most].items():
        code = str(grid)
        n = int(case.grids["members"].loc[code])
        rows.append(
            Row(
                Text(
                    f"平均每名网格员 {value:.1f} 户（{n} 名），超过 {most} 户",
                    f"{value:.1f} households for each of {n} grid {'member' if n == 1 else 'members'}; "
                    f"at most {most} are allowed",
                ),
                grid=code,
                value=float(value),
                limit=float(most),
                geometry=case.shape(code),
            )
        )
    return rows


def grids_of_one_person(case: StaffCase) -> list[Row]:
    """Persons who hold one post in more grids than the rules allow."""
    rows = []
    for load in case.loads[case.loads["n_grids"] > case.loads["grids_max"]].to_dict("records"):
        role = role_text(str(load["role"]))
        grids = tuple(map(str, load["grids"]))
        rows.append(
            Row(
                Text(
                    f"{role.zh} {load['person_id']} 同时在 {len(grids)} 个网格任职（{'、'.join(grids)}），"
                    f"最多 {load['grids_max']} 个",
                    f"{role.en.capitalize()} {load['person_id']} serves in {len(grids)} grids ({', '.join(grids)}); "
                    f"at most {load['grids_max']} {'is' if load['grids_max'] == 1 else 'are'} allowed",
                ),
                grid=grids[0],
                unit=str(load["person_id"]),
                value=float(len(grids)),
                limit=float(load["grids_max"]),
                geometry=case.shape(grids[0]),
            )
        )
    return rows


def _counted(case: StaffCase, role: str, column: str, wanted: int) -> list[Row]:
    title = role_text(role)
    rows = []
    counts = case.grids[column].astype(int)
    for grid, n in counts[counts != wanted].items():
        code = str(grid)
        if n == 0:
            text = Text(f"缺{title.zh}", f"No {title.en}")
        else:
            text = Text(
                f"{title.zh} {n} 名，规定 {wanted} 名",
                f"{n} {title.en}{'' if n == 1 else 's'}; the rule is {wanted}",
            )
        rows.append(Row(text, grid=code, value=float(n), limit=float(wanted), geometry=case.shape(code)))
    return rows
