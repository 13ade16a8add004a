"""`gridmap issues heat`: heat, rates and hot spots on one map, or the squares of the heat for a GIS."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from gridmap.cli.issue_kept import Which, about_period, chosen_words, issues_at, period, policy_at, stored_issues
from gridmap.cli.kept import Asked, Kept, kept, note_names, note_synthetic
from gridmap.cli.outputs import check_outputs, write_map
from gridmap.cli.screen import Screen
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput
from gridmap.issues.heat import coarse_squares, heat_of, heat_squares
from gridmap.maps.issues import MapIssues
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import Issues
from gridmap.model.profile import SMALL_COUNT, check_profile, check_side
from gridmap.model.text import Text
from gridmap.reports.figures import half_year
from gridmap.storage.verdict import judge_stored


def draw(
    asked: Asked,
    which: Which,
    out: str,
    screen: Screen,
    *,
    bandwidth_m: float | None,
    profile: str,
    title: str | None,
    force: bool,
) -> None:
    """Draw the issues of a period, or write the squares of their heat.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    ending = Path(out).suffix.lower()
    if ending not in (".html", ".gpkg"):
        raise InvalidInput(f"{out}: the name must end in .html or .gpkg", f"{out}：文件名应以 .html 或 .gpkg 结尾。")
    check_outputs({out: ending}, (), force=force)
    known = check_profile(profile, "--profile")
    with screen.progress() as steps:
        steps.stage("read")
        with kept(asked) as at:
            policy = policy_at(at)
            check_side(policy.bandwidth_m if bandwidth_m is None else bandwidth_m, known)
            issues = issues_at(at, which, policy)
            first, last = period(at, which)
            steps.stage("check")
            report = judge_stored(at.store, at.stored.entry.id, asked.version, keep=False)
        steps.stage("map")
        if ending == ".gpkg":
            _write_squares(out, at, issues, policy, bandwidth_m, is_shared=profile != "internal")
        else:
            note_names(at, screen)
            write_map(
                at.town,
                at.plan,
                report,
                at.rules,
                out,
                screen.lang,
                {"plan": f"{at.stored.entry.name} v{at.stored.version}", "seed": at.stored.meta.get("seed", "")},
                profile=profile,
                title=title or _title(at, which, policy, screen),
                records=at.records,
                day=at.day,
                issues=replace(issues_shown(at, issues, policy, first, last, bandwidth_m=bandwidth_m), is_subject=True),
            )
    note_synthetic(at, screen)
    about_period(at, which, issues, policy, screen)
    if not (issues.is_counted & issues.has_place).any():
        screen.say(
            Text(
                "其中没有一件有可用的位置，热力图是空的；请放宽时段或类别。",
                "none of them has a usable place: the heat is empty; take a longer period or more categories.",
            )
        )
    screen.say(Text(f"已写出 {out}", f"written: {out}"))


def _title(at: Kept, which: Which, policy: IssuePolicy, screen: Screen) -> str:
    """Town and subject, with the categories and tiers that were chosen: a part must not look like the whole."""
    parts = chosen_words(which, policy, screen)
    some = screen.words(f"（{'、'.join(parts)}）", f" ({', '.join(parts)})") if parts else ""
    return screen.words(f"{at.town.name}问题热力图{some}", f"Issues of {at.town.name}{some}")


def issues_shown(
    at: Kept,
    issues: Issues,
    policy: IssuePolicy,
    first: date | None,
    last: date | None,
    *,
    bandwidth_m: float | None = None,
) -> MapIssues:
    """What a map shows of issues."""
    from gridmap.maps.gather_issues import issues_of  # noqa: PLC0415 loads folium

    return issues_of(at.plan, issues, policy, day=at.day, first=first, last=last, bandwidth_m=bandwidth_m)


def half_year_shown(at: Kept) -> MapIssues | None:
    """What a map shows of the half year that ends on the day; None where no issue was ever stored."""
    first, last = half_year(at.day)
    issues = stored_issues(at, first)
    return None if issues is None else issues_shown(at, issues, policy_at(at), first, last)


def _write_squares(
    out: str, at: Kept, issues: Issues, policy: IssuePolicy, bandwidth_m: float | None, *, is_shared: bool
) -> None:
    squares = heat_squares(heat_of(issues, at.plan, policy, bandwidth_m=bandwidth_m))
    if is_shared:
        squares = coarse_squares(squares[squares["support"] >= max(policy.fewest, SMALL_COUNT)])
    about = {"gridmap_town": at.town.name, "gridmap_day": at.day.isoformat()}
    if at.is_synthetic:
        about["gridmap_synthetic"] = "合成数据 synthetic data"
    with written_whole(out) as temporary:
        squares.to_file(temporary, layer="heat", driver="GPKG", dataset_metadata=about)
