"""Running a model over annotated articles and scoring every stage, with the nearest-span baseline beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.annotation.gold import AnnotatedArticle, read_annotated
from chitieu.article import Span
from chitieu.facts.assemble import assemble_facts, read_times
from chitieu.facts.fact import Fact, Offsets
from chitieu.labels import Label
from chitieu.relation.links import Links
from chitieu.relation.nearest import nearest_links
from chitieu.scoring.bootstrap import DRAWS
from chitieu.scoring.confidence import confidence_scores, judge
from chitieu.scoring.counts import Measure, fact_measures
from chitieu.scoring.links import link_measures
from chitieu.scoring.report import Report, make_report
from chitieu.scoring.spans import MARKED_WHERE_LINKED, span_measures

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

MODEL, BASELINE = "model", "nearest span"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one system made of one article: its spans, its links by VALUE, and its facts."""

    spans: tuple[Span, ...]
    links: dict[Offsets, Links]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What the model and the baseline made of gold articles, each by article id.

    Attributes:
        gold: the articles, in the order given.
        model, baseline: by the tagger's spans.
        model_on_gold, baseline_on_gold: links by the annotator's spans.
    """

    gold: tuple[AnnotatedArticle, ...]
    model: dict[str, Prediction]
    baseline: dict[str, Prediction]
    model_on_gold: dict[str, dict[Offsets, Links]]
    baseline_on_gold: dict[str, dict[Offsets, Links]]


def evaluate(
    nlp: Language, gold: Sequence[AnnotatedArticle], title: str, *, partial: bool = False, draws: int = DRAWS
) -> Report:
    """Score spans, links on gold spans, links end to end, facts and their confidence; each against all gold.

    The baseline has the same tagger's spans and draws every link to the nearest one.

    Args:
        nlp: a pipeline from `chitieu.load`.
        gold: annotated articles that the model was not trained on.
        title: of the report.
        partial: the articles mark ORG and YEAR only where a fact links to them, as those of `shared/data` do.
        draws: resamples of the bootstrap.
    """
    return score_run(run_model(nlp, gold), title, partial=partial, draws=draws)


def run_model(nlp: Language, gold: Sequence[AnnotatedArticle], min_confidence: float = 0.0) -> Run:
    """Tag gold articles, and link their gold spans; with the nearest-span baseline of both.

    Args:
        nlp: a pipeline from `chitieu.load`.
        gold: annotated articles.
        min_confidence: facts of a lower confidence, in [0, 1], are left out, as `chitieu extract` does; spans and links
            stay.
    """
    run = Run(tuple(gold), {}, {}, {}, {})
    for article, tagged, on_gold in zip(gold, _tagged(nlp, gold), _on_gold_spans(nlp, gold), strict=True):
        kept = tuple(fact for fact in tagged.facts if (fact.confidence or 0.0) >= min_confidence)
        run.model[article.id] = replace(tagged, facts=kept)
        run.baseline[article.id] = _nearest(article, tagged.spans)
        run.model_on_gold[article.id] = on_gold
        run.baseline_on_gold[article.id] = _by_value(nearest_links(gold_spans(article)))
    return run


def score_run(run: Run, title: str, *, partial: bool = False, draws: int = DRAWS) -> Report:
    """The report of a run; arguments as `evaluate`."""
    sheets: dict[str, list[Measure]] = {}
    for name, predicted, on_gold_spans in (
        (MODEL, run.model, run.model_on_gold),
        (BASELINE, run.baseline, run.baseline_on_gold),
    ):
        sheets[name] = [
            *fact_measures(run.gold, {id: found.facts for id, found in predicted.items()}),
            *link_measures(run.gold, on_gold_spans, "on gold spans"),
            *link_measures(run.gold, {id: found.links for id, found in predicted.items()}, "end to end"),
        ]
    labels = MARKED_WHERE_LINKED if partial else ()
    sheets[MODEL] += span_measures(run.gold, {id: found.spans for id, found in run.model.items()}, labels)
    judged = judge(run.gold, {id: found.facts for id, found in run.model.items()})
    return make_report(title, sheets, draws, confidence=confidence_scores(judged, draws))


def read_gold(paths: Iterable[Path]) -> list[AnnotatedArticle]:
    """The annotated articles of several files."""
    return [article for path in paths for article in read_annotated(path)]


def gold_spans(article: AnnotatedArticle) -> list[Span]:
    """An article's marked spans, in text order."""
    return sorted(Span(span.start, span.end, span.label) for span in article.spans)


def _docs(nlp: Language, gold: Sequence[AnnotatedArticle]) -> list[Doc]:
    from chitieu.annotation.docs import make_doc

    return [make_doc(nlp, article) for article in gold]


def _tagged(nlp: Language, gold: Sequence[AnnotatedArticle]) -> Iterator[Prediction]:
    from chitieu.relation.component import doc_spans

    for doc in nlp.pipe(_docs(nlp, gold)):
        yield Prediction(tuple(doc_spans(doc)), _by_value(doc._.links), doc._.facts)


def _on_gold_spans(nlp: Language, gold: Sequence[AnnotatedArticle]) -> Iterator[dict[Offsets, Links]]:
    """Links of the relation model where the tagger is replaced by the annotator."""
    from chitieu.annotation.docs import make_example

    # only what stands between text and links, less the tagger: a tok2vec that it owns is not shared with the links
    with nlp.select_pipes(
        disable=[name for name in ("ner", "chitieu_relation", "chitieu_facts") if name in nlp.pipe_names]
    ):
        docs = list(nlp.pipe(_docs(nlp, gold)))
    relation = nlp.get_pipe("chitieu_relation")
    for article, doc in zip(gold, docs, strict=True):
        doc.set_ents(list(make_example(nlp, article).reference.ents))
        doc = relation(doc)
        yield _by_value(doc._.links)


def _nearest(article: AnnotatedArticle, spans: Sequence[Span]) -> Prediction:
    links = nearest_links(spans)
    text = article.article.text
    spoken = [(span.start, span.end) for span in spans if span.label is Label.YEAR]
    times = read_times(text, spoken, article.article.published, article.article.title)
    facts = assemble_facts(article.id, text, links, times)
    return Prediction(tuple(spans), _by_value(links), tuple(facts))


def _by_value(links: Iterable[Links]) -> dict[Offsets, Links]:
    return {link.value: link for link in links}
