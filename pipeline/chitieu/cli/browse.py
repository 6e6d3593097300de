"""`chitieu browse`: a database of facts in the browser, by Datasette."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from chitieu.errors import OutputError


def browse_cli(
    database: Annotated[Path, typer.Argument(metavar="DATABASE", help="A .db file that `chitieu tag` wrote.")] = Path(
        "facts.db"
    ),
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen on. Whoever reaches it can read everything; only this machine by default."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port to listen on; 0 for a free one.")] = 8001,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Look into a database of facts with Datasette: tables, search, and ready questions.

    Needs the extra `browse`: pip install 'chitieu[browse]'. Titles, descriptions and questions stand in
    facts.metadata.yaml beside the database, which is yours to edit. Ctrl-C ends it.

    \b
    Examples:
      chitieu browse facts.db
      chitieu browse facts.db --port 9000 --open
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from chitieu.feed.browsing import datasette_command
    from chitieu.feed.runs import read_runs

    if not database.is_file():
        raise OutputError("C434", "does not exist", place=str(database), remedy="write one with `chitieu tag`")
    read_runs(str(database))  # one clear line where it is something else
    _check_free(host, port)
    command = datasette_command(database, host=host, port=port, open_browser=open_browser)
    sys.stdout.flush()
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - a list, no shell


def _check_free(host: str, port: int) -> None:
    """One clear line in place of Datasette's log, where something else listens already.

    Raises:
        OutputError: C439.
    """
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as failure:
        raise OutputError(
            "C439",
            f"can't be listened on: {failure.strerror or failure}",
            place=f"{host}:{port}",
            remedy="name another --port; 0 takes a free one",
        ) from failure
