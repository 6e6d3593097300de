"""Annotated articles as spaCy examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.training import Example

from chitieu.annotation.docbin import read_examples


class AnnotatedCorpus:
    """Reads JSON Lines of annotated articles as examples; registered as `chitieu.AnnotatedCorpus.v1`.

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
            yield from read_examples(nlp, path)
        for path in self.partial_paths:
            yield from read_examples(nlp, path, partial=True)
