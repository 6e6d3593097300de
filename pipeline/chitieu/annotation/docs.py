"""Annotated articles as spaCy docs and examples."""

from __future__ import annotations

from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span, Token
from spacy.training import Example
from spacy.vocab import Vocab

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.links import gold_links
from chitieu.labels import Label
from chitieu.period import find_periods
from chitieu.relation.component import register_extensions


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, and behind which of them a space stands: `text == "".join(word + " " * space)`."""

    words: list[str]
    spaces: list[bool]
    norms: list[str]

    @classmethod
    def of(cls, doc: Doc) -> Words:
        """The words of a doc."""
        return cls(
            [token.text for token in doc], [bool(token.whitespace_) for token in doc], [token.norm_ for token in doc]
        )

    def make_doc(self, vocab: Vocab) -> Doc:
        """A doc of these words."""
        doc = Doc(vocab, words=self.words, spaces=self.spaces)
        for token, norm in zip(doc, self.norms, strict=True):
            token.norm_ = norm
        return doc


def make_doc(nlp: Language, article: AnnotatedArticle, words: Words | None = None) -> Doc:
    """The tokenised text with what dates it.

    Args:
        nlp: its tokenizer is used, and its vocabulary.
        article: what the doc is of.
        words: of the text, where they are known already.
    """
    register_extensions()
    doc = nlp.make_doc(article.article.text) if words is None else words.make_doc(nlp.vocab)
    doc._.article_id = article.id
    doc._.published = article.article.published
    doc._.title = article.article.title
    return doc


def make_example(
    nlp: Language, article: AnnotatedArticle, *, partial: bool = False, words: Words | None = None
) -> Example:
    """An article as an example: entities and links on the reference doc.

    Args:
        nlp: its tokenizer is used, and its vocabulary.
        article: what the example is of.
        partial: ORG and YEAR are marked only where a fact links to them.
        words: of the text, where they are known already.
    """
    reference = make_doc(nlp, article, words)
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
    return Example(make_doc(nlp, article, words or Words.of(reference)), reference)


def unknown_mentions(doc: Doc, entities: list[Span]) -> list[Span]:
    """What may be a YEAR or an ORG that no fact links to: it is not for the tagger to learn that it is none.

    Time expressions; repetitions of marked organisations; names, and words for bodies and areas, inside a sentence.
    """
    text = doc.text
    places = list(find_periods(text))
    for name in {entity.text for entity in entities if entity.label_ == Label.ORG.value}:
        at = text.find(name)
        while at >= 0:
            places.append((at, at + len(name)))
            at = text.find(name, at + len(name))
    taken = {token.i for entity in entities for token in entity}
    found: list[Span] = []
    for start, end in sorted(places):
        span = doc.char_span(start, end, alignment_mode="expand")
        if span is not None and taken.isdisjoint(range(span.start, span.end)):
            found.append(span)
            taken.update(range(span.start, span.end))
    for token in doc:
        if token.i not in taken and (token.norm_ in _BODIES or (_is_name(token) and not _opens_sentence(token))):
            found.append(doc[token.i : token.i + 1])
    return sorted(found, key=lambda span: span.start)


_BODIES = frozenset(
    (
        "công_ty", "doanh_nghiệp", "đơn_vị", "ngân_hàng", "tập_đoàn", "tỉnh", "huyện", "xã", "thành_phố", "thị_xã",
        "toàn_tỉnh", "cả_nước", "địa_phương", "ngành", "liên_minh", "htx", "hợp_tác_xã", "hội", "quỹ", "bộ", "sở",
        "cục", "tổng_cục", "chính_phủ", "nước_ta", "hiệp_hội", "khối",
    )
)  # fmt: skip
_SENTENCE_END = frozenset('.!?…:“"')


def _is_name(token: Token) -> bool:
    return token.text[0].isupper()


def _opens_sentence(token: Token) -> bool:
    before = token.nbor(-1).text if token.i else "\n"
    return "\n" in before or before in _SENTENCE_END
