"""What devices did offline comes in as a file of events: every one, or a sentence that says which line is wrong."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from gridmap.data.device_events import read_events
from gridmap.errors import InvalidInput

ONE = "6f1c1de0-9f4a-4a55-8f5e-0a4dbb6a6a01"
TWO = "6f1c1de0-9f4a-4a55-8f5e-0a4dbb6a6a02"
REPORT = {
    "issue": "WT1",
    "event_id": ONE,
    "base_version": 0,
    "action": "report",
    "at": "2020-02-03T09:30:00",
    "actor": "WG0001",
    "role": "reporter",
    "facts": {"category": "fire", "description": "楼道堆物"},
}
SETTLE = {
    "issue": "WT1",
    "event_id": TWO,
    "base": ONE,
    "base_version": 1,
    "action": "settle",
    "at": "2020-02-03T10:00:00.250",
    "actor": "WG0001",
    "role": "member",
    "tier": "grid",
    "due_at": "2020-02-06T17:30:00",
}


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "设备.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_events_come_as_they_were_written(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(REPORT, ensure_ascii=False), "", json.dumps(SETTLE))
    report, settle = read_events(path)
    assert report.base is None
    assert report.facts == {"category": "fire", "description": "楼道堆物"}
    assert settle.base == UUID(ONE)
    assert settle.at == datetime(2020, 2, 3, 10, 0)
    assert settle.due_at == datetime(2020, 2, 6, 17, 30)
    assert (settle.tier, settle.handler, settle.until) == ("grid", "", None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"action": "dance"}, "action is one of"),
        ({"role": "mayor"}, "role is one of"),
        ({"tier": "city"}, "tier is one of"),
        ({"event_id": "7"}, "event_id is a UUID"),
        ({"event_id": 7}, "event_id is a UUID"),
        ({"at": "yesterday"}, "at is a time"),
        ({"at": "2020-02-03T09:30:00+08:00"}, "without a zone"),
        ({"base_version": -1}, "base_version is a whole number"),
        ({"base_version": True}, "base_version is a whole number"),
        ({"actor": None}, "lacks actor"),
        ({"name": "王芳"}, "has unknown name"),
        ({"note": 3}, "note is no text"),
        ({"facts": [1]}, "facts is no JSON object"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_taken_in(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = written(tmp_path, json.dumps(REPORT), json.dumps(SETTLE | change))
    with pytest.raises(InvalidInput, match=r"设备\.jsonl:2: .*nothing was taken in") as caught:
        read_events(path)
    assert said in str(caught.value)
    assert caught.value.zh.startswith("设备.jsonl:2：")


def test_what_is_no_log_of_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no JSON"):
        read_events(written(tmp_path, "issue;action"))
    with pytest.raises(InvalidInput, match="is no JSON object"):
        read_events(written(tmp_path, "[1]"))
    with pytest.raises(InvalidInput, match="holds no event"):
        read_events(written(tmp_path, "", "  "))
    with pytest.raises(InvalidInput, match="no such file") as caught:
        read_events(tmp_path / "absent.jsonl")
    assert caught.value.zh.endswith("absent.jsonl：没有这个文件。")
    path = tmp_path / "gbk.jsonl"
    path.write_bytes("楼道".encode("gb18030"))
    with pytest.raises(InvalidInput, match="is not UTF-8"):
        read_events(path)
