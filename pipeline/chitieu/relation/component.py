"""The pipeline component that turns a doc's spans into links, and learns to from annotated articles."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.tokens import Span as Entity
from spacy.training import Example
from spacy.util import filter_spans
from spacy.vocab import Vocab
from thinc.api import Optimizer

from chitieu.article import Span
from chitieu.labels import Label
from chitieu.relation.candidates import POOLS, WORDS
from chitieu.relation.decode import decode
from chitieu.relation.inputs import BatchInputs, DocInputs, read_inputs
from chitieu.relation.links import Links, Offsets, Times
from chitieu.relation.network import FACT, HEADS, RelationModel, Scores, by_value, head_chances, sigmoid
from chitieu.relation.targets import Targets, read_targets
from chitieu.relation.words import text_of

Floats = npt.NDArray[np.float32]

LABELS = frozenset(label.value for label in Label)


def doc_spans(doc: Doc, text: str | None = None) -> list[Span]:
    """The doc's entities as spans, in text order, white space at their edges left out.

    Args:
        doc: with its entities.
        text: the doc's, where it is at hand.
    """
    spans = []
    entities = [ent for ent in doc.ents if ent.label_ in LABELS]
    if text is None:
        text = text_of(doc) if entities else ""
    for ent in entities:
        start, end = ent.start_char, ent.end_char
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end:
            spans.append(Span(start, end, Label(ent.label_)))
    return spans


def register_extensions() -> None:
    """Declare what chitieu keeps on a doc; done once, safe to repeat."""
    for name, default in (
        ("article_id", None),  # str
        ("published", None),  # datetime.date
        ("title", None),  # str, where it stands apart from the text
        ("links", ()),  # tuple[Links, ...]
        ("times", None),  # Times, which the links' years and bases are read from
        ("facts", ()),  # tuple[Fact, ...]
        ("annotation", None),  # AnnotatedArticle, on reference docs
    ):
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=default)


class RelationExtractor(TrainablePipe):  # type: ignore[misc]  # spaCy ships no types for it
    """Sets `doc._.links` from `doc.ents`, and among these the VALUEs to those of the links.

    Args:
        vocab: the pipeline's.
        model: the relation network.
        name: of the component in its pipeline.
        gold_spans: share of the training docs whose gold spans are linked; the others are linked as the tagger marked
            them, so that the model learns to do without what a tagger misses and to leave alone what it invents.
        scorer: scores links against the reference docs.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: RelationModel,
        name: str = "chitieu_relation",
        *,
        gold_spans: float = 0.5,
        scorer: Callable[[Iterable[Example]], dict[str, Any]] | None = None,
    ) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name
        self.cfg: dict[str, Any] = {"gold_spans": gold_spans}
        self.scorer = scorer
        self._random = random.Random(0)  # noqa: S311 - picks training docs
        register_extensions()

    def predict(self, docs: Iterable[Doc]) -> list[tuple[tuple[Links, ...], Times]]:
        """Links of each doc, and what the time expressions read as of a doc that has any."""
        docs = list(docs)
        found: list[tuple[tuple[Links, ...], Times]] = [((), Times({}, None))] * len(docs)
        filled, inputs = [], []
        for index, doc in enumerate(docs):
            text = text_of(doc)
            spans = doc_spans(doc, text)
            # where the tagger marks no VALUE, the article is left unread: figures that it passed over stay so
            if any(span.label is Label.VALUE for span in spans):
                item = read_inputs(doc, spans, doc._.published, doc._.title, text=text)
                if item.mentions.values:
                    filled.append(index)
                    inputs.append(item)
        if filled:
            (batch, scores) = self.model.predict(([docs[index] for index in filled], inputs))
            for index, item, links in zip(filled, inputs, decode(inputs, batch, scores), strict=True):
                periods = {year.offsets: year.period for year in item.mentions.years}
                found[index] = (links, Times(periods, item.present))
        return found

    def set_annotations(self, docs: Iterable[Doc], found: Sequence[tuple[tuple[Links, ...], Times]]) -> None:
        """Keep the links and times on the docs; the VALUEs among the entities become those of the links."""
        for doc, (links, times) in zip(docs, found, strict=True):
            doc._.links = links
            doc._.times = times
            doc.ents = _with_values(doc, [link.value for link in links])

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,  # noqa: ARG002 - the network's own dropout is part of its config
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch; the loss is the mean over gold facts of all roles' and attributes' cross-entropies."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        docs = [example.predicted for example in examples]
        inputs, targets = [], []
        for example in examples:
            marked = example.reference if self._random.random() < self.cfg["gold_spans"] else example.predicted
            item = read_inputs(
                example.predicted, doc_spans(marked), example.reference._.published, example.reference._.title
            )
            inputs.append(item)
            targets.append(read_targets(item, example.reference._.links))
        (batch, scores), backprop = self.model.begin_update((docs, inputs))
        loss, gradient = link_loss(batch, scores, targets)
        backprop((batch, gradient))
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,  # noqa: ARG002 - spaCy's protocol
    ) -> None:
        """Give the network its weights."""
        sample = [example.reference for example, _ in zip(get_examples(), range(3), strict=False)]
        inputs: list[DocInputs] = [read_inputs(doc, doc_spans(doc), doc._.published, doc._.title) for doc in sample]
        self.model.initialize(X=(sample, inputs))


def _with_values(doc: Doc, values: Sequence[Offsets]) -> list[Entity]:
    """The doc's entities with these VALUEs instead of the tagger's; what overlaps one of them gives way."""
    spans = (doc.char_span(*value, label=Label.VALUE.value, alignment_mode="expand") for value in values)
    found = [span for span in spans if span is not None]
    taken = {token for span in found for token in range(span.start, span.end)}
    others = (ent for ent in doc.ents if ent.label_ != Label.VALUE.value)
    return filter_spans([*found, *(ent for ent in others if taken.isdisjoint(range(ent.start, ent.end)))])


def link_loss(batch: BatchInputs, scores: Scores, targets: Sequence[Targets]) -> tuple[float, Scores]:
    """Mean loss over gold facts of both passes, and its gradient by every score."""
    weights = np.concatenate([target.weights for target in targets])
    told = np.concatenate([target.told for target in targets])
    scale = np.float32(1 / max(float(weights.sum()), 1))
    gradient = Scores([[], []], [[], []], [])
    loss = 0.0
    for number in (0, 1):
        for index, pool in enumerate(batch.pools):
            links = np.concatenate([target.links[index] for target in targets])
            none = np.concatenate([target.none[index] for target in targets])
            known = np.concatenate([target.known[index] for target in targets]) * weights[:, None] * scale
            d_links = np.zeros_like(scores.links[number][index])
            d_none = np.zeros_like(scores.none[number][index])
            for column in range(links.shape[1]):
                given = (scores.links[number][index][:, column], scores.none[number][index][:, column])
                loss_of = _independent if POOLS[index].name == WORDS else _competing
                part, d_links[:, column], d_none[:, column] = loss_of(
                    pool.left, given, (links[:, column], none[:, column]), known[:, column]
                )
                loss += part
            gradient.links[number].append(d_links)
            gradient.none[number].append(d_none)
        heads = np.concatenate([target.heads for target in targets])
        part, d_heads = _attributes(scores.heads[number], heads, weights * scale, told * scale)
        loss += part
        gradient.heads.append(d_heads)
    return loss, gradient


_Pair = tuple[Floats, Floats]


def _independent(left: Any, given: _Pair, wanted: _Pair, weight: Floats) -> tuple[float, Floats, Floats]:
    """Logistic loss of each candidate by itself."""
    chances, none = sigmoid(given[0]), sigmoid(given[1])
    each = weight[left]
    loss = -(each * np.log(np.where(wanted[0] > 0, chances, 1 - chances) + 1e-9)).sum()
    loss -= (weight * np.log(np.where(wanted[1] > 0, none, 1 - none) + 1e-9)).sum()
    return float(loss), (chances - wanted[0]) * each, (none - wanted[1]) * weight


def _competing(left: Any, given: _Pair, wanted: _Pair, weight: Floats) -> tuple[float, Floats, Floats]:
    """Softmax loss over a value's candidates and none, of the chance that any right one is chosen."""
    table, at = by_value(left, given[0], given[1])
    right, _ = by_value(left, wanted[0], wanted[1])
    table = np.exp(table - table.max(axis=1, keepdims=True))
    chances = table / table.sum(axis=1, keepdims=True)
    good = chances * (right > 0)
    total = good.sum(axis=1, keepdims=True)
    d_table = (chances - good / np.maximum(total, 1e-9)) * weight[:, None]
    loss = -(weight * np.log(total[:, 0] + 1e-9)).sum()
    return float(loss), d_table[left, at], d_table[:, 0]


def _attributes(heads: Floats, wanted: Any, weight: Floats, told: Floats) -> tuple[float, Floats]:
    """Softmax loss of each attribute's classes; whether a value is a fact's is asked of all that are `told`."""
    chances = head_chances(heads)
    gold, each = np.zeros_like(chances), np.zeros_like(chances)
    at = 0
    for column, (name, classes) in enumerate(HEADS):
        gold[np.arange(len(gold)), at + wanted[:, column]] = 1
        each[:, at : at + len(classes)] = (told if name == FACT else weight)[:, None]
        at += len(classes)
    loss = -(each * gold * np.log(chances + 1e-9)).sum()
    return float(loss), (chances - gold) * each
