"""The rules of the house that no linter knows; each rule is also shown to catch what it is there for."""

from __future__ import annotations

import ast
import builtins
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import gridmap
from gridmap import errors

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "gridmap"
MODULES = sorted(PACKAGE.rglob("*.py"))
VENDOR = PACKAGE / "maps" / "vendor"
#: Where an unforeseen error may be caught: the job runner, which gives it the name of its item.
DOORS: frozenset[str] = frozenset({"gridmap/jobs/run.py"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def module_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of the repository's own files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [p for p in paths if p.is_file() and VENDOR not in p.parents]


def tracked_texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:4096]:
            yield module_id(path), data.decode("utf-8")


# --- docstrings and raised exceptions -------------------------------------------------------------------------


def public_functions(tree: ast.Module) -> Iterator[tuple[str, Function, ast.ClassDef | None]]:
    """Functions and methods that callers may use, each with its class."""
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node.name, node, None
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for member in node.body:
                if isinstance(member, Function) and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}", member, node


def without_docstring(source: str) -> list[str]:
    tree = ast.parse(source)
    classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    found = [c.name for c in classes if not ast.get_docstring(c)]
    found += [name for name, node, _ in public_functions(tree) if not ast.get_docstring(node)]
    return found if ast.get_docstring(tree) else ["the module", *found]


def raised_in(node: ast.AST) -> set[str]:
    """Names of exception classes in the raise statements of a function, nested functions included."""
    names = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Raise) and child.exc is not None:
            exc = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            if isinstance(exc, ast.Name) and exception_class(exc.id) is not None:
                names.add(exc.id)
    return names


def exception_class(name: str) -> type[BaseException] | None:
    found = getattr(errors, name, getattr(builtins, name, None))
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def private_calls(node: ast.AST) -> set[str]:
    """Names of the module's own private functions, and of private methods, that a function calls."""
    called = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            match child.func:
                case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name):
                    if name.startswith("_") and not name.startswith("__"):
                        called.add(name)
    return called


def raised_with_helpers(node: ast.AST, functions: dict[str, list[Function]]) -> set[str]:
    raised, seen, todo = set[str](), set[str](), [node]
    while todo:
        here = todo.pop()
        raised |= raised_in(here)
        fresh = private_calls(here) - seen
        seen |= fresh
        todo += [function for name in fresh for function in functions.get(name, [])]
    return raised


def covers(section: str, name: str) -> bool:
    wanted = exception_class(name)
    assert wanted is not None
    named = [exception_class(word) for word in re.findall(r"\b[A-Z]\w+", section)]
    return any(n is not None and n not in (Exception, BaseException) and issubclass(wanted, n) for n in named)


def unnamed_exceptions(source: str) -> list[str]:
    """``function: exception`` for each exception that a public function raises and its docstring does not name."""
    tree = ast.parse(source)
    functions: dict[str, list[Function]] = {}
    for node in ast.walk(tree):
        if isinstance(node, Function):
            functions.setdefault(node.name, []).append(node)
    documented = [(name, node, ast.get_docstring(node)) for name, node, _ in public_functions(tree)]
    for owner in (n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")):
        births = [m for m in owner.body if isinstance(m, Function) and m.name in ("__init__", "__post_init__")]
        documented += [(owner.name, born, ast.get_docstring(owner)) for born in births]
    found = []
    for name, node, docstring in documented:
        _, _, section = (docstring or "").partition("Raises\n")
        missing = sorted(e for e in raised_with_helpers(node, functions) if not covers(section, e))
        found += [f"{name}: {e}" for e in missing]
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_public_names_have_docstrings(path: Path) -> None:
    assert without_docstring(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_docstrings_name_what_is_raised(path: Path) -> None:
    assert unnamed_exceptions(path.read_text("utf-8")) == []


def test_a_missing_docstring_is_seen() -> None:
    source = '"""A module."""\ndef shown(): ...\ndef _hidden(): ...\nclass Value:\n    def method(self): ...\n'
    assert without_docstring(source) == ["Value", "shown", "Value.method"]
    assert without_docstring("x = 1") == ["the module"]


def test_an_unnamed_exception_is_seen() -> None:
    source = '''
def own(): raise InvalidPlan("…")
def named():
    """Do.

    Raises
    ------
    InvalidPlan
        If not.
    """
    raise InvalidPlan("…")
def by_parent():
    """Do.

    Raises
    ------
    InvalidInput
        If not.
    """
    raise MissingCrs
def through_another(): _check()
def _check(): raise ValueError("…")
class Value:
    """A value."""
    def __post_init__(self): self._look()
    def _look(self): raise InvalidUnits("…")
'''
    assert unnamed_exceptions(source) == [
        "own: InvalidPlan",
        "through_another: ValueError",
        "Value: InvalidUnits",
    ]


# --- what must not stand anywhere -----------------------------------------------------------------------------


def catches_all(source: str) -> list[int]:
    """Lines that catch every error and go on; catching to clean up and raising again is allowed."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            broad = any(
                k is None or (isinstance(k, ast.Name) and k.id in ("Exception", "BaseException")) for k in kinds
            )
            last = node.body[-1]
            if broad and not (isinstance(last, ast.Raise) and last.exc is None):
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_no_error_is_swallowed(path: Path) -> None:
    if module_id(path) not in DOORS:
        assert catches_all(path.read_text("utf-8")) == []


def test_a_swallowed_error_is_seen() -> None:
    assert catches_all("try: f()\nexcept Exception: pass") == [2]
    assert catches_all("try: f()\nexcept: pass") == [2]
    assert catches_all("try: f()\nexcept (OSError, BaseException) as e: log(e)") == [2]
    assert catches_all("try: f()\nexcept BaseException:\n    clean()\n    raise") == []
    assert catches_all("try: f()\nexcept OSError: pass") == []


MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|farm|tmp|home|root|opt|Users)/\w")
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|crates|anaconda)\.(?:org|com|io)\b")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|NotImplemented" + "Error")


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATH, REGISTRY, UNFINISHED], ids=["machine path", "registry", "unfinished"]
)
def test_no_trace_of_a_workshop(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_traces_are_seen() -> None:
    slash = "/"
    assert MACHINE_PATH.search(f'open("{slash}tmp{slash}x")')
    assert not MACHINE_PATH.search("see docs/work/x and a/home/b")
    assert REGISTRY.search("https:" + "//pypi." + "org/simple")
    assert UNFINISHED.search("# TO" + "DO later")


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_files_are_named_after_their_subject_and_stay_small(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "misc"}
    if path.stem != "kernels":  # numba does not see a change in a compiled callee of another file: they stay together
        assert len(path.read_text("utf-8").splitlines()) <= 400, "does it hold one subject?"


# --- requirements and set-up ----------------------------------------------------------------------------------

REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


def unpinned(text: str) -> list[str]:
    """Logical lines of a requirement file that are no ``name==version`` with at least one hash."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    good = re.compile(r"[A-Za-z0-9._\[\],-]+==\S+(?: ;[^#]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+")
    return [line for line in lines if line and not line.startswith("#") and not good.fullmatch(line)]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=module_id)
def test_requirements_are_pinned_with_hashes_and_name_no_host(path: Path) -> None:
    text = path.read_text("utf-8")
    assert unpinned(text) == []
    assert "http" not in text.lower().replace("httpcore", "").replace("httpx", "")


def test_an_unpinned_requirement_is_seen() -> None:
    digest = "--hash=sha256:" + "0" * 64
    assert unpinned(f"a==1 \\\n    {digest}\nb==2 ; sys_platform == 'win32' \\\n    {digest} \\\n    {digest}\n") == []
    assert unpinned("a==1\n") == ["a==1"]
    assert unpinned(f"a>=1 {digest}\n") == [f"a>=1 {digest}"]
    assert unpinned("--index-url somewhere\n") == ["--index-url somewhere"]


def test_every_group_of_dependencies_is_compiled() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert {p.stem for p in REQUIREMENTS} == {*groups, "core", "uv", "build"}


def test_lock_file_with_hosts_is_not_kept() -> None:
    assert "uv.lock" not in {p.name for p in tracked()}
    assert "uv.lock" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_hooks_download_nothing() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert re.findall(r"repo: (\S+)", text) == ["local"]
    assert set(re.findall(r"language: (\S+)", text)) == {"system"}


@pytest.mark.parametrize("name", ["script/setup", "script/demo", "script/test", ".ci/run", "requirements/compile"])
def test_scripts_run_and_stop_at_the_first_error(name: str) -> None:
    path = ROOT / name
    assert path.stat().st_mode & 0o111, "not executable"
    text = path.read_text("utf-8")
    assert "set -euo pipefail" in text or text.splitlines()[-1].startswith("exec ")
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_setup_refuses_an_unknown_group() -> None:
    run = subprocess.run([ROOT / "script/setup", "everything"], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "core or all; got 'everything'" in run.stderr


# --- documentation --------------------------------------------------------------------------------------------

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("path", PAGES, ids=module_id)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_page_is_in_the_navigation_and_every_decision_in_the_index() -> None:
    docs = ROOT / "docs"
    nav = (ROOT / "zensical.toml").read_text("utf-8")
    index = (docs / "decisions/README.md").read_text("utf-8")
    assert [p for p in PAGES if docs in p.parents and f'"{p.relative_to(docs).as_posix()}"' not in nav] == []
    decisions = [p.name for p in (docs / "decisions").glob("*.md") if p.name != "README.md"]
    assert [name for name in decisions if f"({name})" not in index] == []


def test_readme_uses_names_that_exist() -> None:
    code = "".join(re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL))
    used = {n.attr for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "gm"}
    assert used, "README has no example"
    assert used <= set(gridmap.__all__)


# --- quick to import ------------------------------------------------------------------------------------------


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in a fresh interpreter after `statement`."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(run.stdout.splitlines()[-1].split())


def test_importing_gridmap_loads_nothing_heavy() -> None:
    assert loaded_by("import gridmap") & {"numpy", "pandas", "geopandas", "numba", "folium", "scipy"} == set()
    assert "geopandas" in loaded_by("import gridmap; gridmap.Units")


def test_help_waits_for_nothing_heavy() -> None:
    if not (PACKAGE / "cli.py").exists() and not (PACKAGE / "cli").exists():
        pytest.skip("there is no command line yet")
    statement = (
        "import sys; sys.argv = ['gridmap', '--help']\n"
        "from gridmap.cli import main\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code"
    )
    assert loaded_by(statement) & {"numpy", "pandas", "geopandas", "numba", "folium", "scipy", "highspy"} == set()


def test_every_exported_name_is_there() -> None:
    for name in gridmap.__all__:
        assert getattr(gridmap, name) is not None
        assert name in dir(gridmap)
    with pytest.raises(AttributeError, match="no_such_name"):
        gridmap.no_such_name  # noqa: B018 — the look-up itself is the test


def test_type_checkers_see_the_same_names_as_users() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("gridmap.")]
    seen = {alias.asname: node.module for node in imports for alias in node.names}
    assert seen == gridmap._HOME
