"""Whole runs with real worker processes: what they say, twice, after changes, and when workers die."""

from __future__ import annotations

import json
import time

import pytest
from sqlalchemy import text

from chitieu.errors import ModelError, StoppedError
from chitieu.feed.store import Store

WIRE = (
    "Chiều nay tại hội trường huyện, ban chủ nhiệm các hợp tác xã trong vùng đã họp bàn việc gom hàng cho vụ tới, chia "
    "nhau phần đất còn trống và hẹn ngày ký với bên mua; nhiều hộ xin góp thêm công, số khác muốn đợi giá. "
)


def ask(to, query):
    with Store(str(to)) as store:
        return [tuple(row) for row in store.query(text(query))]


def keys(failures):
    return [(failure.key.split("#")[-1], failure.code) for failure in failures]


@pytest.fixture
def files(tmp_path, made_up, write_jsonl):
    return write_jsonl(tmp_path / "news.jsonl", made_up(60))


def test_facts_are_those_of_the_tagger(tmp_path, tag_into, files, dump, monkeypatch):
    to = tmp_path / "facts.db"
    done = tag_into(to, files, workers=2)
    assert (done.articles, done.errors, done.unchanged) == (60, 0, 0)
    from chitieu.article import Article

    monkeypatch.syspath_prepend(str(tmp_path))
    import stub_tagger

    expected = []
    for line in files.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        (tagged,) = stub_tagger.load(None)([Article(record["id"], record["text"])])
        expected += [(fact.fact_id, fact.metric, fact.sentence) for fact in tagged.facts]
    assert sorted(ask(to, "select fact_id, metric, sentence from facts")) == sorted(expected)
    assert done.facts == len(expected) > 100


def test_the_number_of_workers_changes_nothing(tmp_path, tag_into, files, dump):
    tag_into(tmp_path / "one.db", files, workers=1)
    tag_into(tmp_path / "three.db", files, workers=3)
    assert dump(tmp_path / "one.db") == dump(tmp_path / "three.db")
    order = "select key from articles order by id"
    assert ask(tmp_path / "one.db", order) == ask(tmp_path / "three.db", order)


def test_again_with_the_same_model_changes_nothing(tmp_path, tag_into, files):
    to = tmp_path / "facts.db"
    tag_into(to, files)
    tables = ("articles", "facts", "past_facts", "past_texts", "spans", "errors", "duplicates")
    before = {table: ask(to, f"select * from {table}") for table in tables}
    done = tag_into(to, files)
    assert (done.articles, done.unchanged, done.facts) == (0, 60, 0)
    assert {table: ask(to, f"select * from {table}") for table in tables} == before


def test_a_changed_text_another_model_another_threshold(tmp_path, tag_into, model, article, write_jsonl):
    to, news = tmp_path / "facts.db", tmp_path / "news.jsonl"
    write_jsonl(news, [article("a", "Có 38 HTX"), article("b", "Có 2 xã, 3 thôn")])
    tag_into(to, news)
    write_jsonl(news, [article("a", "Có 39 HTX"), article("b", "Có 2 xã, 3 thôn")])
    done = tag_into(to, news)
    assert (done.articles, done.unchanged) == (1, 1)
    assert ask(to, "select value from facts order by value") == [(2,), (3,), (39,)]
    (model / "word").write_text("số ", encoding="utf-8")
    assert tag_into(to, news).articles == 2
    assert ask(to, "select metric from facts order by value") == [("số xã",), ("số thôn",), ("số HTX",)]
    assert tag_into(to, news, min_confidence=0.85).articles == 2
    assert ask(to, "select metric from facts order by value") == [("số xã",), ("số HTX",)]
    assert ask(to, "select count(*) from past_facts") == [(7,)]
    assert ask(to, "select count(distinct run) from all_facts") == [(4,)]


def test_again_reads_what_another_model_read(tmp_path, tag_into, model, article, write_jsonl):
    to = tmp_path / "facts.db"
    old = write_jsonl(tmp_path / "old.jsonl", [article(f"a{number}", f"Có {number} xã") for number in range(3)])
    new = write_jsonl(tmp_path / "new.jsonl", [article("b", "Có 9 xã")])
    tag_into(to, old)
    (model / "word").write_text("số ", encoding="utf-8")
    assert tag_into(to, new).articles == 1
    assert tag_into(to, new, again=True).articles == 3
    assert ask(to, "select distinct metric from facts") == [("số xã",)]


def test_broken_articles_are_errors_with_reasons(tmp_path, tag_into, article, write_jsonl):
    lines = [
        article("good", "Có 3 xã"),
        '{"id": "b", "text": ',
        article("c", "Hỏng 3 lần"),
        article("d", "Có \0 4 xã"),
        article("good", "Có 5 xã"),
        article("e", ""),
        {"id": "f"},
    ]
    to = tmp_path / "facts.db"
    done = tag_into(to, write_jsonl(tmp_path / "news.jsonl", lines))
    assert (done.articles, done.errors) == (1, 6)
    assert ask(to, "select value from facts") == [(3,)]
    errors = ask(to, "select code, reason, place from errors")
    assert {code for code, _, _ in errors} >= {"C108", "C441", "C442", "C103", "C110"}
    assert all(reason and place for _, reason, place in errors)
    (reason,) = (reason for code, reason, _ in errors if code == "C441")
    assert "ValueError: hỏng rồi" in reason


def test_wire_copies_are_recorded_and_not_counted_twice(tmp_path, tag_into, article, write_jsonl, dump):
    texts = [WIRE + "Có 38 HTX.", "Có 5 xã.", WIRE + " Có 38 HTX", "Theo báo: " + WIRE + "Có 38 HTX."]
    news = write_jsonl(tmp_path / "news.jsonl", [article(str(number), text) for number, text in enumerate(texts)])
    to = tmp_path / "facts.db"
    done = tag_into(to, news, workers=2)
    assert (done.articles, done.copies, done.facts) == (2, 2, 2)
    query = "select c.article_id, o.article_id, d.similarity from duplicates d join articles c on c.id = d.article"
    copies = ask(to, query + " join articles o on o.id = d.copy_of order by 1")
    assert [copy[:2] for copy in copies] == [("2", "0"), ("3", "0")]
    assert copies[0][2] == 1.0
    again = tag_into(to, news)
    assert (again.unchanged, again.copies, again.articles) == (4, 0, 0)
    # A copy in a later run is told by what is on record.
    later = write_jsonl(tmp_path / "later.jsonl", [article("9", "Tin. " + WIRE + "Có 38 HTX")])
    assert tag_into(to, later).copies == 1


# -- workers that die ------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_once_costs_nothing(tmp_path, tag_into, article, write_jsonl, made_up):
    articles = made_up(20)
    articles.insert(7, article("once", f"Chết một lần:{tmp_path / 'marker'} nay có 8 xã"))
    done = tag_into(tmp_path / "facts.db", write_jsonl(tmp_path / "news.jsonl", articles))
    assert (done.articles, done.errors, done.deaths) == (21, 0, 1)
    assert any("SIGKILL" in line and "once" in line for line in done.said)
    assert ask(tmp_path / "facts.db", "select worker_deaths from runs") == [(1,)]


def test_an_article_that_kills_twice_is_an_error_and_the_only_one(tmp_path, tag_into, article, write_jsonl, made_up):
    articles = made_up(20)
    articles.insert(3, article("killer", "Chết luôn 3 lần"))
    articles.insert(9, article("eater", "Cạn bộ nhớ 3 lần"))
    done = tag_into(tmp_path / "facts.db", write_jsonl(tmp_path / "news.jsonl", articles), workers=2)
    assert (done.articles, done.deaths) == (20, 4)
    assert sorted(keys(done.failures)) == [("eater", "C440"), ("killer", "C440")]
    assert ask(tmp_path / "facts.db", "select article_id from articles where state = 'failed' order by 1") == [
        ("eater",),
        ("killer",),
    ]


def test_an_article_that_hangs_is_given_up(tmp_path, tag_into, article, write_jsonl):
    news = write_jsonl(tmp_path / "news.jsonl", [article("a", "Có 3 xã"), article("hangs", "Treo máy 2 lần")])
    began = time.monotonic()
    done = tag_into(tmp_path / "facts.db", news, patience=1.0)
    assert keys(done.failures) == [("hangs", "C444")]
    assert done.articles == 1
    assert time.monotonic() - began < 20


def test_a_model_that_cannot_be_loaded(tmp_path, tag_into, model, files):
    (model / "broken").touch()
    with pytest.raises(ModelError, match="C304"):
        tag_into(tmp_path / "facts.db", files)


def test_workers_that_cannot_live_stop_the_run(tmp_path, tag_into, model, files):
    (model / "stillborn").touch()
    with pytest.raises(StoppedError, match="C437"):
        tag_into(tmp_path / "facts.db", files)


# -- files of facts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_file_of_facts(tmp_path, tag_into, article, write_jsonl, suffix):
    to = tmp_path / f"facts.{suffix}"
    news = write_jsonl(tmp_path / "b.jsonl", [article("b", "Có 3 xã, 1200 hộ"), article("a", "Có 1 tỉnh")])
    tag_into(to, news)
    before = to.read_bytes()
    tag_into(to, news, workers=2)
    assert to.read_bytes() == before
    more = write_jsonl(tmp_path / "a.jsonl", [article("c", "Có 7 ấp")])
    tag_into(to, more)
    assert sorted(values_of(to)) == [1, 3, 7, 1200]


def values_of(path):
    if path.suffix == ".jsonl":
        return [json.loads(line)["value"] for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".csv":
        import csv

        with path.open(encoding="utf-8-sig", newline="") as file:
            return [int(row["value"]) for row in csv.DictReader(file)]
    from pyarrow import parquet

    return parquet.read_table(path).column("value").to_pylist()


def test_facts_in_a_file_keep_the_public_format(tmp_path, tag_into, article, write_jsonl):
    from chitieu.facts.validation import validate_fact

    to, content = tmp_path / "facts.jsonl", "Xã có 3 thôn, 1200 hộ, 5 chợ"
    tag_into(to, write_jsonl(tmp_path / "b.jsonl", [article("b", content)]))
    facts = [json.loads(line) for line in to.read_text(encoding="utf-8").splitlines()]
    assert len(facts) == 3
    for fact in facts:
        fact["org"] = None  # the stand-in makes up an org without evidence
        fact["value_high"] = None
        validate_fact(fact, content)
