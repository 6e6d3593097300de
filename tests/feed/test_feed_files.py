"""Sources on disk and standard input: whatever `chitieu extract` reads, Parquet, WARC, packed files, feeds in files."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from datetime import date, datetime, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from chitieu.article import Article
from chitieu.feed import files
from chitieu.feed.item import Found, Missing
from chitieu.feed.read import read_sources
from chitieu.feed.source import Source

TEXT = "Năm 2023, tổ hợp tác Bến Gỗ trồng 12 ha dưa, thu 340 tấn, vượt kế hoạch đề ra từ đầu năm."
ENGLISH = "The committee met on Monday to approve the budget of the coming year, and the press was there too."


@pytest.fixture
def read(quick):
    def run(*sources, **changes):
        items = list(read_sources(sources, settings=quick(**changes)))
        return [item for item in items if isinstance(item, Found)], [
            item for item in items if isinstance(item, Missing)
        ]

    return run


def line(number: object, text: str = TEXT, **fields: object) -> str:
    return json.dumps({"id": str(number), "text": text, **fields}, ensure_ascii=False)


# -- single files


def test_a_text_a_page_and_a_list(tmp_path, article_page, read):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.html").write_text(article_page(1), encoding="utf-8")
    (tmp_path / "c.json").write_text(f"[{line(1)}, {line(2, '')}, {line(3)}]", encoding="utf-8")
    found, missing = read(*(str(tmp_path / name) for name in ("a.txt", "b.html", "c.json")))
    assert [item.key for item in found] == [
        f"{tmp_path}/a.txt",
        f"{tmp_path}/b.html",
        f"{tmp_path}/c.json#1",
        f"{tmp_path}/c.json#3",
    ]
    assert [item.article.id for item in found] == ["a", "b", "1", "3"]
    assert found[0].article.text == TEXT
    assert [(item.key, item.code) for item in missing] == [(f"{tmp_path}/c.json:1", "C103")]


def test_json_lines(tmp_path, read):
    rows = [
        line(1, published="2023-05-06", url="https://Bao.example/a?utm_source=x"),
        "{broken",
        "",
        line(2, ENGLISH),
        line(3, published="2023-13-45"),
        line(4),
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    found, missing = read(Source(str(path), name="kho", province="Huế"))
    assert [(item.key, item.url, item.feed, item.province) for item in found] == [
        (f"{path}#1", "https://bao.example/a", "kho", "Huế"),
        (f"{path}#4", None, "kho", "Huế"),
    ]
    assert found[0].article.published == date(2023, 5, 6)
    assert [(item.key, item.place, item.code) for item in missing] == [
        (f"{path}:{number}", f"{path}:{number}", code) for number, code in ((2, "C108"), (4, "C121"), (5, "C112"))
    ]


def test_records_without_an_id(tmp_path, read):
    path = tmp_path / "a.jsonl"
    rows = [
        {"text": TEXT, "url": "https://bao.example/1"},
        {"text": TEXT},
        {"id": 7, "text": TEXT},
        ["x"],
        {"id": True},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    found, missing = read(str(path))
    assert [item.key for item in found] == [f"{path}#https://bao.example/1", f"{path}#line-2", f"{path}#7"]
    assert [item.code for item in missing] == ["C109", "C110"]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)])
def test_packed_json_lines(tmp_path, read, suffix, pack):
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack("\n".join(line(number) for number in range(50)).encode()))
    found, missing = read(str(path))
    assert ([item.article.id for item in found], missing) == ([str(number) for number in range(50)], [])


def test_packed_json_lines_that_are_cut_off(tmp_path, read):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(line(number) for number in range(500)).encode())[:-200])
    found, (missing,) = read(str(path))
    assert 0 < len(found) < 500
    assert missing.code == "C101"


def test_json_lines_in_utf_16(tmp_path, read):
    path = tmp_path / "a.jsonl"
    path.write_text(f"{line(1)}\n{{\n{line(2)}\n", encoding="utf-16")
    found, missing = read(str(path))
    assert [item.article.id for item in found] == ["1", "2"]
    assert [item.code for item in missing] == ["C108"]


def test_a_line_without_end_is_not_held(tmp_path, read, monkeypatch):
    from chitieu.feed import records

    monkeypatch.setattr(records, "_MAX_LINE", 1_000)
    path = tmp_path / "a.jsonl"
    path.write_text(f"{line(1)}\n{'x' * 5_000}\n{line(2)}\n", encoding="utf-8")
    found, missing = read(str(path))
    assert [item.article.id for item in found] == ["1", "2"]
    assert [(item.key, item.code) for item in missing] == [(f"{path}:2", "C107")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.txt", None, "C101"),
        ("none.jsonl", None, "C101"),
        ("none", None, "C101"),
        ("a.txt", b"", "C103"),
        ("a.html", b"<html></html>", "C115"),
        ("a.json", b"{", "C108"),
        ("a.parquet", b"PAR1 not really", "C146"),
        ("a.warc", b"WARC/1.0\r\nnonsense", "C147"),
        ("a.warc.gz", b"\x1f\x8bnonsense", "C147"),
        ("a.xml", b"<what/>", "C143"),
        ("a.bin", bytes(range(256)), "C143"),
        ("a.rss", b"nothing", "C140"),
        ("a.opml", b"<opml", "C140"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_missing(tmp_path, read, name, content, code):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    found, missing = read(str(path))
    assert found == []
    assert [(item.code, item.feed) for item in missing] == [(code, str(path))]


def test_a_kind_can_be_forced(tmp_path, read):
    path = tmp_path / "export.dat"
    path.write_text(line(1), encoding="utf-8")
    assert [item.article.id for item in read(str(path))[0]] == ["1"]  # told by its first bytes
    assert [item.article.id for item in read(f"jsonl:{path}")[0]] == ["1"]
    found, _ = read(f"text:{path}")
    assert found[0].article.text == line(1)


# -- folders


def test_a_folder(tmp_path, article_page, read):
    """Pages of one name in several folders are several articles, and one bad file never stops the others."""
    for name in ("2023/01/index.html", "2023/02/index.html", ".hidden/a.html", "2023/.b.html"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article_page(1), encoding="utf-8")
    (tmp_path / "2023/03.html").write_bytes(b"%PDF-1.4")
    (tmp_path / "a.jsonl").write_text(f"{line(1)}\n{line(2)}", encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    pq.write_table(pa.table({"id": ["p"], "text": [TEXT]}), tmp_path / "b.parquet")
    (tmp_path / "around").symlink_to(tmp_path, target_is_directory=True)
    found, missing = read(str(tmp_path))
    assert [item.key.removeprefix(f"{tmp_path}/") for item in found] == [
        "2023/01/index.html",
        "2023/02/index.html",
        "a.jsonl#1",
        "a.jsonl#2",
        "b.parquet#p",
    ]
    assert [(item.key, item.code) for item in missing] == [(f"{tmp_path}/2023/03.html", "C105")]


def test_a_folder_without_articles(tmp_path, read):
    assert [item.code for item in read(str(tmp_path))[1]] == ["C117"]


def test_keys_do_not_depend_on_where_one_stands(tmp_path, read, monkeypatch):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read("a.txt")[0][0].key == read(str(tmp_path / "a.txt"))[0][0].key == f"{tmp_path}/a.txt"


def test_a_limit(tmp_path, read):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(line(number) for number in range(9)), encoding="utf-8")
    assert len(read(Source(str(path), limit=4))[0]) == 4
    assert len(read(str(path), max_entries=5)[0]) == 5


# -- Parquet


def test_parquet(tmp_path, read):
    moment = datetime(2022, 12, 31, 18, 30, tzinfo=timezone.utc)
    table = pa.table(
        {
            "id": [1, 2, None, 4],
            "text": [TEXT, None, TEXT, ENGLISH],
            "published": [moment] * 4,
            "url": ["https://x.example/1", None, "https://x.example/3", None],
            "other": [[1], [2], [3], [4]],
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    found, missing = read(str(path))
    assert [item.key for item in found] == [f"{path}#1", f"{path}#https://x.example/3"]
    assert found[0].article.published == date(2023, 1, 1)  # in Vietnam
    assert [(item.key, item.code) for item in missing] == [(f"{path}:2", "C110"), (f"{path}:4", "C121")]


def test_a_date_that_python_has_no_room_for_spoils_its_row_only(tmp_path, read):
    moments = pa.array([0, 10**13, 0], pa.timestamp("s"))
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": ["a", "b", "c"], "text": [TEXT] * 3, "published": moments}), path)
    found, missing = read(str(path))
    assert [item.article.id for item in found] == ["a", "c"]
    assert [(item.key, item.place, item.code) for item in missing] == [(f"{path}:2", f"{path}:2", "C146")]


def test_parquet_with_days_and_without_texts(tmp_path, read):
    pq.write_table(pa.table({"text": [TEXT], "published": [date(2023, 2, 3)]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"body": [TEXT]}), tmp_path / "b.parquet")
    (item,), (missing,) = read(str(tmp_path))
    assert (item.article.id, item.article.published) == ("a-1", date(2023, 2, 3))
    assert (missing.code, '"text"' in missing.reason) == ("C146", True)


# -- WARC


def warc(*records: tuple[str, bytes, dict[str, str]], packed: bool = True) -> bytes:
    """An archive of (URL, body, changes) responses."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    for url, body, changes in records:
        status = changes.get("status", "200 OK")
        fields = [("Content-Type", changes.get("type", "text/html; charset=utf-8"))]
        if "encoding" in changes:
            fields.append(("Content-Encoding", changes["encoding"]))
        kind = changes.get("record", "response")
        if kind == "response":
            headers = StatusAndHeaders(status, fields, protocol="HTTP/1.1")
            record = writer.create_warc_record(url, kind, payload=io.BytesIO(body), http_headers=headers)
        else:
            record = writer.create_warc_record(
                url, kind, payload=io.BytesIO(body), warc_content_type=changes.get("type", "text/plain")
            )
        writer.write_record(record)
    return out.getvalue()


@pytest.mark.parametrize("packed", [True, False])
def test_a_web_archive(tmp_path, article_page, read, packed):
    page = article_page(4).encode()
    path = tmp_path / ("a.warc.gz" if packed else "a.warc")
    path.write_bytes(
        warc(
            ("https://bao.example/1?utm_source=x#top", page, {}),
            ("https://bao.example/logo.png", b"\x89PNG", {"type": "image/png"}),
            ("https://bao.example/404", page, {"status": "404 Not Found"}),
            ("https://bao.example/english", f"<html><body><h1>A</h1><p>{ENGLISH * 3}</p></body></html>".encode(), {}),
            ("https://bao.example/2", gzip.compress(page), {"encoding": "gzip"}),
            ("https://bao.example/3", TEXT.encode(), {"record": "conversion"}),
            packed=packed,
        )
    )
    found, missing = read(str(path))
    assert [item.key for item in found] == [f"https://bao.example/{number}" for number in (1, 2, 3)]
    assert found[0].url == found[0].article.id == "https://bao.example/1"
    assert found[0].article.published is None  # when it was archived says nothing
    assert [item.code for item in missing] == ["C121"]


def test_an_archive_that_breaks(tmp_path, article_page, read):
    page = article_page(4).encode()
    whole = warc(*((f"https://bao.example/{number}", page, {}) for number in range(9)))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(whole[: len(whole) // 2] + bytes(200) + whole[len(whole) // 2 + 200 :])
    found, missing = read(str(path))
    assert 2 <= len(found) < 9
    assert [item.code for item in missing][-1] == "C147"


@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_that_breaks_off(tmp_path, article_page, read, packed):
    """A part of a page must not pass for the whole, nor an archive cut off between the pages for all of them."""
    pages = [article_page(number).encode() for number in (1, 2)]
    urls = [f"https://bao.example/{number}" for number in (1, 2)]
    first = len(warc((urls[0], pages[0], {}), packed=packed))
    other = len(warc((urls[0], pages[0], {}), (urls[1], pages[1], {"status": "404 Not Found"}), packed=packed))
    whole = warc(
        (urls[0], pages[0], {}),
        (urls[1], pages[1], {"status": "404 Not Found"}),
        (urls[1], pages[1], {}),
        packed=packed,
    )
    path = tmp_path / ("a.warc.gz" if packed else "a.warc")
    path.write_bytes(whole)
    assert [item.key for item in read(str(path))[0]] == urls
    for end, keys in ((first - 80, []), (other - 80, urls[:1]), (len(whole) - 80, urls[:1])):
        path.write_bytes(whole[:end])
        found, missing = read(str(path))
        assert [item.key for item in found] == keys
        assert [item.code for item in missing] == ["C147"]


# -- feeds in files


def test_a_feed_in_a_file_leads_to_its_pages(tmp_path, site, article_page, rss, read):
    site.serve("/1.html", article_page(1))
    for name in ("a.rss", "a.xml", "a.dat"):
        path = tmp_path / name
        path.write_text(rss(site.url("/1.html"), "/nowhere.html"), encoding="utf-8")
        (item,), (missing,) = read(str(path))
        assert (item.key, item.feed) == (site.url("/1.html"), str(path))
        assert missing.code == "C131"


# -- standard input


@pytest.fixture
def standard_input(monkeypatch):
    def give(data: bytes) -> None:
        stream = io.BufferedReader(io.BytesIO(data))
        monkeypatch.setattr(files.sys, "stdin", type("Stdin", (), {"buffer": stream}))

    return give


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_json_lines_on_standard_input(standard_input, read, pack):
    standard_input(pack(f"\n{line(1)}\n{{\n{line(2)}".encode()))
    found, missing = read("-")
    assert [item.key for item in found] == ["-#1", "-#2"]
    assert [(item.key, item.code) for item in missing] == [("-:3", "C108")]


def test_a_text_a_page_and_an_archive_on_standard_input(standard_input, article_page, read):
    standard_input(TEXT.encode())
    article = read("-")[0][0].article
    assert article == Article(article.id, TEXT)
    assert article.id.startswith("standard-input-")
    standard_input(article_page(1).encode())
    assert read("-")[0][0].article.title == "Xã Bình An số 1 tổng kết phong trào hợp tác xã"
    standard_input(warc(("https://bao.example/1", article_page(1).encode(), {}), packed=False))
    assert read("-")[0][0].key == "https://bao.example/1"
    standard_input(b"PAR1...")
    assert read("-")[1][0].code == "C143"


def test_what_comes_without_a_name_on_standard_input_is_told_apart(standard_input, article_page, read):
    """What is piped in tonight must not take the place of what was last night."""

    def keys(data: str) -> list[str]:
        standard_input(data.encode())
        return [item.key for item in read("-")[0]]

    texts = [TEXT, TEXT + " Năm 2024 có 3 HTX.", article_page(1), article_page(2)]
    nameless = [json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts[:2]]
    given = [keys(text) for text in (*texts, *nameless)]
    assert given == [keys(text) for text in (*texts, *nameless)]
    assert len({key for (key,) in given}) == 6
    assert keys("".join(nameless)) == [*given[4], *given[5]]


def test_a_feed_on_standard_input(standard_input, site, article_page, rss, read):
    site.serve("/1.html", article_page(1))
    standard_input(rss(site.url("/1.html")).encode())
    assert read("-")[0][0].key == site.url("/1.html")


# -- what is not installed


@pytest.mark.parametrize(
    ("package", "source"), [("feedparser", "https://bao.example/rss"), ("protego", "a.opml"), ("warcio", "a.warc.gz")]
)
def test_a_missing_package_is_told_before_anything_is_read(monkeypatch, package, source):
    import sys

    from chitieu.feed.failure import SourceError

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SourceError) as caught:
        read_sources([source])
    assert caught.value.code == "C144"
    assert "chitieu[feed]" in str(caught.value)
