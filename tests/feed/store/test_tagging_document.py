"""docs/tagging.md says what is so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from sqlalchemy import text

from chitieu.feed.schema import TABLES, VIEWS
from chitieu.feed.store import Store


@pytest.fixture
def document(root):
    return (root / "docs" / "tagging.md").read_text(encoding="utf-8")


def blocks(document, language):
    return re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)


def test_every_table_and_view_is_described(document):
    # `about` holds the schema's version, which concerns no one.
    assert {table.name for table in TABLES if table.name != "about"} <= set(re.findall(r"`(\w+)`", document))
    assert set(VIEWS) <= set(re.findall(r"`(\w+)`", document))


def test_the_queries_run(document, tmp_path, tag_into, article, write_jsonl, postgres):
    news = write_jsonl(tmp_path / "a.jsonl", [article("a", "phấn đấu 5 HTX, hợp tác xã", published="2022-01-01")])
    (queries,) = blocks(document, "sql")
    sqlite, postgresql = queries.split(";\n")[:2]
    for to, query in ((str(tmp_path / "facts.db"), sqlite), (postgres.new_database(), postgresql)):
        tag_into(to, news)
        with Store(to) as store:
            assert len(store.query(text(query))) == 1


def test_commands_have_the_options_named(document):
    from typer.testing import CliRunner

    from chitieu.cli.group import app

    for name, rest in re.findall(r"chitieu (tag|runs|browse) ([^\n`]*)", document):
        told = CliRunner().invoke(app, [name, "--help"], prog_name="chitieu").output
        for option in re.findall(r"(--[a-z-]+)", rest.split("2>&1")[0]):
            assert option in told, (name, option)


def test_the_summary_has_the_keys_shown(document):
    from chitieu.cli.tag import Tally

    (shown,) = blocks(document, "json")
    assert list(json.loads(shown)) == [*Tally().summary(), "to"]


def test_systemd_takes_the_units(document, tmp_path):
    """It refuses some settings for some types of service, and says so only when the unit is loaded."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd here")
    service, timer = blocks(document, "ini")
    for own, there in (
        ("/opt/chitieu/bin/chitieu", "/bin/true"),
        ("/var/lib/chitieu", "/tmp"),
        ("=chitieu\n", "=root\n"),
    ):
        assert own in service
        service = service.replace(own, there)
    for name, unit in (("chitieu.service", service), ("chitieu.timer", timer)):
        (tmp_path / name).write_text(unit, encoding="utf-8")
    units = [str(tmp_path / name) for name in ("chitieu.service", "chitieu.timer")]
    told = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
