"""Opening a database of facts with Datasette: its metadata file, and the command that starts it."""

from __future__ import annotations

import json
import sys
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from chitieu.errors import OutputError
from chitieu.writing.replacing import replacing

LOOPBACK = "127.0.0.1"


def metadata_path(database: Path) -> Path:
    """Where the metadata of a database stands: `facts.db` has `facts.metadata.yaml` beside it.

    It is JSON, which is YAML too; under that name, a folder of articles can hold it without its being read as one.
    """
    return database.with_name(f"{database.stem}.metadata.yaml")


def write_metadata(database: Path) -> Path:
    """Write the metadata file, unless there is one, which may have been edited.

    Raises:
        OutputError: C401 or C402 where it can't be written.
    """
    path = metadata_path(database)
    if not path.exists():
        template = json.loads(resources.files("chitieu.feed").joinpath("datasette.json").read_text(encoding="utf-8"))
        template["databases"] = {database.stem: template["databases"]["DATABASE"]}
        with replacing(path) as stream:
            stream.write((json.dumps(template, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
    return path


def datasette_command(
    database: Path, *, host: str = LOOPBACK, port: int = 8001, open_browser: bool = False
) -> list[str]:
    """The command that serves a database, for reading only.

    What stands in the pages is untrusted text from the web, which Datasette escapes; it turns nothing into links but
    values that begin with http:// or https://.

    Raises:
        OutputError: C438 where Datasette is not installed.
    """
    if find_spec("datasette") is None:
        raise OutputError(
            "C438", "needs Datasette, which is not installed", place="browse", remedy="pip install 'chitieu[browse]'"
        )
    command = [sys.executable, "-m", "datasette", "serve", str(database), "--metadata", str(write_metadata(database))]
    command += ["--host", host, "--port", str(port)]
    # A search may look at every sentence; an article's text need not stand in a table whole.
    for name, value in (("sql_time_limit_ms", "5000"), ("allow_download", "off"), ("truncate_cells_html", "500")):
        command += ["--setting", name, value]
    return [*command, "--open"] if open_browser else command
