"""Times as people and platforms write them."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.data.issues_times import read_times


def one(text: str) -> np.datetime64:
    time: np.datetime64 = read_times(np.array([text], dtype=object)).times[0]
    return time


@pytest.mark.parametrize(
    "text",
    [
        "2019-09-03 08:05:00", "2019/9/3 8:5", "2019/09/03 08:05:00", "2019年9月3日 8:05", "2019年9月3号8时5分",
        "2019.9.3 8:05", "２０１９年９月３日　８：０５", "2019-09-03T08:05:00", "2019-09-03T08:05:00.250",
        "2019-09-03T08:05:00+08:00", "2019-09-03 08:05:00Z", "43711.3368055556", "20190903080500", "20190903 0805",
        "2019年9月3日上午8:05", "9/3/2019 8:05:00 AM", "9/3/2019 08:05", "  2019-9-3 8:5  ",
    ],
)  # fmt: skip
def test_one_time_in_many_forms(text: str) -> None:
    assert one(text) == np.datetime64("2019-09-03T08:05:00")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2019-09-03 24:00", "2019-09-04T00:00"),
        ("2019-09-03 24:00:00", "2019-09-04T00:00"),
        ("2019年9月3日下午3点", "2019-09-03T15:00"),
        ("2019年9月3日中午12:30", "2019-09-03T12:30"),
        ("2019年9月3日凌晨12:30", "2019-09-03T00:30"),
        ("2019-09-03 12:30 PM", "2019-09-03T12:30"),
    ],
)
def test_halves_of_the_day_and_its_end(text: str, time: str) -> None:
    assert one(text) == np.datetime64(time)


@pytest.mark.parametrize("text", ["2019-09-03", "2019/9/3", "2019年9月3日", "20190903", "43711", "2019.9.3"])
def test_a_day_without_a_time(text: str) -> None:
    read = read_times(np.array([text], dtype=object))
    assert read.times[0] == np.datetime64("2019-09-03")
    assert read.is_day[0]


def test_what_is_no_time_is_told_from_what_is_blank() -> None:
    texts = [
        "",
        "-",
        "无",
        "0000-00-00 00:00:00",
        "null",
        "昨天",
        "2019-02-30",
        "2019-09-03 24:01",
        "8:05",
        "3",
        "99999",
    ]
    read = read_times(np.array(texts, dtype=object))
    assert np.isnat(read.times).all()
    assert [texts[i] for i in read.wrong] == texts[5:]


def test_rare_forms_in_a_long_column_are_found() -> None:
    texts = ["2019/9/3 8:05"] * 5_000 + ["2019年9月3日8点5分", "2019-09-03 08:05:00", "9/3/2019 8:05:00 AM", "x"]
    read = read_times(np.array(texts, dtype=object))
    assert set(read.times[:-1]) == {np.datetime64("2019-09-03T08:05:00")}
    assert read.wrong.tolist() == [len(texts) - 1]
    assert read.n_american == 1
