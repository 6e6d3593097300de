"""How the house is built: names that are a contract, and who may import whom."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib.metadata import distribution, entry_points
from pathlib import Path

import pytest

from chitieu.cli import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline" / "chitieu"
REGISTERED = json.loads((Path(__file__).parent / "registered_names.json").read_text(encoding="utf-8"))
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "evaluate").glob("*.py"))]


def name_of(path: Path) -> str:
    """The path inside the package: `relation/network.py`."""
    return path.relative_to(PACKAGE).as_posix()


# -- registered names ------------------------------------------------------------------------------------------------


def installed() -> dict[str, dict[str, str]]:
    """The entry points of this distribution, by group."""
    found: dict[str, dict[str, str]] = {}
    for point in distribution("chitieu").entry_points:
        found.setdefault(point.group, {})[point.name] = point.value
    return found


def test_registered_names_are_those_of_the_golden_file():
    """Configs and other programs use them: a change is a breaking one, and belongs in the golden file and CHANGELOG."""
    assert installed() == REGISTERED, "after a change of pyproject.toml: pip install -e ."


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, names in REGISTERED.items() for name in names], ids=str
)
def test_every_entry_point_loads(group, name):
    (point,) = (point for point in entry_points(group=group) if point.name == name)
    assert callable(point.load())


@pytest.mark.parametrize(
    ("registry", "name"),
    [
        (group.removeprefix("spacy_"), name)
        for group, names in REGISTERED.items()
        for name in names
        if group.startswith("spacy_") and group != "spacy_factories"
    ],
    ids=str,
)
def test_spacy_finds_every_name(registry, name):
    from spacy import registry as registries

    assert callable(getattr(registries, registry).get(name))


def test_spacy_entry_points_name_only_the_light_module():
    """spaCy imports every one of them on each `spacy.blank()`."""
    values = [value for group, names in REGISTERED.items() if group.startswith("spacy_") for value in names.values()]
    assert {value.split(":")[0] for value in values} == {"chitieu.factories"}


def test_names_in_configs_are_registered():
    ours = {name for names in REGISTERED.values() for name in names}
    for config in (ROOT / "configs").glob("*.cfg"):
        text = config.read_text(encoding="utf-8")
        used = set(re.findall(r'"(chitieu\.[\w.]+)"', text)) | set(re.findall(r'factory = "(chitieu_\w+)"', text))
        assert used
        assert used <= ours


# -- who imports whom ------------------------------------------------------------------------------------------------

# The way an article travels; a part imports only what stands before it. Parts of one row don't import each other.
FLOW = (
    {"errors", "labels"},
    {"article", "crf"},
    {"tokenizer"},
    {"inference"},
    {"quantity", "period"},
    {"transformer"},
    {"relation"},
    {"facts"},
    {"pipeline", "reading"},
    {"annotation"},
    {"scoring"},
    {"training"},
    {"writing"},
    {"feed"},
    {"cli"},
)
# What may look ahead, and why.
MAY_LOOK_AHEAD = {
    "__init__.py": "the public names of the package",
    "factories.py": "spaCy's entry points: imports each part when it is asked for",
}
# One import that goes against the flow, and why.
EXCEPTIONS: dict[tuple[str, str], str] = {}


def stage(part: str) -> int | None:
    return next((number for number, parts in enumerate(FLOW) if part in parts), None)


def part_of(path: Path) -> str:
    return name_of(path).split("/")[0].removesuffix(".py")


def imported_modules(path: Path) -> set[str]:
    """Modules of the package that a file imports, anywhere in it, as `relation.network`; "" for the package itself."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            names = [f"{module}.{alias.name}" if module == "chitieu" else module for alias in node.names]
        else:
            continue
        found |= {name.removeprefix("chitieu").lstrip(".") for name in names if name.split(".")[0] == "chitieu"}
    return found


def test_every_part_stands_in_the_flow():
    parts = {part_of(path) for path in MODULES if name_of(path) not in MAY_LOOK_AHEAD}
    assert {part for part in parts if stage(part) is None} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_what_stands_before_it(path):
    if name_of(path) in MAY_LOOK_AHEAD:
        return
    own = part_of(path)
    number = stage(own)
    against = {
        module
        for module in imported_modules(path)
        if (part := module.split(".")[0])
        and part != own
        and (stage(part) is None or stage(part) >= number)
        and (name_of(path), module) not in EXCEPTIONS
        and not part.startswith("__")
    }
    assert against == set()


def test_exceptions_are_needed():
    for name, module in EXCEPTIONS:
        assert module in imported_modules(PACKAGE / name)
    for name in MAY_LOOK_AHEAD:
        assert (PACKAGE / name).is_file()


@pytest.mark.parametrize(
    "module",
    [
        *("chitieu", "chitieu.article", "chitieu.labels", "chitieu.errors", "chitieu.quantity", "chitieu.period"),
        *("chitieu.facts.fact", "chitieu.facts.tagged", "chitieu.relation.links", "chitieu.pipeline", "chitieu.cli"),
        *("chitieu.annotation.gold", "chitieu.scoring.match"),
    ],
)
def test_light_modules_import_nothing_heavy(module):
    heavy = ("spacy", "thinc", "numpy", "underthesea", "underthesea_core", "sklearn", "pyarrow", "torch")
    script = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_factories_import_only_spacy():
    script = (
        "import sys, chitieu.factories;"
        "print(sorted(name for name in sys.modules if name.startswith('chitieu') or name.startswith('underthesea')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "chitieu.factories" in done.stdout
    assert "chitieu.relation" not in done.stdout
    assert "chitieu.tokenizer" not in done.stdout
    assert "underthesea" not in done.stdout


# -- what untrusted input must never reach ---------------------------------------------------------------------------

DANGEROUS_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "xml"}
DANGEROUS_CALLS = {"eval", "exec", "compile", "__import__"}
UNPICKLERS = {
    ("tokenizer.py", "joblib"): "reads the word model inside the installed underthesea, as underthesea itself does",
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_pickle_and_no_eval(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported, called = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
        elif isinstance(node, ast.keyword) and node.arg in {"allow_pickle", "shell"}:
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False
    assert imported & DANGEROUS_MODULES == set()
    assert called & DANGEROUS_CALLS == set()
    if "joblib" in imported:
        assert (path.name, "joblib") in UNPICKLERS


# -- commands and documents ------------------------------------------------------------------------------------------


def test_every_command_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"chitieu {name}" not in readme] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    from typer.testing import CliRunner

    from chitieu.cli.group import app

    result = CliRunner().invoke(app, [name, "--help"], prog_name="chitieu")
    assert result.exit_code == 0, result.output
    assert f"chitieu {name}" in result.output


def test_make_targets_have_the_names_of_the_commands():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"extract", "test", "lint", "train", "evaluate"} <= targets


def test_top_level_folders():
    for name in ("models", "annotations", "configs", "evaluate", "pipeline"):
        assert (ROOT / name).is_dir()
        assert not (ROOT / name / "__init__.py").exists()
    assert [path.parent.name for path in (ROOT / "pipeline").glob("*/__init__.py")] == ["chitieu"]


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()
