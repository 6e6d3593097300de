"""Splits of a corpus by article: given once, recorded, never changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chitieu.annotation.gold import AnnotatedArticle, read_annotated, write_annotated
from chitieu.annotation.likeness import LikenessIndex, same_words
from chitieu.errors import AnnotationError, OutputError

SPLITS = {"train": 0.7, "dev": 0.1, "test": 0.2}
"""Each split and its share of the articles of every genre."""
RECORD = "splits.json"


def assign_splits(
    articles: Iterable[AnnotatedArticle],
    recorded: Mapping[str, str],
    genres: Mapping[str, str],
    held: Iterable[AnnotatedArticle] = (),
) -> dict[str, str]:
    """Give each new article the split that its genre lacks most, and near-duplicates one split together.

    Args:
        articles: the new articles; the order given does not matter, that of their digests does.
        recorded: split by article id, of all articles that have one.
        genres: genre by article id, of the articles recorded.
        held: the articles of the corpus that stay as they are; what is like one of them goes to its split.

    Returns:
        `recorded` with the new ids after it, in the order in which they were given their split.

    Raises:
        AnnotationError: C210 an article is a near-duplicate of articles in two splits.
    """
    splits = dict(recorded)
    counts = Counter((genres.get(article_id, "?"), split) for article_id, split in recorded.items())
    new = sorted(articles, key=lambda article: hashlib.sha256(article.id.encode()).digest())
    for group in _alike(new, list(held)):
        given = {splits[article.id]: article.id for article in group if article.id in splits}
        members = [article for article in group if article.id not in splits]
        if len(given) > 1:
            (one, a), (other, b) = list(given.items())[:2]
            raise AnnotationError(
                "C210",
                f"near-duplicate of articles in two splits: {a} in {one}, {b} in {other}",
                place=(members or group)[0].id,
                remedy="leave one out: near-duplicates never straddle splits",
            )
        for article in members:
            genre = article.genre or "?"
            total = 1 + sum(counts[genre, split] for split in SPLITS)
            # The largest shortfall; among equals the first, which is train.
            lacking = max(SPLITS, key=lambda name: SPLITS[name] * total - counts[genre, name])
            split = next(iter(given), lacking)
            given = {split: article.id}
            splits[article.id] = split
            counts[genre, split] += 1
    return splits


def _alike(new: Sequence[AnnotatedArticle], held: Sequence[AnnotatedArticle]) -> list[list[AnnotatedArticle]]:
    """New articles, each in one group with all new and held articles that it is a near-duplicate of."""
    index = LikenessIndex()
    group_of: dict[str, list[AnnotatedArticle]] = {}
    for article in held:
        index.add(article.id, article.article.text)
        group_of[article.id] = [article]
    for article in new:
        group = group_of[article.id] = [article]
        for like in index.near_duplicates(article.article.text):
            other = group_of[like.article_id]
            if other is not group:
                group[:0] = other
                for member in other:
                    group_of[member.id] = group
        index.add(article.id, article.article.text)
    return list({id(group_of[article.id]): group_of[article.id] for article in new}.values())


def without_copies(
    new: Iterable[AnnotatedArticle], held: Iterable[AnnotatedArticle]
) -> tuple[list[AnnotatedArticle], dict[str, str]]:
    """Leave out articles whose words are those of another, under another id.

    Args:
        new: articles that may join a corpus.
        held: those of the corpus that stay as they are.

    Returns:
        The articles that are kept, in their order, and by id of each one left out the id of the article it copies.
    """
    originals = {same_words(article.article.text): article.id for article in held}
    kept, copies = [], {}
    for article in new:
        original = originals.setdefault(same_words(article.article.text), article.id)
        if original == article.id:
            kept.append(article)
        else:
            copies[article.id] = original
    return kept, copies


def record_problems(folder: Path, articles: Iterable[AnnotatedArticle]) -> list[AnnotationError]:
    """Where the articles of a corpus are not in the split that was recorded for them (C208).

    Raises:
        AnnotationError: C208 the record can't be read.
    """
    recorded = read_splits(folder)
    return [
        AnnotationError(
            "C208",
            f"{article.id} is in {article.split}, but recorded in {recorded.get(article.id)}",
            place=str(folder / RECORD),
            remedy="move the article back: splits never change",
        )
        for article in articles
        if recorded.get(article.id) != article.split
    ]


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
        AnnotationError: C208 the record of the splits can't be read, or does not agree with the files; C210 an article
            is a near-duplicate of articles in two splits.
        OutputError: C401 a file can't be written.
    """
    new = {article.id: article for article in articles}
    recorded = read_splits(folder)
    held = {article.id: article for article in read_corpus(folder)}
    for problem in record_problems(folder, held.values()):
        raise problem
    genres = {article.id: article.genre or "?" for article in held.values()}
    staying = [article for article_id, article in held.items() if article_id not in new]
    splits = assign_splits(new.values(), recorded, genres, staying)
    everything = {**held, **new}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{RECORD}.part"
        part.write_text(json.dumps(splits, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        part.replace(folder / RECORD)
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
