"""Runs with a stand-in for the model, in real worker processes, to real databases."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

STUB = Path(__file__).parent / "stub"
LOADER = "stub_tagger:load"
_WORDS = (
    "xã",
    "huyện",
    "hợp",
    "tác",
    "thành",
    "viên",
    "vốn",
    "thu",
    "lãi",
    "trồng",
    "rừng",
    "cá",
    "đường",
    "vay",
    "nợ",
)


@pytest.fixture
def model(tmp_path: Path, describe_model: Callable[[Path], None]) -> Path:
    """A model's folder, as far as digests go."""
    folder = tmp_path / "model"
    describe_model(folder)
    (folder / "word").write_text("", encoding="utf-8")
    return folder


@pytest.fixture
def tag_into(model: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Tag sources into a destination as the command does; gives the tally, lines said and failures told in it."""
    from chitieu.cli import tag as command
    from chitieu.feed.settings import FetchSettings

    monkeypatch.syspath_prepend(str(STUB))  # worker processes get the same path
    monkeypatch.setattr(command, "LOADER", LOADER)

    def run(to: Path | str, *sources: Path | str, **options: Any) -> Any:
        order = command.Order(
            [str(source) for source in sources],
            str(to),
            **{"model": model, "settings": FetchSettings(allow_private=True, interval=0), **options},
        )
        tally = command.Tally()
        said: list[str] = []
        failures: list[Any] = []
        command.tag(order, tally, say=said.append, tell=failures.append)
        return Done(tally.counts, said, failures, tally.worker_deaths)

    return run


class Done:
    """What a run said and counted."""

    def __init__(self, counts: dict[str, int], said: list[str], failures: list[Any], deaths: int) -> None:
        self.counts, self.said, self.failures, self.deaths = counts, said, failures, deaths

    def __getattr__(self, name: str) -> int:
        return self.counts[name]


def _article(id_: str, text: str, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "text": text, "published": "2023-01-10", **fields}


def _write_jsonl(path: Path, articles: Sequence[Any]) -> Path:
    lines = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in articles]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def _made_up(number: int, seed: int = 1) -> list[dict[str, Any]]:
    """Articles of 5 to 150 words with figures, no two alike."""
    chosen = random.Random(seed)
    articles = []
    for index in range(number):
        words = [
            f"{chosen.randrange(10_000)} {chosen.choice(_WORDS)}" if chosen.random() < 0.2 else chosen.choice(_WORDS)
            for _ in range(chosen.randrange(5, 150))
        ]
        articles.append(_article(f"a{index}", f"Năm {index} của hợp tác xã: " + " ".join(words)))
    return articles


@pytest.fixture
def article() -> Callable[..., dict[str, Any]]:
    """An article of 2023 as a JSON object."""
    return _article


@pytest.fixture
def write_jsonl() -> Callable[[Path, Sequence[Any]], Path]:
    """Write articles, or lines as they stand."""
    return _write_jsonl


@pytest.fixture
def made_up() -> Callable[..., list[dict[str, Any]]]:
    """Many articles."""
    return _made_up


@pytest.fixture
def dump() -> Callable[[Path | str], list[str]]:
    """Everything that a destination's database says, to compare."""
    from chitieu.feed.destination import database_of
    from chitieu.feed.queries import canonical
    from chitieu.feed.store import Store

    def read(to: Path | str) -> list[str]:
        with Store(database_of(str(to))) as store:
            return canonical(store)

    return read


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


class Server:
    """A PostgreSQL server of our own, on a socket in a folder of its own."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder, self.tools = folder, tools
        self.number = 0

    def command(self, *arguments: str) -> None:
        # The server refuses to run as root; the package brings a user for it.
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*prefix, *arguments], check=True, cwd=self.folder, stdout=subprocess.DEVNULL, timeout=60)

    def start(self) -> None:
        options = f"-k {self.folder} -h '' -c fsync=off"
        self.command(str(self.tools / "pg_ctl"), "-D", "data", "-l", "log", "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self.command(str(self.tools / "pg_ctl"), "-D", "data", "-w", "-m", mode, "stop")

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        import psycopg

        with psycopg.connect(host=str(self.folder), user="chitieu", dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """URL of an empty database."""
        self.number += 1
        self.execute(f"create database d{self.number}")
        return f"postgresql://chitieu@/d{self.number}?host={self.folder}"


def postgres_tools() -> Path | None:
    """The newest server's programs: Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server; without one the test is skipped, or fails where CHITIEU_REQUIRE_POSTGRES is set."""
    reason = None
    tools = postgres_tools()
    if tools is None or sys.platform == "win32":
        reason = "no PostgreSQL server here: tests/feed/store/install_postgres.sh installs one"
    else:
        try:
            import psycopg  # noqa: F401
        except ImportError:
            reason = "psycopg is not installed: pip install 'chitieu[postgres]'"
    if reason is not None:
        if os.environ.get("CHITIEU_REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    assert tools is not None
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short, and its user get there
    server = Server(folder, tools)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    initdb = ("-D", "data", "-A", "trust", "-U", "chitieu", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    server.command(str(tools / "initdb"), *initdb)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "facts.db")
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()
