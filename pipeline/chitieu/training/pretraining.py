"""Token vectors that have read unlabelled text before they see an annotation: masked words are told from their context.

The objective of BERT (Devlin et al. 2019) on the pipeline's own token vectors: 15% of the words are hidden (four in
five behind a mask, one in ten behind another word, one in ten as they are) and a softmax over the frequent words says
which they were. spaCy's own objectives mask by making docs anew, in which the norms that our tokenizer sets, and with
them the word vectors, would be lost.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.attrs import NORM  # type: ignore[import-not-found]  # compiled, without types
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Linear, Maxout, Model, chain

from chitieu.pipeline import fast_cpu
from chitieu.training.requirements import require_writable
from chitieu.training.vectors import read_texts, vectors_alone

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Hidden = tuple[Floats, Ints]

MASK = "⟨…⟩"
SHARE = 0.15
_MASKED, _SWAPPED = 0.8, 0.9
_LONGEST_TEXT = 20_000  # characters; what stands further down reads like what stands above
_MIXED = 8_000  # texts held at a time
_POOL = 4_096  # words seen before, from which others are drawn
_REPORTED = 100  # updates


class TextCorpus:
    """Docs of unlabelled texts; registered as `chitieu.TextCorpus.v1`.

    Texts of one source stand together in most collections, so they are mixed: each is drawn from the next `_MIXED`.

    Args:
        paths: JSON Lines with a `text` in each object (`.jsonl`, `.jsonl.xz`), or plain text (`.txt`).
        seed: of the order.
    """

    def __init__(self, paths: Iterable[str | Path], seed: int = 0) -> None:
        self.paths = [Path(path) for path in paths]
        self.seed = seed

    def __call__(self, nlp: Language) -> Iterator[Doc]:
        """One doc a text."""
        for text in self._mixed():
            doc = nlp.make_doc(text[:_LONGEST_TEXT])
            if len(doc):
                yield doc

    def _mixed(self) -> Iterator[str]:
        choice = random.Random(self.seed)  # noqa: S311 - an order
        held: list[str] = []
        for text in read_texts(self.paths):
            held.append(text)
            if len(held) == _MIXED:
                at = choice.randrange(_MIXED)
                held[at], held[-1] = held[-1], held[at]
                yield held.pop()
        choice.shuffle(held)
        yield from held


def build_masked_words(
    words: int = 10_000, hidden_width: int = 128, seed: int = 0
) -> Callable[[Vocab, Model[list[Doc], list[Floats]]], Model[list[Doc], Hidden]]:
    """Registered as `chitieu.PretrainMaskedWords.v1`, an objective for `[pretraining]`.

    Args:
        words: how many of the most frequent words are told apart; the vocabulary's vectors stand in that order.
        hidden_width: of the layer between token vectors and softmax.
        seed: of what is hidden.
    """

    def build(vocab: Vocab, tok2vec: Model[list[Doc], list[Floats]]) -> Model[list[Doc], Hidden]:
        told = frequent_words(vocab, words)
        head: Model[Any, Any] = chain(
            Maxout(nO=hidden_width, nI=tok2vec.get_dim("nO"), nP=2, normalize=True),
            Linear(nO=max(len(told), 1), nI=hidden_width),
        )
        hider = _Hider(vocab, told, np.random.default_rng(seed))
        model: Model[list[Doc], Hidden] = Model(
            "masked_words",
            _forward,
            init=_initialise,
            layers=[tok2vec, head],
            refs={"tok2vec": tok2vec, "head": head},
            attrs={"loss": masked_words_loss, "hider": hider},
        )
        return model

    return build


def frequent_words(vocab: Vocab, count: int) -> dict[int, int]:
    """Classes of the most frequent words, by their key in the string store (which spaCy fills only as docs come)."""
    return {key: row for key, row in vocab.vectors.key2row.items() if row < count}


class _Hider:
    """Hides words of docs and remembers which."""

    def __init__(self, vocab: Vocab, told: dict[int, int], random: np.random.Generator) -> None:
        self.vocab, self.told, self.random = vocab, told, random
        self.mask = vocab.strings.add(MASK)
        self.pool: list[tuple[str, int]] = []

    def hide(self, docs: Sequence[Doc]) -> tuple[list[Doc], Ints, Ints]:
        """Docs with words hidden, the rows of these in the joined token vectors, and their classes."""
        hidden, rows, classes = [], [], []
        start = 0
        for doc in docs:
            norms = doc.to_array([NORM]).reshape(-1)
            told = np.array([self.told.get(key, -1) for key in norms.tolist()], dtype=np.int64)
            spoken = np.array([token.is_alpha or " " in token.text for token in doc], dtype=bool)  # no sign, no figure
            picked = np.flatnonzero((self.random.random(len(doc)) < SHARE) & (told >= 0) & spoken)
            rows.append(picked + start)
            classes.append(told[picked])
            hidden.append(self._hidden(doc, norms, picked))
            start += len(doc)
        return hidden, np.concatenate(rows), np.concatenate(classes)

    def _hidden(self, doc: Doc, norms: Any, picked: Ints) -> Doc:
        words = [token.text for token in doc]
        self.pool = [*self.pool[-_POOL:], *((words[at], int(norms[at])) for at in range(0, len(words), 37))]
        for at, chance in zip(picked.tolist(), self.random.random(len(picked)).tolist(), strict=True):
            if chance < _MASKED:
                words[at], norms[at] = MASK, self.mask
            elif chance < _SWAPPED:
                words[at], norms[at] = self.pool[int(self.random.integers(len(self.pool)))]
        masked = Doc(self.vocab, words=words, spaces=[bool(token.whitespace_) for token in doc])
        return masked.from_array([NORM], norms.reshape(-1, 1))


def _initialise(model: Model[list[Doc], Hidden], X: Any = None, Y: Any = None) -> Model[list[Doc], Hidden]:  # noqa: ARG001, N803 - Thinc's protocol
    model.get_ref("tok2vec").initialize(X=X)
    model.get_ref("head").initialize()
    return model


def _forward(
    model: Model[list[Doc], Hidden],
    X: list[Doc],  # noqa: N803 - Thinc's protocol
    is_train: bool,
) -> tuple[Hidden, Callable[[Hidden], list[Doc]]]:
    hidden, rows, classes = model.attrs["hider"].hide(X)
    vectors, back_vectors = model.get_ref("tok2vec")(hidden, is_train)
    tokens = np.concatenate(vectors)
    scores, back_scores = model.get_ref("head")(tokens[rows], is_train)

    def backprop(gradient: Hidden) -> list[Doc]:
        d_tokens = np.zeros_like(tokens)
        if len(rows):
            d_tokens[rows] = back_scores(gradient[0])
        back_vectors(np.split(d_tokens, np.cumsum([len(each) for each in vectors])[:-1]))
        return X

    return (scores, classes), backprop


def masked_words_loss(ops: Any, docs: Any, predicted: Hidden) -> tuple[float, Hidden]:  # noqa: ARG001 - spaCy's protocol
    """Mean cross-entropy of the hidden words, and its gradient by the scores."""
    scores, classes = predicted
    if not len(classes):
        return 0.0, (scores, classes)
    at = np.arange(len(classes))
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    loss = float(-np.log(chances[at, classes] + 1e-9).mean())
    chances[at, classes] -= 1
    return loss, (chances / len(classes), classes)


def pretrain(
    config: Path,
    texts: Sequence[Path],
    output: Path,
    *,
    vectors: Path,
    epochs: int | None = None,
    report: Callable[[str], None] = print,
) -> None:
    """Pretrain the token vectors of a config and write their weights, which `[paths] init_tok2vec` names.

    Args:
        config: a spaCy config with a `[pretraining]` block, such as configs/cpu.cfg.
        texts: unlabelled, as `TextCorpus` reads them.
        output: file to write; of the last epoch.
        vectors: pipeline folder whose word vectors are used.
        epochs: passes over the texts, where the config's number is not wanted.
        report: told how it goes, a line every hundred updates.

    Raises:
        OutputError: C405 the folder of the output can't be written.
    """
    from spacy import util

    settings: dict[str, Any] = {"paths.texts": [str(path) for path in texts]}
    if epochs is not None:
        settings["pretraining.max_epochs"] = epochs
    require_writable(output)
    with tempfile.TemporaryDirectory(dir=output.parent) as name, fast_cpu():
        settings["paths.vectors"] = str(vectors_alone(vectors, Path(name) / "vectors"))
        settings["initialize.init_tok2vec"] = None
        given = util.load_config(config, overrides=settings, interpolate=False)
        made = Path(name) / "tok2vec.bin"
        made.write_bytes(_learned(util.load_model_from_config(given, auto_fill=True), report))
        shutil.move(made, output)


def _learned(nlp: Language, report: Callable[[str], None]) -> bytes:
    """Weights of the token vectors after all epochs.

    The loop of `spacy pretrain`, which never steps the schedules: a rate that warms up would stay at 0.
    """
    from spacy.schemas import ConfigSchemaPretrain
    from spacy.training.pretrain import create_pretraining_model, make_update
    from spacy.util import dot_to_object, registry
    from thinc.api import fix_random_seed

    config = nlp.config.interpolate()
    fix_random_seed(config["training"]["seed"])
    block = registry.resolve(config["pretraining"], schema=ConfigSchemaPretrain)
    corpus = registry.resolve({"corpus": dot_to_object(config, block["corpus"])})["corpus"]
    model, optimizer = create_pretraining_model(nlp, block), block["optimizer"]  # type: ignore[no-untyped-call]
    started, words, losses = time.monotonic(), 0, list[float]()
    for epoch in range(block["max_epochs"]):
        for batch in block["batcher"](corpus(nlp)):
            losses.append(make_update(model, batch, optimizer, model.attrs["loss"]))
            optimizer.step_schedules()
            words += sum(len(doc) for doc in batch)
            if len(losses) % _REPORTED == 0:
                rate = words / (time.monotonic() - started)
                mean = float(np.mean(losses[-_REPORTED:]))
                report(f"epoch {epoch + 1}, {words / 1e6:.1f} million words, loss {mean:.3f}, {rate:,.0f} words/s")
    with model.use_params(optimizer.averages):
        return bytes(model.get_ref("tok2vec").to_bytes())
