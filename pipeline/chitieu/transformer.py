"""A transformer behind the pipeline, fed the tokens of a doc one by one.

PhoBERT reads segmented words, their syllables joined by `_`, and its tokenizer gives no offsets. So each token is cut
into sub-words by itself: which sub-words belong to which token is then known, not guessed. Needs the extra
`transformer`.
"""

from __future__ import annotations

import tempfile
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import safetensors.torch
import srsly
from spacy.tokens import Doc, Span
from spacy_transformers.data_classes import FullTransformerBatch, HFObjects, WordpieceBatch
from spacy_transformers.layers import TransformerListener, trfs2arrays
from spacy_transformers.layers.hf_shim import HFShim
from spacy_transformers.layers.transformer_model import (
    _convert_transformer_inputs,
    _convert_transformer_outputs,
)
from thinc.api import Linear, Model, chain, get_torch_default_device, with_array
from thinc.layers.pytorchwrapper import forward as pytorch_forward
from thinc.types import Floats2d, Ints1d, Ints2d, Ragged
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.utils import logging as transformers_logging

from chitieu.errors import ModelError

# Everything that tells a tokenizer how to cut words; weights are kept apart.
_TOKENIZER_FILES = (
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json",
    "vocab.txt", "vocab.json", "merges.txt", "bpe.codes", "sentencepiece.bpe.model", "spiece.model", "spm.model",
)  # fmt: skip
# Each kind of tokenizer has one of these; without, transformers' own error is about something else.
_VOCABULARIES = (
    "vocab.txt", "vocab.json", "tokenizer.json", "sentencepiece.bpe.model", "spiece.model", "spm.model",
)  # fmt: skip
# Asked from a terminal, transformers would offer to run code that the folder brings.
_OFFLINE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
# Words are cut one by one: a tokenizer of bytes has to take each for one behind a space, not for the middle of another.
_BY_WORD: dict[str, Any] = {**_OFFLINE, "add_prefix_space": True}
# A tokenizer's work grows with the square of a word's length; no word is that long.
_LONGEST_WORD = 100  # characters

Windows = list[tuple[int, int]]


def load_pretrained(folder: Path) -> HFObjects:
    """Tokenizer and weights of a transformer folder; nothing is fetched, and no code in the folder is run.

    Raises:
        ModelError: C308 the folder holds no transformer that can be used.
    """
    if not any((folder / name).is_file() for name in _VOCABULARIES):
        raise _unusable(folder, f"it holds no tokenizer: none of {', '.join(_VOCABULARIES)}")
    try:
        with _quiet():
            config = AutoConfig.from_pretrained(str(folder), **_OFFLINE, return_dict=True)
            tokenizer = cast("Any", AutoTokenizer).from_pretrained(str(folder), **_BY_WORD)
            transformer, loading = AutoModel.from_pretrained(
                str(folder), config=config, output_loading_info=True, **_OFFLINE
            )
    except Exception as error:  # transformers raises whatever its parsers meet
        raise _unusable(folder, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error
    problem = _unfit(tokenizer, transformer, loading)
    if problem is not None:
        raise _unusable(folder, problem)
    return HFObjects(tokenizer, transformer.to(get_torch_default_device()), None)


def _unfit(tokenizer: Any, transformer: Any, loading: Mapping[str, Any]) -> str | None:
    """Why tokenizer and weights can't be used together, though each could be read."""
    # Weights that are missing would be random numbers; those of the pooler no token vector is made of.
    missing = sorted(name for name in loading["missing_keys"] if "pooler" not in name.split("."))
    missing += sorted(str(found[0]) for found in loading.get("mismatched_keys", ()))
    if missing:
        return f"the weights lack {len(missing)} that config.json asks for, {missing[0]} among them"
    if transformer.config.is_encoder_decoder:
        return "it writes text as well; only a transformer that reads alone gives token vectors here"
    special = [name for name in ("cls", "sep", "pad", "unk") if getattr(tokenizer, f"{name}_token_id") is None]
    if special:
        return f"its tokenizer has no sub-word for {' and '.join(special)}"
    known = transformer.get_input_embeddings().num_embeddings
    if len(tokenizer) > known:
        return f"its tokenizer knows {len(tokenizer)} sub-words, its weights only {known}"
    return None


def _unusable(folder: Path, reason: str) -> ModelError:
    return ModelError(
        "C308",
        f"the transformer can't be loaded: {reason}",
        place=str(folder),
        remedy="fetch the whole folder again: config.json, the weights and the tokenizer's files",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' advice to train what is about to be trained, and its plans for later releases."""
    settings = cast("Any", transformers_logging)
    before = settings.get_verbosity()
    settings.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        settings.set_verbosity(before)


# The ignored errors are those of mypy with the extra, or without it.
class WordTransformerShim(HFShim):  # type: ignore[misc, unused-ignore]
    """Keeps a transformer and its tokenizer, and stores both without pickle.

    spacy-transformers stores weights with `torch.save`, and a tokenizer's files only while the folder that they came
    from still exists, which breaks for a model that was loaded and is stored again.
    """

    def __init__(self, mixed_precision: bool) -> None:
        super().__init__(HFObjects(None, None, None), mixed_precision=mixed_precision, grad_scaler_config={})
        self.files: dict[str, bytes] = {}
        self.pieces: Callable[[str], tuple[int, ...]] = lru_cache(maxsize=65_536)(self._cut)

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of transformers."""
        return self._hfmodel.tokenizer

    @property
    def transformer(self) -> Any:
        """The PyTorch model."""
        return self._hfmodel.transformer

    def _cut(self, word: str) -> tuple[int, ...]:
        """Sub-word ids of a word; at least one."""
        ids = self.tokenizer.convert_tokens_to_ids(self.tokenizer.tokenize(word[:_LONGEST_WORD]))
        return tuple(ids) or (self.tokenizer.unk_token_id,)

    def fill(self, loaded: HFObjects, files: dict[str, bytes]) -> None:
        """Take over a tokenizer and weights; `files` are those of the tokenizer, by name."""
        self._hfmodel, self._model, self.files = loaded, loaded.transformer, files
        self.pieces = lru_cache(maxsize=65_536)(self._cut)

    def longest(self) -> int:
        """How many sub-words the transformer takes at once, the two special ones included."""
        positions = getattr(getattr(self.transformer, "embeddings", None), "position_embeddings", None)
        if positions is None:  # relative positions
            most = getattr(self.transformer.config, "max_position_embeddings", 512)
        else:  # RoBERTa's positions start behind the padding's
            most = positions.num_embeddings - (0 if positions.padding_idx is None else positions.padding_idx + 1)
        return min(int(most), int(self.tokenizer.model_max_length))

    def to_bytes(self) -> bytes:
        """The tokenizer's files, the configuration and the weights (safetensors)."""
        message: dict[str, Any] = {"files": self.files, "config": {}, "weights": b""}
        if self.transformer is not None:
            state = {name: tensor.detach().cpu().contiguous() for name, tensor in self._model.state_dict().items()}
            config = {**self.transformer.config.to_dict(), "_name_or_path": ""}
            message.update(config=config, weights=safetensors.torch.save(state))
        return bytes(srsly.msgpack_dumps(message))

    def from_bytes(self, bytes_data: bytes) -> WordTransformerShim:
        """Restore what `to_bytes` stored."""
        message = srsly.msgpack_loads(bytes_data)
        if not message["weights"]:
            return self
        with tempfile.TemporaryDirectory() as name, _quiet():
            folder = Path(name)
            for file in set(message["files"]).intersection(_TOKENIZER_FILES):
                (folder / file).write_bytes(message["files"][file])
            srsly.write_json(folder / "config.json", message["config"])
            tokenizer = cast("Any", AutoTokenizer).from_pretrained(name, **_BY_WORD)
            config = AutoConfig.from_pretrained(name, **_OFFLINE)
        transformer = cast("Any", AutoModel).from_config(config, trust_remote_code=False)
        transformer.load_state_dict(safetensors.torch.load(message["weights"]))
        transformer.to(get_torch_default_device())
        self.fill(HFObjects(tokenizer, transformer, None), message["files"])
        return self


def build_word_transformer(
    name: str, window: int = 256, overlap: int = 64, joiner: str = "_", mixed_precision: bool = False
) -> Model[list[Doc], FullTransformerBatch]:
    """Registered as `chitieu.WordTransformer.v1`, for the component `transformer` of spacy-transformers.

    Args:
        name: folder of the transformer: configuration, weights and tokenizer.
        window: most sub-words that are read at once, the two special ones included; never more than the transformer
            takes.
        overlap: sub-words at most that neighbouring windows of a long doc share; a token in both has the mean of them.
        joiner: between the syllables of a word: `_` for PhoBERT, a space for transformers that read plain text.
        mixed_precision: half precision where that is safe; only on a GPU.

    Raises:
        ModelError: C305 the window has no room for a sub-word.
    """
    if window < 3 or overlap < 0:
        raise ModelError(
            "C305",
            f"the config can't be used: a window of {window} sub-words, {overlap} of them shared",
            remedy="PhoBERT reads 256, of which 2 are special ones",
        )
    shim = WordTransformerShim(mixed_precision)
    wrapper: Model[Any, Any] = Model(
        "hf-pytorch",
        pytorch_forward,
        attrs={"convert_inputs": _convert_transformer_inputs, "convert_outputs": _convert_transformer_outputs},
        shims=[shim],
        dims={"nI": None, "nO": None},
    )
    return Model(
        "word_transformer",
        _forward,
        init=_initialise,
        layers=[wrapper],
        dims={"nO": None},
        attrs={"name": name, "window": window, "overlap": overlap, "joiner": joiner},
    )


def build_projected_listener(
    width: int, pooling: Model[Ragged, Floats2d], grad_factor: float = 1.0, upstream: str = "*"
) -> Model[list[Doc], list[Floats2d]]:
    """Registered as `chitieu.ProjectedListener.v1`: the transformer's token vectors, brought to a known width.

    spacy-transformers' own listener learns its width when training starts; the relation network has to know before.

    Args:
        width: of the vectors it gives.
        pooling: makes one vector of a token's sub-words, e.g. `reduce_mean.v1`.
        grad_factor: by which the gradient to the transformer is multiplied.
        upstream: name of the transformer component, or `*`.
    """
    model: Model[Any, Any] = chain(
        TransformerListener(upstream_name=upstream), trfs2arrays(pooling, grad_factor), with_array(Linear(width))
    )
    model.set_dim("nO", width)
    return model


def cut_windows(lengths: Sequence[int], most: int, overlap: int) -> Windows:
    """Ranges of tokens that hold at most `most` sub-words each and together every token, in order.

    Args:
        lengths: sub-words of each token, each at most `most`.
        most: sub-words of a window.
        overlap: at most so many sub-words of a window are repeated in the next.

    >>> cut_windows([1, 1, 2, 1, 1], 4, 2)
    [(0, 3), (2, 5)]
    """
    windows: Windows = []
    start = 0
    while start < len(lengths):
        end, held = start, 0
        while end < len(lengths) and held + lengths[end] <= most:
            held += lengths[end]
            end += 1
        windows.append((start, end))
        if end == len(lengths):
            break
        # the next window has to get further than this one, and no token is in three
        spare = min(overlap, most - lengths[end])
        least = max(start + 1, windows[-2][1] if len(windows) > 1 else 0)
        start = end
        while start > least and lengths[start - 1] <= spare:
            start -= 1
            spare -= lengths[start]
    return windows


def transformer_word(text: str, joiner: str) -> str:
    """A token as the transformer reads it: composed, in its own case, syllables joined; empty for white space.

    >>> transformer_word("Hợp tác xã", "_")
    'Hợp_tác_xã'
    """
    return joiner.join(unicodedata.normalize("NFC", text).split())


def _initialise(model: Model[Any, Any], X: Any = None, Y: Any = None) -> None:  # noqa: ARG001, N803 - Thinc's protocol
    shim = cast("WordTransformerShim", model.layers[0].shims[0])
    if shim.transformer is not None:
        return
    folder = Path(model.attrs["name"])
    loaded = load_pretrained(folder)
    shim.fill(loaded, {name: (folder / name).read_bytes() for name in _TOKENIZER_FILES if (folder / name).is_file()})
    model.attrs["name"] = folder.name  # a path of this machine says nothing on another
    model.set_dim("nO", loaded.transformer.config.hidden_size)


def _forward(
    model: Model[Any, Any], docs: list[Doc], is_train: bool
) -> tuple[FullTransformerBatch, Callable[[FullTransformerBatch], list[Doc]]]:
    shim = cast("WordTransformerShim", model.layers[0].shims[0])
    most = min(model.attrs["window"], shim.longest()) - 2
    spans: list[list[Span]] = []
    rows: list[list[int]] = []
    places: list[list[tuple[int, int]]] = []
    for doc in docs:
        words = (transformer_word(token.text, model.attrs["joiner"]) for token in doc)
        pieces = [shim.pieces(word)[:most] if word else () for word in words]
        windows = cut_windows([len(piece) for piece in pieces], most, model.attrs["overlap"])
        found: list[list[tuple[int, int]]] = [[] for _ in pieces]  # row and column of each sub-word of each token
        for start, end in windows:
            row: list[int] = []
            for token in range(start, end):
                found[token] += [(len(rows), len(row) + 1 + index) for index in range(len(pieces[token]))]
                row += pieces[token]
            rows.append(row)
        spans.append([doc[start:end] for start, end in windows])
        places += found
    wordpieces = _batch(shim.tokenizer, rows)
    width = wordpieces.input_ids.shape[1]
    flat = np.array([row * width + column for place in places for row, column in place], dtype="i")
    align = Ragged(cast("Ints1d", flat), cast("Ints1d", np.array([len(place) for place in places], dtype="i")))
    output, back = model.layers[0](wordpieces, is_train)

    def backprop(d_output: FullTransformerBatch) -> list[Doc]:
        back(d_output.model_output)
        return docs

    return FullTransformerBatch(spans=spans, wordpieces=wordpieces, model_output=output, align=align), backprop


def _batch(tokenizer: Any, rows: list[list[int]]) -> WordpieceBatch:
    """Rows of sub-words between the special ones, padded to the longest."""
    lengths = [len(row) + 2 for row in rows]
    ids = np.full((len(rows), max(lengths)), tokenizer.pad_token_id, dtype=np.int64)
    mask = np.zeros(ids.shape, dtype=np.float32)
    for index, row in enumerate(rows):
        ids[index, : lengths[index]] = [tokenizer.cls_token_id, *row, tokenizer.sep_token_id]
        mask[index, : lengths[index]] = 1
    strings = [tokenizer.convert_ids_to_tokens(row) for row in ids]
    return WordpieceBatch(strings, cast("Ints2d", ids), cast("Floats2d", mask), lengths, None)
