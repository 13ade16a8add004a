"""Rules are data: every preset loads, every number has a source, and a wrong file gets one clear sentence."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from gridmap import load_rules
from gridmap.errors import InvalidRules
from gridmap.model.rules import PRESETS, Rules, parse_rules
from gridmap.model.units import JURISDICTION_KINDS

TEXT = resources.files("gridmap.model").joinpath("presets", "shanyang-2020.toml").read_text("utf-8")


def edited(old: str, new: str) -> str:
    """The default preset with its first `old` replaced."""
    assert old in TEXT
    return TEXT.replace(old, new, 1)


@pytest.fixture(params=PRESETS)
def preset(request: pytest.FixtureRequest) -> Rules:
    return load_rules(request.param)


class TestPresets:
    def test_every_file_is_a_preset(self) -> None:
        files = resources.files("gridmap.model").joinpath("presets").iterdir()
        assert {f.name for f in files} == {f"{name}.toml" for name in PRESETS}

    def test_name_title_and_kinds(self, preset: Rules) -> None:
        assert preset.name in PRESETS
        assert preset.title.zh != preset.title.en
        assert set(preset.profiles) == set(JURISDICTION_KINDS)

    def test_every_number_has_a_source(self, preset: Rules) -> None:
        table = tomllib.loads(preset.text)
        numbers = [
            f"{section}.{key}"
            for section, entries in table.items()
            if isinstance(entries, dict)
            for key in entries
            if section != "title" and key != "counted"
        ]
        assert len(numbers) == 3 * 5 + 2 + 9 + 1 + 2
        assert set(preset.sources) == set(numbers)
        assert all(len(source) > 10 for source in preset.sources.values())

    def test_a_preset_repeats_itself_from_its_text(self, preset: Rules) -> None:
        assert parse_rules(preset.text) == preset

    def test_the_default_by_hand(self) -> None:
        rules = load_rules()
        assert rules.name == "shanyang-2020"
        village, area = rules.profile("village"), rules.profile("residential_area")
        assert (village.counted, village.lower, village.upper, village.target) == ("units", 2, 3, 2.5)
        assert (area.counted, area.lower, area.upper, area.target, area.quality) == ("households", 240, 360, 300, 0.1)
        assert rules.profile("preparatory_group") == area
        assert (rules.codes.jurisdiction_digits, rules.codes.sequence_digits) == (12, 3)
        assert (rules.staffing.leaders, rules.staffing.instructors) == (1, 1)
        assert (rules.staffing.members_min, rules.staffing.members_max) == (6, 10)
        assert rules.sources["residential_area.upper"].startswith("our decision")
        assert not rules.sources["residential_area.target"].startswith("our decision")

    def test_dedicated_differs_by_its_kinds_alone(self) -> None:
        default, dedicated = load_rules(), load_rules("dedicated")
        assert default.profiles == dedicated.profiles
        assert set(default.dedicated_kinds) < set(dedicated.dedicated_kinds)

    def test_a_kind_without_a_profile(self) -> None:
        with pytest.raises(InvalidRules, match="'shanyang-2020' have no profile for 'island'"):
            load_rules().profile("island")


SPANS = (
    "households_per_leader_max",
    "households_per_member_max",
    "grids_per_leader_max",
    "grids_per_instructor_max",
    "grids_per_member_max",
)


class TestSpanOfControl:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("shanyang-2020", (720, 60, 2, 2, 1)),  # 2 × 360; 360 / 6
            ("dedicated", (720, 60, 2, 2, 1)),
            ("300-500", (1000, 84, 2, 2, 1)),  # 2 × 500; 500 / 6 = 83.3
            ("micro-grid", (160, 14, 2, 2, 1)),  # 2 × 80; 80 / 6 = 13.3
        ],
    )
    def test_of_the_presets_by_hand(self, name: str, expected: tuple[int, ...]) -> None:
        staffing = load_rules(name).staffing
        assert tuple(getattr(staffing, span) for span in SPANS) == expected

    def test_an_older_file_is_read_and_judged_as_its_preset(self, preset: Rules) -> None:
        before = "\n".join(line for line in preset.text.splitlines() if not line.startswith(SPANS))
        older = parse_rules(before)
        assert older.staffing == preset.staffing
        assert set(older.sources) == set(preset.sources)
        for span in SPANS:
            assert older.sources[f"staffing.{span}"].startswith("our decision, as the rule file does not say")

    def test_an_older_file_without_a_minimum_of_members(self) -> None:
        before = "\n".join(line for line in TEXT.splitlines() if not line.startswith(SPANS))
        staffing = parse_rules(before.replace("members_min = { value = 6", "members_min = { value = 0")).staffing
        assert staffing.households_per_member_max == 360

    def test_one_entry_may_be_given_alone(self) -> None:
        before = "\n".join(line for line in TEXT.splitlines() if not line.startswith(SPANS[1:]))
        rules = parse_rules(before.replace("value = 720", "value = 600"))
        assert rules.staffing.households_per_leader_max == 600
        assert rules.sources["staffing.households_per_leader_max"].startswith("our decision: two of the largest")
        assert rules.staffing.grids_per_leader_max == 2

    def test_a_section_that_is_no_section(self) -> None:
        start = TEXT.index("[staffing]")
        wrong = TEXT[:start] + TEXT[TEXT.index("[dedicated]") :]
        with pytest.raises(InvalidRules, match=r"entry 'staffing\.members_min' is missing"):
            parse_rules("staffing = 3\n" + wrong)


class TestOwnFile:
    def test_is_read_by_its_path(self, tmp_path: Path) -> None:
        file = tmp_path / "我们镇.toml"
        file.write_text(edited('name = "shanyang-2020"', 'name = "我们镇"'), encoding="utf-8")
        assert load_rules(file).name == "我们镇"
        assert load_rules(str(file)) == load_rules(file)

    def test_no_such_preset_or_file(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRules, match=r"no rules 'shanyang': give a preset \(shanyang-2020, .*\) or the path"):
            load_rules("shanyang")
        with pytest.raises(InvalidRules, match="no rules"):
            load_rules(tmp_path)

    def test_another_encoding(self, tmp_path: Path) -> None:
        file = tmp_path / "gbk.toml"
        file.write_bytes(TEXT.encode("gb18030"))
        with pytest.raises(InvalidRules, match=r"gbk\.toml: a rule file must be UTF-8 text \(.* at byte \d+\)"):
            load_rules(file)

    def test_no_toml(self, tmp_path: Path) -> None:
        file = tmp_path / "rules.toml"
        file.write_text("[village\n", encoding="utf-8")
        with pytest.raises(InvalidRules, match=r"rules\.toml: not valid TOML: .*line 1"):
            load_rules(file)


SOURCE = 'source = "Shanyang Town, February 2020: 2 to 3 villager groups a grid"'
LOWER = f"lower = {{ value = 2, {SOURCE} }}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (LOWER, "", "entry 'village.lower' is missing"),
        (LOWER, "lower = 2", "village.lower must read"),
        (LOWER, "lower = { value = 2 }", "village.lower must read"),
        (LOWER, 'lower = { value = 2, source = "x", unit = "groups" }', "village.lower must read"),
        (LOWER, "lower = { value = 2, source = 2020 }", "village.lower must read"),
        (LOWER, LOWER.replace("value = 2", "value = 0"), "village.lower must be a whole number from 1; got 0"),
        (LOWER, LOWER.replace("value = 2", "value = 2.5"), "village.lower must be a whole number from 1; got 2.5"),
        (LOWER, LOWER.replace("value = 2", 'value = "two"'), "must be a whole number from 1; got 'two'"),
        (LOWER, LOWER.replace("value = 2", "value = true"), "must be a whole number from 1; got True"),
        (LOWER, LOWER.replace("value = 2", "value = 4"), "village needs lower ≤ target ≤ upper; got 4, 2.5, 3"),
        ("value = 2.5", "value = nan", "village.target must be a number above 0; got nan"),
        ("value = 2.5", "value = inf", "village.target must be a number above 0; got inf"),
        ("value = 2.5", "value = -1", "village.target must be a number above 0; got -1"),
        ("value = 2.5", "value = 3.5", "village needs lower ≤ target ≤ upper; got 2, 3.5, 3"),
        ("value = 0.25", "value = 1.5", "village.quality must lie between 0 and 1; got 1.5"),
        ('counted = "units"', 'counted = "persons"', "village.counted must be"),
        ('counted = "units"', "counted = 2", "village.counted must be text"),
        (LOWER, f"{LOWER}\nlowr = {{ value = 2, {SOURCE} }}", r"unknown entries \(misspelt\?\): village.lowr$"),
        ("[barriers]", "[barrier]", "entry 'barriers.kinds' is missing"),
        ("[title]", "[notes]\nby = 'us'\n[title]", r"unknown entries \(misspelt\?\): notes.by$"),
        ('name = "shanyang-2020"', 'name = ""', "name must be text that is not empty"),
        ('value = ["mall"]', 'value = "mall"', "dedicated.kinds must be a list of words; got 'mall'"),
        ('value = ["mall"]', "value = [1]", "dedicated.kinds must be a list of words"),
        (
            "members_min = { value = 6",
            "members_min = { value = 11",
            "staffing needs members_min ≤ members_max; got 11, 10",
        ),
        (
            "grids_per_member_max = { value = 1",
            "grids_per_member_max = { value = 0",
            "staffing.grids_per_member_max must be a whole number from 1; got 0",
        ),
        (
            "households_per_leader_max = { value = 720",
            "households_per_leader = { value = 720",
            r"unknown entries \(misspelt\?\): staffing.households_per_leader$",
        ),
        (
            "road_class = { value = 2",
            "road_class = { value = 9",
            "road_class must be a whole number from 1 to 4; got 9",
        ),
        (
            "sequence_digits = { value = 3",
            "sequence_digits = { value = 0",
            "sequence_digits must be a whole number from 1",
        ),
    ],
)
def test_a_wrong_entry_gets_one_clear_sentence(old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidRules, match=said) as caught:
        parse_rules(edited(old, new), where="town.toml")
    assert str(caught.value).startswith("town.toml: ")
    assert not re.search(r"[\n\r]", str(caught.value))
    assert caught.value.zh.startswith("town.toml：")
    assert re.search(r"[\u4e00-\u9fff]", caught.value.zh)
