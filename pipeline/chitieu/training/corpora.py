"""What a model is trained on: the corpus of a checkout, and new articles beside it."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chitieu.annotation.gold import AnnotatedArticle, read_annotated, write_annotated
from chitieu.errors import AnnotationError, ModelError

ARTICLES, LEARNED, HELD_OUT = "articles.jsonl", "learned.jsonl", "held-out.jsonl"


@dataclass(frozen=True, slots=True)
class Corpora:
    """What a model is trained on and what its checkpoints are chosen by.

    Attributes:
        train, dev: files in which every ORG and YEAR mention is marked.
        partial_train: files in which only the linked ones are. One article in twenty, told by a digest of its id, is
            held out with the dev articles, so that checkpoints are chosen, and confidence is calibrated, by real ones.
    """

    train: tuple[Path, ...]
    dev: tuple[Path, ...]
    partial_train: tuple[Path, ...] = ()

    def digest(self) -> str:
        """SHA-256 of the training files' bytes, in their order."""
        return digest_of((*self.train, *self.partial_train))

    def joined_by(self, more: Corpora) -> Corpora:
        """Old plus new: these files and those of `more`, each once; the dev files of `more` where it names any."""
        return Corpora(
            _each_once((*self.train, *more.train)),
            more.dev or self.dev,
            _each_once((*self.partial_train, *more.partial_train)),
        )


def digest_of(paths: Iterable[Path]) -> str:
    """SHA-256 of the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def default_corpora(root: Path, corpus: Path | None = None) -> Corpora:
    """`annotations/` of a checkout and, where it lies beside it, the real training data of `../shared/data`.

    Args:
        root: the checkout.
        corpus: another folder with `train.jsonl` and `dev.jsonl` instead of `annotations/`.

    Raises:
        ModelError: C306 there are no annotations.
    """
    folder = root / "annotations" if corpus is None else corpus
    train, dev = folder / "train.jsonl", folder / "dev.jsonl"
    if not train.is_file():
        raise ModelError(
            "C306",
            "no annotations to train on",
            place=str(train),
            remedy="run in a checkout, name another folder with --corpus, or train on the files named --alone",
        )
    real = root.parent / "shared" / "data" / "real-train.jsonl"
    return Corpora((train,), (dev,), (real,) if real.is_file() else ())


def write_corpora(corpora: Corpora, folder: Path) -> None:
    """Write what the training reads besides the files themselves.

    `articles.jsonl` joins several training files; in all of them an article stands once, and of an id that comes twice
    the later version counts. `learned.jsonl` and `held-out.jsonl` divide the partial ones into those to learn from, and
    one in twenty to choose checkpoints and calibrate by.

    Raises:
        AnnotationError: a file can't be read.
    """
    if len(corpora.train) > 1:
        write_annotated(folder / ARTICLES, _latest(corpora.train))
    parts: tuple[list[AnnotatedArticle], list[AnnotatedArticle]] = ([], [])
    for article in _latest(corpora.partial_train):
        parts[hashlib.sha256(article.id.encode()).digest()[0] % 20 == 0].append(article)
    write_annotated(folder / LEARNED, parts[0])
    write_annotated(folder / HELD_OUT, parts[1])


def _latest(paths: Iterable[Path]) -> Iterable[AnnotatedArticle]:
    return {article.id: article for path in paths for article in read_annotated(path)}.values()


def require_held_out(test: Sequence[AnnotatedArticle], paths: Iterable[Path]) -> None:
    """Make sure that what models are judged by is not among what they learn from.

    Args:
        test: the held-out articles.
        paths: files to learn from.

    Raises:
        AnnotationError: C240 an article of the files is in the test split, by its id or by its words.
    """
    ids = {article.id for article in test}
    texts = {_words(article) for article in test}
    for path in paths:
        for article in read_annotated(path):
            if article.id in ids or _words(article) in texts:
                raise AnnotationError(
                    "C240",
                    f"{article.id} is in the test split, which models are judged by",
                    place=str(path),
                    remedy="leave it out of training",
                )


def _words(article: AnnotatedArticle) -> str:
    return " ".join(unicodedata.normalize("NFC", article.article.text).split())


def _each_once(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple({path.resolve(): path for path in paths}.values())
