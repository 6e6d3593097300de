"""`chitieu show` with a stand-in for the model."""

from __future__ import annotations

from pathlib import Path


def test_page_of_several(run, tmp_path):
    (tmp_path / "a.txt").write_text("Đã trồng 5 cây.", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(
        '{"id": "b1", "text": "Mua 7 xe <b>?", "title": "Tin & bài"}\n{\n', encoding="utf-8"
    )
    result = run("show", "a.txt", "b.jsonl", "--output", "p.html", "--published", "2024-02-03")
    assert result.code == 1
    assert result.error_lines[0].startswith("b.jsonl:2: [C108]")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert page.count("<section") == 2
    assert "Tin &amp; bài" in page
    assert "&lt;b&gt;?" in page


def test_no_page_without_articles(run, tmp_path):
    (tmp_path / "a.txt").touch()
    result = run("show", "a.txt", "--output", "p.html")
    assert (result.code, len(result.error_lines)) == (1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_output_is_needed_and_is_no_input(run, tmp_path):
    (tmp_path / "a.html").write_text("<p>x</p>", encoding="utf-8")
    assert run("show", "a.html").code == 2
    assert run("show", "a.html", "--output", Path("a.html")).code == 2
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "<p>x</p>"
