"""The command line: one file per command, loaded when it is called.

To add a command, write its file and add its line to `COMMANDS`. Modules here import nothing heavy at their top, so that
`chitieu --help` answers at once; a command imports what it needs when it runs.
"""

from __future__ import annotations

from chitieu.cli.group import main

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "extract": "chitieu.cli.extract:extract_cli",
    "show": "chitieu.cli.show:show_cli",
    "tag": "chitieu.cli.tag:tag_cli",
    "runs": "chitieu.cli.runs:runs_cli",
    "browse": "chitieu.cli.browse:browse_cli",
    "export": "chitieu.cli.export:export_cli",
    "train": "chitieu.cli.train:train_cli",
    "vectors": "chitieu.cli.vectors:vectors_cli",
    "pretrain": "chitieu.cli.pretrain:pretrain_cli",
    "evaluate": "chitieu.cli.evaluate:evaluate_cli",
    "annotations": "chitieu.cli.annotations:app",
}
"""Name of each command to `module:attribute`, a function or a `typer.Typer` with commands of its own."""
