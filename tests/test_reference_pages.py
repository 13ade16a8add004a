"""Two pages say what the code says: `python tests/test_reference_pages.py` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridmap.life.checks import LIFE_CHECKS
from gridmap.model.register import Column, Register
from gridmap.model.registers import REGISTERS
from gridmap.people.checks import STAFF_CHECKS
from gridmap.points.checks import POINT_CHECKS

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
PAGE, CHECKS_PAGE = REFERENCE / "registers.md", REFERENCE / "checks-registers.md"
TYPES = {
    "text": "文字 text",
    "word": "选项 one of",
    "words": "多项文字，用顿号或逗号隔开 texts, by commas",
    "count": "非负整数 whole number ≥ 0",
    "day": "日期 day",
    "yes": "是/否 yes or no",
    "grid": "网格编号，或村居加序号 grid code, or jurisdiction and number",
    "grids": "一个或多个网格 one or more grids",
    "jurisdiction": "村居代码或名称 code or name",
    "place": "经度、纬度两列，或矢量图层 longitude and latitude, or a layer",
}
HEAD = """# Registers 登记表

What a town keeps about its grids, table by table. A ledger (台账) in Excel or CSV is the form in which a register
comes in and goes out: its columns are found by their heading, in Chinese or English, or by a synonym.
`gridmap GROUP export --blank` writes an empty form. In Python a register is a frame with the columns below, in this
order (`gridmap.model.registers`).

各类登记的内容。台账按表头识别列，中英文表头及同义词均可；`gridmap GROUP export --blank` 可导出空白表样。`*` 为必填。

Days are written 2020-02-05, 2020/2/5, 2020.2.5, 2020年2月5日 or 20200205. `Until`, `Closed on` and `Dissolved on`
are the first day on which it no longer holds. 「离任日期」「停用日期」「撤销日期」当日起不再有效。
"""


def _row(register: Register, column: Column) -> str:
    kind = TYPES[column.type]
    if column.choices:
        words = [
            f"{key}: {c.text.zh}" + (f"（{'、'.join(c.synonyms)}）" if c.synonyms else "")
            for key, c in column.choices.items()
        ]
        kind = "; ".join(words)
    marks = ("*" if column.is_needed else "") + ("†" if column.is_personal else "")
    name = f"**`{column.name}`**" if column.name in register.key else f"`{column.name}`"
    return f"| {name}{marks} | {column.title.zh} · {column.title.en} | {'、'.join(column.synonyms)} | {kind} |"


def page() -> str:
    """The page as it should be."""
    parts = [HEAD]
    group = ""
    for register in REGISTERS.values():
        if register.group != group:
            group = register.group
            parts.append(f"## `gridmap {group}`\n")
        sheets = "、".join((register.title.zh, register.title.en, *register.synonyms))
        parts.append(f"### `{register.name}` {register.title.zh} · {register.title.en}\n\nSheet 工作表: {sheets}\n")
        parts.append("| column | heading 表头 | synonyms 同义词 | holds 内容 |\n|---|---|---|---|")
        parts.append("\n".join(_row(register, c) for c in register.columns) + "\n")
    parts.append(
        "Bold: together they tell one record from another. `*`: needed. `†`: personal, kept apart and read by role "
        "only. 加粗列合起来区分记录；†为个人信息，单独存放、按角色读取。\n"
    )
    return "\n".join(parts)


CHECKS_HEAD = """# Checks of registers

`gridmap points|people|lists|party|services check` hold what is stored against the grids of a plan, on a day. A finding
has the shape of [those of plans](checks.md): check, severity, grid or jurisdiction, the record in `unit`, value and
limit, a sentence in Chinese and in English. Hard: a record cannot be true as it stands. Soft: something is missing or
ought to be better. Info: worth knowing. A check runs only where a register that it needs was ever recorded. Sentences
name people by their id, never by name.

检查内容与方案检查同一格式：错误（记录不可能为真）、宜改进、提示。说明中只写人员编号，不写姓名。

| check 检查 | what 内容 | severity | unit |
|---|---|---|---|
"""


def checks_page() -> str:
    """The page as it should be."""
    checks = (*POINT_CHECKS, *STAFF_CHECKS, *LIFE_CHECKS)
    rows = [f"| `{c.id}` | {c.name.zh} · {c.name.en} | {c.severity} | {c.measure_unit} |" for c in checks]
    return CHECKS_HEAD + "\n".join(rows) + "\n"


@pytest.mark.parametrize(("path", "text"), [(PAGE, page()), (CHECKS_PAGE, checks_page())], ids=["registers", "checks"])
def test_page_says_what_the_code_says(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text, "python tests/test_reference_pages.py writes the page anew"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    CHECKS_PAGE.write_text(checks_page(), encoding="utf-8")
