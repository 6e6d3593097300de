"""Annotated articles as spaCy examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

from spacy.language import Language
from spacy.training import Example

from chitieu.annotation.docbin import read_examples

_Key = tuple[str, int, int, bool]
# Initialising asks for the corpus three times, training once more, and every evaluation for the dev articles: to make
# their docs anew each time took some 5% of a training. spaCy copies the docs that it writes to.
_READ: WeakKeyDictionary[Language, dict[_Key, list[Example]]] = WeakKeyDictionary()


class AnnotatedCorpus:
    """Reads JSON Lines of annotated articles as examples; registered as `chitieu.AnnotatedCorpus.v1`.

    A file that has not changed is read once for each pipeline, and gives the same examples again.

    Args:
        paths: files in which every ORG and YEAR mention is marked, as the guidelines ask.
        partial_paths: files in which ORG and YEAR are marked only where a fact links to them. Other time expressions,
            and other mentions of the same organisations, are then unknown to the tagger, not negative.
        repeats: how often the articles of `paths` are read for each time that those of `partial_paths` are.
    """

    def __init__(self, paths: Iterable[str | Path], partial_paths: Iterable[str | Path] = (), repeats: int = 1) -> None:
        self.repeats = repeats
        self.paths = [Path(path) for path in paths]
        self.partial_paths = [Path(path) for path in partial_paths]

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """One example an article.

        Raises:
            AnnotationError: an article that can't be read, or a span that no token boundary meets.
        """
        for path in self.paths * self.repeats:
            yield from _examples(nlp, path, partial=False)
        for path in self.partial_paths:
            yield from _examples(nlp, path, partial=True)


def _examples(nlp: Language, path: Path, *, partial: bool) -> Iterator[Example]:
    known = _READ.setdefault(nlp, {})
    key = None
    if path.is_file():
        state = path.stat()
        key = (str(path.resolve()), state.st_mtime_ns, state.st_size, partial)
        if key in known:
            yield from known[key]
            return
    read: list[Example] = []
    for example in read_examples(nlp, path, partial=partial):
        read.append(example)
        yield example
    if key is not None:
        known[key] = read
