"""Reading files and folders: what is read is stored as it stands, and what can't be read is told and passed over."""

from __future__ import annotations

import json
import tracemalloc
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chitieu.reading import article_to_dict, read_articles

CASES = json.loads((Path(__file__).parent / "bad_inputs.json").read_text(encoding="utf-8"))


def read(*inputs: Path, **settings):
    errors = []
    articles = list(read_articles(inputs, on_error=errors.append, **settings))
    return articles, errors


def write_case(case, folder: Path) -> Path:
    path = folder / case["name"]
    if "hex" in case:
        path.write_bytes(bytes.fromhex(case["hex"] + case.get("append_hex", "")))
    elif "repeat" in case:
        path.write_text(case["repeat"][0] * case["repeat"][1], encoding="utf-8")
    else:
        path.write_bytes(case["text"].encode())
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_bad_input_is_one_clear_line_and_the_rest_is_read(case, tmp_path):
    path = write_case(case, tmp_path)
    good = tmp_path / "good.txt"
    good.write_text("tốt", encoding="utf-8")
    articles, errors = read(path, good)
    assert [article.id for article in articles] == [*case.get("read", []), "good"]
    assert [
        (error.place, error.code[: len(code)]) for error, (_, code, _) in zip(errors, case["errors"], strict=True)
    ] == [(f"{path}{line}", code) for line, code, _ in case["errors"]]
    for error, (_, _, phrase) in zip(errors, case["errors"], strict=True):
        assert phrase in str(error)
        assert error.remedy
        assert "\n" not in str(error)


def test_each_kind_of_bad_input_has_its_own_wording():
    kinds = {error[1] for case in CASES for error in case["errors"]}
    assert {
        "C103",
        "C104",
        "C105",
        "C106",
        "C108",
        "C109",
        "C110",
        "C111",
        "C112",
        "C113",
        "C114",
        "C115",
        "C116",
    } <= kinds


@pytest.mark.parametrize(
    "text",
    [
        "Dòng một\r\nDòng hai\r  \n\n ",
        unicodedata.normalize("NFD", "Đã kết nạp 20 xã viên"),
        "trộn cả hai: tổ và tổ",
        "0123456789 " * 50,
        "Le conseil a créé 40 emplois. 理事会创造了就业。 Совет создал рабочие места.",
        "👩‍🌾 trồng\u200b 5\ufeff cây\u00ad \u0007chuông \u202eđảo\u202c",
    ],
)
@pytest.mark.parametrize("suffix", ["txt", "json", "jsonl"])
def test_text_is_kept_as_stored(tmp_path, text, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes((text if suffix == "txt" else json.dumps({"id": "a", "text": text})).encode())
    articles, errors = read(path)
    assert errors == []
    assert articles[0].text == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    record=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda leaf: (
            st.lists(leaf) | st.dictionaries(st.sampled_from(["id", "text", "title", "published"]) | st.text(), leaf)
        ),
    )
)
def test_any_json_gives_an_article_or_an_error(tmp_path, record):
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps(record).encode())
    articles, errors = read(path)
    assert len(articles) + len(errors) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
@pytest.mark.parametrize("suffix", ["txt", "json", "jsonl"])
def test_any_bytes_give_articles_or_errors(tmp_path, data, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data)
    articles, errors = read(path)
    assert articles or errors
    for article in articles:
        article.text.encode("utf-8")


def test_folders_are_read_in_order_and_hidden_files_passed_over(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/.hidden.txt", ".git/x.txt", "c.docx", "d.TXT", "a/b/e.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"id": "e", "text": "x"}' if name.endswith("jsonl") else "x", encoding="utf-8")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    articles, errors = read(tmp_path)
    assert [article.id for article in articles] == ["e", "z", "b", "d"]
    assert errors == []


def test_what_cannot_be_an_input(tmp_path):
    (tmp_path / "c.docx").write_text("x", encoding="utf-8")
    (tmp_path / "none").mkdir()
    inputs = [tmp_path / "c.docx", tmp_path / "none", tmp_path / "missing.txt", tmp_path / ("x" * 300)]
    articles, errors = read(*inputs)
    assert articles == []
    assert [error.code for error in errors] == ["C102", "C117", "C101", "C101"]


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("x", encoding="utf-8")

    def refuse(self, *arguments, **settings):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert [str(error) for error in read(path)[1]] == [
        f"{path}: [C101] can't be read: Permission denied (check its permissions)"
    ]


def test_same_id_twice(tmp_path):
    (tmp_path / "x").mkdir()
    for path in (tmp_path / "a.txt", tmp_path / "x" / "a.txt"):
        path.write_text("x", encoding="utf-8")
    articles, errors = read(tmp_path / "a.txt", tmp_path / "x", tmp_path / "a.txt")
    assert [article.id for article in articles] == ["a"]
    assert [(error.code, error.place) for error in errors] == [
        ("C113", str(tmp_path / "x" / "a.txt")),
        ("C113", str(tmp_path / "a.txt")),
    ]


def test_published_fills_what_is_missing_only(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"id": "a", "text": "x", "published": "2020-01-02"}\n{"id": "b", "text": "x", "published": null}\n',
        encoding="utf-8",
    )
    (tmp_path / "c.txt").write_text("x", encoding="utf-8")
    articles, _ = read(tmp_path, published=date(2024, 5, 6))
    assert [article.published for article in articles] == [date(2020, 1, 2), date(2024, 5, 6), date(2024, 5, 6)]


def test_an_annotated_article_reads_as_a_bare_one_and_back(tmp_path):
    bare = {
        "id": "a",
        "title": "T",
        "text": "x\r\n",
        "published": "2020-01-02",
        "source": "s",
        "url": "https://x.example",
    }
    (tmp_path / "a.json").write_text(json.dumps({**bare, "split": "dev", "spans": [], "facts": []}), encoding="utf-8")
    articles, errors = read(tmp_path)
    assert errors == []
    assert article_to_dict(articles[0]) == bare


def test_five_megabytes_are_read_and_more_than_twenty_refused(tmp_path):
    (tmp_path / "5mb.txt").write_text("Đã trồng 5 cây. " * 260_000, encoding="utf-8")
    (tmp_path / "21mb.txt").write_bytes(b"Mua 7 xe. " * 2_200_000)
    (tmp_path / "lines.jsonl").write_bytes(
        b'{"id": "l1", "text": "' + b"Mua 7 xe. " * 2_200_000 + b'"}\n{"id": "l2", "text": "sau"}\n'
    )
    (tmp_path / "page.html").write_bytes(b"<p>" + b"Mua 7 xe. " * 1_100_000)
    articles, errors = read(tmp_path)
    assert [article.id for article in articles] == ["5mb", "l2"]
    assert [(Path(error.place).name, error.code) for error in errors] == [
        ("21mb.txt", "C107"),
        ("lines.jsonl:1", "C107"),
        ("page.html", "C107"),
    ]


def test_a_line_without_end_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("chitieu.reading.json_files._MAX_LINE", 100)
    path = tmp_path / "a.jsonl"
    for encoding in ("utf-8", "utf-16"):
        path.write_bytes(('{"id": "a", "text": "' + "x" * 1000 + '"}\n{"id": "b", "text": "x"}\n').encode(encoding))
        articles, errors = read(path)
        assert [article.id for article in articles] == ["b"]
        assert [(error.code, error.place) for error in errors] == [("C107", f"{path}:1")]


def test_lines_are_not_held(tmp_path):
    path = tmp_path / "many.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(2_000):
            file.write(json.dumps({"id": str(number), "text": "Đã trồng 5 cây. " * 500}) + "\n")
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_articles([path], on_error=pytest.fail)) == 2_000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000  # the file is 20 MB
    finally:
        tracemalloc.stop()
