"""Splits of a corpus by article: given once, recorded, never changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from chitieu.annotation.gold import AnnotatedArticle, read_annotated, write_annotated
from chitieu.errors import AnnotationError, OutputError

SPLITS = {"train": 0.7, "dev": 0.1, "test": 0.2}
"""Each split and its share of the articles of every genre."""
RECORD = "splits.json"


def assign_splits(
    articles: Iterable[AnnotatedArticle], recorded: Mapping[str, str], genres: Mapping[str, str]
) -> dict[str, str]:
    """Give each new article the split that its genre lacks most.

    Args:
        articles: the new articles; the order given does not matter, that of their digests does.
        recorded: split by article id, of all articles that have one.
        genres: genre by article id, of the articles recorded.

    Returns:
        `recorded` with the new ids after it, in the order in which they were given their split.
    """
    splits = dict(recorded)
    held = Counter((genres.get(article_id, "?"), split) for article_id, split in recorded.items())
    for article in sorted(articles, key=lambda article: hashlib.sha256(article.id.encode()).digest()):
        if article.id in splits:
            continue
        genre = article.genre or "?"
        total = 1 + sum(held[genre, split] for split in SPLITS)
        # The largest shortfall; among equals the first, which is train.
        split = max(SPLITS, key=lambda name: SPLITS[name] * total - held[genre, name])
        splits[article.id] = split
        held[genre, split] += 1
    return splits


def read_corpus(folder: Path) -> list[AnnotatedArticle]:
    """All articles of a corpus, split by split; a file that is not there yet holds none.

    Raises:
        AnnotationError: a file can't be read.
    """
    files = (folder / f"{split}.jsonl" for split in SPLITS)
    return [article for file in files if file.exists() for article in read_annotated(file)]


def add_to_corpus(folder: Path, articles: Iterable[AnnotatedArticle]) -> dict[str, int]:
    """Add new articles to the files of a corpus, and replace those that it holds already.

    Args:
        folder: where `train.jsonl`, `dev.jsonl`, `test.jsonl` and `splits.json` are, or will be.
        articles: articles without errors (`check`).

    Returns:
        The number of articles of each split, afterwards.

    Raises:
        AnnotationError: C208 the record of the splits can't be read, or does not agree with the files.
        OutputError: C401 a file can't be written.
    """
    new = {article.id: article for article in articles}
    recorded = read_splits(folder)
    held = {article.id: article for article in read_corpus(folder)}
    for article in held.values():
        if recorded.get(article.id) != article.split:
            raise AnnotationError(
                "C208",
                f"{article.id} is in {article.split}, but recorded in {recorded.get(article.id)}",
                place=str(folder / RECORD),
                remedy="move the article back: splits never change",
            )
    genres = {article.id: article.genre or "?" for article in held.values()}
    splits = assign_splits(new.values(), recorded, genres)
    everything = {**held, **new}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).write_text(json.dumps(splits, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(
            "C401", f"can't write: {error.strerror}", place=str(folder), remedy="choose another path"
        ) from error
    counts = {}
    for split in SPLITS:
        members = [replace(everything[i], split=split) for i, s in splits.items() if s == split and i in everything]
        counts[split] = write_annotated(folder / f"{split}.jsonl", members)
    return counts


def read_splits(folder: Path) -> dict[str, str]:
    """The recorded split of each article id, in the order in which they were given; empty where nothing is recorded.

    Raises:
        AnnotationError: C208 it can't be read as such.
    """
    path = folder / RECORD
    if not path.exists():
        return {}
    try:
        splits = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AnnotationError("C208", f"can't read: {error}", place=str(path), remedy="restore it from git") from None
    if not isinstance(splits, dict) or not all(split in SPLITS for split in splits.values()):
        raise AnnotationError("C208", "no object of article id to split", place=str(path), remedy="restore it from git")
    return splits
