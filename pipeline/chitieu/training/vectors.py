"""Word vectors from unlabelled text: a skip-gram over words as the tokenizer cuts them, kept for the frequent ones."""

from __future__ import annotations

import json
import lzma
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chitieu.errors import ModelError
from chitieu.tokenizer import segment, word_norm

if TYPE_CHECKING:
    from spacy.language import Language

WIDTH = 96
_LEAST_COUNT = 8  # rarer words have no vector worth its bytes; of 24 million words of news this keeps about 29,000
_LONGEST_LINE = 1_000_000


def train_vectors(paths: Iterable[Path], output: Path, *, epochs: int = 6, threads: int = 2) -> int:
    """Train vectors and write them as a blank spaCy pipeline, which `chitieu train --vectors` reads.

    Args:
        paths: JSON Lines with a `text` in each object (`.jsonl`, `.jsonl.xz`), or plain text (`.txt`).
        output: folder to write.
        epochs: passes over the text.
        threads: to train with.

    Returns:
        How many words have a vector.

    Raises:
        ModelError: C307 floret, which trains the vectors, is not installed.
    """
    try:
        import floret
    except ImportError:
        raise ModelError(
            "C307", "floret, which trains the vectors, is not installed", remedy="pip install 'chitieu[vectors]'"
        ) from None
    from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled, without types

    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words.txt"
        with words.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in word_lines(paths))
        # No sub-words: Vietnamese words don't inflect, and names are told by their shape.
        model: Any = floret.train_unsupervised(
            str(words), model="skipgram", mode="fasttext", dim=WIDTH, epoch=epochs, minCount=_LEAST_COUNT, minn=0,
            maxn=0, ws=6, neg=8, thread=threads, verbose=0,
        )  # fmt: skip
    known = [word for word in model.get_words() if word != "</s>"]
    table = np.stack([model.get_word_vector(word) for word in known]).astype(np.float32)
    table /= np.sqrt((table**2).mean()) * 4  # the scale of the other embeddings
    nlp = _blank()
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=known, name="chitieu_vectors", attr="NORM")
    nlp.to_disk(output)
    return len(known)


def vectors_alone(folder: Path, output: Path) -> Path:
    """Write the word vectors of a model as a pipeline without components, so that one of another architecture will do.

    Args:
        folder: a model, or what `train_vectors` writes.
        output: folder to write.

    Returns:
        `output`; `folder` itself where it holds no vocabulary, which spaCy then tells.
    """
    if not (folder / "vocab").is_dir():
        return folder
    nlp = _blank()
    nlp.vocab.from_disk(folder / "vocab")
    nlp.to_disk(output)
    return output


def _blank() -> Language:
    import spacy

    return spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}})


def word_lines(paths: Iterable[Path]) -> Iterator[str]:
    """The lines of texts as norms of their words, separated by spaces."""
    for text in read_texts(paths):
        for line in text.split("\n"):
            cut = line[:_LONGEST_LINE]
            words = " ".join(word_norm(cut[start:end]) for start, end in segment(cut))
            if words:
                yield words


def read_texts(paths: Iterable[Path]) -> Iterator[str]:
    """The texts of JSON Lines with a `text` in each (`.jsonl`, `.jsonl.xz`), or the lines of plain text (`.txt`)."""
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as stream:
            if path.suffix == ".txt":
                yield from stream
            else:
                yield from (json.loads(line)["text"] for line in stream if line.strip())
