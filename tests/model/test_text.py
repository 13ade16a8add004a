"""A sentence in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridmap import Text
from gridmap.model.text import counted, why_unreadable


def test_a_sentence_is_given_in_the_language_asked_for() -> None:
    text = Text("12 个网格", "12 grids")
    assert text.in_language("zh") == "12 个网格"
    assert text.in_language("en") == "12 grids"


@pytest.mark.parametrize(("n", "said"), [(0, "0 issues"), (1, "1 issue"), (1250, "1,250 issues")])
def test_one_is_no_plural(n: int, said: str) -> None:
    assert counted(n, "issue") == said


def test_why_a_file_cannot_be_read_is_said_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as absent:
        (tmp_path / "absent").read_text("utf-8")
    assert why_unreadable(absent.value) == Text("没有这个文件", "there is no such file")
    with pytest.raises(IsADirectoryError) as folder:
        tmp_path.read_text("utf-8")
    assert why_unreadable(folder.value).zh == "是文件夹，不是文件"
    assert why_unreadable(PermissionError(13, "Permission denied")).zh == "没有读取权限"
    assert why_unreadable(OSError(5, "Input/output error")).zh == "无法读取（错误号 5）"
    with pytest.raises(UnicodeDecodeError) as other:
        "楼道".encode("gb18030").decode("utf-8")
    assert why_unreadable(other.value).zh.startswith("不是 UTF-8 文本")
