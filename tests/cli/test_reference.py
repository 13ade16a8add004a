"""The page of the command line names every command, every option and every exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from gridmap.cli import app as module
from gridmap.model.rules import PRESETS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/cli.md").read_text("utf-8")
REGISTERS_PAGE = (ROOT / "docs/reference/cli-registers.md").read_text("utf-8")
#: Groups that have a page of their own.
PAGES = {group: (ROOT / f"docs/reference/cli-{group}.md").read_text("utf-8") for group in ("issues", "patrols")}
REGISTERS = ("points", "people", "lists", "party", "services")
GROUPS = ("db", "store", *REGISTERS, *PAGES)
#: What every group of registers can do is described once.
COMMON = ("import", "check", "export", "imports", "undo")
TOP = typer.main.get_command(module.app).commands  # type: ignore[attr-defined]
COMMANDS = {name: command for name, command in TOP.items() if name not in GROUPS} | {
    f"{group} {name}": command for group in GROUPS for name, command in TOP[group].commands.items()
}


def page_of(command: str) -> tuple[str, str]:
    """The page that describes a command, and what it is called there."""
    group, _, name = command.partition(" ")
    if group in PAGES:
        return PAGES[group], command
    if group not in REGISTERS:
        return PAGE, command
    return REGISTERS_PAGE, f"GROUP {name}" if name in COMMON else command


def section(command: str) -> str:
    """What the page says of a command, with the options that several share."""
    page, called = page_of(command)
    _, _, rest = page.partition(f"\n## `gridmap {called}`\n")
    own, _, _ = rest.partition("\n## ")
    _, _, shared = page.partition("\n## Options that several commands share")
    return own + shared.partition("\n## ")[0]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_described(name: str) -> None:
    page, called = page_of(name)
    assert f"[`{called}`](#gridmap-{called.lower().replace(' ', '-')})" in page
    options = [o for p in COMMANDS[name].params for o in p.opts if o.startswith("-")]
    said = section(name)
    assert [o for o in options if not re.search(rf"`{re.escape(o)}[ `]|\[{re.escape(o)} ", said)] == []


def test_no_option_is_described_that_is_not_there() -> None:
    known = {o for c in COMMANDS.values() for p in c.params for o in p.opts} | {"--help"}
    for page in (
        "docs/reference/cli.md",
        "docs/reference/cli-registers.md",
        "docs/reference/cli-issues.md",
        "docs/reference/cli-patrols.md",
        "docs/howto/registers.md",
        "docs/howto/issues.md",
        "docs/howto/plan.md",
        "docs/howto/input.md",
        "docs/howto/input.zh.md",
    ):
        used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / page).read_text("utf-8")))
        assert used - known == set(), page


def test_no_sentence_names_an_option_that_is_not_there() -> None:
    known = {o for c in COMMANDS.values() for p in c.params for o in p.opts} | {"--help"}
    for path in sorted((ROOT / "gridmap").rglob("*.py")):
        # a text that begins with an option is handed to another program (pg_dump, initdb), as is apt-get's
        used = set(re.findall(r"(?<![\w\"'-])--[a-z][a-z-]+", path.read_text("utf-8")))
        assert used - known - {"--no-install-recommends"} == set(), path.name


def test_every_exit_code_and_preset_is_described() -> None:
    codes = (module.BROKEN, module.USAGE, module.OUTPUT, module.MISSING, module.STORE, module.CONFLICT)
    for code in (*codes, module.FAULT, module.INTERRUPTED):
        assert f"\n| {code} | " in PAGE
    assert [p for p in PRESETS if f"`{p}`" not in PAGE] == []
