"""The `chitieu` command: finds subcommands when they are asked for, and turns errors into one line and an exit code."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from chitieu import __version__
from chitieu.cli.console import print_error
from chitieu.errors import ChitieuError

EXIT_SOME_INPUTS_FAILED = 1
EXIT_USAGE = 2
"""Wrong arguments, and what prevents any work: a model that can't be loaded, a destination that can't be written."""
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

# Plain help: its examples can be copied as they stand, and it needs no import of rich.
SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}


class LazyGroup(TyperGroup):
    """A group whose subcommands are imported when they are called or listed."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the framework's signature
        """Names of the commands, in the order of `COMMANDS`."""
        from chitieu.cli import COMMANDS

        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the framework's signature
        """Import a command; None where there is none of that name."""
        from chitieu.cli import COMMANDS

        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, typer.Typer):
            return typer.main.get_command(command)
        app = typer.Typer(**SETTINGS)
        app.command(cmd_name, context_settings=SETTINGS["context_settings"])(command)
        return typer.main.get_command(app)

    def invoke(self, ctx: Any) -> Any:
        """Run a command. The one place where errors become a line on standard error and an exit code."""
        try:
            return super().invoke(ctx)
        except ChitieuError as error:
            print_error(error)
            _leave(EXIT_USAGE)
        except KeyboardInterrupt:
            _leave(EXIT_INTERRUPTED)
        except BrokenPipeError:
            # The reader has gone: give the interpreter's own last flush somewhere to go, or it complains.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _leave(EXIT_BROKEN_PIPE)
        except Exception as unexpected:
            if os.environ.get("CHITIEU_TRACEBACK") or _is_click(unexpected):
                raise
            print_error(_internal(unexpected))
            _leave(EXIT_INTERNAL)


def _leave(code: int) -> NoReturn:
    raise typer.Exit(code)


def _is_click(error: Exception) -> bool:
    """Exit, Abort and usage errors are the framework's own to handle (typer brings click along, or depends on it)."""
    return type(error).__module__.startswith(("click", "typer"))


def _internal(error: Exception) -> ChitieuError:
    return ChitieuError(
        "C901",
        f"unexpected {type(error).__name__}: {error}",
        remedy="please report it; CHITIEU_TRACEBACK=1 shows where it happened",
    )


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, **SETTINGS)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chitieu {__version__}")
        raise typer.Exit


@app.callback()
def chitieu(
    version: bool = typer.Option(
        False, "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Targets and results from Vietnamese articles: org, metric, value, year, target or actual.

    Each fact is traceable to the characters that say so.

    \b
    Examples:
      chitieu extract article.txt
      chitieu extract articles/ --output facts.jsonl
      chitieu show article.html --output page.html
    """  # noqa: D301 - \b keeps the lines of the examples apart


def main() -> None:
    """Entry point of the console command."""
    # A termination unwinds like Ctrl-C, so that no half-written file stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="replace"
            )  # a terminal that lacks Vietnamese letters shows `?`, and does not fail
    app(prog_name="chitieu")
