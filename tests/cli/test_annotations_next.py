"""`chitieu annotations next`, the model replaced by a stub that takes every number with a word after it for a fact."""

from __future__ import annotations

import json

import pytest

from chitieu.annotation.formats import read_forms
from chitieu.annotation.forms import Form
from chitieu.annotation.gold import AnnotatedArticle, read_annotated, write_annotated
from chitieu.article import Article

TEXTS = {
    "cho": "Chợ nổi sáng nay bán 40 tạ cá, 30 thuyền cập bến, 9 xe chờ, 6 chủ vựa cùng 2 thương lái trả giá.",
    "truong": "Ngày khai giảng, thầy trò quét sân, trồng 12 cây phượng, đón 70 em, nhận 5 bộ bàn, 8 thùng sách mới.",
    "rung": "Kiểm lâm tuần tra ven suối cạn, gặp 3 lán trại bỏ hoang giữa rừng già mùa khô.",
    "tho": "Câu lạc bộ thơ họp mặt đầu xuân, ai cũng vui, chẳng có con số nào được nhắc đến.",
}


@pytest.fixture
def pile(tmp_path):
    rows = [{"id": name, "text": text} for name, text in TEXTS.items()]
    path = tmp_path / "pile.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


# The stub is surest of an article's first fact, and less of each further one: of `cho` least.
@pytest.mark.parametrize("form", Form)
def test_every_form_holds_the_marks(run, pile, tmp_path, form):
    name = "out.jsonl" if form in (Form.JSONL, Form.DOCCANO, Form.PRODIGY) else "out.json"
    result = run("annotations", "next", pile, "--count", 2, "--to", form.value, "--output", name)
    assert result.code == 0, result.err
    if form is Form.LABEL_STUDIO:
        tasks = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        assert [len(task["predictions"]) for task in tasks] == [1, 1]
        assert not any(task.get("annotations") for task in tasks)
        assert (tmp_path / "out.config.xml").is_file()
        return
    reading = read_forms([tmp_path / name], form)
    articles = {article.id: article for _, article in reading.articles}
    assert (reading.broken, reading.findings) == ([], [])
    assert {name: article.article.text for name, article in articles.items()} == {
        name: TEXTS[name] for name in ("cho", "truong")
    }
    assert [article.surface(span) for article in articles.values() for span in article.spans][:1] == ["40 tạ"]
    assert [len(articles[name].facts) for name in ("cho", "truong")] == [5, 4]


def test_the_table_says_why(run, pile):
    result = run("annotations", "next", pile, "--count", 2, "--to", "jsonl", "--output", "out.jsonl")
    rows = [line.split()[:5] for line in result.out.splitlines()]
    assert ["article", "doubtful", "figures", "facts", "like"] in rows
    assert [row[:4] for row in rows if row[:1] == ["cho"]] == [["cho", "30%", "5", "5"]]
    assert "left out: 1 without figures" in result.err
    assert "2 of 3 articles that could be annotated written to out.jsonl" in result.out


def test_doubtful_facts_are_not_marked_and_the_choice_is_the_same(run, pile, tmp_path):
    counts = []
    for least in (0, 0.65, 1):
        name = f"{least}.jsonl"
        call = ("annotations", "next", pile, "--count", 2, "--to", "jsonl", "--output", name, "--min-confidence", least)
        assert run(*call).code == 0
        counts.append({article.id: len(article.facts) for article in read_annotated(tmp_path / name)})
    assert counts[0].keys() == counts[1].keys() == counts[2].keys() == {"cho", "truong"}
    assert sum(counts[0].values()) > sum(counts[1].values()) > sum(counts[2].values()) == 0


def test_what_the_corpus_holds_is_not_chosen(run, pile, tmp_path):
    (tmp_path / "annotations").mkdir()
    known = AnnotatedArticle(Article("khac", TEXTS["cho"].replace("40", "41")), split="train")
    write_annotated(tmp_path / "annotations" / "train.jsonl", [known])
    result = run("annotations", "next", pile, "--to", "jsonl", "--output", "out.jsonl")
    assert result.code == 0
    assert {article.id for article in read_annotated(tmp_path / "out.jsonl")} == {"truong", "rung"}
    assert "left out: 1 in the corpus already, or like an article of it" in result.err


def test_ids_are_made_fit_for_the_corpus(run, tmp_path):
    (tmp_path / "Tin Chợ.txt").write_text(TEXTS["cho"], encoding="utf-8")
    result = run("annotations", "next", "Tin Chợ.txt", "--to", "inline", "--output", "drafts")
    assert result.code == 0, result.err
    (draft,) = (tmp_path / "drafts").iterdir()
    assert draft.name.startswith("tin-cho-")
    assert draft.name.endswith(".article.txt")


def test_broken_articles_are_told_and_the_rest_is_written(run, pile, tmp_path):
    with pile.open("a", encoding="utf-8") as file:
        file.write("{no json\n")
    result = run("annotations", "next", pile, "missing.txt", "--to", "jsonl", "--output", "out.jsonl")
    assert result.code == 1
    assert sum("[C1" in line for line in result.error_lines) == 2
    assert len(list(read_annotated(tmp_path / "out.jsonl"))) == 3


def test_what_a_form_cannot_hold_is_told(run, tmp_path):
    text = TEXTS["cho"].replace("cá,", "cá [[V1|")
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    result = run("annotations", "next", "a.txt", "--to", "inline", "--output", "drafts")
    assert result.code == 1
    assert "C214" in result.err
    assert "nothing was written" in result.out


def test_nothing_is_written_over_the_pile(run, pile):
    before = pile.read_bytes()
    assert run("annotations", "next", pile, "--to", "jsonl", "--output", pile).code == 2
    assert pile.read_bytes() == before


def test_nothing_to_annotate(run, tmp_path):
    (tmp_path / "tho.txt").write_text(TEXTS["tho"], encoding="utf-8")
    result = run("annotations", "next", "tho.txt", "--to", "jsonl", "--output", "out.jsonl")
    assert result.code == 0
    assert "0 of 0 articles" in result.out
    assert not (tmp_path / "out.jsonl").exists()
