"""Annotated articles as spaCy docs and examples."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.links import gold_links
from chitieu.labels import Label
from chitieu.period import find_periods
from chitieu.relation.component import register_extensions


def make_doc(nlp: Language, article: AnnotatedArticle) -> Doc:
    """The tokenised text with what dates it."""
    register_extensions()
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
