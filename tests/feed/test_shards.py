"""Shards without Ray: cut the same every time, named by their content, known again when they are done."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chitieu.article import Article
from chitieu.cli.tag_ray import unread_of
from chitieu.errors import OutputError, StoppedError
from chitieu.feed.cluster import check_address, connected
from chitieu.feed.crew import Answer
from chitieu.feed.item import Found, Missing
from chitieu.feed.outcome import Reader
from chitieu.feed.pile import Pile, clear_all_but, is_pile, runs_of
from chitieu.feed.replay import ReplayCrew, answered
from chitieu.feed.shard import Report, ShardTerms, dump, load
from chitieu.feed.shard_files import feeds_of, read_replayed, report_on, write_shard
from chitieu.feed.shard_reading import Unit, check_source, shards_of, units_of
from chitieu.feed.source import parse_source
from chitieu.feed.store import Terms

TEXT = some.text(some.characters(exclude_categories=("Cs",)), max_size=20)
MAYBE = some.none() | TEXT
FOUND = some.builds(
    Found,
    TEXT,
    some.builds(Article, TEXT, TEXT, MAYBE, some.none() | some.dates(), MAYBE, MAYBE),
    *[MAYBE] * 5,
)
EXAMPLE = """{"article_id": "a", "fact_id": "a:3-7", "org": null, "metric": "xã", "value": 3, "value_high": null,
"unit": "xã", "bound": "exact", "year": 2023, "period": "2023", "base_year": null, "status": "actual", "kind": "level",
"dir": null, "confidence": null, "derived": null, "sentence": "Có", "evidence": {"value": [3, 7], "metric": [[5, 7]],
"of": null, "org": null, "year": null, "base": null, "cue": null}}"""
MISSING = some.builds(Missing, TEXT, TEXT, TEXT, TEXT, some.booleans(), MAYBE)


@pytest.fixture
def terms(tmp_path: Path) -> ShardTerms:
    return ShardTerms(str(tmp_path / "shards"), Reader("digest", 0.0), None, "", 1.0, 3, replayed=False)


def write(path: Path, *texts: str) -> Path:
    lines = (json.dumps({"id": str(number), "text": text}, ensure_ascii=False) for number, text in enumerate(texts))
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def sentence(number: int) -> str:
    return f"Hợp tác xã của huyện trồng thêm {number} cây trong năm qua và chia đều cho các hộ."


@given(some.lists(FOUND | MISSING, max_size=4))
def test_items_travel_as_they_are(items):
    assert list(load(dump(items))) == items


def test_the_same_articles_make_the_same_shards(tmp_path, terms):
    news = write(tmp_path / "a.jsonl", *map(sentence, range(7)))
    (unit,) = units_of([parse_source(str(news))], terms.articles)
    first = list(shards_of(unit, terms))
    assert [items.count("\n") for _, items, _ in first] == [3, 3, 1]
    assert list(shards_of(unit, terms)) == first
    write(news, *map(sentence, range(6)), sentence(70))
    assert [name for name, _, _ in shards_of(unit, terms)][:2] == [name for name, _, _ in first][:2]
    assert list(shards_of(unit, terms))[2][0] != first[2][0]
    for other in (
        replace(terms, reader=Reader("another", 0.0)),
        replace(terms, reader=Reader("digest", 0.5)),
        replace(terms, replayed=True),
    ):
        assert {name for name, _, _ in shards_of(unit, other)}.isdisjoint(name for name, _, _ in first)


def test_a_shard_that_is_done_is_not_handed_on(tmp_path, terms):
    (unit,) = units_of([parse_source(str(write(tmp_path / "a.jsonl", sentence(1))))], terms.articles)
    ((name, text, _),) = shards_of(unit, terms)
    items = list(load(text))
    report = write_shard(terms, name, items, {0: Answer(0)})
    assert (report.articles, report.facts, report.errors) == (1, 0, [])
    assert list(shards_of(unit, terms)) == [(name, "", report.dump())]
    path = terms.path("articles", name)
    path.write_bytes(path.read_bytes()[:-20])
    assert report_on(terms, name) is None
    # What the machine may have been to blame for is worth another try; what the article is to blame for is not.
    for code, final in (("C440", False), ("C444", False), ("C441", True)):
        write_shard(terms, name, items, {0: Answer(0, code=code)})
        assert (report_on(terms, name) is not None) is final


def test_a_folder_is_read_as_by_one_process(tmp_path, terms, monkeypatch):
    """Keys, order and failures; files of one article each some at a time, piles by themselves."""
    from chitieu.feed.read import read_sources

    folder = tmp_path / "pile"
    (folder / "sub").mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}.txt").write_text(sentence(number), encoding="utf-8")
    (folder / "2.txt").write_text(" ", encoding="utf-8")
    write(folder / "3a.jsonl", sentence(8), "only english words in here, which is no Vietnamese at all, you see")
    (folder / "sub" / "trang.html").write_text(f"<p>{sentence(9)}</p>", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for named in ("pile", "pile/2.txt", "nowhere.jsonl", "pile/3a.jsonl"):
        source = parse_source(named)
        units = list(units_of([source, source], terms.articles))
        read = [
            item for unit in units for _, text, _ in shards_of(Unit.load(unit.dump()), terms) for item in load(text)
        ]
        expected = list(read_sources([source]))
        assert [replace(item, place="") if isinstance(item, Missing) else item for item in read] == [
            replace(item, place="") if isinstance(item, Missing) else item for item in expected
        ]
    sizes = [len(unit.sources) for unit in units_of([parse_source("pile")], terms.articles)]
    assert sizes == [3, 1, 1, 2]


def test_a_key_counts_once(tmp_path, terms):
    news = tmp_path / "a.jsonl"
    lines = [{"id": "x", "text": sentence(1)}, {"id": "x", "text": sentence(1)}, {"id": "x", "text": sentence(2)}]
    lines.append({"id": "y", "text": sentence(3) + "\0"})
    news.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (unit,) = units_of([parse_source(str(news))], terms.articles)
    items = [item for _, text, _ in shards_of(unit, terms) for item in load(text)]
    assert [item.code if isinstance(item, Missing) else item.article.id for item in items] == ["x", "C443", "C442"]


@pytest.mark.parametrize("source", ["https://example.org/rss", "-", "feed:a.xml", "sitemap:a.xml"])
def test_what_can_not_be_read_side_by_side(source):
    with pytest.raises(OutputError, match="C450"):
        check_source(parse_source(source))


def test_what_parquet_refuses_is_one_articles_error(tmp_path, terms):
    from pyarrow import parquet

    fact = json.loads(EXAMPLE)
    items = [Found(key, Article(key, "Có 3 xã")) for key in "ab"]
    said = {0: Answer(0, [{**fact, "year": 2**40}]), 1: Answer(1, [fact])}
    report = write_shard(terms, "0" * 40, items, said)
    assert (report.articles, report.facts) == (1, 1)
    (error,) = report.errors
    assert (error["key"], error["code"]) == ("a", "C445")
    (row,) = parquet.read_table(terms.path("facts", "0" * 40)).to_pylist()
    assert row["key"] == "b"
    states = parquet.read_table(terms.path("articles", "0" * 40)).to_pylist()
    assert [state["state"] for state in states] == ["failed", "tagged"]


def test_answers_are_replayed(tmp_path, terms):
    terms = replace(terms, replayed=True)
    article = Article("a", "Có 3 xã", published=date(2023, 1, 1))
    items = [Found("a", article), Missing("b", "b:1", "C108", "broken"), Found("c", article)]
    fact = {"value": 2**62, "confidence": 0.5}
    said = {0: Answer(0, [fact], [(3, 7, "VALUE")]), 2: Answer(2, code="C441", reason="can't")}
    write_shard(terms, "0" * 40, items, said)
    first, missing, failed = answered(read_replayed(terms, "0" * 40))
    assert missing == items[1]
    from chitieu.feed.crew import Job
    from chitieu.feed.digest import content_digest

    assert content_digest(first.article) == content_digest(article)
    crew = ReplayCrew()
    crew.submit([Job(7, first.article), Job(8, failed.article)])
    assert crew.busy
    assert crew.wait([], 0) == [
        Answer(7, [fact], [(3, 7, "VALUE")]),
        Answer(8, code="C441", reason="can't"),
    ]
    assert not crew.busy


@pytest.mark.parametrize(
    ("name", "folder"),
    [("facts", True), ("facts.d/", True), ("facts.db", False), ("facts.txt", False), ("postgresql://a/b", False)],
)
def test_what_names_a_folder(name, folder):
    assert is_pile(name) is folder


def test_a_pile_belongs_to_its_sources(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    (folder / "letter.txt").write_text("Thư", encoding="utf-8")
    with pytest.raises(OutputError, match="C431"):
        Pile(folder)
    (folder / "letter.txt").unlink()
    with Pile(folder) as pile:
        pile.begin(Terms(Reader("d", 0.0), "model", ["a", "b"], 1), ["/a", "/b/c"])
        with pytest.raises(OutputError, match="C433"):
            Pile(folder)
    with Pile(folder) as pile:
        with pytest.raises(OutputError, match="C452"):
            pile.begin(Terms(Reader("d", 0.0), "model", ["a", "b"], 1), ["/elsewhere/a", "/b"])
        run = pile.begin(Terms(Reader("d", 0.0), "model", ["./a/", "..", "feeds.toml"], 1), ["/a", "/b"])
        pile.begin(Terms(Reader("d", 0.0), "model", ["a", "b", "c"], 1), ["/a", "/b", "/c"])
        pile.finish("finished", {"articles": 3})
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["continues"], manifest["state"], manifest["articles"]) == (run, "finished", 3)
    (told,) = runs_of(folder)
    assert (told["run"], told["articles"], told["facts"], told["sources"]) == (manifest["run"], 3, 0, ["a", "b", "c"])
    manifest["state"] = "running"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert runs_of(folder)[0]["state"] == "interrupted"
    assert runs_of(tmp_path) is None
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    with Pile(folder) as pile, pytest.raises(OutputError, match="C432"):
        pile.begin(Terms(Reader("d", 0.0), "model", ["a"], 1))


def test_a_source_that_gives_nothing_keeps_what_it_gave(tmp_path, terms):
    """A disk that is not mounted is an empty folder; a file that was emptied is not."""
    here = replace(terms, folder=str(tmp_path / "facts"))
    (tmp_path / "mounted").mkdir()
    write(tmp_path / "mounted" / "a.jsonl", sentence(1))
    write(tmp_path / "b.jsonl", sentence(2))
    names = [str(tmp_path / "mounted"), str(tmp_path / "b.jsonl")]

    def run() -> tuple[set[str], set[str]]:
        sources, made, unread = [parse_source(name) for name in names], set(), set()
        for unit in units_of(sources, 3):
            for name, text, done in shards_of(unit, here):
                items = list(load(text))
                said = {place: Answer(place) for place, item in enumerate(items) if isinstance(item, Found)}
                report = Report.load(done) if done else write_shard(here, name, items, said)
                made.add(name)
                unread |= unread_of(report, sources)
        return made, unread

    with Pile(tmp_path / "facts") as pile:
        first, unread = run()
        assert (len(first), unread) == (2, set())
        assert pile.clear_all_but(first, unread) == []
        (tmp_path / "mounted" / "a.jsonl").rename(tmp_path / "away.jsonl")
        write(tmp_path / "b.jsonl", sentence(3))
        second, unread = run()
        assert unread == {names[0]}
        assert pile.clear_all_but(second, unread) == [names[0]]
        feeds = [feeds_of(tmp_path / "facts", path.stem) for path in (tmp_path / "facts" / "articles").iterdir()]
        assert sorted(map(sorted, feeds)) == sorted([[], [names[0]], [names[1]]])
        assert len(first & {path.stem for path in (tmp_path / "facts" / "articles").iterdir()}) == 1
        (tmp_path / "away.jsonl").rename(tmp_path / "mounted" / "a.jsonl")
        third, unread = run()
        assert (len(third), unread) == (2, set())
        pile.clear_all_but(third, unread)
        assert {path.stem for path in (tmp_path / "facts" / "articles").iterdir()} == third


def test_a_full_disk_stops_a_run_that_may_be_started_again(tmp_path, monkeypatch):
    with Pile(tmp_path / "facts") as pile:
        pile.begin(Terms(Reader("d", 0.0), "model", ["a"], 1), ["/a"])

        def full(*_):
            raise OutputError("C401", "can't be written: no space left on device")

        monkeypatch.setattr("chitieu.feed.pile.replacing", full)
        with pytest.raises(StoppedError, match="C401"):
            pile.finish("finished", {})


def test_only_shards_are_removed(tmp_path):
    for name in ("0" * 40 + ".parquet", "1" * 40 + ".parquet", "mine.parquet", ".x.tmp"):
        (tmp_path / "facts").mkdir(exist_ok=True)
        (tmp_path / "facts" / name).touch()
    clear_all_but(tmp_path, {"1" * 40})
    assert {path.name for path in (tmp_path / "facts").iterdir()} == {"1" * 40 + ".parquet", "mine.parquet"}


@pytest.mark.parametrize("address", [None, "auto", "local", "10.0.0.1:6379", "head:6379", "[::1]:6379"])
def test_addresses(address):
    check_address(address)


@pytest.mark.parametrize("address", ["ray://head:10001", "head", "http://head:80/", ""])
def test_what_is_no_address(address):
    with pytest.raises(OutputError, match="C450"):
        check_address(address)


def test_a_folder_that_is_not_shared(tmp_path, monkeypatch):
    from chitieu.errors import StoppedError
    from chitieu.feed import cluster

    monkeypatch.setattr(cluster, "_SHARED_SECONDS", 0.0)
    cluster._look_for(write(tmp_path / "there", "a"))
    with pytest.raises(StoppedError, match="C454"):
        cluster._look_for(tmp_path / "not there")


def test_ray_that_is_not_installed(monkeypatch):
    import sys

    from chitieu.feed.failure import SourceError

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SourceError, match=r"C144.*chitieu\[ray\]"), connected(None, 1, print):
        pass
