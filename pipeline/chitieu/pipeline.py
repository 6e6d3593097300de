"""The assembled pipeline: loading a model, and tagging articles with it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chitieu.article import Article, Span
from chitieu.errors import ArticleError, ModelError
from chitieu.facts.fact import Evidence, Fact, Offsets
from chitieu.facts.tagged import Tagged

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

MODEL_NAME = "chitieu_vi"
MODEL_FORMAT = 5
"""Raised whenever features or components change so that an older model can't be used; stands in its meta.json."""
COMPONENTS = ("tok2vec", "ner", "chitieu_relation", "chitieu_facts")

_BATCH = 8  # articles; of 4 to 32, 8 and 12 measured fastest, and fewer cost less memory
# An article longer than this is read in parts, cut at line breaks: memory stays flat, and no real article is that long.
# A batch holds no more than one part may: 40,000 characters of reports, or 1,200 figures, take about half a gigabyte.
_LONGEST_PART = 40_000  # characters
_MOST_NUMERALS = 1_200  # a page of bare digits has more
# spaCy's entries of the first so many words are kept; making those of frequent words anew for every batch costs more
# time than most components. Those of later words go with their batch.
_KEPT_WORDS = 20_000
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")


def default_model() -> Path:
    """Where the shipped model lies: `$CHITIEU_MODEL`, a source checkout's `models/`, or the installed data folder."""
    named = os.environ.get("CHITIEU_MODEL")
    if named:
        return Path(named)
    checkout = Path(__file__).parents[2] / "models" / MODEL_NAME
    return checkout if checkout.exists() else Path(sys.prefix) / "share" / "chitieu" / "models" / MODEL_NAME


def load(path: Path | str | None = None) -> Language:
    """Load a model as a spaCy pipeline whose docs carry `doc._.facts`.

    Args:
        path: a model folder; the shipped model by default.

    Raises:
        ModelError: C302 the folder is missing; C303 it holds no model; C304 it was made for another version; C309 it
            needs the extra `transformer`.
    """
    folder = Path(path) if path is not None else default_model()
    require_model(folder)
    import spacy

    from chitieu.inference import hasten

    try:
        with fast_cpu():
            nlp = spacy.load(folder)
        hasten(nlp)
    except Exception as error:
        raise ModelError(
            "C303",
            f"the model can't be loaded: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
            place=str(folder),
            remedy="train it anew with `chitieu train`, or fetch the folder again",
        ) from error
    missing = [name for name in COMPONENTS[1:] if name not in nlp.pipe_names]
    if missing:
        raise ModelError(
            "C303",
            f"the pipeline lacks {', '.join(missing)}",
            place=str(folder),
            remedy="train it with `chitieu train`",
        )
    return nlp


def fast_cpu() -> AbstractContextManager[None]:
    """Models made inside multiply matrices with numpy's BLAS instead of thinc's own.

    numpy's OpenBLAS is built for the processor it runs on: on the machine this was measured on it is three times as
    fast as the generic kernels that thinc's wheel carries (evaluate/benchmark.py prints both).
    """
    from thinc.api import use_ops

    context: AbstractContextManager[None] = use_ops("numpy", use_blis=False)
    return context


def require_model(folder: Path) -> None:
    """Tell a folder that holds no model of this version before spaCy stumbles over it.

    Raises:
        ModelError: C302 the folder is missing; C303 it holds no model; C304 it was made for another version; C309 it
            needs the extra `transformer`.
    """
    import json

    if not folder.is_dir():
        raise ModelError(
            "C302",
            "no such model folder",
            place=str(folder),
            remedy="name the folder of one, for example models/chitieu_vi, or train it: `chitieu train`",
        )
    meta_file = folder / "meta.json"
    if not meta_file.is_file() or not (folder / "config.cfg").is_file():
        raise ModelError(
            "C303",
            "the folder holds no model: meta.json or config.cfg is missing",
            place=str(folder),
            remedy="name the folder that `chitieu train` wrote, for example models/chitieu_vi",
        )
    try:
        meta: Any = json.loads(meta_file.read_text(encoding="utf-8"))
        made_for = meta.get("chitieu", {}).get("format")
    except (ValueError, AttributeError) as error:
        raise ModelError(
            "C303", f"meta.json can't be read: {error}", place=str(folder), remedy="fetch the folder again"
        ) from None
    if made_for != MODEL_FORMAT:
        raise ModelError(
            "C304",
            f"the model has format {made_for}, this version of chitieu reads {MODEL_FORMAT}",
            place=str(folder),
            remedy="train it anew with `chitieu train`, or install the version of chitieu that made it",
        )
    components = meta.get("components")
    if isinstance(components, list) and "transformer" in components and find_spec("spacy_transformers") is None:
        raise ModelError(
            "C309",
            "the model reads with a transformer, and the extra for it is not installed",
            place=str(folder),
            remedy="pip install 'chitieu[transformer]'",
        )


def tag(nlp: Language, articles: Iterable[Article]) -> Iterator[Tagged]:
    """Tag a stream of articles, one result an article, in order; memory does not grow with the stream."""
    spans: list[Span] = []
    facts: list[Fact] = []
    for batch in _batches(part for article in articles for part in split_article(article)):
        with nlp.memory_zone() if len(nlp.vocab) > _KEPT_WORDS else nullcontext():
            docs = nlp.pipe([_make_doc(nlp, part) for part in batch], batch_size=len(batch))
            read = [(list(_spans(doc, part)), doc._.facts) for part, doc in zip(batch, docs, strict=True)]
        for part, (part_spans, part_facts) in zip(batch, read, strict=True):
            spans.extend(part_spans)
            facts.extend(shift(fact, part.start) for fact in part_facts)
            if part.end == len(part.article.text):
                yield Tagged(part.article, tuple(spans), tuple(facts))
                spans, facts = [], []


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Parts that are read together: a few articles, and in all no more than one part may hold."""
    batch: list[Part] = []
    characters = numerals = 0
    for part in parts:
        size, figures = part.end - part.start, _numerals(part.article.text, part.start, part.end)
        full = len(batch) == _BATCH or characters + size > _LONGEST_PART or numerals + figures > _MOST_NUMERALS
        if batch and full:
            yield batch
            batch, characters, numerals = [], 0, 0
        batch.append(part)
        characters += size
        numerals += figures
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an article that is read at once: `article.text[start:end]`."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        """What is read."""
        return self.article.text[self.start : self.end]


def split_article(article: Article) -> list[Part]:
    """An article as the parts that are read at once; nearly always one."""
    text = article.text
    parts: list[Part] = []
    start = 0
    while len(text) - start > _LONGEST_PART or _numerals(text, start, len(text)) > _MOST_NUMERALS:
        end = min(start + _LONGEST_PART, len(text))
        crowded = next(islice(_NUMERAL.finditer(text, start, end), _MOST_NUMERALS, None), None)
        if crowded is not None:
            end = crowded.start()
        cut = max(text.rfind("\n", start, end), text.rfind(". ", start, end), start)
        cut = cut + 1 if cut > start else max(text.rfind(" ", start, end) + 1, 0)
        cut = cut if cut > start else end
        parts.append(Part(article, start, cut))
        start = cut
    parts.append(Part(article, start, len(text)))
    return parts


def _numerals(text: str, start: int, end: int) -> int:
    return sum(1 for _ in islice(_NUMERAL.finditer(text, start, end), _MOST_NUMERALS + 1))


def _make_doc(nlp: Language, part: Part) -> Doc:
    article = part.article
    doc = nlp.make_doc(part.text)
    doc._.article_id = article.id
    doc._.published = article.published
    doc._.title = article.title
    return doc


def _spans(doc: Doc, part: Part) -> Iterator[Span]:
    from chitieu.relation.component import doc_spans

    for span in doc_spans(doc, part.text):
        yield Span(span.start + part.start, span.end + part.start, span.label)


def shift(fact: Fact, by: int) -> Fact:
    """A fact whose evidence stands `by` characters further on."""
    if not by:
        return fact

    def moved(offsets: Offsets | None) -> Offsets | None:
        return None if offsets is None else (offsets[0] + by, offsets[1] + by)

    old = fact.evidence
    evidence = Evidence(
        value=(old.value[0] + by, old.value[1] + by),
        metric=tuple((start + by, end + by) for start, end in old.metric),
        of=moved(old.of),
        org=moved(old.org),
        year=moved(old.year),
        base=moved(old.base),
        cue=moved(old.cue),
    )
    return replace(fact, evidence=evidence)


@lru_cache(maxsize=1)
def _shipped() -> Language:
    return load()


def extract(text: str, published: date | None = None, title: str | None = None, id: str = "article") -> list[Fact]:
    """Facts of one text, by the shipped model, which is loaded on the first call.

    Args:
        text: the article; offsets in the facts' evidence count its code points.
        published: publication date, which dates `năm nay`, `hiện`, `cùng kỳ`.
        title: headline, where it stands apart from the text.
        id: for the facts' ids.

    Raises:
        ArticleError: C119 the text holds lone surrogates, which stand for no character.
        ModelError: as `load`.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ArticleError(
            "C119",
            f"the text holds half a character (a lone surrogate) at {error.start}",
            place=id,
            remedy="decode it from its bytes again",
        ) from None
    article = Article(id=id, text=text, title=title, published=published)
    return list(next(tag(_shipped(), [article])).facts)
