"""What spaCy's entry points name, and nothing else: each function imports its part when it is called.

spaCy imports this module on every `spacy.blank()`, so it stays light.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from spacy.language import Language

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.training import Example
    from spacy.vocab import Vocab
    from thinc.api import Model

    from chitieu.facts.component import FactAssembler
    from chitieu.relation.component import RelationExtractor
    from chitieu.relation.network import RelationModel
    from chitieu.tokenizer import VietnameseTokenizer


def create_tokenizer() -> Callable[[Language], VietnameseTokenizer]:
    """`chitieu.tokenizer.v1`: underthesea's word segmentation, exact to the character."""
    from chitieu.tokenizer import VietnameseTokenizer

    return lambda nlp: VietnameseTokenizer(nlp.vocab)


def create_corpus(
    paths: list[str], partial_paths: list[str], repeats: int = 1
) -> Callable[[Language], Iterable[Example]]:
    """`chitieu.AnnotatedCorpus.v1`: annotated articles as training examples."""
    from chitieu.training.corpus import AnnotatedCorpus

    return AnnotatedCorpus(paths, partial_paths, repeats)


def create_text_corpus(paths: list[str], seed: int = 0) -> Callable[[Language], Iterable[Doc]]:
    """`chitieu.TextCorpus.v1`: unlabelled texts to pretrain on."""
    from chitieu.training.pretraining import TextCorpus

    return TextCorpus(paths, seed)


def create_masked_words(
    words: int, hidden_width: int, seed: int
) -> Callable[[Vocab, Model[Any, Any]], Model[Any, Any]]:
    """`chitieu.PretrainMaskedWords.v1`: masked words told from their context."""
    from chitieu.training.pretraining import build_masked_words

    return build_masked_words(words, hidden_width, seed)


def create_weights_of(path: str | None) -> Callable[[Language], Language]:
    """`chitieu.WeightsOf.v1`: the weights of a model that a training starts from."""
    from chitieu.training.weights import WeightsOf

    return WeightsOf(path)


def create_relation_network(tok2vec: Model[list[Doc], Any], hidden_width: int, dropout: float) -> RelationModel:
    """`chitieu.RelationNetwork.v1`: the network of the relation component."""
    from chitieu.relation.network import build_relation_network

    return build_relation_network(tok2vec, hidden_width, dropout)


def create_word_transformer(
    name: str, window: int, overlap: int, joiner: str, mixed_precision: bool
) -> Model[list[Doc], Any]:
    """`chitieu.WordTransformer.v1`: PhoBERT or another transformer, fed word by word."""
    from chitieu.transformer import build_word_transformer

    return build_word_transformer(name, window, overlap, joiner, mixed_precision)


def create_projected_listener(
    width: int, pooling: Model[Any, Any], grad_factor: float = 1.0, upstream: str = "*"
) -> Model[list[Doc], Any]:
    """`chitieu.ProjectedListener.v1`: the transformer's token vectors, brought to a known width."""
    from chitieu.transformer import build_projected_listener

    return build_projected_listener(width, pooling, grad_factor, upstream)


def create_fact_scorer() -> Callable[[Iterable[Example]], dict[str, Any]]:
    """`chitieu.fact_scorer.v1`: links and facts of a pipeline against the reference docs."""
    from chitieu.training.scorer import score_examples

    return score_examples


@Language.factory(
    "chitieu_relation",
    requires=["doc.ents"],
    assigns=["doc._.links", "doc.ents"],
    default_config={
        "model": {
            "@architectures": "chitieu.RelationNetwork.v1",
            "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "*"},
            "hidden_width": 96,
            "dropout": 0.2,
        },
        "gold_spans": 0.5,
    },
)
def create_relation(nlp: Language, name: str, model: RelationModel, gold_spans: float) -> RelationExtractor:
    """`chitieu_relation`: which spans belong to each VALUE, and its status and kind."""
    from chitieu.relation.component import RelationExtractor

    return RelationExtractor(nlp.vocab, model, name, gold_spans=gold_spans)


@Language.factory(
    "chitieu_facts",
    requires=["doc.ents", "doc._.links"],
    assigns=["doc._.facts"],
    default_config={"scorer": {"@scorers": "chitieu.fact_scorer.v1"}},
    default_score_weights={"core_f": 1.0, "full_f": 0.0, "value_f": 0.0},
)
def create_facts(
    nlp: Language,  # noqa: ARG001 - spaCy's protocol
    name: str,
    scorer: Callable[[Iterable[Example]], dict[str, Any]] | None,
) -> FactAssembler:
    """`chitieu_facts`: links assembled into facts."""
    from chitieu.facts.component import FactAssembler

    return FactAssembler(name, scorer=scorer)
