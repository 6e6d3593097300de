"""Sources as they are written: on the command line, and in `feeds.toml`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chitieu.feed.failure import SourceError
from chitieu.feed.source import KINDS, Source, kind_of_content, kind_of_path, parse_source, parse_sources

WRONG = json.loads((Path(__file__).parent / "feeds_wrong.json").read_text(encoding="utf-8"))

GOOD = """
[default]
language = "vi"
province = "Cả nước"

[[feed]]
url = "https://bao.example/rss"
name = "Báo Ví Dụ"
province = "Lào Cai"
section = "kinh tế"
limit = 50

[[feed]]
url = "https://cong.example/sitemap.xml"
kind = "sitemap"

[[feed]]
path = "luu/trang"
"""


def test_feeds_toml(tmp_path):
    path = tmp_path / "feeds.toml"
    path.write_text(GOOD, encoding="utf-8")
    expected = [
        Source("https://bao.example/rss", None, "Báo Ví Dụ", "vi", "Lào Cai", "kinh tế", 50),
        Source("https://cong.example/sitemap.xml", "sitemap", None, "vi", "Cả nước"),
        Source(str(tmp_path / "luu/trang"), None, None, "vi", "Cả nước"),
    ]
    assert parse_sources([str(path), "-"]) == [*expected, Source("-")]
    other = tmp_path / "nguon"
    other.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert parse_sources([f"feeds:{other}"]) == expected


def test_the_example_of_the_documentation(tmp_path, root):
    document = (root / "docs" / "sources.md").read_text(encoding="utf-8")
    path = tmp_path / "feeds.toml"
    path.write_text(document.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    assert [(source.kind, source.language, source.limit) for source in parse_sources([str(path)])] == [
        (None, "vi", None),
        ("sitemap", "vi", 200),
        (None, "vi", None),
    ]
    for kind in KINDS:
        assert f"`{kind}`" in document
    commands = document.partition("```console\n")[2].partition("```")[0].splitlines()
    given = [line.partition("#")[0].removeprefix("chitieu tag ").partition("<")[0].split() for line in commands]
    assert len(given) == 8
    for source in (source for line in given for source in line):
        parse_source(source)


@pytest.mark.parametrize(("content", "message"), WRONG)
def test_mistakes_are_told_with_their_place(tmp_path, content, message):
    path = tmp_path / "feeds.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        parse_sources([str(path)])
    assert caught.value.code == "C145"
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"x" * 6_000_000])
def test_files_that_can_not_be_read(tmp_path, content):
    path = tmp_path / "feeds.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        parse_sources([str(path)])
    assert caught.value.code == "C145"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("https://bao.example/rss", Source("https://bao.example/rss")),
        ("rss:https://bao.example/x", Source("https://bao.example/x", "feed")),
        ("sitemap:https://bao.example/x", Source("https://bao.example/x", "sitemap")),
        ("page:https://bao.example/x", Source("https://bao.example/x", "page")),
        ("jsonl:-", Source("-", "jsonl")),
        (" news/ ", Source("news/")),
        ("C:\\news", Source("C:\\news")),
        ("tin:moi.txt", Source("tin:moi.txt")),
    ],
)
def test_sources_of_the_command_line(text, source):
    assert parse_source(text) == source


@pytest.mark.parametrize("text", ["", "  ", "warc:https://bao.example/a.warc", "jsonl:https://bao.example/a"])
def test_wrong_sources(text):
    with pytest.raises(SourceError) as caught:
        parse_source(text)
    assert caught.value.code == "C143"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.rss", "feed"),
        ("a.RSS", "feed"),
        ("a.warc.gz", "warc"),
        ("a.jsonl.xz", "jsonl"),
        ("a.gz", None),
        ("a.xml", None),
        ("feeds.toml", "feeds"),
        ("README", None),
    ],
)
def test_kinds_by_suffix(name, kind):
    assert kind_of_path(Path(name)) == kind


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        (b"<?xml version='1.0'?><!-- <urlset> --><rss version='2.0'>", "feed"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><rdf:RDF xmlns='x'>", "feed"),
        (b"<!DOCTYPE rss [<!ENTITY feed 'x'>]><feed xmlns='x'>", "feed"),
        ("<?xml version='1.0' encoding='utf-16'?><urlset>".encode("utf-16"), "sitemap"),
        (b"<ns0:sitemapindex xmlns:ns0='x'>", "sitemap"),
        (b"<opml version='2.0'>", "opml"),
        (b"<!doctype html><html>", "html"),
        (b"<div><body>", "html"),
        (b'  {"id": 1}', "jsonl"),
        (b"[{}]", "json"),
        (b"PAR1\x00", "parquet"),
        (b"WARC/1.1\r\n", "warc"),
        (b"T\xc3\xb4i", None),
        (b"", None),
        (b"<", None),
    ],
)
def test_kinds_by_content(sample, kind):
    assert kind_of_content(sample) == kind
