"""Annotated articles as spaCy examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from chitieu.annotation.gold import AnnotatedArticle, read_annotated
from chitieu.labels import Label
from chitieu.period import find_periods
from chitieu.relation.component import register_extensions
from chitieu.relation.links import Links, Offsets


class AnnotatedCorpus:
    """Reads JSON Lines of annotated articles as examples; registered as `chitieu.AnnotatedCorpus.v1`.

    Args:
        paths: files in which every ORG and YEAR mention is marked, as the guidelines ask.
        partial_paths: files in which ORG and YEAR are marked only where a fact links to them. Other time expressions,
            and other mentions of the same organisations, are then unknown to the tagger, not negative.
    """

    def __init__(self, paths: Iterable[str | Path], partial_paths: Iterable[str | Path] = ()) -> None:
        self.paths = [Path(path) for path in paths]
        self.partial_paths = [Path(path) for path in partial_paths]

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """One example an article.

        Raises:
            AnnotationError: an article that can't be read, or a span that no token boundary meets.
        """
        register_extensions()
        for path in self.paths:
            for article in read_annotated(path):
                yield make_example(nlp, article)
        for path in self.partial_paths:
            for article in read_annotated(path):
                yield make_example(nlp, article, partial=True)


def make_doc(nlp: Language, article: AnnotatedArticle) -> Doc:
    """The tokenised text with what dates it."""
    doc = nlp.make_doc(article.article.text)
    doc._.article_id = article.id
    doc._.published = article.article.published
    doc._.title = article.article.title
    return doc


def make_example(nlp: Language, article: AnnotatedArticle, *, partial: bool = False) -> Example:
    """An article as an example: entities and links on the reference doc."""
    reference = make_doc(nlp, article)
    entities: list[Span] = []
    for span in sorted(article.spans, key=lambda span: span.start):
        # a span inside a token is widened to it: `chitieu annotations check` lists such spans
        entity = reference.char_span(span.start, span.end, label=span.label.value, alignment_mode="expand")
        if entity is not None and (not entities or entity.start >= entities[-1].end):
            entities.append(entity)
    missing = unknown_mentions(reference, entities) if partial else []
    reference.set_ents(entities, missing=missing, default="outside")
    reference._.links = gold_links(article)
    reference._.annotation = article
    return Example(make_doc(nlp, article), reference)


def gold_links(article: AnnotatedArticle) -> tuple[Links, ...]:
    """The facts of an article as links, in text order."""
    offsets: dict[str | None, Offsets] = {span.id: (span.start, span.end) for span in article.spans}
    return tuple(
        sorted(
            (
                Links(
                    value=offsets[fact.value],
                    metric=tuple(offsets[piece] for piece in fact.metric),
                    of=offsets.get(fact.of),
                    org=offsets.get(fact.org),
                    year=offsets.get(fact.year),
                    base=offsets.get(fact.base),
                    cue=offsets.get(fact.cue),
                    status=fact.status,
                    kind=fact.kind,
                    dir=fact.dir,
                )
                for fact in article.facts
            ),
            key=lambda links: links.value,
        )
    )


def unknown_mentions(doc: Doc, entities: list[Span]) -> list[Span]:
    """Unmarked time expressions, and unmarked repetitions of marked organisations, that overlap no entity."""
    names = {entity.text for entity in entities if entity.label_ == Label.ORG.value}
    places = list(find_periods(doc.text))
    for name in names:
        at = doc.text.find(name)
        while at >= 0:
            places.append((at, at + len(name)))
            at = doc.text.find(name, at + len(name))
    tokens = {token.i for entity in entities for token in entity}
    found: list[Span] = []
    for start, end in sorted(places):
        span = doc.char_span(start, end, alignment_mode="expand")
        if span is not None and tokens.isdisjoint(range(span.start, span.end)):
            found.append(span)
            tokens.update(range(span.start, span.end))
    return found


def create_corpus(paths: list[str], partial_paths: list[str]) -> Callable[[Language], Iterable[Example]]:
    """Factory of `chitieu.AnnotatedCorpus.v1`."""
    return AnnotatedCorpus(paths, partial_paths)
