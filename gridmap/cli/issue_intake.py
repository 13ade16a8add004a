"""A ledger or an export of issues into the database: what is doubtful by its cells, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gridmap.cli.issue_kept import Which, issues_at, plan_of_town, policy_at
from gridmap.cli.kept import Asked, Kept, kept
from gridmap.cli.ledgers import BATCH_KINDS
from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen, Steps
from gridmap.cli.stored import opened
from gridmap.cli.tables import check_out
from gridmap.data.issues import IssueIntake, read_issues
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.issues.deadlines import with_deadlines
from gridmap.issues.owner import Tenure, own_issues
from gridmap.model.issues import Issues, make_issues
from gridmap.model.profile import check_profile
from gridmap.model.text import Text, counted
from gridmap.reports.issues import write_issues
from gridmap.reports.plain_table import write_table
from gridmap.storage.batches import Batch, list_batches
from gridmap.storage.issues import IssueImport, compare_issues, save_issues, tenures, undo_issues
from gridmap.storage.rows import without_collector

#: So many different faults are shown on the screen; ``--corrections`` writes every row.
MOST_SHOWN: Final = 20
_LEVELS: Final = {"error": Text("必须更正", "error"), "warning": Text("请核对", "please check")}


@dataclass(frozen=True)
class Taking:
    """How a file of issues is taken in."""

    platform: str = ""
    sheet: str | None = None
    columns: dict[str, str] | None = None
    categories: str | None = None
    datum: str | None = None
    encoding: str | None = None
    corrections: str | None = None
    message: str = ""
    leave_out: bool = False
    dry_run: bool = False


def take_in(source: str, asked: Asked, how: Taking, screen: Screen, *, force: bool) -> None:
    """Read a file of issues, say what is doubtful, and store all of it or nothing.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(how.corrections, force=force)
    with screen.progress() as steps, without_collector(), kept(asked) as at:
        steps.stage("read")
        intake = _read(source, at, how)
        for note in intake.notes:
            screen.err.print(f"! {note.in_language(screen.lang)}", markup=False, soft_wrap=True)
        _show_errors(source, intake, how, screen)
        assert intake.issues is not None
        _say_left_out(intake.counts["left_out"], screen)
        steps.stage("check")
        owned = own_issues(with_deadlines(intake.issues, policy_at(at)), tenures_at(at))
        town = at.stored.entry.town_id
        if how.dry_run:
            _say_counts(compare_issues(at.store, town, owned), owned, screen)
            screen.say(Text("仅预览，没有存入。", "a dry run: nothing was stored."))
            return
        done = save_issues(
            at.store, town, owned, source=Path(source).name, message=how.message, progress=_counted(steps)
        )
    _say_counts(done, owned, screen)
    assert done.batch is not None
    if done.n_new or done.n_changed:
        screen.say(
            Text(
                f"已存入（导入 {done.batch.id}）。撤销：gridmap issues undo {done.batch.id}",
                f"stored as import {done.batch.id}. To take it back: gridmap issues undo {done.batch.id}",
            )
        )
    elif not done.conflicts:
        screen.say(Text("与已存内容相同，没有变化。", "the same as what is stored: nothing changed."))


def tenures_at(at: Kept) -> tuple[Tenure, ...]:
    """The plans that were in force, one after another; where none ever was, the plan that is looked at."""
    found = tenures(at.store, at.stored.entry.town_id)
    return found or (Tenure(at.stored.entry.name, at.stored.version, at.day, None, at.plan),)


def _counted(steps: Steps) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        steps.expect(total)
        steps.at(done)

    steps.stage("write")
    return show


def _read(source: str, at: Kept, how: Taking) -> IssueIntake:
    person = at.records.of("person")
    named = person[person["name"] != ""]
    unique = named[~named["name"].duplicated(keep=False)]  # of two people of one name nobody knows which is meant
    return read_issues(
        source,
        places=at.plan.units.jurisdictions,
        grids=at.plan.codes,
        crs=at.plan.units.frame.crs,
        day=at.day,
        policy=policy_at(at),
        source=how.platform,
        columns=how.columns,
        categories=how.categories,
        datum=how.datum,  # type: ignore[arg-type]  # read_issues refuses others with a sentence
        encoding=how.encoding,
        sheet=how.sheet,
        people=dict(zip(unique["name"], unique["person_id"], strict=True)),
        leave_out=how.leave_out,
        is_synthetic=at.town.is_synthetic,
    )


def _show_errors(source: str, intake: IssueIntake, how: Taking, screen: Screen) -> None:
    """Say what is wrong, what is said of several cells once; refuse the whole when anything is an error."""
    found = intake.errors
    if len(found):
        said = found.groupby(["severity", f"message_{screen.lang}"], sort=False)["cell"].agg(["first", "size"])
        rows = [
            (
                cell if n == 1 else screen.words(f"{cell} 等 {n:,} 处", f"{cell} and {n - 1:,} more"),
                screen.words("错误", "error") if severity == "error" else "!",
                message,
            )
            for (severity, message), cell, n in said.head(MOST_SHOWN).itertuples(name=None)
        ]
        screen.table("", screen.words("单元格,级别,说明", "cell,level,what").split(","), rows)
        if len(said) > MOST_SHOWN:
            screen.say(Text(f"… 另有 {len(said) - MOST_SHOWN} 种。", f"… and {len(said) - MOST_SHOWN} more."))
    if how.corrections and len(found):
        columns = ["severity", "cell", "column", "value", f"message_{screen.lang}"]
        heads = screen.words("级别,单元格,列,值,说明", "level,cell,column,value,what").split(",")
        levels = found[columns].assign(severity=[_LEVELS[s].in_language(screen.lang) for s in found["severity"]])
        name = Path(source).name
        title = screen.words(f"{name}：待更正", f"{name}: to correct")
        write_table(how.corrections, levels, heads, title=title, line="")
        screen.say(Text(f"已写出 {how.corrections}", f"written: {how.corrections}"))
    n_errors = int((found["severity"] == "error").sum())
    if intake.issues is None:
        name, noun = Path(source).name, "error" if n_errors == 1 else "errors"
        worst = found[found["severity"] == "error"].iloc[0]
        raise InvalidInput(
            f"{name}: {n_errors} {noun} (first {worst['cell']}: {worst['message_en']}), nothing was stored; correct "
            "the rows and import again, or leave them out with --leave-out",
            f"{name}：有 {n_errors} 处错误（首处 {worst['cell']}：{worst['message_zh']}），没有存入任何数据；"
            "请更正后重新导入，或加 --leave-out 跳过这些行。",
        )


def _say_left_out(n: int, screen: Screen) -> None:
    if n:
        screen.say(
            Text(f"{n:,} 行有错误，已跳过。", f"{counted(n, 'row')} with errors {'is' if n == 1 else 'are'} left out.")
        )


def _say_counts(done: IssueImport, issues: Issues, screen: Screen) -> None:
    n_owned = int((issues.frame["grid"] != "").sum())
    screen.say(
        Text(
            f"共 {len(issues):,} 件：新增 {done.n_new:,}，变更 {done.n_changed:,}，不变 {done.n_unchanged:,}；"
            f"{n_owned:,} 件落在网格内。",
            f"{counted(len(issues), 'issue')}: {done.n_new:,} new, {done.n_changed:,} changed, "
            f"{done.n_unchanged:,} unchanged; "
            f"{n_owned:,} {'lies' if n_owned == 1 else 'lie'} in a grid.",
        )
    )
    if done.conflicts:
        n = len(done.conflicts)
        screen.err.print(
            "! "
            + screen.words(
                f"{n} 件在本系统中已继续办理，来件与之不符，未作更改：{first_ten_zh(done.conflicts)}。",
                f"{counted(n, 'issue')} went further here and the file says otherwise; nothing of this is changed: "
                f"{first_ten(done.conflicts)}.",
            ),
            markup=False,
            soft_wrap=True,
        )


def hand_out(out: str, asked: Asked, which: Which, profile: str, screen: Screen, *, blank: bool, force: bool) -> None:
    """Write the ledger of issues, or a blank form.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({out: ".xlsx"}, (), force=force)
    known = check_profile(profile, "--profile")
    with screen.progress() as steps, kept(asked) as at:
        steps.stage("read")
        policy = policy_at(at)
        crs = at.plan.units.frame.crs
        issues = Issues(make_issues({}, [], crs)) if blank else issues_at(at, which, policy, is_half_year=False)
        steps.stage("write")
        write_issues(out, issues, at.plan, policy, profile=known, lang=screen.lang, town=at.town, day=at.day)
    how_many = Text("", "") if blank else Text(f"（{len(issues):,} 件）", f" ({counted(len(issues), 'issue')})")
    screen.say(Text(f"已写出 {out}{how_many.zh}", f"written: {out}{how_many.en}"))


def show_imports(asked: Asked, screen: Screen) -> None:
    """List the imports of issues.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry = plan_of_town(store, asked)
        found = [b for b in list_batches(store, entry.town_id) if "issue" in b.registers]
    if not found:
        screen.say(Text("还没有导入记录。", "nothing was taken in yet."))
        return
    heads = screen.words(
        "编号,方式,时间,何人,来源,新增,变更,撤回,说明", "number,how,when,who,source,new,changed,withdrawn,why"
    )
    screen.table("", heads.split(","), [_row(b, screen) for b in found])


def _row(batch: Batch, screen: Screen) -> tuple[object, ...]:
    kind = BATCH_KINDS[batch.kind].in_language(screen.lang)
    return (
        batch.id,
        kind if batch.undoes is None else f"{kind} {batch.undoes}",
        batch.at.astimezone().strftime("%Y-%m-%d %H:%M"),
        batch.actor,
        batch.source,
        batch.n_new,
        batch.n_changed,
        batch.n_ended,
        batch.message,
    )


def undo(asked: Asked, number: int, screen: Screen) -> None:
    """Take an import of issues back.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry = plan_of_town(store, asked)
        known = [b.id for b in list_batches(store, entry.town_id) if "issue" in b.registers]
        if number not in known:
            raise InvalidInput(
                f"there is no import {number} of issues; there are {first_ten(known) or 'none'}",
                f"没有编号为 {number} 的问题导入；现有：{first_ten_zh(known) or '无'}。",
            )
        done = undo_issues(store, entry.town_id, number)
    screen.say(
        Text(
            f"已撤销导入 {number}（记为 {done.id}）；文件再次导入即可恢复。",
            f"import {number} is taken back (as {done.id}); importing the file again brings it back.",
        )
    )
