"""Help answers at once, for every command, with an example."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from chitieu.cli import COMMANDS
from chitieu.cli.group import LazyGroup

HEAVY = (
    *("spacy", "thinc", "underthesea", "sklearn", "numpy", "pyarrow", "datasets"),
    *("trafilatura", "lxml", "jsonschema", "jinja2", "charset_normalizer", "torch"),
)


def heavy_modules_after(code: str) -> list[str]:
    script = f"{code}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return eval(done.stderr.strip().splitlines()[-1])


def test_the_command_line_imports_nothing_heavy():
    assert heavy_modules_after("import chitieu.cli") == []


def test_help_imports_nothing_heavy():
    code = "import sys\nfrom chitieu.cli.group import app\ntry: app(['--help'])\nexcept SystemExit: pass"
    assert heavy_modules_after(code) == []


def all_commands() -> list[tuple[str, ...]]:
    """Every command, with the names of its subcommands where it has some."""
    group = LazyGroup(name="chitieu")
    names = {name: list(getattr(group.get_command(None, name), "commands", ())) for name in COMMANDS}
    return [(name, *rest) for name, below in names.items() for rest in ([(sub,) for sub in below] or [()])]


@pytest.mark.parametrize("command", all_commands())
def test_every_command_has_help_with_an_example(run, command):
    result = run(*command, "--help")
    assert result.code == 0
    assert re.search(rf"^ +chitieu {' '.join(command)}\b", result.out, re.MULTILINE)
    assert "\b" not in result.out


def test_commands_are_listed_with_a_line_each(run):
    result = run("--help")
    listed = [line.split(None, 1) for line in result.out.split("Commands:")[1].strip().splitlines()]
    assert [name for name, _ in listed] == list(COMMANDS)
    assert all(len(says) > 10 for _, says in listed)


def test_unknown_command(run):
    result = run("extrakt")
    assert result.code == 2
    assert "extrakt" in result.err


def test_no_arguments_show_help(run):
    assert "Commands:" in "".join((result := run()).out + result.err)


def test_version(run):
    assert run("--version").out.startswith("chitieu ")


def test_a_command_is_one_file_and_one_line(run, tmp_path, monkeypatch):
    (tmp_path / "hello_command.py").write_text(
        'def hello() -> None:\n    """Greet."""\n    print("chào")\n', encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(COMMANDS, "hello", "hello_command:hello")
    assert run("hello").out == "chào\n"
    assert LazyGroup(name="x").list_commands(None)[-1] == "hello"
