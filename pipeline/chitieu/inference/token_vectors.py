"""The shared token vectors: spaCy's hashed embeddings under a window encoder, with nothing computed twice.

The embedding of a word is the same wherever it stands, so that of each word is kept. The layers above it go over the
text in stretches that stay in the processor's cache, with the pieces of a maxout unit side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from spacy.attrs import ORTH  # type: ignore[import-not-found]  # compiled, without types
from spacy.tokens import Doc
from spacy.vectors import Mode  # type: ignore[import-not-found]  # compiled, without types
from spacy.vocab import Vocab
from thinc.api import Model, NumpyOps

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

# Layers that know nothing of a token but what its word is.
_OF_THE_WORD = frozenset({"extract_features", "list2ragged", "ragged2list", "ints-getitem", "hashembed"}) | frozenset(
    {"static_vectors", "maxout", "layernorm", "dropout"}
)
_ENCODER = "residual(expand_window>>maxout>>layernorm>>dropout)"
_AT_ONCE = 512  # tokens
_LARGE, _SAMPLED = 20_000, 16  # numbers; rows
_MOST_WORDS = 20_000  # whose embeddings are kept, a few hundred bytes each


class _Layer(NamedTuple):
    """One layer of the encoder; the pieces of a maxout unit stand one table after the other.

    Attributes:
        weights: shape (3 × width, pieces × width).
        bias: shape (pieces × width,).
        scale, shift: of the normalised units, shape (width,).
    """

    weights: Floats
    bias: Floats
    scale: Floats
    shift: Floats


def hasten_token_vectors(model: Model[list[Doc], list[Floats]]) -> bool:
    """Let a `tok2vec` model predict faster.

    Returns:
        whether it could be done: only for a `MaxoutWindowEncoder` of window 1 over a `MultiHashEmbed`, on a CPU.
    """
    if not isinstance(model.ops, NumpyOps) or len(model.layers) != 2:
        return False
    embed, encode = model.layers
    leaves = [node.name for node in embed.walk() if not node.layers]
    blocks = [node for node in encode.walk() if node.name == _ENCODER]
    if (
        not _OF_THE_WORD.issuperset(leaves)
        or "extract_features" not in leaves
        or leaves.count("maxout") != 1
        or encode.name != f"with_array({'>>'.join([_ENCODER] * len(blocks))})"
        or any(node.attrs["window_size"] != 1 for node in encode.walk() if node.name == "expand_window")
    ):
        return False
    model._func = _Hastened(model._func, embed, blocks)
    return True


class _Hastened:
    """Takes the place of the model's forward function; what is learned from goes the usual way."""

    def __init__(self, usual: Callable[..., Any], embed: Model[Any, Any], blocks: Sequence[Model[Any, Any]]) -> None:
        self.usual = usual
        self.columns = next(node for node in embed.walk() if node.name == "extract_features").attrs["columns"]
        self.depth = len(blocks)
        self.seen: tuple[float, ...] = ()
        self.words = _Words(_Embedding(embed), self.columns)
        self.layers: list[_Layer] = []

    def __call__(self, model: Model[Any, Any], X: Any, is_train: bool) -> Any:  # noqa: N803 - thinc's protocol
        docs: list[Doc] = list(X)
        if is_train or not docs or not all(len(doc) for doc in docs):
            return self.usual(model, X, is_train)
        self._look_at(model)
        embedded = self.words.embed(docs)
        if embedded is None:
            return self.usual(model, X, is_train)
        vectors = _encode(embedded, [len(doc) for doc in docs], self.layers)
        return vectors, _no_gradient

    def _look_at(self, model: Model[Any, Any]) -> None:
        """Forget what was made of other weights."""
        arrays: list[Any] = [
            node.get_param(name) for node in model.walk() for name in node.param_names if node.has_param(name)
        ]
        # of the large tables some rows will do: whatever changes weights changes those of a layer all over
        seen = tuple(float(array[:: _SAMPLED if array.size > _LARGE else 1].sum()) for array in arrays)
        if seen != self.seen:
            self.seen = seen
            self.words = _Words(_Embedding(model.layers[0]), self.columns)
            blocks = (node for node in model.layers[1].walk() if node.name == _ENCODER)
            self.layers = [_read_layer({node.name: node for node in block.walk()}) for block in blocks]


def _no_gradient(_: Any) -> list[Doc]:
    return []


def _read_layer(nodes: dict[str, Model[Any, Any]]) -> _Layer:
    layer, norm = nodes["maxout"], nodes["layernorm"]
    weights: Any = layer.get_param("W")  # (units, pieces, inputs)
    bias, scale, shift = (
        cast("Floats", array) for array in (layer.get_param("b"), norm.get_param("G"), norm.get_param("b"))
    )
    units, pieces, inputs = weights.shape
    return _Layer(
        np.ascontiguousarray(weights.transpose(2, 1, 0).reshape(inputs, pieces * units)),
        np.ascontiguousarray(bias.T.reshape(pieces * units)),
        scale,
        shift,
    )


class _Embedding:
    """From what is asked of a word to its vector.

    Each word is computed once, along with whichever others were new. Sums of floats depend on the company, as matrices
    are cut into tiles; so they are made in double precision, and what is rounded from them does not.
    """

    def __init__(self, model: Model[Any, Any]) -> None:
        nodes = list(model.walk())
        self.tables = [node for node in nodes if node.name == "hashembed"]
        static = [node.get_param("W") for node in nodes if node.name == "static_vectors"]
        self.static = None if not static else np.asarray(static[0], dtype=np.float64).T
        layer = _read_layer({node.name: node for node in nodes})
        self.layer = [np.asarray(array, dtype=np.float64) for array in layer]

    def __call__(self, known: Keys, attributes: Keys, vocab: Vocab) -> Floats:
        """Vectors of words, shape (words, width).

        Args:
            known: what the vocabulary's vectors know each word by.
            attributes: of each word, shape (words, columns).
            vocab: with the vectors.
        """
        parts = [table.predict(attributes[:, table.attrs["column"]]) for table in self.tables]
        if self.static is not None:
            rows = vocab.vectors.find(keys=known)
            vectors = vocab.vectors.data[rows].astype(np.float64)
            vectors[rows < 0] = 0
            parts.append(vectors @ self.static)
        weights, bias, scale, shift = self.layer
        units = np.concatenate(parts, axis=1) @ weights + bias
        best = units.reshape(len(units), -1, len(scale)).max(axis=1)
        best -= best.mean(axis=1, keepdims=True)
        best /= np.sqrt((best**2).mean(axis=1, keepdims=True) + 1e-8)
        vectors_of_words: Floats = (best * scale + shift).astype(np.float32)
        return vectors_of_words


class _Words:
    """The embeddings of the words met so far."""

    def __init__(self, embedding: _Embedding, columns: Sequence[str]) -> None:
        self.embedding = embedding
        self.columns = list(columns)
        self.rows: dict[int, int] = {}
        self.vocab: Vocab | None = None
        self.attributes: Keys = np.zeros((0, len(self.columns)), dtype=np.uint64)
        self.vectors: Floats = np.zeros((0, 0), dtype=np.float32)

    def embed(self, docs: Sequence[Doc]) -> Floats | None:
        """Embeddings of all tokens of all docs, shape (tokens, width).

        None where a token has attributes of its own, other than those of its word, or where the vectors of words are
        not kept by word.
        """
        vocab = docs[0].vocab
        if self.embedding.static is not None and vocab.vectors.mode != Mode.default:
            return None
        keys: Keys = np.concatenate([doc.to_array([ORTH, *self.columns]) for doc in docs])
        words, of_token = np.unique(keys[:, 0], return_inverse=True)
        found = words.tolist()
        missing = [word for word in found if word not in self.rows]
        if vocab is not self.vocab or len(self.rows) + len(missing) > _MOST_WORDS:
            self.rows, missing = {}, found
            self.vocab = vocab
        if missing:
            self._learn(missing, vocab)
        rows = np.array([self.rows[word] for word in found])[of_token]
        if (self.attributes[rows] != keys[:, 1:]).any():
            return None
        vectors: Floats = self.vectors[rows]
        return vectors

    def _learn(self, words: list[int], vocab: Vocab) -> None:
        doc = Doc(vocab, words=[vocab.strings[word] for word in words])
        keys: Keys = doc.to_array([ORTH, *self.columns]).astype(np.uint64)
        known: Keys = doc.to_array(vocab.vectors.attr).astype(np.uint64)
        vectors = self.embedding(known, keys[:, 1:], vocab)
        start = len(self.rows)
        if start + len(words) > len(self.vectors):
            size = max(2 * len(self.vectors), start + len(words), 1_024)
            self.vectors = _grown(self.vectors, start, (size, vectors.shape[1]))
            self.attributes = _grown(self.attributes, start, (size, len(self.columns)))
        self.vectors[start : start + len(words)] = vectors
        self.attributes[start : start + len(words)] = keys[:, 1:]
        self.rows.update(zip(words, range(start, start + len(words)), strict=True))


def _grown(array: Any, filled: int, shape: tuple[int, int]) -> Any:
    out = np.zeros(shape, dtype=array.dtype)
    if filled:
        out[:filled] = array[:filled]
    return out


def _encode(embedded: Floats, lengths: Sequence[int], layers: Sequence[_Layer]) -> list[Floats]:
    """The encoder's output for each doc, given the embeddings of all their tokens."""
    width, depth = embedded.shape[1], len(layers)
    # Nothing of a doc reaches another one: between them stand as many empty places as there are layers.
    ends = np.cumsum(lengths)
    starts = ends - lengths + depth * np.arange(1, len(lengths) + 1)
    size = int(ends[-1]) + depth * (len(lengths) + 1)
    rows = np.zeros((size, width), dtype=np.float32)
    place = np.arange(ends[-1]) + depth * np.repeat(np.arange(1, len(lengths) + 1), lengths)
    rows[place] = embedded
    out = np.empty_like(rows)
    work = _Work(width, max((layer.weights.shape[1] for layer in layers), default=0), _AT_ONCE + 2 * depth)
    for low in range(0, size, _AT_ONCE):
        high = min(low + _AT_ONCE, size)
        first, last = max(low - depth, 0), min(high + depth, size)
        out[low:high] = work.run(rows[first:last], layers)[low - first : high - first]
    return [out[start : start + length] for start, length in zip(starts.tolist(), lengths, strict=True)]


class _Work:
    """Memory that every stretch uses again."""

    def __init__(self, width: int, units: int, rows: int) -> None:
        self.width = width
        self.rows = np.zeros((rows + 2, width), dtype=np.float32)
        self.windows = np.empty((rows, 3 * width), dtype=np.float32)
        self.units = np.empty((rows, units), dtype=np.float32)
        self.best = np.empty((rows, width), dtype=np.float32)

    def run(self, rows: Floats, layers: Sequence[_Layer]) -> Floats:
        """All layers over one stretch; as many rows at either end as there are layers lack their neighbours."""
        size, width = rows.shape
        around = self.rows[: size + 2]
        around[1:-1] = rows
        around[0] = around[-1] = 0
        windows, units, best = self.windows[:size], self.units[:size], self.best[:size]
        for layer in layers:
            for place in range(3):
                windows[:, place * width : (place + 1) * width] = around[place : place + size]
            np.matmul(windows, layer.weights, out=units)
            np.add(units, layer.bias, out=units)
            np.maximum(units[:, :width], units[:, width : 2 * width], out=best)
            for piece in range(2, units.shape[1] // width):
                np.maximum(best, units[:, piece * width : (piece + 1) * width], out=best)
            best -= best.mean(axis=1, keepdims=True)
            spread = np.einsum("ij,ij->i", best, best)[:, None] / np.float32(width) + np.float32(1e-8)
            best *= spread ** np.float32(-0.5)
            best *= layer.scale
            best += layer.shift
            around[1:-1] += best
        return around[1:-1]
