"""Annotated articles as examples, by way of a spaCy DocBin that is kept under a digest of all it was made from.

Finding the words is nearly all the work of reading a corpus, and a training run reads it several times. The JSON Lines
stay the master: from a kept file only the words' boundaries are taken, and only where they give the article's text back
to the character; spans, links and attributes are read from the JSON Lines each time. The file itself is a DocBin like
any other, with the entities on its docs, which `spacy debug data` reads.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.vocab import Vocab

from chitieu import tokenizer
from chitieu.annotation import docs
from chitieu.annotation.docs import Words, make_example
from chitieu.annotation.gold import AnnotatedArticle, read_annotated

_FORMAT = b"chitieu DocBin 1"
_LEAST_ARTICLES = 20  # fewer are tokenised faster than a person notices, and are no corpus
_MOST_FILES = 32  # a few MB each
_ATTRIBUTES = ("ORTH", "SPACY", "NORM", "ENT_IOB", "ENT_TYPE")


def cache_folder() -> Path | None:
    """Where DocBins are kept: `$CHITIEU_CACHE` (none, if that is empty), or the user's folder for caches."""
    named = os.environ.get("CHITIEU_CACHE")
    if named is not None:
        return Path(named) if named else None
    users = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    try:
        return (Path(users) if users else Path.home() / ".cache") / "chitieu"
    except RuntimeError:  # no home
        return None


def docbin_digest(path: Path, *, partial: bool = False) -> str:
    """SHA-256 of what a DocBin hangs on: the articles' bytes, the tokenizer, and how marks are put on docs.

    Args:
        path: JSON Lines of annotated articles.
        partial: as `make_example` takes it.
    """
    digest = hashlib.sha256(_FORMAT)
    for name in ("spacy", "underthesea", "underthesea-core"):
        digest.update(f"\0{name} {version(name)}".encode())
    for module in (tokenizer, docs):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(b"\0partial\0" if partial else b"\0whole\0")
    digest.update(path.read_bytes())
    return digest.hexdigest()


def read_examples(nlp: Language, path: Path, *, partial: bool = False) -> Iterator[Example]:
    """The annotated articles of a JSON Lines file as examples, one an article.

    Their words come from the kept DocBin; where there is none, or it can't be used, it is made when all were read.

    Args:
        nlp: its tokenizer is used, and its vocabulary.
        path: JSON Lines of annotated articles.
        partial: as `make_example` takes it.

    Raises:
        AnnotationError: as `read_annotated`.
    """
    articles = list(read_annotated(path))
    kept = _kept_file(nlp, path, len(articles), partial)
    words = None if kept is None else _read_words(kept, articles)
    if words is not None:
        for article, known in zip(articles, words, strict=True):
            yield make_example(nlp, article, partial=partial, words=known)
        return
    bin_ = DocBin(attrs=_ATTRIBUTES)
    for article in articles:
        example = make_example(nlp, article, partial=partial)
        bin_.add(example.reference)
        yield example
    if kept is not None:
        with suppress(OSError):  # a disk that is full, or a folder that is not ours, costs time and nothing else
            _keep(kept, bin_.to_bytes())


def _kept_file(nlp: Language, path: Path, articles: int, partial: bool) -> Path | None:
    """Where the DocBin of a file is, or will be; None where it is not kept."""
    folder = cache_folder()
    if folder is None or articles < _LEAST_ARTICLES or not isinstance(nlp.tokenizer, tokenizer.VietnameseTokenizer):
        return None
    with suppress(OSError):
        return folder / f"{docbin_digest(path, partial=partial)}.spacy"
    return None


def _read_words(path: Path, articles: Sequence[AnnotatedArticle]) -> list[Words] | None:
    """The words of each article; None where the file can't be read, or holds other texts."""
    try:
        # a vocabulary of its own: what the file names must not reach the pipeline's
        words = [_words(doc) for doc in DocBin().from_bytes(path.read_bytes()).get_docs(Vocab())]
    except Exception:  # zlib, msgpack, numpy and spaCy each have errors of their own for a broken file
        return None
    with suppress(OSError):
        os.utime(path)  # in use: dropped last
    texts = ["".join(word + " " * space for word, space in zip(each.words, each.spaces, strict=True)) for each in words]
    return words if texts == [article.article.text for article in articles] else None


def _words(doc: Doc) -> Words:
    words = [token.text for token in doc]
    return Words(words, [bool(token.whitespace_) for token in doc], [tokenizer.word_norm(word) for word in words])


def _keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and drop those that were used longest ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    files = sorted(path.parent.glob("*.spacy"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in files[_MOST_FILES:]:
        old.unlink(missing_ok=True)
