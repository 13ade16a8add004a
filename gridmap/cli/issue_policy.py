"""`gridmap issues policy`: categories, deadlines and the rest, as a town has decided them."""

from __future__ import annotations

from pathlib import Path

from gridmap.cli.issue_kept import plan_of_town
from gridmap.cli.kept import Asked, today
from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen
from gridmap.cli.stored import opened
from gridmap.data.written import written_whole
from gridmap.issues.working_days import calendar_years
from gridmap.model.issue_policy import IssuePolicy, parse_policy, policy_text
from gridmap.model.issues import TIERS
from gridmap.model.text import Text
from gridmap.storage.connect import Store
from gridmap.storage.issue_policy import save_town_policy, town_policy_text
from gridmap.storage.issue_query import count_issues


def _say_calendar(known: IssuePolicy, screen: Screen) -> None:
    """Say up to when the national holidays are known, where deadlines already reach beyond that."""
    last = calendar_years()[-1]
    if today().year >= last and not any(d.year > last for d in known.holidays | known.workdays):
        screen.say(
            Text(
                f"法定节假日只到 {last} 年，此后按周一至周五计算；"
                f"请在规则的 [calendar] 中写入 {last + 1} 年的放假和调休。",
                f"national holidays are known up to {last}, after that Monday to Friday count; write the days off and "
                f"the shifted working days of {last + 1} into [calendar] of the policy.",
            )
        )


def policy(asked: Asked, source: str | None, out: str | None, screen: Screen, *, force: bool) -> None:
    """Show the policy in use, write it to a file, or put another one into use.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({out: ".toml"}, (), force=force)
    with opened() as store:
        entry = plan_of_town(store, asked)
        if source is not None:
            toml = policy_text(source)
            new = parse_policy(toml, source)
            version = save_town_policy(store, entry.town_id, toml)
            screen.say(
                Text(
                    f"{entry.town}今后采用「{Path(source).name}」（第 {version} 版）；已定的时限不变。",
                    f"{entry.town} uses {Path(source).name} from now on (number {version}); "
                    "deadlines that were set stay.",
                )
            )
            _say_gone(store, entry.town_id, new, screen)
        toml = town_policy_text(store, entry.town_id)
    if out is not None:
        with written_whole(out) as temporary:
            temporary.write_text(toml, encoding="utf-8", newline="\n")
        screen.say(Text(f"已写出 {out}", f"written: {out}"))
    known = parse_policy(toml, "policy")
    rows = [
        (
            key,
            c.text.in_language(screen.lang),
            *(c.days[tier] for tier in TIERS),
            f"{c.duplicate_m:g} m / {c.duplicate_hours:g} h",
            c.weight,
        )
        for key, c in known.categories.items()
    ]
    days = screen.words("（工作日）", " (working days)")
    heads = [
        screen.words("键", "key"),
        screen.words("类别", "category"),
        *(TIERS[t].text.in_language(screen.lang) + days for t in TIERS),
        screen.words("疑似重复", "duplicates"),
        screen.words("热力权重", "weight"),
    ]
    screen.table("", heads, rows)
    screen.say(
        Text(
            f"规则「{known.name}」：少于 {known.fewest} 件不作判断；热力图带宽 {known.bandwidth_m:g} 米；"
            f"核查 {known.verify_days} 个工作日；截止于当日 {known.office_ends:%H:%M}。",
            f"policy {known.name}: fewer than {known.fewest} issues are too few to tell; heat maps have a bandwidth of "
            f"{known.bandwidth_m:g} m; {known.verify_days} working days to verify; deadlines end at "
            f"{known.office_ends:%H:%M}.",
        )
    )
    _say_calendar(known, screen)


def _say_gone(store: Store, town_id: int, new: IssuePolicy, screen: Screen) -> None:
    """Name the categories that issues have and the policy no more: nobody could ask for them."""
    held = count_issues(store, town_id, by=("category",)).set_index("category")["n"]
    gone = [(key, n) for key, n in held.items() if key not in new.categories]
    if gone:
        zh = "、".join(f"{key}（{n:,} 件）" for key, n in gone)
        en = ", ".join(f"{key} ({n:,})" for key, n in gone)
        screen.err.print(
            "! "
            + screen.words(
                f"规则中缺少已有问题的类别：{zh}；这些问题按「其他」计算时限，也不能按该类别筛选，请补上。",
                f"the policy lacks categories that issues have: {en}; they get the deadlines of 'other' and cannot be "
                "asked for by category; put these back",
            ),
            markup=False,
            soft_wrap=True,
        )
