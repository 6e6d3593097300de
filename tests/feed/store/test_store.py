"""What a database says after batches, on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chitieu.article import Article
from chitieu.errors import OutputError, StoppedError
from chitieu.feed.digest import content_digest
from chitieu.feed.item import Found
from chitieu.feed.memory import StoreMemory
from chitieu.feed.outcome import Batch, Copy, Failure, Reader, Reading
from chitieu.feed.queries import canonical, stored_facts, unread
from chitieu.feed.schema import VIEWS
from chitieu.feed.store import Store, Terms

READER = Reader("digest-1", 0.0)


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "stub"))
    import stub_tagger

    return stub_tagger.load(None)


@pytest.fixture
def reading(stub):
    def read(key, content, **fields):
        found = Found(key, Article(key, content, published=date(2023, 1, 10)), **fields)
        (tagged,) = stub([found.article])
        spans = [(span.start, span.end, span.label.value) for span in tagged.spans]
        return Reading(found, content_digest(found.article), None, [fact.to_dict() for fact in tagged.facts], spans)

    return read


def begin(store, reader=READER, sources=("news.jsonl",)):
    return store.begin(Terms(reader, "models/x", sources, 1))


def rows(store, query, **values):
    return [tuple(row) for row in store.query(text(query).bindparams(**values))]


def test_facts_articles_and_spans(database, reading):
    with Store(database) as store:
        run = begin(store)
        store.write(Batch(readings=[reading("a", "Có 38 HTX, 5 xã", province="Cà Mau"), reading("b", "Không có gì")]))
        assert rows(store, "select article, position, org, metric, value, unit, year, run from facts order by id") == [
            (1, 0, None, "HTX", 38, "HTX", 2023, run),
            (1, 1, "HTX Đồng Tâm", "xã", 5, "xã", 2023, run),
        ]
        assert rows(store, "select key, state, facts, province from articles order by id") == [
            ("a", "tagged", 2, "Cà Mau"),
            ("b", "tagged", 0, None),
        ]
        assert rows(store, "select label, start_char, end_char, surface from spans order by position") == [
            ("VALUE", 3, 9, "38 HTX"),
            ("VALUE", 11, 15, "5 xã"),
        ]
        store.finish()
        summary = store.summary()
    assert (summary["articles"], summary["facts"], summary["errors"], summary["state"]) == (2, 2, 0, "finished")
    assert summary["seconds"] >= 0


def test_facts_come_back_as_they_were(database, reading):
    given = reading("a", "Năm nay phấn đấu trồng 1200 ha, nuôi 35 lồng, thu 7 tỷ")
    with Store(database) as store:
        begin(store)
        store.write(Batch(readings=[given]))
        ((article, facts),) = stored_facts(store)
    assert article == given.found.article
    assert [fact.to_dict() for fact in facts] == given.facts
    assert facts[2].derived is not None


@pytest.mark.parametrize(
    ("value", "stored"), [(0.1, 0.1), (2**62 + 1, 2**62 + 1), (512_600_000_000, 512_600_000_000), (12.5, 12.5)]
)
def test_numbers_stay_exact(database, reading, value, stored):
    given = reading("a", "Có 38 HTX")
    given.facts[0]["value"] = value
    with Store(database) as store:
        begin(store)
        store.write(Batch(readings=[given]))
        ((_, (fact,)),) = stored_facts(store)
        assert fact.to_dict()["value"] == stored
        assert type(fact.to_dict()["value"]) is type(value)


def test_another_model_replaces_and_keeps(database, reading):
    with Store(database) as store:
        first = begin(store)
        store.write(Batch(readings=[reading("a", "Có 38 HTX"), reading("b", "Có 2 xã")]))
        store.finish()
        other = reading("a", "Có 38 HTX")
        other.facts[0]["metric"] = "hợp tác xã"
        second = begin(store, Reader("digest-2", 0.0))
        store.write(Batch(readings=[other]))
        assert rows(store, "select metric, run from facts order by article") == [("hợp tác xã", second), ("xã", first)]
        assert rows(store, "select metric, run, replaced_by from past_facts") == [("HTX", first, second)]
        assert rows(store, "select count(*) from all_facts") == [(3,)]
        assert rows(store, "select count(*) from past_texts") == [(0,)]
        assert rows(store, "select count(*) from spans") == [(2,)]
        assert [found.key for found in unread(store, Reader("digest-2", 0.0))] == ["b"]
        assert store.stored("a").reader == Reader("digest-2", 0.0)


def test_a_changed_text_is_kept_for_the_facts_that_count_it(database, reading):
    with Store(database) as store:
        begin(store)
        for content in ("Có 38 HTX", "Cả xã có 39 HTX", "Có 38 HTX", "Cả xã có 39 HTX"):
            store.write(Batch(readings=[reading("a", content)]))
        assert rows(store, "select value from facts") == [(39,)]
        past = rows(
            store, "select f.value, t.text from past_facts f join past_texts t using (article, digest) order by f.id"
        )
        assert past == [(38, "Có 38 HTX"), (39, "Cả xã có 39 HTX"), (38, "Có 38 HTX")]


def test_copies_and_failures(database, reading):
    original = reading("a", "Có 38 HTX")
    copy = Copy(Found("c", original.found.article), original.digest, "signature", "a", 0.93)
    failed = Found("d", Article("d", "Có 7 xã"))
    failures = [
        Failure("d", "d", "C440", "2 workers died over it", found=failed, digest=content_digest(failed.article)),
        Failure("e", "news.jsonl:5", "C108", "is not valid JSON"),
    ]
    with Store(database) as store:
        run = begin(store)
        store.write(Batch(readings=[original], copies=[copy], failures=failures))
        assert rows(store, "select article, copy_of, run from duplicates") == [(2, 1, run)]
        assert rows(store, "select key, state from articles order by id") == [
            ("a", "tagged"),
            ("c", "copy"),
            ("d", "failed"),
        ]
        assert rows(store, "select key, code from open_errors order by id") == [("d", "C440"), ("e", "C108")]
        assert [found.key for found in unread(store, READER)] == ["d"]
        store.write(Batch(readings=[reading("d", "Có 7 xã")]))
        assert rows(store, "select key from open_errors") == [("e",)]
        assert '"C440"' not in "".join(canonical(store))


def test_a_failure_leaves_what_earlier_runs_said(database, reading):
    with Store(database) as store:
        begin(store)
        good = reading("a", "Có 38 HTX")
        store.write(Batch(readings=[good]))
        begin(store, Reader("digest-2", 0.0))
        store.write(Batch(failures=[Failure("a", "a", "C440", "died", found=good.found, digest=good.digest)]))
        assert rows(store, "select state, facts from articles") == [("tagged", 1)]
        assert rows(store, "select count(*) from facts") == [(1,)]


def test_search_with_and_without_marks(tmp_path, reading):
    with Store(str(tmp_path / "f.db")) as store:
        begin(store)
        contents = (
            "Thu 3 tỷ từ trồng rừng",
            "Thứ 6 tuần này",
            "Đường dài 12 km",
            "Tho\u031b\u0323 mo\u031b\u0301i 9 nghề",
        )
        store.write(Batch(readings=[reading(str(number), content) for number, content in enumerate(contents)]))

        def found(words):
            query = "select f.sentence from facts_search s join facts f on f.id = s.rowid where facts_search match :w"
            return [row[0] for row in rows(store, query + " order by f.id", w=words)]

        assert found('"thứ"') == [contents[1]]
        assert found('"thu"') == list(contents[:2])  # without marks: everything that it may stand for
        assert found('"duong"') == found('"ĐƯỜNG"') == [contents[2]]
        assert found('"thợ"') == [contents[3]]  # stored decomposed, asked composed
        store.write(Batch(readings=[reading("2", "Kênh dài 4 km")]))
        assert found('"duong"') == []


def test_search_in_postgresql(postgres, reading):
    with Store(postgres.new_database()) as store:
        begin(store)
        store.write(Batch(readings=[reading("a", "Đường dài 12 km"), reading("b", "Thứ 6 tuần")]))
        query = "select rowid from facts_search where words @@ plainto_tsquery('simple', :words)"
        assert rows(store, query, words="duong dai") == rows(store, query, words="đường") == [(1,)]
        assert rows(store, query, words="thử") == []


def test_views_answer(database, reading):
    with Store(database) as store:
        begin(store)
        plan, reached = reading("a", "phấn đấu 1 xã, 40 HTX"), reading("b", "có 2 xã, 50 HTX")
        store.write(Batch(readings=[plan, reached]))
        for name in VIEWS:
            rows(store, f"select * from {name}")
        assert rows(store, "select org, metric, year, target, actual, reached from targets_against_actuals") == [
            ("HTX Đồng Tâm", "HTX", 2023, 40, 50, 1.25)
        ]
        assert rows(store, "select count(*) from targets") == rows(store, "select count(*) from actuals") == [(2,)]


def test_an_article_that_the_database_refuses_is_an_error(postgres, reading):
    bad = reading("b", "Có 5 xã")
    bad.facts[0]["year"] = 2**40
    with Store(postgres.new_database()) as store:
        begin(store)
        written = store.write(Batch(readings=[reading("a", "Có 38 HTX"), bad, reading("c", "Có 2 thôn")], unchanged=4))
        assert [(len(part.readings), len(part.failures), part.refused) for part in written] == [
            (1, 0, False),
            (0, 1, True),
            (1, 0, False),
        ]
        assert rows(store, "select key from articles order by id") == [("a",), ("c",)]
        ((code, key),) = rows(store, "select code, key from errors")
        assert (code, key) == ("C445", "b")
        assert (store.summary()["articles"], store.summary()["unchanged"], store.summary()["errors"]) == (2, 4, 1)


def test_a_batch_is_whole_or_not_at_all(database, reading, monkeypatch):
    from chitieu.feed.transfer import Transfer

    with Store(database) as store:
        begin(store)
        store.write(Batch(readings=[reading("a", "Có 38 HTX")]))
        before = canonical(store)

        def fail(*_):
            raise RuntimeError("power cut")

        with monkeypatch.context() as patch:
            patch.setattr(Transfer, "_put_errors", fail)
            with pytest.raises(RuntimeError):
                store.write(Batch(readings=[reading("a", "Có 39 HTX"), reading("b", "Có 4 xã")]))
        assert canonical(store) == before
        assert store.summary()["articles"] == 1
        store.write(Batch(readings=[reading("b", "Có 4 xã")]))
        assert rows(store, "select id, key from articles order by id") == [(1, "a"), (2, "b")]


def test_one_writer(database):
    with Store(database), pytest.raises(OutputError, match="C433"):
        Store(database)
    Store(database).close()


def test_a_run_that_was_killed_is_said_to_have_been(database):
    store = Store(database)
    first = begin(store)
    store.close()  # as the system does for a process that dies
    with Store(database) as store:
        second = begin(store)
        assert rows(store, "select state from runs where id = :run", run=first) == [("interrupted",)]
        assert store.summary()["continues"] == first
        store.finish()
        begin(store)
        assert store.summary()["continues"] is None
    assert first != second


def test_memory(database, reading):
    with Store(database) as store:
        begin(store)
        memory = StoreMemory(store, READER)
        store.write(
            Batch(
                readings=[reading("https://x/a", "Có 3 xã")],
                failures=[
                    Failure("https://x/gone", "https://x/gone", "C134", "404"),
                    Failure("https://x/slow", "https://x/slow", "C135", "503", again=True),
                ],
            )
        )
        assert memory.known("https://x/a")
        assert memory.known("https://x/gone")
        assert not memory.known("https://x/slow")
        assert not memory.known("https://x/new")
        assert list(memory.stale()) == []
        assert not StoreMemory(store, READER, again=True).known("https://x/gone")
        assert StoreMemory(store, READER, allow_private=True).known("https://x/gone")
        assert memory.validators("https://x/rss") is None
        memory.remember("https://x/rss", '"e1"', None, 200)
        assert StoreMemory(store, READER).validators("https://x/rss") is None, "kept only with the articles"
        store.finish(fetched=memory.to_write())
        assert StoreMemory(store, READER).validators("https://x/rss") == ('"e1"', None)
        assert StoreMemory(store, READER, again=True).validators("https://x/rss") is None
        assert StoreMemory(store, READER, allow_private=True).validators("https://x/rss") == ('"e1"', None)
        begin(store)
        store.finish(fetched=[("https://x/rss", '"e2"', "Mon", 200)])
        assert StoreMemory(store, READER).validators("https://x/rss") == ('"e2"', "Mon")
        other = StoreMemory(store, Reader("digest-2", 0.0))
        assert other.validators("https://x/rss") is None, "another model wants the whole list"
        assert other.known("https://x/a")
        assert [found.key for found in other.stale()] == ["https://x/a"]


def test_what_was_refused_for_its_address_is_not_missing_for_good_once_it_may_be_called(database, reading):
    with Store(database) as store:
        begin(store)
        failures = [Failure(f"http://x/{name}", f"http://x/{name}", "C130", "leads inside") for name in "ab"]
        store.write(Batch(failures=failures))
        store.finish(fetched=[("http://x/rss", '"e1"', None, 200)])
        assert StoreMemory(store, READER).known("http://x/a")
        private = StoreMemory(store, READER, allow_private=True)
        assert not private.known("http://x/a")
        assert private.validators("http://x/rss") is None, "the list is wanted, whether it has changed or not"
        begin(store)
        store.write(
            Batch(
                readings=[reading("http://x/a", "Có 3 xã")],
                failures=[Failure("http://x/b", "http://x/b", "C134", "404")],
            )
        )
        store.finish(fetched=[("http://x/rss", '"e1"', None, 200)])
        private = StoreMemory(store, READER, allow_private=True)
        assert private.known("http://x/a")
        assert private.known("http://x/b")
        assert private.validators("http://x/rss") == ('"e1"', None)


# -- what can't be used ----------------------------------------------------------------------------------------------


def refused(destination) -> OutputError:
    with pytest.raises(OutputError) as raised:
        Store(str(destination))
    return raised.value


def test_files_that_are_no_database_of_facts_are_left_alone(tmp_path):
    path = tmp_path / "facts.db"
    path.write_text("không phải cơ sở dữ liệu " * 100, encoding="utf-8")
    before = path.read_bytes()
    assert refused(path).code == "C431"
    assert path.read_bytes() == before
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("create table khac (a)")
    assert refused(other).code == "C431"
    assert "khac" in refused(other).message
    about = tmp_path / "about.db"
    with sqlite3.connect(about) as connection:
        connection.execute("create table about (a)")
    assert refused(about).code == "C431"


def test_another_schema_version(database):
    Store(database).close()
    from sqlalchemy import create_engine

    from chitieu.feed.database import database_url

    with create_engine(database_url(database)).begin() as connection:
        connection.execute(text("update about set value = '99' where key = 'chitieu schema'"))
    error = refused(database)
    assert error.code == "C432"
    assert "99" in error.message


def test_places_that_cannot_be_written(tmp_path):
    assert "no folder" in refused(tmp_path / "missing" / "facts.db").message
    assert refused(tmp_path / "facts.txt").code == "C403"
    (tmp_path / "folder.db").mkdir()
    assert refused(tmp_path / "folder.db").code == "C434"


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "postgresql://u:secret@h:port/d", "nonsense://u:secret@h"])
def test_urls_that_cannot_be_used_do_not_show_passwords(url):
    error = refused(url)
    assert error.code == "C430"
    assert "secret" not in str(error)


def test_a_server_that_is_not_there(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(StoppedError) as raised:  # it may be back the next time
        Store(f"postgresql://u:secret@/d?host={tmp_path}")
    assert raised.value.code == "C434"
    assert "secret" not in str(raised.value)


def test_a_server_that_refuses_would_do_so_again(postgres):
    assert refused(postgres.new_database().replace("?", "_missing?")).code == "C434"


def test_a_disk_that_is_full_from_the_start_may_have_room_later(tmp_path, monkeypatch):
    from chitieu.feed import store

    def full(*_):
        raise OperationalError("create table", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(store, "create_or_check", full)
    with pytest.raises(StoppedError, match="C434"):
        Store(str(tmp_path / "facts.db"))


def test_evidence_is_json_that_queries_can_ask(tmp_path, reading):
    with Store(str(tmp_path / "f.db")) as store:
        begin(store)
        store.write(Batch(readings=[reading("a", "Có 38 HTX")]))
        assert rows(store, "select json_extract(evidence, '$.metric[0][1]') from facts") == [(9,)]
        assert json.loads(rows(store, "select sources from runs")[0][0]) == ["news.jsonl"]


def test_a_run_that_runs_and_one_that_does_not(database):
    from chitieu.feed.runs import read_runs

    store = Store(database)
    begin(store)
    assert [run["state"] for run in read_runs(database)] == ["running"]
    store.close()
    (run,) = read_runs(database)
    assert (run["state"], run["message"]) == ("interrupted", "killed, or the machine went down")
